"""Cumulants, and distances of distributions."""

import numpy as np
from scipy.special import ndtr

from qtcore import estimate

from .harness import Case
from .statistics_cases import SHARES, columns


def gamma(rng, count):
    """Skewed as the distributions of Tracy and Widom are: skewness 1/4, excess kurtosis 3/32."""
    return rng.gamma(64, 1, (count, 100))


def from_law(rng):
    """Normal numbers of mean 0.3 beside a normal law of mean 0."""
    found = estimate.compare_with_law(0.3 + rng.standard_normal(1000), ndtr).squared
    return float(found), float(found.error)


def from_others(rng):
    a, b = 0.4 + rng.standard_normal(800), rng.standard_normal(1200)
    found = estimate.compare_samples(a, b).squared
    return float(found), float(found.error)


def between(shift, *, at_law):
    """Return the mean square of the difference of two normal laws, over one of them or both."""
    x = np.linspace(-9, 9, 20_001)
    weight = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    if not at_law:
        weight = 0.5 * (weight + np.exp(-((x - shift) ** 2) / 2) / np.sqrt(2 * np.pi))
    return float(np.trapezoid(weight * (ndtr(x) - ndtr(x - shift)) ** 2, x))


def in_bins(rng):
    """Values that a realization has in common, beside a uniform law."""
    values = rng.uniform(0, 1, (200, 1)) * 0.5 + 0.5 * rng.uniform(0, 1, (200, 6))
    _, found = estimate.compare_bins(values, (0, 0.25, 0.5, 0.75, 1), lambda x: x)
    return found.values[0], found.error[0]


CASES = [
    Case(
        "skewness",
        SHARES,
        "normal, 1000 realizations",
        columns(estimate.skewness, lambda rng: rng.standard_normal((1000, 100))),
        0.0,
    ),
    Case(
        "skewness",
        SHARES,
        "skewness 1/4, 4000 realizations",
        columns(estimate.skewness, lambda rng: gamma(rng, 4000)),
        0.25,
    ),
    Case(
        "third cumulant",
        SHARES,
        "skewness 1/4, 4000 realizations",
        columns(lambda samples: estimate.cumulant(samples, 3), lambda rng: gamma(rng, 4000)),
        128.0,
    ),
    Case(
        "kurtosis",
        SHARES,
        "normal, 4000 realizations",
        columns(estimate.kurtosis, lambda rng: rng.standard_normal((4000, 100))),
        0.0,
    ),
    Case(
        "fourth cumulant",
        SHARES,
        "skewness 1/4, 10000 realizations",
        columns(lambda samples: estimate.cumulant(samples, 4), lambda rng: gamma(rng, 10_000)),
        384.0,
    ),
    Case(
        "squared distance from a law",
        "shares of pairs of realizations",
        "a shift by 0.3 standard deviations, 1000 realizations",
        from_law,
        between(0.3, at_law=True),
    ),
    Case(
        "squared distance of two kinds of samples",
        "shares of pairs of realizations",
        "a shift by 0.4 standard deviations, 800 and 1200 realizations",
        from_others,
        between(0.4, at_law=False),
    ),
    Case(
        "part of the values in a bin, less a law",
        SHARES,
        "six correlated values, 200 realizations",
        in_bins,
        0.125 - 0.25,
    ),
]
