"""Folders that are written aside, and who removes what a killed process left of them.

While a process writes one it holds a lock on it (`flock`), which the system lets go of when the
process ends, however it ends. Where there are no such locks a folder counts as left behind after
a day.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from qtcore.store.permissions import like_what_it_replaces
from qtcore.store.place import PARTIAL

A_DAY = 86400.0


def aside_of(path: Path) -> Path:
    """Return a new name beside a folder, for what shall take its place."""
    return path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}"


@contextlib.contextmanager
def made_aside(path: Path) -> Iterator[Path]:
    """Make a folder aside of another one; it is locked as long as this process writes it."""
    while True:
        aside = aside_of(path)
        aside.mkdir()
        handle = os.open(aside, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(aside, handle):
                yield aside
                return
        finally:
            os.close(handle)


def put_whole(path: Path, content: bytes) -> None:
    """Write a file that has no store around it: whole or not at all, and nothing left behind."""
    with written_whole(path) as aside:
        aside.write_bytes(content)


@contextlib.contextmanager
def written_whole(path: Path, *, replacing: bool = True) -> Iterator[Path]:
    """Give the path to which a file is written; it takes its place at the end, unless something was raised.

    Parameters
    ----------
    path : Path
        Where the file shall be. Nothing is left beside it, whatever happens.
    replacing : bool
        Whether it may replace another file.

    Raises
    ------
    FileExistsError
        If it may not, and another file is there at the end.
    """
    remove_left_by_the_dead(path)
    with made_aside(path) as folder:
        aside = folder / path.name
        try:
            yield aside
            like_what_it_replaces(str(aside), str(path))
            if path.is_dir():  # said of it, not of what was to replace it
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            if replacing:
                aside.replace(path)
            else:
                _put_if_absent(aside, path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _put_if_absent(aside: Path, path: Path) -> None:
    """Give a file its place unless something is there, where the file system can do both at once."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        aside.replace(path)


def _is_still(folder: Path, handle: int) -> bool:
    """Whether nobody took a folder for left behind before it was locked."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(folder.stat(), os.fstat(handle))
    return False


def remove_left_by_the_dead(path: Path) -> int:
    """Remove what killed processes left aside of a folder; return how much that was."""
    removed = 0
    for left in path.parent.glob(f".{_literally(path.name)}.*{PARTIAL}"):
        if left.is_dir() and not left.is_symlink() and _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
            removed += 1
    return removed


def _literally(name: str) -> str:
    """Return a name in which a pattern finds nothing special."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _is_left(folder: Path) -> bool:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone a moment ago
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(handle).st_mtime > A_DAY
    else:
        return True
    finally:
        os.close(handle)
