"""Whether samples follow a law, or two kinds of samples the same one, and how far they are from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief
from qtcore.estimate.anderson import anderson_of_law, anderson_of_two
from qtcore.estimate.estimate import Array, Estimate, Mask
from qtcore.estimate.given import called, numbers, samples_of
from qtcore.estimate.histogram import edges_of, parts_in_bins
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import FEWEST_REALIZATIONS


@dataclass(frozen=True)
class Comparison:
    """A distribution beside another one.

    Attributes
    ----------
    squared : Estimate
        The mean square of the difference of the two distribution functions, without what noise adds to it: 0
        for equal laws (Cramér). Its error is right for laws that differ by more than noise; for
        equal ones it is too small, and the probabilities decide.
    largest : float
        The largest difference of the two distribution functions (Kolmogorov); noise is part of it.
    kolmogorov : float
        How often samples of equal laws would have as large a difference (Kolmogorov and Smirnov). Where values are equal, such
        as numbers that are counted, it is too large.
    anderson : float
        The same for the mean square of the difference over its variance, which weighs the tails as much as
        the middle (Anderson and Darling). Of two samples, also where values are equal.
    """

    squared: Estimate
    largest: float
    kolmogorov: float
    anderson: float


def compare_with_law(samples: Array, law: Callable[[Array], ArrayLike]) -> Comparison:
    """Compare samples with a law that is known in full.

    A law with a mean and variance of the same samples is not known in full: the probabilities are too large
    then. Take the moments from other samples, or compare skewness and kurtosis.

    Parameters
    ----------
    samples : (realization,) float array
        One number for each realization; NaN where nothing was computed.
    law : callable(x) -> float array
        The distribution function: the probability of a smaller number. Continuous.

    Returns
    -------
    Comparison
        Differences are averaged over the law.

    Raises
    ------
    InputError
        If realizations have more than one number, or the law is no distribution function.
    Missing
        If fewer than eight realizations have a number, or some samples are infinite.
    """
    from scipy.stats import ks_1samp, uniform

    values, there = _checked(samples)
    order = np.argsort(values)
    heights = _heights(law, values[order])
    n = len(heights)
    rank = np.arange(n)
    # The mean over pairs of ∫ (θ(t - u) - t) (θ(t - u') - t) dt = 1/3 + (u² + u'²)/2 - max(u, u').
    second = float((heights**2).mean())
    squared = 1 / 3 + second - 2 * float(rank @ heights) / (n * (n - 1))
    above = heights.sum() - heights.cumsum()
    pairs = ((rank + 1) * heights + above) / n  # the mean over u' of max(u, u')
    influence = np.empty(n)
    influence[order] = 2 * (heights**2 / 2 - pairs)
    found = ks_1samp(heights, uniform.cdf)  # under the law the heights are uniform
    return Comparison(
        _with_shares(squared, [(influence, there)]),
        float(found.statistic),
        float(found.pvalue),
        anderson_of_law(heights),
    )


def compare_samples(one: Array, other: Array) -> Comparison:
    """Compare two kinds of independent samples with each other.

    Parameters
    ----------
    one, other : (realization,) float arrays
        One number for each realization; NaN where nothing was computed. Of different disorder.

    Returns
    -------
    Comparison
        Differences are averaged over both laws evenly.

    Raises
    ------
    InputError
        If realizations have more than one number.
    Missing
        If fewer than eight realizations of a kind have a number, or some samples are infinite.
    """
    from scipy.stats import ks_2samp

    kinds = [_checked(one), _checked(other)]
    parts = [np.sort(values) for values, _ in kinds]

    def functions(x: Array) -> tuple[Array, Array]:
        a, b = (np.searchsorted(part, x, "right") / len(part) for part in parts)
        return a, b

    whole, influences = 0.0, []
    for k, (values, there) in enumerate(kinds):
        at = functions(values)
        noise = sum(h * (1 - h) / (len(part) - 1) for h, part in zip(at, parts, strict=True))
        difference = at[k] - at[1 - k]
        whole += 0.5 * float((difference**2 - noise).mean())
        influences.append((_influence(values, parts, k) + 0.5 * difference**2, there))
    found = ks_2samp(parts[0], parts[1])
    return Comparison(
        _with_shares(whole, influences),
        float(found.statistic),
        float(found.pvalue),
        anderson_of_two(*parts),
    )


def _influence(values: Array, parts: Sequence[Array], k: int) -> Array:
    """Return what a number of kind k adds: 2 ∫ (F - G) θ(t - x) over both laws evenly."""
    total = np.zeros(len(values))
    for part in parts:
        a, b = (np.searchsorted(one, part, "right") / len(one) for one in parts)
        difference = (a - b) if k == 0 else (b - a)
        # The sum over all t >= x of the sorted part.
        from_here = np.append(difference[::-1].cumsum()[::-1], 0.0)
        total += from_here[np.searchsorted(part, values, "left")] / len(part)
    return total


def _with_shares(value: float, influences: Sequence[tuple[Array, Mask]]) -> Estimate:
    """Return a number with the shares of independent kinds of samples."""
    kinds = []
    for influence, there in influences:
        rows = np.zeros(len(there))
        count = len(influence)
        rows[there] = (influence - influence.mean()) / np.sqrt(count * (count - 1.0))
        kinds.append(Estimate(0.0, rows, count))
    found = kinds[0] if len(kinds) == 1 else kinds[0] + kinds[1]
    return Estimate(value, found.shares, found.counts, folded=found.folded)


def compare_bins(
    values: Array, edges: ArrayLike, law: Callable[[Array], ArrayLike]
) -> tuple[float, Estimate]:
    """Compare a histogram with a law by χ², also where a realization has several values.

    The covariance of the bins is measured, so that levels or eigenvalues of one realization may depend on each
    other.

    Parameters
    ----------
    values : (realization, ...) float array
        NaN do not count; infinite ones lie in an outermost bin that ends there, or outside.
    edges : (bin + 1,) float array
        Increasing; the outermost ones may be infinite.
    law : callable(x) -> float array
        The distribution function.

    Returns
    -------
    probability : float
        How often a right law would have as large a χ².
    difference : Estimate (bin,)
        Part of the values in each bin, less what the law says.

    Raises
    ------
    InputError
        If the edges do not increase, values are no real numbers (realization, ...), or the law is no distribution function.
    Missing
        If there are not ten times as many realizations as bins with values, or all realizations have the same in every bin.
    """
    from scipy.stats import f

    bounds = edges_of(edges)
    expected = np.diff(_heights(law, bounds))
    parts = parts_in_bins(values, bounds)
    difference: Estimate = parts - expected
    # The last bin follows from the others where they hold all values.
    holds_all = bool(np.isclose(float(parts.sum()), 1.0, rtol=0, atol=1e-12))
    filled = np.flatnonzero(difference.error > _ROUNDING)
    kept = filled[:-1] if holds_all else filled
    count, q = float(difference.counts.min()), len(kept)
    if q < 1:
        raise Missing(
            f"χ² takes bins of which some realizations have more values and others fewer, got {len(filled)} such of "
            f"{len(bounds) - 1}; choose edges between the values"
        )
    if count < 10 * q:
        raise Missing(
            f"χ² of {len(filled)} bins with values takes at least {10 * q} realizations, got "
            f"{count:g}; take fewer bins or more realizations"
        )
    away = difference[kept]
    squares = float(away.values @ np.linalg.pinv(away.covariance) @ away.values)
    # Hotelling's T² of q means with a measured covariance.
    probability = float(f.sf(squares * (count - q) / (q * (count - 1)), q, count - q))
    return probability, difference


def _checked(samples: Array) -> tuple[Array, Mask]:
    """Return the numbers that are there, and which realizations have them."""
    rows = samples_of(samples, "samples to compare")
    if rows.ndim != 1:
        raise InputError(
            f"samples to compare are one number for each realization, got {rows.shape}; with several "
            "numbers, which may depend on each other, use `compare_bins`"
        )
    infinite = int(np.isinf(rows).sum())
    if infinite:
        raise Missing(
            f"{infinite} of the {len(rows)} samples to compare are infinite; compare what is finite, such as g in place of ln g, or "
            "use `compare_bins` with an infinite outermost edge"
        )
    there = np.isfinite(rows)
    if there.sum() < FEWEST_REALIZATIONS:
        raise Missing(
            f"a comparison takes at least {FEWEST_REALIZATIONS} realizations with a number, got "
            f"{int(there.sum())} of {len(rows)}; compute more realizations"
        )
    return rows[there], there


def _heights(law: Callable[[Array], ArrayLike], x: Array) -> Array:
    """Return a distribution function at increasing x; refuse what is none."""
    found = numbers(
        called(law, "the law", x), "the probabilities that the law returns", finite=False
    )
    if found.shape != x.shape or not ((found >= 0) & (found <= 1)).all():
        raise InputError(
            "the law is a distribution function: it takes an array and returns as many probabilities "
            f"from 0 to 1, got {brief(found)} for {brief(x)}"
        )
    if (np.diff(found) < -1e-12).any():
        raise InputError(
            "the law is a distribution function, which never falls with x; this one does"
        )
    return found


_ROUNDING = 1e-12
"""Bins whose part differs by less than this between realizations have the same in all."""
