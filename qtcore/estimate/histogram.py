"""Densities with errors that know that values of one realization belong together."""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.moments import mean


def histogram(values: Array, edges: ArrayLike) -> Estimate:
    """Return the density of values in bins, (bin,); it integrates to the part inside the edges.

    Parameters
    ----------
    values : (realization, ...) float array
        A realization may have many, such as transmission eigenvalues or level spacings. NaN do not
        count.
    edges : (bin + 1,) float array
        Increasing. A value on an edge belongs to the bin above it, on the last edge to the last bin.

    Raises
    ------
    InputError
        If the edges do not increase, or fewer than eight realizations have values.
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or not (np.diff(bounds) > 0).all():
        raise InputError(f"the edges of bins are two or more increasing numbers, got {edges!r}")
    rows = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    finite = np.isfinite(rows)
    inside = finite & (rows >= bounds[0]) & (rows <= bounds[-1])
    bins = len(bounds) - 1
    which = np.minimum(
        np.searchsorted(bounds, np.where(inside, rows, bounds[0]), "right") - 1, bins - 1
    )
    row = np.broadcast_to(np.arange(len(rows))[:, None], rows.shape)
    found = np.bincount((row * bins + which)[inside], minlength=len(rows) * bins)
    counts = found.reshape(len(rows), bins).astype(np.float64)
    # A realization that has no value at all was not computed.
    counts[~finite.any(axis=1)] = np.nan
    known = np.where(finite.any(axis=1), finite.sum(axis=1), np.nan)
    density: Estimate = mean(counts) / mean(known[:, None]) / np.diff(bounds)
    return density
