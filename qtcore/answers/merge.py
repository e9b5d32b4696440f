"""Runs of one sweep put together in a new store: more realizations, more points, several seeds."""

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.differences import of_fields
from qtcore.answers.merged_attributes import keep_definitions, merged_attributes
from qtcore.answers.source import Source, sources_in
from qtcore.answers.union import Union, refuse_duplicates, union_of
from qtcore.errors import InputError, command, counted, listed
from qtcore.store.arrays import array_document, block_arrays
from qtcore.store.coordinate import coordinate
from qtcore.store.create import consolidate, create, update_attributes
from qtcore.store.finished import missing_blocks, realizations_there
from qtcore.store.header import DIGEST_FORMAT, Header, is_vacant, read_header
from qtcore.store.layout import (
    CHANNELS,
    LENGTH,
    MARKER,
    ArraySpec,
    Coordinate,
    Layout,
)
from qtcore.store.lazy import CheckedArray
from qtcore.store.lease import Lease, is_held
from qtcore.store.locate import Location, place_of
from qtcore.store.marks import Marks
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.store.stated import stated_by
from qtcore.store.write import BlockWriter
from qtcore.sweep.events import now
from qtcore.sweep.observables import CHANNEL
from qtcore.sweep.stored_cases import parameters_of_cases

log = logging.getLogger(__name__)

SMALLEST_BLOCK = 8
"""Blocks of fewer realizations would make a store of tiny chunks."""


def merge(first: Location, *others: Location, to: Location, trust: bool = False) -> xr.Dataset:
    """Put runs together in a new store; they themselves stay as they are.

    Realizations of each seed keep their numbers. Those of different seeds are lined up along
    `realization`, with the coordinates `seed` and `number`, so that every analysis of the definition sees
    one larger ensemble (docs/decisions/0047).

    Parameters
    ----------
    first, *others : str or Path
        The stores, two or more.
    to : str or Path
        Where to make the new store; nothing may be there.
    trust : bool
        Whether the functions of the stores may run, if this user does not know them. They run only where
        the stores have different values on an axis, to find out which points share their disorder.

    Returns
    -------
    xarray.Dataset
        The new store, as `qtcore.open` returns it.

    Raises
    ------
    InputError
        If stores are of different sweeps (with each field that differs), hold the same realization of the same
        point and seed, or something is there already.
    UntrustedDefinitionError
        If their functions would have to run and may not.
    """
    headers = [read_header(place_of(store)) for store in (first, *others)]
    target = place_of(to)
    _refuse_places(headers, target)
    sources = [source for header in headers for source in sources_in(header)]
    _refuse_differences(sources)
    union = union_of([source.sweep for source in sources])
    refuse_duplicates(union, [str(source.header.place) for source in sources])
    block = _block(sources)
    rows = _rows(union, block)
    layout = _layout(sources, union, block, rows)
    attributes = merged_attributes(headers, union, rows, trust=trust)
    attributes["earlier_realizations"] = _ends(sources, union, block, rows)
    create(target, layout, _channels(sources, union), attributes)
    try:
        _fill(target, sources, union, block, rows, layout)
    except BaseException:
        # Made a moment ago, and nobody's only copy of anything.
        target.remove_if(lambda _: True)
        raise
    return open_dataset(target)


def _refuse_places(headers: Sequence[Header], target: Place) -> None:
    if len(headers) < 2:
        raise InputError("merge takes two stores or more")
    addresses = [header.place.address for header in headers]
    if len({*addresses}) < len(addresses):
        raise InputError(f"a store is merged once, got {listed(addresses)}")
    for header in headers:
        if header.format < DIGEST_FORMAT:
            raise InputError(
                f"{header.place} has store format {header.format}, without proofs of its numbers; `qtcore "
                "rerun STORE --store NEW` makes a new store of it, which can be merged"
            )
        if is_held(header.place):
            raise InputError(f"a run is under way in {header.place}: merge it when it has ended")
    if not is_vacant(target):
        raise InputError(
            f"{target} is there already, and a merge overwrites nothing: choose another --to"
        )


def _refuse_differences(sources: Sequence[Source]) -> None:
    """Refuse stores whose samples mean different things, with each field."""
    one = sources[0]
    for other in sources[1:]:
        lines = [str(difference) for difference in of_fields(one.sweep, other.sweep)]
        if not lines:
            lines = _array_differences(one, other)
        if lines:
            told = "\n  ".join(lines)
            raise InputError(
                f"{one.header.place} and {other.header.place} hold different sweeps, and are not merged "
                f"(the first, and the second):\n  {told}\n"
                f"`{command('compare', one.header.place, other.header.place)}` shows where they meet"
            )


def _array_differences(one: Source, other: Source) -> list[str]:
    """Return the arrays whose units or words differ, which may say which spins are counted."""
    lines = []
    for variable in one.sweep.outputs:
        documents = [array_document(s.header, variable.name) for s in (one, other)]
        for name in ("units", "long_name"):
            told = [str(document["attributes"].get(name, "")) for document in documents]
            if told[0] != told[1]:
                lines.append(f"{name} of {variable.name}: {told[0]}, and {told[1]}")
    return lines


def _block(sources: Sequence[Source]) -> int:
    """Return how many realizations the blocks of the new store have.

    Raises
    ------
    InputError
        If unfinished realizations would tear finished ones with them.
    """
    lengths = {source.header.block for source in sources}
    if len(lengths) == 1:
        return lengths.pop()
    if all(source.there.sum() == source.sweep.counts.sum() for source in sources):
        return max(lengths)
    common = math.gcd(*lengths)
    if common < SMALLEST_BLOCK:
        told = [
            f"{source.header.place}: {source.there.sum():,} of {source.sweep.counts.sum():,} "
            f"realizations, in blocks of {source.header.block}"
            for source in sources
        ]
        raise InputError(
            "stores with blocks of different lengths are merged when they are complete:\n  "
            + "\n  ".join(told)
        )
    return common


def _rows(union: Union, block: int) -> list[int]:
    """Return the row at which each draw begins, and behind the last one the number of rows."""
    starts, end = [], 0
    for counts in union.counts:
        starts.append(-(-end // block) * block)
        end = starts[-1] + int(counts.max())
    return [*starts, end]


def _layout(sources: Sequence[Source], union: Union, block: int, rows: list[int]) -> Layout:
    one, sweep = sources[0], union.sweep
    sizes = {
        name: max(source.header.sizes[name] for source in sources) for name in one.header.sizes
    }
    sizes |= {LENGTH: len(sweep.lengths)} if LENGTH in sizes else {}
    declared = {axis.name: axis for axis in sweep.dimensions}
    behind = []
    for name, size in sizes.items():
        if name in declared:
            behind.append(_coordinate(declared[name]))
        elif name == LENGTH:
            unit = _unit_of_length(sources)
            behind.append(Coordinate(LENGTH, sweep.lengths, unit, "length of the wire", "int64"))
        else:
            words = array_document(one.header, CHANNEL)["attributes"]
            numbers = tuple(range(size))
            behind.append(Coordinate(name, numbers, words["units"], words["long_name"], "int64"))
    variables = []
    for spec in sweep.outputs:
        held = array_document(one.header, spec.name)["attributes"]
        kept = {name: value for name, value in held.items() if name != "coordinates"}
        variables.append(ArraySpec(spec.name, spec.dtype, spec.fill, kept, spec.dims))
    words = (
        array_document(one.header, CHANNELS)["attributes"]["long_name"]
        if CHANNELS in (one.header.arrays or {})
        else ""
    )
    axes = tuple(_coordinate(axis) for axis in sweep.axes)
    cases = tuple(parameters_of_cases(sweep))
    return Layout(axes, tuple(behind), tuple(variables), rows[-1], block, cases, words)


def _unit_of_length(sources: Sequence[Source]) -> str:
    """Return what lengths count: of two words the one of the newer store.

    Earlier versions wrote "sites" where a slice is no site.
    """
    stated = [str(array_document(s.header, LENGTH)["attributes"]["units"]) for s in sources]
    return next((unit for unit in stated if unit != "sites"), "sites")


def _coordinate(axis: Any) -> Coordinate:
    words = axis.units, axis.long_name or axis.name
    return Coordinate(axis.name, axis.values, *words, axis.dtype, labels=axis.labels)


def _channels(sources: Sequence[Source], union: Union) -> NDArray[np.int32] | None:
    """Return the open modes of each point; 0 at points that no store has."""
    if CHANNELS not in (sources[0].header.arrays or {}):
        return None
    found = np.zeros(union.sweep.grid, dtype=np.int32)
    for number, source in enumerate(sources):
        held = coordinate(source.header, CHANNELS, stated_by(source.header)).values
        here = np.ix_(*union.places[number])
        found[here] = np.maximum(found[here], held)
    return found


def _ends(sources: Sequence[Source], union: Union, block: int, rows: list[int]) -> list[int]:
    """Return rows inside the blocks that hold fewer realizations than they shall."""
    ends = set()
    for number, source in enumerate(sources):
        start = rows[union.draw_of[number]]
        counts = source.sweep.counts.reshape(source.sweep.grid)
        for index in np.ndindex(source.sweep.grid):
            for k, held in _blocks(source.there[index][: counts[index]], block):
                if 0 < held < min(block, int(counts[index]) - k * block):
                    ends.add(start + k * block + 1)
    return sorted(ends)


def _blocks(there: NDArray[np.bool_], block: int) -> list[tuple[int, int]]:
    """Return each block of some rows with how many of its first rows are there, one after the other."""
    found = []
    for k in range(-(-len(there) // block)):
        here = there[k * block : (k + 1) * block]
        found.append((k, len(here) if here.all() else int(here.argmin())))
    return found


def _fill(
    target: Place,
    sources: Sequence[Source],
    union: Union,
    block: int,
    rows: list[int],
    layout: Layout,
) -> None:
    """Copy all finished realizations, block by block."""
    with Lease(target) as lease:
        writer = BlockWriter(read_header(target), layout.variables)
        for number, source in enumerate(sources):
            marks = Marks(source.header, source.sweep.grid)
            arrays = {
                name: CheckedArray(array, marks)
                for name, array in block_arrays(source.header).items()
                if name != MARKER
            }
            counts = source.sweep.counts.reshape(source.sweep.grid)
            first = rows[union.draw_of[number]] // block
            for index in np.ndindex(source.sweep.grid):
                lease.confirm()
                there = source.there[index][: counts[index]]
                for k, size in _runs(_blocks(there, block), block):
                    begin = source.first + k * block
                    values = {
                        spec.name: _moved(
                            np.asarray(arrays[spec.name][(*index, slice(begin, begin + size))]),
                            spec,
                            layout.sizes,
                            union.lengths[number],
                        )
                        for spec in layout.variables
                    }
                    writer.write(union.index(number, index), first + k, values)
        missing = missing_blocks(target)
        update_attributes(target, {"updated": now(), "completed": "" if missing else now()})
        keep_definitions(target, [source.header for source in sources])
        if not missing:
            consolidate(target)
    if missing:
        # Not in blocks: those of the new store may have another length than those of the sources.
        held, wanted = realizations_there(target)
        log.warning(
            "%s lacks %s of %s over all points, because its sources do; continue them and merge them again",
            target,
            f"{wanted - held:,}",
            counted(wanted, "realizations"),
        )


def _runs(blocks: list[tuple[int, int]], block: int) -> list[tuple[int, int]]:
    """Return runs of blocks that are written at once: the number of the first, and their rows."""
    found: list[tuple[int, int]] = []
    for k, size in blocks:
        if not size:
            continue
        if found and found[-1][0] * block + found[-1][1] == k * block:
            found[-1] = (found[-1][0], found[-1][1] + size)
        else:
            found.append((k, size))
    return found


def _moved(
    values: NDArray[Any], spec: ArraySpec, sizes: dict[str, int], lengths: NDArray[np.intp]
) -> NDArray[Any]:
    """Return samples at their place in the dimensions of the new store, the rest not computed."""
    full = np.full((len(values), *(sizes[d] for d in spec.dims)), spec.fill, dtype=spec.dtype)
    window = [
        lengths if name == LENGTH else slice(0, size)
        for name, size in zip(spec.dims, values.shape[1:], strict=True)
    ]
    full[(slice(None), *window)] = values
    return full
