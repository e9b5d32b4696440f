"""The statistic of Anderson and Darling: the squared difference of two distribution functions over its variance."""

import numpy as np

from qtcore.estimate.estimate import Array

_KEPT = 200
"""So many of the largest parts of A² are kept where values are equal; the others count by their mean. With all
values different the others have a variance of 2 Σ 1 / (j (j + 1))² = 8e-8."""

_NODES = 500
_SPAN = 8.0
"""The contour goes to sinh(8) = 1500 widths on both sides."""


def anderson_of_law(heights: Array) -> float:
    """Return the probability of A² as large, from sorted probabilities (n,) by a continuous law."""
    n = len(heights)
    inside = np.clip(heights, 1e-300, 1 - 1e-16)
    odd = 2 * np.arange(1, n + 1) - 1
    squared = -n - float(odd @ (np.log(inside) + np.log1p(-inside[::-1]))) / n
    return tail_of_continuous(squared)


def anderson_of_two(one: Array, other: Array) -> float:
    """Return the probability of A² as large, of two samples, also where values are equal.

    Of samples without equal values this is the statistic of A. N. Pettitt, Biometrika 63, 161 (1976). A difference between two neighbouring
    values counts with half of the numbers at both of them: the mean of the statistic of F. W. Scholz and M. A. Stephens,
    J. Am. Stat. Assoc. 82, 918 (1987), eq. 6, and of that of the samples with the opposite sign, so that both signs give the same.

    Parameters
    ----------
    one, other : (n,), (m,) float arrays
    """
    n, m = len(one), len(other)
    total = n + m
    places, times = np.unique(np.concatenate([one, other]), return_counts=True)
    if len(places) < 2:
        return 1.0
    below = times.cumsum()[:-1]
    of_one = np.searchsorted(np.sort(one), places[:-1], "right")
    weights = (times[:-1] + times[1:]) / (2 * below * (total - below))
    squared = float(weights @ (of_one * total - n * below) ** 2) / (n * m)
    if len(places) == total:
        return tail_of_continuous(squared)
    share = (times[:-1] + times[1:]) / (2 * total)
    parts = _parts(below / total, share)
    # The mean of A² is the sum of the shares.
    return _tail(squared - (float(share.sum()) - float(parts.sum())), parts)


def _parts(heights: Array, weights: Array) -> Array:
    """Return the largest λ of A² = Σ λ z², with z independent normal numbers, for equal laws.

    The difference of the distribution functions is a Brownian bridge at `heights`, whose inverse covariance is
    tridiagonal.

    Parameters
    ----------
    heights : (k,) float array
        The distribution function between neighbouring values, increasing.
    weights : (k,) float array
        Part of the numbers that belongs to each of these places.
    """
    from scipy.linalg import eigh_tridiagonal

    inverse = 1 / np.diff(heights, prepend=0.0, append=1.0)
    scale = np.sqrt(heights * (1 - heights) / weights)
    diagonal = (inverse[:-1] + inverse[1:]) * scale**2
    beside = -inverse[1:-1] * scale[:-1] * scale[1:]
    kept = min(_KEPT, len(heights))
    return np.asarray(
        1 / eigh_tridiagonal(diagonal, beside, True, "i", (0, kept - 1)), dtype=np.float64
    )


def _tail(squared: float, parts: Array) -> float:
    """Return the probability that Σ λ z² is larger, for λ = `parts`, to 1e-8.

    The Laplace transform is inverted along a contour through the saddle point and around the branch points
    at 1 / 2λ, on which it falls like exp(-t²).
    """
    from scipy.optimize import brentq

    if not squared > 0:
        return 1.0
    last = 1 / (2 * parts.max())

    def excess(s: float) -> float:
        return float((parts / (1 - 2 * parts * s)).sum() - squared)

    # To the right of the pole at 0, where the probability of a smaller number would come out.
    start, end = last / 2, last * (1 - 1e-12)
    saddle = brentq(excess, start, end) if excess(start) < 0 < excess(end) else start
    width = (2 * ((parts / (1 - 2 * parts * saddle)) ** 2).sum() + 1 / saddle**2) ** -0.5
    bend = width**2 / (8 * (last - saddle))
    step = np.linspace(-_SPAN, _SPAN, _NODES + 1)
    t = np.sinh(step)
    s = saddle + 1j * width * t + bend * t**2
    exponent = -0.5 * np.log1p(-2 * parts[:, None] * s).sum(axis=0) - s * squared - np.log(s)
    slope = (1j * width + 2 * bend * t) * np.cosh(step)
    return float(np.clip(np.trapezoid(np.exp(exponent) * slope, step).imag / (2 * np.pi), 0, 1))


def tail_of_continuous(squared: float) -> float:
    """Return the probability of a larger A², to 3e-5, where no values are equal.

    G. Marsaglia and J. Marsaglia, J. Stat. Softw. 9, no. 2 (2004): the limit of many numbers.
    """
    z = squared
    if z <= 0:
        return 1.0
    if z < 2:
        series = (2.00012, 0.247105, -0.0649821, 0.0347962, -0.0116720, 0.00168691)
        below = np.exp(-1.2337141 / z) / np.sqrt(z) * np.polyval(series[::-1], z)
        return float(1 - below)
    series = (1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146)
    return float(-np.expm1(-np.exp(np.polyval(series[::-1], z))))
