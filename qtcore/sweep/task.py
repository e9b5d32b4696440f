"""What a worker does: compute the blocks of a task and write them.

A task arrives as names and numbers (store, blocks); the sweep, with the functions that make its
numbers, is read from the store itself, so that a worker cannot compute anything else than what the
store was made for.
"""

import os
import platform
import time
import traceback
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError, is_fault, kind_and_text
from qtcore.store.header import read_header
from qtcore.store.rows import PartialBlocks, joined
from qtcore.store.write import BlockWriter
from qtcore.sweep.cost import measure, representatives, warm_up
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.kind import Kind
from qtcore.sweep.observables import OBSERVABLES, Arrays, placed, solve_wires
from qtcore.sweep.point import energy, settings
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stopwatch import undisturbed_seconds
from qtcore.sweep.survey import family
from qtcore.sweep.tasks import Piece
from qtcore.sweep.trusted import vouch
from qtcore.sweep.worker_room import room_of_worker
from qtcore.sweep.worker_time import end_of_worker
from qtcore.threads import keep_one_thread

Rows = Mapping[str, NDArray[Any]]

ESTIMATES = 4
"""So many points report their mean in a task's record; a running estimate needs no more."""


class Estimate(NamedTuple):
    """Sums over new realizations of the first variable's last entry at one point."""

    point: int
    realizations: int
    total: float
    total_of_squares: float


class Failure(NamedTuple):
    """A piece that raised."""

    point: int
    first: int
    stop: int
    error: str
    trace: str
    errno: int | None
    lasting: bool


class Record(NamedTuple):
    """What a task tells the driver: below 200 bytes unless something failed.

    `seconds` are those of the clock, `core_seconds` those without waiting for a free core.
    `end` is a worker's `End`, if it has one; `is_put_off` says that it is too near to begin.
    """

    seconds: float
    core_seconds: float
    worker: str
    suspects: int
    estimates: tuple[tuple[float, ...], ...]
    failures: tuple[tuple[Any, ...], ...]
    end: tuple[Any, ...] = ()
    is_put_off: bool = False


class _Run(NamedTuple):
    sweep: Sweep
    block: int
    sizes: dict[str, int]
    writer: BlockWriter
    partial: PartialBlocks


@lru_cache(maxsize=8)
def _opened(store: str, digest: str) -> _Run:
    """Open a store for writing, once per worker, and make the kernels ready."""
    keep_one_thread()
    header = read_header(store)
    sweep = stored_sweep(header)
    if sweep.digest != digest:
        raise QtcoreError(
            f"{store} is not the store that this task was made for, as seen from "
            f"{platform.node()}; do all workers see the same folder under this path?"
        )
    vouch(sweep.program)  # it is the one that the driver named by its digest
    warm_up(sweep, representatives(sweep).values())
    writer = BlockWriter(header, sweep.outputs)
    partial = PartialBlocks(header)
    return _Run(sweep, header.block, header.sizes, writer, partial)


def calibrate(fields: dict[str, Any]) -> dict[Kind, float]:
    """Measure the cost model's factors on this worker for a sweep given by its JSON form."""
    keep_one_thread()
    sweep = Sweep.from_fields(fields)
    vouch(sweep.program)  # it came from the driver, not from a store
    with room_of_worker():
        return measure(sweep).factors


def compute(
    store: str, digest: str, pieces: tuple[tuple[int, int, int], ...], needs: float = 0.0
) -> tuple[Any, ...]:
    """Compute and write the blocks of one task; return a `Record` as a plain tuple.

    Parameters
    ----------
    store : str
        Path of the store, the same on every worker.
    digest : str
        Which sweep the store must hold.
    pieces : tuple of (point, first block, stop block)
        What to compute. An exception in one of them is recorded and does not stop the others.
    needs : float
        Seconds that the worker must still be there, or it does not begin; 0 if it begins anyway.
    """
    with room_of_worker():
        return _computed(store, digest, pieces, needs)


def _computed(
    store: str, digest: str, pieces: tuple[tuple[int, int, int], ...], needs: float
) -> tuple[Any, ...]:
    run = _opened(store, digest)
    worker = f"{platform.node()}:{os.getpid()}"
    end = end_of_worker()
    if needs and end is not None and end.seconds < needs:
        return tuple(Record(0.0, 0.0, worker, 0, (), (), tuple(end), True))
    start, begun = time.perf_counter(), undisturbed_seconds()
    suspects = 0
    estimates: list[Estimate] = []
    failures: list[tuple[Any, ...]] = []
    for piece, point, old, solved in _solved(run, [Piece(*numbers) for numbers in pieces]):
        try:
            values = solved()
            rows = joined(old, _placed(run, point, values))
            run.writer.write(point.index, piece.first, rows, grows=bool(old))
        except BaseException as error:
            if not is_fault(error):
                raise
            failures.append(tuple(_failure(piece, error)))
            continue
        suspects += _suspects(run.sweep, values)
        if len(estimates) < ESTIMATES:
            with suppress(Exception):  # only for the eye, and the block is written
                estimates.append(_estimate(run.sweep, piece.point, values))
    seconds, core_seconds = time.perf_counter() - start, max(0.0, undisturbed_seconds() - begun)
    plain = tuple(tuple(estimate) for estimate in estimates)
    left = end_of_worker()
    told = () if left is None else tuple(left)
    return tuple(Record(seconds, core_seconds, worker, suspects, plain, tuple(failures), told))


def _solved(
    run: _Run, pieces: list[Piece]
) -> Iterator[tuple[Piece, Point, Rows, Callable[[], Arrays]]]:
    """Yield each piece with its point, what it holds, and what returns the others or raises.

    Pieces that share their disorder are solved together when the first of them comes.
    """
    alike: dict[Hashable, list[tuple[Piece, Point, Rows]]] = {}
    for number, piece in enumerate(pieces):
        point = run.sweep.point(piece.point)
        wanted = min(run.block, point.realizations - piece.first * run.block)
        try:
            old = run.partial.rows(point.index, piece.first, wanted)
        except OSError:  # met again, and recorded, when the block is written
            old = {}
        shared = _family(run.sweep, point) if len(pieces) > 1 else None
        same = (shared, piece.first, piece.stop, _held(old), point.span, point.realizations)
        alike.setdefault(same if shared is not None else number, []).append((piece, point, old))
    for members in alike.values():
        piece, point, old = members[0]
        first = piece.first * run.block + _held(old)
        rows = range(first, min(piece.stop * run.block, point.realizations))
        points = [point for _, point, _ in members]
        together = _solve_together(run.sweep, points, rows) if len(members) > 1 else None
        for number, (piece, point, old) in enumerate(members):
            if together is not None:
                yield piece, point, old, partial(together.__getitem__, number)
            else:
                yield piece, point, old, partial(solve, run.sweep, point, rows)


def _held(old: Rows) -> int:
    """Return how many realizations are there."""
    return min((len(rows) for rows in old.values()), default=0)


def _family(sweep: Sweep, point: Point) -> Hashable:
    try:
        return family(sweep, point)
    except Exception:  # noqa: BLE001 - met again, and recorded, when the point is solved
        return None


def _solve_together(sweep: Sweep, points: list[Point], realizations: range) -> list[Arrays] | None:
    """Return what `solve` gives for points that share their disorder; None if that fails."""
    try:
        members = [(sweep.wire(point), energy(point)) for point in points]
        asked = {settings(point) for point in points}
        if len(asked) > 1:
            return None
        lengths = points[0].lengths
        observables = sweep.observables
        return solve_wires(members, lengths, realizations, sweep.seed, observables, *asked)
    except Exception:  # noqa: BLE001 - one by one, the point that fails is found
        return None


def solve(sweep: Sweep, point: Point, realizations: range) -> Arrays:
    """Return every stored variable of some realizations of a point, each (realization, ...)."""
    return sweep.solve_on_worker(point, realizations)


def _placed(run: _Run, point: Point, values: Arrays) -> Arrays:
    return {
        variable.name: placed(variable, values[variable.name], run.sizes, point.span)
        for variable in run.sweep.outputs
    }


def _suspects(sweep: Sweep, values: Arrays) -> int:
    """Return how many results are suspect: of wires, or where a function declared it as theirs is."""
    means = OBSERVABLES["suspect"].attributes["long_name"]
    flags = [
        one.name
        for one in sweep.outputs
        if "flag_meanings" in one.attributes
        or (one.name == "suspect" and one.attributes.get("long_name") == means)
    ]
    return sum(int(np.count_nonzero(np.asarray(values[name]) == 1)) for name in flags)


def _estimate(sweep: Sweep, number: int, values: Arrays) -> Estimate:
    """Sum what the progress bar shows, where it is a number at all."""
    first = values[sweep.outputs[0].name]
    last = first.reshape(len(first), -1)[:, -1].real
    last = last[np.isfinite(last)]
    with np.errstate(all="ignore"):  # squares of large numbers
        return Estimate(number, len(last), float(last.sum()), float((last**2).sum()))


def _failure(piece: Piece, error: BaseException) -> Failure:
    # An attribute of this name on another exception means something else, if anything.
    number = error.errno if isinstance(error, OSError) else None
    return Failure(
        piece.point,
        piece.first,
        piece.stop,
        kind_and_text(error),
        "".join(traceback.format_exception(error)),
        number if isinstance(number, int) else None,
        # What qtcore itself refuses, it refuses again, and a function ends its process again.
        lasting=isinstance(error, QtcoreError) or not isinstance(error, Exception),
    )
