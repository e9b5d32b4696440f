"""Scaling with one parameter and no transition: curves that lie on one another when they are shifted.

ln Λ of strips or bars is one function of ln M − ln ξ. Curves of different disorder fix their ξ relative to
each other where they overlap (A. MacKinnon and B. Kramer, Phys. Rev. Lett. 47, 1546 (1981)). Where states are
strongly localized, Λ = ξ/M, with a correction that falls as Λ itself: that fixes the scale.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate, Mask, exact, stack
from qtcore.estimate.fit import fit
from qtcore.estimate.fit_linear import Fit
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.missing import Missing
from qtcore.estimate.scaling import BOUND

KNOTS = (4, 5, 6, 7, 8)
"""So many knots of the common curve are tried."""

LOCALIZED = 0.3
"""Λ below which states count as strongly localized unless told otherwise."""

_START_DEGREE = 4


@dataclass(frozen=True)
class CommonCurve:
    """Curves on one another.

    Attributes
    ----------
    relative : Estimate (tuning,)
        ln ξ less that of the first curve.
    lengths : Estimate (tuning,)
        ξ in the unit of the sizes; NaN if no point is strongly localized.
    why : str
        Why ξ has no scale; "" if it has.
    knots, heights : (knot,) float arrays
        ln M − `relative` and ln Λ of the common curve, a cubic spline between its knots and straight beyond.
    fit : Fit
        With χ², degrees of freedom and the probability of a χ² as large.
    """

    relative: Estimate
    lengths: Estimate
    why: str
    knots: Array
    heights: Array
    fit: Fit

    def value(self, shifted: ArrayLike) -> Array:
        """Return ln Λ of the common curve at ln M − `relative`."""
        z = np.asarray(shifted, dtype=np.float64)
        return np.asarray(_basis(self.knots, z.ravel())[0] @ self.heights).reshape(z.shape)


class _Points(NamedTuple):
    """The points that count: which curve each belongs to, ln M, and ln Λ."""

    curve: NDArray[np.int64]
    log_size: Array
    numbers: Estimate
    curves: int


def fit_common_curve(
    sizes: ArrayLike, ln_ratio: Estimate, localized: float = LOCALIZED
) -> CommonCurve:
    """Shift curves on one another, and return how far.

    The common curve is a spline of the fewest knots whose fit is good (a χ² as large has a
    probability of 0.1 at least), or of those whose probability is largest.

    Parameters
    ----------
    sizes : (size,) float array
        M, positive; two different ones at least.
    ln_ratio : Estimate (tuning, size)
        ln Λ = ln(ξ_M / M), a row for each strength of disorder or energy. Points without a value or
        error do not count.
    localized : float
        Λ up to which points fix the scale, by ln Λ + ln M = ln ξ + b Λ.

    Raises
    ------
    InputError
        If ln Λ is no Estimate, the shapes do not belong together, or a size is not positive.
    Missing
        If there are fewer than two sizes or curves, a curve has no point, curves do not overlap in Λ, or
        points do not suffice.
    """
    ln_ratio = estimate_of(ln_ratio, "ln Λ of curves that are shifted")
    points = _points(numbers(sizes, "sizes", ndim=1, finite=False), ln_ratio)
    shift = _first_shifts(points)
    fits: list[tuple[Array, Fit]] = []
    whys = []
    for count in KNOTS:
        try:
            fits.append(_fit(points, shift, count))
        except Missing as why:
            whys.append(why)
            continue
        if fits[-1][1].probability >= BOUND:
            break
    if not fits:
        raise whys[0]
    good = fits[-1]
    if good[1].probability < BOUND:
        good = max(fits, key=lambda one: one[1].probability)
    knots, found = good
    free = points.curves - 1
    relative = stack([exact(0.0), *found.coefficients[:free]])
    heights = found.coefficients.values[free:]
    scale = _scale(points, relative, localized)
    if isinstance(scale, str):
        return CommonCurve(
            relative, exact(np.full(points.curves, np.nan)), scale, knots, heights, found
        )
    return CommonCurve(relative, np.exp(relative + scale), "", knots, heights, found)


def _points(sizes: Array, y: Estimate) -> _Points:
    if y.ndim != 2 or sizes.shape != y.shape[1:]:
        raise InputError(
            f"curves are (tuning, size) with {sizes.size} sizes here, got the shape {y.shape}"
        )
    if not (sizes > 0).all():
        raise InputError(f"sizes must be > 0, got {sizes.min():g}")
    there = np.isfinite(y.values) & np.isfinite(y.error) & (y.error > 0)
    if not there.any():
        raise Missing(
            "none of the points has a value with an error: all samples are missing or in doubt; "
            "compute more realizations"
        )
    empty = np.flatnonzero(~there.any(axis=1))
    if len(empty):
        raise Missing(
            f"curve {int(empty[0])} (counted from 0) has no point with a value; leave it out"
        )
    curve, size = np.nonzero(there)
    if len(y) < 2 or len(np.unique(size)) < 2:
        raise Missing(
            f"curves are shifted on one another from two sizes and two curves on, got "
            f"{len(np.unique(size))} and {len(y)}; add some"
        )
    numbers = y.reshape(y.size)[np.flatnonzero(there.ravel())]
    points = _Points(curve.astype(np.int64), np.log(sizes[size]), numbers, len(y))
    _refuse_gaps(points)
    return points


def _refuse_gaps(points: _Points) -> None:
    """Raise Missing if curves fall into groups that do not overlap."""
    values = points.numbers.values
    spans = sorted(
        (values[points.curve == n].min(), values[points.curve == n].max())
        for n in range(points.curves)
    )
    reach = spans[0][1]
    for low, high in spans[1:]:
        if low > reach:
            raise Missing(
                f"no curve reaches from Λ = {np.exp(reach):.3g} to {np.exp(low):.3g}, so that nothing "
                "fixes the shift between those below and above; add strengths between, or sizes"
            )
        reach = max(reach, high)


def _first_shifts(points: _Points) -> Array:
    """Return shifts (curve,) for which ln M less the shift is one polynomial of ln Λ."""
    values = points.numbers.values
    middle, half = (values.max() + values.min()) / 2, max(np.ptp(values) / 2, 1e-300)
    degree = min(_START_DEGREE, max(len(values) - points.curves - 1, 1))
    powers = ((values - middle) / half)[:, None] ** np.arange(1, degree + 1)
    design = np.concatenate([_indicator(points), powers], axis=1)
    found, *_ = np.linalg.lstsq(design, points.log_size, rcond=None)
    shifts = found[: points.curves]
    return np.asarray(shifts - shifts[0])


def _indicator(points: _Points) -> Array:
    return np.asarray(points.curve[:, None] == np.arange(points.curves), dtype=np.float64)


def _fit(points: _Points, shift: Array, count: int) -> tuple[Array, Fit]:
    """Return knots, and the fit of shifts and heights."""
    free = points.curves - 1
    if len(points.numbers) <= free + count:
        raise Missing(
            f"{free} shifts and {count} knots of the common curve need more than {free + count} points, "
            f"got {len(points.numbers)}; add sizes or strengths"
        )
    first = points.log_size - shift[points.curve]
    knots = np.quantile(first, np.linspace(0, 1, count))
    knots[1:-1] = 0.5 * (knots[1:-1] + np.linspace(first.min(), first.max(), count)[1:-1])
    if not (np.diff(knots) > 1e-9).all():
        raise Missing("the curves lie on fewer places than the common curve has knots; add sizes")
    weights = 1 / points.numbers.error
    basis = _basis(knots, first)[0]
    heights, *_ = np.linalg.lstsq(
        basis * weights[:, None], points.numbers.values * weights, rcond=None
    )
    indicator = _indicator(points)[:, 1:]

    def places(p: Array) -> Array:
        return np.asarray(points.log_size - indicator @ p[:free])

    def curve(p: Array) -> Array:
        return np.asarray(_basis(knots, places(p))[0] @ p[free:])

    def slope(p: Array) -> Array:
        value, steep = _basis(knots, places(p))
        return np.concatenate([-(steep @ p[free:])[:, None] * indicator, value], axis=1)

    start = [*shift[1:].tolist(), *heights.tolist()]
    return knots, fit(curve, points.numbers, start, slope=slope)


def _basis(knots: Array, z: Array) -> tuple[Array, Array]:
    """Return values and slopes (n, knot) of the natural splines that are 1 at one knot."""
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")
    inside = np.clip(z, knots[0], knots[-1])
    value, steep = spline(inside), spline(inside, 1)
    return np.asarray(value + (z - inside)[:, None] * steep), np.asarray(steep)


def _scale(points: _Points, relative: Estimate, localized: float) -> Estimate | str:
    """Return what is added to relative ln ξ, from strongly localized points, or why there is none."""
    near: Mask = points.numbers.values <= np.log(localized)
    if near.sum() < 3:
        return (
            f"the scale of ξ takes three points with Λ <= {localized:g}, got {int(near.sum())}; add "
            "strongly localized ones, with more disorder or larger sizes"
        )
    ln_ratio = points.numbers[near]
    apart = ln_ratio + points.log_size[near] - relative[points.curve[near]]
    ratio: Estimate = np.exp(ln_ratio)  # type: ignore[assignment]
    weights = 1 / ln_ratio.error
    design = np.stack([np.ones(int(near.sum())), ratio.values], axis=1) * weights[:, None]
    estimator = np.linalg.pinv(design) * weights
    bend = float(estimator[1] @ apart.values)
    # Λ is measured, too: its error moves what the line takes off.
    moved: Estimate = apart - bend * (ratio - ratio.values)
    found: Estimate = moved.linear(estimator[:1])[0]
    return found
