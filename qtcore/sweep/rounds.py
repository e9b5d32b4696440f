"""Rounds towards a precision goal: compute, look at what is stored, compute where the error is."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed import Client

from qtcore.errors import UnforeseenError, is_fault
from qtcore.store.finished import finished_blocks
from qtcore.store.header import read_header
from qtcore.store.lazy import checked_array
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.open_store import OpenStore, open_store
from qtcore.sweep.blocks import block_sizes
from qtcore.sweep.events import Judged, Listener
from qtcore.sweep.extension import begins, continued, scalar_if_uniform, stored_sweep
from qtcore.sweep.fill_store import Connect, fill_store
from qtcore.sweep.listening import tell
from qtcore.sweep.observables import LENGTH
from qtcore.sweep.outcome import Outcome
from qtcore.sweep.plan import AS_THE_COST_SAYS, Cutting
from qtcore.sweep.precision import MARGIN, PointPrecision, Precision, mean_and_error, next_count
from qtcore.sweep.program import ProgramError, file_of, load_program, own_traceback
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.standings import write_standings
from qtcore.sweep.trusted import remember

if TYPE_CHECKING:
    import xarray as xr


AT_ONCE = 2**26
"""Bytes that are read at once when points are judged, at most, unless one point has more."""

SPARSE = 4
"""Points are read one by one if fewer than this part of what would be read at once is wanted."""


def fill_to_precision(
    precision: Precision,
    sweep: Sweep,
    store: Location,
    connect: Connect,
    *,
    provenance: RunProvenance,
    listeners: tuple[Listener, ...] = (),
    compile_here: bool = True,
    cutting: Cutting = AS_THE_COST_SAYS,
) -> Outcome:
    """Compute what a store lacks of a sweep, and more where the error is above a goal.

    Between two rounds the store holds a complete sweep. What the next one computes follows from
    what is stored and from the goal alone.

    Parameters
    ----------
    precision : Precision
        The goal.
    sweep : Sweep
        The first round.
    store, connect, provenance, listeners, compile_here, cutting
        As in `fill_store`; the cluster is started once, when there is something to compute.

    Returns
    -------
    Outcome
        Of all rounds together.
    """
    remember(precision.program)
    total = Outcome()
    standings: dict[int, PointPrecision] = {}
    with ExitStack() as stack:
        cluster = _StartedOnce(connect, stack)
        while True:
            outcome = fill_store(
                sweep,
                store,
                cluster,
                provenance=provenance,
                listeners=listeners,
                compile_here=compile_here,
                cutting=cutting,
            )
            total = total.followed_by(outcome)
            if outcome.blocks_left or outcome.stopped:
                return total
            header = read_header(store)  # as it is at the end of this round
            sweep = stored_sweep(header)
            standings |= judge(precision, sweep, store, standings)
            counts = _next_counts(precision, sweep, standings, header.block)
            write_standings(header, sweep, standings)
            tell(listeners, Judged(sweep, precision, standings, counts))
            if counts == tuple(sweep.counts.tolist()):
                return total
            sweep = sweep.changed(realizations=scalar_if_uniform(np.array(counts)))


class EstimateError(ProgramError, UnforeseenError):
    """The estimate of a workflow's goal raised; what it was to judge is stored."""


class _StartedOnce:
    """A cluster that starts when it is first needed and stays for all rounds."""

    def __init__(self, connect: Connect, stack: ExitStack) -> None:
        self._connect, self._stack = connect, stack
        self._client: Client | None = None

    def __call__(self) -> AbstractContextManager[Client]:
        if self._client is None:
            self._client = self._stack.enter_context(self._connect())
        return nullcontext(self._client)


def _next_counts(
    precision: Precision, sweep: Sweep, standings: dict[int, PointPrecision], block: int
) -> tuple[int, ...]:
    return tuple(
        next_count(standings[n], precision.most, block) if n in standings else int(count)
        for n, count in enumerate(sweep.counts)
    )


def judge(
    precision: Precision,
    sweep: Sweep,
    store: Location,
    known: dict[int, PointPrecision] | None = None,
) -> dict[int, PointPrecision]:
    """Return how far the points of a complete sweep are from a goal.

    Points with one realization, in which nothing is random, or with none, have no error.

    Parameters
    ----------
    precision : Precision
        The goal.
    sweep : Sweep
        As the store holds it.
    store : str, Path or Place
        The store.
    known : dict of int to PointPrecision, optional
        Points that have been judged; those that have not got more data since are not read again.
    """
    known = known or {}
    old = {
        point.number: known[point.number]
        for point in _random_points(sweep)
        if point.number in known and known[point.number].realizations == point.realizations
    }
    fresh = [point for point in _random_points(sweep) if point.number not in old]
    estimates = _programmed if precision.program else _means
    new = {
        point.number: precision.standing(value, error, point.realizations)
        for point, value, error in estimates(precision, sweep, store, fresh)
    }
    return {n: old[n] if n in old else new[n] for n in sorted({*old, *new})}


def _random_points(sweep: Sweep) -> Iterator[Point]:
    return (sweep.point(int(n)) for n in np.flatnonzero(sweep.counts > 1))


def _means(
    precision: Precision, sweep: Sweep, store: Location, points: list[Point]
) -> Iterator[tuple[Point, Any, Any]]:
    """Yield points with the mean over realizations of the goal's variable, and its error."""
    array = checked_array(place_of(store), precision.variable)
    dims = next(v.dims for v in sweep.outputs if v.name == precision.variable)
    row = math.prod(array.shape[len(sweep.grid) + 1 :]) * array.dtype.itemsize
    for lead, members in _read_together(sweep, points, sweep.largest_count * row):
        across = (slice(None),) * (len(sweep.grid) - len(lead))
        values = array[(*lead, *across, slice(0, max(p.realizations for p in members)))]
        for point in members:
            samples = values[point.index[len(lead) :]][: point.realizations]
            if LENGTH in dims:
                lo, hi = point.span
                # The window of this point; the longest alone is its last one.
                window = slice(lo, hi) if precision.lengths == "every" else hi - 1
                samples = samples[(slice(None),) * (1 + dims.index(LENGTH)) + (window,)]
            yield point, *mean_and_error(samples)


def _read_together(
    sweep: Sweep, points: list[Point], point_bytes: int
) -> Iterator[tuple[tuple[int, ...], list[Point]]]:
    """Yield what to read at once: the index on the first axes, and the points wanted of that."""
    depth = len(sweep.grid)
    while depth > 0 and math.prod(sweep.grid[depth - 1 :]) * point_bytes <= AT_ONCE:
        depth -= 1
    groups: dict[tuple[int, ...], list[Point]] = {}
    for point in points:
        groups.setdefault(point.index[:depth], []).append(point)
    for lead, members in groups.items():
        if SPARSE * len(members) >= math.prod(sweep.grid[depth:]):
            yield lead, members
        else:
            yield from ((point.index, [point]) for point in members)


def _programmed(
    precision: Precision, sweep: Sweep, store: Location, points: list[Point]
) -> Iterator[tuple[Point, Any, Any]]:
    """Yield points with what the workflow's own estimate makes of all their data."""
    dataset = open_dataset(store)
    for point in points:
        window = {"realization": slice(0, point.realizations)}
        if LENGTH in dataset.dims:
            window[LENGTH] = slice(*point.span)
        at = {name: point.values[name] for name in sweep.names}
        # Read here: a graph that went to the cluster would wait behind nothing and be larger.
        found = dataset.sel(at).isel(window).load(scheduler="synchronous")
        yield point, *_estimated(precision, found, point)


def _estimated(precision: Precision, found: "xr.Dataset", point: Point) -> tuple[Any, Any]:
    """Return what the workflow's own estimate makes of a point's data."""
    function = load_program(precision.program)["estimate"]
    try:
        value, error = function(found)
        return float(value), float(error)
    except BaseException as problem:
        if not is_fault(problem):
            raise
        trace = own_traceback(problem, file_of(function))
        raise EstimateError(f"the goal's estimate fails at {point.label}:\n\n{trace}") from problem


def final_sweep(precision: Precision, sweep: Sweep, store: Location | OpenStore) -> Sweep:
    """Return what a run towards a goal will have computed in the end, as far as the data tell.

    That is the present round as long as blocks of it are missing, then what the present errors say.

    Raises
    ------
    InputError
        If the store is of another sweep.
    """
    opened = open_store(store)
    if begins(sweep, opened):
        return sweep
    header = opened.header
    target = continued(sweep, header)
    sizes = block_sizes(target.sweep, header.block)
    finished = finished_blocks(header, target.sweep.grid) if not target.grows else np.zeros(1)
    if target.grows or not finished.reshape(sizes.shape)[sizes > 0].all():
        return target.sweep
    counts = target.sweep.counts.copy()
    for number, standing in judge(precision, target.sweep, opened.place).items():
        if not standing.reached:
            wanted = min(MARGIN * standing.needed, precision.most)
            blocks = math.ceil(wanted / header.block)
            counts[number] = max(counts[number], min(blocks * header.block, precision.most))
    return target.sweep.changed(realizations=scalar_if_uniform(counts))
