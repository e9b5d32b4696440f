"""What a worker does: compute the blocks of a task and write them.

A task arrives as names and numbers (store, blocks); the sweep is read from the store itself, so
that a worker cannot compute anything else than what the store was made for.
"""

import os
import platform
import time
import traceback
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from qtcore.errors import QtcoreError
from qtcore.solve.scattering import scattering
from qtcore.store.header import read_header
from qtcore.store.write import BlockWriter
from qtcore.sweep.cost import Calibration, measure, representatives, warm_up
from qtcore.sweep.plan import Piece
from qtcore.sweep.spec import Point, Sweep

ESTIMATES = 4
"""So many points report their mean in a task's record; a running estimate needs no more."""


class Estimate(NamedTuple):
    """Sums over new realizations of ln g at the longest length of one point."""

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
    """What a task tells the driver: below 200 bytes unless something failed."""

    seconds: float
    worker: str
    suspects: int
    estimates: tuple[tuple[int, int, float, float], ...]
    failures: tuple[tuple[Any, ...], ...]


class _Run(NamedTuple):
    sweep: Sweep
    block: int
    writer: BlockWriter


@lru_cache(maxsize=8)
def _opened(store: str, spec_hash: str, realizations: int) -> _Run:
    """Open a store for writing, once per worker, and make the kernels ready."""
    threadpool_limits(1)
    header = read_header(Path(store))
    if header.spec_hash != spec_hash or header.realizations < realizations:
        raise QtcoreError(
            f"{store} is not the store that this task was made for, as seen from "
            f"{platform.node()}; do all workers see the same folder under this path?"
        )
    sweep = Sweep.from_fields({**header.spec, "realizations": realizations})
    warm_up(sweep, representatives(sweep))
    return _Run(
        sweep,
        header.block,
        BlockWriter(Path(store), realizations, header.block, len(sweep.lengths)),
    )


def calibrate(fields: dict[str, Any]) -> dict[tuple[int, bool], float]:
    """Measure the cost model's factors on this worker for a sweep given by its JSON form."""
    threadpool_limits(1)
    calibration: Calibration = measure(Sweep.from_fields(fields))
    return calibration.factors


def compute(
    store: str, spec_hash: str, realizations: int, pieces: tuple[tuple[int, int, int], ...]
) -> tuple[Any, ...]:
    """Compute and write the blocks of one task; return a `Record` as a plain tuple.

    Parameters
    ----------
    store : str
        Path of the store, the same on every worker.
    spec_hash : str
        Which sweep the store must hold.
    realizations : int
        Realizations per point of the running sweep.
    pieces : tuple of (point, first block, stop block)
        What to compute. An exception in one of them is recorded and does not stop the others.
    """
    run = _opened(store, spec_hash, realizations)
    start = time.perf_counter()
    suspects = 0
    estimates: list[tuple[int, int, float, float]] = []
    failures: list[tuple[Any, ...]] = []
    for numbers in pieces:
        piece = Piece(*numbers)
        point = run.sweep.point(piece.point)
        rows = range(piece.first * run.block, min(piece.stop * run.block, realizations))
        try:
            values = solve(run.sweep, point, rows)
            run.writer.write(point.index, piece.first, piece.stop, point.span, values)
        except Exception as error:  # noqa: BLE001 - any exception becomes a record
            failures.append(tuple(_failure(piece, error)))
            continue
        suspects += int(np.count_nonzero(values["suspect"]))
        if len(estimates) < ESTIMATES:
            last = values["ln_g"][:, -1]
            estimates.append((piece.point, len(rows), float(last.sum()), float((last**2).sum())))
    seconds = time.perf_counter() - start
    worker = f"{platform.node()}:{os.getpid()}"
    return tuple(Record(seconds, worker, suspects, tuple(estimates), tuple(failures)))


def solve(sweep: Sweep, point: Point, realizations: range) -> dict[str, NDArray[Any]]:
    """Return every stored variable of some realizations of a point, each (realization, length)."""
    result = scattering(sweep.wire(point), point.energy, point.lengths, realizations, sweep.seed)
    return {
        "ln_g": result.ln_g,
        "reflection": result.reflection,
        "certificate": result.certificate,
        "suspect": result.suspect,
    }


def _failure(piece: Piece, error: Exception) -> Failure:
    return Failure(
        piece.point,
        piece.first,
        piece.stop,
        f"{type(error).__name__}: {error}",
        "".join(traceback.format_exception(error)),
        getattr(error, "errno", None),
        # What qtcore itself refuses, it refuses again.
        lasting=isinstance(error, QtcoreError),
    )


def reproduction(sweep: Sweep, point: Point, realizations: range) -> str:
    """Return the shell command that computes some realizations of a point once more, alone."""
    width = f"{point.width}, periodic=True" if sweep.periodic else f"{point.width}"
    leads = "" if sweep.field_in_leads else ", field_in_leads=False"
    wire = f"qt.Wire(qt.Square({width}), qt.Box({point.disorder!r}), flux={point.flux!r}{leads})"
    call = (
        f"qt.scattering({wire}, {point.energy!r}, {list(point.lengths)}, "
        f"{realizations!r}, {sweep.seed})"
    )
    return f'python -c "import qtcore as qt; print({call})"'
