"""Histograms over realizations, with errors."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.combined import refuse_wrong_combination
from qtcore.answers.pieces import over_realizations
from qtcore.answers.quantity import samples_of
from qtcore.errors import InputError, brief
from qtcore.estimate.histogram import edges_of
from qtcore.estimate.share import ADDED
from qtcore.store.layout import REALIZATION

Array = NDArray[np.float64]

BINS = 30
"""Bins where nobody says how many."""

MOST_BINS = 10**5


def histogram(dataset: xr.Dataset, of: str, bins: int | Sequence[float] = BINS) -> xr.Dataset:
    """Return the density of a quantity over the finished realizations, at each place of its own.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, or `g`.
    bins : int or sequence of float
        Edges, finite and increasing; or how many bins of equal width shall hold all finite values of the
        dataset, which are then read once more.

    Returns
    -------
    xarray.Dataset
        `density`, which integrates to the part of the values inside the edges, in 1 / (unit of the quantity);
        `density_error`; and `count`, the values at each place, inside the edges or not. Coordinates of the dimension
        `bin` are its centre, `bin_lower` and `bin_upper`. Lazy where the dataset is.

    Raises
    ------
    InputError
        If there is no such variable, the edges do not increase, or no realization is finished.

    Notes
    -----
    The number of values in a bin follows a binomial law. The error is that of `qtcore.estimate.share`, in which a bin
    without a value has an error too. Values of one realization that belong together, such as all T_n of a sample, go to
    `qtcore.estimate.histogram` instead.
    """
    refuse_wrong_combination(dataset)
    samples = samples_of(dataset, of)
    edges = _edges(samples, of, bins)
    counts = over_realizations(samples, partial(_counted, edges=edges), _added, len(edges))
    dims = [d for d in samples.dims if d != REALIZATION]
    kept = {n: c for n, c in samples.coords.items() if REALIZATION not in c.dims}
    inside = xr.DataArray(counts[:-1], dims=["bin", *dims], coords=kept).transpose(*dims, "bin")
    whole = xr.DataArray(counts[-1], dims=dims, coords=kept)
    n = whole.clip(min=1)
    q = (inside + ADDED) / (n + 2 * ADDED)
    widths = xr.DataArray(np.diff(edges), dims="bin")
    error = ((q * (1 - q)) / (n - 1).clip(min=1)) ** 0.5 / widths
    unit, name = str(samples.attrs.get("units", "")), str(samples.attrs.get("long_name", of))
    found = xr.Dataset(
        {
            "density": (inside / n / widths).where(whole > 0),
            "density_error": error.where(whole > 1),
            "count": whole.astype(np.int64),
        },
        attrs=dict(dataset.attrs),
    )
    density = {"units": f"1/({unit})" if unit else "", "long_name": f"density of {name}"}
    found["density"].attrs = density
    found["density_error"].attrs = {**density, "long_name": f"standard error: density of {name}"}
    found["count"].attrs = {"units": "", "long_name": f"finished realizations of {name}"}
    about = {"units": unit, "long_name": name}
    return found.assign_coords(
        bin=("bin", (edges[1:] + edges[:-1]) / 2, about),
        bin_lower=("bin", edges[:-1], {**about, "long_name": f"lower edge: {name}"}),
        bin_upper=("bin", edges[1:], {**about, "long_name": f"upper edge: {name}"}),
    )


def _edges(samples: xr.DataArray, of: str, bins: Any) -> Array:
    if not isinstance(bins, int | np.integer):
        edges = edges_of(bins)
        if not np.isfinite(edges).all():
            raise InputError(f"the edges of bins are finite, got {brief(edges.tolist())}")
        return edges
    if not 1 <= bins <= MOST_BINS:
        raise InputError(f"there are from 1 to {MOST_BINS:,} bins, got {bins}")
    finite = samples.where(abs(samples) < np.inf)
    ends = xr.Dataset({"low": finite.min(), "high": finite.max()}).compute()
    low, high = float(ends["low"]), float(ends["high"])
    if np.isnan(low):
        raise InputError(f"no realization of {of} is finished, or none is finite")
    if low == high:  # one value: a bin around it
        half = max(abs(low), 1.0) / 2
        low, high = low - half, high + half
    return np.linspace(low, high, int(bins) + 1)


def _counted(samples: Array, axis: int, edges: Array) -> Array:
    """Return how many values lie in each bin, and in the last place how many there are.

    (bin + 1, …), with a dimension of size 1 in the place of the realizations.
    """
    bins = len(edges) - 1
    rows = np.moveaxis(samples, axis, -1)
    known = ~np.isnan(rows)
    inside = known & (rows >= edges[0]) & (rows <= edges[-1])
    place = np.searchsorted(edges, rows[inside], "right") - 1
    np.minimum(place, bins - 1, out=place)
    shape = rows.shape[:-1]
    row = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(*shape, 1), rows.shape)[inside]
    counts = np.bincount(row * bins + place, minlength=int(np.prod(shape)) * bins)
    found = np.concatenate([counts.reshape(*shape, bins), known.sum(axis=-1)[..., None]], axis=-1)
    return np.expand_dims(np.moveaxis(found, -1, 0), axis + 1).astype(np.float64)


def _added(pieces: Array, axis: int) -> Array:
    found: Array = pieces.sum(axis=axis)
    return found
