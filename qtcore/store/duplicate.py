"""A copy, inside the store, of all that only the driver writes.

Chunks of blocks can be computed again; metadata and coordinates cannot. They are small, so the
store holds them twice: as Zarr reads them, and packed into one ZIP file, whose members carry
checksums. `verify-store` puts back whichever of the two is damaged from the other.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from qtcore.errors import InputError
from qtcore.store.chunks import is_sound
from qtcore.store.layout import COPY, MARKER, RUN_GROUP
from qtcore.store.place import ROOT_METADATA, Place


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


def unpacked(content: bytes | None) -> dict[str, bytes] | None:
    """Return the objects of a copy, or None if it is damaged or not there."""
    if content is None:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error):
        return None


def intact_objects(place: Place, arrays: Iterable[str] = ()) -> dict[str, bytes]:
    """Return what only the driver writes.

    Parameters
    ----------
    place : Place
        The store.
    arrays : iterable of str
        Arrays that the store must have.

    Raises
    ------
    InputError
        If one of the objects is damaged, or an array has no metadata.
    """
    objects = driver_objects(place)
    wrong = [key for key, content in objects.items() if not is_intact(key, content)]
    wrong += [key for name in arrays if (key := f"{name}/{ROOT_METADATA}") not in objects]
    if wrong:
        raise InputError(
            f"{place} is damaged: {', '.join(wrong)}; `qtcore verify-store {place}` repairs it"
        )
    return objects


def keep_copy(place: Place) -> None:
    """Write the copy of what the driver wrote last.

    Raises
    ------
    InputError
        If that is damaged: a good copy must not be lost to it.
    """
    copy = packed(intact_objects(place))
    if place.get(COPY) != copy:
        place.put(COPY, copy)


def is_intact(key: str, content: bytes) -> bool:
    """Whether a document parses, or a chunk agrees with its checksum."""
    if not key.endswith(ROOT_METADATA):
        return is_sound(content)
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def driver_objects(place: Place) -> dict[str, bytes]:
    """Return all that only the driver writes: metadata, and the chunks of coordinates."""
    objects = {}
    for key in (ROOT_METADATA, f"{RUN_GROUP}/{ROOT_METADATA}"):
        objects[key] = place.get(key) or b""
    for name in place.children(""):
        metadata = place.get(f"{name}/{ROOT_METADATA}")
        if metadata is None or name == RUN_GROUP:
            continue
        objects[f"{name}/{ROOT_METADATA}"] = metadata
        if is_intact(ROOT_METADATA, metadata) and not is_of_blocks(name, json.loads(metadata)):
            for key in place.keys(f"{name}/"):
                objects[key] = place.get(key) or b""
    return objects


def is_of_blocks(name: str, metadata: Mapping[str, Any]) -> bool:
    """Whether tasks write the chunks of an array, rather than the driver."""
    dimensions = metadata.get("dimension_names") or ()
    return name == MARKER or ("realization" in dimensions and len(dimensions) > 1)
