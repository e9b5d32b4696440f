"""The realizations that a block already holds: read back when a store is extended.

A block that was the last one before an extension holds fewer realizations than it shall hold now. The
task that owns it computes those that are missing only, and writes the chunk anew with the old rows
bit for bit and the new ones behind them. Until the marker says so the old rows count, and they lie
at the same place in the old chunk and in the new one: it may be stopped at any moment.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.store.arrays import marker_array
from qtcore.store.chunks import decode_chunk, decode_marker, is_sound
from qtcore.store.header import Header
from qtcore.store.keys import Keys
from qtcore.store.layout import Variable


class PartialBlocks:
    """Reads the rows of blocks that an extension has made partial.

    Parameters
    ----------
    header : Header
        The store.
    variables : sequence of Variable
        What it holds.
    """

    def __init__(self, header: Header, variables: Sequence[Variable]) -> None:
        self._place = header.place
        self._block = header.block
        self._sizes = header.sizes
        self._variables = variables
        self._markers = marker_array(self._place).chunks
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
            Empty if the block holds nothing, holds all of it, or a chunk does not match its
            checksum: then the whole block is to be computed.
        """
        if number not in self._numbers:
            return {}
        held = decode_marker(self._place.get(self._markers.key((*point, number))))
        if not 0 < held < wanted:
            return {}
        found = {}
        for variable in self._variables:
            shape = (self._block, *(self._sizes[name] for name in variable.dims))
            index = (*point, number, *(0,) * len(variable.dims))
            content = self._place.get(Keys(variable.name, self._markers.separator).key(index))
            if content is None or not is_sound(content):
                return {}
            found[variable.name] = decode_chunk(content, variable.dtype, shape)[:held]
        return found


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
