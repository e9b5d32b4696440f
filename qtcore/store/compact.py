"""Rewrite the many small chunks of a finished run into few large shards, and back.

Shards have other keys than chunks, so both lie in the store until the array's metadata, one
object, is replaced: that is the swap, atomic for each array. Whatever is read at any moment, by
whoever crashed before, is complete; running the same again goes on.
"""

import json
from dataclasses import dataclass

from qtcore.errors import DamagedStoreError, InputError, command, says_what_is_full
from qtcore.store.arrays import BlockArray, block_arrays
from qtcore.store.chunks import is_sound
from qtcore.store.create import consolidate, update_attributes
from qtcore.store.duplicate import intact_objects, refuse_contradictions
from qtcore.store.finished import clean_partial
from qtcore.store.header import read_header
from qtcore.store.layout import DAMAGED
from qtcore.store.lease import Lease
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.shard import pack, sharded, unpack, unsharded

SHARD_BYTES = 64 * 2**20
"""Size aimed at: large enough that a store of 10⁹ numbers is a hundred objects, small enough to be
held in memory while it is written and to be sent as one request."""


@dataclass(frozen=True)
class Compacted:
    """What compaction did.

    Attributes
    ----------
    objects_before, objects_after : int
        Chunks and shards of all arrays.
    size : int
        Bytes of the shards.
    """

    objects_before: int
    objects_after: int
    size: int


@says_what_is_full
def compact(location: Location, *, shard_bytes: int = SHARD_BYTES) -> Compacted:
    """Rewrite the chunks of a finished run into shards.

    Each shard is read back and compared with the chunks, byte for byte, before any chunk goes.

    Parameters
    ----------
    location : str, Path or Place
        The store.
    shard_bytes : int
        Size of a shard that is aimed at.

    Raises
    ------
    InputError
        If a driver runs on the store, or its run is not complete.
    DamagedStoreError
        If a chunk is damaged.
    """
    place = place_of(location)
    read_header(place)
    with Lease(place) as lease:
        header = read_header(place)  # as it is now that nobody else can change it
        refuse_contradictions(place)
        intact_objects(place)
        clean_partial(place)
        if not header.compacted:
            if not header.attributes.get("completed"):
                raise InputError(
                    f"{place} is not complete, and no block can be added to a shard; "
                    f"run it again first ({command('status', place)})"
                )
            # From here on no driver writes chunks; and readers of the consolidated copy, which
            # this drops, see each array change.
            update_attributes(place, {"compacted": True})
        before = sum(1 for a in block_arrays(header).values() for _ in a.chunks.listed(place))
        for array in block_arrays(header).values():
            if not array.sharded:
                _into_shards(place, array, lease, shard_bytes)
        lease.confirm()
        consolidate(place)
        sizes = []
        for array in block_arrays(header).values():
            lease.confirm()
            array.chunks.delete_all(place)
            sizes += array.shards.sizes(place)
    return Compacted(before, len(sizes), sum(sizes))


@says_what_is_full
def expand(location: Location) -> int:
    """Bring the chunks of a compacted store back, byte for byte; return how many.

    A chunk that is damaged, or whose shard's index is, stays away: `verify-store` then finds it
    missing. The shard is kept among the damaged objects.

    Raises
    ------
    InputError
        If a driver runs on the store.
    """
    place = place_of(location)
    read_header(place)
    with Lease(place) as lease:
        header = read_header(place)
        refuse_contradictions(place)
        intact_objects(place, chunks=False)
        clean_partial(place)
        count = sum(
            _into_chunks(place, array, lease)
            for array in block_arrays(header).values()
            if array.sharded
        )
        if header.compacted:
            lease.confirm()
            update_attributes(place, {"compacted": False})
        if header.attributes.get("completed"):
            consolidate(place)
        for array in block_arrays(header).values():
            lease.confirm()
            array.shards.delete_all(place)
    return count


def _into_shards(place: Place, array: BlockArray, lease: Lease, shard_bytes: int) -> None:
    sizes = array.chunks.sizes(place)
    mean = sum(sizes) / max(1, len(sizes))
    document = sharded(array.document, _per_shard(array.grid, mean, shard_bytes))
    grown = BlockArray(array.name, document)
    for shard, chunks in grown.shards_with_chunks():
        contents = [array.chunk_at(place, array.chunks.key(chunk)) for chunk in chunks]
        for chunk, content in zip(chunks, contents, strict=True):
            if content is not None and (not is_sound(content) or len(content) > array.most):
                raise DamagedStoreError(
                    f"{place} is damaged: {array.chunks.key(chunk)} does not match its checksum; "
                    f"`{command('verify-store', place)}` finds all that is, and "
                    f"`{command('compact', '--undo', place)}` goes back"
                )
        if all(content is None for content in contents):
            continue
        key = grown.shards.key(shard)
        place.put(key, pack(contents))
        if unpack(place.get(key) or b"", len(contents)) != contents:
            raise DamagedStoreError(f"{place}: {key} reads back otherwise than it was written")
    lease.confirm()
    _swap(place, grown)


def _into_chunks(place: Place, array: BlockArray, lease: Lease) -> int:
    written = 0
    for shard, chunks in array.shards_with_chunks():
        key = array.shards.key(shard)
        try:
            found = array.shard_at(place, key)
        except ValueError:
            _keep_aside(place, key)
            continue
        if found is None:
            continue
        sound = {}
        # A shard at the edge of the array has places beyond it, which are empty.
        for chunk, encoded in zip(chunks, found, strict=True):
            if encoded is not None and is_sound(encoded):
                sound[array.chunks.key(chunk)] = encoded
            elif encoded is not None:
                _keep_aside(place, key)
        place.put_all(sound)
        written += len(sound)
    lease.confirm()
    _swap(place, BlockArray(array.name, unsharded(array.document)))
    return written


def _keep_aside(place: Place, key: str) -> None:
    """Keep a damaged shard; of one that is larger than those that are written, its beginning."""
    place.put(damaged_key(key), place.get(key, 4 * SHARD_BYTES) or b"")


def _swap(place: Place, array: BlockArray) -> None:
    content = json.dumps(array.document, indent=2).encode()
    place.put(f"{array.name}/{ROOT_METADATA}", content)


def _per_shard(grid: tuple[int, ...], mean: float, shard_bytes: int) -> tuple[int, ...]:
    """Return how many chunks of `mean` bytes share a shard: whole last dimensions first."""
    room = max(1, int(shard_bytes / max(1.0, mean)))
    counts: list[int] = []
    for length in reversed(grid):
        counts.append(max(1, min(length, room)))
        room = room // length
    return tuple(reversed(counts))


def damaged_key(key: str) -> str:
    """Return where a damaged object is kept."""
    return f"{DAMAGED}/{key.replace('/', '.')}"
