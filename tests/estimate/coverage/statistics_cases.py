"""Means, variances, ratios and pooled numbers; few realizations, heavy tails, gaps."""

import math

import numpy as np
from scipy.special import ndtr

from qtcore.estimate import (
    fit,
    histogram,
    mean,
    pool,
    propagate,
    share,
    similarity,
    thermal_conductance,
    variance,
)
from qtcore.estimate.noise import fano_of_window
from qtcore.estimate.thermal import smearing_weights

from .harness import Case

SHARES = "shares of the realizations"


def first(found):
    """Return value and error of the first entry of estimates."""
    return found.values[0], found.error[0]


def both(found):
    """Return value and error of a single estimate."""
    return float(found), float(found.error)


def columns(function, draw):
    """Return a case's draw: 100 independent repetitions as the lengths of one call."""

    def repetitions(rng):
        found = function(draw(rng))
        return found.values, found.error

    return repetitions


def with_gaps(rng):
    samples = rng.standard_normal((200, 1))
    samples[rng.random(200) < 0.4] = np.nan
    return first(mean(samples))


def unequal(rng):
    """Points of one call, each with as many realizations as it has."""
    counts = rng.integers(40, 400, 300)
    found = [mean(rng.exponential(1.0, (count, 1)) ** 0.5) for count in counts]
    return np.array([one.values[0] for one in found]), np.array([one.error[0] for one in found])


def having(rng):
    """Shares of 200 realizations with any probability between .02 and .5, less the truth."""
    p = rng.uniform(0.02, 0.5, 100)
    found = share(rng.random((200, 100)) < p)
    return found.values - p, found.error


def loss(rng):
    """The change of a plateau: most samples lose little, some much."""
    found = mean(1 - 0.01 * rng.exponential(1.0, (100, 200)) ** 1.5) - 1
    return found.values, found.error


def pair(rng, count, correlation):
    a, b = rng.standard_normal((2, count, 1))
    return a, correlation * a + math.sqrt(1 - correlation**2) * b


def paired_ratio(rng):
    a, b = pair(rng, 200, 0.9)
    return first(mean(10 + a) / mean(5 + b))


def inverse_of_mean(rng):
    return first(1 / mean(3 + rng.standard_normal((100, 1))))


def propagated(rng):
    """A function without a derivative in closed form, of two correlated means."""
    a, b = pair(rng, 200, 0.9)
    return first(propagate(lambda x, y: np.sqrt(x) * np.cosh(y / 10), mean(10 + a), mean(5 + b)))


def moved(rng):
    """<dg dg'> / <dg²> the way a moved impurity is analysed."""
    return first(similarity(*pair(rng, 400, 0.5)))


def eigenvalues(rng):
    """T = 1 / cosh² x with x uniform up to 3, five channels."""
    return np.cosh(rng.uniform(0, 3, (200, 5))) ** -2.0


def moment_ratio(T, power):
    return mean((T**power).sum(axis=1)) / mean(T.sum(axis=1))


def fano(rng):
    return both(1 - moment_ratio(eigenvalues(rng), 2))


def third_moment(rng):
    return both(moment_ratio(eigenvalues(rng), 3))


def open_share(rng):
    T = eigenvalues(rng)
    return both(mean((T > 0.5).sum(axis=1)) / mean(T.sum(axis=1)))


def density(rng):
    """The density of correlated values of one realization, in one of four bins."""
    values = rng.uniform(0, 1, (200, 1)) * 0.5 + 0.5 * rng.uniform(0, 1, (200, 6))
    return first(histogram(values, (0, 0.25, 0.5, 0.75, 1)))


def pooled_normal(rng):
    """Six means whose errors are known well, from many realizations."""
    spread = rng.uniform(0.5, 2, 6)
    return both(pool(mean(1 + spread * rng.standard_normal((2000, 6)))))


def pooled_skewed(rng):
    return both(pool(mean(rng.exponential(1, (800, 6)))))


def pooled_measured(rng):
    """Six points of 200 realizations each; errors as measured."""
    return both(pool(mean(rng.normal(1, 0.3, (200, 6)))))


def global_fit(rng):
    """A crossing point of three lines through 24 numbers, common to all, of correlated samples."""
    x = np.linspace(-1, 1, 8)
    lines = 0.5 + np.array([1.0, 2.0, 3.0])[:, None] * (x - 0.2)
    common = rng.standard_normal((64, 3, 1))
    y = mean(lines + 0.3 * common + 0.3 * rng.standard_normal((64, 3, 8)))
    found = fit(lambda p: p[0] + p[2:, None] * (x - p[1]), y, [0.4, 0.0, 1.0, 1.5, 2.0])
    return both(found.coefficients[1])


ENERGIES = np.linspace(-0.5, 0.5, 21)


def smeared(rng):
    """g of neighbouring energies goes together; mean 1 + E."""
    away = ENERGIES[:, None] - ENERGIES
    root = np.linalg.cholesky(np.exp(-np.abs(away) / 0.1))
    g = 1 + ENERGIES + 0.5 * rng.standard_normal((100, len(ENERGIES))) @ root.T
    return first(thermal_conductance(mean(g), ENERGIES, 0.05, 0.04))


def windowed(rng):
    """T_n of neighbouring energies go together, F of their window; bimodal as in a cavity."""
    away = ENERGIES[:, None] - ENERGIES
    root = np.linalg.cholesky(np.exp(-np.abs(away) / 0.1))
    T = np.sin(np.pi / 2 * ndtr(rng.standard_normal((100, 2, len(ENERGIES))) @ root.T)) ** 2
    g, parts = mean(T.sum(1)), mean((T * (1 - T)).sum(1))
    return both(fano_of_window(g, parts, ENERGIES, 0.05, 0.4))


_PROPAGATED = math.sqrt(10) * math.cosh(0.5)
# Half a uniform number plus half another one has a triangular density: 4 x below 1/2.
_DENSITY = 0.5
_TANH = math.tanh(3.0)
_SMEARED = float(smearing_weights(ENERGIES, 0.05, 0.04) @ (1 + ENERGIES))
_T = {1: _TANH / 3, 2: (_TANH - _TANH**3 / 3) / 3, 3: (_TANH - 2 * _TANH**3 / 3 + _TANH**5 / 5) / 3}

CASES = [
    Case(
        "mean",
        SHARES,
        "normal, 200 realizations",
        columns(mean, lambda rng: rng.standard_normal((200, 100))),
        0.0,
    ),
    Case(
        "mean",
        SHARES,
        "normal, 8 realizations",
        columns(mean, lambda rng: rng.standard_normal((8, 100))),
        0.0,
        degrees=7,
        repetitions=2000,
    ),
    Case("mean", SHARES, "normal, 200 realizations, 40 % unfinished", with_gaps, 0.0),
    Case(
        "mean",
        SHARES,
        "g of localized wires (log-normal, variance 1), 1000 realizations",
        columns(mean, lambda rng: rng.lognormal(0, 1, (1000, 100))),
        math.exp(0.5),
    ),
    Case(
        "mean",
        SHARES,
        "Student's t with 3 degrees, 300 realizations",
        columns(mean, lambda rng: rng.standard_t(3, (300, 100))),
        0.0,
    ),
    Case("share", "Agresti and Coull", "200 realizations, p from 0.02 to 0.5", having, 0.0),
    Case("mean", SHARES, "40 to 400 realizations per point", unequal, math.gamma(1.5)),
    Case(
        "change by weak disorder",
        SHARES,
        "skewed losses, 100 realizations",
        loss,
        -0.01 * math.gamma(2.5),
    ),
    Case(
        "variance",
        SHARES,
        "normal, 200 realizations",
        columns(variance, lambda rng: rng.standard_normal((200, 100))),
        1.0,
        repetitions=1000,
    ),
    Case(
        "variance",
        SHARES,
        "uniform, 200 realizations",
        columns(variance, lambda rng: rng.uniform(0, math.sqrt(12), (200, 100))),
        1.0,
    ),
    Case(
        "variance",
        SHARES,
        "exponential, 2000 realizations",
        columns(variance, lambda rng: rng.exponential(1, (2000, 100))),
        1.0,
    ),
    Case("ratio", SHARES, "correlated means, 200 realizations", paired_ratio, 2.0),
    Case("inverse", SHARES, "mean with an error of 3 %, 100 realizations", inverse_of_mean, 1 / 3),
    Case(
        "propagated function", SHARES, "correlated means, 200 realizations", propagated, _PROPAGATED
    ),
    Case("correlation of a moved impurity", SHARES, "normal, 400 realizations", moved, 0.5),
    Case("density", SHARES, "six correlated values, 200 realizations", density, _DENSITY),
    Case(
        "parameter of a global fit",
        SHARES,
        "24 correlated numbers, 64 realizations",
        global_fit,
        0.2,
        degrees=63,
    ),
    Case("Fano factor", SHARES, "bimodal T, 200 realizations", fano, 1 - _T[2] / _T[1]),
    Case("third moment of T", SHARES, "bimodal T, 200 realizations", third_moment, _T[3] / _T[1]),
    Case(
        "open channels over g",
        SHARES,
        "bimodal T, 200 realizations",
        open_share,
        math.acosh(math.sqrt(2)) / 3 / _T[1],
    ),
    Case(
        "pooled number",
        "inverse variances, shares",
        "six means of 2000 realizations",
        pooled_normal,
        1.0,
    ),
    Case(
        "pooled number",
        "inverse variances, shares",
        "six means of 200 realizations, errors measured",
        pooled_measured,
        1.0,
    ),
    Case(
        "pooled number",
        "inverse variances, shares",
        "six means of 800 exponential numbers, errors measured",
        pooled_skewed,
        1.0,
    ),
    Case("thermal average", SHARES, "correlated energies, 100 realizations", smeared, _SMEARED),
    Case(
        "Fano factor of a bias window",
        SHARES,
        "arcsine T, correlated energies, 100 realizations",
        windowed,
        0.25,
    ),
]
