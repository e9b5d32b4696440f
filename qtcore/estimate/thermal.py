"""Temperature and bias, from conductances stored at many energies.

Without interactions a current is a sum over energies: G(mu, T) = ∫ g(E) (-df/dE) dE. One stored
g(E) therefore serves any number of temperatures and voltages. Between stored energies g is taken
as straight, and the integral over each straight piece is exact, however small kT is.

Landauer, Philos. Mag. 21, 863 (1970); Bagwell and Orlando, PRB 40, 1456 (1989); for the bias
Glazman and Khaetskii, JETP Lett. 48, 591 (1988), half of the voltage falling on each side.
"""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate

TAILS = 8.0
"""Stored energies must reach this many kT beyond mu: what is cut off is exp(-8) = 3e-4."""


def fermi(energy: Array, mu: float, kT: float) -> Array:
    """Return the occupation 1 / (exp((E - mu) / kT) + 1), overflow-free; a step for kT = 0."""
    if kT == 0:
        return np.where(energy < mu, 1.0, np.where(energy > mu, 0.0, 0.5))
    return np.asarray(0.5 * (1 - np.tanh((energy - mu) / (2 * kT))))


def smearing_weights(energies: Array, mu: float, kT: float) -> Array:
    """Return w with G(mu, T) = w @ g(energies), (energy,).

    Parameters
    ----------
    energies : (energy,) float array
        Stored energies, increasing, units of t.
    mu : float
        Chemical potential, units of t.
    kT : float
        Temperature times Boltzmann's constant, >= 0, units of t.

    Raises
    ------
    InputError
        If the temperature is negative, or the stored energies do not reach 8 kT beyond mu.
    """
    energies = checked_energies(energies)
    refuse_temperature(kT)
    refuse_missing(energies, mu - TAILS * kT, mu + TAILS * kT, f"mu = {mu:g}, kT = {kT:g}")
    step = np.diff(energies)
    if kT == 0:
        cell = min(max(int(np.searchsorted(energies, mu)) - 1, 0), len(step) - 1)
        share = (mu - energies[cell]) / step[cell]
        weights = np.zeros(len(energies))
        weights[cell], weights[cell + 1] = 1 - share, share
        return weights
    occupied = fermi(energies, mu, kT)
    # By parts: each straight piece gives [g f] at its ends plus its slope times ∫ f dE.
    filled = -kT * np.logaddexp(0.0, (mu - energies) / kT)
    slope = np.diff(filled) / step
    weights = np.zeros(len(energies))
    weights[:-1] += occupied[:-1] - slope
    weights[1:] += slope - occupied[1:]
    return np.asarray(weights / weights.sum())


@overload
def thermal_conductance(g: Estimate, energies: Array, mu: ArrayLike, kT: float) -> Estimate: ...
@overload
def thermal_conductance(g: Array, energies: Array, mu: ArrayLike, kT: float) -> Array: ...
def thermal_conductance(
    g: Array | Estimate, energies: Array, mu: ArrayLike, kT: float
) -> Array | Estimate:
    """Return G(mu, T), (..., mu), from g(E), (..., energy); parameters as in `smearing_weights`.

    "Thermal" as in thermally smeared; it is the electrical conductance, in the unit of g. That of an
    `Estimate` is one, with the errors that follow from those at all energies.
    """
    weights = np.stack([smearing_weights(energies, float(one), kT) for one in np.atleast_1d(mu)])
    return g @ weights.T if isinstance(g, Estimate) else np.asarray(np.asarray(g) @ weights.T)


@overload
def differential_conductance(
    g: Estimate, energies: Array, mu: ArrayLike, bias: float, kT: float = 0.0
) -> Estimate: ...
@overload
def differential_conductance(
    g: Array, energies: Array, mu: ArrayLike, bias: float, kT: float = 0.0
) -> Array: ...
def differential_conductance(
    g: Array | Estimate, energies: Array, mu: ArrayLike, bias: float, kT: float = 0.0
) -> Array | Estimate:
    """Return dI/dV at a bias, (..., mu): [G(mu + eV/2) + G(mu - eV/2)] / 2.

    Parameters
    ----------
    g, energies, mu, kT
        As in `thermal_conductance`.
    bias : float
        eV in units of t, half of it on each side of the contact.

    Raises
    ------
    InputError
        If the stored energies do not cover mu ± eV/2 and the thermal tails beyond.
    """
    centres = np.atleast_1d(np.asarray(mu, dtype=np.float64))
    # Both ends at once, so that the message names all that is missing.
    reach = abs(bias) / 2 + TAILS * max(kT, 0.0)
    lowest, highest = float(centres.min() - reach), float(centres.max() + reach)
    refuse_missing(checked_energies(energies), lowest, highest, f"eV = {bias:g}, kT = {kT:g}")
    above = thermal_conductance(g, energies, centres + bias / 2, kT)
    below = thermal_conductance(g, energies, centres - bias / 2, kT)
    return (above + below) / 2


def refuse_short_tails(
    energies: ArrayLike, mu: float, kT: ArrayLike = 0.0, bias: ArrayLike = 0.0
) -> None:
    """Raise InputError unless energies reach far enough for temperatures, and for voltages, at mu.

    Parameters
    ----------
    energies : (energy,) sequence of float
        Those at which g will be known, in any order, units of t.
    mu : float
        Chemical potential, units of t.
    kT, bias : float or sequence of float
        Temperatures without bias, and eV at zero temperature, units of t.
    """
    known = np.sort(np.asarray(energies, dtype=np.float64))
    for temperature in np.atleast_1d(kT):
        smearing_weights(known, mu, float(temperature))
    for voltage in np.atleast_1d(bias):
        differential_conductance(np.zeros_like(known), known, mu, float(voltage))


def checked_energies(energies: Array) -> Array:
    """Return the energies as an array, or raise InputError unless they increase strictly."""
    values = np.asarray(energies, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not (np.diff(values) > 0).all():
        raise InputError(
            "an integral over energies needs at least two of them, increasing; "
            f"got {len(np.atleast_1d(values))} value(s)"
        )
    return values


def refuse_temperature(kT: float, unit: str = "units of t") -> None:
    """Raise InputError unless a temperature is a finite number >= 0."""
    if not (np.isfinite(kT) and kT >= 0):
        raise InputError(f"temperature must be >= 0 (kT in {unit}), got {kT:g}")


def refuse_missing(energies: Array, lowest: float, highest: float, what: str) -> None:
    """Raise InputError that names the energies that are missing, if any are."""
    first, last = float(energies[0]), float(energies[-1])
    slack = 1e-9 * max(1.0, abs(first), abs(last))
    gaps = [f"{a:.4g} … {b:.4g}" for a, b in ((lowest, first), (last, highest)) if b - a > slack]
    if gaps:
        raise InputError(
            f"{what} needs conductances from {lowest:.4g} to {highest:.4g} t, stored are "
            f"{first:.4g} … {last:.4g}; missing: {' and '.join(gaps)} (add them to the axis "
            "`energy`, or ask for a lower temperature or bias)"
        )
