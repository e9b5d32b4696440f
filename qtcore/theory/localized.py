"""The distribution of g of localized wires: ln g is normal, with a variance of twice its mean.

P. W. Anderson, D. J. Thouless, E. Abrahams and D. S. Fisher, Phys. Rev. B 22, 3519 (1980).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]


def ln_g_distribution(ln_g: ArrayLike, mean: float, variance: float | None = None) -> Array:
    """Return the probability that ln g is smaller, of a log-normal g.

    Parameters
    ----------
    ln_g : float array
    mean : float
        ⟨ln g⟩ = −2 L / ξ.
    variance : float, optional
        −2 ⟨ln g⟩, that of one parameter, unless given.

    Raises
    ------
    InputError
        If the variance is not positive.
    """
    from scipy.special import ndtr

    return np.asarray(ndtr(_standard(ln_g, mean, variance)[0]))


def ln_g_density(ln_g: ArrayLike, mean: float, variance: float | None = None) -> Array:
    """Return the density of ln g; parameters and errors raised as in `ln_g_distribution`."""
    z, spread = _standard(ln_g, mean, variance)
    return np.asarray(np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * spread))


def g_density(g: ArrayLike, mean: float, variance: float | None = None) -> Array:
    """Return the density of g itself, e²/h; 0 where g <= 0.

    Parameters and errors raised as in `ln_g_distribution`; `mean` and `variance` are those of ln g.
    """
    x = np.asarray(g, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, ln_g_density(np.log(x), mean, variance) / x, 0.0)


def _standard(ln_g: ArrayLike, mean: float, variance: float | None) -> tuple[Array, float]:
    """Return distances from the mean in standard deviations, and the standard deviation."""
    square = -2 * mean if variance is None else variance
    if not square > 0:
        raise InputError(
            f"the variance of ln g must be > 0, got {square:g}; with one parameter it is -2 <ln g>"
        )
    spread = float(np.sqrt(square))
    return (np.asarray(ln_g, dtype=np.float64) - mean) / spread, spread
