"""Open a store as a labelled dataset."""

import itertools

import numpy as np
import xarray as xr

from qtcore.errors import InputError, command
from qtcore.store.arrays import array_document, block_arrays
from qtcore.store.chunks import decode_plain
from qtcore.store.document import fill_value
from qtcore.store.duplicate import chunks_of_driver, is_of_blocks, own_arrays
from qtcore.store.header import Header, read_header
from qtcore.store.keys import Keys, separator_of
from qtcore.store.layout import MARKER
from qtcore.store.lazy import Marks, lazy
from qtcore.store.locate import Location


def open_dataset(location: Location) -> xr.Dataset:
    """Open a store lazily, as it is now.

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
        a number, a text, true or false are scalar coordinates. Arrays are Dask arrays, one chunk
        per point; reading a chunk of a finished block that is damaged or missing raises
        DamagedStoreError. Arrays that others have added to the store are left out.

    Raises
    ------
    InputError
        If there is no qtcore store, or its arrays contradict each other or are damaged.
    """
    header = read_header(location)
    place = header.place
    try:
        arrays = block_arrays(place)
        axes = list(arrays[MARKER].axes)
        documents = {name: array_document(header, name) for name in own_arrays(place)}
        coordinates = {
            name: coordinate(header, name)
            for name, document in documents.items()
            if not is_of_blocks(name, document)
        }
        marks = Marks(header, tuple(coordinates[name].size for name in axes))
        variables = {n: lazy(a, marks, axes) for n, a in arrays.items() if n != MARKER}
        dataset = xr.Dataset(variables, coordinates, dict(header.attributes))
    except (ValueError, KeyError) as error:
        raise InputError(
            f"{place} cannot be read: {error}; if a run was stopped while it extended the "
            "store, running it again completes the extension; if a file is damaged, "
            f"`{command('verify-store', place)}` finds it"
        ) from error
    labels = {"units": "", "long_name": "finished realizations"}
    finished = xr.Variable(axes, marks.held.sum(axis=-1), labels)
    opened: xr.Dataset = dataset.assign_coords(finished=finished)
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


def coordinate(header: Header, name: str) -> xr.Variable:
    """Return a coordinate with its values.

    Raises
    ------
    InputError
        If its metadata are damaged.
    ValueError
        If a chunk of it is damaged or missing.
    """
    document = array_document(header, name)
    shape, dtype = tuple(document["shape"]), np.dtype(document["data_type"])
    chunk = tuple(document["chunk_grid"]["configuration"]["chunk_shape"])
    sizes, keys = chunks_of_driver(name, document), Keys(name, separator_of(document))
    values = np.full(shape, fill_value(document), dtype=dtype)
    counts = [range(-(-n // c)) for n, c in zip(shape, chunk, strict=True)]
    for index in itertools.product(*counts):
        key = keys.key(index)
        content = header.place.get(key, sizes[key] + 1)
        if content is None:
            if header.arrays is None:  # before format 4 a chunk of zeros alone was left out
                continue
            raise ValueError(f"{key} is missing")
        try:
            decoded = decode_plain(content, dtype, chunk)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
        spans = [
            slice(i * c, min(n, (i + 1) * c)) for i, c, n in zip(index, chunk, shape, strict=True)
        ]
        values[tuple(spans)] = decoded[tuple(slice(0, s.stop - s.start) for s in spans)]
    return xr.Variable(document.get("dimension_names", ()), values, document["attributes"])
