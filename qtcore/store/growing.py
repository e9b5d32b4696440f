"""Blocks that are about to be written anew with more realizations than they hold.

Their chunks and their mark are several objects, which cannot change at one moment. So all that will
be written is put first as one object; who finds it later, because the writer was stopped, writes it
once more. Nothing of it has to be computed again, and who reads in between reads it instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qtcore.store.arrays import BlockArray, Mark
from qtcore.store.layout import GROWING, MARKER
from qtcore.store.place import Place
from qtcore.store.shard import pack, unpack

MOST_BYTES = 2**32
"""Bytes of a block with all its arrays, encoded, at most."""


@dataclass(frozen=True)
class Announced:
    """A block as it shall be.

    Attributes
    ----------
    mark : Mark
        What its mark says.
    encoded : bytes
        The mark.
    chunks : mapping of str to bytes
        Its chunk of each array; every one of them is the one that the mark stands for.
    """

    mark: Mark
    encoded: bytes
    chunks: Mapping[str, bytes]


def announce(
    place: Place, address: tuple[int, ...], mark: bytes, chunks: Mapping[str, bytes]
) -> str:
    """Put what is about to be written; return the key under which it lies until it is done.

    Parameters
    ----------
    place : Place
        The store.
    address : tuple of int
        Index on each swept axis, and of the block.
    mark : bytes
        The block's mark, which is written last.
    chunks : mapping of str to bytes
        Its chunk of each array.
    """
    key = _key(address)
    # No key stands in it: what lies in a store does not decide what is written where.
    place.put(key, pack([mark, *(chunks[name] for name in sorted(chunks))]))
    return key


def announced(
    place: Place, marker: BlockArray, names: Sequence[str], address: tuple[int, ...]
) -> Announced | None:
    """Return what was put for a block, if something was and all of it is sound.

    Parameters
    ----------
    place : Place
        The store.
    marker : BlockArray
        Its array of marks.
    names : sequence of str
        All other arrays of blocks.
    address : tuple of int
        Index on each swept axis, and of the block.
    """
    content = place.get(_key(address), MOST_BYTES)
    if content is None:
        return None
    try:
        encoded, *chunks = unpack(content, 1 + len(names))
    except ValueError:  # cut off: its writer had not begun with the block itself
        return None
    mark = marker.read_mark(address, encoded)
    found = dict(zip(sorted(names), chunks, strict=True))
    if encoded is None or mark is None or not all(map(mark.proves, found, found.values())):
        return None
    return Announced(mark, encoded, {name: chunk or b"" for name, chunk in found.items()})


def finish_growing(place: Place, arrays: Mapping[str, BlockArray]) -> int:
    """Write blocks whose writer was stopped in between; return how many were found.

    Only the holder of the store's lease calls this.

    Parameters
    ----------
    place : Place
        The store.
    arrays : mapping of str to BlockArray
        Its arrays of blocks and marks.
    """
    marker = arrays[MARKER]
    others = {name: array for name, array in arrays.items() if name != MARKER}
    found = 0
    for key, address in _addresses(place, marker):
        new = announced(place, marker, [*others], address)
        key_of_mark = marker.chunks.key(marker.index_of_mark(address))
        there = marker.read_mark(address, marker.chunk_at(place, key_of_mark))
        # A writer that had slept may have come back after the block had grown further.
        if new is not None and (there is None or there.realizations <= new.mark.realizations):
            block = dict(zip(marker.dimensions, marker.index_of_mark(address), strict=True))
            for name, array in others.items():
                place.put(array.chunks.key(array.index_of_block(block)), new.chunks[name])
            place.put(key_of_mark, new.encoded)
        place.delete(key)
        found += 1
    return found


def _key(address: tuple[int, ...]) -> str:
    return f"{GROWING}/{'.'.join(map(str, address))}"


def _addresses(place: Place, marker: BlockArray) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield key and address of what is put; whatever else lies there is left alone."""
    grid = marker.grid[: len(marker.axes) + 1]
    for name in [] if marker.sharded else place.children(GROWING):
        try:
            address = tuple(map(int, name.split(".")))
        except ValueError:
            continue
        inside = len(address) == len(grid) and all(
            0 <= i < n for i, n in zip(address, grid, strict=True)
        )
        if inside and _key(address) == f"{GROWING}/{name}":
            yield f"{GROWING}/{name}", address
