"""Compiled functions and the folder in which they are kept from one process to the next.

Numba unpickles, and with that executes, what it finds in its folder. So qtcore looks for one itself:
it belongs to this user, nobody else can write to it, and it is no link. Where there is none,
functions are compiled by every process anew; a folder is never what a computation fails for.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import contextlib
import gc
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config, event
from numba.core.caching import FunctionCache, NullCache

from qtcore.private import why_not_private

ASKED_FOR = "NUMBA_CACHE_DIR"
"""Environment variable by which a user, or the script of a cluster, names the folder."""

COMPILED = ("model", "solve")
"""Packages whose functions are compiled, into each other too."""

SAID = "QTCORE_SAID_WHERE_COMPILED_FUNCTIONS_ARE_KEPT"
"""Environment variable by which processes that this one starts know that it was said."""

_log = logging.getLogger("qtcore")


class _Cache(FunctionCache):
    """Numba's, but what is damaged there counts as absent, and a full disk keeps nothing."""

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 - unpickling of a file that was cut off raises anything
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig, data):
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


class _GarbageWaits(event.Listener):
    """Keeps Python from looking for garbage while Numba compiles, which makes next to none.

    It would look at some million objects again and again, for a tenth of the time. Numba compiles one
    function at a time, with those that it calls inside it.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._must_enable = False

    def on_start(self, event):  # noqa: ARG002 - given by Numba
        if not self._depth:
            self._must_enable = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, event):  # noqa: ARG002 - given by Numba
        self._depth -= 1
        if not self._depth and self._must_enable:
            gc.enable()


event.register("numba:compile", _GarbageWaits())


def njit(*, cache: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return Numba's decorator of that name; with `cache`, into the folder of this module."""

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(**options)(function)
        if cache:
            dispatcher._cache = _cache_of(function)
        return dispatcher

    return compiled


def vectorize(function: Callable[..., Any]) -> Any:
    """Make a ufunc of a function of numbers, kept in the folder of this module."""
    ufunc = numba.vectorize(function)
    ufunc._dispatcher.cache = _cache_of(function)
    return ufunc


def _cache_of(function: Callable[..., Any]) -> Any:
    folder = cache_folder()
    if folder is None:
        return NullCache()
    before = config.CACHE_DIR  # type: ignore[attr-defined]  # set from the environment
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        found = _Cache(function)
    except (RuntimeError, OSError):  # "no locator available": the disk is full, say
        return NullCache()
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]
    # Numba looks at the file of a function alone, and not at those of the functions that it calls.
    file = found._cache_file
    file._source_stamp = (file._source_stamp, _sources())
    # Where the folder cannot be used Numba would go on to others, which nobody has checked.
    return found if Path(found.cache_path).is_relative_to(folder) else NullCache()


@lru_cache(maxsize=1)
def _sources() -> str:
    """Return a digest of the files from which compiled functions may be made, by size and time."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    files = [
        package / "compiled.py",
        package / "lanes.py",
        package / "units.py",
        *(f for one in COMPILED for f in package.glob(f"{one}/**/*.py")),
    ]
    for path in sorted(file for file in files if file.exists()):
        found = path.stat()
        digest.update(f"{path.relative_to(package)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return the folder for compiled functions, made if necessary; None if there is none."""
    reasons: list[str] = []
    for folder in _candidates():
        why_not = _why_unsafe(folder)
        if not why_not:
            if reasons and os.environ.get(ASKED_FOR):
                _say(f"{reasons[0]}; compiled functions are kept in {folder} instead")
            return folder
        reasons.append(f"{folder} is not used for compiled functions: {why_not}")
    _say(
        "compiled functions are not kept, so that every process spends some seconds on compiling "
        f"them ({'; '.join(reasons) or 'no folder was found'}); {ASKED_FOR} can name a folder "
        "that belongs to you alone"
    )
    return None


def _candidates() -> Iterator[Path]:
    """Yield the folder that was asked for, the user's own, one for temporary files."""
    if os.environ.get(ASKED_FOR):
        yield Path(os.environ[ASKED_FOR]).absolute()
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield (given if given.is_absolute() else Path.home() / ".cache") / "qtcore-numba"
    with contextlib.suppress(FileNotFoundError):  # no folder for temporary files at all
        # As in qtcore.cluster.environment, where a shell makes it.
        yield Path(tempfile.gettempdir()) / f"qtcore-numba-{os.getuid()}"


def _why_unsafe(folder: Path) -> str:
    """Make a folder for this user alone if there is none; say why it cannot be used, or nothing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        reason = why_not_private(folder)
        if reason:
            return reason
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return "it cannot be written to"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _say(sentence: str) -> None:
    if SAID not in os.environ:  # workers of this machine would say it once more each
        os.environ[SAID] = "1"
        _log.warning(sentence)
