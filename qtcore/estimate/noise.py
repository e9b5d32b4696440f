"""Current and noise at a temperature and a bias, from transmission eigenvalues stored at many energies.

Without interactions electrons of different energies do not know of each other: current and noise at zero
frequency are sums over energies, also where the T_n change within the bias window. Between stored
energies sum T, sum T² and sum T (1 - T) are taken as straight.

Khlus, Sov. Phys. JETP 66, 1243 (1987); Lesovik, JETP Lett. 49, 592 (1989); Büttiker, PRB 46, 12485 (1992).
"""

from itertools import pairwise
from typing import overload

import numpy as np

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.thermal import (
    TAILS,
    checked_energies,
    refuse_missing,
    refuse_temperature,
    smearing_weights,
)

_NODES = 8
"""Of Gauss and Legendre for each piece, at most 2 kT long: exact to rounding. A straight piece takes one."""


def window_weights(energies: Array, mu: float, bias: float, kT: float) -> Array:
    """Return w with ∫ g(E) (f_L - f_R) dE = w @ g(energies), (energy,), units of t.

    With g = sum T this is the current in units of e t / h per spin.

    Parameters
    ----------
    energies : (energy,) float array
        Stored energies, increasing, units of t.
    mu : float
        Chemical potential, units of t; those of the leads are mu ± bias / 2.
    bias, kT : float
        eV >= 0 and kT >= 0, units of t.

    Raises
    ------
    InputError
        If temperature or bias is negative or no number, or the stored energies do not reach 8 kT beyond
        the potentials of both leads. The message says which are missing.
    """
    energies = refuse_short_window(energies, mu, bias, kT)
    if bias == 0:
        return np.zeros(len(energies))
    # f_L - f_R is the sum of -f' over all potentials in the window.
    low, high = mu - bias / 2, mu + bias / 2
    inside = energies[(energies > low) & (energies < high)]
    nodes, shares = np.polynomial.legendre.leggauss(_NODES if kT else 1)
    total = np.zeros(len(energies))
    for a, b in pairwise([low, *inside, high]):
        count = 1 if kT == 0 else int(np.ceil((b - a) / (2 * kT)))
        for c, d in pairwise(np.linspace(a, b, count + 1)):
            for node, share in zip(nodes, shares, strict=True):
                place = (c + d) / 2 + node * (d - c) / 2
                total += share * (d - c) / 2 * smearing_weights(energies, place, kT)
    return total


def noise_weights(energies: Array, mu: float, bias: float, kT: float) -> tuple[Array, Array]:
    """Return (a, b) with S = a @ sum T² + b @ sum T (1 - T), the noise at zero frequency, each (energy,).

    S = 2 ∫ {sum T² [f_L (1 - f_L) + f_R (1 - f_R)] + sum T (1 - T) [f_L (1 - f_R) + f_R (1 - f_L)]} dE in
    the convention S = 2 e I F, in units of (e²/h) t per spin. Parameters and errors raised as in
    `window_weights`.
    """
    energies = refuse_short_window(energies, mu, bias, kT)
    potentials = (mu - bias / 2, mu + bias / 2)
    thermal = 2 * kT * sum(smearing_weights(energies, one, kT) for one in potentials)
    if bias == 0:
        return np.asarray(thermal), np.asarray(thermal)
    # f_L (1 - f_R) + f_R (1 - f_L) = coth(eV / 2kT) (f_L - f_R)
    coth = 1.0 if kT == 0 else 1 / np.tanh(bias / (2 * kT))
    return np.asarray(thermal), 2 * coth * window_weights(energies, mu, bias, kT)


@overload
def noise(
    squares: Estimate, parts: Estimate, energies: Array, mu: float, bias: float, kT: float
) -> Estimate: ...
@overload
def noise(
    squares: Array, parts: Array, energies: Array, mu: float, bias: float, kT: float
) -> Array: ...
def noise(
    squares: Array | Estimate,
    parts: Array | Estimate,
    energies: Array,
    mu: float,
    bias: float,
    kT: float,
) -> Array | Estimate:
    """Return the noise at zero frequency, (...), units of (e²/h) t per spin.

    Parameters
    ----------
    squares, parts : (..., energy) Estimate or float array
        sum T² and sum T (1 - T); parts without bias and temperature have no noise.
    energies, mu, bias, kT
        As in `window_weights`, which says what is refused.
    """
    thermal, shot = noise_weights(energies, mu, bias, kT)
    return squares @ thermal + parts @ shot


@overload
def fano_of_window(
    g: Estimate, parts: Estimate, energies: Array, mu: float, bias: float
) -> Estimate: ...
@overload
def fano_of_window(g: Array, parts: Array, energies: Array, mu: float, bias: float) -> Array: ...
def fano_of_window(
    g: Array | Estimate, parts: Array | Estimate, energies: Array, mu: float, bias: float
) -> Array | Estimate:
    """Return F = S / 2eI at zero temperature, (...), from g = sum T and parts = sum T (1 - T), (..., energy).

    Raises
    ------
    InputError
        If the bias is zero: no current flows then, and F has no value; and as `window_weights`.
    """
    refuse_no_bias(bias)
    weights = window_weights(energies, mu, bias, 0.0)
    return (parts @ weights) / (g @ weights)


def refuse_no_bias(bias: float) -> None:
    """Raise InputError unless a bias lets a current flow, of which a Fano factor is the noise."""
    if not (np.isfinite(bias) and bias > 0):
        raise InputError(
            f"a Fano factor is noise over current, and needs a bias > 0 (eV in units of t), got {bias:g}; "
            "without bias only thermal noise is left, 4 kT g"
        )


def refuse_negative_bias(bias: float) -> None:
    """Raise InputError unless a bias is a finite number >= 0."""
    if not (np.isfinite(bias) and bias >= 0):
        raise InputError(f"the bias must be >= 0 (eV in units of t), got {bias:g}")


def refuse_short_window(energies: Array, mu: float, bias: float, kT: float) -> Array:
    """Return the energies, or raise InputError as `window_weights` does."""
    refuse_temperature(kT)
    refuse_negative_bias(bias)
    known = checked_energies(energies)
    reach = bias / 2 + TAILS * kT
    refuse_missing(known, mu - reach, mu + reach, f"eV = {bias:g}, kT = {kT:g} at mu = {mu:g}")
    return known
