"""The profiles of this machine: processes, and threads that a debugger reaches."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sweeps import SMALL

import qtcore as qt

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
