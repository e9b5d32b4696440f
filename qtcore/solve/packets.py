"""How wave packets spread along the samples of an ensemble, which end at x = 0 and behind the last slice.

A packet that comes near an end is an error, told with the time: its spread would be that of the
sample. The parts of a sample near its ends are watched in steps of time that no part of a packet
can cross unseen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.checks import positive_number
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import refuse_what_is_not_finite
from qtcore.solve.chebyshev import Interval, Recursion, safe_bounds
from qtcore.solve.closed_ensemble import ClosedEnsemble, LaneSample
from qtcore.solve.closed_frame import Frame
from qtcore.solve.evolution import (
    ARRAYS,
    advanced,
    checked_states,
    checked_times,
    states_at_once,
)
from qtcore.solve.velocity import velocity
from qtcore.solve.waves import positions
from qtcore.threads import one_thread

_WATCHED = 16
"""A sample's first and last slices that are watched are this part of it."""


@dataclass(frozen=True, eq=False, repr=False)
class PacketSpread(ShownFields):
    """How wave packets move and spread.

    Attributes
    ----------
    times : (time,) float array
        Units of hbar / t.
    mean, variance : (realization, state, time) float arrays
        <x> and <x²> - <x>², lattice constants and their squares.
    returned : (realization, state, time) float array
        Probability |<psi(0)|psi(t)>|² to find the initial state.
    norm_error : float
        By how much the norm of any state has changed at most, relative to it.
    """

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    returned: NDArray[np.float64]
    norm_error: float


class _Batch(NamedTuple):
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


@one_thread
def packet_spread(
    wire: Wire,
    states: Any,
    times: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    end_weight: float = 1e-6,
    bounds: tuple[float, float] | None = None,
) -> PacketSpread:
    """Return how wave packets spread along closed samples that end at both sides.

    Parameters
    ----------
    wire : Wire
        The wire.
    states : (D,) or (D, state) array
        At time 0, the same for all realizations; from `wave_packet`, say. What lies on vacancies
        and walls (on-site energies beyond 2^15 times the couplings) is cut off. Fewer than four
        states go side by side with other realizations, more of them with each other.
    times : sequence of float
        Increasing, >= 0, units of hbar / t.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble.
    end_weight : float
        Probability that a packet may have on the first and the last sixteenth of a sample, > 0.
    bounds : (float, float), optional
        As in `bulk_density_ensemble`.

    Raises
    ------
    InputError
        If an argument is wrong, a packet lies at the ends from the beginning, a level lies outside
        the bounds, or the memory does not suffice.
    QtcoreError
        If a packet comes to the ends, with the time.
    """
    asked = checked_times(times)
    limit = positive_number("end_weight", end_weight, "a probability")
    ensemble = ClosedEnsemble(wire, length, realizations, seed, False, bounds)
    start = checked_states(states, ensemble.size)
    start = start / np.linalg.norm(start, axis=0)
    ensemble.refuse_more_than_memory(
        2 * ARRAYS, f"{start.shape[1]} states", start.nbytes + 8 * 2 * ensemble.size * 8
    )
    ends = _Ends(ensemble, limit)
    if ends.weight(start).max() > limit:
        raise InputError(
            f"a packet has {ends.weight(start).max():.2g} of its weight on the first or last "
            f"{ends.slices} slices at t = 0; take a longer sample (now {ensemble.length} slices) or put it "
            "into the middle"
        )
    shape = (len(ensemble.ensemble.realizations), start.shape[1], len(asked))
    mean, variance, returned = (np.empty(shape) for _ in range(3))
    worst = 0.0
    for batch in _batches(ensemble, start):
        asked_for = batch.rows >= 0
        place = batch.rows[asked_for], batch.columns[asked_for]
        psi, now = batch.states, 0.0
        for k, time in enumerate(asked):
            psi = ends.advanced(batch, psi, now, time)
            now = time
            weights = psi.real**2 + psi.imag**2
            norm, first, second = (
                (weights * power[:, None]).sum(axis=0)[asked_for] for power in ends.powers
            )
            mean[*place, k] = ends.middle + first / norm
            variance[*place, k] = second / norm - (first / norm) ** 2
            overlap = np.einsum("ds,ds->s", batch.states.conj(), psi)[asked_for]
            returned[*place, k] = np.abs(overlap) ** 2
            worst = max(worst, float(np.abs(norm - 1).max(initial=0.0)))
    refuse_what_is_not_finite("means and variances", mean, variance, returned)
    return PacketSpread(np.array(asked), mean, variance, returned, worst)


class _Ends:
    """The first and last slices of a sample, and how far a packet comes in a step of time."""

    def __init__(self, ensemble: ClosedEnsemble, limit: float) -> None:
        self._limit, self._numbers = limit, ensemble.ensemble.realizations
        self.slices = max(1, ensemble.length // _WATCHED)
        x = positions(ensemble.wire, ensemble.length)[:, 0]
        # Counted from the middle, so that no digits are lost in the variance.
        self.middle = float(x.mean())
        self.powers = np.ones_like(x), x - self.middle, (x - self.middle) ** 2
        components = ensemble.size // ensemble.length
        n = np.arange(ensemble.size) // components
        self._near = (n < self.slices) | (n >= ensemble.length - self.slices)
        hopping = ensemble.hopping_of(self._numbers[0])
        H = ensemble.wire_frame.matrix(hopping)
        speed = abs(velocity(ensemble.wire, H, ensemble.length, False, 0)).sum(axis=1).max()
        across = self.slices * ensemble.wire.lattice.period
        self._step = across / float(speed) if speed > 0 else np.inf

    def weight(self, psi: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Return the probability on these slices, (state,)."""
        return np.asarray((np.abs(psi[self._near]) ** 2).sum(axis=0))

    def advanced(
        self, batch: _Batch, psi: NDArray[np.complex128], now: float, time: float
    ) -> NDArray[np.complex128]:
        """Return the states at a later time, or raise QtcoreError if one comes to the ends."""
        steps = max(1, int(np.ceil((time - now) / self._step)))
        for k in range(steps if time > now else 0):
            psi = advanced(batch.recursion, batch.planes, psi, (time - now) / steps)
            here = self.weight(psi) * (batch.rows >= 0)
            if not here.max() <= self._limit:
                worst = int(here.argmax())
                before, after = (now + (time - now) * part / steps for part in (k, k + 1))
                raise QtcoreError(
                    f"a packet of realization {self._numbers[batch.rows[worst]]} reaches the ends of the "
                    f"sample between t = {before:.4g} and {after:.4g}: a probability of "
                    f"{here[worst]:.2g} lies on its first and last {self.slices} slices; take times up "
                    f"to {before:.4g}, or a longer sample"
                )
        return psi


def _batches(ensemble: ClosedEnsemble, states: NDArray[np.complex128]) -> Iterator[_Batch]:
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
            yield _Batch(rows, columns, recursion, shared.planes, states[:, columns])


def _of_sample(sample: LaneSample, row: int, states: NDArray[np.complex128]) -> Iterator[_Batch]:
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
        yield _Batch(rows, columns, recursion, sample.frame.planes, left[:, columns])


def _of_group(ensemble: ClosedEnsemble, frame: Frame, samples: list[LaneSample]) -> Recursion:
    """Return the recursion of samples side by side, in a real H each in two lanes."""
    onsite = np.stack([sample.onsite for sample in samples], axis=1)
    interval = Interval.around(*safe_bounds(frame, onsite))
    if ensemble.bounds is not None:
        for sample in samples:
            interval = sample.interval
    lanes = np.hstack([onsite, onsite]) if frame.planes == 1 else onsite
    return Recursion(frame, lanes, interval)
