"""Amplitudes <psi|exp(-iHt)|psi> with which states survive, at all times of one expansion.

The moments <psi|T_n(H)|psi> do not depend on the time: a time adds weights to them, no products with H. A
filter of the energy is a part of the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from qtcore.errors import InputError, QtcoreError
from qtcore.model.checks import finite_number, positive_number
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.chebyshev import Interval
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.evolution import checked_states, checked_times
from qtcore.solve.state_moments import moments_of_states
from qtcore.threads import one_thread

_NEGLIGIBLE = 1e-14
"""Part of the largest weight below which a weight is left out."""

_BEYOND = 9.0
"""Standard deviations of a filter beyond which it lets nothing through."""


@dataclass(frozen=True, eq=False, repr=False)
class Survival(ShownFields):
    """With which amplitude states are found again.

    Attributes
    ----------
    times : (time,) float array
        Units of hbar / t.
    amplitude : (realization, state, time) complex array
        <psi|f(H) exp(-iHt)|psi>, with the filter f of the energy, 1 without one.
    weight : (realization, state) float array
        <psi|f(H)²|psi>, the norm of the filtered state: 1 for a normalised one without a filter. The probability
        to find the filtered state f|psi> in |psi> is |amplitude|² / weight.
    """

    times: NDArray[np.float64]
    amplitude: NDArray[np.complex128]
    weight: NDArray[np.float64]

    @property
    def probability(self) -> NDArray[np.float64]:
        """|amplitude|², (realization, state, time)."""
        return np.asarray(self.amplitude.real**2 + self.amplitude.imag**2)


@one_thread
def survival_amplitude(
    wire: Wire,
    states: Any,
    times: Sequence[float],
    length: int,
    realizations: Sequence[int],
    seed: int,
    energy: float | None = None,
    energy_width: float | None = None,
    periodic: bool = True,
) -> Survival:
    """Return <psi|f(H) exp(-iHt)|psi> of states of an ensemble of closed samples.

    Eight real states go side by side where H is real (a complex one counts twice), and eight complex
    ones otherwise. All times together take (half bandwidth) x (longest time) / 2 products with H.

    Parameters
    ----------
    wire : Wire
        The wire.
    states : (D,) or (D, state) array
        The same for all realizations, such as single sites or plane waves; they are normalised here. What
        lies on vacancies and walls (on-site energies beyond 2^15 times the couplings) is cut off.
    times : sequence of float
        Increasing, >= 0, units of hbar / t.
    length : int
        Slices.
    realizations : sequence of int
        Numbers of the samples, each once.
    seed : int
        Seed of the ensemble.
    energy, energy_width : float, optional
        Both or none: the filter f(E) = exp(-(E - energy)² / (4 energy_width²)), so that the energies of f|psi>
        have the standard deviation `energy_width` in a band of constant density; units of t.
    periodic : bool
        Couple the last slice to the first (needs at least three slices).

    Raises
    ------
    InputError
        If an argument is wrong, the filter lies outside the spectrum of a sample, or the memory does not suffice.
    QtcoreError
        If the polynomials show that a spectrum is wider than its bounds.
    """
    asked = np.array(checked_times(times))
    window = _checked_filter(energy, energy_width)
    ensemble = ClosedEnsemble(wire, length, realizations, seed, periodic)
    start = checked_states(states, ensemble.size)
    start = start / np.linalg.norm(start, axis=0)
    if not start.imag.any():
        start = start.real
    shape = (len(ensemble.ensemble.realizations), start.shape[1])
    ensemble.refuse_more_than_memory(4, f"{shape[1]} states", 2 * start.nbytes)
    amplitude, weight = np.empty((*shape, len(asked)), dtype=np.complex128), np.empty(shape)
    for row, sample in enumerate(ensemble):
        recursion = sample.recursion
        weights = _weights(recursion.interval, asked, window)
        moments = moments_of_states(sample, recursion, start, max(2, weights.shape[1]))
        found = weights @ moments[: weights.shape[1]]
        amplitude[row], weight[row] = found[:-1].T, found[-1].real
        if not (weight[row] > 0).all():
            raise QtcoreError(
                f"a state of realization {sample.realization} has no weight at these energies; take a wider filter, or "
                "states that lie on sites that are there"
            )
    return Survival(asked, amplitude, weight)


def _checked_filter(energy: Any, width: Any) -> tuple[float, float] | None:
    """Return the middle and the width of a filter, or None."""
    if energy is None and width is None:
        return None
    if energy is None or width is None:
        raise InputError(
            "a filter has an energy and an energy_width (units of t); give both of them, or none"
        )
    middle = finite_number("energy", energy, "units of t")
    return middle, positive_number("energy_width", width, "units of t")


def _weights(
    interval: Interval, times: NDArray[np.float64], window: tuple[float, float] | None
) -> NDArray[np.complex128]:
    """Return the weights of T_n, (time + 1, n): f exp(-iHt) at the times, and f² in the last row."""
    highest = interval.half * float(times[-1])
    if window is not None:
        middle, width = window
        if not abs(middle - interval.center) < interval.half:
            low, high = interval.center - interval.half, interval.center + interval.half
            raise InputError(
                f"the energy {middle:g} t of the filter lies outside the spectrum, which is somewhere in "
                f"{low:.4g} .. {high:.4g} t; take an energy inside"
            )
        highest += _BEYOND * interval.half / width
    # Twice as many nodes as polynomials matter: what lies beyond is below rounding errors.
    count = 2 ** int(np.ceil(np.log2(2 * (highest + 20 * highest ** (1 / 3) + 60))))
    y = np.cos((np.arange(count) + 0.5) * np.pi / count)
    E = interval.center + interval.half * y
    f = np.ones(count) if window is None else np.exp(-(((E - window[0]) / (2 * window[1])) ** 2))
    values = np.vstack([f * np.exp(-1j * times[:, None] * E), f**2])
    found = (dct(values.real, axis=1) + 1j * dct(values.imag, axis=1)) / count
    found[:, 0] /= 2
    largest = np.abs(found).max(axis=0)
    kept = int(np.flatnonzero(largest > _NEGLIGIBLE * largest.max())[-1]) + 1
    return np.asarray(found[:, :kept])
