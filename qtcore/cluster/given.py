"""Clusters that the caller has already: a Dask client, or a cluster such as `LocalCluster`.

What is given is neither configured nor closed: its workers are as the caller started them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, LocalCluster
from distributed.deploy.cluster import Cluster

from qtcore.cluster.kinds import Given, GivenHere
from qtcore.errors import InputError, brief

RUNNING = "running"


def profile_of(given: Any) -> Given:
    """Return the profile that stands for a client or a cluster.

    Raises
    ------
    InputError
        If it is neither, is closed, or works asynchronously.
    """
    if not isinstance(given, Client | Cluster) and not _is_of_a_gateway(given):
        raise InputError(
            "cluster takes the name or the path of a profile, the address of a Dask scheduler, a "
            "dask.distributed.Client, or a cluster such as LocalCluster or "
            f"dask_gateway.GatewayCluster; got {brief(given)}"
        )
    kind, status = type(given).__name__, given.status
    state = status if isinstance(status, str) else status.name
    if state != RUNNING:
        raise InputError(f"cluster takes a {kind} that is running; this one is {state}")
    if given.asynchronous:
        raise InputError(
            f"cluster takes a {kind} that works synchronously; this one was made with "
            "asynchronous=True, or inside a coroutine"
        )
    cluster = given.cluster if isinstance(given, Client) else given
    is_here = isinstance(cluster, LocalCluster)
    address = _address(given)
    found = (GivenHere if is_here else Given)(kind="given", words=f"{kind} at {address}")
    return found.of(given, _threads(given))


def _is_of_a_gateway(given: Any) -> bool:
    """Whether this is a `dask_gateway.GatewayCluster`, which is none of Dask's clusters."""
    module = sys.modules.get("dask_gateway")
    return module is not None and isinstance(given, module.GatewayCluster)


def _address(given: Client | Cluster) -> str:
    if not isinstance(given, Client):
        return str(given.scheduler_address)
    return "" if given.scheduler is None else str(given.scheduler.address)


def _threads(given: Client | Cluster) -> int:
    """Return how many worker threads it has now."""
    if isinstance(given, Client):
        return sum(given.nthreads().values())
    workers = given.scheduler_info.get("workers", {}).values()
    return sum(worker.get("nthreads", 1) for worker in workers)


@contextmanager
def client_of(profile: Given) -> Iterator[Client]:
    """Yield a client of what was given; only a client that was made here is closed at the end."""
    if isinstance(profile.given, Client):
        yield profile.given
        return
    with Client(profile.given, set_as_default=False) as client:
        yield client
