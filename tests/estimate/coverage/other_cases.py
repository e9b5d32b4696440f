"""Half widths, level spacings, Lyapunov exponents, running estimates, rounds towards a precision."""

import math

import numpy as np
import scipy.sparse

import qtcore as qt
from qtcore.estimate import correlation, distances, half_width, stack
from qtcore.estimate.forgetting import Forgetting, power_law
from qtcore.observe import level_spacing_ratio
from qtcore.solve.lyapunov import lyapunov
from qtcore.solve.polynomial import density_of_states
from qtcore.sweep.precision import Precision, mean_and_error, next_count
from qtcore.sweep.running_estimate import Moments
from qtcore.theory.universal import energy_correlation, rectangle_field_correlation

from .harness import Case

RULER = 2e-4 * np.array((0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50))
FIELDS = 2.6e-5 * np.array((0, 1, 3, 6, 13, 20, 27, 31, 35, 36))
LOCAL = "shares through correlation, local fit and crossing"


def lorentz(x):
    return 1 / (1 + x**2)


def gauss(x):
    return np.exp(-math.log(2) * x**2)


def exponential(x):
    return np.exp(-math.log(2) * x)


def diffuson(x):
    return energy_correlation(7.729 * x)


def squares(x):
    """The diffuson of a square in a field, by interpolation; half at x = 1."""
    return np.interp(x * _HALF, _FLUX, _CURVE)


_FLUX = np.linspace(0, 6, 61)
_CURVE = np.array([rectangle_field_correlation(float(q), 2.0) for q in _FLUX])
_HALF = float(np.interp(-0.5, -_CURVE, _FLUX))


def fluctuating(shape, marks, half):
    """Return a root of the covariance of g at the marks."""
    matrix = shape(np.abs(marks - marks[:, None]) / half)
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.clip(values, 0, None))


def width_case(name, shape, marks, half, realizations, grid, *, slow=False):
    root = fluctuating(shape, marks, half)

    def draw(rng):
        g = rng.standard_normal((realizations, len(marks))) @ root.T
        found = half_width(distances(marks), correlation(marks, g))
        return float(found), float(found.error)

    return Case(
        "half width of a correlation",
        LOCAL,
        f"{name}, {realizations} realizations, {grid}",
        draw,
        half,
        slow=slow,
    )


_LORENTZ = fluctuating(lorentz, RULER, 0.0035)


def correlated(rng):
    curve = correlation(RULER, rng.standard_normal((200, len(RULER))) @ _LORENTZ.T)
    there = int(np.argmin(np.abs(distances(RULER) - 0.0026)))
    return curve.values[there], curve.error[there]


_LENGTHS = np.array([1.0, 1.4, 2.0, 2.8])
_THOULESS = Forgetting(
    np.ones((1, 4)), _LENGTHS**-2, np.zeros(4), np.full(4, True), _LENGTHS, _LENGTHS
)
_ROOTS = [fluctuating(lorentz, RULER, 0.0012 * (2.0 / L) ** 2) for L in _LENGTHS]


def power(rng):
    """Half widths that go as L⁻², of correlated samples: as the power of ΔE½ is found."""
    common = rng.standard_normal((200, len(RULER)))
    found = []
    for root in _ROOTS:
        own = 0.7 * common + math.sqrt(0.51) * rng.standard_normal(common.shape)
        found.append(half_width(distances(RULER), correlation(RULER, own @ root.T)))
    exponent = power_law(stack(found), _THOULESS)
    return float(exponent), float(exponent.error)


def poisson(rng, shape):
    return level_spacing_ratio(rng.exponential(1.0, shape).cumsum(axis=-1))


def orthogonal(rng):
    H = rng.standard_normal((30, 20, 20))
    return level_spacing_ratio(np.linalg.eigvalsh(H + H.swapaxes(1, 2)))


CHAIN = qt.Wire(qt.Chain(), qt.Cauchy(0.5))
ENERGY = 0.4
_SITES = np.random.default_rng(1).uniform(-1, 1, 100)
RING = scipy.sparse.csr_array(
    np.diag(_SITES) + np.roll(np.eye(100), 1, axis=0) + np.roll(np.eye(100), -1, axis=0)
)
_LLOYD = math.acosh(sum(math.hypot(2 + s * ENERGY, 0.5) for s in (1, -1)) / 4)


def exponent(rng):
    found = lyapunov(CHAIN, ENERGY, 16 * 60, range(8), int(rng.integers(2**31)))
    return found.exponents[0], found.errors[0]


def localization_length(rng):
    return lyapunov(CHAIN, ENERGY, 16 * 200, range(8), int(rng.integers(2**31))).localization_length


def kernel_polynomials(rng):
    """Density of states of one disordered ring of 100 sites; random vectors are what is drawn."""
    found = density_of_states(RING, [0.3], moments=16, vectors=8, seed=int(rng.integers(2**31)))
    return found.values, found.errors


def running(rng):
    samples = rng.standard_normal(100)
    moments = Moments(100, float(samples.sum()), float((samples**2).sum()))
    return moments.mean, moments.error


def stored(rng):
    samples = rng.standard_normal((100, 200))
    samples[rng.random(samples.shape) < 0.1] = np.nan
    return mean_and_error(samples)


def rounds(rng, draw, error, relative):
    """Compute in rounds of whole blocks of 16 until the goal is reached."""
    goal = Precision(error=error, relative=relative, most=10**6, variable="x")
    samples = draw(rng, 64)
    while True:
        value, spread = mean_and_error(samples[:, None])
        standing = goal.standing(value, spread, len(samples))
        count = next_count(standing, 10**6, 16)
        if count == len(samples):
            return value, spread
        samples = np.append(samples, draw(rng, count - len(samples)))


ROUNDS = "spread over √R of the last round"

CASES = [
    width_case("Lorentz", lorentz, RULER, 0.0035, 800, "sparse ruler"),
    width_case("Lorentz", lorentz, np.linspace(1.16, 1.17, 12), 0.0035, 800, "12 even energies"),
    width_case("Lorentz", lorentz, RULER, 0.0035, 200, "sparse ruler", slow=True),
    width_case("Lorentz", lorentz, np.linspace(0, 0.01, 6), 0.0035, 200, "6 even energies"),
    width_case("Gauss", gauss, RULER, 0.0035, 3000, "sparse ruler", slow=True),
    width_case("Gauss", gauss, np.linspace(0, 0.01, 31), 0.003, 400, "31 energies", slow=True),
    width_case("Gauss", gauss, RULER, 0.0006, 800, "sparse ruler, its start", slow=True),
    width_case("Gauss", gauss, RULER, 0.008, 800, "sparse ruler, near its end", slow=True),
    width_case("exponential", exponential, RULER, 0.0035, 800, "sparse ruler", slow=True),
    width_case("diffuson in energy", diffuson, RULER, 0.003, 800, "sparse ruler", slow=True),
    width_case("diffuson in energy", diffuson, RULER, 0.002, 200, "sparse ruler"),
    width_case("diffuson in field", squares, FIELDS, 2e-4, 800, "sparse ruler", slow=True),
    Case(
        "correlation",
        "shares of the realizations",
        "Lorentz at 0.7 half widths, 200 realizations",
        correlated,
        1 / (1 + 0.0026**2 / 0.0035**2),
    ),
    Case(
        "power of a half width",
        f"{LOCAL}; line through logarithms, equal weights",
        "four correlated lengths, 200 realizations",
        power,
        -2.0,
        slow=True,
    ),
    Case(
        "ratio of level spacings",
        "shares of the ratios, neighbours together",
        "Poisson, one sample of 400 levels",
        lambda rng: poisson(rng, 400),
        2 * math.log(2) - 1,
    ),
    Case(
        "ratio of level spacings",
        "shares of the ratios, neighbours together",
        "Poisson, 50 samples of 12 levels",
        lambda rng: poisson(rng, (50, 12)),
        2 * math.log(2) - 1,
    ),
    Case(
        "ratio of level spacings",
        "shares of the ratios, neighbours together",
        "orthogonal matrices, 30 samples of 20 levels",
        orthogonal,
        math.nan,
    ),
    Case(
        "Lyapunov exponent",
        "scatter of the blocks of all bars",
        "chain with Cauchy disorder, 8 bars of 16 × 60 slices",
        exponent,
        _LLOYD,
    ),
    Case(
        "ξ from the smallest exponent",
        "scatter of the blocks of all bars",
        "chain with Cauchy disorder, 8 bars of 16 × 200 slices",
        localization_length,
        1 / _LLOYD,
        slow=True,
    ),
    Case(
        "density of states by kernel polynomials",
        "scatter of the random vectors",
        "ring of 100 sites, 8 vectors",
        kernel_polynomials,
        math.nan,
        degrees=7,
        repetitions=2400,
    ),
    Case("running estimate", "sums of squares", "normal, 100 realizations", running, 0.0),
    Case("mean of a stored variable", "spread over √R", "10 % unfinished", stored, 0.0),
    Case(
        "mean after rounds to a goal",
        ROUNDS,
        "normal, absolute goal",
        lambda rng: rounds(rng, lambda r, n: r.standard_normal(n), 0.05, relative=False),
        0.0,
    ),
    Case(
        "mean after rounds to a goal",
        ROUNDS,
        "exponential, goal of 3 %",
        lambda rng: rounds(rng, lambda r, n: r.exponential(1, n), 0.03, relative=True),
        1.0,
    ),
    Case(
        "mean after rounds to a goal",
        ROUNDS,
        "log-normal with variance 1, goal of 4 %",
        lambda rng: rounds(rng, lambda r, n: r.lognormal(0, 1, n), 0.04, relative=True),
        math.exp(0.5),
    ),
]
