"""Which metadata belong to the blocks of a store: what their marks and chunks say.

A store and the copy that it keeps of itself may each be sound and yet contradict each other, because
one of them came from another store. The blocks tell which one: a mark holds a checksum of its address
with the identity of its store, and the checksums of its chunks.
"""

import random
from collections.abc import Mapping
from operator import lt

import numpy as np

from qtcore.store.arrays import BlockArray, Mark, checked_blocks
from qtcore.store.chunks import decode_chunk, is_sound
from qtcore.store.duplicate import checked_document, is_of_blocks
from qtcore.store.finished import sharded_marks, sizes_of_blocks
from qtcore.store.header import Header, attributes_of
from qtcore.store.layout import MARKER
from qtcore.store.place import ROOT_METADATA, Place

LOOKED_AT = 64
"""Blocks that are asked, drawn evenly; one that is damaged must not decide."""


def share_of_proof(place: Place, objects: Mapping[str, bytes]) -> float | None:
    """Return which part of a store's blocks prove that some metadata are theirs, 0 … 1.

    Parameters
    ----------
    place : Place
        The store with the blocks.
    objects : mapping of str to bytes
        Metadata by key, such as those of its copy.

    Returns
    -------
    float or None
        None if the blocks can tell nothing: there are none, or their marks hold no checksums.
    """
    try:
        header = Header(place, attributes_of(objects[ROOT_METADATA]) or {})
        arrays = {name: _block_array(header, objects, name) for name in header.arrays or ()}
        blocks = {name: array for name, array in arrays.items() if array is not None}
        if header.arrays is None:
            return None
        marker = blocks.pop(MARKER)
        sizes = sizes_of_blocks(header, tuple(marker.document["shape"][: len(marker.axes)]))
        marks = _marks(place, marker)
    except (ValueError, KeyError, TypeError):  # metadata that contradict themselves
        return 0.0
    if not marks:
        return None
    drawn = random.Random(0).sample(sorted(marks), min(LOOKED_AT, len(marks)))
    array = next(iter(blocks.values()), None)
    ends = {n // header.block for n in header.earlier_realizations if n % header.block}
    proved = 0
    for address in drawn:
        mark = marks[address]
        if mark is None or not all(map(lt, address, sizes.shape)):
            continue
        fits = mark.realizations == sizes[address] or (
            address[-1] in ends and mark.realizations <= header.block
        )
        proved += bool(fits and (array is None or _proves(place, array, address, mark)))
    return proved / len(drawn)


def _block_array(header: Header, objects: Mapping[str, bytes], name: str) -> BlockArray | None:
    """Return an array of blocks; None if tasks do not write it, or its metadata are damaged."""
    try:
        document = checked_document(name, objects.get(f"{name}/{ROOT_METADATA}"), header.arrays)
    except ValueError:
        return None
    return (
        checked_blocks(header, BlockArray(name, document)) if is_of_blocks(name, document) else None
    )


def _marks(place: Place, marker: BlockArray) -> dict[tuple[int, ...], Mark | None]:
    """Return the marks by address; None for those that are damaged or of another store."""
    if marker.sharded:
        return {
            tuple(address): marker.mark_of(row)
            for addresses, rows in sharded_marks(place, marker)
            for address, row in zip(addresses.tolist(), rows, strict=True)
        }
    depth = len(marker.axes) + 1
    listed = [i for i in marker.chunks.indices(place) if len(i) == len(marker.dimensions)]
    drawn = random.Random(0).sample(sorted(listed), min(LOOKED_AT, len(listed)))
    contents = {i[:depth]: marker.chunk_at(place, marker.chunks.key(i)) for i in drawn}
    return {
        address: marker.read_mark(address, content)
        for address, content in contents.items()
        if content is not None and is_sound(content)  # a damaged one says nothing
    }


def _proves(place: Place, array: BlockArray, address: tuple[int, ...], mark: Mark) -> bool:
    """Whether the chunk of a block is the one of its mark, and holds as many numbers as it should."""
    if array.sharded:
        return True
    index = (*address, *(0,) * (len(array.dimensions) - len(address)))
    chunk = array.chunk_at(place, array.chunks.key(index))
    if chunk is None or not mark.proves(array.name, chunk):
        return False
    try:
        decode_chunk(chunk, np.dtype(array.dtype), array.chunk[len(array.axes) :])
    except ValueError:
        return False
    return True
