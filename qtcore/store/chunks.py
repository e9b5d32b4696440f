"""The bytes of a chunk: little-endian values, Zstandard, CRC-32C at the end.

Encoded here rather than by Zarr: a block is five small objects, for which Zarr's event loop and
threads cost 6 ms, as much as a cheap block takes to compute; this takes less than 1 ms with the
writing. The bytes are those that Zarr writes (tests compare them).
"""

from typing import Any

import google_crc32c
import numpy as np
from numcodecs import Zstd
from numpy.typing import NDArray

from qtcore.store.layout import COMPRESSION_LEVEL

CHECKSUM_BYTES = 4

_COMPRESSOR = Zstd(level=COMPRESSION_LEVEL)


def encode_chunk(chunk: NDArray[Any]) -> bytes:
    """Return a whole chunk of a variable as it is stored."""
    return sealed(_COMPRESSOR.encode(_little_endian(chunk)))


def decode_chunk(content: bytes, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the values of a sound chunk of a variable."""
    plain = _COMPRESSOR.decode(content[:-CHECKSUM_BYTES])
    return np.frombuffer(plain, dtype=np.dtype(dtype).newbyteorder("<")).reshape(shape)


def encode_marker(realizations: int) -> bytes:
    """Return the chunk of the marker array that says that a block holds so many realizations."""
    return sealed(_little_endian(np.array(realizations, dtype=np.int32)))


def decode_marker(content: bytes | None) -> int:
    """Return how many realizations a marker speaks of; 0 if it is damaged or not there."""
    if content is None or len(content) != 4 + CHECKSUM_BYTES or not is_sound(content):
        return 0
    return int.from_bytes(content[:4], "little")


def sealed(content: bytes) -> bytes:
    """Append the checksum."""
    checksum = int(google_crc32c.value(content))
    return content + checksum.to_bytes(CHECKSUM_BYTES, "little")


def is_sound(content: bytes | memoryview) -> bool:
    """Whether what ends in a checksum agrees with it."""
    body, checksum = bytes(content[:-CHECKSUM_BYTES]), bytes(content[-CHECKSUM_BYTES:])
    expected = int(google_crc32c.value(body)).to_bytes(CHECKSUM_BYTES, "little")
    return len(content) > CHECKSUM_BYTES and checksum == expected


def _little_endian(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
