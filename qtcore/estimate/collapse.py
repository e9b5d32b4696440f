"""Data collapse: how far <ln g> of all points falls on one curve of L / xi.

How far it should, because offsets of <ln g> differ, says `qtcore.theory.collapse`.
"""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.estimate.estimate import Estimate
from qtcore.estimate.missing import Missing
from qtcore.theory.collapse import relative_spread

COLLAPSE_TO = 8.0
"""Curves that end before are left out: everything would be compared at their end alone."""


def at_scaled_lengths(
    lengths: ArrayLike, means: Estimate, xi: Estimate, places: ArrayLike
) -> Estimate:
    """Return <ln g> at lengths over xi, by linear interpolation; NaN beyond the longest wire.

    Parameters
    ----------
    lengths : (length,) array
        Sites, increasing.
    means : Estimate (length,)
        <ln g> there; a length without a value does not count.
    xi : Estimate
        The point's own localization length; its shares count, too.
    places : (place,) array
        L / xi, increasing.

    Raises
    ------
    Missing
        If the wires begin beyond the first place, or end before 8 xi.
    """
    there = np.isfinite(means.values)
    at = np.asarray(places, dtype=np.float64)
    x, y = np.asarray(lengths, dtype=np.float64)[there] / xi.values, means[there]
    if len(x) < 2 or not x[-1] >= COLLAPSE_TO:
        raise Missing(f"wires end before {COLLAPSE_TO:g} ξ")
    if x[0] > at[0]:
        raise Missing(f"wires begin beyond {at[0]:g} ξ")
    after = np.clip(np.searchsorted(x, at), 1, len(x) - 1)
    part = (at - x[after - 1]) / (x[after] - x[after - 1])
    slope = (y.values[after] - y.values[after - 1]) / (x[after] - x[after - 1])
    # At equal L / xi a longer xi means a longer wire.
    longer = xi / float(xi) - 1
    found: Estimate = y[after - 1] * (1 - part) + y[after] * part + longer * (at * slope)
    return found.where(at < x[-1] * (1 + 1e-12))


def squared_spread(curves: Estimate) -> Estimate:
    """Return how far curves spread at equal L / xi, squared, relative to their mean.

    At each length the variance between curves is divided by the square of their mean; the mean over
    the lengths that all curves have is returned. Perfect collapse is 0. The part that noise makes is
    subtracted, so that the result may be negative. The error contains that the noise enters squared.

    Parameters
    ----------
    curves : Estimate (..., place)
        From `at_scaled_lengths`; a curve without a value does not count.

    Raises
    ------
    Missing
        If there are fewer than two curves, or no length that all of them have.
    """
    curves = curves.reshape(-1, curves.shape[-1])
    curves = curves[np.isfinite(curves.values).any(axis=1)]
    if len(curves) < 2:
        raise Missing(f"a collapse compares at least two curves, got {len(curves)}")
    common = np.isfinite(curves.values).all(axis=0)
    if not common.any():
        raise Missing("the curves have no length in common")
    curves = curves[:, common]
    away, middle = relative_spread(curves.values)
    per_root = np.sqrt((len(curves) - 1) * away.shape[1])
    mean_share = curves.shares.mean(axis=1, keepdims=True)
    moved = ((curves.shares - mean_share) / per_root - away * mean_share) / middle
    flat = moved.reshape(len(moved), -1)
    noise = flat.T @ flat
    shares = 2 * flat @ away.ravel()
    first = float(shares @ shares)
    # Of a square: 4 away² noise + 2 noise². The measured `away` holds the noise once already.
    second = 2 * float((noise**2).sum())
    error = np.sqrt(max(first - second, second))
    squared = float((away**2).sum() - np.trace(noise))
    if first > 0:
        shares = shares * (error / np.sqrt(first))
    return Estimate(squared, shares, float(curves.counts.min()), folded=curves.folded)
