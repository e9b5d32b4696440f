"""Open a store as a labelled dataset."""

from pathlib import Path

import numpy as np
import xarray as xr

from qtcore.errors import InputError
from qtcore.store.header import read_header
from qtcore.store.layout import AXES, MARKER, VARIABLES


def open_dataset(path: Path) -> xr.Dataset:
    """Open a store lazily.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    xarray.Dataset
        Dimensions (disorder, width, flux, energy, realization, length); what has not been computed
        is NaN (-1 in `suspect`). The coordinate `finished` (disorder, width, flux, energy) counts
        the finished realizations of each point. Arrays are Dask arrays, one chunk per point.

    Raises
    ------
    InputError
        If there is no qtcore store at `path`, or its arrays contradict each other.
    """
    header = read_header(path)
    try:
        dataset = xr.open_zarr(path, consolidated=False, chunks=None)
    except (ValueError, KeyError, FileNotFoundError) as error:
        raise InputError(
            f"{header.path} cannot be read: {error}; if a run was stopped while it extended the "
            "store, running it again completes the extension"
        ) from error
    by_point = {**dict.fromkeys(AXES, 1), "realization": -1, "length": -1}
    lazy = {v.name: dataset[v.name].chunk(by_point) for v in VARIABLES}
    finished = dataset[MARKER].sum("block").astype(np.int64)
    finished.attrs = {"units": "", "long_name": "finished realizations"}
    opened: xr.Dataset = dataset.drop_vars(MARKER).assign(lazy).assign_coords(finished=finished)
    return opened
