"""Servers in the foreground: started, waited for, and stopped by their own processes."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ANOTHER_ZARR = "Metadata-Version: 2.1\nName: zarr\nVersion: 2.0.0\n"
"""In `zarr-2.0.0.dist-info/METADATA` of a folder on its path, it is what a process finds first."""


@contextmanager
def running(
    command: list[str], output: int = subprocess.DEVNULL, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the foreground; at the end stop it and all that it started."""
    process = subprocess.Popen(
        command, stdout=output, stderr=output, env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        ended = process.poll() is not None  # by itself, with all that it started
        family = [] if ended else psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for member in family:
            if member.is_running():
                member.kill()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def reachable(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def serving(address: str) -> psutil.Process:
    """The process that listens at an address."""
    port = int(address.rpartition(":")[2])
    (pid,) = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }
    return psutil.Process(pid)


def write_new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
