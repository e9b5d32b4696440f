"""Write finished blocks: the workers' part of writing.

A task writes whole chunks that nobody else writes. Each is written aside and renamed, so it exists
complete or not at all, and writing it twice writes the same bits.

The chunks are encoded and put here rather than by Zarr: a block is five small files, for which
Zarr's event loop and threads cost 6 ms, as much as a cheap block takes to compute; this takes less
than 1 ms. It
also needs no handle that knows the arrays' present shape. The bytes are those that Zarr writes
(tests compare them).
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numcodecs import Zstd
from numpy.typing import NDArray

from qtcore.store.layout import COMPRESSION_LEVEL, MARKER, VARIABLES, block_size

_COMPRESSOR = Zstd(level=COMPRESSION_LEVEL)


class BlockWriter:
    """Writes blocks of one store.

    Parameters
    ----------
    path : Path
        The store.
    realizations, block : int
        Realizations per point and per block.
    lengths : int
        Number of lengths on the store's length axis.
    """

    def __init__(self, path: Path, realizations: int, block: int, lengths: int) -> None:
        self._path = path
        self._realizations = realizations
        self._shape = (block, lengths)

    def write(
        self,
        point: tuple[int, ...],
        first: int,
        stop: int,
        span: tuple[int, int],
        values: Mapping[str, NDArray[Any]],
    ) -> None:
        """Write blocks `first` to `stop` - 1 of a point, and mark each one finished.

        Parameters
        ----------
        point : tuple of int
            Index on each swept axis.
        first, stop : int
            Range of block numbers.
        span : (int, int)
            Window [lo, hi) of the length axis that `values` covers; the rest stays not computed.
        values : mapping of (realization, length) arrays
            One array for each variable, of the realizations of these blocks.
        """
        block = self._shape[0]
        for number in range(first, stop):
            size = block_size(number, self._realizations, block)
            start = (number - first) * block
            for variable in VARIABLES:
                # The last chunk of an axis is stored whole too, filled up as not computed.
                chunk = np.full(self._shape, variable.fill, dtype=variable.dtype)
                chunk[:size, span[0] : span[1]] = values[variable.name][start : start + size]
                content = _COMPRESSOR.encode(_little_endian(chunk))
                self._put((variable.name, "c", *map(str, point), str(number), "0"), content)
            marker = _little_endian(np.array(size, dtype=np.int32))
            self._put((MARKER, "c", *map(str, point), str(number)), marker)

    def _put(self, key: tuple[str, ...], content: bytes) -> None:
        """Append the checksum and write a chunk aside, then rename it."""
        target = self._path.joinpath(*key)
        aside = target.with_name(f"{target.name}.{uuid.uuid4().hex}.partial")
        checksum = int(google_crc32c.value(content)).to_bytes(4, "little")
        try:
            file = aside.open("wb")
        except FileNotFoundError:  # the first chunk of this point
            target.parent.mkdir(parents=True, exist_ok=True)
            file = aside.open("wb")
        try:
            with file:
                file.write(content)
                file.write(checksum)
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def _little_endian(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
