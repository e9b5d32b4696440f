"""What to sweep: a frozen, validated, serialisable value."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, JsonValue, model_validator

from qtcore.errors import InputError, brief, is_fault, kind_and_text, listed
from qtcore.store.layout import ArraySpec
from qtcore.sweep.axes import Axis
from qtcore.sweep.counts import (
    LARGEST_SEED,
    MOST_POINTS,
    MOST_REALIZATIONS,
    Lengths,
    Realizations,
)
from qtcore.sweep.names import refuse_double
from qtcore.sweep.observables import (
    LENGTH,
    OBSERVABLES,
    Arrays,
    Variable,
    solve_wire,
    spec_of,
)
from qtcore.sweep.point import Point as Point
from qtcore.sweep.point import energy, settings
from qtcore.sweep.program import ProgramError, file_of, load_program, own_traceback
from qtcore.sweep.readings import Observable, reading_from
from qtcore.sweep.user_outputs import checked_arrays
from qtcore.sweep.validation import Checked, whole
from qtcore.sweep.words import ShownSweep
from qtcore.threads import one_thread

if TYPE_CHECKING:
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire


class Sweep(ShownSweep, Checked):
    """A sweep over named axes, lengths and disorder realizations.

    Constructing it checks it and computes nothing.

    Parameters
    ----------
    workflow : str
        Name of the workflow that it belongs to.
    axes : tuple of Axis
        What is swept, in the order of the dataset's dimensions.
    constants : dict
        What else `wire` or `solve` finds in a point; JSON values.
    lengths : tuple of int
        All lengths (slices), strictly increasing; none for a function that knows no lengths.
    spans : tuple of (int, int), optional
        For each point in C order the window [lo, hi) of `lengths` that is computed there; all
        lengths everywhere if left out.
    realizations : int or tuple of int
        Disorder realizations: per point, or of each point in C order.
    seed : int
        Seed of the disorder.
    observables : tuple of str, Resistance, Conductance or Voltage
        What is stored of a wire or a bar.
    variables : tuple of Variable
        What a user's own `solve` returns.
    dimensions : tuple of Axis
        Dimensions of what is stored besides `length` and `channel`.
    program : str
        Text that defines `wire(point)` or `solve(point, realizations)`, and perhaps `cost(point)`.

    Raises
    ------
    InputError
        Naming each wrong field, what is allowed and what came.
    """

    workflow: Annotated[str, Field(min_length=1, description="name of the workflow")]
    axes: tuple[Axis, ...]
    constants: dict[str, JsonValue] = Field(default={}, description="JSON values by name")
    lengths: Lengths = ()
    spans: tuple[tuple[int, int], ...] | None = Field(
        default=None, description="one window [lo, hi) of the lengths for each point"
    )
    realizations: Realizations
    seed: Annotated[int, BeforeValidator(whole)] = Field(
        ge=0, le=LARGEST_SEED, description="a whole number from 0 to 2^63 - 1"
    )
    observables: tuple[Observable, ...] = ()
    variables: tuple[Variable, ...] = ()
    dimensions: tuple[Axis, ...] = ()
    program: str

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parameters = [name for axis in self.axes for name in axis.parameters]
        behind = [*(one.name for one in self.dimensions), *(one.name for one in self.outputs)]
        refuse_double([*self.names, *parameters, *self.constants, *behind])
        _refuse_unknown_outputs(self)
        if self.points > MOST_POINTS:
            raise ValueError(
                f"a sweep takes at most {MOST_POINTS:,} points, its axes make {self.points:,}: "
                "give them fewer values, or sweep them apart, each into a store of its own"
            )
        if isinstance(self.realizations, tuple) and len(self.realizations) != self.points:
            raise ValueError(
                f"realizations takes one number, or one for each of the {self.points} points, "
                f"got {len(self.realizations)}"
            )
        if np.max(self.realizations) < 1:
            if isinstance(self.realizations, tuple):
                raise ValueError(
                    "realizations(point, count) of the definition leaves out every point of this sweep, "
                    "which combines values that it does not compute together: give an axis another value"
                )
            raise ValueError(
                f"realizations takes a whole number >= 1, got {np.max(self.realizations)}"
            )
        if np.max(self.realizations) > MOST_REALIZATIONS:
            raise ValueError(
                f"realizations takes at most {MOST_REALIZATIONS:,} for a point, got "
                f"{np.max(self.realizations):,}: more of them need sweeps with other seeds"
            )
        if self.spans is None:
            return self
        if len(self.spans) != self.points:
            raise ValueError(
                f"spans: allowed is one window for each of the {self.points} points, "
                f"got {len(self.spans)}"
            )
        for number, (lo, hi) in enumerate(self.spans):
            if not 0 <= lo < hi <= len(self.lengths):
                raise ValueError(
                    f"spans: allowed are windows 0 <= lo < hi <= {len(self.lengths)}, "
                    f"got {(lo, hi)} for point {number}"
                )
        return self

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Make a sweep from its JSON form, such as a store's `spec` attribute."""
        axes = [Axis(**axis) for axis in fields.get("axes", ())]
        dimensions = [Axis(**axis) for axis in fields.get("dimensions", ())]
        variables = [Variable(**variable) for variable in fields.get("variables", ())]
        made: dict[str, Any] = {"axes": axes, "dimensions": dimensions, "variables": variables}
        asked = fields.get("observables", ())
        made["observables"] = [reading_from(o) if isinstance(o, dict) else o for o in asked]
        return cls(**{**fields, **made})

    def changed(self, **fields: Any) -> Self:
        """Return the sweep with other values of some fields, checked."""
        kept = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**kept, **fields})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.axes)

    @cached_property
    def grid(self) -> tuple[int, ...]:
        """Number of values on each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @cached_property
    def points(self) -> int:
        """Number of points of the swept grid."""
        return math.prod(self.grid)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Realizations of each point, (point,)."""
        given = np.asarray(self.realizations, dtype=np.int64)
        return np.broadcast_to(given, (self.points,))

    @cached_property
    def largest_count(self) -> int:
        """Realizations of the point that has most."""
        return int(self.counts.max())

    @property
    def is_of_wires(self) -> bool:
        """Whether the engine solves wires, instead of calling a user's own `solve`."""
        return not self.variables

    @cached_property
    def outputs(self) -> tuple[ArraySpec, ...]:
        """What is stored."""
        if self.is_of_wires:
            return tuple(map(spec_of, self.observables))
        return tuple(variable.stored for variable in self.variables)

    @cached_property
    def json_text(self) -> str:
        """The sweep as JSON."""
        return self.model_dump_json()

    @cached_property
    def digest(self) -> str:
        """Digest of the whole sweep (sha256, hex), realizations included."""
        return hashlib.sha256(self.json_text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal."""
        return isinstance(other, Sweep) and self.digest == other.digest

    def __hash__(self) -> int:
        """Return a hash, so that a sweep can be a key."""
        return hash(self.digest)

    @cached_property
    def hash(self) -> str:
        """Identity of the sweep (sha256, hex).

        The number of realizations does not enter: a sweep that gets more of them stays the same.
        """
        fields = self.model_dump(mode="json", exclude={"realizations"})
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def point(self, number: int) -> Point:
        """Return point `number` in C order over the axes."""
        index = tuple(int(i) for i in np.unravel_index(number, self.grid)) if self.grid else ()
        swept = {axis.name: axis.values[i] for axis, i in zip(self.axes, index, strict=True)}
        cases = [axis.cases[i] for axis, i in zip(self.axes, index, strict=True) if axis.cases]
        parameters = {name: value for case in cases for name, value in case.items()}
        lo, hi = self.spans[number] if self.spans is not None else (0, len(self.lengths))
        return Point(
            number,
            index,
            self.names,
            {**self._own_constants(), **swept, **parameters},
            ", ".join(f"{name} {_shown(value)}" for name, value in swept.items()),
            (lo, hi),
            self.lengths[lo:hi],
            int(self.counts[number]),
            self.seed,
        )

    def _own_constants(self) -> dict[str, Any]:
        """Return constants of a point's own: one that changes a list changes it for no other point."""
        return {**self.constants, **deepcopy(self._changeable)}

    @cached_property
    def _changeable(self) -> dict[str, Any]:
        """Constants that functions could change."""
        kept = (bool, int, float, str, type(None))
        return {name: one for name, one in self.constants.items() if not isinstance(one, kept)}

    def point_at(self, values: Mapping[str, float]) -> Point:
        """Return the point with these values of its axes.

        Raises
        ------
        InputError
            If an axis is missing or has no such value.
        """
        index = []
        for axis in self.axes:
            if axis.name not in values or values[axis.name] not in axis.values:
                raise InputError(
                    f"{axis.name} takes one of {listed(axis.values)}, "
                    f"got {brief(values.get(axis.name))}"
                )
            index.append(axis.values.index(values[axis.name]))
        return self.point(int(np.ravel_multi_index(index, self.grid)) if index else 0)

    def all_points(self) -> Iterator[Point]:
        """Yield every point, in C order."""
        return (self.point(number) for number in range(self.points))

    def device(self, point: Point) -> "Wire | Bar":
        """Return the wire of a point, or the bar with many leads, as the program makes it.

        Raises
        ------
        InputError
            If the model does not allow it, such as a flux that does not fit a cylinder.
        ProgramError
            If the function raises anything else, with its traceback.
        """
        from qtcore.model.terminals import Bar
        from qtcore.model.wire import Wire

        made = self._call("wire", point)
        if not isinstance(made, Wire | Bar):
            raise InputError(
                f"wire() must return a qtcore.Wire or a qtcore.Bar, at {point.label} it gave {made!r}"
            )
        return made

    def wire(self, point: Point) -> "Wire":
        """Return the wire of a point, or the sample of its bar; raises as `device`."""
        from qtcore.model.terminals import sample_of

        return sample_of(self.device(point))

    def cost(self, point: Point) -> float | None:
        """Return what the program says a realization costs, in any unit; None if it says nothing.

        Raises
        ------
        InputError
            If it is no number > 0.
        """
        if load_program(self.program).get("cost") is None:
            return None
        found = self._call("cost", point)
        if not isinstance(found, int | float | np.number) or not 0 < found < math.inf:
            kept = [f"{n} = {v}" for n, v in self.constants.items() if isinstance(v, int | float)]
            beside = f" with {listed(kept)}" if kept else ""
            raise InputError(
                f"cost() must return a number > 0, at {point.label}{beside} it gave {found!r}"
            )
        return float(found)

    @one_thread
    def solve(self, point: Point, realizations: range) -> Arrays:
        """Solve with one thread, as workers do: several threads change the last digits."""
        return self.solve_on_worker(point, realizations)

    def solve_on_worker(self, point: Point, realizations: range) -> Arrays:
        """Return what is stored of some realizations of a point, each (realization, ...)."""
        if self.is_of_wires:
            asked = point.lengths, realizations, self.seed, self.observables, settings(point)
            return solve_wire(self.device(point), energy(point), *asked)
        found = self._solved(point, realizations)
        sizes = {axis.name: len(axis.values) for axis in self.dimensions}
        sizes |= {"realization": len(realizations), LENGTH: len(point.lengths)}
        return checked_arrays(found, self.variables, sizes, point)

    def _solved(self, point: Point, realizations: range) -> Any:
        """Return what the program's `solve` returns; what it raises passes through."""
        function = load_program(self.program)["solve"]
        try:
            return function(point, realizations)
        except Exception:
            raise
        except BaseException as error:
            if not is_fault(error):
                raise
            # It would end the worker, and with it the tasks of others.
            raise ProgramError(
                f"solve() at {point.label} ends the process that calls it "
                f"({kind_and_text(error)}); it must return arrays or raise an error"
            ) from error

    def _call(self, name: str, point: Point) -> Any:
        function = load_program(self.program)[name]
        try:
            return function(point)
        except InputError as error:
            raise InputError(f"at {point.label}: {error}") from None
        except BaseException as error:
            if not is_fault(error):
                raise
            trace = own_traceback(error, file_of(function))
            raise ProgramError(f"{name}() fails at {point.label}:\n\n{trace}") from error


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _refuse_unknown_outputs(sweep: Sweep) -> None:
    if sweep.is_of_wires:
        if not sweep.observables:
            raise ValueError(f"observables takes some of {', '.join(OBSERVABLES)}, got none")
        if not sweep.lengths:
            raise ValueError("lengths is missing (strictly increasing whole numbers >= 1 (slices))")
    known = {LENGTH, *(axis.name for axis in sweep.dimensions)}
    for variable in sweep.variables:
        unknown = [name for name in variable.dims if name not in known]
        if unknown:
            raise ValueError(
                f"variable {variable.name} has the dimension {unknown[0]!r}; declared are "
                f"{', '.join(sorted(known))}"
            )
        there = sweep.point(0).values
        if strange := [name for name in variable.only if name not in there]:
            raise ValueError(
                f"variable {variable.name} is declared for some {strange[0]!r} only, which is no axis, constant or "
                f"parameter of cases; there are {', '.join(there)}"
            )
