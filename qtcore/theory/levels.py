"""Distances of neighbouring levels: Wigner's surmise, the ratios of Atas et al., and no repulsion at all.

β = 1, 2 and 4 for random matrices that are real, complex and quaternionic; β = 0 for levels that know
nothing of each other (Poisson).

E. P. Wigner (1957), in M. L. Mehta, Random Matrices (2004); Y. Y. Atas, E. Bogomolny, O. Giraud and
G. Roux, Phys. Rev. Lett. 110, 084101 (2013).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

MEAN_RATIO = {0: 2 * np.log(2) - 1, 1: 0.5307, 2: 0.5996, 4: 0.6744}
"""⟨r⟩ of large matrices, by β; known to 1e-4 but for β = 0, where it is exact."""


def spacing_density(s: ArrayLike, beta: int) -> Array:
    """Return the density of a spacing in units of its mean: Wigner's surmise; exp(−s) for β = 0.

    Exact for 2 × 2 matrices, and right to 2 % for large ones.

    Parameters
    ----------
    s : float array
        Spacings; the density is 0 below 0.
    beta : int
        0, 1, 2 or 4.

    Raises
    ------
    InputError
        If β is none of these.
    """
    from scipy.special import gamma

    _refuse_beta(beta)
    given = np.asarray(s, dtype=np.float64)
    x, inside = np.maximum(given, 0.0), np.where(given < 0, 0.0, 1.0)
    if beta == 0:
        return np.asarray(inside * np.exp(-x))
    rate = (gamma((beta + 2) / 2) / gamma((beta + 1) / 2)) ** 2
    factor = 2 * rate ** ((beta + 1) / 2) / gamma((beta + 1) / 2)
    return np.asarray(inside * factor * x**beta * np.exp(-rate * x**2))


def ratio_density(r: ArrayLike, beta: int) -> Array:
    """Return the density of the smaller over the larger of two neighbouring spacings; 0 outside 0 <= r <= 1.

    Exact for 3 × 3 matrices, and right to 5 % for large ones; 2/(1 + r)² for β = 0. Parameters and errors
    raised as in `spacing_density`.
    """
    _refuse_beta(beta)
    given = np.asarray(r, dtype=np.float64)
    x, inside = np.clip(given, 0.0, 1.0), np.where((given < 0) | (given > 1), 0.0, 1.0)
    if beta == 0:
        return np.asarray(inside * 2 / (1 + x) ** 2)
    norm = {1: 8 / 27, 2: 4 * np.pi / (81 * np.sqrt(3)), 4: 4 * np.pi / (729 * np.sqrt(3))}
    return np.asarray(
        inside * 2 * (x + x**2) ** beta / (1 + x + x**2) ** (1 + 1.5 * beta) / norm[beta]
    )


def curvature_density(k: ArrayLike) -> Array:
    """Return the density of the curvatures of levels over their mean size, k = c / <|c|>, for β = 1.

    1 / 2 (1 + k²)^(3/2), of real random matrices and of small metallic rings at zero flux: J. Zakrzewski and D.
    Delande, PRE 47, 1650 (1993); F. von Oppen, PRL 73, 798 (1994). The mean of |k| is 1, that of k² does not exist;
    the mean of ln |k| is -ln 2, and half of all |k| are below 1/√3.

    Parameters
    ----------
    k : float array
        Curvatures in units of their mean size.
    """
    return np.asarray(0.5 / (1 + np.asarray(k, dtype=np.float64) ** 2) ** 1.5)


def mean_ratio(beta: int) -> float:
    """Return ⟨r⟩ of large matrices, to 1e-4; errors raised as in `spacing_density`."""
    _refuse_beta(beta)
    return float(MEAN_RATIO[beta])


def mean_square(beta: int) -> float:
    """Return ⟨s²⟩ of spacings in units of their mean, by Wigner's surmise; 2 for β = 0.

    1.2732, 1.1781 and 1.1045 for β = 1, 2 and 4; those of large matrices are 1 % larger for β = 1, and
    less for the others. Errors raised as in `spacing_density`.
    """
    from scipy.special import gamma

    _refuse_beta(beta)
    if beta == 0:
        return 2.0
    return float(gamma((beta + 1) / 2) * gamma((beta + 3) / 2) / gamma((beta + 2) / 2) ** 2)


def _refuse_beta(beta: int) -> None:
    if beta not in MEAN_RATIO:
        raise InputError(f"levels repel each other with beta = 0, 1, 2 or 4, got {beta!r}")
