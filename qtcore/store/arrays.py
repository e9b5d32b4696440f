"""The arrays of blocks as their metadata describe them: dimensions, chunks, keys, shards or not.

What works on a store as it is (check, compact) reads the metadata and knows no list of variables.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import gt, lt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import DamagedMetadataError, InputError, command
from qtcore.store.chunks import (
    checksum_of,
    checksum_of_address,
    decode_markers,
    encode_marker,
    is_sound,
    most_encoded,
)
from qtcore.store.document import MOST_BYTES, fill_value
from qtcore.store.duplicate import checked_document, is_of_blocks, own_arrays
from qtcore.store.header import Header, read_header
from qtcore.store.keys import Keys, separator_of
from qtcore.store.layout import COUNT_AND_ADDRESS, MARKER, PROOF
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.shard import extents, size_of_index, unpack
from qtcore.store.stated import stated_by


@dataclass(frozen=True, slots=True)
class Mark:
    """What marks a block as finished.

    Attributes
    ----------
    realizations : int
        How many it holds.
    checksums : dict of str to int
        Those that its chunks end in, by array; none before format 4.
    """

    realizations: int
    checksums: dict[str, int]

    def proves(self, name: str, chunk: bytes | None) -> bool:
        """Whether a chunk of an array is sound, and the one that the mark stands for."""
        return chunk is not None and is_sound(chunk) and self.names(name, chunk)

    def names(self, name: str, chunk: bytes) -> bool:
        """Whether a chunk of an array that is known to be sound is the one that the mark stands for."""
        return not self.checksums or checksum_of(chunk) == self.checksums.get(name)


@dataclass(frozen=True)
class BlockArray:
    """An array whose chunks tasks write.

    Attributes
    ----------
    name : str
        Its folder in the store.
    document : dict
        Its metadata, as Zarr defines them.
    """

    name: str
    document: dict[str, Any]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(self.document["dimension_names"])

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the swept axes."""
        return self.dimensions[
            : self.dimensions.index("block" if self.name == MARKER else "realization")
        ]

    @property
    def sharded(self) -> bool:
        """Whether the chunks lie in shards."""
        return bool(self.document["codecs"][0]["name"] == "sharding_indexed")

    @property
    def chunk(self) -> tuple[int, ...]:
        """Shape of a chunk (of one inside a shard, where there are shards)."""
        if self.sharded:
            return tuple(self.document["codecs"][0]["configuration"]["chunk_shape"])
        return tuple(self.document["chunk_grid"]["configuration"]["chunk_shape"])

    @property
    def per_shard(self) -> tuple[int, ...]:
        """Chunks of a shard along each dimension."""
        outer = self.document["chunk_grid"]["configuration"]["chunk_shape"]
        return tuple(n // c for n, c in zip(outer, self.chunk, strict=True))

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks of the array along each dimension."""
        return tuple(
            math.ceil(n / c) for n, c in zip(self.document["shape"], self.chunk, strict=True)
        )

    @property
    def chunks(self) -> Keys:
        """Keys of chunks that lie by themselves."""
        stated = Keys(self.name, separator_of(self.document))
        return stated.others if self.sharded else stated

    @property
    def shards(self) -> Keys:
        """Keys of shards; never those of chunks, so that both can be there."""
        return self.chunks.others

    @property
    def most(self) -> int:
        """Bytes of an encoded chunk, at most."""
        return most_encoded(math.prod(self.chunk) * self.dtype.itemsize)

    def chunk_at(self, place: Place, key: str) -> bytes | None:
        """Return an encoded chunk of its own, or None if there is none.

        Of a file that is larger than a chunk can be comes just enough that it counts as damaged.
        """
        return place.get(key, self.most + 1)

    def shard_at(self, place: Place, key: str) -> list[bytes | None] | None:
        """Return the encoded chunks of a shard, or None if it does not exist.

        Raises
        ------
        ValueError
            If its index is damaged, or does not agree with its size.
        """
        found = place.stat(key)
        if found is None:
            return None
        count = math.prod(self.per_shard)
        size = size_of_index(count)
        end = place.get_part(key, -size, size)
        if end is None:
            return None
        # Asked before anything is read: a file of any size may lie here.
        held = [at for at in extents(end, count, self.most) if at is not None]
        if found.size != sum(length for _, length in held) + size:
            raise ValueError("the shard has another size than its index says")
        return unpack(place.get(key, found.size) or b"", count, self.most)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        found: np.dtype[Any] = np.dtype(self.document["data_type"])
        return found

    @property
    def fill(self) -> Any:
        """Value of what has not been computed."""
        return fill_value(self.document)

    @property
    def proof(self) -> tuple[str, ...]:
        """What stands in a mark: realizations, address, then arrays; nothing before format 4."""
        return tuple(self.document.get("attributes", {}).get(PROOF, ()))

    @property
    def identity(self) -> str:
        """What tells the marks of this store from those of another."""
        return str(self.document.get("attributes", {}).get("identity", ""))

    def mark(
        self, address: tuple[int, ...], realizations: int, checksums: Mapping[str, int]
    ) -> tuple[str, bytes]:
        """Return key and content of the mark of a block; for the array of marks.

        Parameters
        ----------
        address : tuple of int
            Index on each swept axis, and of the block.
        realizations : int
            How many it holds.
        checksums : mapping of str to int
            Those that its chunks end in, by array.
        """
        if not self.proof:
            return self.chunks.key(address), encode_marker(realizations)
        rest = [checksums[name] for name in self.names_in_marks]
        proof = [checksum_of_address(self.identity, address), *rest]
        return self.chunks.key((*address, 0)), encode_marker(realizations, proof)

    def read_mark(self, address: tuple[int, ...], content: bytes | None) -> "Mark | None":
        """Return what the mark of a block says; None if it is damaged or of another block."""
        return self.mark_of(self.read_marks(np.array([address]), [content])[0])

    def read_marks(
        self, addresses: NDArray[np.int64], contents: Sequence[bytes | None]
    ) -> NDArray[np.uint32]:
        """Return what many marks say, (mark, 1 + checksum).

        Parameters
        ----------
        addresses : (mark, address) int array
            Index on each swept axis, and of the block.
        contents : sequence of bytes or None
            The marks, in the same order.

        Returns
        -------
        (mark, 1 + checksum) uint32 array
            How many realizations a block holds, then the checksums of its chunks in the order of
            `names_in_marks`; zeros for a mark that is damaged or of another block.
        """
        numbers = decode_markers(contents, max(0, len(self.proof) - 1))
        if not self.proof:
            return numbers
        identity, there = self.identity, np.flatnonzero(numbers[:, 0])
        expected = [checksum_of_address(identity, a) for a in addresses[there].tolist()]
        numbers[there[numbers[there, 1] != np.array(expected, dtype=np.uint32)]] = 0
        return np.delete(numbers, 1, axis=1)

    def mark_of(self, row: NDArray[np.uint32]) -> "Mark | None":
        """Return a mark from its row of `read_marks`; None if that is damaged."""
        count, *checksums = row.tolist()
        names = self.names_in_marks
        return Mark(count, dict(zip(names, checksums, strict=True))) if count else None

    @property
    def names_in_marks(self) -> tuple[str, ...]:
        """Arrays of whose chunks a mark holds the checksums, in its order; none before format 4."""
        return self.proof[len(COUNT_AND_ADDRESS) :]

    def index_of_mark(self, address: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index of the chunk that marks a block."""
        return (*address, 0) if self.proof else address

    def shards_with_chunks(self) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
        """Yield each shard's index with the indices of its chunks, in the order of its index."""
        counts = [math.ceil(n / per) for n, per in zip(self.grid, self.per_shard, strict=True)]
        for shard in itertools.product(*map(range, counts)):
            spans = (
                range(i * per, (i + 1) * per) for i, per in zip(shard, self.per_shard, strict=True)
            )
            yield shard, list(itertools.product(*spans))

    def index_of_block(self, block: dict[str, int]) -> tuple[int, ...]:
        """Return the index of the chunk that belongs to a block.

        Parameters
        ----------
        block : dict
            Index of the block on each dimension of the marker array.
        """
        names = {**block, "realization": block["block"]}  # a block is a chunk of both
        return tuple(names.get(dimension, 0) for dimension in self.dimensions)


def block_arrays(header: Header) -> dict[str, BlockArray]:
    """Return the arrays that tasks write, by name; what others have added is none of them.

    Their metadata are read anew each time: `compact` and an extension change them.

    Raises
    ------
    InputError
        If the metadata of one are damaged, or contradict what the store says of itself.
    """
    names = own_arrays(header.place, header.arrays)
    documents = {name: array_document(header, name) for name in names}
    return {
        name: checked_blocks(header, BlockArray(name, document))
        for name, document in documents.items()
        if is_of_blocks(name, document)
    }


def listed_blocks(place: Place, marker: BlockArray) -> list[dict[str, int]]:
    """Return the blocks whose markers lie by themselves, by dimension of the marker array."""
    return [
        dict(zip(marker.dimensions, index, strict=True))
        for index in marker.chunks.indices(place)
        if len(index) == len(marker.grid) and all(map(lt, index, marker.grid))
    ]


def marker_array(place: Place) -> BlockArray:
    """Return the array of markers.

    Raises
    ------
    InputError
        If its metadata are damaged.
    """
    return block_array(read_header(place), MARKER)


def block_array(header: Header, name: str) -> BlockArray:
    """Return an array that tasks write.

    Raises
    ------
    InputError
        If its metadata are damaged.
    """
    return checked_blocks(header, BlockArray(name, array_document(header, name)))


def array_document(header: Header, name: str) -> dict[str, Any]:
    """Return the checked metadata of one of a store's arrays.

    Raises
    ------
    InputError
        If they are damaged, or were changed by something else than qtcore.
    """
    key = f"{name}/{ROOT_METADATA}"
    try:
        return checked_document(name, header.place.get(key, MOST_BYTES + 1), header.arrays)
    except ValueError as error:
        raise DamagedMetadataError(
            f"{header.place} is damaged: {key} ({error}); `{command('verify-store', header.place)}` "
            "puts back the copy that the store keeps"
        ) from None


def checked_blocks(header: Header, array: BlockArray) -> BlockArray:
    """Return an array of blocks if its chunks are blocks as the store says.

    Raises
    ------
    InputError
        If they are not.
    """
    axes = len(array.axes)
    length = 1 if array.name == MARKER else header.block
    behind = tuple(array.document["shape"][axes + 1 :])
    if array.chunk != ((1,) * axes + (length, *behind)):
        raise InputError(
            f"{header.place} is damaged: the chunks of {array.name} are no blocks of {length}; "
            f"`{command('verify-store', header.place)}` finds out more"
        )
    if array.name == MARKER and header.format >= PROOF_FORMAT and not array.proof:
        raise InputError(f"{header.place} is damaged: its marks prove nothing")
    # An extension states the new sizes in the root before an array grows; the header may be older.
    if _is_larger_than_stated(array, header) and _is_larger_than_stated(
        array, read_header(header.place)
    ):
        raise DamagedMetadataError(
            f"{header.place} is damaged: {array.name}/{ROOT_METADATA} speaks of an array of "
            f"{' × '.join(f'{n:,}' for n in array.document['shape'])} numbers, which is more than the "
            f"store states; `{command('verify-store', header.place)}` mends it"
        )
    return array


def _is_larger_than_stated(array: BlockArray, header: Header) -> bool:
    try:
        stated = stated_by(header).shape(array.document)
    except ValueError:  # its sweep is none, which is told by whoever reads it
        return False
    return stated is not None and any(map(gt, array.document["shape"], stated))


PROOF_FORMAT = 4
"""Marks of stores before it hold no checksums."""
