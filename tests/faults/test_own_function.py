"""A user's function that raises at one point, or takes more and more memory: all else completes."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.cluster import connect as connect_module
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.sweep.events import Event, TaskDone
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.outcome import Outcome
from qtcore.sweep.plan import Cutting
from qtcore.workflow import from_source

pytestmark = pytest.mark.cluster

DEFINITION = """
import time
import numpy as np
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure

KEPT = []

def solve(point, realizations):
    {trouble}
    noise = [np.random.default_rng([point.seed, r]).normal() for r in realizations]
    return {{"x": point.gate * np.array(noise)}}

workflow = qt.Workflow(
    "own", "A function of the user's own", "For tests.",
    {{"quick": qt.Preset(gate=(1.0, 2.0, 3.0), realizations=64)}},
    solve=solve, variables=(qt.Variable("x"),),
    analyse=lambda dataset: xr.Dataset(), draw=lambda dataset, result: Figure(),
    check=lambda result: [],
)
"""

RAISES = "if point.gate == 2.0: raise ZeroDivisionError(f'no field at gate {point.gate}')"
HOARDS = (
    "if point.gate == 2.0 and 20 in realizations: KEPT.append(np.ones(2 * {limit})); time.sleep(60)"
)
LEAKS = "KEPT.append(np.ones({share})); time.sleep(0.25)"
"""So many numbers, of 8 bytes each, are never given back."""

LIMIT = 700 * 2**20
"""Bytes that a worker may have; one that has loaded qtcore has about a third of it."""


def make_sweep(trouble: str) -> qt.Sweep:
    workflow = from_source(DEFINITION.format(trouble=trouble), "own.py")
    return workflow.sweep(workflow.preset(None), 7)


SMALL = Cutting(block=16, shortest_task=0.0)
"""Cuts these tiny sweeps into 4 blocks for each point, each a task of its own."""


def expected(gate: float) -> np.ndarray:
    noise = [np.random.default_rng([7, r]).normal() for r in range(64)]
    return gate * np.array(noise)


def run(
    trouble: str, store: Path, *, workers: int, listen: Callable[[Event], None] | None = None
) -> Outcome:
    profile = Local(kind="local", workers=workers, memory_limit=LIMIT, dashboard=False)
    listeners = (listen,) if listen else ()
    sweep = make_sweep(trouble)
    return fill_store(sweep, store, lambda: connect(profile), listeners=listeners, cutting=SMALL)


@pytest.mark.slow
def test_point_that_always_raises(tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    outcome = run(RAISES, store, workers=2)
    assert (outcome.blocks_done, outcome.blocks_left, outcome.stopped) == (8, 4, "")
    found = qt.open(store).load()
    for gate in (1.0, 3.0):
        assert np.array_equal(found.x.sel(gate=gate), expected(gate))
    assert np.isnan(found.x.sel(gate=2.0)).all()
    failures = qt.status(store).failures
    assert {(f["point"], block) for f in failures for block in range(f["first"], f["stop"])} == {
        (1, number) for number in range(4)
    }
    for failure in failures:
        assert failure["parameters"] == "gate 2"
        assert failure["error"] == "ZeroDivisionError: no field at gate 2.0"
        assert failure["attempts"] == 3
        assert ":" in failure["worker"]
    words = shlex.split(failures[0]["reproduce"])
    assert words[0] == "python"
    said = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.rstrip().endswith("ZeroDivisionError: no field at gate 2.0")


@pytest.mark.slow
def test_task_that_takes_more_memory_than_a_worker_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One block of 12 kills whoever tries it; memory is the reason that is recorded."""
    monkeypatch.setitem(connect_module.SETTINGS, "distributed.scheduler.allowed-failures", 0)
    store = tmp_path / "a.zarr"
    outcome = run(HOARDS.format(limit=LIMIT // 8), store, workers=2)
    assert (outcome.blocks_done, outcome.blocks_left, outcome.stopped) == (11, 1, "")
    (failure,) = qt.status(store).failures
    assert (failure["point"], failure["first"], failure["stop"]) == (1, 1, 2)
    assert failure["error"].startswith("MemoryError: its workers exceeded their memory limit")
    found = qt.open(store).load()
    for gate in (1.0, 2.0, 3.0):
        here = found.x.sel(gate=gate).to_numpy()
        known = np.ones(64, dtype=bool) if gate != 2.0 else np.arange(64) // 16 != 1
        assert np.array_equal(here[known], expected(gate)[known])
        assert np.isnan(here[~known]).all()


@pytest.mark.slow
def test_tasks_that_leak_a_little_each(tmp_path: Path) -> None:
    """The worker is ended at its limit and started anew, until all is done."""
    events: list[Event] = []
    store = tmp_path / "a.zarr"
    outcome = run(LEAKS.format(share=LIMIT // 8 // 6), store, workers=1, listen=events.append)
    assert (outcome.blocks_left, outcome.failures, outcome.stopped) == (0, [], "")
    done = [event for event in events if isinstance(event, TaskDone)]
    assert len({event.worker for event in done}) > 1, "no worker reached its limit"
    found = qt.open(store).load()
    for gate in (1.0, 2.0, 3.0):
        assert np.array_equal(found.x.sel(gate=gate), expected(gate))
