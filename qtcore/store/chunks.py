"""The bytes of a chunk: little-endian values, Zstandard, CRC-32C at the end.

Encoded here rather than by Zarr: a block is five small objects, for which Zarr's event loop and
threads cost 6 ms, as much as a cheap block takes to compute; this takes less than 1 ms with the
writing. The bytes are those that Zarr writes (tests compare them).
"""

import math
from collections.abc import Sequence
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


def decode_chunk(content: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the values of a chunk that `encode_chunk` made.

    Raises
    ------
    ValueError
        If it does not match its checksum, or holds more or fewer values.
    """
    if not is_sound(content):
        raise ValueError("it does not match its checksum")
    body, size = content[:-CHECKSUM_BYTES], math.prod(shape) * dtype.itemsize
    # Asked before anything is unpacked: no chunk decides how much memory it takes.
    if _unpacked_size(body) != size:
        raise ValueError(f"it does not hold the {size} bytes of its chunk")
    try:
        decoded = _COMPRESSOR.decode(body)
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return np.frombuffer(decoded, dtype=dtype.newbyteorder("<")).reshape(shape)


def most_encoded(size: int) -> int:
    """Return how many bytes a chunk of `size` bytes is stored in, at most.

    That is `ZSTD_COMPRESSBOUND` of zstd.h, which is larger than what is not compressed, and the
    checksum.
    """
    return size + size // 256 + max(0, 2**17 - size) // 2048 + CHECKSUM_BYTES


def _unpacked_size(frame: bytes) -> int | None:
    """Return what a frame of Zstandard says that it unpacks to; None if it does not (RFC 8878)."""
    if len(frame) < 6 or frame[:4] != b"\x28\xb5\x2f\xfd":
        return None
    flags = frame[4]
    single = flags >> 5 & 1
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    width = (single, 2, 4, 8)[flags >> 6]
    field = frame[start : start + width]
    if not width or len(field) != width:
        return None
    return int.from_bytes(field, "little") + (256 if width == 2 else 0)


def decode_plain(content: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the values of a chunk of a coordinate, which is not compressed.

    Raises
    ------
    ValueError
        If it does not match its checksum, or holds more or fewer values.
    """
    if not is_sound(content):
        raise ValueError("it does not match its checksum")
    return np.frombuffer(content[:-CHECKSUM_BYTES], dtype=dtype.newbyteorder("<")).reshape(shape)


def encode_marker(realizations: int, proof: Sequence[int] = ()) -> bytes:
    """Return the mark of a block.

    Parameters
    ----------
    realizations : int
        How many it holds.
    proof : sequence of int
        Checksums of its address and of its chunks; none before format 4.
    """
    return sealed(_little_endian(np.array([realizations, *proof], dtype=np.uint32)))


def decode_marker(content: bytes | None, proof: int = 0) -> tuple[int, ...]:
    """Return how many realizations a mark speaks of, and its checksums; (0,) if it is damaged.

    Parameters
    ----------
    content : bytes or None
        The mark.
    proof : int
        How many checksums it has.
    """
    size = 4 * (1 + proof)
    if content is None or len(content) != size + CHECKSUM_BYTES or not is_sound(content):
        return (0,)
    return tuple(np.frombuffer(content[:size], dtype="<u4").tolist())


def checksum_of(chunk: bytes) -> int:
    """Return the checksum that a chunk ends in."""
    return int.from_bytes(chunk[-CHECKSUM_BYTES:], "little")


def checksum_of_address(identity: str, index: tuple[int, ...]) -> int:
    """Return the checksum of where a block belongs: which store, which point, which block."""
    return int(google_crc32c.value(f"{identity} {tuple(map(int, index))}".encode()))


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
