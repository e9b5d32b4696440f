"""From a sweep to tasks: which blocks belong together, in which order, and what it will cost."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES
from qtcore.store.layout import VARIABLES, block_count, block_size
from qtcore.sweep.cost import CALL, WRITE, Calibration
from qtcore.sweep.spec import Sweep

SHORTEST_TASK = 0.2
"""Seconds; a Dask task costs about 2 ms of scheduler, client and worker together."""

LONGEST_TASK = 20.0
"""Seconds aimed at for long sweeps: what a killed worker loses."""

TASKS_PER_WORKER = 32
"""So many tasks per worker leave the last ones to finish idle for a few per cent at most."""

BLOCK_SHARE = 512
"""The heaviest block takes at most this fraction of the whole sweep, so that many workers share
even a sweep with one heavy point."""

LONGEST_BLOCK = 10.0
"""Seconds; upper limit for a block of the heaviest point (one group of lanes may exceed it)."""

LARGEST_BLOCK = 1024
"""Realizations; keeps a chunk below a few megabytes."""

PIECES_PER_TASK = 64
"""So many points may share one task; keeps the task's message small."""

PYTHON_MEMORY = 250e6
"""Bytes of a worker before it computes: Python, NumPy, Numba, Dask, Zarr."""


@dataclass(frozen=True)
class Piece:
    """Consecutive blocks of one point: what one call of the solver computes."""

    point: int
    first: int
    stop: int


@dataclass(frozen=True)
class Task:
    """What one worker does at a time.

    Attributes
    ----------
    pieces : tuple of Piece
        Blocks that this task owns and writes.
    seconds : float
        What the cost model expects.
    """

    pieces: tuple[Piece, ...]
    seconds: float

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return sum(piece.stop - piece.first for piece in self.pieces)


@dataclass(frozen=True)
class Plan:
    """All that is still to be computed, and what it is expected to take.

    Attributes
    ----------
    sweep : Sweep
        What is swept.
    block : int
        Realizations per block.
    tasks : tuple of Task
        Longest first.
    blocks, blocks_left : int
        Blocks of the whole sweep, and those that these tasks compute.
    realizations_left : int
        Realizations (of all points) that these tasks compute.
    bytes_left : int
        Upper bound of what they write, before compression.
    worker_bytes : int
        Memory that a worker needs.
    """

    sweep: Sweep
    block: int
    tasks: tuple[Task, ...]
    blocks: int
    blocks_left: int
    realizations_left: int
    bytes_left: int
    worker_bytes: int

    @property
    def core_seconds(self) -> float:
        """Expected seconds of all tasks together."""
        return math.fsum(task.seconds for task in self.tasks)

    def wall_seconds(self, workers: int) -> float:
        """Return the expected seconds on `workers` cores, tasks handed out longest first."""
        if not self.tasks:
            return 0.0
        # Longest first keeps within a third of the optimum, in practice within the last task.
        return max(self.core_seconds / workers, self.tasks[0].seconds)


def block_length(sweep: Sweep) -> int:
    """Return how many realizations share a chunk: a multiple of the solver's lanes.

    Decided by the built-in cost model alone, so that the same sweep gets the same chunks on every
    machine; and by no more than the sweep itself, since a store keeps its chunks when it is
    extended. The heaviest point sets it.
    """
    cost = Calibration()
    seconds = [cost.seconds(point) for point in sweep.all_points()]
    total = math.fsum(seconds) * sweep.realizations
    heaviest = max(seconds)
    goal = min(max(total / BLOCK_SHARE, SHORTEST_TASK), LONGEST_BLOCK)
    groups = max(1, int(goal / (heaviest * LANES)))
    needed = block_count(sweep.realizations, LANES)
    return LANES * min(groups, needed, LARGEST_BLOCK // LANES)


def make_plan(
    sweep: Sweep,
    block: int,
    *,
    calibration: Calibration | None = None,
    finished: NDArray[np.bool_] | None = None,
    workers: int = 1,
) -> Plan:
    """Cut what is not finished into tasks.

    Parameters
    ----------
    sweep : Sweep
        What to sweep.
    block : int
        Realizations per block.
    calibration : Calibration, optional
        Measured costs; the built-in constants if left out.
    finished : (disorder, width, flux, energy, block) bool array, optional
        What a store already holds.
    workers : int
        Cores that will share the tasks.
    """
    cost = calibration or Calibration()
    blocks = block_count(sweep.realizations, block)
    left = ~(
        np.zeros((sweep.points, blocks), dtype=bool)
        if finished is None
        else finished.reshape(sweep.points, blocks)
    )
    seconds = np.array([cost.seconds(point) for point in sweep.all_points()])
    sizes = np.array([block_size(n, sweep.realizations, block) for n in range(blocks)])
    block_seconds = seconds[:, None] * sizes + CALL + WRITE
    total = float((block_seconds * left).sum())
    goal = min(max(total / (TASKS_PER_WORKER * workers), SHORTEST_TASK), LONGEST_TASK)
    tasks = tuple(
        sorted(
            _tasks(left, block_seconds, goal),
            key=lambda task: task.seconds,
            reverse=True,
        )
    )
    blocks_left = int(left.sum())
    row = sum(np.dtype(v.dtype).itemsize for v in VARIABLES) * len(sweep.lengths)
    return Plan(
        sweep,
        block,
        tasks,
        blocks=sweep.points * blocks,
        blocks_left=blocks_left,
        realizations_left=int((left * sizes).sum()),
        bytes_left=blocks_left * block * row,
        worker_bytes=_worker_bytes(sweep, tasks, block * row),
    )


def _tasks(
    left: NDArray[np.bool_], block_seconds: NDArray[np.float64], goal: float
) -> Iterator[Task]:
    """Yield tasks of about `goal` seconds; cheap points share one, heavy blocks stand alone."""
    pieces: list[Piece] = []
    filled = 0.0
    for point in np.argsort(-block_seconds[:, 0], kind="stable"):
        for piece, seconds in _pieces(int(point), left[point], block_seconds[point], goal):
            if pieces and (filled + seconds > 1.25 * goal or len(pieces) == PIECES_PER_TASK):
                yield Task(tuple(pieces), filled)
                pieces, filled = [], 0.0
            pieces.append(piece)
            filled += seconds
    if pieces:
        yield Task(tuple(pieces), filled)


def _pieces(
    point: int, left: NDArray[np.bool_], seconds: NDArray[np.float64], goal: float
) -> Iterator[tuple[Piece, float]]:
    """Yield runs of consecutive unfinished blocks of one point, each of about `goal` seconds."""
    first: int | None = None
    filled = 0.0
    for number in range(len(left) + 1):
        open_block = number < len(left) and bool(left[number])
        if first is not None and (not open_block or filled + seconds[number] > goal):
            yield Piece(point, first, number), filled
            first = None
        if open_block:
            if first is None:
                first, filled = number, 0.0
            filled += float(seconds[number])


def _worker_bytes(sweep: Sweep, tasks: tuple[Task, ...], block_bytes: int) -> int:
    """Return the memory that the largest task needs: the interpreter, results, and the solver."""
    longest = max(
        (piece.stop - piece.first for task in tasks for piece in task.pieces),
        default=0,
    )
    widest = max(sweep.width)
    # The solver keeps a dozen M × M complex matrices for each lane.
    solver = 12 * 16 * LANES * widest**2
    return int(PYTHON_MEMORY + 3 * longest * block_bytes + solver)
