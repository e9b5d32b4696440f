"""From a profile to a connected Dask client."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client

from qtcore.cluster.admission import admission
from qtcore.cluster.environment import SETTINGS, ClusterError
from qtcore.cluster.given import client_of
from qtcore.cluster.kinds import Given, Profile, Scheduler
from qtcore.cluster.needs import BATCH, missing
from qtcore.cluster.profile import load_profile, with_workers
from qtcore.errors import InputError
from qtcore.store.locate import Location

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster

__all__ = [
    "SETTINGS",
    "ClusterError",
    "client",
    "connect",
]

_STARTERS = {
    "local": "qtcore.cluster.local",
    "threads": "qtcore.cluster.local",
    "ssh": "qtcore.cluster.ssh",
    **dict.fromkeys(BATCH, "qtcore.cluster.batch"),
    "mpi": "qtcore.cluster.mpi",
    "kubernetes": "qtcore.cluster.kubernetes",
    "gateway": "qtcore.cluster.gateway",
}
"""Modules whose `start` brings up a kind; each imports at its top what only it needs."""


@contextmanager
def connect(
    profile: Profile, store: Location | None = None, packages: Iterable[str] = ()
) -> Iterator[Client]:
    """Start or find the cluster of a profile, and close on exit what was started.

    Parameters
    ----------
    profile : Profile
        Where.
    store : str, Path or Place, optional
        A store that exists; every worker must prove that it reads and writes there. One that comes
        later and cannot is turned away.
    packages : iterable of str
        Distributions that workers must have in the versions of this process, besides those that
        qtcore itself needs.

    Yields
    ------
    distributed.Client
        Connected, with at least one worker, whose versions are those of this process.

    Raises
    ------
    ClusterError
        If the scheduler cannot be reached, no worker appears within `start_timeout`, a worker
        runs other versions, or one cannot use the store.
    """
    with dask.config.set(SETTINGS), _client(profile) as client:
        try:
            client.wait_for_workers(1, timeout=profile.start_timeout)
        except TimeoutError:
            raise ClusterError(
                f"{_name(profile)} has no workers after {profile.start_timeout:g} s "
                f"(start_timeout); look at {profile.look_at}"
            ) from None
        with nullcontext() if profile.is_here else admission(client, store, packages):
            yield client


@contextmanager
def client(cluster: "AnyCluster" = "local", *, workers: int | None = None) -> Iterator[Client]:
    """Start or find a cluster for work of one's own; what was started is closed at the end.

    Parameters
    ----------
    cluster : str, Path, distributed.Client or distributed.deploy.Cluster
        Profile by name or path, the address of a Dask scheduler, or what runs already.
    workers : int, optional
        Number of workers, instead of the profile's.

    Yields
    ------
    distributed.Client
        Connected, with at least one worker.

    Raises
    ------
    InputError
        If there is no such profile, or something in it is wrong.
    ClusterError
        If the cluster does not come up.
    """
    with connect(with_workers(load_profile(cluster), workers)) as connected:
        yield connected


@contextmanager
def _client(profile: Profile) -> Iterator[Client]:
    if isinstance(profile, Given):
        with client_of(profile) as client:
            yield client
        return
    if isinstance(profile, Scheduler):
        try:
            client = Client(profile.address, timeout=profile.start_timeout, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {profile.address} within "
                f"{profile.start_timeout:g} s: {error}"
            ) from error
        with client:
            yield client
        return
    absent = missing(profile)
    if absent:
        raise InputError(f"{_name(profile)} needs {'; '.join(absent)}")
    start = import_module(_STARTERS[profile.kind]).start
    started: AbstractContextManager[Any] = start(profile)
    with started as cluster, Client(cluster, set_as_default=False) as client:
        yield client


def _name(profile: Profile) -> str:
    if isinstance(profile, Scheduler):
        return f"the scheduler at {profile.address}"
    if isinstance(profile, Given):
        return f"the given {profile.words}"
    return f"the {profile.kind} cluster"
