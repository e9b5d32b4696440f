"""A shard: many encoded chunks in one object, with an index at its end.

Zarr's `sharding_indexed` codec: the chunks' bytes one after the other, then for each chunk of the
shard, in C order, its offset and length as unsigned 64-bit little-endian numbers (all bits set for
a chunk that is not there), then the CRC-32C of that index. The chunks are those of the unsharded
array byte for byte, so nothing is decoded on the way in or out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qtcore.store.chunks import CHECKSUM_BYTES, is_sound, sealed
from qtcore.store.keys import with_other_separator

ABSENT = 2**64 - 1

INDEX_CODECS: list[dict[str, Any]] = [
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "crc32c"},
]


def pack(chunks: Sequence[bytes | None]) -> bytes:
    """Return a shard of encoded chunks, None for those that are not there."""
    index = np.full((len(chunks), 2), ABSENT, dtype="<u8")
    offset = 0
    for number, chunk in enumerate(chunks):
        if chunk is not None:
            index[number] = offset, len(chunk)
            offset += len(chunk)
    return b"".join([*(chunk for chunk in chunks if chunk is not None), sealed(index.tobytes())])


def size_of_index(count: int) -> int:
    """Return how many bytes at the end of a shard of `count` chunks are its index."""
    return 16 * count + CHECKSUM_BYTES


def unpack(content: bytes, count: int, most: int | None = None) -> list[bytes | None]:
    """Return the encoded chunks of a shard.

    Parameters
    ----------
    content : bytes
        The shard.
    count : int
        Chunks of a shard, present or not.
    most : int, optional
        Bytes of a chunk, at most.

    Raises
    ------
    ValueError
        If the index is damaged, and with it the way to every chunk.
    """
    found = extents(content[-size_of_index(count) :], count, most)
    return [None if at is None else content[at[0] : at[0] + at[1]] for at in found]


def extents(end: bytes, count: int, most: int | None = None) -> list[tuple[int, int] | None]:
    """Return where each chunk of a shard lies, (offset, length), from the end of the shard.

    Parameters
    ----------
    end : bytes
        The index.
    count : int
        Chunks of a shard, present or not.
    most : int, optional
        Bytes of a chunk, at most.

    Raises
    ------
    ValueError
        If this index is damaged, or names what no shard of such chunks can hold.
    """
    if len(end) != size_of_index(count) or not is_sound(end):
        raise ValueError("the index of the shard does not match its checksum")
    index = np.frombuffer(end[:-CHECKSUM_BYTES], dtype="<u8").reshape(count, 2)
    found = [None if offset == ABSENT else (offset, length) for offset, length in index.tolist()]
    if most is not None and any(
        at is not None and (at[1] > most or sum(at) > most * count) for at in found
    ):
        raise ValueError("the index of the shard names chunks that are larger than they can be")
    return found


def sharded(document: dict[str, Any], per_shard: tuple[int, ...]) -> dict[str, Any]:
    """Return an array's metadata with so many of its chunks in a shard along each dimension."""
    chunk = document["chunk_grid"]["configuration"]["chunk_shape"]
    outer = [n * c for n, c in zip(per_shard, chunk, strict=True)]
    inner = {
        "chunk_shape": chunk,
        "codecs": document["codecs"],
        "index_codecs": INDEX_CODECS,
        "index_location": "end",
    }
    codecs = [{"name": "sharding_indexed", "configuration": inner}]
    return _with_chunks(document, outer, codecs)


def unsharded(document: dict[str, Any]) -> dict[str, Any]:
    """Return an array's metadata with its chunks by themselves again."""
    inner = document["codecs"][0]["configuration"]
    return _with_chunks(document, inner["chunk_shape"], inner["codecs"])


def _with_chunks(
    document: dict[str, Any], chunk: list[int], codecs: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return an array's metadata with other chunks, under the keys that it did not have before."""
    return {
        **with_other_separator(document),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "codecs": codecs,
    }
