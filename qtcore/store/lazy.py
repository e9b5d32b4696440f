"""Arrays of a store that say in words what is wrong with a damaged chunk, as they are or lazily."""

from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError
from qtcore.store.place import Place


class CheckedArray:
    """A Zarr array whose failures to decode become one clear message."""

    def __init__(self, array: "zarr.Array[Any]", place: str) -> None:
        self._array = array
        self._place = place
        self.shape = array.shape
        self.dtype = array.dtype
        self.ndim = array.ndim

    def __getitem__(self, index: Any) -> NDArray[Any]:
        try:
            values = np.asarray(self._array[index])
        except (ValueError, RuntimeError) as error:
            raise DamagedStoreError(
                f"{self._place} is damaged: a chunk of {self._array.basename} cannot be read "
                f"({error}). `qtcore verify-store {self._place}` finds the damaged blocks, and "
                "running the sweep again computes just those, to the same bits"
            ) from error
        return values


def checked_array(place: Place, name: str) -> CheckedArray:
    """Return an array of a store, (*axes, realization, *dims), in the order in which it is stored."""
    group = zarr.open_group(place.zarr_store(), mode="r", use_consolidated=False)
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise TypeError(f"expected an array in the store, found {array!r}")
    return CheckedArray(array, str(place))


def lazy(dataset: xr.Dataset, place: Place, axes: list[str], name: str) -> xr.Variable:
    """Return a variable of a dataset as Dask array, one chunk per point of the swept axes."""
    variable = dataset[name].variable
    chunks = tuple(1 if d in axes else max(1, n) for d, n in variable.sizes.items())
    # Named at random: the same store may hold more the next time it is opened.
    read = da.from_array(checked_array(place, name), chunks=chunks, name=False)
    return xr.Variable(variable.dims, read, variable.attrs, variable.encoding)
