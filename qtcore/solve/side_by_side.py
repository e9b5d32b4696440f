"""States of an ensemble of closed samples, arranged such that several go side by side through one recursion."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.chebyshev import Interval, Recursion, safe_bounds
from qtcore.solve.closed_ensemble import ClosedEnsemble, LaneSample
from qtcore.solve.closed_frame import Frame
from qtcore.solve.evolution import states_at_once


class Batch(NamedTuple):
    """States that go side by side.

    Attributes
    ----------
    rows, columns : (n,) int arrays
        Realization (of those asked for) and state of each; -1 for a realization nobody asked for.
    recursion, planes
        As in `advanced`.
    states : (D, n) complex array
        At time 0.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    recursion: Recursion
    planes: int
    states: NDArray[np.complex128]


def batches(ensemble: ClosedEnsemble, states: NDArray[np.complex128]) -> Iterator[Batch]:
    """Yield what goes side by side: many states of one realization, or one of several ones."""
    asked = ensemble.ensemble.realizations
    shared = None if ensemble.wire.random_hopping else ensemble.frame_of(None)
    if shared is None or states.shape[1] >= states_at_once(shared):
        for row, sample in enumerate(ensemble):
            yield from _of_sample(sample, row, states)
        return
    together = states_at_once(shared)
    row_of = {number: row for row, number in enumerate(asked)}
    # A group is computed whole, so that its bits do not depend on what else is asked for.
    for group in sorted({number // together for number in asked}):
        numbers = range(group * together, (group + 1) * together)
        values = ensemble.onsite(numbers)
        samples = [
            LaneSample(ensemble, number, np.ascontiguousarray(values[:, k]))
            for k, number in enumerate(numbers)
        ]
        if any(sample.absent is not None for sample in samples):
            # Each has its own bonds.
            for sample in samples:
                if sample.realization in row_of:
                    yield from _of_sample(sample, row_of[sample.realization], states)
            continue
        recursion = _of_group(ensemble, shared, samples)
        rows = np.array([row_of.get(number, -1) for number in numbers])
        for column in range(states.shape[1]):
            columns = np.full(together, column)
            yield Batch(rows, columns, recursion, shared.planes, states[:, columns])


def _of_sample(sample: LaneSample, row: int, states: NDArray[np.complex128]) -> Iterator[Batch]:
    """Yield the states of one realization, without their part on absent sites."""
    left = sample.cut(states)
    norms = np.linalg.norm(left, axis=0)
    if not norms.all():
        raise QtcoreError(
            f"realization {sample.realization} has nothing but absent sites where a state lies"
        )
    left, together, recursion = left / norms, states_at_once(sample.frame), sample.recursion
    for first in range(0, states.shape[1], together):
        columns = np.arange(first, min(states.shape[1], first + together))
        rows = np.full(len(columns), row)
        yield Batch(rows, columns, recursion, sample.frame.planes, left[:, columns])


def _of_group(ensemble: ClosedEnsemble, frame: Frame, samples: list[LaneSample]) -> Recursion:
    """Return the recursion of samples side by side, in a real H each in two lanes."""
    onsite = np.stack([sample.onsite for sample in samples], axis=1)
    interval = Interval.around(*safe_bounds(frame, onsite))
    if ensemble.bounds is not None:
        for sample in samples:
            interval = sample.interval
    lanes = np.hstack([onsite, onsite]) if frame.planes == 1 else onsite
    return Recursion(frame, lanes, interval)
