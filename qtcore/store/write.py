"""Write finished blocks: the workers' part of writing.

A task writes whole chunks that nobody else writes. Each exists complete or not at all, and writing
it twice writes the same bits. No handle is needed that knows the arrays' present shape.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import GoneStoreError
from qtcore.store.arrays import block_array
from qtcore.store.chunks import checksum_of, encode_chunk
from qtcore.store.document import MOST_BYTES
from qtcore.store.growing import announce
from qtcore.store.header import Header, identity_of
from qtcore.store.keys import Keys
from qtcore.store.layout import MARKER, ArraySpec
from qtcore.store.place import ROOT_METADATA


class BlockWriter:
    """Writes blocks of one store.

    Parameters
    ----------
    header : Header
        The store. Nothing is written to another one that has come to lie there since that was read.
    variables : sequence of Variable
        What the store holds.
    """

    def __init__(self, header: Header, variables: Sequence[ArraySpec]) -> None:
        self._place = header.place
        self._block = header.block
        self._variables = variables
        self._marker = block_array(header, MARKER)
        self._markers = self._marker.chunks
        self._identity = header.identity
        self._keys = [Keys(variable.name, self._markers.separator) for variable in variables]

    def write(
        self,
        point: tuple[int, ...],
        first: int,
        values: Mapping[str, NDArray[Any]],
        *,
        grows: bool = False,
    ) -> None:
        """Write the blocks of a point from `first` on, and mark each one finished.

        Parameters
        ----------
        point : tuple of int
            Index on each swept axis.
        first : int
            Number of the first block.
        values : mapping of (realization, *dims) arrays
            One array for each variable, whole along its dimensions: realizations from
            `first` × block length on. The last block may hold fewer than the others.
        grows : bool
            Whether the first block holds some of these realizations already.

        Raises
        ------
        GoneStoreError
            If the store is no longer there, or another one lies at its path; nothing is written.
        """
        self._confirm()
        rows = len(next(iter(values.values())))
        for start in range(0, rows, self._block):
            number = first + start // self._block
            size = min(self._block, rows - start)
            chunks, contents = {}, {}
            for variable, keys in zip(self._variables, self._keys, strict=True):
                array = values[variable.name]
                # The last chunk of an axis is stored whole too, filled up as not computed.
                chunk = np.full(
                    (self._block, *array.shape[1:]), variable.fill, dtype=variable.dtype
                )
                chunk[:size] = array[start : start + size]
                index = (*point, number, *(0,) * len(variable.dims))
                chunks[keys.key(index)] = encoded = encode_chunk(chunk)
                contents[variable.name] = encoded
            checksums = {name: checksum_of(encoded) for name, encoded in contents.items()}
            key, mark = self._marker.mark((*point, number), size, checksums)
            announced = ""
            if grows and start == 0:
                announced = announce(self._place, (*point, number), mark, contents)
            self._place.put_all(chunks)
            self._place.put(key, mark)
            if announced:
                self._place.delete(announced)

    def _confirm(self) -> None:
        """Make sure that the store is still the one that was opened."""
        found = identity_of(self._place.get(ROOT_METADATA, MOST_BYTES))
        if found != self._identity:
            raise GoneStoreError(self._place.address, replaced=bool(found))
