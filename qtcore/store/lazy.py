"""Arrays of a store, read lazily: what a mark says is there is there, or an error says what is not.

Zarr reads a chunk that is missing as one that was never written. Here a block is read only if it
is marked as finished, and then each of its chunks must be the one that the mark stands for.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError, InputError, command
from qtcore.store.arrays import BlockArray, Mark, block_array, block_arrays
from qtcore.store.chunks import decode_chunk
from qtcore.store.finished import held_realizations, sharded_marks
from qtcore.store.folder import Folder
from qtcore.store.growing import announced
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER
from qtcore.store.place import Place
from qtcore.store.shard import extents, size_of_index

READERS = 8
"""Chunks that are read at once from a place that takes long to answer."""

Address = tuple[int, ...]


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
        self.held = held_realizations(header, grid)
        self._known: dict[Address, Mark] = {}
        self._array = block_array(header, MARKER)

    def of(self, address: Address, *, again: bool = False) -> Mark | None:
        """Return the mark of a block; None if it is gone or damaged."""
        if not again and address in self._known:
            return self._known[address]
        if again:
            self._array = block_array(read_header(self.header.place), MARKER)
        if self._array.sharded:
            marks = sharded_marks(self.header.place, self._array)
            self._known.update({a: mark for a, mark in marks if mark is not None})
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
        self._array, self._marks = array, marks
        self._place = marks.header.place
        self._extents: dict[str, Any] = {}
        self.shape = tuple(array.document["shape"])
        self.dtype = array.dtype
        self.ndim = len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Return values; integers and slices are understood."""
        given = index if isinstance(index, tuple) else (index,)
        given = (*given, *(slice(None),) * (self.ndim - len(given)))
        # What is read first is whole along the dimensions behind `realization`.
        axes = self.ndim - len(self._array.chunk[self._depth :])
        picks = [_range(g, n) for g, n in zip(given[: axes + 1], self.shape, strict=False)]
        behind = self.shape[axes + 1 :]
        values = np.full(
            (*map(len, picks), *behind), self._array.fill, dtype=self.dtype.newbyteorder("=")
        )
        targets = list(self._targets(picks))
        if isinstance(self._place, Folder) or len(targets) < 2:
            found: Any = map(self._block, (address for address, *_ in targets))
        else:
            with ThreadPoolExecutor(READERS) as threads:
                found = list(threads.map(self._block, (address for address, *_ in targets)))
        for (address, rows, place), chunk in zip(targets, found, strict=True):
            # As it was when the dataset was opened: the block may hold more by now.
            held = (rows < self._marks.held[address]).reshape(-1, *(1,) * len(behind))
            values[place] = np.where(held, chunk[rows], self._array.fill)
        taken = tuple(0 if isinstance(g, int | np.integer) else slice(None) for g in given)
        rest = given[axes + 1 :]
        return np.asarray(values[(*taken[: axes + 1], *rest)])

    @property
    def _depth(self) -> int:
        """Where the dimension `realization` stands."""
        return self._array.dimensions.index("realization")

    def _targets(self, picks: list[range]) -> Iterator[tuple[Address, Any, Any]]:
        """Yield each finished block with the rows that are wanted of it, and where they go."""
        *axes, rows = picks
        length = self._marks.header.block
        wanted = np.asarray(rows, dtype=np.int64)
        blocks = wanted // length
        for number in np.unique(blocks).tolist():
            here = np.flatnonzero(blocks == number)
            inside = wanted[here] - number * length
            for positions in itertools.product(*(range(len(axis)) for axis in axes)):
                point = tuple(axis[i] for axis, i in zip(axes, positions, strict=True))
                if number < self._marks.held.shape[-1] and self._marks.held[(*point, number)]:
                    yield (*point, number), inside, (*positions, here)

    def _block(self, address: Address) -> NDArray[Any]:
        """Return the values of a block's chunk, (block, *dims).

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
                    self._array = block_array(header, self._array.name)
                    self._extents = {}
                mark = self._marks.of(address, again=again)
                chunk = self._chunk(index)
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
            elif not mark.proves(self._array.name, chunk):
                problem = "it does not match its checksum, or that in the mark of its block"
            else:
                try:
                    return decode_chunk(chunk, self.dtype, self._array.chunk[self._depth :])
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
        shard = tuple(i // per for i, per in zip(index, array.per_shard, strict=True))
        inside = tuple(i % per for i, per in zip(index, array.per_shard, strict=True))
        key = array.shards.key(shard)
        if key not in self._extents:
            count = int(np.prod(array.per_shard))
            size = size_of_index(count)
            end = self._place.get_part(key, -size, size)
            try:
                self._extents[key] = None if end is None else extents(end, count, array.most)
            except ValueError:
                self._extents[key] = None
        known = self._extents[key]
        found = None if known is None else known[int(np.ravel_multi_index(inside, array.per_shard))]
        return None if found is None else self._place.get_part(key, *found)


def _range(given: Any, size: int) -> range:
    if isinstance(given, int | np.integer):
        return range(size)[int(given) : int(given) + 1] if given >= 0 else range(size)[given:][:1]
    taken: range = range(size)[given]
    return taken


def checked_array(place: Place, name: str) -> CheckedArray:
    """Return an array of a store, (*axes, realization, *dims), in the order in which it is stored."""
    header = read_header(place)
    array = block_array(header, name)
    return CheckedArray(array, Marks(header, _grid(array)))


def _grid(array: BlockArray) -> tuple[int, ...]:
    return tuple(array.document["shape"][: array.dimensions.index("realization")])


def lazy(array: BlockArray, marks: Marks, axes: list[str]) -> xr.Variable:
    """Return a variable of a dataset as Dask array, one chunk per point of the swept axes."""
    sizes = zip(array.dimensions, array.document["shape"], strict=True)
    chunks = tuple(1 if name in axes else max(1, n) for name, n in sizes)
    # Named at random: the same store may hold more the next time it is opened.
    read = da.from_array(CheckedArray(array, marks), chunks=chunks, name=False, fancy=False)
    attributes = {k: v for k, v in array.document["attributes"].items() if k != "coordinates"}
    return xr.Variable(array.dimensions, read, attributes)
