"""Higher cumulants of a distribution: how far it is from a normal one."""

import numpy as np

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.given import samples_of
from qtcore.estimate.moments import mean

FEWEST_FOR_SKEWNESS = 1000
"""Below this the third cumulant and the skewness have no error. It rests on a sixth moment."""

FEWEST_FOR_KURTOSIS = 4000
"""Below this the fourth cumulant and the kurtosis have no error. It rests on an eighth moment."""


def cumulant(samples: Array, order: int) -> Estimate:
    """Return the third or fourth cumulant over realizations, without bias.

    Both are 0 for a normal distribution, and add up for sums of independent numbers. They are
    κ₃ = ⟨(x − ⟨x⟩)³⟩ and κ₄ = ⟨(x − ⟨x⟩)⁴⟩ − 3 var²; `mean` and `variance` are the first two.

    Parameters
    ----------
    samples : (realization, *shape) float array
        NaN where nothing was computed, as for `mean`.
    order : int
        3 or 4.

    Returns
    -------
    Estimate (*shape)
        Without an error below 1000 realizations for the third, and 4000 for the fourth.

    Raises
    ------
    InputError
        If the order is not 3 or 4; for others take `mean` and `variance`.
    Missing
        If some realization has an entry, and fewer than eight have all of them.
    """
    if order not in (3, 4):
        raise InputError(
            f"cumulant gives those of order 3 and 4, got {order!r}; `mean` and `variance` are the first two"
        )
    first, second, third, fourth, R = _raw(samples)
    variance, third_one, fourth_one = _central(first, second, third, fourth)
    if order == 3:
        return _known(third_one * (R**2 / ((R - 1) * (R - 2))), FEWEST_FOR_SKEWNESS)
    # Fisher's k-statistic, of which fourth_one and the variance have a bias of order 1/R.
    moment = fourth_one + 3 * variance**2
    unbiased = ((R + 1) * moment - 3 * (R - 1) * variance**2) * (
        R**2 / ((R - 1) * (R - 2) * (R - 3))
    )
    return _known(unbiased, FEWEST_FOR_KURTOSIS)


def skewness(samples: Array) -> Estimate:
    """Return the skewness over realizations, κ₃ / var^{3/2}; 0 for a normal distribution.

    Parameters and errors raised as in `cumulant`; without an error below 1000 realizations. The
    bias for few realizations is corrected as for a normal distribution.
    """
    first, second, third, fourth, R = _raw(samples)
    variance, third_one, _ = _central(first, second, third, fourth)
    found = third_one / variance**1.5 * (np.sqrt(R * (R - 1)) / (R - 2))
    return _known(found, FEWEST_FOR_SKEWNESS)


def kurtosis(samples: Array) -> Estimate:
    """Return the excess kurtosis over realizations, κ₄ / var²; 0 for a normal distribution.

    Parameters and errors raised as in `cumulant`; without an error below 4000 realizations. The
    bias for few realizations is corrected as for a normal distribution.
    """
    first, second, third, fourth, R = _raw(samples)
    variance, _, fourth_one = _central(first, second, third, fourth)
    plain = fourth_one / variance**2
    found = ((R + 1) * plain + 6) * ((R - 1) / ((R - 2) * (R - 3)))
    return _known(found, FEWEST_FOR_KURTOSIS)


def _raw(samples: Array) -> tuple[Estimate, Estimate, Estimate, Estimate, float]:
    """Return the means of the first four powers about the mean, and the realizations."""
    array = samples_of(samples)
    about = array - mean(array).values
    powers = mean(about[..., None] ** np.arange(1, 5))
    counts = powers.counts
    realizations = float(counts.min()) if powers.size else np.inf
    one, two, three, four = (powers[..., k] for k in range(4))
    return one, two, three, four, max(realizations, 4.0)


def _central(
    first: Estimate, second: Estimate, third: Estimate, fourth: Estimate
) -> tuple[Estimate, Estimate, Estimate]:
    """Return variance, third and fourth cumulant; the mean is about 0, and its shares count."""
    variance = second - first**2
    third_one = third - 3 * first * second + 2 * first**3
    moment = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    return variance, third_one, moment - 3 * variance**2


def _known(found: Estimate, fewest: int) -> Estimate:
    """Return an estimate, without an error where realizations do not suffice for one."""
    if (found.counts >= fewest).all():
        return found
    there = found.shares != 0
    return Estimate(found.values, np.where(there, np.nan, found.shares), found.counts)
