"""Which blocks are finished: what the listing of marker chunks says."""

from contextlib import suppress
from operator import lt

import numpy as np
import zarr
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError
from qtcore.store.arrays import block_arrays, marker_array
from qtcore.store.chunks import decode_marker
from qtcore.store.growing import finish_growing
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER, PROOF, RUN_GROUP, block_count
from qtcore.store.locate import Location, place_of


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
    if header.compacted:  # the markers lie in shards, and never change
        array = zarr.open_array(header.place.zarr_store(), path=MARKER, mode="r")
        try:
            return np.asarray(array[...], dtype=np.int64)
        except ValueError as error:
            raise DamagedStoreError(
                f"{header.place} is damaged: {MARKER} cannot be read ({error}); "
                f"`qtcore verify-store {header.place}` repairs it"
            ) from error
    listed = np.zeros(sizes.shape, dtype=bool)
    keys = marker_array(header.place).chunks
    depth = listed.ndim
    for index in keys.indices(header.place):
        if len(index) == depth and all(map(lt, index, listed.shape)):
            listed[index] = True
    held = listed * sizes
    ends = {
        earlier // header.block for earlier in header.earlier_realizations if earlier % header.block
    }
    for end in ends & set(range(sizes.shape[-1])):
        for point in np.argwhere(listed[..., end]):
            held[(*point, end)] = decode_marker(header.place.get(keys.key((*point, end))))
    return held


def _sizes(header: Header, grid: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the realizations that each block shall hold, (*grid, block); 0 beyond the last."""
    counts = header.counts(grid)
    first = header.block * np.arange(block_count(int(counts.max()), header.block))
    sizes: NDArray[np.int64] = np.clip(counts[..., None] - first, 0, header.block)
    return sizes


def clean_partial(location: Location) -> int:
    """Remove what killed processes left in a store or beside it; return how much that was.

    That is half-written files, proofs of workers, shards that are no longer or not yet read, and
    blocks that were being written anew, which are written to their end. Only the holder of the
    store's lease calls this.
    """
    place = place_of(location)
    removed = place.clean() + finish_growing(place)
    proofs = [name for name in place.children(RUN_GROUP) if name.startswith(PROOF)]
    place.delete_keys([f"{RUN_GROUP}/{name}" for name in proofs])
    with suppress(ValueError, KeyError):  # metadata that are damaged, which others say better
        if not read_header(place).compacted:  # else `compact` or its --undo was stopped
            for array in block_arrays(place).values():
                array.shards.delete_all(place)
    return removed + len(proofs)
