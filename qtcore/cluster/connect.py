"""From a profile to a connected Dask client."""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster

from qtcore.cluster.profile import Local, Profile, Scheduler, Threads
from qtcore.errors import InputError, QtcoreError

DASHBOARD_PORT = 8787

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Dask parallelises over tasks; a threaded BLAS in each worker would oversubscribe the cores."""

SETTINGS = {
    # A task whose workers die this often is given up, so that it takes no more of them along.
    "distributed.scheduler.allowed-failures": 3,
    "distributed.comm.timeouts.connect": "30s",
    # Results are a few numbers; nothing is worth stealing, moving or spilling.
    "distributed.scheduler.work-stealing": False,
    "distributed.admin.log-format": "%(name)s: %(message)s",
}


_MAIN_ORIGIN = ("__file__", "__spec__")
"""Where multiprocessing looks for the main module that a new process shall import."""


class ClusterError(QtcoreError):
    """The cluster did not come up."""


def with_workers(profile: Profile, workers: int | None) -> Profile:
    """Return the profile with another number of workers.

    Raises
    ------
    InputError
        If the number is below 1, or the profile has no say in it.
    """
    if workers is None:
        return profile
    if workers < 1:
        raise InputError(f"workers: allowed is a whole number >= 1, got {workers}")
    if isinstance(profile, Scheduler):
        raise InputError(
            "workers: a running scheduler has the workers that it has; leave --workers out"
        )
    return profile.model_copy(update={"workers": workers})


def worker_count(profile: Profile) -> int | None:
    """Return how many cores a profile will use, or None where only the scheduler knows."""
    if isinstance(profile, Scheduler):
        return None
    return CPU_COUNT if profile.workers == "auto" else profile.workers


def is_here(profile: Profile) -> bool:
    """Whether the workers run on this machine, with this machine's processor and disk cache."""
    return not isinstance(profile, Scheduler)


@contextmanager
def connect(profile: Profile) -> Iterator[Client]:
    """Start or find the cluster of a profile, and close on exit what was started.

    Yields
    ------
    distributed.Client
        Connected, with at least one worker.

    Raises
    ------
    ClusterError
        If the scheduler cannot be reached or no worker appears within `start_timeout`.
    """
    with dask.config.set(SETTINGS):
        if isinstance(profile, Scheduler):
            with _running(profile) as client:
                yield client
            return
        with (
            _main_hidden(),
            _started(profile) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep worker processes from importing the script that starts them.

    A spawned process imports its parent's main module first, so that a script without an
    `if __name__ == "__main__":` would start its run again in every worker. Workers import qtcore
    and are told names and numbers; they need nothing of that script, nor the time to import it.
    It stays hidden as long as the cluster lives, since a killed worker is started anew.
    """
    main = sys.modules["__main__"]
    hidden = {name: main.__dict__[name] for name in _MAIN_ORIGIN if name in main.__dict__}
    main.__dict__.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        main.__dict__.update(hidden)


@contextmanager
def _started(profile: Local | Threads) -> Iterator[LocalCluster]:
    count = worker_count(profile) or 1
    address = _dashboard_address() if profile.dashboard else "127.0.0.1:0"
    shape: dict[str, Any]
    if isinstance(profile, Threads):
        shape = {"n_workers": 1, "threads_per_worker": count, "processes": False}
    else:
        shape = {"n_workers": count, "threads_per_worker": 1, "processes": True}
        shape |= {"memory_limit": profile.memory_limit, "env": ONE_THREAD}
    try:
        with _ctrl_c_reaches_no_child():
            cluster = LocalCluster(
                dashboard_address=address,
                scheduler_kwargs={"dashboard": profile.dashboard},
                silence_logs=logging.CRITICAL,
                **shape,
            )
    except (OSError, RuntimeError, TimeoutError, ValueError) as error:
        raise ClusterError(f"the local workers did not start: {error}") from error
    with cluster:
        yield cluster


@contextmanager
def _ctrl_c_reaches_no_child() -> Iterator[None]:
    """Block SIGINT in the threads and processes that are started meanwhile.

    A terminal sends Ctrl-C to every process in the foreground. Workers would die of it with a
    traceback each, while it is the driver that ends them in order. They inherit the blocked signal
    from the thread that starts them; one that arrives meanwhile is delivered afterwards.
    """
    # Starting this helper process unblocks signals in the thread that first needs it.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _running(profile: Scheduler) -> Iterator[Client]:
    try:
        client = Client(profile.address, timeout=profile.start_timeout, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {profile.address} within "
            f"{profile.start_timeout:g} s: {error}"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=profile.start_timeout)
        except TimeoutError:
            raise ClusterError(
                f"the scheduler at {profile.address} has no workers after "
                f"{profile.start_timeout:g} s; start some: dask worker {profile.address}"
            ) from None
        yield client


def _dashboard_address() -> str:
    """Return Dask's usual port if it is free, any other if not."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", DASHBOARD_PORT))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{DASHBOARD_PORT}"
