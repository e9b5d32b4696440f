"""Diffusion in a strip of square lattice: density of states, velocities, Einstein's relation.

With sigma = 2 pi rho D (e²/h per spin) a conductivity gives the diffusion constant without further
assumptions.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.boltzmann import classical_conductance
from qtcore.theory.born import Rates, scattering_rates

Array = NDArray[np.float64]

_POINTS = 4000


def density_of_states(energy: float) -> float:
    """Return the states of the clean square lattice per site, spin and t: K(1 - E²/16) / (2 pi²).

    Raises
    ------
    InputError
        At the band centre, where it diverges, and outside the band.
    """
    from scipy.special import ellipk

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


def diffusion_constant(energy: float, disorder: float) -> float:
    """Return D of the square lattice with box disorder, in sites² t / ħ.

    D = <v_x²> tau with 1/tau = 2 pi rho W²/12 (golden rule).

    Parameters
    ----------
    energy, disorder : float
        Energy and full width W of the box, units of t.
    """
    rate = 2 * math.pi * density_of_states(energy) * disorder**2 / 12
    return mean_square_velocity(energy) / rate


def flux_cancellation(energy: float, width: float, lifetime: float) -> float:
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
    width : float
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
    """Classical transport of a strip with a mean free path.

    Attributes
    ----------
    rates : Rates
        Golden-rule rates of its modes.
    energy : float
        Units of t.
    width : int
        Sites.
    flux : float
        h/e through a plaquette; any but 0 is taken to break time-reversal symmetry.
    mean_free_path : float
        l = sigma × width / N of equal channels, sites.
    contact : float
        z / l: the leads are felt at z/2 outside the wire.
    """

    rates: Rates
    energy: float
    width: int
    flux: float
    mean_free_path: float
    contact: float

    @property
    def beta(self) -> int:
        """1 without and 2 with a field."""
        return 2 if self.flux else 1

    @property
    def channels(self) -> int:
        """N."""
        return self.rates.channels

    @property
    def outside(self) -> float:
        """Length z that the leads add, sites."""
        return self.contact * self.mean_free_path

    @property
    def conductivity(self) -> float:
        """Sigma × width = N l, e²/h per spin × sites."""
        return self.rates.channels * self.mean_free_path

    @cached_property
    def constant(self) -> float:
        """Diffusion constant D, sites² t/ħ, by Einstein's relation."""
        return self.conductivity / (2 * math.pi * density_of_states(self.energy) * self.width)

    @cached_property
    def lifetime(self) -> float:
        """Lifetime tau = D / <v_x²>, ħ/t."""
        return self.constant / mean_square_velocity(self.energy)

    @cached_property
    def step(self) -> float:
        """Transport mean free path l_tr, D = l_tr² / (2 tau) in two dimensions; sites."""
        return math.sqrt(2 * self.constant * self.lifetime)

    @cached_property
    def flux_kept(self) -> float:
        """Flux that dephases, over that through the strip: 1 for l << width, less for narrow ones."""
        return math.sqrt(flux_cancellation(self.energy, self.width, self.lifetime))

    def with_path(self, mean_free_path: float) -> "Diffusion":
        """Return the same strip with another mean free path, such as a measured one, sites."""
        return replace(self, mean_free_path=float(mean_free_path))

    def window(self, length: ArrayLike, shortest: float, longest: float) -> NDArray[np.bool_]:
        """Return which lengths lie from so many l to so many N l, and are no shorter than wide."""
        sites = np.asarray(length, dtype=np.float64)
        first, last = shortest * self.mean_free_path, longest * self.conductivity
        return np.asarray((sites >= max(first, self.width)) & (sites <= last))


def golden_rule_diffusion(width: int, energy: float, disorder: float, flux: float) -> Diffusion:
    """Return classical transport of a strip of square lattice with box disorder.

    Parameters
    ----------
    width : int
        Sites.
    energy, disorder : float
        Units of t; full width W of the box.
    flux : float
        h/e through a plaquette.
    """
    rates = scattering_rates(Square(width), energy, disorder, flux)
    return Diffusion(rates, energy, width, flux, *golden_rule_wire(rates))
