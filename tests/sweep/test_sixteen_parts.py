"""Sixteen drivers, four at a time, each a process of its own, fill one store."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.store.verify import verify

DEFINITION = """
import xarray as xr
from matplotlib.figure import Figure

import qtcore as qt


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


def analyse(dataset):
    return xr.Dataset()


def draw(dataset, result):
    return Figure()


def check(result):
    return []


workflow = qt.Workflow(
    "parts", "Parts", "For tests.",
    {"quick": qt.Preset(disorder=(0.5, 1.0, 2.0), width=(1, 3, 6), flux=(0.0, 0.01), energy=0.3,
                        lengths=(10, 40, 160), realizations=200)},
    wire=wire, observables=("ln_g", "ln_T"), analyse=analyse, draw=draw, check=check,
)
"""

PARTS, AT_ONCE = 16, 4

LIMIT = 300.0
"""Seconds for one driver; each takes a few, most of them to start Python."""


def started(definition: Path, store: Path, number: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from qtcore.cli import main; main()", "run", str(definition)]
    command += ["--store", str(store), "--cluster", "threads", "--workers", "1"]
    command += ["--part", f"{number}/{PARTS}"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
def test_sixteen_parts_four_at_a_time_fill_one_store(
    tmp_path: Path, same_bits: Callable[[Path, Path], None]
) -> None:
    definition, store = tmp_path / "parts.py", tmp_path / "a.zarr"
    definition.write_text(DEFINITION, encoding="utf-8")
    # The first four race to make the store; an order in which neighbours do not run together.
    numbers = [(7 * n) % PARTS + 1 for n in range(PARTS)]
    for first in range(0, PARTS, AT_ONCE):
        running = [started(definition, store, n) for n in numbers[first : first + AT_ONCE]]
        try:
            said = [driver.communicate(timeout=LIMIT)[0] for driver in running]
        finally:
            for driver in running:
                driver.kill()
        assert [driver.returncode for driver in running] == [0] * AT_ONCE, "\n".join(said)
    status = qt.status(store)
    assert status.complete
    assert not status.failures
    logs = sorted(path.name for path in (store / "run").glob("events-*.jsonl"))
    assert len(logs) == PARTS, "every part had something to do"
    assert not verify(store).findings
    qt.run(definition, store=tmp_path / "b.zarr", cluster="threads", workers=2, progress=False)
    same_bits(store, tmp_path / "b.zarr")
