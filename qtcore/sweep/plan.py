"""From a sweep to tasks: which blocks belong together, in which order, and what it will cost."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.shown import Shown
from qtcore.store.layout import block_count
from qtcore.sweep.blocks import block_sizes
from qtcore.sweep.cost import Calibration
from qtcore.sweep.observables import CHANNEL, LENGTH
from qtcore.sweep.part import Part
from qtcore.sweep.spec import Sweep
from qtcore.sweep.tasks import PIECES_PER_TASK, Tasks, cut
from qtcore.sweep.words import plan_card
from qtcore.units import LANES

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

SHARING = 4.0
"""Points that share their disorder fill a task to so many times its length by the cost model, which
does not know that together they take a half to a sixth of that time (ten energies of a strip,
Gaussian and correlated disorder)."""

LANED = ("strip", "transfer", "terminals")
"""Kinds of wires of which one realization takes as long as a whole group of lanes."""

LARGEST_PIECE = 250e6
"""Bytes of results that one call of the solver returns at most, unless a single block has more."""

PYTHON_MEMORY = 250e6
"""Bytes of a worker before it computes: Python, NumPy, Numba, Dask, Zarr."""


@dataclass(frozen=True)
class Cutting:
    """How a sweep is cut into blocks and tasks, where the cost model shall not decide.

    Attributes
    ----------
    block : int or None
        Realizations per block of a new store, a multiple of the solver's lanes; `block_length` if
        None.
    shortest_task : float
        Seconds below which blocks share a task.
    """

    block: int | None = None
    shortest_task: float = SHORTEST_TASK


AS_THE_COST_SAYS = Cutting()


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """All that is still to be computed, and what it is expected to take.

    Attributes
    ----------
    sweep : Sweep
        What is swept.
    block : int
        Realizations per block.
    tasks : sequence of Task
        Longest first.
    blocks, blocks_left : int
        Blocks of the whole sweep, and those that these tasks compute.
    realizations_left : int
        Realizations (of all points) that these tasks compute.
    bytes_left : int
        Upper bound of what they write, before compression.
    worker_bytes : int
        Memory that a worker needs.
    partial : dict of (point, block) to int
        Realizations that blocks hold of which the others are computed only.
    """

    sweep: Sweep
    block: int
    tasks: Tasks
    blocks: int
    blocks_left: int
    realizations_left: int
    bytes_left: int
    worker_bytes: int
    partial: Mapping[tuple[int, int], int]

    _card = plan_card

    @property
    def core_seconds(self) -> float:
        """Expected seconds of all tasks together."""
        return self.tasks.total_seconds

    def realizations(self, point: int, first: int, stop: int) -> range:
        """Return the realizations that blocks `first` to `stop` - 1 of a point still lack.

        Only the first block may hold some of them; a piece of a task begins with it.
        """
        start = first * self.block + self.partial.get((point, first), 0)
        return range(start, min(stop * self.block, int(self.sweep.counts[point])))

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
    seconds = np.array(cost.seconds(sweep))
    total = float((seconds * sweep.counts).sum())
    # A point of one realization has one block whatever its length; it must not cut the others'.
    divided = seconds[sweep.counts > 1] if (sweep.counts > 1).any() else seconds
    heaviest = float(divided.max())
    goal = min(max(total / BLOCK_SHARE, SHORTEST_TASK), LONGEST_BLOCK)
    groups = max(1, int(goal / (heaviest * LANES)))
    needed = block_count(sweep.largest_count, LANES)
    return LANES * min(groups, needed, LARGEST_BLOCK // LANES)


def make_plan(
    sweep: Sweep,
    block: int,
    *,
    calibration: Calibration | None = None,
    held: NDArray[np.int64] | None = None,
    workers: int = 1,
    part: Part | None = None,
    shortest_task: float = SHORTEST_TASK,
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
    held : (*axes, block) int array, optional
        Realizations of each block that a store already holds. Of one that holds some, the others
        are computed only.
    workers : int
        Cores that will share the tasks.
    part : Part, optional
        Plan for this part's blocks only.
    shortest_task : float
        Seconds below which blocks share a task.
    """
    cost = calibration or Calibration()
    sizes = block_sizes(sweep, block)
    left = sizes > 0
    if part is not None:
        left &= part.owns((sizes > 0).sum(axis=1))
    blocks = int(left.sum())
    there = np.zeros_like(sizes) if held is None else np.minimum(held.reshape(sizes.shape), sizes)
    left &= there < sizes
    partial = left & (there > 0)
    seconds = np.array(cost.seconds(sweep), dtype=np.float64)
    missing = np.where(partial, sizes - there, sizes)
    block_seconds: NDArray[np.float64] = seconds[:, None] * _solved(sweep, missing)
    block_seconds += cost.block_seconds
    total = float((block_seconds * left).sum())
    goal = min(max(total / (TASKS_PER_WORKER * workers), shortest_task), LONGEST_TASK)
    families = _families(sweep, left * missing, block_seconds[:, 0], goal)
    row, side_by_side = _row_bytes(sweep), max(map(len, families or [[0]]))
    longest = max(1, int(LARGEST_PIECE / max(block * row * max(side_by_side, 1), 1)))
    tasks = cut(left, block_seconds, goal, families, partial, longest)
    together = tasks.longest_piece * side_by_side
    blocks_left = int(left.sum())
    return Plan(
        sweep,
        block,
        tasks,
        blocks=blocks,
        blocks_left=blocks_left,
        realizations_left=int((left * missing).sum()),
        bytes_left=blocks_left * block * row,
        worker_bytes=_worker_bytes(sweep, max(together, tasks.longest_piece), block * row),
        partial={(int(p), int(b)): int(there[p, b]) for p, b in np.argwhere(partial)},
    )


def _families(
    sweep: Sweep, left: NDArray[np.bool_], seconds: NDArray[np.float64], goal: float
) -> list[list[int]] | None:
    """Return the points whose blocks are best solved together, heaviest first; None if none are.

    Parameters
    ----------
    sweep : Sweep
        What is swept.
    left : (point, block) int array
        Realizations to compute; alike within a family.
    seconds : (point,) array
        What a block of each point is expected to take.
    goal : float
        Seconds of a task.
    """
    from qtcore.sweep.survey import survey

    shared = survey(sweep).families
    if all(one is None for one in shared):
        return None
    alike: dict[Hashable, list[list[int]]] = {}
    for point in np.argsort(-seconds, kind="stable").tolist():
        window = sweep.spans[point] if sweep.spans is not None else None
        same = (shared[point], window, sweep.counts[point], left[point].tobytes())
        groups = alike.setdefault(same if shared[point] is not None else point, [[]])
        most = min(PIECES_PER_TASK, max(1, int(SHARING * goal / seconds[point])))
        if len(groups[-1]) >= most:
            groups.append([])
        groups[-1].append(point)
    return [group for groups in alike.values() for group in groups]


def _solved(sweep: Sweep, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many realizations blocks cost: the transfer solver carries whole lanes."""
    from qtcore.sweep.survey import survey

    in_lanes = np.array([kind.solver in LANED for kind in survey(sweep).kinds])
    return np.where(in_lanes[:, None], -(-sizes // LANES) * LANES, sizes)


def _row_bytes(sweep: Sweep) -> int:
    """Return the bytes of all variables of one realization of one point."""
    sizes = dimension_sizes(sweep)
    return sum(
        np.dtype(v.dtype).itemsize * math.prod(sizes[name] for name in v.dims)
        for v in sweep.outputs
    )


def dimension_sizes(sweep: Sweep) -> dict[str, int]:
    """Return the sizes of the dimensions behind `realization`."""
    from qtcore.sweep.survey import channels

    known = {axis.name: len(axis.values) for axis in sweep.dimensions}
    known[LENGTH] = len(sweep.lengths)
    used = dict.fromkeys(name for variable in sweep.outputs for name in variable.dims)
    open_channels = channels(sweep) if CHANNEL in used else None
    if open_channels is not None:
        known[CHANNEL] = int(open_channels.max())
    return {name: known[name] for name in used}


def _worker_bytes(sweep: Sweep, longest: int, block_bytes: int) -> int:
    """Return the memory that the largest task needs: the interpreter, results, and the solver."""
    from qtcore.sweep.survey import survey

    kinds = survey(sweep).kinds
    widest = max((kind.size for kind in kinds if kind.solver != "own"), default=0)
    # The solver keeps a dozen M × M complex matrices for each lane.
    solver = 12 * 16 * LANES * widest**2
    # Of a closed sample all states are there, and about as many matrices of their size.
    closed = [kind.size for kind in kinds if kind.solver == "closed"]
    states = 12 * 16 * (max(closed, default=0) * max(sweep.lengths, default=0)) ** 2
    return int(PYTHON_MEMORY + 3 * longest * block_bytes + max(solver, states))
