"""The arrays of blocks as their metadata describe them: dimensions, chunks, keys, shards or not.

What works on a store as it is (check, compact) reads the metadata and knows no list of variables.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from qtcore.errors import InputError
from qtcore.store.duplicate import is_intact, is_of_blocks
from qtcore.store.keys import Keys, separator_of
from qtcore.store.layout import MARKER, RUN_GROUP
from qtcore.store.place import ROOT_METADATA, Place


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

    def index_of_block(self, block: dict[str, int]) -> tuple[int, ...]:
        """Return the index of the chunk that belongs to a block.

        Parameters
        ----------
        block : dict
            Index of the block on each dimension of the marker array.
        """
        names = {**block, "realization": block["block"]}  # a block is a chunk of both
        return tuple(names.get(dimension, 0) for dimension in self.dimensions)


def block_arrays(place: Place) -> dict[str, BlockArray]:
    """Return the arrays that tasks write, by name."""
    found = {}
    for name in place.children(""):
        content = None if name == RUN_GROUP else place.get(f"{name}/{ROOT_METADATA}")
        if content is not None:
            document = json.loads(content)
            if is_of_blocks(name, document):
                found[name] = BlockArray(name, document)
    return found


def listed_blocks(place: Place, marker: BlockArray) -> list[dict[str, int]]:
    """Return the blocks whose markers lie by themselves, by dimension of the marker array."""
    return [
        dict(zip(marker.dimensions, index, strict=True)) for index in marker.chunks.indices(place)
    ]


def marker_array(place: Place) -> BlockArray:
    """Return the array of markers.

    Raises
    ------
    InputError
        If its metadata are damaged.
    """
    key = f"{MARKER}/{ROOT_METADATA}"
    content = place.get(key)
    if content is None or not is_intact(key, content):
        raise InputError(
            f"{place} is damaged: {key}; `qtcore verify-store {place}` puts back the copy that "
            "the store keeps"
        )
    return BlockArray(MARKER, json.loads(content))
