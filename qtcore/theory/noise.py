"""Shot noise and excess noise of stored transmission eigenvalues.

Symmetrized noise power per spin in the convention S = 2 e I F, in units of (e²/h) t where energies
are in t. Khlus, Sov. Phys. JETP 66, 1243 (1987); Lesovik, JETP Lett. 49, 592 (1989); Büttiker, PRL
65, 2901 (1990); Blanter and Büttiker, Phys. Rep. 336, 1 (2000). They hold as long as the T_n do not
change over max(eV, ħω, kT).
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]


def partition(T: Array) -> Array:
    """Return sum_n T_n (1 - T_n), (...), of eigenvalues (..., channel).

    NaN channels, closed ones or T_n too small to be known, count nothing; a sample that is missing,
    with NaN in all of them, has NaN.
    """
    return _summed(T * (1 - T))


def fano_factor(T: Array) -> float:
    """Return F = <sum T (1 - T)> / <sum T> of an ensemble, (realization, channel), missing ones left out."""
    return float(np.nansum(partition(T)) / np.nansum(T))


def _summed(terms: Array) -> Array:
    there = ~np.isnan(terms).all(axis=-1)
    return np.asarray(np.where(there, np.nansum(terms, axis=-1), np.nan))


def _thermal(x: Array, kT: float) -> Array:
    """Return x coth(x / 2kT): |x| for kT = 0, 2 kT for x = 0."""
    x = np.asarray(x, dtype=np.float64)
    if kT == 0:
        return np.abs(x)
    y = x / (2 * kT)
    small = np.abs(y) < 1e-4
    safe = np.where(small, 1.0, y)
    return np.asarray(2 * kT * np.where(small, 1 + y**2 / 3, safe / np.tanh(safe)))


def noise_power(T: Array, bias: float, kT: float = 0.0, frequency: float = 0.0) -> Array:
    """Return the symmetrized noise power S(V, T, omega), (...), units (e²/h) t per spin.

    S = 2 ħω coth(ħω/2kT) sum T² + sum T(1-T) sum_± (ħω ± eV) coth((ħω ± eV)/2kT): at omega = 0 the
    formula of Khlus and Lesovik, at V = 0 the Johnson–Nyquist noise 4 kT g.

    Parameters
    ----------
    T : (..., channel) float array
        Transmission eigenvalues; NaN where a sample has fewer channels, where T_n is too small to be
        known (both count nothing), or in all channels of a sample that is missing (it stays NaN).
    bias, kT, frequency : float
        eV, kT >= 0 and ħω, units of t.

    Raises
    ------
    InputError
        If the temperature is negative.
    """
    if not (np.isfinite(kT) and kT >= 0):
        raise InputError(f"temperature must be >= 0 (kT in units of t), got {kT!r}")
    coherent = 2 * _thermal(np.asarray(frequency), kT) * _summed(T**2)
    shifted = _thermal(np.asarray(frequency + bias), kT) + _thermal(
        np.asarray(frequency - bias), kT
    )
    return np.asarray(coherent + shifted * partition(T))


def excess_noise(T: Array, bias: float, kT: float = 0.0, frequency: float = 0.0) -> Array:
    """Return S(V) - S(0), (...): what the current adds. At kT = 0 it ends at ħω = eV."""
    return noise_power(T, bias, kT, frequency) - noise_power(T, 0.0, kT, frequency)
