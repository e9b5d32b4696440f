"""Densities with errors that know that values of one realization belong together."""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.given import numbers, samples_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean
from qtcore.estimate.share import ADDED, with_noise


def histogram(values: Array, edges: ArrayLike) -> Estimate:
    """Return the density of values in bins, (bin,); it integrates to the part inside the edges.

    The error is that of the realizations, and what two values more in a bin and two more outside would add to the error of
    independent ones, as in `share`: so a bin without a value has one too.

    Parameters
    ----------
    values : (realization, ...) float array
        A realization may have many, such as transmission eigenvalues or level spacings. NaN do not
        count; infinite ones do, and lie outside the edges.
    edges : (bin + 1,) float array
        Increasing and finite. A value on an edge belongs to the bin above it, on the last edge to the last bin.

    Raises
    ------
    InputError
        If the edges do not increase, or values are no real numbers (realization, ...).
    Missing
        If no realization has a value, or fewer than eight have.
    """
    bounds = edges_of(edges)
    if not np.isfinite(bounds).all():
        raise InputError(
            f"a density takes bins of finite width, got edges from {bounds[0]:g} to {bounds[-1]:g}; values outside the edges "
            "count without a bin"
        )
    parts = parts_in_bins(values, bounds)
    there = ~np.isnan(samples_of(values).reshape(len(parts.shares), -1))
    whole, rows = float(there.sum()), np.asarray(there.any(axis=1))[:, None]
    q = (parts.values * whole + ADDED) / (whole + 2 * ADDED)
    spread = q * (1 - q) - parts.values * (1 - parts.values)
    even = np.sqrt(np.maximum(spread, 0.0) / max(whole - 1, 1) / rows.sum())
    shares = with_noise(
        parts.shares, even * rows, parts.shares, np.broadcast_to(rows, parts.shares.shape)
    )
    density: Estimate = Estimate(parts.values, shares, parts.counts) / np.diff(bounds)
    return density


def edges_of(given: ArrayLike) -> Array:
    """Return the edges of bins; raise InputError unless they are two or more increasing numbers."""
    bounds = numbers(given, "the edges of bins", finite=False)
    if bounds.ndim != 1 or len(bounds) < 2 or not (np.diff(bounds) > 0).all():
        raise InputError(
            f"the edges of bins are two or more increasing numbers, got {brief(bounds.tolist())}"
        )
    return bounds


def parts_in_bins(values: Array, bounds: Array) -> Estimate:
    """Return the part of the values in each bin, (bin,); arguments and errors as in `histogram`.

    The outermost edges may be infinite.
    """
    samples = samples_of(values, "values of a histogram")
    rows = samples.reshape(len(samples), samples[:1].size)
    known = ~np.isnan(rows)
    if not known.any():
        raise Missing(
            f"none of the {len(rows)} realizations has a value for a histogram; compute some"
        )
    inside = known & (rows >= bounds[0]) & (rows <= bounds[-1])
    bins = len(bounds) - 1
    which = np.minimum(
        np.searchsorted(bounds, np.where(inside, rows, bounds[0]), "right") - 1, bins - 1
    )
    row = np.broadcast_to(np.arange(len(rows))[:, None], rows.shape)
    found = np.bincount((row * bins + which)[inside], minlength=len(rows) * bins)
    counts = found.reshape(len(rows), bins).astype(np.float64)
    # A realization that has no value at all was not computed.
    counts[~known.any(axis=1)] = np.nan
    number = np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    parts: Estimate = mean(counts) / mean(number[:, None])
    return parts
