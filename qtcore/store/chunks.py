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

BLOCK_HEADER_BYTES = 3
"""Of Zstandard: whether a block is the last one, of which type, and how many bytes it has."""

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
    decoded = unpacked(content, math.prod(shape) * dtype.itemsize)
    return np.frombuffer(decoded, dtype=dtype.newbyteorder("<")).reshape(shape)


def unpacked(content: bytes, size: int) -> bytes:
    """Return the little-endian values, of `size` bytes, of a chunk that `encode_chunk` made.

    Raises
    ------
    ValueError
        If it does not match its checksum, or holds more or fewer bytes.
    """
    if not is_sound(content):
        raise ValueError("it does not match its checksum")
    body = content[:-CHECKSUM_BYTES]
    # Asked before anything is unpacked: no chunk decides how much memory it takes.
    stated, start = _frame(body)
    if stated != size:
        raise ValueError(f"it does not hold the {size} bytes of its chunk")
    # Numbers that do not compress lie there as they are; the library takes as long for a small
    # chunk as opening and reading its file.
    if _is_one_plain_block(body, start, size):
        return body[start + BLOCK_HEADER_BYTES :]
    try:
        decoded: bytes = _COMPRESSOR.decode(body)
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return decoded


def most_encoded(size: int) -> int:
    """Return how many bytes a chunk of `size` bytes is stored in, at most.

    That is `ZSTD_COMPRESSBOUND` of zstd.h, which is larger than what is not compressed, and the
    checksum.
    """
    return size + size // 256 + max(0, 2**17 - size) // 2048 + CHECKSUM_BYTES


def _frame(frame: bytes) -> tuple[int | None, int]:
    """Return what a frame of Zstandard says that it unpacks to, and where its blocks begin.

    None if it does not say it (RFC 8878, section 3.1.1.1).
    """
    if len(frame) < 6 or frame[:4] != b"\x28\xb5\x2f\xfd":
        return None, 0
    flags = frame[4]
    single = flags >> 5 & 1
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    width = (single, 2, 4, 8)[flags >> 6]
    field = frame[start : start + width]
    if not width or len(field) != width:
        return None, 0
    return int.from_bytes(field, "little") + (256 if width == 2 else 0), start + width


def _is_one_plain_block(frame: bytes, start: int, size: int) -> bool:
    """Whether a frame is one block of `size` bytes that are not compressed (RFC 8878, section 3.1.1.2)."""
    header = int.from_bytes(frame[start : start + BLOCK_HEADER_BYTES], "little")
    is_last_and_plain = header & 0b111 == 0b001
    # Neither a checksum behind the block nor a bit that this version of the format does not know.
    return (
        is_last_and_plain
        and header >> 3 == size
        and len(frame) == start + BLOCK_HEADER_BYTES + size
        and not frame[4] & 0b1100
    )


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


def decode_markers(contents: Sequence[bytes | None], proof: int = 0) -> NDArray[np.uint32]:
    """Return how many realizations marks speak of, and their checksums; zeros for damaged ones.

    Parameters
    ----------
    contents : sequence of bytes or None
        The marks.
    proof : int
        How many checksums one has.

    Returns
    -------
    (mark, 1 + proof) uint32 array
    """
    whole, damaged = 4 * (1 + proof) + CHECKSUM_BYTES, bytes(4 * (2 + proof))
    sound = [
        content if content is not None and len(content) == whole and is_sound(content) else damaged
        for content in contents
    ]
    numbers = np.frombuffer(b"".join(sound), dtype="<u4").reshape(-1, 2 + proof)
    return numbers[:, :-1].astype(np.uint32)


def checksum_of(chunk: bytes | memoryview) -> int:
    """Return the checksum that a chunk ends in."""
    return int.from_bytes(chunk[-CHECKSUM_BYTES:], "little")


def checksum_of_address(identity: str, index: Sequence[int]) -> int:
    """Return the checksum of where a block belongs: which store, which point, which block."""
    return int(google_crc32c.value(f"{identity} {tuple(map(int, index))}".encode()))


def sealed(content: bytes) -> bytes:
    """Append the checksum."""
    checksum = int(google_crc32c.value(content))
    return content + checksum.to_bytes(CHECKSUM_BYTES, "little")


def is_sound(content: bytes | memoryview) -> bool:
    """Whether what ends in a checksum agrees with it."""
    checksum = int(google_crc32c.value(bytes(content[:-CHECKSUM_BYTES])))
    return len(content) > CHECKSUM_BYTES and checksum == checksum_of(content)


def _little_endian(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
