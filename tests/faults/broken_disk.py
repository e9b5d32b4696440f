"""A disk that counts its operations and, from one of them on, is full or gone.

The interpreter reports every file that is opened, renamed, linked, made or removed (`sys.addaudithook`)
and lets whoever listens refuse it; writes are caught where files are opened.
"""

import builtins
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NEED_ROOM = {"os.rename", "os.link", "os.mkdir", "os.symlink", "os.truncate"}
CHANGES = NEED_ROOM | {"shutil.rmtree", "os.remove", "os.rmdir", "os.utime", "os.chmod", "os.chown"}


class Killed(BaseException):
    """The process has disappeared: nothing that it still does reaches the disk."""


class Disk:
    """What happens below one folder.

    Attributes
    ----------
    count : int
        Operations so far.
    fails_at : int or None
        From this one on, counted from 0, operations fail.
    kills : bool
        Whether they all fail as of a process that is gone, rather than those that need room.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.count = 0
        self.fails_at: int | None = None
        self.kills = False
        self.watching = False

    def happens(self, path: Any, *, needs_room: bool) -> None:
        if not self.watching or not str(path).startswith(self.folder):
            return
        number = self.count
        if needs_room or self.kills:
            self.count += 1
        if self.fails_at is None or number < self.fails_at:
            return
        if self.kills:
            raise Killed
        if needs_room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    @contextmanager
    def watched(self, fails_at: int | None = None, *, kills: bool = False) -> Iterator[None]:
        self.count, self.fails_at, self.kills, self.watching = 0, fails_at, kills, True
        try:
            yield
        finally:
            self.watching = False


class _Writing:
    """A file whose writes are counted; it exists, and is empty, when the first one fails."""

    def __init__(self, file: Any, disk: Disk, path: Any) -> None:
        self._file, self._disk, self._path = file, disk, path

    def write(self, content: Any) -> int:
        self._disk.happens(self._path, needs_room=True)
        return int(self._file.write(content))

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


_disks: list[Disk] = []
_plain_open = builtins.open


def _open(path: Any, mode: str = "r", *others: Any, **named: Any) -> Any:
    file = _plain_open(path, mode, *others, **named)
    for disk in _disks:
        if disk.watching and set(mode) & set("wax+") and str(path).startswith(disk.folder):
            return _Writing(file, disk, path)
    return file


def _audit(event: str, details: tuple[Any, ...]) -> None:
    for disk in _disks:
        if not disk.watching:
            continue
        if event == "open":
            path, _, flags = details
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                disk.happens(path, needs_room=True)
        elif event in CHANGES:
            disk.happens(details[0], needs_room=event in NEED_ROOM)


_hooked = False


@contextmanager
def disk_below(folder: Path) -> Iterator[Disk]:
    """Watch what happens below a folder."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_audit)  # for good: it cannot be removed
        _hooked = True
    disk = Disk(folder)
    _disks.append(disk)
    builtins.open = io.open = _open  # type: ignore[assignment]
    try:
        yield disk
    finally:
        _disks.remove(disk)
        builtins.open = io.open = _plain_open
