"""The errors that qtcore raises on purpose."""

import errno
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import islice
from threading import current_thread, main_thread
from traceback import extract_tb
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from qtcore.shown import Shown

StoreName = TypeVar("StoreName")
Rest = ParamSpec("Rest")
Result = TypeVar("Result")

SHOWN = 8
"""So many of the values, or lines, that are wrong are told; of more, only how many there are."""

PASTED = 20
"""So many values of an axis are written out in an option that may be pasted."""

LONGEST = 200
"""Characters of anything else that came."""

LONGEST_ERROR = 2000
"""Characters of the text of somebody else's exception."""


class QtcoreError(Exception):
    """Base of every error that qtcore raises on purpose: one message, meant to be read."""


class InputError(QtcoreError, ValueError):
    """Bad input, found before anything was computed.

    The message says what came, what is allowed and, where that helps, what to do.
    """


class NoRoomError(InputError):
    """More memory was asked for than this machine has free now; another one may have it."""


class DefinitionInputError(InputError):
    """Bad input that a function of a definition gave.

    Parameters
    ----------
    message : str
        What came, what is allowed and what to do.
    place : str
        File and line of the definition, as `place_in` returns them.
    """

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message, place)
        self.message, self.place = message, place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system became read-only",
}
"""Errors of a disk on which nothing more can be written, by anybody, until somebody makes room."""

REMEDIES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EROFS: "make it writable again",
    errno.EACCES: "have the permissions changed",
    errno.EPERM: "have the permissions changed",
    errno.EISDIR: "move that folder away",
    errno.ENOTDIR: "move that file away",
    errno.EIO: "look at the disk",
    errno.ESTALE: "look at the file server",
    errno.EFBIG: "choose another file system",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "remove the links",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs",
}
"""What helps when a file cannot be written, by the number of the error."""


class CannotWriteError(QtcoreError, OSError):
    """A disk that is full, or a file that may not be written; what is in the store is safe.

    Parameters
    ----------
    message : str
        What cannot be written, that the samples are safe, and what to do.
    number : int or None
        The operating system's number of the error (`errno`).
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(number, message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[Self], tuple[str, int | None]]:
        return type(self), (self.message, self.errno)

    @classmethod
    def of(cls, error: OSError, safe: str) -> Self:
        """Return what the operating system said, with what is safe and what to do.

        Parameters
        ----------
        error : OSError
            As it was raised.
        safe : str
            Where the finished samples are.
        """
        why = why_unwritable(error)
        return cls(
            f"{why[0].upper()}{why[1:]}. What is finished is safe in {safe}. "
            f"To go on, {REMEDIES[error.errno or 0]} and give the same command again",
            error.errno,
        )


@contextmanager
def writing_to(store: object) -> Iterator[None]:
    """Say in one sentence what went wrong with a file, that samples are safe, and what to do.

    Parameters
    ----------
    store : str, Path or Place
        Where the finished samples are.

    Raises
    ------
    CannotWriteError
        Instead of an error of the operating system that speaks of a file or a disk.
    """
    try:
        yield
    except QtcoreError:
        raise
    except OSError as error:
        if error.errno not in REMEDIES:  # no matter of files, such as a connection that broke
            raise
        raise CannotWriteError.of(error, str(store)) from error


def says_what_is_full(
    function: Callable[Concatenate[StoreName, Rest], Result],
) -> Callable[Concatenate[StoreName, Rest], Result]:
    """Run a function, whose first argument is a store, inside `writing_to`."""

    @wraps(function)
    def told(store: StoreName, /, *others: Rest.args, **named: Rest.kwargs) -> Result:
        with writing_to(store):
            return function(store, *others, **named)

    return told


def why_unwritable(error: OSError) -> str:
    """Say in words why something could not be written, and which file it was."""
    if isinstance(error, QtcoreError):
        return str(error)
    said = error.strerror or str(error) or type(error).__name__
    where = f": {error.filename}" if error.filename else ""
    if error.errno in FULL:
        return f"{FULL[error.errno]} ({said}{where})"
    return f"a file cannot be read or written ({said}{where})"


class UnreachableStoreError(QtcoreError, ConnectionError):
    """A store's service that does not answer, or not as it should, after all attempts.

    Parameters
    ----------
    message : str
        Which store, what the service said, and what it asks for.
    """

    def __init__(self, message: str) -> None:
        # The number by which a sweep knows an error that every other task would meet too.
        super().__init__(errno.EHOSTUNREACH, message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.message,)


class UnforeseenError(QtcoreError):
    """A definition's own code failed on samples that are stored already, and stay as they are."""


class IncompleteError(QtcoreError):
    """A run ended with blocks missing; what is finished is in the store."""


class GoneStoreError(QtcoreError, OSError):
    """A store that is no longer where it was while a run writes to it.

    Parameters
    ----------
    address : str
        Where it was.
    replaced : bool
        Whether another store lies there now.
    """

    def __init__(self, address: str, replaced: bool = False) -> None:
        # The number by which a sweep knows an error that every other task would meet too.
        super().__init__(errno.ESTALE, address)
        self.address, self.replaced = address, replaced

    def __str__(self) -> str:
        if self.replaced:
            what = f"another store lies at {self.address} now, and nothing was written to it"
            which = "the store of this run"
        else:
            what, which = f"there is no store at {self.address} any more", "it"
        return f"{what}; if {which} was moved, the same command with its new --store goes on"

    def __reduce__(self) -> tuple[type[Self], tuple[str, bool]]:
        return type(self), (self.address, self.replaced)


class LinkError(QtcoreError, OSError):
    """A link inside a store, through which nothing is written.

    Parameters
    ----------
    path : str
        The link.
    """

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is a link, and qtcore follows no link inside a store; remove it"

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.path,)


class LostLeaseError(QtcoreError):
    """The right to write to a store that was lost meanwhile: another driver has taken it over."""


class DamagedMetadataError(InputError):
    """What a store says about itself is damaged, so that it cannot be opened before a repair."""


class DamagedStoreError(QtcoreError):
    """Stored bytes that disagree with their checksum, met while they were read."""


def command(*words: object) -> str:
    """Return a command of qtcore as it can be pasted into a shell, whatever its words hold."""
    return shlex.join(["qtcore", *map(str, words)])


def setting(name: str, values: Iterable[float]) -> str:
    """Return the option that gives an axis its values, as it can be pasted; "" if they are many."""
    given = [f"{float(value):.12g}" for value in values]
    return f"--set {name}={','.join(given)}" if len(given) <= PASTED else ""


def brief(value: Any) -> str:
    """Return what came as a message shows it: of many values the first few and how many."""
    several = isinstance(value, Collection) and not isinstance(value, str | bytes)
    if several and not hasattr(value, "shape") and len(value) > SHOWN:  # arrays are brief
        return listed(value)
    try:
        text = value._card().headline if isinstance(value, Shown) else repr(value)
    except Exception:  # noqa: BLE001 - of an object of the user's own
        text = f"<a {type(value).__name__} that cannot be shown>"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def listed(values: Collection[Any]) -> str:
    """Return values in a row; of many the first few and how many there are."""
    some = islice(values, SHOWN)
    text = ", ".join(value if isinstance(value, str) else brief(value) for value in some)
    return f"{text}, … ({len(values)} values)" if len(values) > SHOWN else text or "none"


def counted(count: int, things: str) -> str:
    """Return how many there are of something, such as "1 point" or "12 points".

    Parameters
    ----------
    count : int
        How many.
    things : str
        What they are, in the plural.
    """
    return f"{count:,} {things if count != 1 else things.removesuffix('s')}"


def first_lines(lines: list[str]) -> str:
    """Return lines of a message; of many the first few and how many more there are."""
    more = len(lines) - SHOWN
    return "\n".join([*lines[:SHOWN], f"and {more} more"] if more > 0 else lines)


def kind_and_text(error: BaseException) -> str:
    """Return the kind and the text of an exception, also of one whose text cannot be made."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - what its author wrote may raise anything
        text = "(its text cannot be made)"
    shown = text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__


REFUSALS = ("InputError", "DefinitionInputError", "NoChannelError", "Missing", "MissingNumbers")
"""Kinds of exceptions by which qtcore refuses what was asked for, whenever it is asked."""

REFUSED = (
    "Points that qtcore refuses are refused whenever they are asked for, so that no command completes "
    "this store: run without their values into another --store"
)
"""What to do where a sweep has such points."""


def is_refusal(said: str) -> bool:
    """Whether what `kind_and_text` said is of something that qtcore refuses."""
    return said.partition(":")[0] in REFUSALS


def place_in(error: BaseException, file: str) -> str:
    """Return the last line of a file that an exception passed, such as `dirty.py, line 8`.

    Nothing if it passed none.
    """
    lines = [f.lineno for f in extract_tb(error.__traceback__) if f.filename == file]
    return f"{file}, line {lines[-1]}" if lines else ""


def is_fault(error: BaseException) -> bool:
    """Whether an exception is a fault of the code that raised it; all but Ctrl-C are.

    `sys.exit()`, and a KeyboardInterrupt outside the main thread, come from a user's own function.
    """
    return not (isinstance(error, KeyboardInterrupt) and current_thread() is main_thread())
