"""Means between the stored lengths, where they may be interpolated, and how well that is known."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.pointwise import at_each_point
from qtcore.answers.quantity import samples_of
from qtcore.answers.selection import select
from qtcore.answers.statistics import statistics
from qtcore.errors import InputError, listed
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import mean
from qtcore.store.layout import LENGTH

Array = NDArray[np.float64]

SMOOTH = ("ln_g", "g", "reflection")
"""Quantities of disordered wires whose means are smooth functions of the length."""

FEWEST_LENGTHS = 3
"""So many stored lengths around a length are needed: two make a line, and the third tells how good it is."""


def at_length(dataset: xr.Dataset, length: float, of: str = "ln_g") -> xr.Dataset:
    """Return the mean of a quantity at a length that need not be stored.

    Each realization is interpolated by a polynomial in the length, through up to two stored lengths on either side. The mean
    and its standard error are those of the interpolated numbers: the same as to interpolate the mean, with the
    error that follows from the covariance of the lengths. A single sample fluctuates between stored lengths, so that
    no other statistic may be interpolated: a variance would come out too small.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it, with the dimension `length`.
    length : float
        In the unit of `length`, not outside the stored lengths.
    of : str
        `ln_g`, `g` or `reflection`, whose means are smooth in the length.

    Returns
    -------
    xarray.Dataset
        `mean`; `interpolation`, what interpolation may be off, which is how far the polynomial is from the one through a length
        less; `mean_error`, the root of the sum of the squares of that and of the statistical error; and `count`, the realizations.
        NaN where a point has computed fewer than three of the lengths around, where it has fewer than 8 realizations (a clean
        wire, whose g oscillates with the length), and where interpolation may be off by more than the two neighbours differ;
        the attribute `missing` says so. The attribute `interpolated` says how it was done. At a stored length nothing is
        interpolated.

    Raises
    ------
    InputError
        If the length lies outside the stored ones, or the quantity may not be interpolated.
    """
    if LENGTH not in dataset.dims:
        raise InputError("the dataset has no dimension `length` to interpolate along")
    stored = dataset[LENGTH].to_numpy().astype(np.float64)
    if (stored == length).any():
        found = statistics(select(dataset, {LENGTH: length}), of, ("mean", "count")).compute()
        found["interpolation"] = xr.zeros_like(found["mean"])
        return _described(found, dataset, of, length, "not at all: this length is stored")
    if of not in SMOOTH:
        raise InputError(
            f"means of {', '.join(SMOOTH)} are smooth in the length and may be interpolated; that is not known "
            f"of {of}. Take a stored length: {listed(stored.tolist())}"
        )
    if not stored[0] < length < stored[-1]:
        raise InputError(
            f"length = {length:.12g} lies outside the stored lengths, {stored[0]:.12g} to {stored[-1]:.12g}; "
            "nothing is extrapolated"
        )
    pair = int(np.searchsorted(stored, length)) - 1
    around = dataset.isel({LENGTH: slice(max(0, pair - 1), pair + 3)})
    places = around[LENGTH].to_numpy().astype(np.float64)

    def interpolated(samples: Array) -> tuple[Any, ...]:
        return _interpolated(samples, places, float(length))

    found = at_each_point(around, of, (LENGTH,), ("mean", "interpolation", "count"), interpolated)
    if "mean_error" in found:
        found["mean_error"] = (found["mean_error"] ** 2 + found["interpolation"] ** 2) ** 0.5
    found["count"] = found["count"].fillna(0).astype(np.int64)
    how = (
        f"each realization by a polynomial in the length through those of {listed(places.tolist())} "
        "that the point has computed"
    )
    return _described(found, dataset, of, length, how)


def _interpolated(samples: Array, places: Array, length: float) -> tuple[Any, ...]:
    there = np.isfinite(samples).any(axis=0)
    rows, at = samples[:, there], places[there]
    if len(at) < FEWEST_LENGTHS or not at[0] < length < at[-1]:
        raise Missing(f"fewer than {FEWEST_LENGTHS} of the lengths around are computed here")
    away = np.abs(at - length)
    # The farthest length goes for the comparison, but none of the two beside the length that is asked for.
    right = int(np.searchsorted(at, length))
    away[[right - 1, right]] = -1.0
    fewer = np.delete(np.arange(len(at)), int(np.argmax(away)))
    weights = _weights(at, length)
    beside = np.zeros(len(at))
    beside[fewer] = _weights(at[fewer], length)
    step = np.zeros(len(at))
    step[[right - 1, right]] = -1.0, 1.0
    found = mean(rows @ np.stack([weights, weights - beside, step], axis=1))
    off, apart = np.abs(found.values[1]), np.abs(found.values[2])
    if off > apart + 2 * found.error[2]:
        raise Missing("interpolation may be off by more than the neighbouring lengths differ")
    return found[0], float(off), float(found.counts[0])


def _weights(places: Array, length: float) -> Array:
    """Return the weights of a polynomial through all places (Lagrange's)."""
    return np.array(
        [
            np.prod([(length - b) / (a - b) for m, b in enumerate(places) if m != n])
            for n, a in enumerate(places)
        ]
    )


def _described(
    found: xr.Dataset, dataset: xr.Dataset, of: str, length: float, how: str
) -> xr.Dataset:
    about = samples_of(dataset, of).attrs
    name = f"mean of {about.get('long_name', of)}"
    words = {
        "mean": name,
        "mean_error": f"standard error: {name}",
        "interpolation": f"what interpolation may be off: {name}",
    }
    for part, long_name in words.items():
        if part in found:
            found[part].attrs |= {"units": str(about.get("units", "")), "long_name": long_name}
    found["count"].attrs = {"units": "", "long_name": f"finished realizations of {name}"}
    found = found.assign_coords({LENGTH: ((), length, dict(dataset[LENGTH].attrs))})
    found.attrs["interpolated"] = how
    return found
