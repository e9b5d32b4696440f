"""Which blocks are finished: what the listing of marker chunks says."""

from collections.abc import Iterator
from operator import lt

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError
from qtcore.store.arrays import BlockArray, Mark, block_array, block_arrays
from qtcore.store.header import Header
from qtcore.store.layout import MARKER, block_count
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place
from qtcore.store.shard import unpack


def finished_blocks(header: Header, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which blocks hold all their realizations.

    Parameters
    ----------
    header : Header
        The store.
    grid : tuple of int
        Number of values on each swept axis.

    Returns
    -------
    (*grid, block) bool array
    """
    sizes = _sizes(header, grid)
    finished: NDArray[np.bool_] = (held_realizations(header, grid) >= sizes) & (sizes > 0)
    return finished


def held_realizations(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return how many realizations of each block were written, (*grid, block).

    A block that was the last one before an extension holds fewer than it should now.
    """
    sizes = _sizes(header, grid)
    marker = block_array(header, MARKER)
    if marker.sharded:  # the markers lie in shards, and never change
        held = np.zeros(sizes.shape, dtype=np.int64)
        for address, mark in sharded_marks(header.place, marker):
            if mark is not None and all(map(lt, address, held.shape)):
                held[address] = mark.realizations
        return held
    listed = np.zeros(sizes.shape, dtype=bool)
    depth = listed.ndim
    for index in marker.chunks.indices(header.place):
        address = index[:depth]
        if len(index) == len(marker.dimensions) and all(map(lt, address, listed.shape)):
            listed[address] = True
    held = listed * sizes
    ends = {
        earlier // header.block for earlier in header.earlier_realizations if earlier % header.block
    }
    for end in ends & set(range(sizes.shape[-1])):
        for point in np.argwhere(listed[..., end]):
            address = (*map(int, point), end)
            content = header.place.get(marker.chunks.key(marker.index_of_mark(address)))
            mark = marker.read_mark(address, content)
            held[address] = 0 if mark is None else mark.realizations
    return held


def proven_blocks(header: Header, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which blocks hold all their realizations, and have all their chunks.

    A copy of a store that was made while a run wrote to it may have marks of blocks whose chunks
    it has not: such a block is to be computed again. Costs a listing of each array, where
    `finished_blocks` costs one.
    """
    finished = finished_blocks(header, grid)
    arrays = block_arrays(header.place)
    if arrays.pop(MARKER).sharded:
        return finished
    depth = finished.ndim
    for array in arrays.values():
        there = np.zeros(finished.shape, dtype=bool)
        for index in array.chunks.indices(header.place):
            if all(map(lt, index[:depth], there.shape)):
                there[index[:depth]] = True
        finished &= there
    return finished


def sharded_marks(
    place: Place, marker: BlockArray
) -> Iterator[tuple[tuple[int, ...], Mark | None]]:
    """Yield the address of each block of a compacted store, with its mark.

    Raises
    ------
    DamagedStoreError
        If a shard of them is damaged.
    """
    for shard, chunks in marker.shards_with_chunks():
        content = place.get(marker.shards.key(shard))
        try:
            found = unpack(content, len(chunks)) if content is not None else []
        except ValueError as error:
            raise DamagedStoreError(
                f"{place} is damaged: {MARKER} cannot be read ({error}); "
                f"`qtcore verify-store {place}` repairs it"
            ) from error
        for chunk, encoded in zip(chunks, found, strict=bool(found)):
            if encoded is not None:
                address = chunk[:-1] if marker.proof else chunk
                yield address, marker.read_mark(address, encoded)


def _sizes(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the realizations that each block shall hold, (*grid, block); 0 beyond the last."""
    counts = header.counts(grid)
    first = header.block * np.arange(block_count(int(counts.max()), header.block))
    sizes: NDArray[np.int64] = np.clip(counts[..., None] - first, 0, header.block)
    return sizes


def clean_partial(location: Location) -> int:
    """Remove chunk files that a killed worker left half-written; return how many.

    Only the holder of the store's lease calls this.
    """
    return place_of(location).clean()
