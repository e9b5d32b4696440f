"""The realizations that a block already holds: read back when a store is extended.

A block that was the last one before an extension holds fewer realizations than it shall hold now. The
task that owns it computes those that are missing only, and writes the chunk anew with the old rows
bit for bit and the new ones behind them. It may be stopped at any moment: see qtcore.store.growing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.store.arrays import block_arrays
from qtcore.store.chunks import decode_chunk
from qtcore.store.growing import announced
from qtcore.store.header import Header
from qtcore.store.layout import MARKER


class PartialBlocks:
    """Reads the rows of blocks that an extension has made partial.

    Parameters
    ----------
    header : Header
        The store.
    """

    def __init__(self, header: Header) -> None:
        self._place = header.place
        self._block = header.block
        self._arrays = block_arrays(header)
        self._marker = self._arrays.pop(MARKER)
        self._numbers = {n // self._block for n in header.earlier_realizations if n % self._block}

    def rows(self, point: tuple[int, ...], number: int, wanted: int) -> Mapping[str, NDArray[Any]]:
        """Return what a block holds of each variable, (realization, *dims).

        Parameters
        ----------
        point : tuple of int
            Index on each swept axis.
        number : int
            Number of the block.
        wanted : int
            Realizations that the block shall hold.

        Returns
        -------
        mapping of arrays
            Empty if the block holds nothing, holds all of it, or a chunk is not the one that its
            mark stands for: then the whole block is to be computed.
        """
        if number not in self._numbers:
            return {}
        address = (*point, number)
        index = self._marker.index_of_mark(address)
        mark = self._marker.read_mark(address, self._place.get(self._marker.chunks.key(index)))
        if mark is None or mark.realizations >= wanted:
            return {}
        block = dict(zip(self._marker.dimensions, index, strict=True))
        chunks = {
            name: self._place.get(array.chunks.key(array.index_of_block(block)))
            for name, array in self._arrays.items()
        }
        if not all(map(mark.proves, chunks, chunks.values())):
            # A worker that was killed while it wrote them anew has left what it was to write.
            new = announced(self._place, self._marker, [*self._arrays], address)
            if new is None:
                return {}
            chunks = {**new.chunks}
        return {
            name: self._decoded(name, chunk)[: mark.realizations] for name, chunk in chunks.items()
        }

    def _decoded(self, name: str, chunk: bytes | None) -> NDArray[Any]:
        array = self._arrays[name]
        shape = array.chunk[array.dimensions.index("realization") :]
        return decode_chunk(chunk or b"", array.dtype, shape)


def joined(
    old: Mapping[str, NDArray[Any]], new: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return the rows of a block that were there, followed by those that are new."""
    return {
        name: np.concatenate([old[name], rows.astype(old[name].dtype, copy=False)])
        if name in old
        else rows
        for name, rows in new.items()
    }
