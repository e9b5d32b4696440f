"""Find what is damaged in a store, and make it such that running again repairs exactly that."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field

from qtcore.errors import InputError, counted, listed, says_what_is_full
from qtcore.store.arrays import BlockArray, block_arrays, listed_blocks
from qtcore.store.chunks import CHECKSUM_BYTES, is_sound
from qtcore.store.compact import damaged_key, expand
from qtcore.store.create import update_attributes
from qtcore.store.document import MOST_BYTES
from qtcore.store.duplicate import (
    arrays_in,
    digest_of_array,
    driver_objects,
    grown_from,
    is_intact,
    is_of_blocks,
    packed,
    unpacked,
    wrong_keys,
)
from qtcore.store.finished import clean_partial
from qtcore.store.growing import announced
from qtcore.store.header import MOST_COPY, read_header
from qtcore.store.layout import COPY, MARKER, RUN_GROUP
from qtcore.store.lease import Lease
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA, Place

READERS = 8
"""Threads that read blocks: checksums and object stores both leave the interpreter free."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes
    ----------
    key : str
        Which object of the store.
    problem : str
        What is wrong with it, in words that follow its name.
    remedy : str
        What was done, or would be done by a repair.
    """

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key} {self.problem}: {self.remedy}"


@dataclass
class Report:
    """What a check of a store found.

    Attributes
    ----------
    blocks : int
        Finished blocks that were checked.
    findings : list of Finding
        What is wrong.
    reopened : int
        Blocks that count as unfinished because of that.
    """

    blocks: int = 0
    findings: list[Finding] = field(default_factory=list)
    reopened: int = 0


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
    compacted = read_header(place).compacted
    halfway = compacted and not all(array.sharded for array in block_arrays(place).values())
    if halfway:  # `compact` or its --undo was stopped; chunks and shards are there
        if not repair:
            return report
        expand(place)
    elif compacted:
        _check_shards(place, report)
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
    """Compare what the driver wrote with its copy; return whether all of it is intact."""
    copy = unpacked(place.get(COPY, MOST_COPY + 1))
    if copy is None:
        _renew_copy(place, report, repair=repair)
        return True
    intact, arrays = True, arrays_in(copy)
    for key, kept in copy.items():
        content = place.get(key, MOST_BYTES + len(kept) + 1)
        problem = _problem(copy, key, content, arrays)
        if not problem:
            if content != kept and not _same_but_for_shards(key, content or b"", kept):
                report.findings.append(
                    Finding(
                        key,
                        "differs from its copy",
                        "left alone; a run that was stopped "
                        "while it changed the store leaves this, and running again ends it",
                    )
                )
            continue
        intact = False
        report.findings.append(Finding(key, problem, "put back from its copy"))
        if repair:
            if content is not None:
                place.put(damaged_key(key), content)
            place.put(key, kept)
    return intact


def _same_but_for_shards(key: str, content: bytes, kept: bytes) -> bool:
    """Whether metadata differ by what a `compact` or `--undo` that was stopped has changed."""
    if key == ROOT_METADATA:
        roots = [json.loads(text) for text in (content, kept)]
        for root in roots:
            root.pop("consolidated_metadata", None)
            root.get("attributes", {}).pop("compacted", None)
        return bool(roots[0] == roots[1])
    name = key.removesuffix(f"/{ROOT_METADATA}")
    if name == key or not is_of_blocks(name, json.loads(content)):
        return False
    documents = [json.loads(text) for text in (content, kept)]
    return len({(digest_of_array(d), *d["shape"]) for d in documents}) == 1


def _problem(
    copy: Mapping[str, bytes], key: str, content: bytes | None, arrays: Mapping[str, str] | None
) -> str:
    """Say what is wrong with an object of the driver's that a copy has; empty if nothing."""
    if content is None or not is_intact(key, content, arrays):
        return describe(content, key)
    if key == ROOT_METADATA:
        wrong = grown_from(copy, content)
        return f"contradicts its copy in {listed(wrong)}" if wrong else ""
    if key.endswith(ROOT_METADATA) and not key.startswith(f"{RUN_GROUP}/"):
        digests = [digest_of_array(json.loads(held)) for held in (copy[key], content)]
        return "" if digests[0] == digests[1] else "was changed by something other than qtcore"
    return ""


def _renew_copy(place: Place, report: Report, *, repair: bool) -> None:
    objects = driver_objects(place)
    damaged = wrong_keys(objects)
    if damaged:
        raise InputError(
            f"{place} cannot be repaired: {', '.join(damaged)} and the copy in {COPY} are both "
            "damaged. Run the sweep into another --store; the chunks of this one stay readable "
            "with the metadata of the new one"
        )
    report.findings.append(Finding(COPY, "is missing or damaged", "written anew"))
    if repair:
        place.put(COPY, packed(objects))


def _check_blocks(place: Place, report: Report, lease: Lease | None) -> None:
    arrays = block_arrays(place)
    marker = arrays.pop(MARKER)
    blocks = listed_blocks(place, marker)
    report.blocks = len(blocks)
    with ThreadPoolExecutor(READERS) as threads:
        found = threads.map(lambda block: _problems(place, marker, arrays, block), blocks)
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
    place: Place, marker: BlockArray, arrays: dict[str, BlockArray], block: dict[str, int]
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


def _check_shards(place: Place, report: Report) -> None:
    marks: dict[tuple[int, ...], bytes] = {}
    remedy = "the store is expanded into chunks, and the damaged blocks count as unfinished"
    arrays = block_arrays(place)
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


def describe(content: bytes | None, key: str = "", most: int | None = None) -> str:
    """Say in words what is wrong with an object that is not as it should be."""
    if content is None:
        return "is missing"
    if most is not None and len(content) > most:
        return f"is larger than it can be ({most} bytes)"
    if not content:
        return "is empty"
    if not any(content):
        return f"holds nothing but {len(content)} zeros"
    if key.endswith(ROOT_METADATA):
        return "is cut off, or was changed by something other than qtcore"
    return f"is cut off or altered ({len(content)} bytes do not match their checksum)"
