"""The programs that this process may execute.

A store holds the text of the functions that made its numbers, and whoever wrote the store chose that
text. So a program runs only after somebody vouched for it: `program` vouches for what it cut out of
functions that live in this process, a worker vouches for the sweep that its driver named by digest,
and `qtcore.trust` vouches for what this user's own runs have recorded or what the user says so of.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from qtcore.errors import QtcoreError
from qtcore.private import why_not_private

_vouched: set[str] = set()


class UntrustedProgramError(QtcoreError):
    """A program from a store was about to run, and nobody had vouched for it."""


def digest_of(text: str) -> str:
    """Return the digest by which a text is known (sha256, hex)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def vouch(text: str) -> None:
    """Allow a program to run in this process."""
    _vouched.add(digest_of(text))


def refuse_untrusted(text: str) -> None:
    """Raise UntrustedProgramError unless somebody vouched for a program."""
    if digest_of(text) not in _vouched:
        raise UntrustedProgramError(
            "the functions of this sweep come from a store that was not made here, so they are not "
            "executed. Read them first; then `--trust` on the command line, or `trust=True` in "
            "Python, lets them run"
        )


def registry() -> Path | None:
    """Return the folder that remembers what this user has run; None where there is no home.

    It is `qtcore/trusted` below `XDG_DATA_HOME`, which is `~/.local/share` if it is not set.
    """
    given = os.environ.get("XDG_DATA_HOME", "")
    try:
        base = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError:
        return None
    return base / "qtcore" / "trusted"


def remember(*texts: str) -> None:
    """Remember texts as what this user has run; what cannot be written is not remembered."""
    folder = registry()
    if folder is None:
        return
    with suppress(OSError):  # the run does not need it
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not why_not_private(folder):
            for text in filter(None, texts):
                (folder / digest_of(text)).touch(mode=0o600)


def is_remembered(text: str) -> bool:
    """Whether this user has run a text before, as a definition or as a program."""
    folder = registry()
    with suppress(OSError):
        if folder is not None and not why_not_private(folder):
            return (folder / digest_of(text)).is_file()
    return False
