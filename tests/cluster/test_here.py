"""The profiles of this machine: processes, and threads that a debugger reaches."""

import gc
import os
import resource
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from multiprocessing import spawn
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sweeps import SMALL

import qtcore as qt
from qtcore.cluster import local, spawned
from qtcore.cluster.spawned import NAME_OF_WORKERS, NAMES_OF_MAIN, without_main

Same = Callable[[Path, dict[str, Any]], None]

DEBUGGED = """
import qtcore as qt
from qtcore.store.write import BlockWriter

write = BlockWriter.write

def stop_and_write(self, *arguments, **options):
    breakpoint()
    return write(self, *arguments, **options)

BlockWriter.write = stop_and_write
qt.run("localization", **{sweep!r}, store={store!r}, cluster="threads", progress=False)
"""


@pytest.mark.cluster
@pytest.mark.slow
def test_a_sweep_on_local_processes(tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    qt.run("localization", **SMALL, store=store, cluster="local", workers=2, progress=False)
    assert_same(store, SMALL)


def _page_faults() -> float:
    """Count the pages that six arrays of 2 MiB cost, allocated and freed together over and over."""

    def repeat(times: int) -> None:
        for _ in range(times):
            _ = [np.ones(2**18) for _ in range(6)]

    repeat(3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    repeat(100)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 100


@pytest.mark.cluster
@pytest.mark.skipif("MALLOC_TRIM_THRESHOLD_" in os.environ, reason="it is set by the user")
@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
def test_workers_keep_the_memory_that_a_call_frees() -> None:
    with qt.client("local", workers=1) as client:
        # Given back and fetched again each time, the twelve MiB would be 3072 pages.
        assert client.submit(_page_faults).result() < 100


def test_the_dashboard_takes_another_port_where_the_usual_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        monkeypatch.setattr(local, "DASHBOARD_PORT", usual)
        with qt.client("threads", workers=1) as client:
            assert client.scheduler_info()["services"]["dashboard"] not in (0, usual)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nor_does_one_that_is_taken_in_between_end_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Tornado leaves the socket to the garbage collector that it could not bind.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        monkeypatch.setattr(local, "dashboard_address", lambda: f"127.0.0.1:{usual}")
        with qt.client("threads", workers=1) as client:
            assert client.scheduler_info()["services"]["dashboard"] not in (0, usual)
        gc.collect()


@pytest.mark.slow
def test_breakpoints_work_on_threads(tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    said = subprocess.run(
        [sys.executable, "-c", DEBUGGED.format(sweep=SMALL, store=str(store))],
        input="p 'stopped at', arguments[1]\nc\n" * 100,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=200,
        check=True,
    )
    assert said.stdout.count("('stopped at', ") >= 2, "one for each width"
    assert_same(store, SMALL)


PLAIN = """
import qtcore as qt

with open({imports!r}, "a") as told:
    told.write(__name__ + "\\n")
shown = globals().get("__file__")
ds = qt.run("localization", **{sweep!r}, store={store!r}, workers=2, progress=False)
assert globals().get("__file__") == shown
print(int(ds.finished.sum()))
"""


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.parametrize("way", ["a script", "a script with the guard", "a module", "a pipe"])
def test_a_script_is_run_once_whether_it_has_the_guard_or_not(
    tmp_path: Path, assert_same: Same, way: str
) -> None:
    """Every worker imported the script again, and started the run again, which ended in tracebacks."""
    store, imports = tmp_path / "a.zarr", tmp_path / "imports"
    text = PLAIN.format(sweep=SMALL, store=str(store), imports=str(imports))
    guarded = 'if __name__ == "__main__":\n' + textwrap.indent(text, "    ")
    script = tmp_path / "mine.py"
    script.write_text(guarded if "guard" in way else text, encoding="utf-8")
    words = {"a module": ["-m", "mine"], "a pipe": ["-"]}.get(way, [str(script)])
    said = subprocess.run(
        [sys.executable, *words],
        input=text if way == "a pipe" else "",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=100,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["4000"]
    assert "Traceback" not in said.stderr
    assert imports.read_text(encoding="utf-8").split() == ["__main__"]
    assert_same(store, SMALL)


def test_other_processes_import_the_script_as_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Tests before this one may have left a cluster; those that run side by side have no script.
    monkeypatch.setattr(spawned._instructions, "clusters", 0)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "s.py"), raising=False)

    def told(name: str) -> bool:
        return any(key in spawn.get_preparation_data(name) for key in NAMES_OF_MAIN)

    assert told(NAME_OF_WORKERS), "a cluster of the user's own, made by Dask"
    with without_main():
        assert told("Process-1")
        assert not told(NAME_OF_WORKERS)
        with without_main():
            assert not told(NAME_OF_WORKERS)
        assert not told(NAME_OF_WORKERS), "two clusters live at once, and one has ended"
    assert told(NAME_OF_WORKERS)


def test_the_profiler_that_can_lock_python_is_off() -> None:
    with qt.client("threads", workers=1) as client:
        running = client.run(lambda dask_worker: "profile" in dask_worker.periodic_callbacks)
    assert list(running.values()) == [False]
