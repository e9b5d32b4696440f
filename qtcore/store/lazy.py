"""Arrays of a store, read lazily: what a mark says is there is there, or an error says what is not.

Zarr reads a chunk that is missing as one that was never written. Here a block is read only if it
is marked as finished, and then each of its chunks must be the one that the mark stands for.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError, InputError, command
from qtcore.store.arrays import BlockArray, Mark, block_array, block_arrays
from qtcore.store.chunks import decode_chunk
from qtcore.store.finished import held_in_marks, held_realizations, sharded_marks
from qtcore.store.folder import Folder
from qtcore.store.growing import announced
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER, REALIZATION
from qtcore.store.place import Place
from qtcore.store.shard import extents, size_of_index

READERS = 8
"""Chunks that are read at once from a place that takes long to answer."""

CHUNK_BYTES = 32 * 2**20
"""Bytes of the chunks of a Dask array, about."""

APART = 4
"""So many times the bytes that are wanted of a shard may be read at once."""

Address = tuple[int, ...]

Places = range | list[int]
"""Places along a dimension."""


class Marks:
    """The marks of a store as it was when it was opened; shared by the arrays of a dataset.

    Parameters
    ----------
    header : Header
        The store.
    grid : tuple of int
        Values on each swept axis.
    """

    def __init__(self, header: Header, grid: tuple[int, ...]) -> None:
        self.header = header
        self._known: dict[Address, Mark] = {}
        self._array = block_array(header, MARKER)
        if self._array.sharded:
            self._read_shards()
            self.held = held_in_marks(header, grid, self._known)
        else:
            self.held = held_realizations(header, grid)

    def _read_shards(self) -> None:
        marks = sharded_marks(self.header.place, self._array)
        self._known.update({a: mark for a, mark in marks if mark is not None})

    def of(self, address: Address, *, again: bool = False) -> Mark | None:
        """Return the mark of a block; None if it is gone or damaged."""
        if not again and address in self._known:
            return self._known[address]
        if again:
            self._array = block_array(read_header(self.header.place), MARKER)
        if self._array.sharded:
            self._read_shards()
            return self._known.get(address)
        key = self._array.chunks.key(self._array.index_of_mark(address))
        mark = self._array.read_mark(address, self._array.chunk_at(self.header.place, key))
        if mark is not None:
            self._known[address] = mark
        return mark

    def announced(
        self, address: Address, name: str, mark: Mark | None, chunk: bytes | None
    ) -> tuple[Mark | None, bytes | None]:
        """Return mark and chunk that a block gets at this moment, or else those that it has."""
        if self._array.sharded:
            return mark, chunk
        names = [n for n in block_arrays(self.header) if n != MARKER]
        new = announced(self.header.place, self._array, names, address)
        return (mark, chunk) if new is None else (new.mark, new.chunks[name])


class CheckedArray:
    """An array of blocks whose missing and damaged chunks become one clear message."""

    def __init__(self, array: BlockArray, marks: Marks) -> None:
        self._marks = marks
        self._place = marks.header.place
        self.shape = tuple(array.document["shape"])
        self.dtype = array.dtype
        self.ndim = len(self.shape)
        self._take(array)

    def _take(self, array: BlockArray) -> None:
        """Take the chunks from where an array has them now."""
        self._array = array
        self._shape = array.chunk[self._depth :]
        self._per_shard = array.per_shard if array.sharded else ()
        self._extents: dict[str, Any] = {}

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Return values; integers, slices and arrays of places are understood, each by itself."""
        given = index if isinstance(index, tuple) else (index,)
        given = (*given, *(slice(None),) * (self.ndim - len(given)))
        picks = [_places(g, n) for g, n in zip(given, self.shape, strict=True)]
        first = self._depth + 1
        # What is read first is whole along the dimensions behind `realization`.
        cut = [n for n in range(first, self.ndim) if picks[n] != range(self.shape[n])]
        values = np.full([*map(len, picks)], self._array.fill, dtype=self.dtype.newbyteorder("="))
        targets = list(self._targets(picks[:first]))
        ahead = self._read_ahead([address for address, *_ in targets])

        def read(address: Address) -> NDArray[Any]:
            return self._block(address, ahead)

        if isinstance(self._place, Folder) or len(targets) < 2:
            found: Any = map(read, (address for address, *_ in targets))
        else:
            with ThreadPoolExecutor(READERS) as threads:
                found = list(threads.map(read, (address for address, *_ in targets)))
        for (address, rows, place), chunk in zip(targets, found, strict=True):
            inside = chunk[rows]
            for n in cut:
                inside = inside.take(picks[n], axis=n - first + 1)
            # As it was when the dataset was opened: the block may hold more by now.
            held = self._marks.held[address]
            if rows[-1] >= held or rows[0] >= held:
                there = (rows < held).reshape(-1, *(1,) * (inside.ndim - 1))
                inside = np.where(there, inside, self._array.fill)
            values[place] = inside
        alone = tuple(0 if isinstance(g, int | np.integer) else slice(None) for g in given)
        return np.asarray(values[alone])

    @property
    def _depth(self) -> int:
        """Where the dimension `realization` stands."""
        return self._array.dimensions.index("realization")

    def _targets(self, picks: list[Places]) -> Iterator[tuple[Address, Any, Any]]:
        """Yield each finished block with the rows that are wanted of it, and where they go."""
        *axes, rows = picks
        length = self._marks.header.block
        wanted = np.asarray(rows, dtype=np.int64)
        blocks = wanted // length
        for number in np.unique(blocks).tolist():
            here: Any = np.flatnonzero(blocks == number)
            inside = wanted[here] - number * length
            if len(here) == here[-1] - here[0] + 1:  # a slice is written several times as fast
                here = slice(here[0], here[-1] + 1)
            for positions in itertools.product(*(range(len(axis)) for axis in axes)):
                point = tuple(axis[i] for axis, i in zip(axes, positions, strict=True))
                if number < self._marks.held.shape[-1] and self._marks.held[(*point, number)]:
                    yield (*point, number), inside, (*positions, here)

    def _block(self, address: Address, ahead: Mapping[Address, bytes]) -> NDArray[Any]:
        """Return the values of a block's chunk, (block, *dims); some chunks were read ahead.

        Raises
        ------
        DamagedStoreError
            If it is not there, or is not the one that the mark stands for.
        """
        problem = ""
        index = (*address, *(0,) * (self.ndim - len(address)))
        for again in (False, True, True):
            # The second time as the store is now: it may have been compacted, or extended; the
            # third time because a block may have been written anew between two looks.
            try:
                if again:
                    header = read_header(self._place)
                    self._take(block_array(header, self._array.name))
                mark = self._marks.of(address, again=again)
                chunk = self._chunk(index) if again or address not in ahead else ahead[address]
                if again and (mark is None or not mark.proves(self._array.name, chunk)):
                    mark, chunk = self._marks.announced(address, self._array.name, mark, chunk)
            except InputError as error:
                problem = str(error)
                continue
            if mark is None:
                problem = "the mark of its block is gone or damaged"
            elif mark.realizations < self._marks.held[address]:
                problem = (
                    f"its mark speaks of {mark.realizations} realizations, the store of "
                    f"{self._marks.held[address]}"
                )
            elif chunk is None:
                problem = "it is missing, but its block is marked as finished"
            elif not mark.names(self._array.name, chunk):
                problem = "it does not match its checksum, or that in the mark of its block"
            else:
                try:
                    return decode_chunk(chunk, self.dtype, self._shape)
                except ValueError as error:
                    problem = str(error)
        key = self._array.chunks.key(index)
        raise DamagedStoreError(
            f"{self._place} is damaged: a chunk of {self._array.name} cannot be read ({key}: "
            f"{problem}). `{command('verify-store', self._place)}` finds the damaged blocks, and "
            "running the sweep again computes just those, to the same bits"
        )

    def _chunk(self, index: tuple[int, ...]) -> bytes | None:
        """Return an encoded chunk, by itself or out of its shard."""
        array = self._array
        if not array.sharded:
            return array.chunk_at(self._place, array.chunks.key(index))
        key, number = self._in_shard(index)
        known = self._extents_of(key)
        found = None if known is None else known[number]
        return None if found is None else self._place.get_part(key, *found)

    def _in_shard(self, index: tuple[int, ...]) -> tuple[str, int]:
        """Return the key of the shard in which a chunk lies, and its number there."""
        per_shard = self._per_shard
        shard = tuple(i // per for i, per in zip(index, per_shard, strict=True))
        number = 0
        for i, per in zip(index, per_shard, strict=True):
            number = number * per + i % per
        return self._array.shards.key(shard), number

    def _extents_of(self, key: str) -> Any:
        """Return where the chunks of a shard lie in it; None if its index is gone or damaged."""
        if key not in self._extents:
            count = math.prod(self._per_shard)
            size = size_of_index(count)
            end = self._place.get_part(key, -size, size)
            try:
                self._extents[key] = None if end is None else extents(end, count, self._array.most)
            except ValueError:
                self._extents[key] = None
        return self._extents[key]

    def _read_ahead(self, addresses: list[Address]) -> dict[Address, bytes]:
        """Return chunks that lie close together in shards, each shard read at once."""
        if not self._array.sharded or len(addresses) < 2:
            return {}
        rest = (0,) * (self.ndim - self._depth - 1)
        in_shards: dict[str, list[tuple[Address, tuple[int, int]]]] = {}
        for address in addresses:
            key, number = self._in_shard((*address, *rest))
            known = self._extents_of(key)
            at = None if known is None else known[number]
            if at is not None:
                in_shards.setdefault(key, []).append((address, at))
        found: dict[Address, bytes] = {}
        for key, wanted in in_shards.items():
            begin, end = min(at[0] for _, at in wanted), max(sum(at) for _, at in wanted)
            # What is read and thrown away costs less than a request for each chunk.
            if len(wanted) == 1 or end - begin > APART * sum(at[1] for _, at in wanted):
                continue
            content = self._place.get_part(key, begin, end - begin)
            if content is not None:
                found |= {a: content[o - begin : o - begin + n] for a, (o, n) in wanted}
        return found


def _places(given: Any, size: int) -> Places:
    """Return the places along a dimension that an index names."""
    if isinstance(given, int | np.integer):
        return range(size)[int(given) : int(given) + 1] if given >= 0 else range(size)[given:][:1]
    if isinstance(given, slice):
        taken: range = range(size)[given]
        return taken
    return np.arange(size)[np.asarray(given)].tolist()  # type: ignore[no-any-return]


def checked_array(place: Place, name: str) -> CheckedArray:
    """Return an array of a store, (*axes, realization, *dims), in the order in which it is stored."""
    header = read_header(place)
    array = block_array(header, name)
    return CheckedArray(array, Marks(header, _grid(array)))


def _grid(array: BlockArray) -> tuple[int, ...]:
    return tuple(array.document["shape"][: array.dimensions.index("realization")])


def lazy(array: BlockArray, marks: Marks, chunks: Mapping[str, int]) -> xr.Variable:
    """Return a variable of a dataset as Dask array.

    Parameters
    ----------
    array : BlockArray
        The array.
    marks : Marks
        Those of its store.
    chunks : mapping of str to int
        Size of a chunk of the Dask array along the swept axes and `realization`, as `dask_chunks` finds it.
    """
    sizes = zip(array.dimensions, array.document["shape"], strict=True)
    each = tuple(chunks.get(name, max(1, n)) for name, n in sizes)
    # Named at random: the same store may hold more the next time it is opened.
    read = da.from_array(CheckedArray(array, marks), chunks=each, name=False)
    attributes = {k: v for k, v in array.document["attributes"].items() if k != "coordinates"}
    return xr.Variable(array.dimensions, read, attributes)


def dask_chunks(arrays: Iterable[BlockArray], marks: Marks) -> dict[str, int]:
    """Return sizes of the chunks of Dask arrays along the axes and `realization`, the same for all arrays.

    A task of Dask costs about 0.3 ms of the process that plans it, more than a small block costs to read. So many
    points make one chunk, as long as the largest array has no more than `CHUNK_BYTES` in it; a point that has more is cut
    into whole blocks of realizations.
    """
    header, grid = marks.header, marks.held.shape[:-1]
    axes: list[str] = []
    row = 1
    for array in arrays:
        axes = list(array.axes)
        row = max(row, array.dtype.itemsize * math.prod(array.document["shape"][len(axes) + 1 :]))
    of_point = row * max(1, header.realizations)
    if of_point > CHUNK_BYTES:
        blocks = max(1, CHUNK_BYTES // (row * header.block))
        rows = min(blocks * header.block, header.realizations)
        return {**dict.fromkeys(axes, 1), REALIZATION: rows}
    room, found = CHUNK_BYTES // of_point, {}
    for name, size in zip(reversed(axes), reversed(grid), strict=True):
        found[name] = max(1, min(size, room))
        room //= found[name]
        if found[name] < size:
            room = 1
    return {**found, REALIZATION: max(1, header.realizations)}
