"""How wave packets spread along the samples of an ensemble, which end at x = 0 and behind the last slice.

A packet that comes near an end is an error, told with the time: its spread would be that of the
sample. The parts of a sample near its ends are watched in steps of time that no part of a packet
can cross unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.checks import positive_number
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import refuse_what_is_not_finite
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.evolution import (
    ARRAYS,
    advanced,
    checked_states,
    checked_times,
)
from qtcore.solve.side_by_side import Batch, batches
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
    for batch in batches(ensemble, start):
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
        self, batch: Batch, psi: NDArray[np.complex128], now: float, time: float
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
