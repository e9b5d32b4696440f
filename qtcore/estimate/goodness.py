"""How well a model fits: chi² beside what it should be for numbers with the measured covariance."""

from typing import NamedTuple

import numpy as np

from qtcore.estimate.estimate import Array, Estimate


class Quality(NamedTuple):
    """How well a model fits.

    Attributes
    ----------
    reduced : float
        chi² over what is expected for a right model and known errors.
    excess : Estimate
        The normal number that is as improbable, with error 1.
    """

    reduced: float
    excess: Estimate


def excess_of(ratio: float, above: float, below: float) -> Estimate:
    """Return the normal number that is as improbable as a ratio of two variances, with error 1.

    The approximation of E. Paulson, Ann. Math. Stat. 13, 233 (1942), right to 0.08, and to 0.05 at
    three standard deviations.

    Parameters
    ----------
    ratio : float
        Such as chi² per degree of freedom.
    above, below : float
        Degrees of freedom of both, > 0; `below` is infinite if errors are known. NaN comes out if
        `above` is 0.
    """
    if not above > 0:
        return Estimate(np.nan, np.zeros(1), np.inf)
    ours, theirs = 2 / (9 * above), 2 / (9 * below)
    root = float(np.cbrt(ratio))
    value = ((1 - theirs) * root - (1 - ours)) / np.sqrt(ours + theirs * root**2)
    return Estimate(value, np.ones(1), 1.0)


def probability_of(excess: Estimate) -> float:
    """Return how often a normal number is as large as an excess or larger."""
    from scipy.special import ndtr

    return float(ndtr(-excess.values))


def quality_of(
    squares: float, spread: Array, degrees: int, known: float, *, by_own_errors: bool
) -> Quality:
    """Return how well a model fits whose weights do not come from the whole covariance.

    Parameters
    ----------
    squares : float
        chi².
    spread : (n, n) float array
        Measured covariance of what the fit leaves, in the units in which chi² is a sum of squares.
    degrees : int
        Degrees of freedom of the fit: the rank of `spread`.
    known : float
        Degrees of freedom of the measured covariance; infinite if it is known.
    by_own_errors : bool
        Whether each number is weighted by its own measured error.

    Notes
    -----
    chi² is a sum of squares of correlated normal numbers, with the mean tr S and the variance
    2 tr S²: it scatters as fewer independent squares would (F. E. Satterthwaite, Biometrics 2, 110
    (1946)). The measured S has chance correlations, which tr S² loses again (M. S. Srivastava,
    J. Japan Stat. Soc. 35, 251 (2005)). A number over its own measured error is one of Student's, whose
    square has a larger mean and variance.
    """
    total = float(np.trace(spread))
    spread_squared = float(np.sum(spread**2))
    if not by_own_errors or not known > _FEWEST or np.isinf(known):
        independent = total**2 / spread_squared if total > 0 else 0.0
        return Quality(squares / total, excess_of(squares / total, independent, known))
    chance = spread_squared - total**2 / known
    spread_squared = known**2 / ((known - 1) * (known + 2)) * chance
    # Squares of so many numbers cannot scatter less than those of independent ones.
    independent = min(total**2 / max(spread_squared, 1e-300), float(degrees))
    mean = known / (known - 2)
    # The relative variance of the square of one of Student's numbers, over that of a normal one.
    wider = (known - 1) / (known - 4)
    reduced = squares / total
    return Quality(reduced, excess_of(reduced / mean, independent / wider, np.inf))


_FEWEST = 4.0
"""With so many degrees of freedom the square of one of Student's numbers has no variance."""
