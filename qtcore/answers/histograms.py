"""Histograms of a sweep for a picture: one value of every axis that does not tell them apart."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.densities import histogram
from qtcore.answers.quantity import samples_of
from qtcore.answers.signs import SIGNS
from qtcore.errors import InputError
from qtcore.store.layout import LENGTH, REALIZATION

FEWEST_BINS, MOST_BINS = 8, 60
"""So many bins there are where their number is not asked for."""

FEW = 8
"""So many realizations say which lengths belong to a point."""


def histograms(
    dataset: xr.Dataset, of: str, along: Sequence[str] = (), *, bins: int | None = None
) -> xr.Dataset:
    """Return the densities of a quantity, one for each value of some axes.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, or "g" where `ln_g` is stored.
    along : sequence of str
        Axes that tell histograms apart. Of every other dimension with several values one is taken: the
        longest length where anything is finished, the middle of the others.
    bins : int, optional
        How many bins there are; by the rule of Freedman and Diaconis if left out, between 8 and 60.

    Returns
    -------
    xarray.Dataset
        As `qtcore.answers.densities.histogram` returns it, loaded. The attribute `shown` says which values
        were taken.

    Raises
    ------
    InputError
        If there is no such quantity, nothing is finished, or there can be no so many bins.
    """
    samples = samples_of(dataset, of)
    kept = {str(d) for name in along for d in samples[name].dims}
    shown = []
    for d in (str(d) for d in samples.dims if d != REALIZATION and d not in kept):
        place, count = _place(samples, d), samples.sizes[d]
        if count > 1:
            value = samples[d].to_numpy()[place] if d in samples.coords else place
            unit = str(dataset[d].attrs.get("units", "")) if d in dataset.coords else ""
            shown.append(f"{SIGNS.get(d, d)} = {value} {unit}".strip() + f" (one of {count})")
        dataset, samples = dataset.isel({d: place}), samples.isel({d: place})
    values = samples.to_numpy()
    found = histogram(
        dataset, of, _count(values[np.isfinite(values)], of) if bins is None else bins
    )
    sign = of.replace("_", " ")
    found["density"].attrs["symbol"] = f"P({sign})"
    found["bin"].attrs["symbol"] = sign
    own = str(samples.attrs.get("units") or "").split(" ")[0]
    # A density per spin is read as one over the unit all the same.
    found["density"].attrs["units"] = own and (f"1/({own})" if "/" in own else f"1/{own}")
    found.attrs["shown"] = ",  ".join(shown)
    return found.load()


def _place(samples: xr.DataArray, d: str) -> int:
    places = np.arange(samples.sizes[d])
    if d != LENGTH:
        return int(places[len(places) // 2])
    few = samples.isel({REALIZATION: slice(0, FEW)}).notnull()
    there = few.any([other for other in few.dims if other != d]).to_numpy()
    return int(places[there][-1] if there.any() else places[-1])


def _count(finite: NDArray[np.float64], of: str) -> int:
    """Return how many bins the rule of Freedman and Diaconis takes, Z. Wahrsch. 57, 453 (1981)."""
    if not finite.size:
        raise InputError(f"no realization of {of} is finished here, or none is finite")
    lower, upper = np.quantile(finite, [0.25, 0.75])
    width = 2 * (upper - lower) / finite.size ** (1 / 3)
    return int(
        np.clip(np.ptp(finite) / width if width > 0 else FEWEST_BINS, FEWEST_BINS, MOST_BINS)
    )
