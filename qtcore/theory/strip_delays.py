"""How long electrons stay in diffusive strips, and what that leaves out.

Times are those of the Boltzmann equation of the modes (`qtcore.theory.boltzmann`), with the l of a measured
conductance; densities of states those of the self-consistent Born approximation.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.lattice import Square
from qtcore.theory.boltzmann import classical_transit
from qtcore.theory.born import slowness
from qtcore.theory.diffusion import Diffusion, density_of_states
from qtcore.theory.strip_fluctuations import next_order

Array = NDArray[np.float64]

SHORTEST = 3.0
"""Length over l from which a strip is diffusive enough for its transit time."""


class Stay(NamedTuple):
    """A time or an energy of strips of some lengths, each (length,).

    Attributes
    ----------
    value : float array
        The number.
    left_out : float array
        Size of what it leaves out, same unit.
    holds : bool array
        Where it may be compared.
    why : str
        Why not elsewhere.
    """

    value: Array
    left_out: Array
    holds: NDArray[np.bool_]
    why: str = "shorter than 3 l"


def smear(density: Array, energy: float) -> float:
    """Return by how much disorder and walls change the density of states, relative to the clean lattice.

    Diffusion constants that follow from a conductance and the density of the clean lattice are wrong by as much.

    Parameters
    ----------
    density : (site,) float array
        Of `strip_density_of_states`, 1/t.
    energy : float
        Units of t.
    """
    return float(abs(density.mean() / density_of_states(energy) - 1))


def transit_time(length: Array, flow: Diffusion, golden: Diffusion, smeared: float) -> Stay:
    """Return the mean time that electrons take which get through, ħ/t.

    Parameters
    ----------
    length : (length,) float array
        Sites.
    flow, golden : Diffusion
        Classical transport with the measured l, and by the golden rule.
    smeared : float
        Relative uncertainty of the density of states, as `smear` returns it.
    """
    longer = flow.mean_free_path / golden.mean_free_path
    slow = slowness(Square(flow.width), flow.energy, flow.flux)
    time = longer * classical_transit(golden.rates, slow, length / longer)
    return Stay(
        time, time * _left_out(length, flow, smeared), length >= SHORTEST * flow.mean_free_path
    )


def dwell_time(length: Array, flow: Diffusion) -> Array:
    """Return the mean dwell time of all waves that come in, ħ/t: pi rho M L / N with the clean modes."""
    slow = slowness(Square(flow.width), flow.energy, flow.flux)
    return np.asarray(length * slow.mean())


def thouless_of_ring(length: Array, width: int, flow: Diffusion, smeared: float) -> Stay:
    """Return ħD / L² of a ring with time reversal, t.

    It leaves out weak localization, of the relative size 1 / 3 g where g = N l / L is that of the ring.

    Parameters
    ----------
    length : (length,) float array
        Sites around.
    width : int
        Sites across.
    flow : Diffusion
        Classical transport of a strip of the same disorder.
    smeared : float
        As above.
    """
    value = flow.constant / length**2
    g = flow.conductivity * (width / flow.width) / length
    return Stay(value, value * (smeared + 1 / (3 * g)), np.isfinite(value))


def density_left_out(energy: float, path: float) -> float:
    """Return what the self-consistent Born approximation leaves out, relative: (k l)^-2.

    k is the wave number of the nearer band edge, √(4 - |E|), and l the mean free path in sites.
    """
    return 1 / ((4 - abs(energy)) * path**2)


def power(stay: Stay, felt: Array) -> tuple[float, float]:
    """Return the power with which theory goes with the length, and what it leaves out: an `Expected`.

    The slope of a straight line through the logarithms of all lengths; both ends may be wrong by what
    theory leaves out there.
    """
    ends = np.array([0, -1])
    share = (stay.left_out / stay.value)[ends]
    slope = float(np.polyfit(np.log(felt), np.log(stay.value), 1)[0])
    return slope, float(share.sum() / math.log(felt[-1] / felt[0]))


def _left_out(length: Array, flow: Diffusion, smeared: float) -> Array:
    """Return the relative size of what is left out: densities, ballistic ends, the next order in 1/g."""
    ballistic = (flow.mean_free_path / length) ** 2
    return np.asarray(smeared + ballistic + next_order(length, flow))
