"""Open a store as a labelled dataset."""

import numpy as np
import xarray as xr

from qtcore.errors import InputError
from qtcore.store.finished import held_realizations
from qtcore.store.header import read_header
from qtcore.store.layout import MARKER
from qtcore.store.lazy import lazy
from qtcore.store.locate import Location


def open_dataset(location: Location) -> xr.Dataset:
    """Open a store lazily.

    Parameters
    ----------
    location : str, Path or Place
        The store.

    Returns
    -------
    xarray.Dataset
        Dimensions: the swept axes, sorted, then `realization` and what a variable has of its own,
        such as `length`; what has not been computed is NaN (-1 in `suspect`). The coordinate
        `finished` counts the finished realizations of each point; constants of the sweep that are
        a number, a text, true or false are scalar coordinates. Arrays are Dask arrays, one chunk per point; reading a damaged chunk
        of one raises DamagedStoreError.

    Raises
    ------
    InputError
        If there is no qtcore store, or its arrays contradict each other or are damaged.
    """
    header = read_header(location)
    place = header.place
    try:
        dataset = xr.open_zarr(place.zarr_store(), consolidated=False, chunks=None)
        axes = [str(name) for name in dataset[MARKER].dims if name != "block"]
        stored = [str(name) for name, v in dataset.data_vars.items() if "realization" in v.dims]
        dataset = dataset.assign({name: lazy(dataset, place, axes, name) for name in stored})
        held = held_realizations(header, tuple(dataset.sizes[name] for name in axes))
    except (ValueError, KeyError, FileNotFoundError) as error:
        raise InputError(
            f"{place} cannot be read: {error}; if a run was stopped while it extended the "
            "store, running it again completes the extension; if a file is damaged, "
            f"`qtcore verify-store {place}` finds it"
        ) from error
    labels = {"units": "", "long_name": "finished realizations"}
    finished = xr.Variable(axes, held.sum(axis=-1), labels)
    opened: xr.Dataset = dataset.drop_vars(MARKER).assign_coords(finished=finished)
    constants = header.spec.get("constants", {})
    scalars = {
        name: value
        for name, value in constants.items()
        # Earlier versions took names of constants that a dataset uses itself.
        if isinstance(value, bool | int | float | str) and name not in opened.variables
    }
    opened = opened.assign_coords(scalars)
    # New values of an axis are appended in the store; an axis is read in its order.
    unsorted = [name for name in axes if (np.diff(opened[name].to_numpy()) < 0).any()]
    return opened.sortby(unsorted) if unsorted else opened
