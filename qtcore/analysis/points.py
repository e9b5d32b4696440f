"""Point by point through a swept dataset, and back into one labelled dataset."""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr

Described = Mapping[str, tuple[str, str]]


def over_points(
    ds: xr.Dataset, axes: Sequence[str], make: Callable[[xr.Dataset], xr.Dataset]
) -> xr.Dataset:
    """Return what `make` says of each point of the grid, as one dataset over the axes.

    Memory holds the samples of one point at a time.

    Parameters
    ----------
    ds : xarray.Dataset
        As `qtcore.open` returns it.
    axes : sequence of str
        Swept axes.
    make : callable(dataset) -> dataset
        From a point's samples, with the axes as scalar coordinates, to results without
        `realization`; the same names and dimensions for every point.
    """
    shape = tuple(ds.sizes[axis] for axis in axes)
    table: dict[str, tuple[tuple[str, ...], Any, dict[str, Any]]] = {}
    # Variables, not arrays: those would bring their scalar coordinates along.
    coords: dict[str, Any] = {axis: ds[axis].variable for axis in axes}
    for index in np.ndindex(*shape):
        at = make(ds.isel(dict(zip(axes, index, strict=True))).load())
        for name, values in at.data_vars.items():
            if name not in table:
                full = np.full((*shape, *values.shape), np.nan)
                table[str(name)] = ((*axes, *map(str, values.dims)), full, dict(values.attrs))
                coords |= {str(d): at[d].variable for d in values.dims if d in at.coords}
            table[str(name)][1][index] = values.to_numpy()
    return xr.Dataset(table, coords=coords, attrs=dict(ds.attrs))


def point_of(ds: xr.Dataset, **chosen: float) -> SimpleNamespace:
    """Return what a definition's `wire(point)` finds in a point, rebuilt from a dataset.

    Parameters
    ----------
    ds : xarray.Dataset
        As `qtcore.open` returns it: constants are scalar coordinates.
    **chosen : float
        Values of the axes.
    """
    names = [str(name) for name, values in ds.coords.items() if values.ndim == 0]
    values = {name: ds[name].item() for name in names} | chosen
    if "length" in ds.dims:
        values["lengths"] = tuple(ds["length"].to_numpy().tolist())
    return SimpleNamespace(**values)


def described(result: xr.Dataset, words: Described) -> xr.Dataset:
    """Return the dataset with units and meanings; `NAME_error`, `NAME_theory` belong to NAME.

    Parameters
    ----------
    result : xarray.Dataset
        Results.
    words : mapping of str to (units, long_name)
        For each variable that is neither error nor theory.
    """
    for name in result.data_vars:
        text = str(name)
        units, meaning = words[text.removesuffix("_error").removesuffix("_theory")]
        for suffix, prefix in (("_error", "standard error"), ("_theory", "theory")):
            if text.endswith(suffix):
                meaning = f"{prefix}: {meaning}"
        result[name].attrs.update(units=units, long_name=meaning)
    return result
