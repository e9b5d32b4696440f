"""Workers killed every few seconds, drivers now and then: nothing lost, nothing double.

A stress test outside CI: `pytest -m chaos --chaos-minutes 10 tests/faults/test_chaos.py -s`. How
much there is to compute follows from a probe of this machine's speed; when what dies, from a seed.
"""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.store.verify import verify
from qtcore.sweep.events import read_log

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.chaos]

SEED = 20_261
WORKERS_DIE_EVERY = (1.0, 5.0)
DRIVERS_DIE_EVERY = (20.0, 60.0)
"""Seconds, from and to."""

PROBE = 5000
"""Realizations of each point by which the machine's speed is found."""

DEFINITION = """
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure

def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))

workflow = qt.Workflow(
    "faults", "Faults", "For tests.",
    {{"quick": qt.Preset(
        disorder=(0.5, 1.0, 2.0), width=(2, 4, 16), energy=(0.5,), lengths=(100, 300, 1000),
        realizations={realizations})}},
    wire=wire, analyse=lambda dataset: xr.Dataset(),
    draw=lambda dataset, result: Figure(), check=lambda result: [],
)
"""


def in_peace(folder: Path, realizations: int) -> float:
    """Run the sweep undisturbed on two worker processes; return the seconds that it took."""
    definition = folder / "faults.py"
    definition.write_text(DEFINITION.format(realizations=realizations))
    start = time.monotonic()
    qt.run(definition, store=folder / "peace.zarr", workers=2, progress=False)
    return time.monotonic() - start


def workers_of(driver: int) -> list[psutil.Process]:
    """Worker processes that compute something: those of a driver, not its helpers."""
    try:
        family = psutil.Process(driver).children(recursive=True)
        return [one for one in family if one.memory_info().rss > 100 * 2**20]
    except psutil.NoSuchProcess:
        return []


def kill_now_and_then(
    driver: Any, chance: random.Random, pace: float, killed: Counter[str]
) -> None:
    """Kill workers of a driver every few seconds until it ends, or is killed itself."""
    end = time.monotonic() + pace * chance.uniform(*DRIVERS_DIE_EVERY)
    while driver.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            driver.wait(pace * chance.uniform(*WORKERS_DIE_EVERY))
        if driver.poll() is None and time.monotonic() > end:
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            killed["drivers"] += 1
            return
        alive = workers_of(driver.pid)
        if alive:
            with suppress(psutil.NoSuchProcess):
                chance.choice(alive).kill()
                killed["workers"] += 1


def test_chaos(
    tmp_path: Path,
    launch: Callable[..., Any],
    definition: Path,
    request: pytest.FixtureRequest,
) -> None:
    minutes = float(request.config.getoption("--chaos-minutes"))
    # As much work as two workers do in a third of the time: deaths and new starts take the rest.
    in_peace(tmp_path, PROBE)
    (tmp_path / "peace.zarr").rename(tmp_path / "probe.zarr")
    per_row = qt.status(tmp_path / "probe.zarr").core_seconds / PROBE / 2
    realizations = max(PROBE, int(60 * minutes / 3 / per_row))
    quiet = in_peace(tmp_path, realizations)
    definition.write_text(DEFINITION.format(realizations=realizations))
    store = tmp_path / "a.zarr"
    chance, killed = random.Random(SEED), Counter[str]()
    pace = float(request.config.getoption("--chaos-pace"))
    start = time.monotonic()
    sessions = 0
    while time.monotonic() - start < 60 * minutes + 600:
        sessions += 1
        with launch(store) as driver:
            kill_now_and_then(driver, chance, pace, killed)
            code = driver.returncode
            said = driver.communicate()[1] if code not in (0, -signal.SIGKILL) else ""
        assert code in (0, -signal.SIGKILL), said
        if code == 0:
            break
    loud = time.monotonic() - start
    status = qt.status(store)
    done = [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
    blocks = [
        (point, number)
        for line in done
        for point, first, stop in line["pieces"]
        for number in range(first, stop)
    ]
    again = sum(1 for line in done if line["attempt"] > 1)
    print(  # noqa: T201 - the figures are what a stress test is run for
        f"\n{9 * realizations} realizations in {status.blocks} blocks, {len(done)} tasks; in peace "
        f"{quiet:.0f} s, in chaos {loud:.0f} s; {killed['workers']} workers and "
        f"{killed['drivers']} drivers killed in {sessions} sessions; {again} tasks tried again"
    )
    assert status.complete
    assert status.failures == ()
    assert killed["workers"] > 0
    # Nothing double: a block is reported once, or was finished when its driver died before it
    # could hear of it; then no later driver computes it.
    assert len(blocks) == len(set(blocks))
    # Nothing lost, and the bits.
    assert verify(store).findings == []
    assert not list(store.rglob("*.partial"))
    expected, found = qt.open(tmp_path / "peace.zarr"), qt.open(store)
    assert set(found.variables) == set(expected.variables)
    for name, variable in expected.variables.items():
        assert np.array_equal(
            np.ascontiguousarray(found[name].to_numpy()).view(np.uint8),
            np.ascontiguousarray(variable.to_numpy()).view(np.uint8),
        ), name
