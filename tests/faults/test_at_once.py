"""Two commands that meet on one store within milliseconds: one waits its turn, no bit changes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.store.compact import expand
from qtcore.store.header import read_header
from qtcore.store.verify import verify

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

DEFINITION = """
import time
import numpy as np
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure

def solve(point, realizations):
    time.sleep(0.002 * len(realizations))
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"h": np.array([point.gate + rng.random() for rng in rngs])}

workflow = qt.Workflow(
    "own", "Own", "For tests.", {"quick": qt.Preset(gate=(1.0, 2.0, 3.0), realizations=60)},
    solve=solve, variables=[qt.Variable("h")], analyse=lambda ds: xr.Dataset(),
    draw=lambda ds, result: Figure(), check=lambda result: [],
)
"""

STORE = "a.zarr"

HELPER = Path(__file__).with_name("both_at_once.py")


def run_to(realizations: int) -> list[str]:
    words = ["run", "own.py", "--store", STORE, "--cluster", "threads"]
    return [*words, "--realizations", str(realizations)]


def both(folder: Path, *commands: list[str]) -> list[tuple[int, str]]:
    """Run two commands at the same moment; return their exit codes and what they said."""
    words = [sys.executable, str(HELPER), *map(json.dumps, commands)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return [(code, said) for code, said in json.loads(done.stdout)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(DEFINITION)
    return tmp_path


def run_alone(folder: Path, realizations: int) -> None:
    options = {"realizations": realizations, "cluster": "threads", "progress": False}
    qt.run(folder / "own.py", store=folder / STORE, **options)


def assert_right(folder: Path, realizations: int) -> None:
    """Compare with the numbers that the address says, and look for what was left behind."""
    store = folder / STORE
    draws = [np.random.default_rng([1, r]).random() for r in range(realizations)]
    expected = np.array([1.0, 2.0, 3.0])[:, None] + np.array(draws)
    assert np.array_equal(qt.open(store).h.to_numpy(), expected)
    left = [*store.rglob("*.partial"), *store.rglob("lease*"), *folder.glob(f".{STORE}*")]
    assert left == []


@pytest.mark.parametrize(
    ("before", "first", "second", "held"),
    [
        (0, run_to(60), run_to(60), 60),
        (0, run_to(60), run_to(90), 90),
        (40, run_to(60), run_to(90), 90),
        (40, run_to(60), ["verify-store", STORE], 60),
        (40, run_to(60), ["figure", STORE, "--workflow", "own.py"], 60),
        (40, run_to(60), ["compact", STORE], 60),
        (40, ["compact", STORE], ["compact", STORE], 60),
    ],
    ids=["same", "longer", "extended", "verify-store", "figure", "compact", "compact-twice"],
)
def test_no_bit_changes(
    folder: Path, before: int, first: list[str], second: list[str], held: int
) -> None:
    if before:
        run_alone(folder, before)
    said = both(folder, first, second)
    codes = [code for code, _ in said]
    assert 0 in codes, said
    for code, words in said:
        assert code in (0, 2), said
        waits = "is in use" in words or "another process" in words or "is compacted" in words
        assert code == 0 or waits, said
    if read_header(folder / STORE).compacted:  # that came first
        expand(folder / STORE)
    run_alone(folder, held)
    assert_right(folder, held)
    assert verify(folder / STORE).findings == []


def test_a_copy_of_a_running_store_goes_on(folder: Path) -> None:
    run_alone(folder, 40)
    words = [sys.executable, str(HELPER), json.dumps(run_to(300)), json.dumps(["--version"])]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL) as running:
        copied = 0
        while running.poll() is None:
            # Files come and go meanwhile, as they do under rsync.
            subprocess.run(["cp", "-r", STORE, f"copy{copied}.zarr"], cwd=folder, check=False)
            copied += 1
    assert running.returncode == 0
    assert_right(folder, 300)
    kept = folder / STORE
    kept.rename(folder / "original.zarr")
    for number in sorted({0, copied // 2, copied - 1}):
        (folder / f"copy{number}.zarr").rename(kept)
        run_alone(folder, 310)
        assert_right(folder, 310)
        kept.rename(folder / f"done{number}.zarr")
