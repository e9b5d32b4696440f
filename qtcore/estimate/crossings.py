"""Where curves of neighbouring sizes cross, and on which side they would if they do not."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate, exact, stack
from qtcore.estimate.missing import Missing

DEGREE = 3
"""Of the polynomial that the difference of two curves is, if there are points enough."""

_SHOWS = 2.0
"""A trend below so many of its errors shows no side."""


@dataclass(frozen=True)
class Crossings:
    """Where curves of neighbouring sizes cross.

    Attributes
    ----------
    sizes : (pair, 2) float array
        The two sizes, increasing.
    place, height : Estimate (pair,)
        Where they cross, and what both have there; NaN for those that do not cross.
    whys : tuple of str
        Why a pair has no crossing, and on which side it lies; "" for those that have one.
    """

    sizes: Array
    place: Estimate
    height: Estimate
    whys: tuple[str, ...]


def size_crossings(
    tuning: ArrayLike, sizes: ArrayLike, y: Estimate, degree: int = DEGREE
) -> Crossings:
    """Return where curves of neighbouring sizes cross, with errors.

    The difference of two curves is fitted by a polynomial; its zero is the crossing. If there are several,
    the one that noise moves least is taken.

    Parameters
    ----------
    tuning : (n,) float array
        What is tuned through the transition; two different values at least.
    sizes : (size,) float array
        Two at least, all different.
    y : Estimate (size, n)
        The curves. Points without a value or error do not count.
    degree : int
        Of the polynomial; lower where there are not more points.

    Raises
    ------
    InputError
        If shapes do not belong together, or the degree is below 1.
    Missing
        If there are fewer than two sizes, or no two curves cross: the message says on which side of the
        values the crossing lies.
    """
    x, M = np.asarray(tuning, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    if x.ndim != 1 or M.ndim != 1 or y.shape != (len(M), len(x)):
        raise InputError(
            f"curves are (size, tuning), here {(len(M), len(x))} for the sizes and values given, got {y.shape}"
        )
    if degree < 1:
        raise InputError(f"the degree of a difference of curves must be at least 1, got {degree}")
    if len(np.unique(M)) < 2:
        raise Missing(f"a crossing takes curves of at least two sizes, got {len(np.unique(M))}")
    order = np.argsort(M)
    pairs = np.stack([order[:-1], order[1:]], axis=1)
    found = [_of_pair(x, M[[i, j]], y[int(i)], y[int(j)], degree) for i, j in pairs]
    whys = tuple(one if isinstance(one, str) else "" for one in found)
    if all(whys):
        raise Missing(whys[-1])
    none = (exact(np.nan), exact(np.nan))
    places, heights = zip(*(none if isinstance(one, str) else one for one in found), strict=True)
    return Crossings(M[pairs], stack(places), stack(heights), whys)


def side_of_crossing(x: Array, M: Array, y: Estimate) -> str:
    """Return on which side of the values the curves of all sizes would cross.

    Parameters
    ----------
    x, M : (n,) float arrays
        What is tuned, and the sizes, of all points.
    y : Estimate (n,)

    Returns
    -------
    str
        A sentence. The change with the size, d y / d ln M, is taken as a straight line in x.
    """
    centre, half = (x.max() + x.min()) / 2, max((x.max() - x.min()) / 2, 1e-300)
    u, log_size = (x - centre) / half, np.log(M / np.exp(np.log(M).mean()))
    design = np.stack([np.ones(len(u)), u, u**2, log_size, log_size * u], axis=1)
    weights = 1 / y.error
    change = y.linear(np.linalg.pinv(design * weights[:, None]) * weights)[3:]
    return _side(x, float(change.values[0]), change[1], f"{M.min():g} to {M.max():g}")


def _side(x: Array, middle: float, trend: Estimate, which: str) -> str:
    """Return on which side middle + trend u is zero, with u from -1 to 1 over the values."""
    start = f"the curves of sizes {which} do not cross between {x.min():g} and {x.max():g}"
    slope, error = float(trend.values), float(trend.error)
    if not abs(slope) > _SHOWS * error:
        return (
            f"{start}, and nothing shows on which side they do: their difference changes by less "
            "than its errors; take values over a wider range, or more realizations"
        )
    above = (middle > 0) != (slope > 0)
    side, edge = ("above", x.max()) if above else ("below", x.min())
    return f"{start}: their difference falls towards values {side} {edge:g}; take such values"


def _of_pair(
    x: Array, sizes: Array, small: Estimate, large: Estimate, degree: int
) -> tuple[Estimate, Estimate] | str:
    """Return place and height of a crossing, or why there is none."""
    difference, middle = large - small, (large + small) / 2
    errors = difference.error
    there = np.isfinite(difference.values) & np.isfinite(errors) & (errors > 0)
    which = f"{sizes[0]:g} and {sizes[1]:g}"
    if len(np.unique(x[there])) < 2:
        return f"the curves of sizes {which} have fewer than two points in common"
    x, difference, middle, errors = x[there], difference[there], middle[there], errors[there]
    centre, half = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2
    u = (x - centre) / half
    powers = np.arange(min(degree, len(np.unique(x)) - 1) + 1)
    estimator = np.linalg.pinv(u[:, None] ** powers / errors[:, None]) / errors
    curve = Polynomial(estimator @ difference.values)
    roots = curve.roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    inside = real[np.abs(real) <= 1 + 1e-9]
    if not len(inside):
        line = np.linalg.pinv(u[:, None] ** np.arange(2) / errors[:, None]) / errors
        straight = difference.linear(line)
        return _side(x, float(straight.values[0]), straight[1], which)
    rows = (inside[:, None] ** powers) @ estimator
    noise = np.sqrt(((rows @ difference.shares.T) ** 2).sum(axis=1))
    best = int(np.argmin(noise / np.abs(curve.deriv()(inside))))
    root, row = float(inside[best]), rows[best]
    count = float(min(difference.counts.min(), middle.counts.min()))
    moved = difference.shares @ row / -float(curve.deriv()(root))
    place = Estimate(centre + half * root, half * moved, count, folded=difference.folded)
    heights = Polynomial(estimator @ middle.values)
    shares = middle.shares @ row + float(heights.deriv()(root)) * moved
    return place, Estimate(float(heights(root)), shares, count, folded=middle.folded)
