"""The profiles of this machine: processes, and threads that a debugger reaches."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sweeps import SMALL

import qtcore as qt

Same = Callable[[Path, dict[str, Any]], None]

DEBUGGED = """
import qtcore as qt
from qtcore.store.write import BlockWriter

write = BlockWriter.write

def stop_and_write(self, *arguments):
    breakpoint()
    return write(self, *arguments)

BlockWriter.write = stop_and_write
qt.run("localization", **{sweep!r}, store={store!r}, cluster="threads", progress=False)
"""


@pytest.mark.cluster
def test_a_sweep_on_local_processes(tmp_path: Path, assert_same: Same) -> None:
    store = tmp_path / "a.zarr"
    qt.run("localization", **SMALL, store=store, cluster="local", workers=2, progress=False)
    assert_same(store, SMALL)


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
