"""Workers on this machine: processes, or threads of this one."""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from distributed import LocalCluster

from qtcore.cluster.environment import ONE_THREAD, ClusterError
from qtcore.cluster.kinds import Local, Threads
from qtcore.cluster.spawned import without_main

DASHBOARD_PORT = 8787


@contextmanager
def start(profile: Local | Threads) -> Iterator[LocalCluster]:
    """Start the workers; yield their cluster, closed on exit."""
    count = profile.cores
    address = dashboard_address() if profile.dashboard else "127.0.0.1:0"
    shape: dict[str, Any]
    if isinstance(profile, Threads):
        shape = {"n_workers": 1, "threads_per_worker": count, "processes": False}
    else:
        shape = {"n_workers": count, "threads_per_worker": 1, "processes": True}
        shape |= {"memory_limit": profile.memory_limit, "env": ONE_THREAD}
    with without_main():
        try:
            with ctrl_c_reaches_no_child():
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
def ctrl_c_reaches_no_child() -> Iterator[None]:
    """Block SIGINT and SIGHUP in the threads and processes that are started meanwhile.

    A terminal sends Ctrl-C, or that it was closed, to every process in the foreground. Workers would
    die of it with a traceback each, while it is the driver that ends them in order. They inherit the
    blocked signals from the thread that starts them; one that arrives meanwhile is delivered
    afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        # Starting this helper process unblocks SIGINT in the thread that first needs it.
        _start_tracker()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Start the process that removes what this one leaves behind when it is ended at once.

    It does so with a warning for each kind of thing, which would follow the sentence that a stopped
    command ends with. It takes over how warnings are shown from this process.
    """
    before = sys.warnoptions[:]
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions[:] = before


def dashboard_address() -> str:
    """Return Dask's usual port if it is free, any other if not."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", DASHBOARD_PORT))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{DASHBOARD_PORT}"
