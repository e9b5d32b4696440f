"""Where curves of neighbouring sizes cross, and on which side they would if they do not."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief, listed
from qtcore.estimate.estimate import Array, Estimate, exact, stack
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.missing import Missing

DEGREE = 3
"""Of the polynomial that the difference of two curves is, if there are points enough."""

_SHOWS = 2.0
"""A trend below so many of its errors shows no side."""

FEWEST_ERRORS = 3.0
"""Below so many of its errors from end to end of the values, the trend of a difference shows no crossing. Noise of a cubic then
makes slopes of its own, and the intervals of 95 % around its zeros hold the truth in 60 to 90 % of cases."""


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
    it is one at which the difference changes as over all values, if there is such a one, and of these the one that noise moves least. The error is the distance to the further one of the two places, on both sides, where the
    difference is as large as its error there, as far as they lie inside the values (E. C. Fieller, J. R. Stat. Soc. B 16, 175 (1954)). It is noise over slope
    where the slope is well known, and larger otherwise. A difference whose trend does not exceed three of its errors has no crossing: noise would
    decide where.

    Parameters
    ----------
    tuning : (n,) float array
        What is tuned through the transition; two different values at least.
    sizes : (size,) float array
        Two at least, positive, all different.
    y : Estimate (size, n)
        The curves. Points without a value or error do not count.
    degree : int
        Of the polynomial; lower where there are not more points.

    Raises
    ------
    InputError
        If shapes do not belong together, tuning or sizes are no finite numbers, a size is given twice, or the degree is no
        whole number from 1 on.
    Missing
        If there are fewer than two sizes, or no two curves cross: the message says on which side of the
        values the crossing lies.
    """
    x, M = (
        numbers(tuning, "the tuning of curves that cross", ndim=1),
        numbers(sizes, "sizes", ndim=1),
    )
    if not len(x):
        raise Missing("a crossing takes curves at two different values at least, got none")
    y = estimate_of(y, "the curves that cross", (len(M), len(x)), "(size, tuning)")
    if degree < 1 or degree % 1:
        raise InputError(
            f"the degree of a difference of curves must be a whole number, at least 1, got {brief(degree)}"
        )
    different, times = np.unique(M, return_counts=True)
    if (times > 1).any() or not (M > 0).all():
        raise InputError(
            f"the sizes of curves that cross are positive and all different, got {listed(M.tolist())}; "
            "curves of one size go into one, as with `estimate.pool`"
        )
    if len(different) < 2:
        raise Missing(f"a crossing takes curves of at least two sizes, got {len(different)}")
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
    """Return on which side of the values the curves of all sizes would cross, or where they do.

    Parameters
    ----------
    x, M : (n,) float arrays
        What is tuned, and the sizes, of all points.
    y : Estimate (n,)

    Returns
    -------
    str
        A sentence. Where the change with the size, d y / d ln M, has no two signs that its errors allow, it is taken as a
        straight line in x.
    """
    which = f"{M.min():g} to {M.max():g}"
    log_size = np.log(M / np.exp(np.log(M).mean()))
    there = _where_signs_change(x, log_size, y)
    if there is not None:
        return (
            f"the curves of sizes {which} do cross, between {there[0]:g} and {there[1]:g}: the form that was fitted does not "
            "follow them; take other orders, or values nearer to the crossing"
        )
    centre, half = (x.max() + x.min()) / 2, max((x.max() - x.min()) / 2, 1e-300)
    u = (x - centre) / half
    design = np.stack([np.ones(len(u)), u, u**2, log_size, log_size * u], axis=1)
    weights = 1 / y.error
    change = y.linear(np.linalg.pinv(design * weights[:, None]) * weights)[3:]
    return _side(x, float(change.values[0]), change[1], which)


def _where_signs_change(x: Array, log_size: Array, y: Estimate) -> tuple[float, float] | None:
    """Return two values between which y turns its change with the size; None if its errors show no two signs."""
    places, changes = [], []
    for place in np.unique(x):
        here = x == place
        if len(np.unique(log_size[here])) < 2:
            continue
        weights = 1 / y[here].error
        design = np.stack([np.ones(int(here.sum())), log_size[here]], axis=1)
        change = y[here].linear(np.linalg.pinv(design * weights[:, None]) * weights)[1]
        if abs(float(change)) > _SHOWS * float(change.error):
            places.append(float(place))
            changes.append(float(change))
    turns = np.flatnonzero(np.diff(np.sign(changes)))
    return (places[turns[0]], places[turns[0] + 1]) if len(turns) == 1 else None


def _side(x: Array, middle: float, trend: Estimate, which: str) -> str:
    """Return on which side middle + trend u is zero, with u from -1 to 1 over the values."""
    start = f"the curves of sizes {which} do not cross between {x.min():g} and {x.max():g}"
    slope, error = float(trend), float(trend.error)
    if not abs(slope) > max(_SHOWS * error, abs(middle) * _ROUNDING):
        return (
            f"{start}, and nothing shows on which side they do: their difference changes by less "
            "than its errors; take values over a wider range, or more realizations"
        )
    above = (middle > 0) != (slope > 0)
    side, edge = ("above", x.max()) if above else ("below", x.min())
    return f"{start}: their difference falls towards values {side} {edge:g}; take such values"


_ROUNDING = 1e-12
"""A trend that is smaller than this part of the difference itself is rounding."""


def _of_pair(
    x: Array, sizes: Array, small: Estimate, large: Estimate, degree: int
) -> tuple[Estimate, Estimate] | str:
    """Return place and height of a crossing, or why there is none."""
    difference, middle = large - small, (large + small) / 2
    errors = difference.error
    there = np.isfinite(difference.values) & np.isfinite(errors) & (errors > 0)
    which = f"{sizes[0]:g} and {sizes[1]:g}"
    if len(np.unique(x[there])) < 2:
        return (
            f"the curves of sizes {which} have values with an error at fewer than two values of what is tuned "
            f"({int(there.sum())} of {len(x)} points)"
        )
    x, difference, middle, errors = x[there], difference[there], middle[there], errors[there]
    centre, half = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2
    u = (x - centre) / half
    powers = np.arange(min(degree, len(np.unique(x)) - 1) + 1)
    estimator = np.linalg.pinv(u[:, None] ** powers / errors[:, None]) / errors
    line = np.linalg.pinv(u[:, None] ** np.arange(2) / errors[:, None]) / errors
    straight = difference.linear(line)
    curve = Polynomial(estimator @ difference.values)
    roots = curve.roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    slopes = curve.deriv()(real)
    kept = (np.abs(real) <= 1 + 1e-9) & (slopes != 0)
    if not kept.any():
        return _side(x, float(straight.values[0]), straight[1], which)
    # A zero whose slope is against the trend is made by noise, or is one of several.
    along = kept & (slopes * float(straight[1]) > 0)
    kept = along if along.any() else kept
    inside, slopes = real[kept], slopes[kept]
    rows = (inside[:, None] ** powers) @ estimator
    noise = np.sqrt(((rows @ difference.shares.T) ** 2).sum(axis=1))
    best = int(np.argmin(noise / np.abs(slopes)))
    root, row, slope = float(inside[best]), rows[best], float(slopes[best])
    wider = _wider(curve, estimator @ difference.shares.T, root, float(noise[best] / abs(slope)))
    if wider is None or not abs(float(straight[1])) > FEWEST_ERRORS * float(straight[1].error):
        return (
            f"noise decides where the curves of sizes {which} cross between {x.min():g} and {x.max():g}: the trend of their "
            f"difference over these values is {2 * straight[1]}, and must exceed {FEWEST_ERRORS:g} of its errors; compute more "
            "realizations, or take values over a wider range"
        )
    count = float(min(difference.counts.min(), middle.counts.min()))
    moved = difference.shares @ row * (-wider / slope)
    place = Estimate(centre + half * root, half * moved, count, folded=difference.folded)
    heights = Polynomial(estimator @ middle.values)
    shares = middle.shares @ row + float(heights.deriv()(root)) * moved
    return place, Estimate(float(heights(root)), shares, count, folded=middle.folded)


def _wider(curve: Polynomial, shares: Array, root: float, error: float) -> float | None:
    """Return the error of a zero over noise / slope; None if nothing inside -1 to 1 bounds the zero.

    Parameters
    ----------
    curve : Polynomial
        The difference, of u from -1 to 1.
    shares : (degree + 1, realization) float array
        Of its coefficients.
    root, error : float
        The zero, and noise / slope there.
    """
    covariance = shares @ shares.T
    powers = np.arange(len(shares))
    squares = np.bincount(np.add.outer(powers, powers).ravel(), covariance.ravel())
    # In units of the error around the zero, where both polynomials are of order 1.
    near = Polynomial([root, error])
    ends = (curve(near) ** 2 - Polynomial(squares)(near)).roots()
    ends = ends[np.abs(ends.imag) < 1e-6].real
    low, high = ends[ends < 0].max(initial=-np.inf), ends[ends > 0].min(initial=np.inf)
    bounds = [abs(end) for end in (low, high) if abs(root + error * end) <= 1]
    return max(1.0, *bounds) if bounds else None
