"""What leads, blurred levels and spreading packets see of one conductivity.

All see that of the coherent potential in a field, 1 / (1 + (omega_c tau)²) with omega_c = flux / rho, less what loops
take off it up to the time at which each way, or the field, ends them (`qtcore.theory.loops`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.theory import loops
from qtcore.theory.coherent_potential import CoherentPotential
from qtcore.theory.diffusion import density_of_states, diffusion_constant

Array = NDArray[np.float64]

_BLUR = 0.2
"""Part of what a blur takes off that is left out: no current decays in tau alone."""


class Seen(NamedTuple):
    """What a way sees; e²/h per spin and sites.

    Attributes
    ----------
    classical : float
        sigma_xx in the field without interference.
    lost : (n,) float array
        What loops take off it.
    part : (n,) float array
        What a blur leaves of the classical one; 1 without.
    cutoff : (n,) float array
        Length at which loops end, or would without a field.
    """

    classical: float
    lost: Array
    part: Array
    cutoff: Array

    @property
    def sigma(self) -> Array:
        """The conductivity that is seen, (n,)."""
        return self.classical * self.part - self.lost

    @property
    def left_out(self) -> Array:
        """What the beginning of loops and the blur leave open in it, (n,)."""
        return np.hypot(loops.SHORTEST_LOOP, _BLUR * (1 - self.part) * self.classical)


def drude(energy: float, disorder: float) -> float:
    """Return the conductivity of Boltzmann and Drude by the golden rule, 2 pi rho D, e²/h per spin.

    Parameters
    ----------
    energy, disorder : float
        Units of t; full width W of the box.
    """
    return 2 * np.pi * density_of_states(energy) * diffusion_constant(energy, disorder)


def between_leads(
    medium: CoherentPotential, flux: float, around: float, lengths: Sequence[float]
) -> Seen:
    """Return what the slope of 1/g from the first length to each later one sees on a cylinder.

    Parameters
    ----------
    medium : CoherentPotential
        The disorder.
    flux : float
        h/e per plaquette.
    around : float
        Sites around the cylinder.
    lengths : sequence of float
        Increasing, sites.
    """
    L, (sigma, D) = np.array(lengths, dtype=float), _in_field(medium, flux)
    lost = np.array([loops.lost_between_leads(x, around, D, medium.lifetime) for x in L])
    sheet = L / (sigma - lost)
    slope = (L[1:] - L[0]) / (sheet[1:] - sheet[0])
    return _seen(medium, flux, sigma - slope, np.ones(len(slope)), L[1:])


def through_blur(medium: CoherentPotential, flux: float, widths: ArrayLike) -> Seen:
    """Return what levels see that are Gaussians of these standard deviations, units of t."""
    blur, (_, D) = np.array(widths, dtype=float), _in_field(medium, flux)
    part = np.array([loops.blurred_part(w, medium.lifetime) for w in blur])
    lost = np.array([loops.lost_in_blur(w, medium.lifetime) for w in blur])
    return _seen(medium, flux, lost, part, np.sqrt(D / blur))


def while_spreading(medium: CoherentPotential, flux: float, times: Sequence[float]) -> Seen:
    """Return what the spread of packets from the first time to each later one sees, ħ/t."""
    t, (_, D) = np.array(times, dtype=float), _in_field(medium, flux)
    lost = np.array([loops.lost_between(t[0], one, medium.lifetime) for one in t[1:]])
    return _seen(medium, flux, lost, np.ones(len(lost)), np.sqrt(D * np.sqrt(t[0] * t[1:])))


def _in_field(medium: CoherentPotential, flux: float) -> tuple[float, float]:
    """Return sigma_xx and the diffusion constant across a field."""
    part = 1 / (1 + (flux / medium.density * medium.lifetime) ** 2)
    return medium.conductivity * part, medium.diffusion * part


def _seen(medium: CoherentPotential, flux: float, lost: Array, part: Array, cutoff: Array) -> Seen:
    sigma, D = _in_field(medium, flux)
    if flux:
        lost = np.full(len(lost), loops.lost_in_field(flux, D, medium.lifetime))
    return Seen(sigma, lost, part, cutoff)
