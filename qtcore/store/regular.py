"""Regular files to read; links, pipes, sockets and devices that somebody put there are none."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO | None]:
    """Open a file to read; None if there is none, or something else than a file."""
    number = _descriptor(path)
    if number is None:
        yield None
        return
    with open(number, "rb", buffering=0) as file:  # noqa: PTH123
        yield file


def _descriptor(path: str) -> int | None:
    """Return the descriptor of a file to read; None if there is none, or something else than a file."""
    try:
        # A pipe that somebody put there must not hold up whoever reads.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.ELOOP):  # a socket; a link
            raise
        return None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    return number


def content_of(path: str, most: int) -> bytes | None:
    """Return the first `most` bytes of a file; None if there is none, or something else than a file."""
    number = _descriptor(path)
    if number is None:
        return None
    # Nothing but the calls of the system: a file object takes as long as they do.
    try:
        return os.read(number, most)
    finally:
        os.close(number)
