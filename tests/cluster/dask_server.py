"""A Dask scheduler and its workers: real processes on loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from servers import free_port, reachable, running, wait_until

from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Scheduler

CHECKOUT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT)}


@contextmanager
def scheduler(workers: int, prefix: tuple[str, ...] = ()) -> Iterator[str]:
    """Run a scheduler and workers; `prefix` is put before the command of the last of them."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--no-dashboard", "--no-show"]
        stack.enter_context(running(command, environment=ENVIRONMENT))
        wait_until(lambda: reachable("127.0.0.1", port), address)
        for number in range(workers):
            stack.enter_context(worker(address, prefix if number == workers - 1 else ()))
        yield address


def worker(
    address: str, prefix: tuple[str, ...] = (), options: tuple[str, ...] = ()
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a worker with one thread; `prefix` is put before its command, `options` after it."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
    command += ["--no-dashboard", "--host", "127.0.0.1", "--death-timeout", "30", *options]
    return running([*prefix, *command], environment=ENVIRONMENT)


def all_there(address: str, workers: int) -> None:
    with connect(Scheduler(kind="scheduler", address=address)) as client:
        client.wait_for_workers(workers, timeout=60)


def with_path(folder: Path) -> tuple[str, ...]:
    """Return a prefix by which a command finds what is in a folder first."""
    # Python looks into the current folder before all others.
    return ("env", "--chdir=/", f"PYTHONPATH={folder}:{CHECKOUT}")
