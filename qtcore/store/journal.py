"""The event log of a store: lines appended while a run goes on, read back in order.

A file is appended to line by line. An object cannot be: there the lines are collected and put as
one numbered part every few seconds, so a driver that is killed loses the last few seconds of its
log (and nothing else; the log is advisory).
"""

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self, TextIO

from qtcore.errors import GoneStoreError
from qtcore.store.document import MOST_BYTES as MOST_OF_DOCUMENT
from qtcore.store.folder import Folder
from qtcore.store.header import identity_of
from qtcore.store.layout import RUN_GROUP, events_key
from qtcore.store.locate import Location, place_of
from qtcore.store.permissions import as_its_folder
from qtcore.store.place import ROOT_METADATA, Place

PART_SECONDS = 5.0
"""Between two parts on an object store."""

PART_LINES = 1000

MOST_BYTES = 2**30
"""Bytes of a log that are read, at most."""

AT_ONCE = 2**20
"""Bytes of it that are read together."""

LONGEST_LINE = 2**20
"""Bytes of a line; a longer one was not written by qtcore, and is left out."""


class Journal(Protocol):
    """A log that takes and gives text in lines."""

    def __enter__(self) -> Self:
        """Begin to write."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, and write what is still collected."""

    def write(self, line: str) -> None:
        """Append a line; raises OSError if that is impossible."""

    def lines(self) -> Iterator[str]:
        """Yield all lines so far, apart from those that are too long."""


def event_log(location: Location, part: str = "", identity: str = "") -> Journal:
    """Return the event log (JSON lines) of a store, or of the driver of one part of it.

    With an identity (`qtcore.store.header.identity_of`) nothing is written to another store that
    has come to lie at the path: GoneStoreError then.
    """
    place = place_of(location)
    key = events_key(part)
    if isinstance(place, Folder):
        return _File(place, key, identity)
    return _Parts(place, key.removesuffix(".jsonl"), identity)


def _confirm(place: Place, identity: str) -> None:
    """Make sure that a store is still the one of that identity, if one is asked for."""
    if not identity:
        return
    found = identity_of(place.get(ROOT_METADATA, MOST_OF_DOCUMENT))
    if found != identity:
        raise GoneStoreError(place.address, replaced=bool(found))


def event_logs(location: Location) -> list[Journal]:
    """Return the event log of a store, and those of its parts that were driven alone."""
    place = place_of(location)
    names = [name.removeprefix("events").removeprefix("-") for name in log_names(place)]
    return [event_log(place, name) for name in names]


def log_names(location: Location) -> list[str]:
    """Return the names of these logs, sorted: `events`, and `events-1of2` for a part."""
    children = place_of(location).children(RUN_GROUP)
    return sorted({name.removesuffix(".jsonl") for name in children if name.startswith("events")})


class _File:
    """A log in a file."""

    def __init__(self, folder: Folder, key: str, identity: str) -> None:
        self._folder, self._key, self._identity = folder, key, identity
        self._path = folder.path / key

    def __enter__(self) -> Self:
        _confirm(self._folder, self._identity)  # later it is this file, wherever it is moved
        is_new = not self._path.exists()
        try:
            self._file = self._open()
        except PermissionError:  # of somebody else, who shares the store: a copy takes its place
            copy = "".join(f"{line}\n" for line in self.lines())
            self._folder.put(self._key, copy.encode())
            self._file = self._open()
        if is_new:
            as_its_folder(str(self._path))
        return self

    def _open(self) -> TextIO:
        # Never through a link, and a pipe that nobody reads must not hold up the run.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        number = os.open(self._path, flags | os.O_CLOEXEC, 0o666)
        return os.fdopen(number, "a", encoding="utf-8", buffering=1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, line: str) -> None:
        self._file.write(line + "\n")

    def lines(self) -> Iterator[str]:
        with suppress(OSError):  # somebody else's, say; the log is advisory
            yield from _lines(self._read_on())

    def _read_on(self) -> Iterator[bytes]:
        start = 0
        while start < MOST_BYTES:
            part = self._folder.get_part(self._key, start, AT_ONCE)
            if not part:
                return
            start += len(part)
            yield part


class _Parts:
    """A log in numbered objects; their names sort by the time of the session, then by number."""

    def __init__(self, place: Place, folder: str, identity: str) -> None:
        self._place, self._folder, self._identity = place, folder, identity

    def __enter__(self) -> Self:
        # Sessions are told apart, and sorted, by how many parts there were when they began.
        before = len(self._place.children(self._folder))
        self._session = f"{before:08d}-{uuid.uuid4().hex[:8]}"
        self._lines: list[str] = []
        self._number = 0
        self._written = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()

    def write(self, line: str) -> None:
        self._lines.append(line + "\n")
        late = time.monotonic() - self._written > PART_SECONDS
        if late or len(self._lines) >= PART_LINES:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            _confirm(self._place, self._identity)
            key = f"{self._folder}/{self._session}-{self._number:08d}.jsonl"
            self._place.put(key, "".join(self._lines).encode())
            self._number += 1
            self._lines = []
        self._written = time.monotonic()

    def lines(self) -> Iterator[str]:
        parts = (
            self._place.get(f"{self._folder}/{n}", MOST_OF_DOCUMENT)
            for n in self._place.children(self._folder)
        )
        yield from _lines(part for part in parts if part)


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines that follow each other in some parts; a line may go on in the next part."""
    rest, is_too_long = b"", False
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            if not is_too_long and len(line) <= LONGEST_LINE:
                yield line.decode(errors="replace")
            is_too_long = False
        if len(rest) > LONGEST_LINE:
            rest, is_too_long = b"", True
    if rest and not is_too_long:
        yield rest.decode(errors="replace")
