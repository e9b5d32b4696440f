"""Fano factors of conductors whose noise is known in closed form, and the way from thermal to shot noise.

Blanter and Büttiker, Phys. Rep. 336, 1 (2000). Diffusive wires stand in `qtcore.theory.eigenvalues`.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.theory.random_matrix import mean_conductance, mean_partition

Array = NDArray[np.float64]


def two_barriers(first: Array, second: Array) -> tuple[Array, Array]:
    """Return mean T and Fano factor of two barriers in series whose phases are lost, (...).

    <T> = T1 T2/(T1 + T2 - T1 T2) and F = [T1² (1 - T2) + T2² (1 - T1)]/(T1 + T2 - T1 T2)²: 1/2 for equal barriers that
    let little through. One channel; the average over the phase between the barriers, and the Boltzmann-Langevin
    equation, give the same (de Jong and Beenakker, Physica A 230, 219 (1996)).

    Parameters
    ----------
    first, second : (...) float array
        Transmission of the barriers, 0 < T <= 1.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    both = one + two - one * two
    return one * two / both, (one**2 * (1 - two) + two**2 * (1 - one)) / both**2


def chaotic_cavity(left: int, right: int, beta: int) -> tuple[float, float]:
    """Return <g> and F = <sum T (1 - T)>/<g> of a chaotic cavity, exact for any number of channels.

    Averages over the circular ensembles: F is 1/4 for many channels in two equal openings. Baranger and Mello, PRL 73, 142
    (1994); Savin and Sommers, PRB 73, 081307 (2006).

    Parameters
    ----------
    left, right : int
        Open channels of the two openings, >= 1.
    beta : int
        Symmetry index, 1 with time reversal, 2 without.

    Raises
    ------
    InputError
        If an opening has no channel: nothing comes in.
    """
    if min(left, right) < 1:
        raise InputError(
            f"a cavity needs an open channel in each opening, got {left} and {right}; "
            "widen the openings or change the energy"
        )
    g = mean_conductance(left, right, beta)
    return g, mean_partition(left, right, beta) / g


def thermal_to_shot(fano: float | Array, bias_over_kT: Array) -> Array:
    """Return S/(4 kT g) = 1 + F (x/2 coth(x/2) - 1) at zero frequency, (...), x = eV/kT.

    The formula of Khlus, for T_n that do not change over the bias and kT: 1 without bias (Johnson and Nyquist), F x/2 for
    a large one.
    """
    half = np.abs(np.asarray(bias_over_kT, dtype=np.float64)) / 2
    safe = np.where(half < 1e-4, 1.0, half)
    return np.asarray(1 + fano * np.where(half < 1e-4, half**2 / 3, safe / np.tanh(safe) - 1))
