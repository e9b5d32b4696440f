"""The marks of a store, as many of them at a time as are asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.store.arrays import Mark, block_array, block_arrays
from qtcore.store.finished import held_realizations, rows_of_shards, sizes_of_blocks
from qtcore.store.growing import announced
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER

Address = tuple[int, ...]


class Marks:
    """The marks of a store as it was when it was opened; shared by the arrays of a dataset.

    Parameters
    ----------
    header : Header
        The store.
    grid : tuple of int
        Values on each swept axis.

    Attributes
    ----------
    held : (*grid, block) int array
        How many realizations each block held when the store was opened.
    """

    def __init__(self, header: Header, grid: tuple[int, ...]) -> None:
        self.header = header
        self._array = block_array(header, MARKER)
        self._rows: NDArray[np.uint32] | None = None
        if self._array.sharded:
            shape = sizes_of_blocks(header, grid).shape
            self._rows = rows_of_shards(header.place, self._array, shape)
            self.held = self._rows[..., 0].astype(np.int64)
        else:
            self.held = held_realizations(header, grid)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what another process reads for itself."""
        return {**self.__dict__, "_rows": None}

    def column(self, name: str) -> int | None:
        """Return where the checksums of an array stand in the rows; None before format 4."""
        names = self._array.names_in_marks
        return 1 + names.index(name) if names else None

    def rows(self, addresses: NDArray[np.int64], *, again: bool = False) -> NDArray[np.uint32]:
        """Return what the marks of blocks say.

        Parameters
        ----------
        addresses : (mark, address) int array
            Index on each swept axis, and of the block.
        again : bool
            Whether to read again what was read before.

        Returns
        -------
        (mark, 1 + checksum) uint32 array
            How many realizations a block holds, then the checksums of its chunks; zeros for a mark that
            is gone or damaged.
        """
        if again:
            self._array = block_array(read_header(self.header.place), MARKER)
        array, shape = self._array, self.held.shape
        rows = self._rows
        if array.sharded and (again or rows is None):
            rows = rows_of_shards(self.header.place, array, shape)
        elif rows is None:
            rows = np.zeros((*shape, 1 + len(array.names_in_marks)), dtype=np.uint32)
        self._rows = rows
        places = tuple(addresses.T)
        found: NDArray[np.uint32] = rows[places]
        if array.sharded:
            return found
        new = np.flatnonzero((found[:, 0] == 0) | again)
        if len(new):
            dims = len(array.dimensions)
            indices = np.pad(addresses[new], ((0, 0), (0, dims - addresses.shape[1])))
            keys = array.chunks.keys(indices.tolist(), dims)
            contents = self.header.place.get_each(keys, array.most + 1)
            found[new] = array.read_marks(addresses[new], contents)
            rows[places] = found
        return found

    def of(self, address: Address) -> Mark | None:
        """Return the mark of a block as it is now; None if it is gone or damaged."""
        return self._array.mark_of(self.rows(np.array([address]), again=True)[0])

    def announced(
        self, address: Address, name: str, mark: Mark | None, chunk: bytes | None
    ) -> tuple[Mark | None, bytes | None]:
        """Return mark and chunk that a block gets at this moment, or else those that it has."""
        if self._array.sharded:
            return mark, chunk
        names = [n for n in block_arrays(self.header) if n != MARKER]
        new = announced(self.header.place, self._array, names, address)
        return (mark, chunk) if new is None else (new.mark, new.chunks[name])
