"""How much of the fluctuations of a wire one moved impurity changes.

S. Feng, P. A. Lee, A. D. Stone, PRL 56, 1960 (1986); B. L. Altshuler, B. Z. Spivak, JETP Lett. 42,
447 (1985). In the diffuson of the two wires, one amplitude of a pair scatters off the impurity
where the other finds none, and the pair is lost: a sink at the old place and one at the new place,
each of half the impurity's cross-section,

    -∇² + sum over the two of alpha delta(r - r_i),    alpha = 2 sin²(phase shift) / sigma,

sigma = 2 pi rho D the conductivity per square (e²/h per spin), and <dg dg'> / <dg²> is the sum of
lambda⁻² with the sinks over the one without. The return to the same impurity depends on distances
of the order of the mean free path, so the ladder stands in place of diffusion. For a narrow wire
of conductance g it is -d²/du² + (4 sin² / g) delta(u - u_i), u = x / L: order 1/g.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtcore.errors import InputError
from qtcore.theory.diffusion import density_of_states
from qtcore.theory.ladder import flights, ladder_levels


@dataclass(frozen=True)
class Strip:
    """A diffusive strip between leads.

    Attributes
    ----------
    length : float
        Between the points where the leads are felt, sites.
    width : int
        Sites.
    conductivity : float
        e²/h per spin and square.
    step : float
        l_tr, sites; 0: diffusion at all distances of a site or more.
    """

    length: float
    width: int
    conductivity: float
    step: float


def impurity_site(length: int, width: int, number: int) -> tuple[int, int]:
    """Return slice and site of the impurity, half-way along: number 1 is here, 2 is there.

    A definition says for itself where it puts an impurity; wires of stores that older definitions made
    import this function.
    """
    return length // 2, width * number // 3


def moved_correlation(
    strip: Strip, places: Sequence[tuple[float, float]], strength: float = 1.0
) -> float:
    """Return <dg dg'> / <dg²> of a strip before and after an impurity has moved.

    Parameters
    ----------
    strip : Strip
        With or without time-reversal symmetry: cooperons lose as much as diffusons.
    places : sequence of (x, y)
        Where the impurity was and is: from where the first lead is felt, and from the wall, sites.
        With one place alone: before and after an impurity was added.
    strength : float
        sin² of its phase shift.
    """
    nx, ny = np.meshgrid(np.arange(1, round(strip.length) + 1), np.arange(strip.width))
    kx, ky = np.pi * nx.ravel() / strip.length, np.pi * ny.ravel() / strip.width
    norm = np.sqrt(np.where(ky == 0, 2, 4) / (strip.length * strip.width))
    modes = np.array([norm * np.sin(kx * x) * np.cos(ky * y) for x, y in places])
    levels = kx**2 + ky**2
    if strip.step:
        modes = modes * np.sqrt(flights(levels, strip.step))
        levels = ladder_levels(levels, strip.step)
    # From place to place: one, two, three ladders in a row.
    once, twice, thrice = ((modes / levels**n) @ modes.T for n in (1, 2, 3))
    sink = 2 * strength / strip.conductivity
    lost = sink * np.linalg.inv(np.eye(len(places)) + sink * once)
    change = np.trace(lost @ twice @ lost @ twice) - 2 * np.trace(lost @ thrice)
    return float(1 + change / (levels**-2.0).sum())


def scattering_strength(energy: float, potential: float) -> float:
    """Return sin² of the phase shift of one site of a square lattice with a potential (t).

    T = U / (1 - U G) with G = K(E/4)/2pi - i pi rho: sin² = |pi rho T|².

    Raises
    ------
    InputError
        If there is no potential.
    """
    from scipy.special import ellipk

    if potential == 0:
        raise InputError("potential must not be 0: an impurity that is none cannot move")
    rho = math.pi * density_of_states(energy)
    real = math.copysign(float(ellipk(energy**2 / 16)) / (2 * math.pi), energy)
    return float(rho**2 / ((1 / potential - real) ** 2 + rho**2))
