"""Numbers about realizations that are made piece by piece, and joined: in bounded memory, lazily."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.store.layout import REALIZATION

Array = NDArray[np.float64]


def over_realizations(
    samples: xr.DataArray,
    make: Callable[[Array, int], Array],
    join: Callable[[Array, int], Array],
    size: int,
    whole: tuple[int, ...] = (),
) -> Any:
    """Return numbers about all realizations, (number, *dimensions without `realization`).

    Parameters
    ----------
    samples : xarray.DataArray
        Lazy or not.
    make : function
        From a piece of the samples, and where its realizations stand, to (number, …) with a dimension of size 1 in their
        place.
    join : function
        From such pieces side by side, and where they stand, to those of all, without that dimension.
    size : int
        How many numbers there are.
    whole : tuple of int
        Dimensions that `make` has to see whole.
    """
    axis = samples.get_axis_num(REALIZATION)
    if samples.chunks is None:
        return join(make(samples.to_numpy(), axis), axis + 1)
    import dask.array as da

    data = samples.data.rechunk(dict.fromkeys(whole, -1))
    behind = [c if n != axis else (1,) * len(c) for n, c in enumerate(data.chunks)]
    pieces = da.map_blocks(
        partial(_called, make, axis),
        data,
        dtype=np.float64,
        new_axis=0,
        chunks=((size,), *behind),
        meta=np.empty((0,) * (data.ndim + 1)),
    )
    return da.map_blocks(
        partial(_called, join, axis + 1),
        pieces.rechunk({axis + 1: -1}),
        dtype=np.float64,
        drop_axis=axis + 1,
        meta=np.empty((0,) * data.ndim),
    )


def _called(function: Callable[[Array, int], Array], axis: int, block: Array) -> Array:
    return function(block, axis)
