"""Make a store, extend it, and change its attributes: the driver's part of writing.

Only the driver that holds the lease calls these; workers never write metadata.
"""

import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.buffer.cpu import Buffer
from zarr.codecs import Crc32cCodec, ZstdCodec

from qtcore.errors import FULL, InputError, command
from qtcore.store.arrays import PROOF_FORMAT
from qtcore.store.document import MOST_BYTES, checked_array, parsed
from qtcore.store.duplicate import (
    digest_of_array,
    intact_objects,
    keep_copy,
    packed,
    refuse_contradictions,
)
from qtcore.store.folder import Folder
from qtcore.store.header import (
    DIGEST,
    DIGEST_FORMAT,
    digest_of,
    digest_of_document,
    read_header,
)
from qtcore.store.layout import (
    CHANNELS,
    CHUNK_SEPARATOR,
    COMPRESSION_LEVEL,
    COPY,
    COUNT_AND_ADDRESS,
    FORMAT,
    LABELS,
    MARKER,
    PROOF,
    RUN_GROUP,
    Coordinate,
    Layout,
)
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.stated import DIGESTS_OF_CHANNELS, chunks_of, digest_of_values


def create(
    location: Location,
    layout: Layout,
    channels: NDArray[np.int32] | None,
    attributes: dict[str, Any],
) -> None:
    """Make an empty store; it appears complete or not at all.

    Parameters
    ----------
    location : str, Path or Place
        Where; nothing may be there yet, or an empty folder.
    layout : Layout
        Axes, variables, realizations, block length.
    channels : (*axes) int array, optional
        Open modes of each point, where points are wires.
    attributes : dict
        Provenance, JSON values.

    Raises
    ------
    InputError
        If the folder cannot be written to, or another process has made a store there meanwhile.
    OSError
        If the disk is full.
    """
    place = place_of(location)
    _refuse_shared_names(place)
    _refuse_inside_another(place)
    memory: dict[str, Any] = {}
    try:
        _write_empty(zarr.storage.MemoryStore(memory), layout, channels, attributes)
        written = {key: bytes(buffer.to_bytes()) for key, buffer in memory.items()}
        objects = _with_digests(written, channels)
        place.make({**objects, COPY: packed(objects)})
    except OSError as error:
        if error.errno in FULL:
            raise
        raise InputError(f"cannot make a store at {place}: {error.strerror or error}") from error


BESIDE = (".analysis", ".timeline")
"""What is added to a store's name, without `.zarr`, for files that lie beside it."""


def _refuse_shared_names(place: Place) -> None:
    """Refuse a store whose name, or the names of its figures, another store beside it would share.

    Raises
    ------
    InputError
        Saying which.
    """
    stem = place.name.removesuffix(".zarr")
    if stem.endswith(BESIDE):
        raise InputError(
            f"cannot make a store at {place}: names that end in {' or '.join(BESIDE)} are those of "
            "the analyses and figures beside stores; choose another --store"
        )
    other = f"{stem}.zarr" if place.name == stem else stem
    beside = place.sibling(other)
    if beside.get(ROOT_METADATA, 0) is not None:
        raise InputError(
            f"cannot make a store at {place}: its figures would be those of {beside}; choose "
            "another --store"
        )


def _refuse_inside_another(place: Place) -> None:
    """Refuse a store inside a store or an analysis, which may be replaced or removed as a whole.

    Raises
    ------
    InputError
        Saying inside which.
    """
    for folder in Path(place.address).parents if isinstance(place, Folder) else ():
        if (folder / ROOT_METADATA).is_file():
            raise InputError(
                f"cannot make a store at {place}: {folder} is a Zarr store itself; choose a --store "
                "that is not inside it"
            )


def _write_empty(
    store: zarr.storage.MemoryStore,
    layout: Layout,
    channels: NDArray[np.int32] | None,
    attributes: dict[str, Any],
) -> None:
    group = zarr.open_group(store, mode="w-", zarr_format=3)
    names = [variable.name for variable in layout.variables]
    proof = [*COUNT_AND_ADDRESS, *names] if FORMAT >= PROOF_FORMAT else []
    beside = [*([] if channels is None else [CHANNELS]), *(p.name for p in layout.parameters)]
    # By this attribute other readers take them for coordinates, and not for data.
    labels = {"coordinates": " ".join(beside)} if beside else {}
    keys: dict[str, Any] = {"name": "default", "separator": CHUNK_SEPARATOR}
    for variable in layout.variables:
        group.create_array(
            variable.name,
            shape=layout.shape(variable),
            chunks=layout.chunks(variable),
            dtype=variable.dtype,
            fill_value=variable.fill,
            compressors=[ZstdCodec(level=COMPRESSION_LEVEL), Crc32cCodec()],
            dimension_names=(*layout.names, "realization", *variable.dims),
            chunk_key_encoding=keys,
            attributes={**variable.attributes, **labels},
        )
    group.create_array(
        MARKER,
        shape=(*layout.grid, layout.blocks, *((len(proof),) if proof else ())),
        chunks=(*(1 for _ in layout.grid), 1, *((len(proof),) if proof else ())),
        dtype="uint32" if proof else "int32",
        fill_value=0,
        compressors=[Crc32cCodec()],
        dimension_names=(*layout.names, "block", *((PROOF,) if proof else ())),
        chunk_key_encoding=keys,
        attributes={
            "units": "",
            "long_name": "realizations in each finished block",
            **({PROOF: proof, "identity": _identity(attributes)} if proof else {}),
        },
    )
    numbers = np.arange(layout.realizations, dtype=np.int64)
    meaning = "number of the disorder realization"
    realization = Coordinate("realization", numbers, "", meaning, "int64")
    for coordinate in (*layout.axes, *layout.dimensions, *layout.parameters, realization):
        _write_coordinate(group, coordinate)
    if channels is not None:
        labels = {"units": "", "long_name": layout.open_modes}
        _write_small(group, CHANNELS, channels, layout.names, labels)
    group.create_group(RUN_GROUP)
    group.attrs.update(
        {
            "qtcore_format": FORMAT,
            "realizations": layout.realizations,
            "earlier_realizations": [],
            "block_length": layout.block,
            "sizes": json.dumps(layout.sizes),
            **attributes,
        }
    )


def _write_coordinate(group: zarr.Group, given: Coordinate) -> None:
    values = np.asarray(given.values, dtype=given.dtype)
    labels: dict[str, Any] = {"units": given.units, "long_name": given.long_name}
    if given.labels:
        labels[LABELS] = list(given.labels)
    _write_small(group, given.name, values, (given.along or given.name,), labels)


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
    # A chunk of nothing but zeros too: one that is missing is one that was lost.
    array.with_config({"write_empty_chunks": True})[...] = values


def _identity(attributes: dict[str, Any]) -> str:
    """Return what tells a store's marks from those of another one."""
    return digest_of_document({name: attributes.get(name) for name in ("spec_hash", "seed")})[:16]


def _with_digests(
    objects: dict[str, bytes], channels: NDArray[np.int32] | None
) -> dict[str, bytes]:
    """Return the objects of a new store with the digests by which it proves itself."""
    root = json.loads(objects[ROOT_METADATA])
    if root["attributes"]["qtcore_format"] < DIGEST_FORMAT:
        return objects
    documents = {
        name: json.loads(content)
        for key, content in objects.items()
        if key.endswith(f"/{ROOT_METADATA}") and (name := key.partition("/")[0]) != RUN_GROUP
    }
    root["attributes"]["arrays"] = {n: digest_of_array(d) for n, d in documents.items()}
    if channels is not None:
        root["attributes"][DIGESTS_OF_CHANNELS] = [digest_of_values(channels)]
    root["attributes"][DIGEST] = digest_of(root["attributes"])
    return {**objects, ROOT_METADATA: json.dumps(root, indent=2).encode()}


def extend(
    location: Location,
    layout: Layout,
    channels: NDArray[np.int32] | None,
    earlier: list[int],
    attributes: dict[str, Any],
) -> None:
    """Make room for more realizations and more values of axes, or finish doing so.

    What the store shall hold is written before any array grows, so that an extension that is
    killed half-way is completed by the next call with the same layout.

    Parameters
    ----------
    location : str, Path or Place
        The store; the caller holds its lease.
    layout : Layout
        As from now on: at least what the store holds, new values at the end of their axis.
    channels : (*axes) int array, optional
        Open modes of each point, where points are wires.
    earlier : list of int
        Realizations that points had and no longer have.
    attributes : dict
        What else changes.
    """
    place = place_of(location)
    header = read_header(place)
    changed = {"realizations": layout.realizations, **attributes}
    grows = any(header.attributes.get(name) != value for name, value in changed.items())
    if header.compacted:
        if not grows:
            intact_objects(place, chunks=False)
            _grow(place, layout, channels)  # labels only: nothing else has grown
            return
        raise InputError(
            f"{place} is compacted, and no block can be added to a shard; "
            f"`{command('compact', '--undo', place)}` brings its chunks back"
        )
    variables, axes = ([one.name for one in held] for held in (layout.variables, layout.axes))
    refuse_contradictions(place)
    intact_objects(place, [MARKER, "realization", *variables, *axes], chunks=False)
    refuse_if_unwritable(place, [RUN_GROUP, MARKER, *variables, *axes, "realization"])
    if grows:
        known = sorted({*header.earlier_realizations, *earlier})
        changed |= {"earlier_realizations": known, "completed": ""}
    told = header.attributes.get(DIGESTS_OF_CHANNELS, [])
    if channels is not None and header.arrays is not None:
        digest = digest_of_values(channels)
        changed[DIGESTS_OF_CHANNELS] = told if [digest] == told[-1:] else [*told[-1:], digest]
    if any(header.attributes.get(name) != value for name, value in changed.items()):
        _write_attributes(place, changed)
    _grow(place, layout, channels)
    keep_copy(place)


@contextmanager
def _in_memory(place: Place) -> Iterator[zarr.Group]:
    """Let Zarr change metadata in memory, and put what came of it into the store.

    Zarr's own writing follows links, writes metadata in words of its own, and knows neither the
    modes of a shared folder nor a service that fails now and then.
    """
    before = intact_objects(place)
    memory: dict[str, Any] = {key: Buffer.from_bytes(c) for key, c in before.items()}
    yield zarr.open_group(zarr.storage.MemoryStore(memory), mode="r+", use_consolidated=False)
    after = {key: bytes(buffer.to_bytes()) for key, buffer in memory.items()}
    for key, content in after.items():
        if before.get(key) != content:
            place.put(key, content)


def _grow(place: Place, layout: Layout, channels: NDArray[np.int32] | None) -> None:
    """Give arrays the shape, and coordinates the values, that a layout says, where they differ."""
    for name in (MARKER, *(variable.name for variable in layout.variables)):
        document = _document(place, name)
        first = layout.blocks if name == MARKER else layout.realizations
        behind = document["shape"][len(layout.grid) + 1 :]  # which never grows
        _put_shape(place, name, document, (*layout.grid, first, *behind))
    labels = {c.name: np.asarray(c.values, c.dtype) for c in (*layout.axes, *layout.dimensions)}
    held = read_header(place).arrays or {}
    # Stores that were made before parameters of cases were coordinates go on without them.
    own = [one for one in layout.parameters if one.name in held]
    labels |= {c.name: np.asarray(c.values, c.dtype) for c in own}
    labels["realization"] = np.arange(layout.realizations, dtype=np.int64)
    if channels is not None:
        labels[CHANNELS] = channels
    behind_names = {dimension.name for dimension in layout.dimensions}
    for name, values in labels.items():
        document = _document(place, name)
        if name in behind_names and document["shape"] != list(values.shape):
            continue  # room for more than these points need
        for key, chunk in chunks_of(name, document, values).items():
            if place.get(key, len(chunk) + 1) != chunk:
                place.put(key, chunk)
        _put_shape(place, name, document, values.shape)


def _document(place: Place, name: str) -> dict[str, Any]:
    return checked_array(parsed(place.get(f"{name}/{ROOT_METADATA}", MOST_BYTES + 1)))


def _put_shape(place: Place, name: str, document: dict[str, Any], shape: tuple[int, ...]) -> None:
    if document["shape"] != list(shape):
        content = json.dumps({**document, "shape": list(shape)}, indent=2).encode()
        place.put(f"{name}/{ROOT_METADATA}", content)


def refuse_if_unwritable(place: Place, folders: Iterable[str]) -> None:
    """Raise InputError if a part of a store may not be written to, before anything is changed."""
    try:
        place.refuse_if_unwritable(folders)
    except OSError as error:
        raise InputError(
            f"cannot write to the store {place}: {error.strerror}: {error.filename}; nothing was "
            "changed. Whom a shared store belongs to: docs/how-to/store.md"
        ) from error


def update_attributes(location: Location, attributes: dict[str, Any]) -> None:
    """Change attributes of a store (driver only)."""
    place = place_of(location)
    _write_attributes(place, attributes)
    keep_copy(place)


def _write_attributes(place: Place, attributes: dict[str, Any]) -> None:
    """Change attributes in one atomic put, which also drops the consolidated metadata."""
    read_header(place)  # says so in words if they were damaged meanwhile
    document = parsed(place.get(ROOT_METADATA, MOST_BYTES + 1))
    document.pop("consolidated_metadata", None)  # it would go stale with the first change
    document["attributes"] |= attributes
    if DIGEST in document["attributes"]:
        document["attributes"][DIGEST] = digest_of(document["attributes"])
    place.put(ROOT_METADATA, json.dumps(document, indent=2).encode())


def consolidate(location: Location) -> None:
    """Copy all metadata into the root, as readers like it, once a run is complete.

    Any later change of the attributes through this module drops the copy again.
    """
    place = place_of(location)
    with _in_memory(place) as group, warnings.catch_warnings():
        # zarr warns that other languages may not know the copy; they read the originals.
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(group.store)
    keep_copy(place)
