"""The distributions of Tracy and Widom: the largest eigenvalue of large random matrices, β = 1, 2, 4.

They are also the laws of the fluctuations of growing surfaces, and of ln g of localized squares (J. Prior,
A. M. Somoza and M. Ortuño, Eur. Phys. J. B 70, 513 (2009)).

F₁(s) = det(1 − B), F₂(s) = det(1 − B) det(1 + B) and F₄(s/√2) = [det(1 − B) + det(1 + B)] / 2 with the
kernel Ai(x + y + s) on (0, ∞) (P. L. Ferrari and H. Spohn, J. Phys. A 38, L557 (2005)). Gauss-Legendre
quadrature turns them into determinants of small matrices, exact to rounding errors (F. Bornemann,
Math. Comp. 79, 871 (2010)).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

LOWEST, HIGHEST = -12.0, 12.0
"""Outside of these places the distributions are 0 and 1 to 1e-16."""

_NODES = 48
_DECAYED = 16.0
"""From here on the Airy function is below 1e-19."""


class Shape(NamedTuple):
    """Moments of a distribution.

    Attributes
    ----------
    mean, variance, skewness, excess_kurtosis : float
    """

    mean: float
    variance: float
    skewness: float
    excess_kurtosis: float


def tracy_widom(s: ArrayLike, beta: int) -> Array:
    """Return the distribution function F_β(s), to some 1e-14.

    Parameters
    ----------
    s : float array
        The scaled eigenvalue. For β = 4 in units in which the mean is −2.3069.
    beta : int
        1, 2 or 4 for real, complex and quaternionic matrices.

    Raises
    ------
    InputError
        If β is none of these.
    """
    return _both(s, beta)[0]


def tracy_widom_density(s: ArrayLike, beta: int) -> Array:
    """Return the density dF_β/ds; parameters and errors raised as in `tracy_widom`."""
    return _both(s, beta)[1]


@lru_cache(maxsize=3)
def tracy_widom_shape(beta: int) -> Shape:
    """Return mean, variance, skewness and excess kurtosis, to 3e-10.

    For β = 1: −1.2065335746, 1.6077810346, 0.2934645240, 0.1652429384; for β = 2: −1.7710868074,
    0.8131947928, 0.2240842036, 0.0934480876.

    Raises
    ------
    InputError
        If β is not 1, 2 or 4.
    """
    nodes, weights = np.polynomial.legendre.leggauss(100)
    half = (HIGHEST - LOWEST) / 2
    s, weights = half * nodes + (HIGHEST + LOWEST) / 2, half * weights
    density = tracy_widom_density(s, beta) * weights
    mean = float(density @ s)
    second, third, fourth = (float(density @ (s - mean) ** k) for k in (2, 3, 4))
    return Shape(mean, second, third / second**1.5, fourth / second**2 - 3)


def _both(s: ArrayLike, beta: int) -> tuple[Array, Array]:
    """Return distribution function and density."""
    if beta not in (1, 2, 4):
        raise InputError(
            f"the distributions of Tracy and Widom are for β = 1, 2 and 4, got {beta!r}"
        )
    given = np.asarray(s, dtype=np.float64)
    stretch = np.sqrt(2.0) if beta == 4 else 1.0
    places = stretch * given.ravel()
    unknown = np.where(np.isnan(places), np.nan, 0.0)
    function, density = np.where(places > 0, 1.0, unknown), unknown.copy()
    for n in np.flatnonzero((places > LOWEST * stretch) & (places < HIGHEST * stretch)):
        minus, plus, d_minus, d_plus = _determinants(float(places[n]))
        if beta == 1:
            function[n], density[n] = minus, d_minus
        elif beta == 2:
            function[n], density[n] = minus * plus, d_minus * plus + minus * d_plus
        else:
            function[n], density[n] = (minus + plus) / 2, stretch * (d_minus + d_plus) / 2
    return function.reshape(given.shape), density.reshape(given.shape)


@lru_cache(maxsize=1)
def _legendre() -> tuple[Array, Array]:
    """Return nodes and weights, which take as long as a determinant."""
    return np.polynomial.legendre.leggauss(_NODES)


def _determinants(s: float) -> tuple[float, float, float, float]:
    """Return det(1 − B), det(1 + B) and their derivatives."""
    from scipy.special import airy

    nodes, weights = _legendre()
    half = max(_DECAYED - s, 4.0) / 2
    x, root = half * (nodes + 1), np.sqrt(half * weights)
    value, slope, *_ = airy(x[:, None] + x + s)
    scale = root[:, None] * root
    kernel, change = value * scale, slope * scale
    found = []
    for sign in (-1.0, 1.0):
        matrix = np.eye(_NODES) + sign * kernel
        determinant = float(np.linalg.det(matrix))
        trace = float(np.trace(np.linalg.solve(matrix, sign * change)))
        found.append((determinant, determinant * trace))
    return found[0][0], found[1][0], found[0][1], found[1][1]
