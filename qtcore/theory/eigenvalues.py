"""How transmission eigenvalues are distributed: Dorokhov's bimodal law and crystallization.

T = 1 / cosh² x. In the diffusive regime x is uniform from 0 to L / l (Dorokhov, Solid State Commun.
51, 381 (1984)); in the localized regime the x_n lie on a lattice, ln T_n = -2 x_n with equal
distances. Beenakker and Büttiker, PRB 46, 1889 (1992), and Nagaev, Phys. Lett. A 169, 103 (1992),
for the 1/3 of the shot noise.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DIFFUSIVE_SECOND_MOMENT = 2 / 3
"""<sum T²> / <sum T>."""
DIFFUSIVE_THIRD_MOMENT = 8 / 15
"""<sum T³> / <sum T>."""


def of_channels(ln_T: Array, channels: int) -> Array:
    """Return stored ln T_n of the open channels, (..., channels), -inf where too small to be known.

    A sample that is missing has no T_1 either and stays NaN.

    Parameters
    ----------
    ln_T : (..., channel) float array
        As stored: largest first, NaN where T_n is too small to be known, where the channel is
        closed, and everywhere in a sample that is missing.
    channels : int
        How many are open.
    """
    known = ln_T[..., :channels]
    return np.asarray(np.where(np.isnan(known) & ~np.isnan(known[..., :1]), -np.inf, known))


def x_of(ln_T: Array) -> Array:
    """Return x >= 0 with T = 1 / cosh² x, from ln T <= 0; without loss at any ln T."""
    ln_T = np.minimum(ln_T, 0.0)
    # arcosh(1/sqrt T) = -ln(T)/2 + ln(1 + sqrt(1 - T)).
    return np.asarray(-ln_T / 2 + np.log1p(np.sqrt(-np.expm1(ln_T))))


def dorokhov_density(T: Array, length_over_l: float) -> Array:
    """Return rho(T) per channel of a diffusive wire: l / (2L) / (T sqrt(1-T)) above cosh⁻²(L/l).

    Parameters
    ----------
    T : float array
        Transmission eigenvalues in (0, 1).
    length_over_l : float
        L / l.
    """
    smallest = np.cosh(length_over_l) ** -2
    with np.errstate(divide="ignore"):
        density = 1 / (2 * length_over_l * T * np.sqrt(1 - T))
    return np.asarray(np.where(smallest <= T, density, 0.0))


def classical_fano(length_over_l: Array) -> Array:
    """Return F of a wire of any length without interference: (1 - (1 + L/l)⁻³) / 3.

    de Jong and Beenakker, PRB 51, 16867 (1995). Interference shifts it by O(1/g), and less without
    time-reversal symmetry.
    """
    return np.asarray((1 - (1 + np.asarray(length_over_l)) ** -3) / 3)


def diffusive_fano(length_over_l: Array, channels: float, beta: float) -> Array:
    """Return F with the first correction of interference to noise and conductance.

    <sum T (1 - T)> / <sum T> with (1 - 2/beta)/45 added to the classical noise and (1 - 2/beta)/3
    to the classical conductance N / (1 + L/l), both for L >> l (de Jong and Beenakker, PRB 46,
    13400 (1992); Mello and Stone, PRB 44, 3559 (1991)).
    """
    s = np.asarray(length_over_l, dtype=np.float64)
    broken = (1 - 2 / beta) * (s / (1 + s)) ** 3
    g = channels / (1 + s)
    return np.asarray((g * classical_fano(s) + broken / 45) / (g + broken / 3))


def open_over_g(length_over_l: Array, channels: float, beta: float) -> Array:
    """Return how many T_n lie above 1/2, over g, in a diffusive wire.

    arcosh(sqrt 2) = 0.881 after Dorokhov, whatever L/l, and what interference adds: to the density
    of x (1 - 2/beta) [delta(x)/4 + 1/(4x² + pi²)] (Beenakker, PRL 70, 1155 (1993)), for L >> l.
    """
    s, half = np.asarray(length_over_l, dtype=np.float64), np.arccosh(np.sqrt(2))
    broken = (1 - 2 / beta) * (s / (1 + s)) ** 3
    g = channels / (1 + s)
    added = 1 / 4 + np.arctan(2 * half / np.pi) / (2 * np.pi)
    return np.asarray((g * half + broken * added) / (g + broken / 3))


def fano_spread(g: float, beta: float) -> float:
    """Return the standard deviation of sum T (1 - T) / <g> - F sum T / <g> between wires.

    Over the root of the number of wires it is the standard error of F. The variance of
    sum T² - (2/3) sum T is 4/(135 beta) in long diffusive wires, as that of sum T is 2/(15 beta)
    (from the formula for linear statistics of Beenakker and Rejaei, PRL 71, 3689 (1993)).
    """
    return float(np.sqrt(4 / (135 * beta)) / g)
