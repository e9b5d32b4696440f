"""Workers on this machine: processes, or threads of this one."""

import logging
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import LocalCluster

from qtcore.cluster import forked
from qtcore.cluster.children import ctrl_c_reaches_no_child
from qtcore.cluster.environment import ONE_THREAD, ClusterError
from qtcore.cluster.kinds import Local, Threads
from qtcore.cluster.spawned import without_main
from qtcore.room import TASKS_HERE

DASHBOARD_PORT = 8787


@contextmanager
def start(profile: Local | Threads) -> Iterator[LocalCluster]:
    """Start the workers; yield their cluster, closed on exit."""
    count = profile.cores
    address = dashboard_address() if profile.dashboard else "127.0.0.1:0"
    shape: dict[str, Any]
    how: dict[str, str] = {}
    if isinstance(profile, Threads):
        shape = {"n_workers": 1, "threads_per_worker": count, "processes": False}
    else:
        shape = {"n_workers": count, "threads_per_worker": 1, "processes": True}
        shape |= {"memory_limit": profile.memory_limit}
        told = {TASKS_HERE: str(count)}
        how = {"distributed.worker.multiprocessing-method": forked.method()}
        shape |= {"env": {**forked.changed_variables(), **ONE_THREAD, **told}}
    with without_main(), dask.config.set(how):
        try:
            with ctrl_c_reaches_no_child(), dashboard_where_it_can():
                cluster = LocalCluster(
                    dashboard_address=address,
                    scheduler_kwargs={"dashboard": profile.dashboard},
                    silence_logs=logging.CRITICAL,
                    **shape,
                )
        except (OSError, RuntimeError, TimeoutError, ValueError) as error:
            raise ClusterError(f"the local workers did not start: {error}") from error
        if not isinstance(profile, Threads):
            forked.state_imports()
        with cluster:
            yield cluster


def dashboard_address() -> str:
    """Return Dask's usual port if it is free, any other if not."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", DASHBOARD_PORT))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{DASHBOARD_PORT}"


@contextmanager
def dashboard_where_it_can() -> Iterator[None]:
    """Let Dask's dashboard take another port, without a warning, where its own is taken.

    Another program may take it between the look at it and the start.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Port \d+ is already in use", UserWarning)
        yield
