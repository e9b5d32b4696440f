"""What is wrong with metadata, coordinates and the copy of both, and how all of it becomes right.

Everything is decided before anything is written: which of store and copy is believed, what each
object shall be. What cannot be decided is left as it is, in both.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtcore.errors import InputError, command, listed
from qtcore.store.chunks import CHECKSUM_BYTES
from qtcore.store.compact import damaged_key
from qtcore.store.document import MOST_BYTES, parsed
from qtcore.store.duplicate import (
    RUN_METADATA,
    array_names,
    checked_document,
    chunks_of_driver,
    contradictions,
    digest_of_array,
    driver_objects,
    grown_from,
    is_intact,
    is_of_blocks,
    kept_copy,
    packed,
)
from qtcore.store.evidence import share_of_proof
from qtcore.store.finding import Finding, describe
from qtcore.store.header import MOST_COPY, WITHOUT_METADATA, Header, attributes_of
from qtcore.store.layout import CHANNELS, COPY
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.stated import (
    DIGESTS_OF_CHANNELS,
    Stated,
    chunks_of,
    digest_of_values,
    stated_by,
    values_in,
)

FROM_COPY = "put back from its copy"
FROM_ROOT = "written anew from what the store's zarr.json states"
MOST_FOREIGN = 0.5
"""Part of the blocks that may prove metadata of another store; more of them prove their own."""

RUN_ENDS_IT = (
    "left alone; a run that was stopped while it changed the store leaves this, and running again "
    "ends it"
)


@dataclass(frozen=True)
class Repair:
    """What is wrong, and what becomes of it.

    Attributes
    ----------
    findings : list of Finding
        What is wrong.
    changes : dict of str to bytes
        Objects as they shall be, in the order in which they are written.
    keeps_copy : bool
        Whether the copy that is written anew is a sound one, of another store.
    """

    findings: list[Finding]
    changes: dict[str, bytes]
    keeps_copy: bool = False

    def do(self, place: Place) -> None:
        """Write what changes; what was there is kept under `run/damaged` first."""
        for key, content in self.changes.items():  # as long as there is room, before anything goes
            if key == COPY and not self.keeps_copy:
                continue
            before = place.get(key, MOST_COPY if key == COPY else len(content) + MOST_BYTES)
            if before:
                place.put(damaged_key(key), before)
        for key, content in self.changes.items():
            place.put(key, content)


def repair_of(place: Place) -> Repair:
    """Return what is wrong with what only a driver writes, and how it is repaired.

    Raises
    ------
    InputError
        If it cannot be repaired, or if store and copy contradict each other and neither is proved;
        nothing may be changed then.
    """
    present = driver_objects(place)
    copy = kept_copy(place) or {}
    root, problem = _root(place, present, copy)
    findings = (
        [Finding(ROOT_METADATA, problem, FROM_COPY)] if root != present[ROOT_METADATA] else []
    )
    attributes = attributes_of(root) or {}
    header = Header(place, attributes)
    try:
        wanted = _Wanted(header, root, present, copy)
        objects = wanted.all()
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{place} cannot be repaired: what its {ROOT_METADATA} states contradicts itself "
            f"({error}); nothing was changed"
        ) from error
    findings += wanted.findings
    changes = {key: held for key, held in objects.items() if wanted.before.get(key) != held}
    wrong: list[str] = []
    if not any(finding.remedy == RUN_ENDS_IT for finding in findings):
        wrong = [] if not copy else contradictions(objects, copy)
        if not copy:
            findings.append(Finding(COPY, "is missing or damaged", "written anew"))
        elif wrong:
            why = f"contradicts the store in {listed(wrong)}"
            findings.append(Finding(COPY, why, "written anew, since the blocks prove the store"))
        elif _essence(copy) != _essence(objects):
            findings.append(Finding(COPY, "is older than the store", "written anew"))
        if findings and findings[-1].key == COPY:
            changes[COPY] = packed(objects)
    return Repair(findings, changes, bool(wrong))


def _root(
    place: Place, present: Mapping[str, bytes], copy: Mapping[str, bytes]
) -> tuple[bytes, str]:
    """Return the metadata of the root that are believed, and what is wrong with the present ones."""
    here, there = present[ROOT_METADATA], copy.get(ROOT_METADATA, b"")
    is_sound = is_intact(ROOT_METADATA, here, None)
    if not copy or not is_intact(ROOT_METADATA, there, None):
        if not is_sound:
            raise InputError(_unrepairable(place, [ROOT_METADATA]))
        share = share_of_proof(place, present)
        if share is not None and share <= MOST_FOREIGN:
            raise InputError(
                f"{place} cannot be repaired: the copy in {COPY} is missing or damaged, and the marks of "
                f"the blocks say that {ROOT_METADATA} is that of another store; nothing was changed"
            )
        return here, ""
    if not is_sound:
        share = share_of_proof(place, copy)
        if share is not None and share <= MOST_FOREIGN:
            raise InputError(
                f"{place} cannot be repaired: {ROOT_METADATA} is damaged, and {COPY} is that of "
                "another store, as the marks of the blocks say; nothing was changed"
            )
        return there, describe(here or None, ROOT_METADATA)
    wrong = contradictions(present, copy)
    if not wrong:
        return here, ""
    problem = f"contradicts its copy in {listed(wrong)}"
    shares = [share_of_proof(place, held) for held in (present, copy)]
    mine, its = (0.0 if share is None else share for share in shares)
    if mine > max(its, MOST_FOREIGN):
        return here, ""
    if its > max(mine, MOST_FOREIGN):
        return there, problem
    if its == mine and not grown_from({ROOT_METADATA: here}, there):  # of before an extension
        return there, problem
    raise InputError(
        f"{place} contradicts the copy that it keeps of itself in {COPY}: they differ in "
        f"{listed(wrong)}, and the blocks do not prove which of the two is right, so nothing was "
        f"changed. Remove the one that is wrong, {COPY} or {ROOT_METADATA}; then "
        f"`{command('verify-store', place)}` makes it anew from the other"
    )


def _unrepairable(place: Place, keys: list[str]) -> str:
    return (
        f"{place} cannot be repaired: {listed(keys)} and the copy in {COPY} are both "
        f"damaged. {WITHOUT_METADATA}"
    )


def _essence(objects: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what counts of a driver's objects: not whether chunks lie in shards."""
    found: dict[str, Any] = {}
    for key, content in objects.items():
        if not key.endswith(ROOT_METADATA):
            found[key] = content
            continue
        document = json.loads(content)
        document.pop("consolidated_metadata", None)
        if key == ROOT_METADATA:
            document["attributes"].pop("compacted", None)
        elif key != RUN_METADATA:
            document = {"digest": digest_of_array(document), "shape": document["shape"]}
        found[key] = document
    return found


class _Wanted:
    """What each of a driver's objects shall be, given the root that is believed."""

    def __init__(
        self, header: Header, root: bytes, present: Mapping[str, bytes], copy: Mapping[str, bytes]
    ) -> None:
        self.header, self.copy = header, copy
        self.names = array_names(header.arrays, copy or present)
        self.before: dict[str, bytes] = {ROOT_METADATA: present[ROOT_METADATA]}
        self.stated: Stated = stated_by(header)
        kept = attributes_of(copy[ROOT_METADATA]) or {} if copy else {}
        # What the copy says of shapes and values counts if it is of the same state of the store.
        decisive = ("spec", "realizations", "arrays", "seed", "spec_hash")
        same = all(kept.get(name) == header.attributes.get(name) for name in decisive)
        self.copy_is_current = bool(copy) and same
        self.objects: dict[str, bytes] = {ROOT_METADATA: root}
        self.findings: list[Finding] = []
        self.lost: list[str] = []
        self.halfway = False

    def all(self) -> dict[str, bytes]:
        """Return all objects by key; `findings` say then what is wrong with the present ones.

        Raises
        ------
        InputError
            If something can be had from nowhere.
        """
        documents = {name: self._document(name) for name in self.names}
        self._take(RUN_METADATA, b'{"zarr_format": 3, "node_type": "group", "attributes": {}}')
        if self.lost:
            raise InputError(_unrepairable(self.header.place, self.lost))
        shapes = {name: self._shape(name, held) for name, held in documents.items()}
        channels = None
        if CHANNELS in documents:
            channels = self._channels({**documents[CHANNELS], "shape": list(shapes[CHANNELS])})
            self.halfway = channels is None
        for name, document in documents.items():
            self._array(name, document, shapes[name], channels if name == CHANNELS else None)
        if self.lost:
            raise InputError(
                f"{_unrepairable(self.header.place, self.lost)}. If nothing but {CHANNELS} is "
                "damaged, running the sweep again writes that anew"
            )
        return self.objects

    def _present(self, key: str, most: int = MOST_BYTES) -> bytes | None:
        """Return what lies in the store now; of what is larger than it can be, a little more."""
        content = self.header.place.get(key, most + 1)
        if content is not None:
            self.before[key] = content
        return content

    def _take(self, key: str, otherwise: bytes = b"") -> bytes:
        """Take an object of metadata as it is, or else from the copy."""
        content, kept = self._present(key), self.copy.get(key, otherwise)
        before = content or b""
        arrays = self.header.arrays
        is_right = is_intact(key, before, arrays)
        if is_right and arrays is None and key != RUN_METADATA and key in self.copy:
            # Without digests the copy alone tells that somebody edited it.
            digests = [digest_of_array(json.loads(held)) for held in (before, kept)]
            is_right = digests[0] == digests[1]
        self.objects[key] = before if is_right else kept
        if not is_right:
            self.findings.append(Finding(key, describe(content, key), FROM_COPY))
            if not is_intact(key, kept, arrays):
                self.lost.append(key)
        return self.objects[key]

    def _document(self, name: str) -> dict[str, Any]:
        content = self._take(f"{name}/{ROOT_METADATA}")
        try:
            return checked_document(name, content, self.header.arrays)
        except ValueError:  # it stands among the lost ones
            return {}

    def _shape(self, name: str, document: Mapping[str, Any]) -> tuple[int, ...]:
        stated = self.stated.shape(document)
        if stated is None and self.copy_is_current:
            stated = tuple(parsed(self.copy[f"{name}/{ROOT_METADATA}"])["shape"])
        return tuple(document["shape"]) if stated is None else stated

    def _channels(self, document: dict[str, Any]) -> dict[str, bytes] | None:
        """Return the chunks of the open modes, or None if none are of the shape that is stated."""
        digests = self.header.attributes.get(DIGESTS_OF_CHANNELS) or []
        key = f"{CHANNELS}/{ROOT_METADATA}"
        sizes = chunks_of_driver(CHANNELS, document)
        present = {k: self._present(k, size) for k, size in sizes.items()}
        for held, metadata in ((present, self.before.get(key)), (self.copy, self.copy.get(key))):
            try:
                if not digests and parsed(metadata)["shape"] != document["shape"]:
                    continue
                there = {k: held.get(k) for k in sizes}
                is_lenient = bool(digests) or self.header.arrays is None
                values = values_in(CHANNELS, document, there, lenient=is_lenient)
            except ValueError:
                continue
            if not digests or digest_of_values(values) == digests[-1]:
                is_before_format_4 = self.header.arrays is None
                chunks = chunks_of(CHANNELS, document, values)
                return {
                    k: c
                    for k, c in chunks.items()
                    if not is_before_format_4 or there[k] is not None
                }
        return None

    def _array(
        self,
        name: str,
        document: dict[str, Any],
        shape: tuple[int, ...],
        channels: dict[str, bytes] | None,
    ) -> None:
        """Give an array its shape and, if it is a coordinate, its chunks."""
        key = f"{name}/{ROOT_METADATA}"
        if tuple(document["shape"]) != shape:
            problem = f"has another shape than the store states, {list(shape)}"
            self.findings.append(Finding(key, problem, RUN_ENDS_IT if self.halfway else FROM_ROOT))
            if not self.halfway:
                document = {**document, "shape": list(shape)}
                self.objects[key] = json.dumps(document, indent=2).encode()
        if is_of_blocks(name, document):
            return
        values = self.stated.values(name, document)
        chunks = channels
        if values is not None:
            chunks = chunks_of(name, document, values)
            if self.header.arrays is None:  # before format 4 one of zeros alone was left out
                chunks = {k: c for k, c in chunks.items() if self._is_needed(k, c)}
        if chunks is None:
            self._unstated(name, document)
            return
        for chunk_key, chunk in chunks.items():
            before = self._present(chunk_key, len(chunk))
            if before != chunk:
                is_whole = before is not None and is_intact(chunk_key, before, None)
                problem = (
                    "holds other values than the store states"
                    if is_whole
                    else describe(before, chunk_key)
                )
                self.findings.append(
                    Finding(chunk_key, problem, FROM_ROOT if values is not None else FROM_COPY)
                )
            self.objects[chunk_key] = chunk

    def _is_needed(self, key: str, chunk: bytes) -> bool:
        """Whether a chunk of a store of before format 4 must be there; one of zeros may be absent."""
        is_there = key in self.copy or self._present(key, len(chunk)) is not None
        return is_there or any(chunk[:-CHECKSUM_BYTES])

    def _unstated(self, name: str, document: dict[str, Any]) -> None:
        """Take the chunks of a coordinate of which nothing is stated as they are, or from the copy."""
        for key, size in chunks_of_driver(name, document).items():
            before, kept = self._present(key, size), self.copy.get(key)
            if before is None and kept is None:
                continue  # before format 4 one of zeros alone was left out
            if before is not None and is_intact(key, before, None):
                self.objects[key] = before
                if kept is not None and kept != before:
                    self.findings.append(Finding(key, "differs from its copy", RUN_ENDS_IT))
                continue
            self.findings.append(Finding(key, describe(before, key), FROM_COPY))
            self.objects[key] = kept or b""
            if kept is None or not is_intact(key, kept, None):
                self.lost.append(key)
