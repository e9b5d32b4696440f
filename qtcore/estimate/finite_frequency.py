"""Noise at a frequency, from scattering matrices stored at many energies.

Büttiker, PRB 46, 12485 (1992); Blanter and Büttiker, Phys. Rep. 336, 1 (2000). Electrons at E and E + ħω meet, so that phases of r and t count
and not only the T_n. Currents of displacement are left out.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array
from qtcore.estimate.noise import refuse_negative_bias, refuse_short_window
from qtcore.estimate.thermal import fermi

Amplitudes = NDArray[np.complex128]


def noise_spectrum(
    r: Amplitudes,
    t: Amplitudes,
    energies: Array,
    mu: float,
    bias: float,
    kT: float,
    frequencies: ArrayLike,
) -> Array:
    """Return the symmetrized noise S(V, T, omega) of the current in the left lead, (realization, frequency).

    S = sum over leads a, b of ∫ |A_ab(E, E + ħω)|² {f_a(E) [1 - f_b(E + ħω)] + [1 - f_a(E)] f_b(E + ħω)} dE with A_ab = delta_aL delta_bL -
    s_La^+(E) s_Lb(E + ħω), in units of (e²/h) t per spin: 4 kT g without bias, 2 e I F at omega = 0 and T = 0.

    Parameters
    ----------
    r, t : (realization, energy, N, N) complex arrays
        Reflection back into the left lead, and transmission into it.
    energies : (energy,) float array
        Increasing by equal steps, units of t; at a temperature steps are at most kT.
    mu : float
        Chemical potential, units of t; those of the leads are mu ± bias / 2, at stored energies if kT = 0.
    bias, kT : float
        eV >= 0 and kT >= 0, units of t.
    frequencies : (frequency,) sequence of float
        ħω >= 0, multiples of the step, units of t.

    Raises
    ------
    InputError
        If temperature, bias or frequencies are no such numbers, or energies are missing: the message says which.
    """
    steps = frequency_steps(energies, mu, bias, kT, frequencies)
    E, d = np.asarray(energies), float(energies[1] - energies[0])
    potentials, one = (mu + bias / 2, mu - bias / 2), np.eye(r.shape[-1])
    left = (r, t)
    found = np.zeros((len(r), len(steps)))
    for column, k in enumerate(steps):
        low, high = slice(0, len(E) - k), slice(k, len(E))
        for a, s in enumerate(left):
            for b, other in enumerate(left):
                A = -np.swapaxes(s[:, low].conj(), -1, -2) @ other[:, high]
                if a == b == 0:
                    A = A + one
                weights = _exchange(E[low], d, k * d, potentials[a], potentials[b], kT)
                found[:, column] += (np.abs(A) ** 2).sum(axis=(-1, -2)) @ weights
    return found


def _exchange(E: Array, step: float, omega: float, mu: float, other: float, kT: float) -> Array:
    """Return weights of f(E) [1 - f'(E + ħω)] + [1 - f(E)] f'(E + ħω) in an integral over E."""
    if kT == 0:
        return _between(E, step, other - omega, mu) + _between(E, step, mu, other - omega)
    here, there = fermi(E, mu, kT), fermi(E, other - omega, kT)
    return np.asarray(step * (here * (1 - there) + (1 - here) * there))


def _between(E: Array, step: float, low: float, high: float) -> Array:
    """Return the weights of the trapezoidal rule from low to high, none if high <= low."""
    if high - low < step / 2:
        return np.zeros(len(E))
    inside = (low - step / 4 < E) & (high + step / 4 > E)
    at_end = (np.abs(E - low) < step / 4) | (np.abs(E - high) < step / 4)
    return np.asarray(step * np.where(inside, np.where(at_end, 0.5, 1.0), 0.0))


def frequency_steps(
    energies: Array, mu: float, bias: float, kT: float, frequencies: ArrayLike
) -> list[int]:
    """Return frequencies in steps of the stored energies, or raise InputError as `noise_spectrum` does."""
    omega = np.atleast_1d(np.asarray(frequencies, dtype=np.float64))
    if not (np.isfinite(omega).all() and (omega >= 0).all()):
        raise InputError(f"frequencies must be >= 0 (ħω in units of t), got {omega.tolist()}")
    refuse_negative_bias(bias)
    # Electrons at E exchange with those at E + ħω on both sides of the window.
    E = refuse_short_window(energies, mu, bias + 2 * float(omega.max()), kT)
    d = float(E[1] - E[0])
    if not np.allclose(np.diff(E), d, rtol=1e-6, atol=0) or (0 < kT < 0.99 * d):
        raise InputError(
            f"noise at a frequency needs energies in equal steps, at most kT = {kT:g} if that is not 0; got steps from "
            f"{np.diff(E).min():g} to {np.diff(E).max():g} t"
        )
    places = {"ħω": omega} | (
        {} if kT else {"mu ± eV/2": (mu - E[0] + np.array([-1, 1]) * bias / 2)}
    )
    for name, values in places.items():
        off = np.abs(values / d - np.rint(values / d)) > 1e-3
        if off.any():
            raise InputError(
                f"{name} must lie at whole steps of the stored energies ({d:g} t), got {values[off].tolist()}"
            )
    return [int(k) for k in np.rint(omega / d)]
