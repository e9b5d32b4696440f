"""Data collapse: how far <ln g> of all points falls on one curve of L / xi, and how far it should.

Every curve is scaled by its own xi, which makes all slopes alike. What is left, and what this
measures, are the offsets of <ln g> = offset - 2 L / xi. In the DMPK equation they follow from N and
beta. Its eigenvalues T_n = 1 / cosh² x_n are the radial part of Brownian motion on a symmetric space
(A. Hüffmann, J. Phys. A 23, 5733 (1990); M. Caselle, PRL 74, 2776 (1995)). Far out this motion has
a constant drift, and its place is displaced by minus the gradient of the logarithm of Harish-Chandra's
function c, which S. G. Gindikin and F. I. Karpelevich (1962) give in closed form: for roots alpha of
multiplicity m, the product of Gamma(z) / Gamma(z + m/2) with z = <rho, alpha> / <alpha, alpha>. For
x_1, in roots 2 x_1 (m = 1) and x_k ± x_1 (m = beta), the sum telescopes, and

    offset = (2 / beta) (1 - 1 / N).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from qtcore.analysis.statistics import Array, Curve, Estimate
from qtcore.errors import InputError

COLLAPSE_FROM = 4.0
"""Shortest length of the comparison, over xi: shorter wires differ by their contacts and N."""

COLLAPSE_TO = 8.0
"""Curves that end before are left out: everything would be compared at their end alone."""

_STEP = 2.0

NOT_SETTLED = 0.1
"""Part of an offset that may be missing: from 4 xi on the slope is 1 % too small (see
`localization_length`), which an offset of one and a half feels as so much."""


class Collapsed(IntEnum):
    """Whether a point is compared with the others, and if not, why not."""

    COMPARED = 0
    NO_FIT = 1
    NO_THEORY = 2
    BEGINS_TOO_LATE = 3
    ENDS_TOO_EARLY = 4


@dataclass(frozen=True)
class Collapse:
    """Squared spread of <ln g> at equal L / xi, relative to <ln g>.

    Attributes
    ----------
    squared, error : float
        Without the part that noise makes, so that it may be negative; and its standard error.
    theory, left_out : float
        From the offsets of DMPK, and what they leave out.
    """

    squared: float
    error: float
    theory: float
    left_out: float


def offset(channels: float, beta: float) -> float:
    """Return the offset of <ln g> = offset - 2 L / xi in long wires of N equal channels (DMPK)."""
    return 2 / beta * (1 - 1 / channels)


def at_common_lengths(lengths: Array, means: Curve, xi: Estimate) -> Curve | Collapsed:
    """Return <ln g> at L / xi = 4, 6, 8, ..., as far as it goes, by linear interpolation.

    Parameters
    ----------
    lengths : (length,) float array
        Sites, increasing.
    means : Curve
        <ln g> there; a length without a value does not count.
    xi : Estimate
        The point's own localization length; its shares count, too.

    Returns
    -------
    Curve or Collapsed
        Or why there is none.
    """
    there = np.isfinite(means.values)
    x, y, shares = lengths[there] / xi.value, means.values[there], means.shares[:, there]
    if len(x) < 2 or x[-1] < COLLAPSE_TO:
        return Collapsed.ENDS_TOO_EARLY
    if x[0] > COLLAPSE_FROM:
        return Collapsed.BEGINS_TOO_LATE
    places = np.arange(COLLAPSE_FROM, x[-1] * (1 + 1e-12), _STEP)
    after = np.clip(np.searchsorted(x, places), 1, len(x) - 1)
    part = (places - x[after - 1]) / (x[after] - x[after - 1])
    slope = (y[after] - y[after - 1]) / (x[after] - x[after - 1])
    values = y[after - 1] + part * (y[after] - y[after - 1])
    # At equal L / xi a longer xi means a longer wire.
    moved = xi.shares[:, None] / xi.value * (places * slope)
    return Curve(values, shares[:, after - 1] * (1 - part) + shares[:, after] * part + moved)


def collapse(curves: Sequence[Curve], offsets: Array, left_out: Array) -> Collapse:
    """Return how far curves spread at equal L / xi, beside what their offsets say.

    At each length the variance between curves is divided by the square of their mean; the mean over
    the lengths that all curves have is returned. Perfect collapse is 0. The part that noise makes is
    subtracted. The error contains that the noise enters squared.

    Parameters
    ----------
    curves : sequence of Curve
        From `at_common_lengths`, with shares of the same realizations.
    offsets : (curve,) float array
        In theory.
    left_out : (curve,) float array
        Part by which each offset may be wrong on its own, since channels are not equal.

    Raises
    ------
    InputError
        If there are fewer than two curves.
    """
    if len(curves) < 2:
        raise InputError(f"a collapse compares at least two curves, got {len(curves)}")
    common = min(len(curve.values) for curve in curves)
    values = np.array([curve.values[:common] for curve in curves])
    shares = np.stack([curve.shares[:, :common] for curve in curves], axis=1)
    away, middle = _relative(values)
    mean_share = shares.mean(axis=1, keepdims=True)
    per_root = np.sqrt((len(curves) - 1) * common)
    moved = ((shares - mean_share) / per_root - away * mean_share) / middle
    flat = moved.reshape(len(moved), -1)
    noise = Curve(away.ravel(), flat).covariance
    first = Estimate(0.0, 2 * flat @ away.ravel()).error ** 2
    # Of a square: 4 away² noise + 2 noise². The measured `away` holds the noise once already.
    second = 2 * float((noise**2).sum())
    squared = float((away**2).sum() - np.trace(noise))
    places: Array = COLLAPSE_FROM + _STEP * np.arange(common, dtype=np.float64)
    expected, rest = _expected(places, offsets, left_out)
    return Collapse(squared, float(np.sqrt(max(first - second, second))), expected, rest)


def _expected(places: Array, offsets: Array, left_out: Array) -> tuple[float, float]:
    """Return the squared spread of straight lines, and how far wrong offsets may move it."""
    lines = offsets[:, None] - 2 * places
    away, middle = _relative(lines)
    expected = float((away**2).sum())
    settled = (1 - NOT_SETTLED) * offsets[:, None] - 2 * places
    together = expected - float((_relative(settled)[0] ** 2).sum())
    # Each by its own part, of either sign: to first order they add up as the root of squares.
    wrong = (left_out * offsets)[:, None] / middle / np.sqrt((len(lines) - 1) * len(places))
    apart = 2 * float(np.sqrt(((away * wrong).sum(axis=1) ** 2).sum()))
    return expected, together + apart + float((wrong**2).sum())


def _relative(values: Array) -> tuple[Array, Array]:
    """Return what adds up, squared, to the squared spread; and the mean at each length."""
    middle = values.mean(axis=0)
    return (values - middle) / middle / np.sqrt((len(values) - 1) * values.shape[1]), middle
