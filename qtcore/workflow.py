"""Workflows: a phenomenon from sweep to checked figure, and how their definitions are found."""

import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import xarray as xr

from qtcore.analysis.check import Check
from qtcore.cluster.shipped import file_at, folders, is_path, known
from qtcore.errors import (
    LONGEST,
    DamagedStoreError,
    InputError,
    QtcoreError,
    UnforeseenError,
    brief,
    is_fault,
)
from qtcore.model.wire import Wire
from qtcore.sweep.attempts import Author
from qtcore.sweep.axes import Axis
from qtcore.sweep.build import ChooseLengths, ChooseRealizations, make_sweep
from qtcore.sweep.observables import USUAL, Variable
from qtcore.sweep.precision import Goal
from qtcore.sweep.preset import Preset
from qtcore.sweep.program import SOURCE, own_traceback, source_text
from qtcore.sweep.spec import Sweep

if TYPE_CHECKING:  # slow to import; who draws imports it anyway
    from matplotlib.figure import Figure


Result = TypeVar("Result")

NAME = re.compile(r"\w[\w .+-]{0,99}")
"""Of a workflow or a preset: both stand in the names of stores, and must not lead elsewhere."""


class DefinitionError(QtcoreError):
    """A workflow definition raised before anything was computed; carries its own traceback."""


class ConclusionError(DefinitionError, UnforeseenError):
    """The analysis, figure or checks of a definition raised; what was computed is in the store."""


@dataclass(frozen=True)
class Workflow:
    """A phenomenon: what to sweep, how to analyse it, what to draw, what must come out.

    The numbers are made by `wire` or by `solve`, functions with a name at the top level of a file
    or of a notebook's cells; workers execute their text (docs/decisions/0007).

    Attributes
    ----------
    name : str
        As used on the command line.
    title, summary : str
        One line, and a few sentences for a physicist.
    presets : mapping of str to Preset
        Sizes by name; the first one is the default.
    analyse : callable(dataset) -> dataset
        From the stored dataset to results with errors.
    draw : callable(dataset, result) -> Figure
        The figure.
    check : callable(result) -> list of Check
        What must come out.
    wire : callable(point) -> Wire
        The wire of a point; `point` has the axes and constants of the preset by name.
    observables : sequence of str
        What is stored of it.
    solve : callable(point, realizations) -> dict of arrays
        Instead of `wire`: returns an array (realization, *dims) for each of `variables`.
    variables : sequence of Variable
        What `solve` returns.
    dimensions : mapping of str to Axis or int
        Dimensions of these variables, by their coordinates or by their size alone.
    cost : callable(point) -> float
        What a realization costs, in any unit, where that is known better than by timing.
    lengths : callable(points) -> (lengths, spans)
        Chooses the lengths, and the window [lo, hi) of them that each point computes, where the
        preset states none.
    realizations : callable(point, count) -> int
        Realizations of a point, where not every point gets the preset's `count`; 0 leaves the
        point out.
    refuse : callable(preset)
        Raises InputError if the analysis cannot do with these axes, constants and realizations,
        each of which the preset has by its name. Called before anything is computed or created.
    planned_error : callable(sweep) -> str
        Standard error that a sweep will reach, in words, for `--dry-run`.
    goal : Goal
        The main quantity, which `--precision` is about: the mean of the first stored variable at
        the longest length unless it says otherwise.
    repeatable : bool
        False if `solve` is meant to give something else each time that it is called, such as times
        that it measures; otherwise that is refused before a run.
    distinct : bool
        False if realizations of `solve` may well be equal, because nothing is random or because its
        numbers take few values; otherwise `solve` is refused before a run if all of them are equal
        wherever it is tried, and the check of a store fails.
    """

    name: str
    title: str
    summary: str
    presets: Mapping[str, Preset]
    analyse: Callable[[xr.Dataset], xr.Dataset]
    draw: Callable[[xr.Dataset, xr.Dataset], "Figure"]
    check: Callable[[xr.Dataset], list[Check]]
    wire: Callable[[Any], Wire] | None = None
    observables: Sequence[str] = USUAL
    solve: Callable[..., Any] | None = None
    variables: Sequence[Variable] = ()
    dimensions: Mapping[str, Axis | int] = field(default_factory=dict)
    cost: Callable[[Any], float] | None = None
    lengths: ChooseLengths | None = None
    realizations: ChooseRealizations | None = None
    refuse: Callable[[Preset], None] | None = None
    planned_error: Callable[[Sweep], str] | None = None
    goal: Goal = field(default_factory=Goal)
    repeatable: bool = True
    distinct: bool = True

    @property
    def author(self) -> Author:
        """The functions that make the numbers, as they are in this process."""
        given = {role: made_by for role, made_by in self.functions.items() if made_by is not None}
        return Author(given, self.repeatable, self.distinct)

    def __post_init__(self) -> None:
        """Refuse what no command could do with."""
        name: Any = self.name
        presets: Any = self.presets
        if not _is_name(name):
            raise InputError(
                "a workflow's name is of at most 100 letters, digits and _ . + -, "
                f"got {brief(name)}"
            )
        if not isinstance(presets, Mapping) or not presets:
            raise InputError(f"{name} needs presets, a dict of them, got {brief(presets)}")
        for key, preset in presets.items():
            if not _is_name(key) or not isinstance(preset, Preset):
                raise InputError(
                    f"presets of {name} are names with a qtcore.Preset each, got "
                    f"{brief(key)} with {brief(preset)}"
                )

    def sweep(self, preset: Preset, seed: int) -> Sweep:
        """Return the full specification of a preset.

        Raises
        ------
        InputError
            If something in it is not allowed, the definition refuses it, or the source of a function
            cannot be had.
        DefinitionError
            If one of its functions raises anything else, with its own traceback.
        """
        if self.refuse is not None:
            called(self, "refuse(preset)", self.refuse, preset)
        lengths, realizations = self.lengths, self.realizations
        if lengths is not None:
            lengths = partial(called, self, "lengths(points)", lengths)
        if realizations is not None:
            realizations = partial(called, self, "realizations(point, count)", realizations)
        return make_sweep(
            self.name,
            preset,
            seed,
            wire=self.wire,
            observables=self.observables,
            solve=self.solve,
            variables=self.variables,
            dimensions=self.dimensions,
            cost=self.cost,
            lengths=lengths,
            realizations=realizations,
        )

    @property
    def functions(self) -> dict[str, Callable[..., Any] | None]:
        """The functions that make the numbers, by their roles in the program."""
        return {"wire": self.wire, "solve": self.solve, "cost": self.cost}

    @property
    def source(self) -> str:
        """Text of the definition, for the store."""
        made_by = self.wire if self.wire is not None else self.solve
        return "" if made_by is None else source_text(made_by)

    @property
    def file(self) -> str:
        """Where its functions stand, as tracebacks name it."""
        code = getattr(self.analyse, "__code__", None)
        return "" if code is None else str(code.co_filename)

    def preset(self, name: str | None) -> Preset:
        """Return a preset by name; the first one for None.

        Raises
        ------
        InputError
            If there is none of that name, with the known ones.
        """
        chosen = next(iter(self.presets)) if name is None else name
        if chosen not in self.presets:
            raise InputError(
                f"unknown preset {chosen!r} of {self.name}; known are {', '.join(self.presets)}"
            )
        return self.presets[chosen]


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and NAME.fullmatch(given) is not None


def called(
    workflow: Workflow,
    role: str,
    function: Callable[..., Result],
    *arguments: Any,
    error: type[DefinitionError] = DefinitionError,
    where: str = "",
) -> Result:
    """Return what a function of a definition returns; what it raises becomes a DefinitionError.

    Parameters
    ----------
    workflow : Workflow
        The definition.
    role : str
        What the function is in it, for messages.
    function : callable
        Called with the arguments.
    error : type
        DefinitionError, or ConclusionError for what is asked of samples that are stored.
    where : str
        On what it was called, such as "a store of trial", for messages.

    Raises
    ------
    QtcoreError
        As it is, if the function raises one before anything is computed.
    DamagedStoreError
        As it is, also if the function made another error of it.
    DefinitionError
        For everything else but Ctrl-C, `sys.exit` included, with its own traceback.
    """
    try:
        return function(*arguments)
    except QtcoreError as problem:
        damage = _damage_behind(problem)
        if damage is not None:  # no fault of the definition
            raise damage from None
        if isinstance(problem, UnforeseenError) or not issubclass(error, UnforeseenError):
            raise
        # A refusal that comes after the samples were computed: it is not bad input any more.
        refused = where or "what is stored"
        raise error(f"{role} of {workflow.name} refuses {refused}: {problem}") from None
    except BaseException as problem:
        # Too little memory before anything is computed is told as such: too much was asked.
        is_too_large = isinstance(problem, MemoryError) and not issubclass(error, UnforeseenError)
        if is_too_large or not is_fault(problem):
            raise
        damage = _damage_behind(problem)
        if damage is not None:
            raise damage from problem
        trace = own_traceback(problem, workflow.file)
        failed = f"fails on {where}" if where else "fails"
        raise error(f"{role} of {workflow.name} {failed}:\n\n{trace}") from problem


def _damage_behind(problem: BaseException) -> DamagedStoreError | None:
    """Return the damage that a function met before it raised something else, if it did."""
    seen: set[int] = set()
    before: BaseException | None = problem
    while before is not None and id(before) not in seen:
        if isinstance(before, DamagedStoreError):
            return before
        seen.add(id(before))
        before = before.__cause__ or before.__context__
    return None


def find(name: str | Path) -> Path:
    """Return the path of a definition, given by name or by path.

    Raises
    ------
    InputError
        If there is none, with the known names.
    """
    text = str(name)
    if is_path(text, ".py"):
        path = file_at(text)
        if path is None:
            raise InputError(f"workflow {text}: there is no such file")
        return path.resolve()
    definitions = known("workflows", ".py")
    if text not in definitions:
        places = ", ".join(str(folder) for folder in folders("workflows")) or "no folder"
        names = ", ".join(sorted(definitions)) or "none"
        raise InputError(
            f"unknown workflow {text!r}; known are {names} (from {places}), "
            "or give the path of a definition (.py)"
        )
    return definitions[text]


def load(name: str | Path) -> Workflow:
    """Load a workflow by name or from the path of its definition.

    Raises
    ------
    InputError
        If there is no such definition, or the file defines no `workflow`.
    DefinitionError
        If the definition raises, with its own traceback.
    """
    path = find(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the workflow definition {path} cannot be read: {error}") from None
    return from_source(text, str(path))


def from_source(text: str, origin: str) -> Workflow:
    """Return the workflow that a text defines.

    Parameters
    ----------
    text : str
        A definition.
    origin : str
        Its path, or where else it comes from, for messages.

    Raises
    ------
    InputError
        If it defines no `workflow`.
    DefinitionError
        If it raises, with its own traceback.
    """
    workflow = getattr(_execute(text, origin), "workflow", None)
    if not isinstance(workflow, Workflow):
        raise InputError(
            f"{origin} is no workflow definition: it must assign `workflow = qt.Workflow(...)`, "
            f"found {type(workflow).__name__}"
        )
    return workflow


def _execute(text: str, origin: str) -> ModuleType:
    module = ModuleType(f"qtcore_definition_{Path(origin).stem}")
    module.__dict__.update({"__file__": origin, SOURCE: text})
    # Dataclasses and pydantic look their module up by name while it is being executed.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, origin, "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[module.__name__]
        if not is_fault(error):
            raise
        if isinstance(error, QtcoreError | SyntaxError):
            raise DefinitionError(_in_a_sentence(error, origin)) from error
        raise DefinitionError(
            f"the workflow definition {origin} has an error in it:\n\n"
            f"{own_traceback(error, origin)}"
        ) from error
    return module


def _in_a_sentence(error: QtcoreError | SyntaxError, origin: str) -> str:
    """Say where in a definition something is that cannot be, and what; its traceback says no more."""
    if isinstance(error, SyntaxError) and error.filename == origin:
        place = f"{origin}, line {error.lineno}"
        text = (error.text or "").strip()
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        return f"{place}: this is no Python ({error.msg}): {shown}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == origin]
    return f"{origin}, line {lines[-1]}: {error}" if lines else f"{origin}: {error}"
