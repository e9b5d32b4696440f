"""Workflows: a phenomenon from sweep to checked figure, and how their definitions are found."""

import importlib.util
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import xarray as xr
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from qtcore.cluster.shipped import folders, is_path, known
from qtcore.errors import InputError, QtcoreError
from qtcore.sweep.spec import (
    Disorders,
    Energies,
    Fluxes,
    Sweep,
    Widths,
    increasing,
    one_or_many,
    readable,
)

if TYPE_CHECKING:  # slow to import; who draws imports it anyway
    from matplotlib.figure import Figure

SETTABLE = ("disorder", "width", "flux", "energy", "lengths")
"""Fields of a preset that a user may change (`--set`)."""

WHOLE = ("width", "lengths")
"""Those of them that are whole numbers."""


class DefinitionError(QtcoreError):
    """A workflow definition raised while it was loaded; carries its own traceback."""


class Preset(BaseModel):
    """What to sweep, at one size.

    Parameters
    ----------
    disorder, width, flux, energy : numbers
        Swept axes: full width W of the box (t), sites across, flux (h/e, in the unit that the
        workflow's sweep states), energy (t).
    lengths : tuple of int
        Lengths (sites); empty lets the workflow choose them.
    realizations : int
        Disorder realizations per point.
    note : str
        What this size is good for, and how long it takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    disorder: Disorders
    width: Widths
    flux: Fluxes = (0.0,)
    energy: Energies
    lengths: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        BeforeValidator(one_or_many),
        AfterValidator(increasing),
        Field(description="strictly increasing whole numbers >= 1 (sites)"),
    ] = ()
    realizations: int = Field(ge=1, description="a whole number >= 1")
    note: str = ""

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise InputError(readable(error, type(self))) from None

    def changed(
        self, settings: Mapping[str, Any] | None = None, realizations: int | None = None
    ) -> "Preset":
        """Return the preset with other axes or another number of realizations.

        Raises
        ------
        InputError
            If a setting is unknown, or its values are not allowed.
        """
        settings = settings or {}
        unknown = [name for name in settings if name not in SETTABLE]
        if unknown:
            raise InputError(
                f"unknown parameter {', '.join(map(repr, unknown))}; "
                f"allowed are {', '.join(SETTABLE)}"
            )
        fields = {**self.model_dump(), **settings}
        if realizations is not None:
            fields["realizations"] = realizations
        return Preset(**fields)


@dataclass(frozen=True)
class Check:
    """A number that came out, beside what theory says.

    Attributes
    ----------
    name : str
        What was measured, in words or symbols.
    value, error : float
        The result and its standard error.
    expected : float
        What theory says.
    tolerance : float
        Half-width of a band around `expected` (same unit) for what the theory leaves out.
    sigmas : float
        How many standard errors the value may lie outside that band.
    unit, source : str
        Unit, and where the expected value comes from.
    """

    name: str
    value: float
    error: float
    expected: float
    tolerance: float = 0.0
    sigmas: float = 3.0
    unit: str = ""
    source: str = ""

    @property
    def deviation(self) -> float:
        """How far the value lies from the expected one, in standard errors."""
        difference = self.value - self.expected
        if self.error > 0:
            return difference / self.error
        return 0.0 if difference == 0 else math.copysign(math.inf, difference)

    @property
    def passed(self) -> bool:
        """Whether the value lies in the band, or within `sigmas` standard errors of it."""
        allowed = self.tolerance + self.sigmas * self.error
        return abs(self.value - self.expected) <= allowed


@dataclass(frozen=True)
class Workflow:
    """A phenomenon: what to sweep, how to analyse it, what to draw, what must come out.

    Attributes
    ----------
    name : str
        As used on the command line.
    title, summary : str
        One line, and a few sentences for a physicist.
    presets : mapping of str to Preset
        Sizes by name; the first one is the default.
    sweep : callable(preset, seed) -> Sweep
        Makes the full specification, such as lengths that suit each point's mean free path.
    analyse : callable(dataset) -> dataset
        From the stored dataset to results with errors.
    draw : callable(dataset, result) -> Figure
        The figure.
    check : callable(result) -> list of Check
        What must come out.
    """

    name: str
    title: str
    summary: str
    presets: Mapping[str, Preset]
    sweep: Callable[[Preset, int], Sweep]
    analyse: Callable[[xr.Dataset], xr.Dataset]
    draw: Callable[[xr.Dataset, xr.Dataset], "Figure"]
    check: Callable[[xr.Dataset], list[Check]]

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


def find(name: str | Path) -> Path:
    """Return the path of a definition, given by name or by path.

    Raises
    ------
    InputError
        If there is none, with the known names.
    """
    text = str(name)
    if is_path(text, ".py"):
        path = Path(text).expanduser()
        if not path.is_file():
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
    module = _execute(path)
    workflow = getattr(module, "workflow", None)
    if not isinstance(workflow, Workflow):
        raise InputError(
            f"{path} is no workflow definition: it must assign `workflow = qt.Workflow(...)`, "
            f"found {type(workflow).__name__}"
        )
    return workflow


def _execute(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"qtcore_definition_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pydantic look their module up by name while it is being executed.
    sys.modules[spec.name] = module
    writes_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # a definition's folder is the user's, or read-only
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise DefinitionError(
            f"the workflow definition {path} has an error in it:\n\n{_own_traceback(error, path)}"
        ) from error
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return module


def _own_traceback(error: BaseException, path: Path) -> str:
    """Format a traceback from the definition's first line on, without the import machinery."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != str(path):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()


def parse_settings(assignments: list[str]) -> dict[str, tuple[float, ...] | tuple[int, ...]]:
    """Turn `name=1,2,3` texts into settings for `Preset.changed`.

    Raises
    ------
    InputError
        If a text is no assignment, names an unknown parameter, or a value is no number.
    """
    settings: dict[str, tuple[float, ...] | tuple[int, ...]] = {}
    for text in assignments:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"--set {text}: expected NAME=VALUE,VALUE,… such as width=4,8,16")
        if name not in SETTABLE:
            raise InputError(
                f"--set {text}: unknown parameter {name!r}; allowed are {', '.join(SETTABLE)}"
            )
        if name in settings:
            raise InputError(f"--set {text}: {name} was set twice; give all values at once")
        settings[name] = tuple(_number(name, value.strip(), text) for value in values.split(","))
    return settings


def _number(name: str, value: str, text: str) -> Any:
    kind = "whole numbers" if name in WHOLE else "numbers"
    try:
        return int(value) if name in WHOLE else float(value)
    except ValueError:
        raise InputError(f"--set {text}: {name} takes {kind}, got {value!r}") from None
