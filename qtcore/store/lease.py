"""One driver per store: an exclusive lease file with a heartbeat.

The file is created with O_EXCL, which is atomic on local and on shared file systems. Its holder
renews the file's time every few seconds; a lease that has not been renewed for `STALE_AFTER`, or
whose holder is known to be dead (same host, process gone), is taken over.
"""

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from qtcore.errors import InputError
from qtcore.store.layout import lease_file

HEARTBEAT = 5.0
"""Seconds between renewals."""

STALE_AFTER = 60.0
"""Seconds without renewal after which a lease counts as abandoned."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    token: str
    host: str
    pid: int
    process_started: float

    def is_gone(self) -> bool:
        """Whether the process is known to have ended: only ever known on its own host."""
        if self.host != socket.gethostname():
            return False
        try:
            started = psutil.Process(self.pid).create_time()
        except psutil.NoSuchProcess:
            return True
        # Another process may have got the number; create_time() is good to a clock tick.
        return bool(abs(started - self.process_started) > 1.0)


class Lease:
    """The right to drive a run on one store; a context manager.

    Parameters
    ----------
    store : Path
        The store, which must exist.

    Raises
    ------
    InputError
        On entry, if another process drives this store or the folder cannot be written to.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._path = lease_file(store)
        self._holder = Holder(
            uuid.uuid4().hex,
            socket.gethostname(),
            os.getpid(),
            psutil.Process().create_time(),
        )
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._renew, name="qtcore-lease", daemon=True)
        self.lost = False

    def __enter__(self) -> Self:
        for _ in range(3):
            if self._create():
                self._beat.start()
                return self
            self._remove_if_stale()
        raise InputError(f"{self._store} is in use: {describe(self._path)}; wait until it ends")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._beat.join()
        if _read(self._path) == self._holder:
            self._path.unlink(missing_ok=True)

    def _create(self) -> bool:
        try:
            with self._path.open("x", encoding="utf-8") as file:
                json.dump(asdict(self._holder), file)
        except FileExistsError:
            return False
        except OSError as error:
            raise InputError(
                f"cannot write to the store {self._store}: {error.strerror or error}"
            ) from error
        return True

    def _remove_if_stale(self) -> None:
        seen = _read(self._path)
        if not _is_stale(self._path, seen):
            return
        # Renaming decides between two processes that both found the lease stale. The slower of
        # them may have caught the faster one's new lease instead, and gives it back.
        caught = self._path.with_name(f"{self._path.name}.{self._holder.token}")
        try:
            self._path.rename(caught)
        except FileNotFoundError:
            return
        if _read(caught) != seen:
            with contextlib.suppress(FileExistsError):
                os.link(caught, self._path)
        caught.unlink()

    def _renew(self) -> None:
        while not self._stop.wait(HEARTBEAT):
            if _read(self._path) != self._holder:
                self.lost = True
                return
            with contextlib.suppress(OSError):  # a full disk must not end the run by this
                os.utime(self._path)


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_stale(path: Path, holder: Holder | None) -> bool:
    if holder is not None and holder.is_gone():
        return True
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return False
    return age > STALE_AFTER


def describe(path: Path) -> str:
    """Say who holds the lease at `path`, in words."""
    holder = _read(path)
    if holder is None:
        return "its lease file is being written"
    return f"process {holder.pid} on {holder.host} is running it"


def is_held(store: Path) -> bool:
    """Whether a driver is running on this store now."""
    path = lease_file(store)
    return path.exists() and not _is_stale(path, _read(path))
