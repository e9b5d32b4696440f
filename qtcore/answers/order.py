"""Quantiles over realizations, with errors from order statistics."""

import numpy as np
from numpy.typing import NDArray

from qtcore.estimate.moments import FEWEST_REALIZATIONS

Array = NDArray[np.float64]

NORMAL = 1.959963984540054
"""So many standard errors hold 95 % of a normal law on either side."""


def quantile_of(samples: Array, p: float) -> tuple[Array, Array]:
    """Return the quantile of samples along their last dimension, and its standard error.

    The quantile is that of `numpy.quantile`: between two neighbouring values it is interpolated. The number
    of values below the true quantile follows a binomial law, whatever the values follow. So the values with
    the numbers n p + 1/2 ± 1.96 sqrt(n p (1 − p)) enclose it in 95 % of cases (Woodruff, J. Am. Stat. Assoc. 47, 635
    (1952)). The error is what they are apart, divided by 2 · 1.96.

    Parameters
    ----------
    samples : (…, realization) float array
        NaN where there is no value.
    p : float
        Part of the values that lie below, 0 < p < 1.

    Returns
    -------
    values, errors : (…) float arrays
        NaN where there is no value. The error is NaN where there are too few values to enclose the
        quantile: fewer than 8, and for 0.1 and 0.9 fewer than 44.
    """
    ordered = np.sort(samples, axis=-1)  # NaN come last
    count = (~np.isnan(ordered)).sum(axis=-1)
    value = _at(ordered, (count - 1) * p, count)
    half = NORMAL * np.sqrt(count * p * (1 - p))
    # Numbers of values, counted from 1; a half for the steps of the binomial law.
    lower, upper = count * p - half + 0.5, count * p + half + 0.5
    enclosed = (lower >= 1) & (upper <= count) & (count >= FEWEST_REALIZATIONS)
    with np.errstate(invalid="ignore"):
        apart = _at(ordered, upper - 1, count) - _at(ordered, lower - 1, count)
    return value, np.where(enclosed, apart / (2 * NORMAL), np.nan)


def _at(ordered: Array, place: Array, count: NDArray[np.int64]) -> Array:
    """Return values between those of ordered rows, by their place, counted from 0."""
    last = np.maximum(count - 1, 0)
    inside = np.clip(place, 0, last)
    below = np.floor(inside).astype(np.int64)
    above = np.minimum(below + 1, last)
    low = np.take_along_axis(ordered, below[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, above[..., None], axis=-1)[..., 0]
    part = inside - below
    with np.errstate(invalid="ignore"):
        between = low + part * (high - low)
    return np.where((part == 0) | (low == high), low, between)
