"""Data collapse: how far <ln g> of all points falls on one curve of L / xi.

How far it should, because offsets of <ln g> differ, says `qtcore.theory.collapse`.
"""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Estimate
from qtcore.estimate.given import estimate_of, numbers
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
    InputError
        If lengths or places do not increase, the shapes do not belong together, or means or xi are no estimates.
    Missing
        If there are fewer than two lengths, xi is not positive, the wires begin beyond the first place, or end before 8 xi.
    """
    at = numbers(places, "places on a collapsed curve", ndim=1)
    sites = numbers(lengths, "lengths", ndim=1)
    means = estimate_of(means, "the means of a collapse", sites.shape)
    xi = estimate_of(xi, "the localization length of a collapse", ())
    for name, given in (("lengths", sites), ("places on a collapsed curve", at)):
        if not (np.diff(given, prepend=0) > 0).all():
            raise InputError(f"{name} are positive and increase, got {brief(given.tolist())}")
    if not float(xi) > 0:
        raise Missing(f"curves collapse over a localization length > 0, got {xi}")
    there = np.isfinite(means.values)
    x, y = sites[there] / xi.values, means[there]
    if len(x) < 2:
        raise Missing(f"a curve takes at least two lengths with a mean, got {len(x)}")
    if not x[-1] >= COLLAPSE_TO:
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
    InputError
        If there is no axis of curves.
    Missing
        If there are fewer than two curves, no length that all of them have, or their mean is 0.
    """
    curves = estimate_of(curves, "curves of a collapse")
    if curves.ndim < 2:
        raise InputError(f"curves of a collapse are (..., place), got the shape {curves.shape}")
    curves = curves.reshape(-1, curves.shape[-1])
    curves = curves[np.isfinite(curves.values).any(axis=1)]
    if len(curves) < 2:
        raise Missing(f"a collapse compares at least two curves, got {len(curves)}")
    common = np.isfinite(curves.values).all(axis=0)
    if not common.any():
        raise Missing("the curves have no length in common")
    curves = curves[:, common]
    if not curves.values.mean(axis=0).all():
        raise Missing(
            "the mean of the curves is 0 at some length, so that nothing is relative to it"
        )
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
