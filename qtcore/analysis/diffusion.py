"""Diffusion in a strip of square lattice: what follows from its measured resistance.

A wire of length L has 1/<g> = (L + z) / (sigma M): the slope is the classical conductivity, and z
is how far outside the wire the leads are felt, l for equal channels. Einstein's relation turns
sigma = 2 pi rho D (e²/h per spin) into the diffusion constant without further assumptions.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ellipk

from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, mean
from qtcore.errors import InputError

_POINTS = 4000


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


@dataclass(frozen=True)
class Diffusion:
    """Classical transport of a strip.

    Attributes
    ----------
    conductivity, conductivity_error : float
        sigma × width, e²/h per spin × sites: N l of equal channels.
    outside : float
        z: the leads are felt at z/2 outside the wire, sites.
    constant : float
        Diffusion constant D, sites² t/ħ.
    lifetime : float
        tau = D / <v_x²>, ħ/t.
    """

    conductivity: float
    conductivity_error: float
    outside: float
    constant: float
    lifetime: float


def measure_diffusion(g: Array, lengths: Array, energy: float, width: int) -> Diffusion:
    """Return classical transport from conductances of wires without time-reversal symmetry.

    With it, weak localization would add to the slope.

    Parameters
    ----------
    g : (realization, length) float array
        Conductances, e²/h per spin; lengths longer than l and much shorter than xi.
    lengths : (length,) float array
        Sites.
    energy : float
        Units of t.
    width : int
        Sites.

    Raises
    ------
    InputError
        If there are fewer than two lengths, or too few realizations for a fit over them.
    """
    conductance = mean(g)
    resistance = Curve(1 / conductance.values, -conductance.shares / conductance.values**2)
    design = np.stack([np.ones_like(lengths), lengths], axis=1)
    offset, slope = fit_linear(resistance, design).coefficients
    conductivity = 1 / slope.value
    constant = conductivity / (2 * math.pi * density_of_states(energy) * width)
    return Diffusion(
        conductivity,
        slope.error * conductivity**2,
        offset.value * conductivity,
        constant,
        constant / mean_square_velocity(energy),
    )
