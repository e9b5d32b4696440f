"""Find what is damaged in a store, and make it such that running again repairs exactly that."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import counted, says_what_is_full
from qtcore.store.arrays import BlockArray, block_arrays, listed_blocks
from qtcore.store.chunks import CHECKSUM_BYTES, is_sound
from qtcore.store.compact import damaged_key, expand
from qtcore.store.create import update_attributes
from qtcore.store.finding import Finding as Finding
from qtcore.store.finding import Report as Report
from qtcore.store.finding import describe
from qtcore.store.finished import clean_partial, held_realizations
from qtcore.store.growing import announced
from qtcore.store.header import Header, read_header
from qtcore.store.layout import COPY, MARKER
from qtcore.store.lease import Lease
from qtcore.store.locate import Location, place_of
from qtcore.store.mend import repair_of
from qtcore.store.place import ROOT_METADATA, Place

READERS = 8
"""Threads that read blocks: checksums and object stores both leave the interpreter free."""


@says_what_is_full
def verify(location: Location, *, repair: bool = True) -> Report:
    """Check every byte of a store that has a checksum.

    Parameters
    ----------
    location : str, Path or Place
        The store.
    repair : bool
        Whether to put metadata back from their copy and mark damaged blocks as unfinished, so that
        the same run computes them again. Damaged objects are kept under `run/damaged`.

    Raises
    ------
    InputError
        If there is no store, if a driver runs on it (with `repair`), or if metadata and their copy
        are both damaged.
    """
    place = place_of(location)
    if place.get(COPY, 0) is None:
        read_header(place)  # says what is there instead of a store
    with Lease(place) if repair else nullcontext() as lease:
        report = Report()
        if lease is not None:
            lease.confirm()
            place.clean()
        sound = _check_metadata(place, report, repair=repair)
    if not sound and not repair:
        return report
    header = read_header(place)
    compacted = header.compacted
    halfway = compacted and not all(array.sharded for array in block_arrays(header).values())
    if halfway:  # `compact` or its --undo was stopped; chunks and shards are there
        if not repair:
            return report
        expand(place)
    elif compacted:
        _check_shards(header, report)
        if not report.findings or not repair:
            return report
        expand(place)
    with Lease(place) if repair else nullcontext() as lease:
        if lease is not None:
            clean_partial(place)
        _check_blocks(place, report, lease)
        if (report.reopened or compacted) and lease is not None:
            lease.confirm()
            update_attributes(place, {"completed": ""})
    return report


def _check_metadata(place: Place, report: Report, *, repair: bool) -> bool:
    """Compare what the driver wrote with its copy; return whether all metadata are intact."""
    repaired = repair_of(place)
    report.findings += repaired.findings
    if repair:
        repaired.do(place)
    return not any(key.endswith(ROOT_METADATA) for key in repaired.changes)


def _check_blocks(place: Place, report: Report, lease: Lease | None) -> None:
    header = read_header(place)
    arrays = block_arrays(header)
    marker = arrays.pop(MARKER)
    blocks = listed_blocks(place, marker)
    held = held_realizations(header, tuple(marker.document["shape"][: len(marker.axes)]))
    report.blocks = len(blocks)
    with ThreadPoolExecutor(READERS) as threads:
        found = threads.map(lambda block: _problems(place, marker, arrays, block, held), blocks)
        for block, problems in zip(blocks, found, strict=True):
            if not problems:
                continue
            report.reopened += 1
            for key, problem in problems.items():
                report.findings.append(Finding(key, problem, "its block counts as unfinished"))
            if lease is not None:
                lease.confirm()
                most = max(array.most for array in (marker, *arrays.values()))
                key = marker.chunks.key(marker.index_of_block(block))
                _reopen(place, key, list(problems), most)


def _problems(
    place: Place,
    marker: BlockArray,
    arrays: dict[str, BlockArray],
    block: dict[str, int],
    held: NDArray[np.int64],
) -> dict[str, str]:
    """Return what is wrong with the objects of a block, by key."""
    index = tuple(block.values())
    key = marker.chunks.key(index)
    content = marker.chunk_at(place, key)
    address = index[:-1] if marker.proof else index
    mark = marker.read_mark(address, content)
    wrong = {}
    if mark is None:
        is_whole = content is not None and is_sound(content)
        wrong[key] = "is the mark of another block" if is_whole else describe(content)
    elif mark.realizations < held[address]:
        wrong[key] = f"speaks of {mark.realizations} realizations, the store of {held[address]}"
    for array in arrays.values():
        key = array.chunks.key(array.index_of_block(block))
        content = array.chunk_at(place, key)
        if content is None or not is_sound(content) or len(content) > array.most:
            wrong[key] = describe(content, most=array.most)
        elif mark is not None and not mark.proves(array.name, content):
            wrong[key] = "is not the chunk that its block's mark stands for"
    if wrong and announced(place, marker, [*arrays], address) is not None:
        return {}  # whoever was stopped while it wrote the block anew has left all of it
    return wrong


def _reopen(place: Place, marker: str, damaged: list[str], most: int) -> None:
    """Keep damaged chunks aside and remove the marker of their block.

    Of what is larger than a chunk can be, no more than `most` bytes are kept.
    """
    contents = {key: content for key in damaged if (content := place.get(key, most)) is not None}
    for key, content in contents.items():  # as long as there is room, before anything goes
        place.put(damaged_key(key), content)
    # First, or a block would count as finished without its data if this were cut off.
    place.delete(marker)
    place.delete_keys([*contents])


def _check_shards(header: Header, report: Report) -> None:
    place = header.place
    marks: dict[tuple[int, ...], bytes] = {}
    remedy = "the store is expanded into chunks, and the damaged blocks count as unfinished"
    arrays = block_arrays(header)
    present: dict[str, dict[tuple[int, ...], bytes]] = {name: {} for name in arrays}
    for name, array in arrays.items():
        for shard, chunks in array.shards_with_chunks() if array.sharded else ():
            key = array.shards.key(shard)
            try:
                found = array.shard_at(place, key)
            except ValueError as error:
                report.findings.append(Finding(key, f"is damaged ({error})", remedy))
                continue
            if found is None:
                continue
            there = [(c, e) for c, e in zip(chunks, found, strict=True) if e is not None]
            present[name].update((chunk, encoded[-CHECKSUM_BYTES:]) for chunk, encoded in there)
            if name == MARKER:
                marks.update(there)
            bad = sum(1 for _, encoded in there if not is_sound(encoded))
            if bad:
                problem = f"has chunks that do not match their checksums: {bad} of {len(there)}"
                report.findings.append(Finding(key, problem, remedy))
    marker = arrays[MARKER]
    blocks = [dict(zip(marker.dimensions, index, strict=True)) for index in present[MARKER]]
    report.blocks = len(blocks)
    if not blocks:
        report.findings.append(Finding(MARKER, "speaks of no block", remedy))
    for name, array in arrays.items():
        missing = {array.index_of_block(block) for block in blocks} - {*present[name]}
        if missing and array.sharded:
            report.findings.append(
                Finding(name, f"lacks {counted(len(missing), 'chunks')}", remedy)
            )
        if name == MARKER or not array.sharded:
            continue
        strange = 0
        for index, content in marks.items():
            address = index[:-1] if marker.proof else index
            mark, block = (
                marker.read_mark(address, content),
                dict(zip(marker.dimensions, index, strict=True)),
            )
            chunk = present[name].get(array.index_of_block(block))
            expected = None if mark is None else mark.checksums.get(name)
            strange += mark is None or bool(
                chunk and mark.checksums and int.from_bytes(chunk, "little") != expected
            )
        if strange:
            problem = f"has chunks that are not those that the marks stand for: {strange}"
            report.findings.append(Finding(name, problem, remedy))
