"""A copy, inside the store, of all that only the driver writes.

Chunks of blocks can be computed again; metadata and coordinates cannot. They are small, so the
store holds them twice: as Zarr reads them, and packed into one ZIP file, whose members carry
checksums. `verify-store` puts back whichever of the two is damaged from the other.

A store may come from a stranger: of a copy only those members count that such a copy can have.
"""

import io
import itertools
import json
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from qtcore.errors import DamagedMetadataError, InputError, command, listed
from qtcore.store.archive import opened, opened_copy
from qtcore.store.chunks import CHECKSUM_BYTES, is_sound
from qtcore.store.document import MOST_BYTES, checked_array, parsed
from qtcore.store.header import MOST_COPY, attributes_of, digest_of_document, header_in
from qtcore.store.keys import Keys, separator_of
from qtcore.store.layout import COPY, MARKER, RUN_GROUP
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.shard import unsharded

MOST_MEMBERS = 10_000
RUN_METADATA = f"{RUN_GROUP}/{ROOT_METADATA}"
ARRAY_METADATA = re.compile(r"([^\W\d][\w-]{0,200})/zarr\.json")
"""Key of an array's metadata: a name that is one folder, whatever the system."""


def packed(objects: Mapping[str, bytes]) -> bytes:
    """Return objects as a ZIP file; equal objects give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key in sorted(objects):
            # Its default time is 1980, not now.
            member = zipfile.ZipInfo(key)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, objects[key])
    return file.getvalue()


def kept_copy(place: Place) -> dict[str, bytes] | None:
    """Return the objects of the copy in a store; no more is unpacked than what it declares."""
    return _objects_in(lambda: opened_copy(place))


def unpacked(content: bytes) -> dict[str, bytes] | None:
    """Return the objects of a copy, or None if it is damaged, or none that qtcore makes."""
    return _objects_in(lambda: opened(io.BytesIO(content)))


def _objects_in(open_it: Callable[[], zipfile.ZipFile]) -> dict[str, bytes] | None:
    try:
        with open_it() as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(names) > MOST_MEMBERS or len({*names}) != len(names):
                return None
            if sum(member.file_size for member in members) > MOST_COPY:
                return None
            sizes = {name: MOST_BYTES for name in names if name.endswith(ROOT_METADATA)}
            objects = _read(archive, sizes)
            sizes = {name: size for name, size in _chunks_in(objects).items() if name in names}
            objects |= _read(archive, sizes)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error, RuntimeError):
        return None
    return objects if {*objects} == {*names} and ROOT_METADATA in objects else None


def _read(archive: zipfile.ZipFile, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Read members, each of so many bytes at most.

    Raises
    ------
    ValueError
        If one has more.
    """
    found = {}
    for name, size in sizes.items():
        with archive.open(name) as member:
            found[name] = member.read(size + 1)
        if len(found[name]) > size:
            raise ValueError(f"{name} is larger than it can be")
    return found


def _chunks_in(objects: Mapping[str, bytes]) -> dict[str, int]:
    """Return the keys of the chunks that belong to some metadata, with their sizes.

    Raises
    ------
    ValueError
        If one of the documents is none that a copy can have.
    """
    arrays = dict(attributes_of(objects.get(ROOT_METADATA, b"")) or {}).get("arrays")
    sizes: dict[str, int] = {}
    for key, content in objects.items():
        if key in (ROOT_METADATA, RUN_METADATA):
            continue
        match = ARRAY_METADATA.fullmatch(key)
        if match is None or match[1] == RUN_GROUP:
            raise ValueError(f"{key} is no key of a store")
        document = checked_document(match[1], content, arrays)
        if not is_of_blocks(match[1], document):
            sizes |= chunks_of_driver(match[1], document)
    return sizes


def chunks_of_driver(name: str, document: dict[str, Any]) -> dict[str, int]:
    """Return the keys of an array's chunks with their sizes, where these are not compressed.

    Raises
    ------
    ValueError
        If it is larger than a store's coordinates can be.
    """
    chunk = document["chunk_grid"]["configuration"]["chunk_shape"]
    counts = [-(-n // c) for n, c in zip(document["shape"], chunk, strict=True)]
    size = math.prod(chunk) * np.dtype(document["data_type"]).itemsize + CHECKSUM_BYTES
    if math.prod(counts) > MOST_MEMBERS or math.prod(counts) * size > MOST_COPY:
        raise ValueError(f"{name} is larger than it can be")
    keys = Keys(name, separator_of(document))
    return {keys.key(index): size for index in itertools.product(*map(range, counts))}


def array_names(arrays: Mapping[str, str] | None, objects: Iterable[str]) -> list[str]:
    """Return the names of the arrays that have digests or, before format 4, metadata."""
    if arrays is not None:
        return sorted(arrays)
    names = [match[1] for key in objects if (match := ARRAY_METADATA.fullmatch(key))]
    return sorted({*names} - {RUN_GROUP})


def own_arrays(place: Place, arrays: Mapping[str, str] | None) -> list[str]:
    """Return the names of the arrays that qtcore made; others may lie beside them.

    `arrays` are their digests, as the store's root states them; None before format 4.
    """
    if isinstance(arrays, Mapping):
        return array_names(arrays, {})
    # Before format 4 the copy is the only list of them.
    copy = kept_copy(place)
    if copy is not None:
        return array_names(None, copy)
    keys = ((name, f"{name}/{ROOT_METADATA}") for name in place.children("") if name != RUN_GROUP)
    return [name for name, key in keys if place.get(key, 0) is not None]


def intact_objects(
    place: Place, arrays: Iterable[str] = (), *, chunks: bool = True
) -> dict[str, bytes]:
    """Return what only the driver writes.

    Parameters
    ----------
    place : Place
        The store.
    arrays : iterable of str
        Arrays that the store must have.
    chunks : bool
        Whether the chunks of coordinates count too, or metadata alone.

    Raises
    ------
    InputError
        If one of the objects is damaged, or an array has no metadata.
    """
    objects = driver_objects(place)
    wrong = [key for key in wrong_keys(objects) if chunks or key.endswith(ROOT_METADATA)]
    wrong += [key for name in arrays if (key := f"{name}/{ROOT_METADATA}") not in objects]
    if wrong:
        raise DamagedMetadataError(
            f"{place} is damaged: {listed(wrong)}; `{command('verify-store', place)}` repairs it"
        )
    return objects


def wrong_keys(objects: Mapping[str, bytes]) -> list[str]:
    """Return the keys of those of a driver's objects that are damaged."""
    arrays = arrays_in(objects)
    return [key for key, content in objects.items() if not is_intact(key, content, arrays)]


def damaged_objects(place: Place) -> list[str]:
    """Return the keys of what only the driver writes, as far as it is damaged or missing."""
    return wrong_keys(driver_objects(place))


def arrays_in(objects: Mapping[str, bytes]) -> dict[str, str] | None:
    """Return the digests of arrays that a driver's objects hold, if they do."""
    try:
        return (attributes_of(objects.get(ROOT_METADATA, b"")) or {}).get("arrays")
    except ValueError:
        return None


def keep_copy(place: Place) -> None:
    """Write the copy of what the driver wrote last.

    Raises
    ------
    InputError
        If that is damaged: a good copy must not be lost to it.
    """
    copy = packed(intact_objects(place))
    if place.get(COPY, len(copy) + 1) != copy:
        place.put(COPY, copy)


def is_intact(key: str, content: bytes, arrays: Mapping[str, str] | None) -> bool:
    """Whether a document is one that qtcore writes, or a chunk agrees with its checksum."""
    if not key.endswith(ROOT_METADATA):
        return is_sound(content)
    try:
        if key == ROOT_METADATA:
            return attributes_of(content) is not None
        if key == RUN_METADATA:
            return parsed(content).get("node_type") == "group"
        checked_document(key.partition("/")[0], content, arrays)
    except ValueError:
        return False
    return True


def checked_document(
    name: str, content: bytes | None, arrays: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return the metadata of an array.

    Parameters
    ----------
    name : str
        The array.
    content : bytes or None
        Its metadata.
    arrays : mapping of str to str, optional
        Digests that arrays must have, by name.

    Raises
    ------
    ValueError
        If they are damaged, or were changed by something else than qtcore.
    """
    document = checked_array(parsed(content))
    if arrays is not None and digest_of_array(document) != arrays.get(name):
        raise ValueError("it was changed by something other than qtcore")
    return document


def digest_of_array(document: dict[str, Any]) -> str:
    """Return the digest of what never changes in an array's metadata: all but shape and shards."""
    plain = unsharded(document) if document["codecs"][0]["name"] != "bytes" else document
    fixed = {name: value for name, value in plain.items() if name != "shape"}
    return digest_of_document(fixed)[:16]


def driver_objects(place: Place) -> dict[str, bytes]:
    """Return all that only the driver writes: metadata, and the chunks of coordinates.

    What should be there and is missing counts as empty, which is damage.
    """
    objects = {}
    for key in (ROOT_METADATA, RUN_METADATA):
        objects[key] = place.get(key, MOST_BYTES + 1) or b""
    try:
        arrays = (attributes_of(objects[ROOT_METADATA]) or {}).get("arrays")
        names = own_arrays(place, arrays)
        # Before format 4 a chunk of nothing but zeros was left out.
        are_all_written = arrays is not None
    except ValueError:  # the root is damaged, which is found by whoever looks at it
        names, are_all_written = [], False
    for name in names:
        key = f"{name}/{ROOT_METADATA}"
        metadata = place.get(key, MOST_BYTES + 1)
        objects[key] = metadata or b""
        try:
            document = checked_array(parsed(metadata))
            keys = {} if is_of_blocks(name, document) else chunks_of_driver(name, document)
        except ValueError:
            continue
        for chunk, size in keys.items():
            content = place.get(chunk, size + 1)
            if content is not None:
                objects[chunk] = content
            elif are_all_written:
                objects[chunk] = b""
    return objects


def is_of_blocks(name: str, metadata: Mapping[str, Any]) -> bool:
    """Whether tasks write the chunks of an array, rather than the driver."""
    dimensions = metadata.get("dimension_names") or ()
    return name == MARKER or ("realization" in dimensions and name != "realization")


def grown_from(copy: Mapping[str, bytes], present: bytes) -> list[str]:
    """Return the names of attributes in which a store contradicts its copy.

    A driver that was stopped while it extended a store leaves more realizations and more values
    of axes there than in the copy; that is no contradiction.
    """
    before = attributes_of(copy[ROOT_METADATA]) or {}
    after = attributes_of(present) or {}
    fixed = ("qtcore_format", "workflow", "seed", "block_length", "sizes", "arrays", "identity")
    wrong = [name for name in fixed if before.get(name) != after.get(name)]
    if before.get("realizations", 0) > after.get("realizations", 0):
        wrong.append("realizations")
    old, new = (json.loads(held.get("spec", "{}")) for held in (before, after))
    others = sorted({*old, *new} - {"realizations", "axes", "spans"})
    wrong += [f"{name} of the sweep" for name in others if old.get(name) != new.get(name)]
    if not _axes_grew(old.get("axes", []), new.get("axes", [])):
        wrong.append("axes of the sweep")
    return wrong


def _axes_grew(old: Any, new: Any) -> bool:
    if old == new:
        return True
    growing = ("values", "cases")
    try:
        return len(old) == len(new) and all(
            a.keys() == b.keys()
            and all(a[name] == b[name] for name in a.keys() - set(growing))
            and all(b[n][: len(a[n])] == a[n] for n in growing if n in a)
            for a, b in zip(old, new, strict=True)
        )
    except (TypeError, KeyError, ValueError):
        return False


def contradictions(present: Mapping[str, bytes], copy: Mapping[str, bytes]) -> list[str]:
    """Return in what a driver's objects and a copy of them contradict each other.

    Raises
    ------
    ValueError
        If the root of one of them is damaged.
    """
    wrong = [
        f"{name} in {ROOT_METADATA}" for name in grown_from(copy, present.get(ROOT_METADATA, b""))
    ]
    if arrays_in(copy) is not None:
        return wrong
    for key, kept in copy.items():  # before format 4, without digests
        match = ARRAY_METADATA.fullmatch(key)
        if not match or match[1] == RUN_GROUP:
            continue
        try:
            documents = [checked_array(parsed(held)) for held in (kept, present.get(key))]
        except ValueError:
            continue  # found damaged by whoever needs it
        if len({digest_of_array(document) for document in documents}) > 1:
            wrong.append(key)
    return wrong


def contradiction(place: Place) -> str:
    """Say in what a store contradicts the copy that it keeps of itself; empty if in nothing.

    Raises
    ------
    InputError
        If the metadata of its root are damaged.
    """
    copy = kept_copy(place)
    content = place.get(ROOT_METADATA, MOST_BYTES + 1)
    if copy is None or content is None or not is_intact(ROOT_METADATA, copy[ROOT_METADATA], None):
        return ""
    header_in(place, content)  # says so in words if it is damaged
    if not is_intact(ROOT_METADATA, content, None):  # the header is that of the copy then
        wrong = [f"the attributes in {ROOT_METADATA}"]
    else:
        metadata = [key for key in copy if key.endswith(ROOT_METADATA) and key != ROOT_METADATA]
        present = {key: place.get(key, MOST_BYTES + 1) or b"" for key in metadata}
        present[ROOT_METADATA] = content
        wrong = contradictions(present, copy)
    if not wrong:
        return ""
    return (
        f"{place} contradicts the copy that it keeps of itself in {COPY}: they differ in "
        f"{listed(wrong)}, so one of them was changed by something other than qtcore. "
        f"`{command('verify-store', place)}` finds out which one the blocks of the store prove, and "
        "writes the other one anew"
    )


def refuse_contradictions(place: Place) -> None:
    """Refuse to change a store that contradicts its copy: one of the two was changed by others.

    Raises
    ------
    InputError
        Saying in what they differ, and what to do.
    """
    said = contradiction(place)
    if said:
        raise InputError(f"{said}; until then nothing is done on either")
