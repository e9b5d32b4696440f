"""One driver per store: an exclusive lease object with a heartbeat.

The lease is put if absent, which the place decides atomically, and its holder renews it every few
seconds. A lease is taken over from a process that is known to be dead (same host), or that has not
renewed it for long. Clocks jump, so an old time alone proves nothing: who finds an old lease
watches it for some heartbeats, by a clock that cannot jump, and takes it over if nothing happens.
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

from qtcore.errors import FULL, GoneStoreError, InputError, LostLeaseError, QtcoreError
from qtcore.store.layout import LEASE, RUN_GROUP, lease_key
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA, Place

HEARTBEAT = 5.0
"""Seconds between renewals."""

STALE_AFTER = 60.0
"""Seconds without renewal, by the clocks of the place and of this host, after which a lease is
worth watching."""

RETRY = 0.2
"""Seconds between two attempts of a patient driver."""

WATCH = 15.0
"""So many seconds a lease must stay as it is while it is watched: three heartbeats."""

SETTLE = 0.1
"""Seconds after which a lease that was taken over must still be one's own."""


MOST_BYTES = 2**16
"""Bytes of a lease, at most."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lease.

    Attributes
    ----------
    token : str
        Unique for each lease.
    host, pid, born : str, int, str
        The process; `born` tells it from a later one with the same number, and holds the boot.
    namespace : str
        The process namespace in which it has that number: containers share a host's name, and each
        has a process 1.
    """

    token: str
    host: str
    pid: int
    born: str
    namespace: str = ""

    def is_gone(self) -> bool:
        """Whether the process is known to have ended.

        That is only ever known in its own process namespace of a machine that was not started
        anew since: two machines, too, may have one name.
        """
        here = _namespace()
        return (
            self.host == socket.gethostname()
            and here != ""
            and self.namespace == here
            and self.born.partition(" ")[0] == _born(os.getpid()).partition(" ")[0]
            and _born(self.pid) != self.born
        )

    def is_stopped(self) -> bool:
        """Whether the process is known to be there and to stand still, by Ctrl-Z or a signal."""
        if self.host != socket.gethostname() or self.namespace != _namespace():
            return False
        return _born(self.pid) == self.born and _fields(self.pid)[:1] == ["T"]


def _namespace() -> str:
    """Return what tells this process namespace from others on this machine; empty if unknown."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no Linux, or /proc of another namespace
        return ""


def _born(pid: int) -> str:
    """Return when a process started, in a way that a jump of the clock does not change.

    That is the number of the boot and the clock ticks since; psutil's creation time is counted
    from 1970 and moves with the clock.
    """
    if not psutil.pid_exists(pid):
        return ""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {_fields(pid)[19]}"  # `starttime`, field 22 of all
    except (OSError, IndexError):
        return ""


def _fields(pid: int) -> list[str]:
    """Return what /proc says of a process, from the third field on; nothing where it says nothing."""
    try:
        # The second field, the name in parentheses, may hold spaces.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


class Lease:
    """The right to drive a run on one store; a context manager.

    Parameters
    ----------
    store : str, Path or Place
        The store, which must exist.
    part : str
        Name of the part of the store that is driven; the whole of it if left out.
    patience : float
        Seconds to wait for another holder to let go.

    Raises
    ------
    InputError
        On entry, if another process drives this store or it cannot be written to.
    """

    def __init__(self, store: Location, part: str = "", patience: float = 0.0) -> None:
        self._place = place_of(store)
        self._key = lease_key(part)
        self._patience = patience
        pid = os.getpid()
        holder = Holder(
            uuid.uuid4().hex, socket.gethostname(), pid, _born(pid), namespace=_namespace()
        )
        self._content = json.dumps(asdict(holder)).encode()
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._renew, name="qtcore-lease", daemon=True)
        self.lost = False

    def __enter__(self) -> Self:
        try:
            if self._wait():
                self._beat.start()
                return self
        except QtcoreError:
            raise
        except OSError as error:
            if error.errno in FULL:  # no fault of what was asked for
                raise
            raise InputError(
                f"cannot write to the store {self._place}: {error.strerror or error}"
            ) from error
        raise InputError(
            f"{self._place} is in use: {describe(self._place, self._key)}; wait until it ends"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def is_held(self) -> bool:
        """Whether the lease is ours at this moment: it may have been taken while we slept."""
        return self.is_held_in(self._place)

    def is_held_in(self, place: Place) -> bool:
        """Whether a store, under whatever name it lies now, has our lease."""
        return place.get(self._key, MOST_BYTES) == self._content

    def confirm(self) -> None:
        """Make sure that the lease is ours, immediately before something is changed for good.

        Raises
        ------
        GoneStoreError
            If there is no store any more.
        LostLeaseError
            If another driver has taken it over.
        """
        if self.is_held():
            return
        self.lost = True
        if self._place.get(ROOT_METADATA, 0) is None:
            raise GoneStoreError(self._place.address)
        raise LostLeaseError(f"{self._who_has_it()}; the store {self._place} is left alone")

    def why_lost(self) -> str:
        """Say why a run must end; empty while the lease is held, as far as is known."""
        if not self.lost:
            return ""
        if self._place.get(ROOT_METADATA, 0) is None:
            return str(GoneStoreError(self._place.address))
        return self._who_has_it()

    def _who_has_it(self) -> str:
        taken = "another driver took over the store"
        if self._place.get(self._key, 0) is not None:
            return taken
        return f"{taken} and has ended, or somebody removed its lease, {self._key}"

    def release(self) -> None:
        """Let go; leaving the context again does nothing then."""
        self._stop.set()
        self._beat.join()
        with contextlib.suppress(OSError):  # out of reach; the lease goes stale
            if self.is_held():
                self._place.delete(self._key)

    def _wait(self) -> bool:
        """Get the lease, perhaps from a holder that lets go in time; whether that succeeded."""
        give_up = time.monotonic() + self._patience
        while not (self._place.put_if_absent(self._key, self._content) or self._take_over()):
            if time.monotonic() >= give_up:
                return False
            time.sleep(RETRY)
        return True

    def _take_over(self) -> bool:
        """Take the place of a holder that is gone; whether that succeeded."""
        seen = self._place.get(self._key, MOST_BYTES)
        if seen is None:  # given back a moment ago
            if self._place.put_if_absent(self._key, self._content):
                return True
            self._refuse_what_is_no_lease()
            return False
        holder = _parsed(seen)
        if not (holder is not None and holder.is_gone()) and not self._stays_still():
            return False
        if not self._place.swap(self._key, seen, self._content):
            return False
        # On a file system a third process may slip in while a second gives back what it caught.
        time.sleep(SETTLE)
        return self._place.get(self._key) == self._content

    def _refuse_what_is_no_lease(self) -> None:
        """Refuse a folder, or whatever else is no file, in the place of the lease."""
        time.sleep(SETTLE)
        if self._place.get(self._key, 0) is None and self._place.stat(self._key) is not None:
            raise InputError(
                f"{self._place} cannot be written to: {self._key} in it is no lease that qtcore "
                "writes, but a folder, a link or the like; remove it"
            )

    def _stays_still(self) -> bool:
        """Whether a lease looks old and is not renewed while it is watched."""
        before = self._place.stat(self._key)
        if before is None or not _looks_old(before.modified):
            return False
        deadline = time.monotonic() + WATCH
        while time.monotonic() < deadline:
            time.sleep(min(1.0, WATCH / 5))
            if self._place.stat(self._key) != before:
                return False
        return True

    def _renew(self) -> None:
        # Event.wait counts by the monotonic clock.
        while not self._stop.wait(HEARTBEAT):
            with contextlib.suppress(OSError):  # an outage must not end the run by this
                if not self.is_held():
                    self.lost = True
                    return
                self._place.touch(self._key)


def _parsed(content: bytes | None) -> Holder | None:
    try:
        holder = Holder(**json.loads(content or b""))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (holder.token, holder.host, holder.born, holder.namespace)
    is_right = all(isinstance(text, str) for text in texts) and type(holder.pid) is int
    return holder if is_right and 0 < holder.pid < 2**31 else None


def _looks_old(modified: float) -> bool:
    """Whether a lease's time is further from now than a living holder's would be.

    A time in the future is as suspicious as one long past: the clock has been put back since.
    """
    return abs(time.time() - modified) > STALE_AFTER


def describe(place: Place, key: str = LEASE) -> str:
    """Say who holds a lease of a store, in words."""
    holder = _parsed(place.get(key, MOST_BYTES))
    if holder is None:
        return "its lease is being written"
    if holder.is_stopped():
        return (
            f"process {holder.pid} on {holder.host} has it and stands still (Ctrl-Z or SIGSTOP); "
            f"`kill -CONT {holder.pid}` lets it go on"
        )
    return f"process {holder.pid} on {holder.host} is running it"


def is_held(store: Location) -> bool:
    """Whether a driver seems to be running on this store, or on a part of it, now.

    For display: judged by the lease's time alone, which takes no watching but believes the clock.
    """
    return bool(_held(place_of(store)))


def refuse_if_parts_are_held(store: Location) -> None:
    """Raise InputError if a driver seems to be running on a part of this store."""
    place = place_of(store)
    parts = [key for key in _held(place) if key != LEASE]
    if parts:
        raise InputError(f"{place} is in use: {describe(place, parts[0])}; wait until it ends")


def _held(place: Place) -> list[str]:
    """Return the keys of the leases whose holders seem to be alive."""
    names = [n for n in place.children(RUN_GROUP) if n.startswith("lease") and "." in n]
    keys = [f"{RUN_GROUP}/{name}" for name in names if name.endswith(".json")]
    held = []
    for key in keys:
        found = place.stat(key)
        holder = _parsed(place.get(key, MOST_BYTES))
        is_gone = holder is not None and holder.is_gone()
        if found is not None and not _looks_old(found.modified) and not is_gone:
            held.append(key)
    return held
