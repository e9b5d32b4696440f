"""Histograms of samples over the points of a sweep, with errors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.combined import refuse_wrong_combination
from qtcore.answers.quantity import samples_of
from qtcore.answers.signs import SIGNS
from qtcore.errors import InputError, brief
from qtcore.estimate.histogram import histogram
from qtcore.estimate.missing import Missing
from qtcore.store.layout import LENGTH, REALIZATION

Array = NDArray[np.float64]

FEWEST_BINS, MOST_BINS = 8, 60
"""So many bins there are where their number is not asked for."""

ALLOWED_BINS = 10_000


def histograms(
    dataset: xr.Dataset, of: str, along: Sequence[str] = (), *, bins: int | None = None
) -> xr.Dataset:
    """Return the densities of a quantity, one for each value of some dimensions.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, or "g" where `ln_g` is stored.
    along : sequence of str
        Dimensions that tell histograms apart. Of every other one with several values one is taken: the
        longest length where anything is finished, the middle of the others. What one sample has many
        of, such as channels, counts together.
    bins : int, optional
        How many bins there are; by the rule of Freedman and Diaconis if left out, between 8 and 60.

    Returns
    -------
    xarray.Dataset
        `density` and `density_error` over `along` and `bin`, with the edges `bin_lower` and `bin_upper`. The
        attribute `shown` says which values were taken.

    Raises
    ------
    InputError
        If there is no such quantity, no sample, or bins are no whole number from 1 to 10,000.
    """
    whole: Any = bins
    if bins is not None and not (isinstance(whole, int) and 1 <= bins <= ALLOWED_BINS):
        raise InputError(f"bins is a whole number from 1 to {ALLOWED_BINS:,}, got {brief(bins)}")
    refuse_wrong_combination(dataset)
    samples = samples_of(dataset, of)
    axis = samples.get_axis_num(REALIZATION)
    points = [str(d) for d in samples.dims[:axis]] + [d for d in (LENGTH,) if d in samples.dims]
    kept = [d for d in points if d in along]
    shown = {}
    for d in points:
        if d not in kept and samples.sizes[d] > 1:
            samples, shown[d] = _one_of(samples, dataset, d)
    samples = samples.squeeze([d for d in points if d not in kept and d in samples.dims]).load()
    several = [str(d) for d in samples.dims if d not in (*kept, REALIZATION)]
    array = samples.transpose(*kept, REALIZATION, *several).to_numpy()
    edges = _edges(array, bins, of)
    shape = array.shape[: len(kept)]
    density, error = np.full((2, *shape, len(edges) - 1), np.nan)
    for place in np.ndindex(shape):
        try:
            found = histogram(array[place], edges)
        except Missing:
            continue
        density[place], error[place] = found.values, found.error
    return _dataset(samples, of, kept, edges, (density, error), shown)


def _one_of(samples: xr.DataArray, dataset: xr.Dataset, d: str) -> tuple[xr.DataArray, str]:
    """Return the samples at one value of a dimension, and that value in words."""
    places = np.arange(samples.sizes[d])
    if d == LENGTH:
        # Of a length the first realizations say whether it belongs to a point.
        few = samples.isel({REALIZATION: slice(0, 8)}).notnull()
        there = few.any([other for other in few.dims if other != d]).to_numpy()
        place = int(places[there][-1]) if there.any() else int(places[-1])
    else:
        place = int(places[len(places) // 2])
    value = samples[d].to_numpy()[place] if d in samples.coords else place
    unit = str(dataset[d].attrs.get("units", "")) if d in dataset.coords else ""
    return samples.isel(
        {d: place}
    ), f"{SIGNS.get(d, d)} = {value:g} {unit}".strip() + f" (one of {len(places)})"


def _edges(array: Array, bins: int | None, of: str) -> Array:
    finite = array[np.isfinite(array)]
    if not finite.size:
        raise InputError(f"no sample of {of} is finished here, so that there is no histogram of it")
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    if bins is None:
        quartiles = np.quantile(finite, [0.25, 0.75])
        width = 2 * float(np.diff(quartiles)[0]) / finite.size ** (1 / 3)
        bins = int(
            np.clip((high - low) / width if width > 0 else FEWEST_BINS, FEWEST_BINS, MOST_BINS)
        )
    return np.linspace(low, high, bins + 1)


def _dataset(
    samples: xr.DataArray,
    of: str,
    kept: list[str],
    edges: Array,
    pair: tuple[Array, Array],
    shown: dict[str, str],
) -> xr.Dataset:
    about = {"units": "", "long_name": of, **samples.attrs}
    sign = str(about.get("symbol") or of.replace("_", " "))
    unit = str(about["units"] or "") if about["units"] != "1" else ""
    own = unit.split(" ")[0]
    inverse = own and (f"1/({own})" if "/" in own else f"1/{own}")
    words = {"units": inverse, "symbol": f"P({sign})"}
    named = {"units": unit, "long_name": str(about["long_name"]), "symbol": sign}
    dims = (*kept, "bin")
    coords = {d: samples[d].variable for d in kept if d in samples.coords}
    coords |= {str(n): c.variable for n, c in samples.coords.items() if c.ndim == 0}
    return xr.Dataset(
        {
            "density": (dims, pair[0], {**words, "long_name": f"density of {about['long_name']}"}),
            "density_error": (
                dims,
                pair[1],
                {**words, "long_name": "standard error of the density"},
            ),
        },
        {
            **coords,
            "bin": ("bin", (edges[1:] + edges[:-1]) / 2, named),
            "bin_lower": ("bin", edges[:-1], {**named, "long_name": "lower edge"}),
            "bin_upper": ("bin", edges[1:], {**named, "long_name": "upper edge"}),
        },
        {"shown": ", ".join(shown.values())},
    )
