"""Arrays of a store, read lazily: what a mark says is there is there, or an error says what is not.

Zarr reads a chunk that is missing as one that was never written. Here a block is read only if it
is marked as finished, and then each of its chunks must be the one that the mark stands for.
"""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.errors import DamagedStoreError, InputError, command
from qtcore.store.arrays import BlockArray, block_array
from qtcore.store.chunks import checksum_of, unpacked
from qtcore.store.header import read_header
from qtcore.store.layout import REALIZATION
from qtcore.store.marks import Address, Marks
from qtcore.store.place import Place
from qtcore.store.shard import extents, size_of_index

CHUNK_BYTES = 32 * 2**20
"""Bytes of the chunks of a Dask array, about."""

TOGETHER_BYTES = 8 * 2**20
"""Bytes of samples that are read and unpacked together."""

APART = 4
"""So many times the bytes that are wanted of a shard may be read at once."""

Places = range | list[int]
"""Places along a dimension."""


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
        self._size = math.prod(self._shape) * self.dtype.itemsize
        self._per_shard = array.per_shard if array.sharded else ()
        self._extents: dict[str, NDArray[np.int64]] = {}

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Return values; integers, slices and arrays of places are understood, each by itself."""
        given = index if isinstance(index, tuple) else (index,)
        given = (*given, *(slice(None),) * (self.ndim - len(given)))
        picks = [_places(g, n) for g, n in zip(given, self.shape, strict=True)]
        first = self._depth + 1
        # What is read first is whole along the dimensions behind `realization`.
        cut = [n for n in range(first, self.ndim) if picks[n] != range(self.shape[n])]
        values = np.full([*map(len, picks)], self._array.fill, dtype=self.dtype.newbyteorder("="))
        at_once = max(1, TOGETHER_BYTES // max(1, self._size))
        for number, rows, here in _rows_by_block(picks[self._depth], self._marks.header.block):
            for places, addresses in self._finished(picks[: self._depth], number, at_once):
                inside = self._blocks(addresses)[:, rows]
                for n in cut:
                    inside = inside.take(picks[n], axis=n - first + 2)
                # As it was when the dataset was opened: the block may hold more by now.
                there = rows < self._marks.held[tuple(addresses.T)][:, None]
                if not there.all():
                    there = there.reshape(*there.shape, *(1,) * (inside.ndim - 2))
                    inside = np.where(there, inside, self._array.fill)
                values[(*(axis[:, None] for axis in places.T), here)] = inside
        alone = tuple(0 if isinstance(g, int | np.integer) else slice(None) for g in given)
        return np.asarray(values[alone])

    @property
    def _depth(self) -> int:
        """Where the dimension `realization` stands."""
        return self._array.dimensions.index("realization")

    def _finished(
        self, axes: list[Places], number: int, at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the points of which a block is finished, some at a time: where they go, and the blocks' addresses."""
        held = self._marks.held
        if number >= held.shape[-1]:
            return
        chosen = [np.asarray(axis, dtype=np.int64) for axis in axes]
        places = np.argwhere(held[..., number][np.ix_(*chosen)])
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            point = [axis[i] for axis, i in zip(chosen, some.T, strict=True)]
            yield some, np.stack([*point, np.full(len(some), number)], axis=1)

    def _blocks(self, addresses: NDArray[np.int64]) -> NDArray[Any]:
        """Return the values of the chunks of finished blocks, (address, block, *dims).

        Raises
        ------
        DamagedStoreError
            If one is not there, or is not the one that the mark stands for.
        """
        found: list[bytes] = [b""] * len(addresses)
        left = np.arange(len(addresses))
        # The second time as the store is now: it may have been compacted, or extended.
        for again in (False, True):
            with contextlib.suppress(InputError):  # said of a single block, below
                left = self._read_into(found, left, addresses, again=again)
            if not len(left):
                break
        for number in left.tolist():
            found[number] = self._one_block(tuple(addresses[number].tolist()))
        values = np.frombuffer(b"".join(found), dtype=self.dtype.newbyteorder("<"))
        return values.reshape(-1, *self._shape)

    def _read_into(
        self,
        found: list[bytes],
        left: NDArray[np.int64],
        addresses: NDArray[np.int64],
        *,
        again: bool,
    ) -> NDArray[np.int64]:
        """Read the chunks that are left into `found`, as far as marks prove them; return which are not."""
        if again:
            self._take(block_array(read_header(self._place), self._array.name))
        wanted = addresses[left]
        rows = self._marks.rows(wanted, again=again)
        column = self._marks.column(self._array.name)
        fits = rows[:, 0] >= self._marks.held[tuple(wanted.T)]
        checksums = None if column is None else rows[:, column].tolist()
        size, unproven = self._size, []
        for place, (chunk, fit) in enumerate(zip(self._chunks(wanted), fits.tolist(), strict=True)):
            number = int(left[place])
            if (
                chunk is not None
                and fit
                and (checksums is None or checksum_of(chunk) == checksums[place])
            ):
                try:
                    found[number] = unpacked(chunk, size)
                    continue
                except ValueError:  # damaged
                    pass
            unproven.append(number)
        return np.array(unproven, dtype=np.int64)

    def _one_block(self, address: Address) -> bytes:
        """Return the values of a block's chunk that was not proven by its mark a moment ago.

        Raises
        ------
        DamagedStoreError
            If it still is not.
        """
        problem = ""
        index = (*address, *(0,) * (self.ndim - len(address)))
        # Twice, because a block may be written anew between two looks.
        for _ in range(2):
            try:
                self._take(block_array(read_header(self._place), self._array.name))
                mark = self._marks.of(address)
                (chunk,) = self._chunks(np.array([address], dtype=np.int64))
                if mark is None or not mark.proves(self._array.name, chunk):
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
                    return unpacked(chunk, self._size)
                except ValueError as error:
                    problem = str(error)
        key = self._array.chunks.key(index)
        raise DamagedStoreError(
            f"{self._place} is damaged: a chunk of {self._array.name} cannot be read ({key}: "
            f"{problem}). `{command('verify-store', self._place)}` finds the damaged blocks, and "
            "running the sweep again computes just those, to the same bits"
        )

    def _chunks(self, addresses: NDArray[np.int64]) -> Sequence[bytes | None]:
        """Return the encoded chunks of blocks, each by itself or out of its shard; None where there is none."""
        array = self._array
        indices = np.pad(addresses, ((0, 0), (0, self.ndim - addresses.shape[1])))
        if array.sharded:
            return self._out_of_shards(indices)
        keys = array.chunks.keys(indices.tolist(), self.ndim)
        return self._place.get_each(keys, array.most + 1)

    def _out_of_shards(self, indices: NDArray[np.int64]) -> list[bytes | None]:
        """Return encoded chunks; those that lie close together in a shard are read at once."""
        per_shard = self._array.per_shard
        numbers = np.ravel_multi_index(tuple((indices % per_shard).T), per_shard)
        shards, shard_of = np.unique(indices // per_shard, axis=0, return_inverse=True)
        found: list[bytes | None] = [None] * len(indices)
        parts: list[tuple[str, int, int]] = []
        inside: list[list[tuple[int, int, int]]] = []
        for n, shard in enumerate(shards.tolist()):
            key = self._array.shards.key(tuple(shard))
            places = np.flatnonzero(shard_of.reshape(-1) == n)
            begin, length = self._extents_of(key)[numbers[places]].T
            there = begin >= 0
            wanted = [
                *zip(
                    places[there].tolist(),
                    begin[there].tolist(),
                    length[there].tolist(),
                    strict=True,
                )
            ]
            if not wanted:
                continue
            start, end = min(at for _, at, _ in wanted), max(at + n for _, at, n in wanted)
            # What is read and thrown away costs less than a request for each chunk.
            if end - start > APART * int(length[there].sum()):
                parts += [(key, at, n) for _, at, n in wanted]
                inside += [[(place, 0, n)] for place, _, n in wanted]
            else:
                parts.append((key, start, end - start))
                inside.append([(place, at - start, n) for place, at, n in wanted])
        for content, chunks in zip(self._place.get_parts(parts), inside, strict=True):
            if content is not None:
                for place, at, n in chunks:
                    found[place] = content[at : at + n]
        return found

    def _extents_of(self, key: str) -> NDArray[np.int64]:
        """Return where the chunks of a shard lie in it, (chunk, 2) offset and length; -1 for one that is not there.

        All of them are -1 if the index of the shard is gone or damaged.
        """
        if key not in self._extents:
            count = math.prod(self._per_shard)
            size = size_of_index(count)
            end = self._place.get_part(key, -size, size)
            try:
                found = [] if end is None else extents(end, count, self._array.most)
            except ValueError:
                found = []
            pairs = [(-1, -1) if at is None else at for at in found] or [(-1, -1)] * count
            self._extents[key] = np.array(pairs, dtype=np.int64)
        return self._extents[key]


def _rows_by_block(rows: Places, length: int) -> Iterator[tuple[int, NDArray[np.int64], Any]]:
    """Yield each block of `length` rows with the rows that are wanted of it, and where they go."""
    wanted = np.asarray(rows, dtype=np.int64)
    blocks = wanted // length
    for number in np.unique(blocks).tolist():
        here = np.flatnonzero(blocks == number)
        yield number, wanted[here] - number * length, here


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
