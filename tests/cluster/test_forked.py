"""Workers of this machine are copies of one process that has imported already."""

import os
import signal
import time

import psutil
import pytest

import qtcore as qt
from qtcore.cluster import forked


def _about() -> dict[str, object]:
    """Return what a worker is."""
    import os
    import sys

    import numpy as np

    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "had imported": "qtcore.sweep.task" in sys.modules,
        "drawn": float(np.random.random()),  # noqa: NPY002 - the generator that copies would share
        "told": os.environ.get("QT_TOLD"),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
        "blocked": signal.pthread_sigmask(signal.SIG_BLOCK, []),
    }


@pytest.mark.cluster
def test_workers_are_processes_forked_from_one_that_has_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forked.begin()
    monkeypatch.setenv("QT_TOLD", "later")
    assert forked.method() == "forkserver"
    with qt.client("local", workers=2) as client:
        client.wait_for_workers(2, timeout=60)
        found = client.run(_about)
        first, second = found.values()
        assert first["parent"] == second["parent"] != os.getpid()
        assert first["pid"] != second["pid"]
        assert first["had imported"]
        assert second["had imported"]
        assert first["drawn"] != second["drawn"], "each copy draws by itself"
        assert first["told"] == "later", "what was set since the process began"
        assert first["threads"] == "1"
        assert signal.SIGINT in first["blocked"]  # type: ignore[operator] # a set
        server = psutil.Process(first["parent"])  # type: ignore[arg-type] # a number
        assert server.ppid() == os.getpid()
        assert server.num_threads() == 1, "a process with threads must not be forked"

        os.kill(first["pid"], signal.SIGKILL)  # type: ignore[arg-type] # a number
        gone, deadline = set(found), time.monotonic() + 60
        while not (set(client.nthreads()) - gone) and time.monotonic() < deadline:
            time.sleep(0.05)
        client.wait_for_workers(2, timeout=60)
        again = client.run(_about).values()
        assert {one["parent"] for one in again} == {server.pid}, "a nanny forks the next one"
        assert first["pid"] not in {one["pid"] for one in again}
    assert forked.method() == "forkserver", "Dask has changed the environment of the driver"


def test_another_environment_of_imports_gets_workers_that_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forked.begin()
    assert forked.method() == "forkserver"
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/somewhere/else")
    assert forked.method() == "spawn"
    monkeypatch.undo()
    monkeypatch.delenv("PATH")
    assert forked.method() == "spawn", "a copy would still have what was removed"


@pytest.mark.slow
@pytest.mark.cluster
def test_the_process_that_workers_are_forked_from_is_killed() -> None:
    """Its workers count as dead, end at once, and others come from a new one."""
    with qt.client("local", workers=1) as client:
        (before,) = client.run(_about).values()
        os.kill(before["parent"], signal.SIGKILL)  # type: ignore[arg-type] # a number
        deadline = time.monotonic() + 60
        while psutil.pid_exists(before["pid"]) and time.monotonic() < deadline:  # type: ignore[arg-type] # a number
            time.sleep(0.05)
        assert not psutil.pid_exists(before["pid"])  # type: ignore[arg-type] # a number
        after = client.submit(_about, pure=False, retries=2).result(timeout=90)
        assert after["parent"] not in (before["parent"], os.getpid())
        assert after["had imported"]
