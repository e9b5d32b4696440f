"""Before work starts: every worker runs the same versions and can use the store.

Workers that are there when a driver connects are asked, and one that cannot work ends the run with
an error. Workers that come later, in place of lost ones, ask themselves and leave again.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from distributed import Client, Worker

from qtcore.cluster.environment import ClusterError
from qtcore.cluster.late_workers import (
    SAME,
    TURNED_AWAY,
    Gate,
    asked_for,
    other_versions,
    versions_of,
)
from qtcore.cluster.store_access import answer, problem_with, secret_in
from qtcore.errors import QtcoreError, first_lines
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place

log = logging.getLogger("qtcore")

PATIENCE = 60.0
"""Seconds that a store may take to answer a late worker; a file server that hangs would else keep
the tasks that the scheduler has already sent there."""


@contextmanager
def admission(
    client: Client, store: Location | None, packages: Iterable[str] = ()
) -> Iterator[None]:
    """Check the workers that are there, and inside the context those that come later.

    Parameters
    ----------
    client : distributed.Client
        Connected. Other drivers may use the same scheduler at the same time, each with its gate.
    store : str, Path or Place, optional
        A store that exists; without one only versions are compared.
    packages : iterable of str
        Further distributions whose versions must be the same, or that must be missing everywhere.

    Raises
    ------
    ClusterError
        If a worker has another version of a package than this process, or cannot read or write the
        store.
    """
    ours = _same_versions(client, [*SAME, *packages])
    if store is None:
        with _gate(client, Gate(client.id, ours, frozenset(), None, PATIENCE)):
            yield
        return
    place = place_of(store)
    with secret_in(place) as proof:
        admitted = _prove_store(client, place, *proof)
        with _gate(client, Gate(client.id, ours, admitted, proof, PATIENCE)):
            yield


@contextmanager
def _gate(client: Client, gate: Gate) -> Iterator[None]:
    name = f"qtcore-admission-{client.id}"  # or another driver's gate would be replaced
    client.subscribe_topic(TURNED_AWAY, _report)
    # A worker that ends while the scheduler tells it breaks the connection for this answer; the
    # scheduler has noted the gate, and tells the others.
    with suppress(OSError):
        client.register_plugin(gate, name=name)
    try:
        yield
    finally:
        if client.status == "running":  # a scheduler that is gone has forgotten both
            client.unsubscribe_topic(TURNED_AWAY)
            with suppress(OSError):
                client.unregister_worker_plugin(name)


def _report(event: tuple[float, Mapping[str, str]]) -> None:
    log.warning("worker %(worker)s was sent away: %(problem)s", event[1])


def _same_versions(client: Client, names: list[str]) -> dict[str, str]:
    """Return the versions that this process and all workers have.

    Raises
    ------
    ClusterError
        If a worker has others.
    """
    # Dask answers this by itself: nothing of qtcore has to be there to be found missing.
    found: Any = client.get_versions(packages=asked_for(names))
    ours = versions_of(found["client"]["packages"], names)
    wrong = [
        f"{address}: {problem}"
        for address, answered in sorted(found["workers"].items())
        for problem in other_versions(answered["packages"], ours)
    ]
    if wrong:
        raise ClusterError(
            "workers run other versions than this process:\n  "
            + first_lines(wrong).replace("\n", "\n  ")
            + "\nInstall the same environment there, or name it with the profile's `python`"
        )
    return ours


def _prove_store(
    client: Client, place: Place, address: str, name: str, secret: str
) -> frozenset[str]:
    """Let every worker read a secret and write it back; return Dask's identifiers of them.

    Raises
    ------
    ClusterError
        If one of them cannot, with its reason.
    """
    answers: Mapping[str, Any] = client.run(_answered, address, name, on_error="return")
    wrong, admitted = [], []
    for worker, answered in sorted(answers.items()):
        if isinstance(answered, OSError | QtcoreError):
            wrong.append(f"{worker}: {type(answered).__name__}: {answered}")
        elif isinstance(answered, BaseException):
            raise ClusterError(
                f"workers cannot run this qtcore: {answered}; install the same revision of it "
                "there, or name its environment with the profile's `python`"
            ) from answered
        else:
            identifier, written = answered
            admitted.append(identifier)
            problem = problem_with(place, written, secret)
            if problem:
                wrong.append(f"{worker}: {problem}")
    if wrong:
        raise ClusterError(
            f"{len(wrong)} of {len(answers)} workers cannot use the store {place}:\n  "
            + first_lines(wrong).replace("\n", "\n  ")
            + "\nEvery worker needs the same store under the same path or URL: choose a --store "
            "on a file system that all of them share and may write to, or in an object store for "
            "which all of them have credentials"
        )
    return frozenset(admitted)


def _answered(address: str, name: str, dask_worker: Worker) -> tuple[str, str]:
    # The identifier of this very process: its address may be that of the next one.
    return dask_worker.id, answer(address, name)
