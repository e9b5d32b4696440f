"""Before work starts: every worker runs the same versions and can use the store.

Workers that are there when a driver connects are asked, and one that cannot work ends the run with
an error. Workers that come later, in place of lost ones, ask themselves and leave again.
"""

import asyncio
import logging
import platform
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from distributed import Client, Status, Worker, WorkerPlugin
from distributed.versions import get_versions

from qtcore.cluster.environment import ClusterError
from qtcore.errors import QtcoreError
from qtcore.store.layout import RUN_GROUP
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place

SAME = ("python", "qtcore", "numpy", "scipy", "numba", "llvmlite", "zarr")
"""Versions that decide the bits of a result or the layout of a store."""

log = logging.getLogger("qtcore")

LISTED = 5
"""So many workers are named in an error."""


TURNED_AWAY = "qtcore-turned-away"
"""Topic of Dask's event log under which a late worker says why it left."""


@contextmanager
def admission(client: Client, store: Location | None) -> Iterator[None]:
    """Check the workers that are there, and inside the context those that come later.

    Raises
    ------
    ClusterError
        If a worker has another version of a package than this process, or cannot read or write the
        store.
    """
    _same_versions(client)
    if store is None:
        yield
        return
    place = place_of(store)
    name, secret = f"proof-{uuid.uuid4().hex}", uuid.uuid4().hex
    key = f"{RUN_GROUP}/{name}"
    place.put(key, secret.encode())
    try:
        admitted = _prove_store(client, place, key, secret)
        with _gate(client, _Gate(place.address, key, secret, admitted)):
            yield
    finally:
        with suppress(OSError):  # a store that went away meanwhile ends the sweep by itself
            for written in place.children(RUN_GROUP):
                if written.startswith(name):
                    place.delete(f"{RUN_GROUP}/{written}")


@contextmanager
def _gate(client: Client, gate: "_Gate") -> Iterator[None]:
    client.subscribe_topic(TURNED_AWAY, _report)
    client.register_plugin(gate, name=_Gate.name)
    try:
        yield
    finally:
        if client.status == "running":  # a scheduler that is gone has forgotten both
            client.unsubscribe_topic(TURNED_AWAY)
            client.unregister_worker_plugin(_Gate.name)


def _report(event: tuple[float, Mapping[str, str]]) -> None:
    log.warning("worker %(worker)s was sent away: %(problem)s", event[1])


class _Gate(WorkerPlugin):
    """Lets a worker that comes late work only if it has these versions and can use the store.

    Dask sets a plugin up before a new worker takes its first task. The name is the same for every
    driver, so that what a killed one left on a scheduler is replaced by the next.
    """

    name = "qtcore-admission"

    def __init__(self, address: str, key: str, secret: str, admitted: frozenset[str]) -> None:
        self.address = address
        self.key = key
        self.secret = secret
        self.admitted = admitted
        self.versions = _versions(get_versions(packages=list(SAME))["packages"])

    async def setup(self, worker: Worker) -> None:
        """Leave the cluster if there is a problem; tasks that are here already go to others."""
        if worker.address in self.admitted:
            return
        problem = await asyncio.to_thread(self.problem)
        if problem:
            worker.log_event(TURNED_AWAY, {"worker": worker.address, "problem": problem})
            worker.status = Status.paused  # or it would begin what it was sent meanwhile
            worker.loop.add_callback(worker.close_gracefully, reason=problem)

    def problem(self) -> str:
        """Say why this process cannot work on the sweep; empty if it can."""
        theirs = _versions(get_versions(packages=list(SAME))["packages"])
        wrong = [
            f"{name} {theirs[name]} instead of {ours}"
            for name, ours in self.versions.items()
            if theirs[name] != ours
        ]
        if wrong:
            return ", ".join(wrong)
        try:
            written = answer(self.address, self.key)
            return _problem(place_of(self.address), self.secret, written)
        except (OSError, QtcoreError) as error:
            return f"{type(error).__name__}: {error}"


def _same_versions(client: Client) -> None:
    # Dask answers this by itself: nothing of qtcore has to be there to be found missing.
    found: Any = client.get_versions(packages=list(SAME))
    ours = _versions(found["client"]["packages"])
    wrong = []
    for address, answer in sorted(found["workers"].items()):
        theirs = _versions(answer["packages"])
        wrong += [
            f"{address}: {name} {theirs[name]} instead of {ours[name]}"
            for name in SAME
            if theirs[name] != ours[name]
        ]
    if wrong:
        raise ClusterError(
            "workers run other versions than this process:\n  "
            + "\n  ".join(_shortened(wrong))
            + "\nInstall the same environment there, or name it with the profile's `python`"
        )


def _versions(packages: Mapping[str, str | None]) -> dict[str, str]:
    versions = {name: packages.get(name) or "missing" for name in SAME}
    # Patch releases of Python change no number.
    versions["python"] = ".".join(versions["python"].split(".")[:2])
    return versions


def _prove_store(client: Client, place: Place, name: str, secret: str) -> frozenset[str]:
    """Let every worker read the secret under `name` and write it back; return their addresses.

    Raises
    ------
    ClusterError
        If one of them cannot, with its reason.
    """
    answers: Mapping[str, Any] = client.run(answer, place.address, name, on_error="return")
    wrong = []
    for address, answered in sorted(answers.items()):
        problem = _problem(place, secret, answered)
        if problem:
            wrong.append(f"{address}: {problem}")
    if wrong:
        raise ClusterError(
            f"{len(wrong)} of {len(answers)} workers cannot use the store {place}:\n  "
            + "\n  ".join(_shortened(wrong))
            + "\nEvery worker needs the same store under the same path or URL: choose a --store "
            "on a file system that all of them share and may write to, or in an object store for "
            "which all of them have credentials"
        )
    return frozenset(answers)


def answer(store: str, name: str) -> str:
    """Read the object `name` of a store and write what it says into a new one; return its key.

    Runs on a worker.
    """
    place = place_of(store)
    secret = place.get(name)
    if secret is None:
        raise FileNotFoundError(f"{platform.node()} does not see {name} in {store}")
    written = f"{name}-{uuid.uuid4().hex}"
    place.put(written, secret)
    return written


def _problem(place: Place, secret: str, answered: str | BaseException) -> str:
    if isinstance(answered, OSError | QtcoreError):
        return f"{type(answered).__name__}: {answered}"
    if isinstance(answered, BaseException):
        raise ClusterError(
            f"workers cannot run this qtcore: {answered}; install the same revision of it there, "
            "or name its environment with the profile's `python`"
        ) from answered
    written = place.get(answered)
    if written is None:
        return "what it wrote is not seen from here"
    return "" if written == secret.encode() else "it read something else"


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - LISTED
    return [*lines[:LISTED], f"and {more} more"] if more > 0 else lines
