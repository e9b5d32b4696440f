"""Workflows: a phenomenon from sweep to checked figure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.estimate.moments import FEWEST_REALIZATIONS
from qtcore.results.check import Check
from qtcore.results.dataset import checks_in, results_of
from qtcore.results.declare import (
    Bins,
    Declared,
    Fewest,
    Quantity,
    fewest_for,
    stages_of,
)
from qtcore.results.defaults import default_measure, default_quantities
from qtcore.results.validate import (
    refuse_misfits,
    refuse_requirements,
    refuse_unless_met,
)
from qtcore.store.layout import CHANNEL, LENGTH, ArraySpec
from qtcore.sweep.attempts import Author
from qtcore.sweep.axes import Axis
from qtcore.sweep.build import ChooseLengths, ChooseRealizations, make_sweep
from qtcore.sweep.leads import dimensions_of_leads
from qtcore.sweep.observables import OBSERVABLES, USUAL, Variable, spec_of
from qtcore.sweep.own_text import source_text
from qtcore.sweep.precision import Goal
from qtcore.sweep.preset import Preset
from qtcore.sweep.readings import Observable, names_in
from qtcore.sweep.resolved import dimensions_of
from qtcore.sweep.spec import Sweep
from qtcore.workflow.calls import called
from qtcore.workflow.misfits import refuse_misfit_dimensions, refuse_misfit_stages
from qtcore.workflow.needs import (
    refuse_few_realizations,
    refuse_own_lengths,
    refuse_senseless,
    refuse_unknown_lengths,
)
from qtcore.workflow.words import ShownWorkflow

if TYPE_CHECKING:  # slow to import; who draws imports it anyway
    import xarray as xr
    from matplotlib.figure import Figure

    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire


NAME = re.compile(r"\w[\w .+-]{0,99}")
"""Of a workflow or a preset: both stand in the names of stores, and must not lead elsewhere."""


@dataclass(frozen=True, repr=False)
class Workflow(ShownWorkflow):
    """A phenomenon: what to sweep, what is measured, what must come out, what to draw.

    The numbers are made by `wire` or by `solve`, functions with a name at the top level of a file
    or of a notebook's cells; workers execute their text (docs/decisions/0007). What they mean is
    declared: `quantities`, functions that `measure` them and say what to `expect`, and `panels`.
    Without any of that a workflow has the means of what it stores, with errors.

    Attributes
    ----------
    name : str
        As used on the command line.
    title, summary : str
        One line, and a few sentences for a physicist.
    presets : mapping of str to Preset
        Sizes by name; the first one is the default.
    wire : callable(point) -> Wire or Bar
        The wire of a point, or a bar with many leads; `point` has the axes and constants of the
        preset by name.
    observables : sequence of str, Resistance, Conductance or Voltage
        What is stored of it: names, and of bars what is read off their leads.
    solve : callable(point, realizations) -> dict of arrays
        Instead of `wire`: returns an array (realization, *dims) for each of `variables`.
    variables : sequence of Variable
        What `solve` returns.
    dimensions : mapping of str to Axis, Bins, int or callable(values)
        Dimensions of these variables and of quantities, by their coordinates, by the edges of bins
        (quantities only), or by their size alone. A function (quantities only) makes one of the
        axes of a sweep and its constants, which `values` has by name.
    quantities : sequence of Quantity
        What comes out.
    measure, expect : callable(at) -> dict, or a sequence of them
        From what they see of the sweep (`qtcore.results.at.At`) to quantities by name: estimates
        or numbers, and what theory says of them (numbers or `Expected`). They are called for each
        point, or as `qtcore.together` marks them, one after the other.
    panels : sequence of Line, Steps, Map or callable(axes, result)
        The figure.
    requires : mapping of str to sequence of float, or int
        Values that an axis must have for the analysis (numbers or names of constants), or how many.
    fewest : int or callable(lengths) -> int
        Realizations that a point needs to be measured, unless the sweep asks for one only, as of
        a wire without disorder. 1 where nothing is random anywhere. A function says it by how many lengths
        the point has, such as `estimate.realizations_needed` for a fit of all of them.
    analyse : callable(dataset) -> dataset
        Instead of quantities: from the stored dataset to results with errors.
    draw : callable(dataset, result) -> Figure
        Instead of panels.
    check : callable(result) -> list of Check
        Instead of the rows that follow from `expect`.
    cost : callable(point) -> float
        What a realization costs, in any unit, where that is known better than by timing.
    lengths : callable(points) -> (lengths, spans)
        Chooses the lengths, and the window [lo, hi) of them that each point computes, where the
        preset states none.
    fixed_lengths : bool
        Whether `lengths` alone may choose them, as where the length of a sample is its edge, which is an
        axis; a preset that states lengths, as `--set lengths=` does, is refused then.
    realizations : callable(point, count) -> int
        Realizations of a point, where not every point gets the preset's `count`; 0 leaves the
        point out.
    validate : callable(preset)
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
    analyse: "Callable[[xr.Dataset], xr.Dataset] | None" = None
    draw: "Callable[[xr.Dataset, xr.Dataset], 'Figure'] | None" = None
    check: "Callable[[xr.Dataset], list[Check]] | None" = None
    wire: "Callable[[Any], Wire | Bar] | None" = None
    observables: Sequence[Observable] = USUAL
    solve: Callable[..., Any] | None = None
    variables: Sequence[Variable] = ()
    dimensions: Mapping[str, Axis | Bins | int | Callable[[Any], Any]] = field(default_factory=dict)
    quantities: Sequence[Quantity] = ()
    measure: Any = None
    expect: Any = None
    panels: Sequence[Any] = ()
    requires: Mapping[str, Any] = field(default_factory=dict)
    fewest: Fewest = FEWEST_REALIZATIONS
    cost: Callable[[Any], float] | None = None
    lengths: ChooseLengths | None = None
    fixed_lengths: bool = False
    realizations: ChooseRealizations | None = None
    validate: Callable[[Preset], None] | None = None
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

        self._refuse_misfits()

    def _refuse_misfits(self) -> None:
        """Refuse quantities and stages that do not fit together."""
        if self.analyse is not None:
            if self.quantities or self.measure is not None:
                raise InputError(
                    f"{self.name} has both `analyse` and quantities that are measured; one of them "
                    "makes the results"
                )
        elif self.quantities and self.measure is None:
            raise InputError(f"{self.name} declares quantities, but no `measure` returns them")
        elif self.measure is not None and not self.quantities:
            raise InputError(
                f"{self.name} measures something, but declares no quantities: add "
                "quantities=(qt.Quantity(…), …)"
            )
        refuse_senseless(self.name, self.fewest, self.lengths, is_fixed=self.fixed_lengths)
        axes = [tuple(preset.axes) for preset in self.presets.values()]
        constants = {name for preset in self.presets.values() for name in preset.constants}
        dimensions = {LENGTH, CHANNEL, *self.dimensions}
        asked = names_in(self.observables)
        dimensions |= {axis.name for axis in dimensions_of(asked)}
        dimensions |= {axis.name for axis in dimensions_of_leads(asked, ("",))}
        measures, expects = stages_of(self.measure, "measure"), stages_of(self.expect, "expect")
        refuse_misfits(
            self.name, self.quantities, (*measures, *expects), axes, constants, dimensions
        )
        names = {axis for own in axes for axis in own}
        stored = {one.name for one in self.outputs}
        refuse_misfit_stages(self.name, self.quantities, measures, expects, names, stored)
        refuse_requirements(self.name, self.requires, axes)
        if self.panels:
            from qtcore.figures.names import refuse_unknown

            known = {*constants, *dimensions, *names}
            known |= {
                name for cases in self._cases.values() for one in cases.values() for name in one
            }
            quantities = [quantity.name for quantity in self.declared.quantities]
            refuse_unknown(self.panels, quantities, known)
        refuse_misfit_dimensions(self.name, self.dimensions, self.variables, self.quantities)

    @property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """What a store of this workflow holds."""
        if self.variables:
            return tuple(variable.stored for variable in self.variables)
        known = (o for o in self.observables if not isinstance(o, str) or o in OBSERVABLES)
        return tuple(map(spec_of, known))

    @property
    def declared(self) -> Declared:
        """What its results are made by: what is declared, or else means of what is stored."""
        if self.measure is None:
            return _means_of(self.outputs)
        return Declared(
            tuple(self.quantities),
            stages_of(self.measure, "measure"),
            stages_of(self.expect, "expect"),
            self._dimensions(stored=False),
            self.fewest,
            self._cases,
        )

    def _declared_in(self, ds: "xr.Dataset") -> Declared:
        """Return the same for a stored sweep, whose units and words are those of its attributes."""
        if self.measure is not None:
            return self.declared
        held = {str(name): array.attrs for name, array in ds.data_vars.items()}
        outputs = self.outputs
        return _means_of(
            [replace(o, attributes={**o.attributes, **held.get(o.name, {})}) for o in outputs]
        )

    @property
    def _cases(self) -> dict[str, dict[int, Any]]:
        """Cases of all presets, by axis and number."""
        found: dict[str, dict[int, Any]] = {}
        for preset in self.presets.values():
            for name, axis in preset.axes.items():
                if axis.cases:
                    found.setdefault(name, {}).update(axis.by_number)
        return found

    def _dimensions(self, *, stored: bool) -> dict[str, Any]:
        """Return the dimensions that stored variables have, or the others."""
        of_variables = {d for variable in self.variables for d in variable.dims}
        return {d: given for d, given in self.dimensions.items() if (d in of_variables) == stored}

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
        if self.analyse is None and self.measure is not None:
            values = {name: axis.values for name, axis in preset.axes.items()}
            most = int(np.max(preset.realizations))
            fewest, constants = fewest_for(self.fewest, 0), preset.constants
            refuse_unless_met(self.name, self.requires, fewest, values, constants, most)
        if preset.lengths and self.fixed_lengths:
            refuse_own_lengths(self.name, preset.lengths)
        if preset.lengths and self.solve is not None and self.lengths is None:
            usual = any(own.lengths for own in self.presets.values())
            known = usual or any(LENGTH in variable.dims for variable in self.variables)
            refuse_unknown_lengths(self.name, preset.lengths, known=known)
        if self.validate is not None:
            called(self, "validate(preset)", self.validate, preset)
        lengths, realizations = self.lengths, self.realizations
        if lengths is not None:
            lengths = partial(called, self, "lengths(points)", lengths)
        if realizations is not None:
            realizations = partial(called, self, "realizations(point, count)", realizations)
        sweep = make_sweep(
            self.name,
            preset,
            seed,
            wire=self.wire,
            observables=self.observables,
            solve=self.solve,
            variables=self.variables,
            dimensions=self._dimensions(stored=True),
            cost=self.cost,
            lengths=lengths,
            realizations=realizations,
        )
        if callable(self.fewest):
            most = int(np.max(preset.realizations))
            refuse_few_realizations(self.name, self.fewest, sweep, most)
        return sweep

    def results(self, ds: "xr.Dataset") -> "xr.Dataset":
        """Return what comes out of a stored sweep, with errors (see `qtcore.results.dataset`)."""
        return results_of(self._declared_in(ds), ds) if self.analyse is None else self.analyse(ds)

    def checks(self, result: "xr.Dataset") -> list[Check]:
        """Return results beside theory."""
        if self.check is not None:
            return self.check(result)
        return checks_in(result) if self.analyse is None else []

    def figure(self, ds: "xr.Dataset", result: "xr.Dataset") -> "Figure":
        """Return the figure of results."""
        if self.draw is not None:
            return self.draw(ds, result)
        from qtcore.figures.draw import default_panels, draw, drawable

        return draw(
            drawable(self.panels, result)[0] if self.panels else default_panels(result), result
        )

    def absent_panels(self, result: "xr.Dataset") -> list[str]:
        """Return a sentence about each panel that asks for a value that results, or a sweep, do not have."""
        if self.draw is not None or not self.panels:
            return []
        from qtcore.figures.draw import drawable

        return drawable(self.panels, result)[1]

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
        made_by = self.wire if self.wire is not None else self.solve
        code = getattr(made_by, "__code__", None)
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


def _means_of(outputs: Sequence[ArraySpec]) -> Declared:
    return Declared(default_quantities(outputs), (default_measure(outputs),))


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and NAME.fullmatch(given) is not None
