"""Diffusion in a strip of square lattice: what follows from its measured resistance.

Without interference a wire of length L has 1/g = (L + z) / (sigma M); z, how far outside the wire
the leads are felt, is known from the Boltzmann equation of the modes in units of l. What interference
adds to <g> is known from DMPK. One number is left, l, and Einstein's relation turns
sigma = 2 pi rho D (e²/h per spin) into the diffusion constant without further assumptions.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ellipk

from qtcore.analysis.boltzmann import classical_conductance
from qtcore.analysis.born import Rates
from qtcore.analysis.dmpk import conductance_moments
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, inverse, mean
from qtcore.errors import InputError

SHORTEST = 8.0
"""Shortest wire, over l, from which transport is measured."""

_POINTS = 4000

_NEARBY = 1e-3


def density_of_states(energy: float) -> float:
    """Return the states of the clean square lattice per site, spin and t: K(1 - E²/16) / (2 pi²).

    Raises
    ------
    InputError
        At the band centre, where it diverges, and outside the band.
    """
    if not 0 < abs(energy) < 4:
        raise InputError(
            f"the square lattice has a density of states for 0 < |E| < 4, got {energy}"
        )
    return float(ellipk(1 - energy**2 / 16) / (2 * math.pi**2))


def _fermi_surface(energy: float) -> tuple[Array, Array]:
    """Return v_x > 0 and v_y along the Fermi surface at equal steps of k_y."""
    ky = (np.arange(_POINTS) + 0.5) * 2 * np.pi / _POINTS
    squared = 4 - (energy - 2 * np.cos(ky)) ** 2
    there = squared > 0
    return np.sqrt(squared[there]), 2 * np.sin(ky[there])


def mean_square_velocity(energy: float) -> float:
    """Return <v_x²> over the Fermi surface of the square lattice, (sites t/ħ)²."""
    ahead, _ = _fermi_surface(energy)
    # d²k delta(E - e) is 2 dk_y / v_x: both signs of k_x.
    return float(2 * ahead.sum() / _POINTS / (2 * math.pi) / density_of_states(energy))


def flux_cancellation(energy: float, width: int, lifetime: float) -> float:
    """Return the dephasing rate by a field over its value in a strip much wider than l.

    The rate is the area between two collisions, squared and averaged: the integral of
    <v_x² y(0) y(t)> exp(-t / tau) with specular walls, where the flux of both sides cancels when a
    particle crosses the strip freely. 1 for l << width; 2 (96/pi⁵) (31/32) zeta(5) width/l for
    l >> width and a round Fermi surface, as C. W. J. Beenakker and H. van Houten, PRB 38, 3232
    (1988).

    Parameters
    ----------
    energy : float
        Units of t.
    width : int
        Sites.
    lifetime : float
        Time tau between collisions, ħ/t.
    """
    ahead, across = _fermi_surface(energy)
    odd = np.arange(1, 40, 2)
    swings = odd * np.pi * across[:, None] * lifetime / (width + 1)
    kept = (96 / np.pi**4 / odd**4 / (1 + swings**2)).sum(axis=1)
    return float((ahead * kept).sum() / ahead.sum())


def golden_rule_wire(rates: Rates) -> tuple[float, float]:
    """Return l (sites) and z / l of 1/g = (L + z) / Nl, from the Boltzmann equation of the modes.

    z / l is about 1.03: in two dimensions electrons that scatter isotropically feel each lead at
    0.818 l_tr = 0.52 l outside (Milne's problem); the modes of a strip near a threshold add a
    little. It does not depend on the strength of the disorder.
    """
    near, far = 10 * rates.mean_free_path, 20 * rates.mean_free_path
    at_near, at_far = rates.channels / classical_conductance(rates, np.array([near, far]))
    mean_free_path = float((far - near) / (at_far - at_near))
    return mean_free_path, float(at_near - near / mean_free_path)


@dataclass(frozen=True)
class Diffusion:
    """Classical transport of a strip.

    Attributes
    ----------
    conductivity : float
        sigma × width, e²/h per spin × sites: N l of equal channels.
    channels : int
        N.
    outside : float
        z: the leads are felt at z/2 outside the wire, sites.
    constant : float
        Diffusion constant D, sites² t/ħ.
    lifetime : float
        tau = D / <v_x²>, ħ/t.
    mean_free_path_error : float
        Standard error of l, sites; all but N have the same relative one. 0 for a theory's l.
    """

    conductivity: float
    channels: int
    outside: float
    constant: float
    lifetime: float
    mean_free_path_error: float = 0.0

    @property
    def mean_free_path(self) -> float:
        """Mean free path l = sigma × width / N of equal channels, sites."""
        return self.conductivity / self.channels

    @property
    def step(self) -> float:
        """Transport mean free path l_tr, D = l_tr² / (2 tau) in two dimensions; sites."""
        return math.sqrt(2 * self.constant * self.lifetime)


def classical_diffusion(
    rates: Rates, mean_free_path: float, energy: float, width: int
) -> Diffusion:
    """Return classical transport of a strip with a mean free path, sites; Einstein's relation."""
    conductivity = rates.channels * mean_free_path
    constant = conductivity / (2 * math.pi * density_of_states(energy) * width)
    return Diffusion(
        conductivity,
        rates.channels,
        golden_rule_wire(rates)[1] * mean_free_path,
        constant,
        constant / mean_square_velocity(energy),
    )


def measure_diffusion(
    g: Array, lengths: Array, rates: Rates, beta: int, energy: float, width: int
) -> Diffusion:
    """Return classical transport from conductances: what is left when DMPK is taken off.

    Lengths between 8 l and Nl enter, l found on the way; it is the only unknown.

    Parameters
    ----------
    g : (realization, length) float array
        Conductances, e²/h per spin.
    lengths : (length,) float array
        Sites.
    rates : Rates
        Golden-rule rates: channels, z / l, and where to start.
    beta : int
        1 with and 2 without time-reversal symmetry.
    energy : float
        Units of t.
    width : int
        Sites.

    Raises
    ------
    InputError
        If no length lies there, or there are too few realizations for a fit over those that do.
    """
    mfp, contact = golden_rule_wire(rates)
    for _ in range(50):
        window = _window(lengths, rates.channels, mfp, width)
        found = _from_conductance(g[:, window], lengths[window], rates.channels, beta, mfp, contact)
        mfp, before = found.value, mfp
        if abs(mfp / before - 1) < 1e-6:
            break
    # The l that DMPK is given follows the one that comes out.
    nearby = [
        _from_conductance(g[:, window], lengths[window], rates.channels, beta, near, contact).value
        for near in (mfp * (1 - _NEARBY), mfp * (1 + _NEARBY))
    ]
    answer = (nearby[1] - nearby[0]) / (2 * _NEARBY * mfp)
    flow = classical_diffusion(rates, mfp, energy, width)
    return replace(flow, mean_free_path_error=found.error / (1 - answer))


def _window(lengths: Array, channels: int, mfp: float, width: int) -> NDArray[np.bool_]:
    """Return which lengths are diffusive."""
    window = (lengths >= SHORTEST * mfp) & (lengths <= channels * mfp)
    if not window.any():
        raise InputError(
            f"no length between {SHORTEST:g} l = {SHORTEST * mfp:.0f} and N l = "
            f"{channels * mfp:.0f} sites at width {width}, got "
            f"{', '.join(f'{L:g}' for L in lengths)}: add some with --set lengths=, or take a wider "
            "wire"
        )
    return np.asarray(window)


def _from_conductance(
    g: Array, lengths: Array, channels: int, beta: int, mfp: float, contact: float
) -> Estimate:
    """Return l from conductances, with what interference adds for a wire of this l taken off."""
    s = lengths / mfp
    quantum = conductance_moments(s, channels, beta).mean - channels / (1 + s)
    average = mean(g)
    classical = average.values - quantum
    # 1 / l of each length, from N / g = L / l + z / l.
    steepness = Curve(
        (channels / classical - contact) / lengths,
        -channels * average.shares / classical**2 / lengths,
    )
    return inverse(fit_linear(steepness, np.ones((len(s), 1))).coefficients[0])
