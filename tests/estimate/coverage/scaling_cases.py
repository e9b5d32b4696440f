"""Finite-size scaling, crossings, powers, curves on one another."""

from functools import cache

import numpy as np

from qtcore import estimate
from qtcore.estimate import ScalingOrders, independent, mean
from qtcore.estimate.scaling_function import Expansion, Form

from .harness import Case

SHARES = "Gauss–Newton shares, weights of the single errors"

STRENGTHS, SIZES = np.linspace(15.0, 18.0, 16), np.array([4.0, 6.0, 8.0, 10.0, 12.0])
X, M = (grid.ravel() for grid in np.meshgrid(STRENGTHS, SIZES, indexing="ij"))
TRUTH = {
    "critical": 16.54, "nu": 1.57, "y": -2.8, "a00": np.log(0.576), "a10": -1.2, "a20": 0.2,
    "a01": 0.9, "a11": 0.3, "b2": 0.3,
}  # fmt: skip
CORRECTED, BARE = ScalingOrders(2, 1, 2, 0), ScalingOrders(2, 0, 1, 0)


@cache
def law(orders):
    """Return ln Λ of the points (n,), by an expansion."""
    expansion = Expansion(orders, Form(), X, M)
    return expansion.value(expansion.parameters(TRUTH))


def corrected(rng, name, orders=CORRECTED):
    """80 points to 0.1 %, with an irrelevant variable."""
    y = independent(law(CORRECTED) + 1e-3 * rng.standard_normal(80), 1e-3)
    found = estimate.fit_scaling(X, M, y, orders).parameter(name)
    return float(found), float(found.error)


def averaged(rng, name):
    """80 points to 0.1 %, and terms of the expansion that are too small to be told from nothing."""
    a20, a30, a11, b2, b3 = rng.standard_normal(5) * [0.2, 0.05, 0.3, 0.5, 0.3]
    terms = TRUTH | {"a20": a20, "a30": a30, "a11": a11, "b2": b2, "b3": b3}
    expansion = Expansion(ScalingOrders(3, 1, 3, 0), Form(), X, M)
    truth = expansion.value(
        expansion.parameters({one: terms[one] for one in expansion.names if one in terms})
    )
    y = independent(truth + 1e-3 * rng.standard_normal(80), 1e-3)
    orders = [ScalingOrders(n, 1, m, 0) for n in (2, 3) for m in (2, 3)]
    found = estimate.average_expansions(estimate.fit_scaling(X, M, y, orders), name)
    return float(found), float(found.error)


def of_bars(rng, name):
    """80 points of 64 bars each; half of the noise of a bar is common to all strengths."""
    common, own = rng.standard_normal((64, 1, 5)), rng.standard_normal((64, 16, 5))
    noise = 0.016 * np.sqrt(0.5) * (common + own)
    y = mean(law(BARE) + noise.reshape(64, 80))
    found = estimate.fit_scaling(X, M, y, BARE).parameter(name)
    return float(found), float(found.error)


def hall(rng):
    """A transition at 0 by symmetry, alike on both sides."""
    x = np.repeat(np.linspace(-0.1, 0.1, 11), 4)
    sizes = np.tile([16.0, 32.0, 64.0, 128.0], 11)
    truth = 0.8 + 0.5 * (x * sizes ** (1 / 2.6)) ** 2
    y = independent(truth + 2e-3 * rng.standard_normal(44), 2e-3)
    found = estimate.fit_scaling(
        x, sizes, y, ScalingOrders(2), critical=0.0, unit=1.0, even=True
    ).nu
    return float(found), float(found.error)


def crossing(rng, part):
    """The curves of two sizes, with bent differences, of common realizations."""
    x = np.linspace(-1, 1, 9)
    lines = np.stack([0.4 - 0.3 * (x - 0.2), 0.4 - 0.6 * (x - 0.2) - 0.1 * (x - 0.2) ** 3])
    noise = rng.standard_normal((200, 1, 9)) + rng.standard_normal((200, 2, 9))
    found = estimate.size_crossings(x, [4, 8], mean(lines + 0.3 * noise))
    one = getattr(found, part)
    return one.values[0], one.error[0]


LENGTHS = np.array([16.0, 24, 32, 48, 64, 96, 128])


def power(rng, constant):
    """var ln g of squares, each of its own 3000 samples."""
    truth = 2.0 * LENGTHS ** (2 / 3) + (-3.0 if constant else 0.0)
    y = independent(truth * (1 + 0.025 * rng.standard_normal(7)), 0.025 * truth)
    found = estimate.fit_power(LENGTHS, y, constant=constant).exponent
    return float(found), float(found.error)


def flow(rng):
    """d ln g / d ln L of g ~ 1/L, with common noise."""
    g = 10 / LENGTHS * np.exp(0.05 * rng.standard_normal((200, 1)))
    g = g * (1 + 0.1 * rng.standard_normal((200, 7)))
    found = estimate.logarithmic_slope(LENGTHS, mean(g))[1]
    return found.values[2], found.error[2]


XI = np.array([2.0, 4.0, 8.0, 16.0, 32.0])
WIDTHS = np.array([4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0])


def ratios():
    """Return ln Λ (strength, width) with z = ln M/ξ = −ln Λ − Λ/2: localized ones are exact."""
    ln_ratio = np.linspace(-4.5, 2.5, 4001)
    z = -ln_ratio - 0.5 * np.exp(ln_ratio)
    places = np.log(WIDTHS / XI[:, None])
    return np.interp(-places, -z, ln_ratio)


def common_curve(rng, part):
    """35 points to 0.5 %."""
    ln_ratio = ratios()
    noise = 0.005 * rng.standard_normal(35)
    y = independent(ln_ratio.ravel() + noise, 0.005).reshape(5, 7)
    found = getattr(estimate.fit_common_curve(WIDTHS, y), part)
    number = found[3] if part == "relative" else np.log(found[3])
    return float(number), float(number.error)


CASES = [
    Case(
        "critical strength by finite-size scaling",
        SHARES,
        "80 points to 0.1 %, with an irrelevant variable",
        lambda rng: corrected(rng, "critical"),
        16.54,
        slow=True,
    ),
    Case(
        "exponent ν by finite-size scaling",
        SHARES,
        "80 points to 0.1 %, with an irrelevant variable",
        lambda rng: corrected(rng, "nu"),
        1.57,
        slow=True,
    ),
    Case(
        "exponent ν averaged over expansions",
        "average of profiles",
        "80 points to 0.1 %, with an irrelevant variable and small terms",
        lambda rng: averaged(rng, "nu"),
        1.57,
        slow=True,
    ),
    Case(
        "exponent ν by finite-size scaling",
        SHARES,
        "80 points of 64 bars that have half of their noise in common",
        lambda rng: of_bars(rng, "nu"),
        1.57,
        degrees=63,
        slow=True,
    ),
    Case(
        "Λ_c by finite-size scaling",
        SHARES,
        "80 points of 64 bars that have half of their noise in common",
        lambda rng: of_bars(rng, "a00"),
        np.log(0.576),
        degrees=63,
        slow=True,
    ),
    Case(
        "exponent ν by finite-size scaling",
        SHARES,
        "44 points on both sides of a transition at 0",
        hall,
        2.6,
    ),
    Case(
        "crossing of two sizes",
        "shares, cubic through the difference",
        "common realizations, 200 of them",
        lambda rng: crossing(rng, "place"),
        0.2,
    ),
    Case(
        "height of a crossing",
        "shares, cubic through the difference",
        "common realizations, 200 of them",
        lambda rng: crossing(rng, "height"),
        0.4,
    ),
    Case(
        "exponent of a power",
        SHARES,
        "seven lengths to 2.5 %",
        lambda rng: power(rng, constant=False),
        2 / 3,
    ),
    Case(
        "exponent of a power with a constant",
        SHARES,
        "seven lengths to 2.5 %",
        lambda rng: power(rng, constant=True),
        2 / 3,
    ),
    Case("d ln g / d ln L", "shares", "nested noise, 200 realizations", flow, -1.0),
    Case(
        "ln ξ relative to another one",
        f"{SHARES}, spline",
        "35 points to 0.5 % on a common curve",
        lambda rng: common_curve(rng, "relative"),
        np.log(8),
        slow=True,
    ),
    Case(
        "ln ξ by a common curve",
        f"{SHARES}, spline; line through localized points",
        "35 points to 0.5 % on a common curve",
        lambda rng: common_curve(rng, "lengths"),
        np.log(16),
        slow=True,
    ),
]
