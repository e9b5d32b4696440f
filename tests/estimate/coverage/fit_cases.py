"""Slopes over nested lengths and what is made of them, mean free paths."""

import numpy as np

from qtcore import estimate
from qtcore.estimate import Plateaus, fit_line, independent, plateaus, series_resistance, steps
from qtcore.estimate.diffusion import diffusive_mean_free_path
from qtcore.model.lattice import Square
from qtcore.theory.boltzmann import mean_conductance
from qtcore.theory.born import scattering_rates
from qtcore.theory.diffusion import golden_rule_wire
from qtcore.theory.dmpk import conductance_moments
from qtcore.theory.saddle import saddle_conductance, with_series_resistance
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

from .harness import Case, nested

LENGTHS = np.array([10.0, 20, 30, 45, 60, 80, 100, 130])
LEAST_SQUARES = "least squares with the covariance of the lengths"


def slope(rng, realizations, weights=None):
    design = np.stack([np.ones(8), LENGTHS], axis=1)
    ln_g = estimate.mean(nested(rng, realizations, LENGTHS, 20.0))
    found = estimate.fit_linear(ln_g, design, weights).coefficients[1]
    return float(found), float(found.error)


def localization(rng, part, realizations=300):
    """Fit wires of 1.5 to 30 xi, whose shortest ones the fit must leave out by itself."""
    ln_g = nested(rng, realizations, WIRES, 20.0)
    found = getattr(estimate.fit_localization(ln_g, WIRES), part)
    return found.values, found.error


def variance_slope(rng):
    """Take the fit's own xi for where the variance counts."""
    ln_g = nested(rng, 300, WIRES, 20.0)
    xi = float(estimate.fit_localization(ln_g, WIRES).localization_length)
    found = estimate.fit_variance_slope(ln_g, WIRES, xi)
    return found.values, found.error


WIRES = 20 * np.array([1.5, 3, 4.5, 6, 8, 10, 13, 16, 20, 25, 30])


def field_ratio(rng):
    """Two xi of the same disorder: 80 % of what moves ln g is common to both."""
    common, own = (nested(rng, 300, WIRES, 20.0) for _ in range(2))
    drift = -2 * WIRES / 20.0
    both = drift + 0.8 * (common - drift) + 0.6 * (own - drift)
    one, other = (
        estimate.fit_localization(ln_g, WIRES).localization_length for ln_g in (common, 0.5 * both)
    )
    return (one / other).values, (one / other).error


def crystallization(rng):
    """gamma_2 / gamma_1 = 2, both exponents of one sample correlated."""
    one = nested(rng, 200, LENGTHS, 20.0)
    two = nested(rng, 200, LENGTHS, 10.0) + 0.5 * (one + 2 * LENGTHS / 20.0)
    slopes = [fit_line(LENGTHS, estimate.mean(ln_T)).coefficients[1] for ln_T in (two, one)]
    found = slopes[0] / slopes[1]
    return float(found), float(found.error)


RATES = scattering_rates(Square(8), 0.5, 1.0)
PATH = 1.1 * RATES.mean_free_path
SHORT = np.round(np.array([0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0]) * PATH)


def mean_free_path(rng):
    """Reflections that add up like a walk around the model of known l."""
    g = mean_conductance(RATES, PATH, SHORT, 1.0)
    spread = np.diff((0.5 * (RATES.channels - g)) ** 2, prepend=0.0) ** 0.5
    noise = (spread * rng.standard_normal((100, len(SHORT)))).cumsum(axis=1)
    found = estimate.fit_mean_free_path(g + noise, SHORT, RATES, 1.0).mean_free_path
    return found.values, found.error


def average_of_variances(rng):
    """Mean over lengths of var g over theory, as universal fluctuations are pooled."""
    steps = np.sqrt(np.array([0.5, 0.3, 0.2]))
    g = (steps * rng.standard_normal((400, 3))).cumsum(axis=1)
    theory = np.array([0.5, 0.8, 1.0])
    found = (estimate.variance(g) / theory).sum() / 3
    return float(found), float(found.error)


def resistance(rng, part):
    """Six plateaus behind 500 ohms, each with the noise that it states."""
    number = np.arange(1, 7)
    g = with_series_resistance(number, 500.0) + 0.005 * rng.standard_normal(6)
    found = getattr(series_resistance(Plateaus(number, independent(g, 0.005))), part)
    return found.values, found.error


def flat(rng, gates, wx):
    """Three plateaus of a rounded staircase, so many gates each, with independent noise."""
    levels = 0.14 * (np.arange(6) + 0.5)
    g = saddle_conductance(np.linspace(0, 0.65, round(gates * 0.65 / 0.14)), levels, wx)
    found = plateaus(g + 0.002 * rng.standard_normal(len(g)))
    return (found.g.values - found.channels)[:3], found.g.error[:3]


def plateau_case(gates, wx, *, slow=False):
    return Case(
        "plateau",
        "noise and slope of the middle half",
        f"{gates} gates with independent noise, steps rounded by {wx / 0.14:.2f} of their distance",
        lambda rng: flat(rng, gates, wx),
        0.0,
        safe="the slope of a rounded plateau counts in full",
        slow=slow,
    )


def step(rng, noise, samples=0):
    """The first three steps of a saddle; noise of each gate, or samples whose barrier moves."""
    gate, levels = np.linspace(0, 0.45, 97), 0.1 * (np.arange(6) + 0.5)
    g = saddle_conductance(gate, levels, 0.04)
    if not samples:
        found = steps(gate, g + noise * rng.standard_normal(len(g)), 3)
        return (found.values - levels[:3]) / 0.1, found.error / 0.1
    g = saddle_conductance(gate - noise * rng.standard_normal((samples, 1)), levels, 0.04)
    found = steps(gate, estimate.mean(g), 1)
    return found.values[0] - levels[0], found.error[0]


LONG = 20 * np.array([1.5, 3, 3.9, 5, 6, 8, 10, 13, 16.5, 20])
PLACES = np.arange(4.0, 21, 2)


def spread(rng, offsets, realizations):
    """Curves of wires with these offsets, each scaled by its own fit of xi."""
    curves = []
    for put in offsets:
        ln_g = nested(rng, realizations, LONG, 20.0) + put
        xi = estimate.fit_localization(ln_g, LONG).localization_length
        curves.append(estimate.at_scaled_lengths(LONG, estimate.mean(ln_g), xi, PLACES))
    found = estimate.squared_spread(estimate.stack(curves))
    return found.values, found.error


def squared_spread(offsets):
    lines = np.array(offsets)[:, None] - 2 * np.arange(4.0, 21, 2)[:8]
    return float((lines.var(axis=0, ddof=1) / lines.mean(axis=0) ** 2).mean())


WIDE = scattering_rates(Square(40), 1.16, 2.5, 0.004)
DIFFUSIVE = np.array([20.0, 60.0, 90.0, 130.0])


def diffusive(rng):
    """Conductances of DMPK with l = 7 and the contact of the modes, correlated across lengths."""
    s, contact = DIFFUSIVE / 7, golden_rule_wire(WIDE)[1]
    g = conductance_moments(s, WIDE.channels, 1).mean
    g = g + WIDE.channels * (1 / (s + contact) - 1 / (s + 1))
    noise = 0.25 * rng.standard_normal((200, 4)) + 0.25 * rng.standard_normal((200, 1))
    found = diffusive_mean_free_path(g + noise, DIFFUSIVE, WIDE, 1)
    return float(found), float(found.error)


OFFSETS = (0.0, 0.5, 1.0, 1.6)

CASES = [
    Case(
        "slope",
        LEAST_SQUARES,
        "8 nested lengths, 18 realizations",
        lambda rng: slope(rng, 18),
        -0.1,
        degrees=11,
    ),
    Case(
        "slope",
        LEAST_SQUARES,
        "8 nested lengths, 60 realizations",
        lambda rng: slope(rng, 60),
        -0.1,
        degrees=53,
    ),
    Case(
        "slope",
        LEAST_SQUARES,
        "8 nested lengths, 500 realizations",
        lambda rng: slope(rng, 500),
        -0.1,
    ),
    Case(
        "slope",
        "shares, given weights",
        "8 nested lengths, 60 realizations, equal weights",
        lambda rng: slope(rng, 60, np.eye(8)),
        -0.1,
        degrees=59,
    ),
    Case(
        "localization length",
        f"{LEAST_SQUARES}, window from the fit",
        "1.5 to 30 ξ, 300 realizations",
        lambda rng: localization(rng, "localization_length"),
        20.0,
    ),
    Case(
        "localization length",
        f"{LEAST_SQUARES}, window from the fit",
        "1.5 to 30 ξ, 40 realizations",
        lambda rng: localization(rng, "localization_length", 40),
        20.0,
        degrees=32,
    ),
    Case(
        "offset of ⟨ln g⟩",
        f"{LEAST_SQUARES}, window from the fit",
        "1.5 to 30 ξ, 300 realizations",
        lambda rng: localization(rng, "offset"),
        0.0,
        slow=True,
    ),
    Case(
        "slope of var(ln g)",
        "shares, weights of a Gaussian",
        "from 8 ξ on, 300 realizations",
        variance_slope,
        2.0,
    ),
    Case(
        "ratio of ξ in a field",
        LEAST_SQUARES,
        "common disorder, 300 realizations",
        field_ratio,
        0.5,
        slow=True,
    ),
    Case("γ₂ / γ₁", LEAST_SQUARES, "correlated exponents, 200 realizations", crystallization, 2.0),
    Case(
        "mean free path",
        "Gauss–Newton shares, weights of a walk",
        "reflections that add up, 100 realizations",
        mean_free_path,
        PATH,
        degrees=99,
        slow=True,
    ),
    Case(
        "var g over theory, mean over lengths",
        "shares",
        "three nested lengths, 400 realizations",
        average_of_variances,
        1.0,
    ),
    Case(
        "resistance in series",
        "weighted least squares, inflated by √χ² if that is above 1",
        "six plateaus with known noise",
        lambda rng: resistance(rng, "ohms"),
        500.0,
        safe="inflated where the plateaus fit worse than stated, never deflated",
    ),
    Case(
        "slope of R against 1/N",
        "weighted least squares, inflated by √χ² if that is above 1",
        "six plateaus with known noise",
        lambda rng: resistance(rng, "quantum"),
        1 / CONDUCTANCE_QUANTUM_SIEMENS,
        safe="inflated where the plateaus fit worse than stated, never deflated",
    ),
    plateau_case(20, 0.02, slow=True),
    plateau_case(20, 0.05, slow=True),
    plateau_case(50, 0.02),
    plateau_case(50, 0.05, slow=True),
    plateau_case(200, 0.02, slow=True),
    plateau_case(200, 0.05, slow=True),
    plateau_case(430, 0.02, slow=True),
    plateau_case(430, 0.05, slow=True),
    Case(
        "position of a step",
        "local fit, noise from what it leaves",
        "97 gates with independent noise of 0.1",
        lambda rng: step(rng, 0.1),
        0.0,
        slow=True,
    ),
    Case(
        "position of a step",
        "local fit, noise from what it leaves",
        "97 gates with independent noise of 0.005",
        lambda rng: step(rng, 0.005),
        0.0,
        safe="what the cubic leaves of a sharp step counts as noise",
    ),
    Case(
        "position of a step",
        "local fit, shares of the realizations",
        "97 gates, 200 samples whose barrier moves",
        lambda rng: step(rng, 0.01, 200),
        0.0,
        slow=True,
    ),
    Case(
        "squared spread of a collapse",
        "shares of all curves; the square of the noise",
        "four offsets, 2000 realizations",
        lambda rng: spread(rng, OFFSETS, 2000),
        squared_spread(OFFSETS),
        slow=True,
    ),
    Case(
        "squared spread of a collapse",
        "shares of all curves; the square of the noise",
        "six equal curves, 400 realizations",
        lambda rng: spread(rng, (1.0,) * 6, 400),
        0.0,
        safe="noise counts in full where nothing else makes a spread",
        slow=True,
    ),
    Case(
        "mean free path of diffusive wires",
        "least squares with the covariance of the lengths, DMPK with the l that comes out",
        "DMPK, l = 7, correlated lengths, 200 realizations",
        diffusive,
        7.0,
        slow=True,
    ),
]
