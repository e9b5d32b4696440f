"""Which blocks are finished: what the listing of marker chunks says."""

from collections.abc import Iterator
from operator import lt

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError, InputError, command
from qtcore.store.arrays import BlockArray, block_array, block_arrays
from qtcore.store.growing import finish_growing
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER, RUN_GROUP, WORKER_PROOF, block_count
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place


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
    sizes = sizes_of_blocks(header, grid)
    finished: NDArray[np.bool_] = (held_realizations(header, grid) >= sizes) & (sizes > 0)
    return finished


def holds_nothing(header: Header) -> bool:
    """Whether not one block was written into a store: no mark, and no chunk of any variable."""
    place = header.place
    try:
        arrays = block_arrays(header)
    except InputError:  # damaged; there may be samples
        return False
    return not any(
        array.sharded or next(iter(array.chunks.listed(place)), None) is not None
        for array in arrays.values()
    )


def held_realizations(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return how many realizations of each block were written, (*grid, block).

    A block that was the last one before an extension holds fewer than it should now.
    """
    sizes = sizes_of_blocks(header, grid)
    marker = block_array(header, MARKER)
    if marker.sharded:  # the markers lie in shards, and never change
        return rows_of_shards(header.place, marker, sizes.shape)[..., 0].astype(np.int64)
    listed = np.zeros(sizes.shape, dtype=bool)
    depth, dims = listed.ndim, len(marker.dimensions)
    found = [index for index in marker.chunks.indices(header.place) if len(index) == dims]
    addresses = np.array(found, dtype=np.int64).reshape(-1, dims)[:, :depth]
    inside = (addresses < listed.shape).all(axis=1)
    listed[tuple(addresses[inside].T)] = True
    held = listed * sizes
    ends = {
        earlier // header.block for earlier in header.earlier_realizations if earlier % header.block
    }
    for end in ends & set(range(sizes.shape[-1])):
        for point in np.argwhere(listed[..., end]):
            address = (*map(int, point), end)
            content = marker.chunk_at(
                header.place, marker.chunks.key(marker.index_of_mark(address))
            )
            mark = marker.read_mark(address, content)
            held[address] = 0 if mark is None else mark.realizations
    return held


def proven_realizations(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return how many realizations each block holds, 0 for one that lacks a chunk, (*grid, block).

    A copy of a store that was made while a run wrote to it may have marks of blocks whose chunks
    it has not: such a block is to be computed again. Costs a listing of each array, where
    `held_realizations` costs one.
    """
    held = held_realizations(header, grid)
    arrays = block_arrays(header)
    if arrays.pop(MARKER).sharded:
        return held
    depth = held.ndim
    for array in arrays.values():
        there = np.zeros(held.shape, dtype=bool)
        for index in array.chunks.indices(header.place):
            if all(map(lt, index[:depth], there.shape)):
                there[index[:depth]] = True
        held *= there
    return held


def missing_blocks(location: Location) -> int:
    """Return how many blocks of a store lack realizations or a chunk, by what its arrays list."""
    header = read_header(location)
    marker = block_array(header, MARKER)
    grid = tuple(marker.document["shape"][: len(marker.axes)])
    lacking = proven_realizations(header, grid) < sizes_of_blocks(header, grid)
    return int(lacking.sum())


def realizations_there(location: Location) -> tuple[int, int]:
    """Return how many realizations a store holds, and how many it shall hold, over all points."""
    header = read_header(location)
    marker = block_array(header, MARKER)
    grid = tuple(marker.document["shape"][: len(marker.axes)])
    return int(proven_realizations(header, grid).sum()), int(header.counts(grid).sum())


def rows_of_shards(place: Place, marker: BlockArray, shape: tuple[int, ...]) -> NDArray[np.uint32]:
    """Return what the marks of a compacted store say, (*shape, 1 + checksum), as `read_marks` does.

    Parameters
    ----------
    place : Place
        The store.
    marker : BlockArray
        Its array of marks.
    shape : tuple of int
        Values on each swept axis, and blocks; what lies beyond is left out.

    Raises
    ------
    DamagedStoreError
        If a shard of marks is damaged.
    """
    rows = np.zeros((*shape, 1 + len(marker.names_in_marks)), dtype=np.uint32)
    for addresses, found in sharded_marks(place, marker):
        inside = (addresses < shape).all(axis=1)
        rows[tuple(addresses[inside].T)] = found[inside]
    return rows


def sharded_marks(
    place: Place, marker: BlockArray
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
    """Yield the addresses of the blocks of a compacted store shard by shard, with their marks.

    The marks are as `BlockArray.read_marks` returns them.

    Raises
    ------
    DamagedStoreError
        If a shard of them is damaged.
    """
    for shard, chunks in marker.shards_with_chunks():
        try:
            found = marker.shard_at(place, marker.shards.key(shard)) or []
        except ValueError as error:
            raise DamagedStoreError(
                f"{place} is damaged: {MARKER} cannot be read ({error}); "
                f"`{command('verify-store', place)}` repairs it"
            ) from error
        there = [n for n, encoded in enumerate(found) if encoded is not None]
        if there:
            depth = len(marker.axes) + 1
            addresses = np.array([chunks[n][:depth] for n in there], dtype=np.int64)
            yield addresses, marker.read_marks(addresses, [found[n] for n in there])


def sizes_of_blocks(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the realizations that each block shall hold, (*grid, block); 0 beyond the last."""
    counts, block = header.counts(grid), header.block
    if not header.draws:
        return _sizes(counts, block)
    sizes = np.zeros((*grid, block_count(header.realizations, block)), dtype=np.int64)
    for draw in header.draws:
        own = _sizes(draw.counts(grid), block)
        sizes[..., draw.first // block :][..., : own.shape[-1]] = own
    return sizes


def _sizes(counts: NDArray[np.int64], block: int) -> NDArray[np.int64]:
    """Return the realizations of blocks that are filled one after the other."""
    first = block * np.arange(block_count(int(counts.max()), block))
    return np.asarray(np.clip(counts[..., None] - first, 0, block))


def clean_partial(location: Location) -> int:
    """Remove what killed processes left in a store or beside it; return how much that was.

    That is half-written files, proofs of workers, shards that are no longer or not yet read, and
    blocks that were being written anew, which are written to their end. Only the holder of the
    store's lease calls this.
    """
    place = place_of(location)
    removed = place.clean()
    proofs = [name for name in place.children(RUN_GROUP) if name.startswith(WORKER_PROOF)]
    place.delete_keys([f"{RUN_GROUP}/{name}" for name in proofs])
    removed += len(proofs)
    try:
        header = read_header(place)
        arrays = block_arrays(header)
    except ValueError:  # metadata that are damaged, which others say better
        return removed
    if not header.compacted:  # else `compact` or its --undo was stopped
        removed += finish_growing(place, arrays)
        for array in arrays.values():
            if not array.sharded:
                array.shards.delete_all(place)
    return removed
