"""Tasks: runs of blocks cut into pieces of about the same duration, longest first.

A sweep may have a million of them, so they are kept as a few numbers each and become objects one by
one, when they are submitted.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

PIECES_PER_TASK = 64
"""So many points may share one task; keeps the task's message small."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive blocks of one point: what one call of the solver computes."""

    point: int
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
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


class Tasks(Sequence[Task]):
    """Tasks in a given order, made when they are asked for.

    Parameters
    ----------
    pieces : (piece, 3) int array
        Point, first block and stop block of each piece; those of a task lie side by side.
    ends : (task,) int array
        Where the pieces of each task end.
    seconds : (task,) float array
        What the cost model expects of each task.
    order : (task,) int array
        Which task comes first, second, ...
    """

    def __init__(
        self,
        pieces: NDArray[np.int32],
        ends: NDArray[np.int64],
        seconds: NDArray[np.float64],
        order: NDArray[np.int64],
    ) -> None:
        self._pieces = pieces
        self._ends = ends
        self._seconds = seconds
        self._order = order

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> Self:
        """Keep tasks that are already made, in their order."""
        pieces = [(p.point, p.first, p.stop) for task in tasks for p in task.pieces]
        return cls(
            np.array(pieces, dtype=np.int32).reshape(-1, 3),
            np.cumsum([len(task.pieces) for task in tasks], dtype=np.int64),
            np.array([task.seconds for task in tasks], dtype=np.float64),
            np.arange(len(tasks)),
        )

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Task: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Task, ...]: ...

    def __getitem__(self, index: int | slice) -> Task | tuple[Task, ...]:
        """Return a task, or several."""
        if isinstance(index, slice):
            return tuple(self[n] for n in range(*index.indices(len(self))))
        number = int(self._order[index])
        start = int(self._ends[number - 1]) if number else 0
        rows = self._pieces[start : int(self._ends[number])].tolist()
        return Task(tuple(Piece(*row) for row in rows), float(self._seconds[number]))

    def __iter__(self) -> Iterator[Task]:
        return (self[n] for n in range(len(self)))

    @property
    def total_seconds(self) -> float:
        """Expected seconds of all tasks together."""
        return float(self._seconds.sum())

    @property
    def longest_piece(self) -> int:
        """Blocks of the longest piece; 0 if there is none."""
        return int((self._pieces[:, 2] - self._pieces[:, 1]).max(initial=0))


def cut(
    left: NDArray[np.bool_],
    block_seconds: NDArray[np.float64],
    goal: float,
    families: Iterable[Sequence[int]] | None = None,
    partial: NDArray[np.bool_] | None = None,
    longest: int | None = None,
) -> Tasks:
    """Cut blocks into tasks of about `goal` seconds, longest first.

    Cheap points share a task, heavy blocks stand alone.

    Parameters
    ----------
    left : (point, block) bool array
        Blocks to compute.
    block_seconds : (point, block) array
        What each is expected to take.
    goal : float
        Seconds of a task.
    families : iterable of sequences of int, optional
        All points, heaviest first, those side by side whose blocks shall share tasks; the points
        of one must have the same blocks left.
    partial : (point, block) bool array, optional
        Blocks of which a part is there: a piece begins with each of them.
    longest : int, optional
        Blocks of one piece at most, since a worker holds the results of a whole piece.
    """
    begins = np.zeros_like(left) if partial is None else partial
    if families is None:
        order = np.argsort(-block_seconds[:, 0], kind="stable")
        families = ((point,) for point in order.tolist())
    numbers, ends, seconds = array("i"), array("q"), array("d")
    count, filled = 0, 0.0
    for points in families:
        lone = len(points) == 1
        together = block_seconds[points[0]] if lone else block_seconds[[*points]].sum(axis=0)
        for first, stop, expected in _runs(
            left[points[0]], begins[points[0]], together, goal, longest or left.shape[1]
        ):
            full = filled + expected > 1.25 * goal or count + len(points) > PIECES_PER_TASK
            if count and full:
                ends.append(len(numbers) // 3)
                seconds.append(filled)
                count, filled = 0, 0.0
            for point in points:
                numbers.extend((point, first, stop))
            count += len(points)
            filled += expected
    if count:
        ends.append(len(numbers) // 3)
        seconds.append(filled)
    expected_seconds = np.array(seconds, dtype=np.float64)
    return Tasks(
        np.array(numbers, dtype=np.int32).reshape(-1, 3),
        np.array(ends, dtype=np.int64),
        expected_seconds,
        np.argsort(-expected_seconds, kind="stable"),
    )


def _runs(
    left: NDArray[np.bool_],
    begins: NDArray[np.bool_],
    block_seconds: NDArray[np.float64],
    goal: float,
    longest: int,
) -> Iterator[tuple[int, int, float]]:
    """Yield runs of consecutive blocks of one point, each of about `goal` seconds, or shorter."""
    fresh = begins.tolist()
    seconds = block_seconds.tolist()
    first: int | None = None
    filled = 0.0
    for number, wanted in enumerate([*left.tolist(), False]):
        full = first is not None and (
            not wanted
            or fresh[number]
            or filled + seconds[number] > goal
            or number - first >= longest
        )
        if first is not None and full:
            yield first, number, filled
            first = None
        if wanted:
            if first is None:
                first, filled = number, 0.0
            filled += seconds[number]
