"""Make a store, extend it, and change its attributes: the driver's part of writing.

Only the driver that holds the lease calls these; workers never write metadata.
"""

import shutil
import uuid
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from qtcore.errors import InputError
from qtcore.store.header import read_header
from qtcore.store.layout import (
    AXES,
    CHANNELS,
    COMPRESSION_LEVEL,
    DIMENSIONS,
    FORMAT,
    MARKER,
    RUN_GROUP,
    VARIABLES,
    Axis,
    Layout,
)


def create(
    path: Path,
    layout: Layout,
    channels: NDArray[np.int32],
    attributes: dict[str, Any],
) -> None:
    """Make an empty store; it appears at `path` complete, in one rename, or not at all.

    Parameters
    ----------
    path : Path
        Where; nothing may be there yet, or an empty folder.
    layout : Layout
        Axes, lengths, realizations, block length.
    channels : (disorder, width, flux, energy) int array
        Open modes of each point.
    attributes : dict
        Provenance, JSON values.

    Raises
    ------
    InputError
        If the folder cannot be written to, or another process has made a store there meanwhile.
    """
    blocked = next((p for p in path.parents if p.exists() and not p.is_dir()), None)
    if blocked is not None:
        raise InputError(f"cannot make a store at {path}: {blocked} is a file, not a folder")
    aside = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.partial"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_empty(aside, layout, channels, attributes)
        aside.rename(path)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise InputError(f"cannot make a store at {path}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _write_empty(
    folder: Path, layout: Layout, channels: NDArray[np.int32], attributes: dict[str, Any]
) -> None:
    group = zarr.open_group(folder, mode="w-", zarr_format=3)
    for variable in VARIABLES:
        group.create_array(
            variable.name,
            shape=layout.shape,
            chunks=layout.chunks,
            dtype=variable.dtype,
            fill_value=variable.fill,
            compressors=[ZstdCodec(level=COMPRESSION_LEVEL), Crc32cCodec()],
            dimension_names=DIMENSIONS,
            attributes={**variable.attributes, "coordinates": CHANNELS},
        )
    group.create_array(
        MARKER,
        shape=(*layout.grid, layout.blocks),
        chunks=(*(1 for _ in layout.grid), 1),
        dtype="int32",
        fill_value=0,
        compressors=[Crc32cCodec()],
        dimension_names=(*AXES, "block"),
        attributes={"units": "", "long_name": "realizations in each finished block"},
    )
    numbers = tuple(range(layout.realizations))
    realization = Axis("realization", numbers, "", "number of the disorder realization", "int64")
    for axis in (*layout.axes, layout.length, realization):
        _write_coordinate(group, axis)
    _write_small(
        group,
        CHANNELS,
        channels,
        AXES,
        {"units": "", "long_name": "open modes in each lead"},
    )
    group.create_group(RUN_GROUP)
    group.attrs.update(
        {
            "qtcore_format": FORMAT,
            "realizations": layout.realizations,
            "earlier_realizations": [],
            "block_length": layout.block,
            **attributes,
        }
    )


def _write_coordinate(group: zarr.Group, axis: Axis) -> None:
    values = np.asarray(axis.values, dtype=axis.dtype)
    _write_small(
        group, axis.name, values, (axis.name,), {"units": axis.units, "long_name": axis.long_name}
    )


def _write_small(
    group: zarr.Group,
    name: str,
    values: NDArray[Any],
    dimensions: tuple[str, ...],
    attributes: dict[str, Any],
) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=tuple(max(1, n) for n in values.shape),
        dtype=values.dtype,
        compressors=[Crc32cCodec()],
        dimension_names=dimensions,
        attributes=attributes,
    )
    array[...] = values


def extend(path: Path, realizations: int, attributes: dict[str, Any]) -> None:
    """Make room for more realizations, or finish an extension that was interrupted.

    The new count is written before any array grows, so that an extension that is killed half-way
    is completed by the next call with the same count.

    Parameters
    ----------
    path : Path
        The store; the caller holds its lease.
    realizations : int
        Realizations per point from now on, at least as many as the store holds.
    attributes : dict
        What else changes with the number of realizations.
    """
    header = read_header(path)
    group = _open(path)
    if realizations > header.realizations:
        group.attrs.update(
            {
                "realizations": realizations,
                "earlier_realizations": [*header.earlier_realizations, header.realizations],
                "completed": "",
                **attributes,
            }
        )
    for variable in VARIABLES:
        _grow(group[variable.name], axis=-2, size=realizations)
    blocks = -(-realizations // header.block)
    _grow(group[MARKER], axis=-1, size=blocks)
    number = _array(group["realization"])
    if number.shape[0] < realizations:
        number.resize((realizations,))
        number[:] = np.arange(realizations, dtype=np.int64)


def _array(node: "zarr.Array[Any] | zarr.Group") -> "zarr.Array[Any]":
    if not isinstance(node, zarr.Array):
        raise TypeError(f"expected an array in the store, found {node!r}")
    return node


def _grow(node: "zarr.Array[Any] | zarr.Group", axis: int, size: int) -> None:
    array = _array(node)
    shape = list(array.shape)
    if shape[axis] < size:
        shape[axis] = size
        array.resize(tuple(shape))


def _open(path: Path) -> zarr.Group:
    # Without the consolidated copy: writing the root's metadata then drops that copy, which would
    # go stale with the first change.
    return zarr.open_group(path, mode="r+", use_consolidated=False)


def update_attributes(path: Path, attributes: dict[str, Any]) -> None:
    """Change attributes of a store (driver only)."""
    _open(path).attrs.update(attributes)


def consolidate(path: Path) -> None:
    """Copy all metadata into the root, as readers like it, once a run is complete.

    Any later change of the attributes through this module drops the copy again.
    """
    with warnings.catch_warnings():
        # zarr warns that other languages may not know the copy; they read the originals.
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(zarr.storage.LocalStore(path))
