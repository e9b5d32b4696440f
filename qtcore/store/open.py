"""Open a store as a labelled dataset."""

from typing import Any

import numpy as np
import xarray as xr

from qtcore.errors import DamagedMetadataError, InputError, command
from qtcore.store.arrays import array_document, block_arrays
from qtcore.store.coordinate import coordinate
from qtcore.store.duplicate import is_of_blocks, own_arrays
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER, NUMBER, REALIZATION, SEED
from qtcore.store.lazy import dask_chunks, lazy
from qtcore.store.locate import Location
from qtcore.store.marks import Marks
from qtcore.store.stated import cases_stated, stated_by, texts_stated


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
        `finished` counts the finished realizations of each point, and `seed` is the seed: one
        number, or where runs were put together the seed of each realization, beside its `number`
        under that seed; constants of the sweep that are
        a number, a text, true or false are scalar coordinates. Arrays are Dask arrays, with as many
        points in a chunk as make some 32 MiB; reading a chunk of a finished block that is damaged or
        missing raises DamagedStoreError. The labels of all axes are those that the sweep in the store's root
        states, of leads their names. Arrays that others have added to the store are left out.

    Raises
    ------
    InputError
        If there is no qtcore store, or its arrays contradict each other or are damaged.
    """
    header = read_header(location)
    place = header.place
    try:
        arrays = block_arrays(header)
        axes, stated = list(arrays[MARKER].axes), stated_by(header)
        texts = texts_stated(header)
        # What the store holds of cases is for other readers: the sweep states whole numbers as such.
        stated_cases = [next(iter(cases.values())) for cases in cases_stated(header).values()]
        of_cases = {name for case in stated_cases for name in case} - {*axes}
        documents = {
            name: array_document(header, name) for name in own_arrays(place, header.arrays)
        }
        coordinates = {
            name: xr.Variable(*coordinate(header, name, stated))
            for name, document in documents.items()
            if not (is_of_blocks(name, document) or name in of_cases)
        }
        marks = Marks(header, tuple(coordinates[name].size for name in axes))
        of_samples = {n: a for n, a in arrays.items() if n != MARKER}
        chunks = dask_chunks(of_samples.values(), marks)
        variables = {n: lazy(a, marks, chunks) for n, a in of_samples.items()}
        for name in {*texts} & {*coordinates}:
            coordinates[name] = coordinates[name].copy(data=np.array(texts[name]))
        dataset = xr.Dataset(variables, coordinates, dict(header.attributes))
    except DamagedMetadataError:
        raise
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
    opened = opened.assign_coords(_seed(header, opened))
    if header.draws:  # rows that no point shall hold are no realizations
        rows = np.concatenate([np.asarray(draw.rows) for draw in header.draws])
        opened = opened if len(rows) == header.realizations else opened.isel({REALIZATION: rows})
    opened = opened.assign_coords(_parameters_of_cases(header, opened))
    # New values of an axis are appended in the store; an axis is read in its order.
    unsorted = [name for name in axes if (np.diff(opened[name].to_numpy()) < 0).any()]
    opened = opened.sortby(unsorted) if unsorted else opened
    opened.encoding["source"] = str(place)  # as xarray tells it of what it opens
    return opened


def _seed(header: Header, opened: xr.Dataset) -> dict[str, Any]:
    """Return the seed as a coordinate, so that xarray cannot put runs together as if it were one.

    `xr.merge` refuses two seeds, `xr.concat(runs, "seed")` makes them an axis, and
    `xr.concat(runs, "realization")` a coordinate of each realization.
    """
    if header.draws:
        seeds = np.full(header.realizations, -1, dtype=np.int64)
        numbers = np.full(header.realizations, -1, dtype=np.int64)
        for draw in header.draws:
            seeds[draw.rows] = draw.seed
            numbers[draw.rows] = np.arange(len(draw.rows))
        words = {"units": "", "long_name": "number of the realization under its seed"}
        return {
            SEED: (REALIZATION, seeds, {"units": "", "long_name": "seed of the disorder"}),
            NUMBER: (REALIZATION, numbers, words),
        }
    seed = header.attributes.get("seed")
    if seed is None or SEED in opened.variables:
        return {}
    return {SEED: ((), np.int64(seed), {"units": "", "long_name": "seed of the disorder"})}


def _parameters_of_cases(header: Header, opened: xr.Dataset) -> dict[str, Any]:
    """Return what the cases of an axis stand for, as coordinates along it."""
    found: dict[str, Any] = {}
    for axis, rows in cases_stated(header).items():
        if axis not in opened.coords:
            continue
        of_values = [rows[int(number)] for number in opened[axis].to_numpy()]
        for name in of_values[0]:
            if name not in opened.variables:
                found[name] = (
                    axis,
                    np.array([case[name] for case in of_values]),
                    {"long_name": name},
                )
    return found
