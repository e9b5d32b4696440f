"""The gate: every worker that joins later proves its versions and the store, or leaves again.

The text of this module travels to the workers and is executed there, since a worker may lack qtcore
or run another Python. So it imports Dask only; qtcore comes in where its version is known to fit.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from threading import Thread
from time import monotonic
from typing import Any

from distributed import Status, Worker, WorkerPlugin
from distributed.versions import get_versions

SAME = ("python", "qtcore", "numpy", "scipy", "numba", "llvmlite", "zarr")
"""Versions that decide the bits of a result or the layout of a store."""

TURNED_AWAY = "qtcore-turned-away"
"""Topic of Dask's event log under which a late worker says why it left."""

BUILT = "exec(text, module) or module['Gate'](**fields)"


class Gate(WorkerPlugin):
    """Lets a worker that comes late work only if it has these versions and can use the store.

    Dask sets a plugin up before a new worker takes its first task.

    Parameters
    ----------
    driver : str
        Dask's identifier of the client for which the gate stands. It opens when that is gone: one
        that was killed takes no gate away, and nobody needs its store any more.
    versions : mapping of str to str
        Of this driver, see `versions_of`.
    admitted : frozenset of str
        Dask's identifiers of the workers that were there before and have proved all that.
    proof : tuple of (store, name, secret) or None
        What must be read in the store and written back; None without a store.
    patience : float
        Seconds that the store may take to answer.
    """

    def __init__(
        self,
        driver: str,
        versions: Mapping[str, str],
        admitted: frozenset[str],
        proof: tuple[str, str, str] | None,
        patience: float,
    ) -> None:
        self.driver = driver
        self.versions = versions
        self.admitted = admitted
        self.proof = proof
        self.patience = patience

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, dict[str, Any]]]:
        text = inspect.getsource(sys.modules[__name__])
        module = {"__name__": "qtcore_gate"}
        return eval, (BUILT, {"text": text, "module": module, "fields": self.__dict__})

    async def setup(self, worker: Worker) -> None:
        """Leave the cluster if there is a problem; tasks that are here already go to others."""
        if worker.id in self.admitted or not await self.is_needed(worker):
            return
        found: list[str] = []
        # A daemon: one that hangs in the store's file system would keep the process from ending.
        Thread(target=lambda: found.append(self.problem()), daemon=True).start()
        deadline = monotonic() + self.patience
        while not found and monotonic() < deadline:
            await asyncio.sleep(0.01)
        problem = found[0] if found else f"its store does not answer within {self.patience:g} s"
        if problem:
            if not {*await worker.scheduler.ncores_running()} - {worker.address}:
                problem += "; no other worker is left, the sweep waits for one"
            told = {"worker": worker.address, "name": str(worker.name), "problem": problem}
            worker.log_event(TURNED_AWAY, told)
            worker.status = Status.paused  # or it would begin what it was sent meanwhile
            # For good: started anew, it would come back the same.
            worker.loop.add_callback(worker.close_gracefully, restart=False, reason=problem)

    async def is_needed(self, worker: Worker) -> bool:
        """Whether the driver is still connected to the scheduler."""
        # Dask logs when a client comes, submits and leaves, and forgets those that left long ago.
        events = await worker.scheduler.events(topic=self.driver)
        return bool(events) and events[-1][1]["action"] != "remove-client"

    def problem(self) -> str:
        """Say why this process cannot work on the sweep; empty if it can."""
        wrong = other_versions(
            get_versions(packages=asked_for(self.versions))["packages"], self.versions
        )
        if wrong:
            return ", ".join(wrong)
        if self.proof is None:
            return ""
        try:
            from qtcore.cluster.store_access import proved

            return proved(*self.proof)
        except Exception as error:  # noqa: BLE001 - whatever it is, this worker cannot work
            return f"{type(error).__name__}: {error}"


def asked_for(names: Iterable[str]) -> list[str]:
    """Return what Dask is asked for: the version of Python it gives unasked, and asked for nothing."""
    return [name for name in names if name != "python"]


def versions_of(packages: Mapping[str, str | None], names: Iterable[str]) -> dict[str, str]:
    """Return the versions that must be the same, from what Dask says about a process."""
    versions = {name: packages.get(name) or "missing" for name in names}
    # Patch releases of Python change no number.
    versions["python"] = ".".join(versions["python"].split(".")[:2])
    return versions


def other_versions(packages: Mapping[str, str | None], ours: Mapping[str, str]) -> list[str]:
    """Return in words what differs in a process, from what Dask says about it."""
    theirs = versions_of(packages, ours)
    return [
        f"{name} {theirs[name]} instead of {version}"
        for name, version in ours.items()
        if theirs[name] != version
    ]
