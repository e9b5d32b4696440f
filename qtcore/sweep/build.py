"""From a preset and a definition's functions to a sweep."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qtcore.errors import InputError, brief
from qtcore.sweep.axes import Axis
from qtcore.sweep.leads import dimensions_of_leads, refuse_unless_of_wires
from qtcore.sweep.lengths import NoWindowError
from qtcore.sweep.names import OF_DATASETS, refuse_taken
from qtcore.sweep.observables import USUAL, Variable, refuse_unknown_observables
from qtcore.sweep.preset import Preset
from qtcore.sweep.program import program
from qtcore.sweep.readings import Observable, names_in
from qtcore.sweep.resolved import dimensions_of
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.validation import whole

if TYPE_CHECKING:
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire


Spans = tuple[tuple[int, int], ...]

ChooseLengths = Callable[[Sequence[Point]], tuple[Sequence[int], Spans | None]]

ChooseRealizations = Callable[[Any, int], int]


def make_sweep(
    name: str,
    preset: Preset,
    seed: int,
    *,
    wire: "Callable[[Any], Wire | Bar] | None" = None,
    observables: Sequence[Observable] = USUAL,
    solve: Callable[..., Any] | None = None,
    variables: Sequence[Variable] = (),
    dimensions: Mapping[str, Axis | int] | None = None,
    cost: Callable[[Any], float] | None = None,
    lengths: ChooseLengths | None = None,
    realizations: ChooseRealizations | None = None,
) -> Sweep:
    """Return the sweep of a preset.

    Parameters
    ----------
    name : str
        Of the workflow.
    preset : Preset
        Axes, constants, lengths, realizations.
    seed : int
        Seed of the disorder.
    wire : function(point) -> Wire or Bar, optional
        The wire of a point, or the bar with many leads, which the engine solves.
    observables : sequence of str, Resistance, Conductance or Voltage
        What is stored of it.
    solve : function(point, realizations) -> dict of arrays, optional
        Instead of a wire: computes the declared variables itself.
    variables : sequence of Variable
        What `solve` returns.
    dimensions : mapping of str to Axis or int
        Dimensions of these variables, by their coordinates or by their size alone.
    cost : function(point) -> float, optional
        What a realization of a point costs, in any unit; guessed for wires, timed for `solve`.
    lengths : function(points) -> (lengths, spans), optional
        Chooses lengths, and each point's window [lo, hi) of them, unless the preset does.
    realizations : function(point, count) -> int, optional
        Realizations of a point, where not every point gets the preset's `count`; 0 leaves the
        point out.

    Raises
    ------
    InputError
        If something in it is not allowed.
    """
    _refuse_unless_one_makes_numbers(wire, observables, solve, variables)
    refuse_taken((variable.name for variable in variables), "a variable", OF_DATASETS)
    fields: dict[str, Any] = {
        "workflow": name,
        "axes": tuple(preset.axes.values()),
        "constants": preset.constants,
        "lengths": preset.lengths,
        "realizations": preset.realizations,
        "seed": seed,
        "observables": tuple(observables) if wire is not None else (),
        "variables": tuple(variables),
        "dimensions": (
            *(dimensions_of(names_in(observables)) if wire is not None else ()),
            *(_dimension(*given) for given in (dimensions or {}).items()),
        ),
        "program": program_of({"wire": wire, "solve": solve, "cost": cost}),
    }
    if lengths is not None and not preset.lengths:
        fields |= _chosen_lengths(fields, lengths)
    sweep = _with_leads(Sweep(**fields))
    if realizations is not None and isinstance(preset.realizations, int):
        counts = [realizations(point, preset.realizations) for point in sweep.all_points()]
        if not any(counts):
            raise InputError(
                f"{name} leaves out every point of this sweep, such as {sweep.point(0).label}: what it asks "
                "for at a time is nothing that the definition computes; ask for other values of its axes"
            )
        sweep = sweep.changed(realizations=tuple(counts))
    return sweep if wire is None else _once_where_nothing_is_random(sweep)


def program_of(functions: Mapping[str, Callable[..., Any] | None]) -> str:
    """Return the program of those functions that a definition has, by their roles."""
    return program({role: made_by for role, made_by in functions.items() if made_by is not None})


def _refuse_unless_one_makes_numbers(
    wire: "Callable[[Any], Wire | Bar] | None",
    observables: Sequence[Observable],
    solve: Callable[..., Any] | None,
    variables: Sequence[Variable],
) -> None:
    """Raise InputError unless either a wire or a function makes what is stored."""
    if (wire is None) == (solve is None):
        raise InputError("a workflow needs either wire(point) or solve(point, realizations)")
    if solve is not None and not variables:
        raise InputError("solve(point, realizations) needs `variables`: what it returns")
    if wire is not None:
        refuse_unknown_observables(tuple(observables))


def _chosen_lengths(fields: dict[str, Any], lengths: ChooseLengths) -> dict[str, Any]:
    """Return the lengths, and the window of each point, that a definition chooses."""
    # Points know no lengths yet when lengths are chosen for them.
    points = tuple(Sweep(**{**fields, "lengths": (1,)}).all_points())
    try:
        chosen, spans = lengths(points)
    except NoWindowError as error:
        if error.number >= len(points):
            raise
        raise InputError(
            f"at {points[error.number].label} this definition chooses {error}: ask for other values of "
            "its axes, by which it chooses them, or for lengths of your own, --set lengths="
        ) from None
    return {"lengths": tuple(chosen), "spans": spans}


def _dimension(name: str, given: Axis | int) -> Axis:
    refuse_taken((name,), "a dimension", OF_DATASETS)
    if isinstance(given, Axis):
        return given.model_copy(update={"name": name})
    try:
        return Axis(range(whole(given)), whole=True, name=name)
    except ValueError:
        raise InputError(
            f"dimension {name} takes its coordinates as a qtcore.Axis, or its size as a whole "
            f"number >= 1, got {brief(given)}"
        ) from None


def _with_leads(sweep: Sweep) -> Sweep:
    """Give a sweep of bars the dimensions of their leads, by the names that those of a point have."""
    from qtcore.model.terminals import Bar

    names = names_in(sweep.observables)
    if not dimensions_of_leads(names, ("",)):
        return sweep
    device = sweep.device(sweep.point(0))
    if not isinstance(device, Bar):
        refuse_unless_of_wires(sweep.observables)
        return sweep
    leads = dimensions_of_leads(names, device.names)
    return sweep.changed(dimensions=(*sweep.dimensions, *leads))


def _once_where_nothing_is_random(sweep: Sweep) -> Sweep:
    """Give one realization to each point whose wire has no randomness."""
    counts = [
        point.realizations if is_random(sweep.wire(point)) else min(1, point.realizations)
        for point in sweep.all_points()
    ]
    if counts == sweep.counts.tolist():
        return sweep
    same = len(set(counts)) == 1
    return sweep.changed(realizations=counts[0] if same else tuple(counts))


def is_random(wire: "Wire") -> bool:
    """Whether the realizations of a wire differ."""
    return any(disorder.random for disorder in wire.disorders)


def is_continuous(wire: "Wire") -> bool:
    """Whether some of a wire's disorder takes any value, so that hardly two realizations are equal."""
    return any(disorder.random and not disorder.discrete for disorder in wire.disorders)
