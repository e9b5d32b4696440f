"""The engine's benchmarks run, so that they do not rot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


def report_of(script: str, folder: Path, *words: str) -> Any:
    target = folder / "report.json"
    command = [sys.executable, str(BENCHMARKS / script), *words, "--json", str(target)]
    subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(target.read_text())


def test_engine_benchmark_takes_its_figures(tmp_path: Path) -> None:
    words = ["--tasks", "20", "--rounds", "1", "--seconds", "0.05", "--sleepers", "4"]
    words += ["--realizations", "1000", "--uneven", "64", "--widest", "4"]
    names = [f["name"] for f in report_of("bench_engine.py", tmp_path, *words)["figures"]]
    assert names == [
        "overhead of a no-op task",
        "overhead on tasks of 0.05 s",
        "two workers to one",
        "idle time, widths 2 to 4",
        "writing, one worker",
    ]


def test_scale_benchmark_runs_every_task_and_draws(tmp_path: Path) -> None:
    figure = tmp_path / "scale.png"
    report = report_of("bench_scale.py", tmp_path, "--quick", "--figure", str(figure))
    assert figure.stat().st_size > 0
    assert [plan["tasks"] for plan in report["plan"]] == [100, 200, 2000]
    assert report["driver alone"]["tasks"] == 2000
    assert report["real run"]["tasks"] == 200
    assert report["status"]["blocks"] == 1000


def test_forecast_of_some_tasks_is_right_within_its_factor(tmp_path: Path) -> None:
    # In seconds of the processor; the benchmark exits with 1 beyond a factor 1.5.
    words = ["--workflows", "localization", "--sample", "6"]
    (case,) = report_of("bench_forecast.py", tmp_path, *words)["cases"]
    assert case["predicted"] > 0


def test_points_that_cost_nothing_are_timed_without_peers(tmp_path: Path) -> None:
    found = report_of("bench_peers.py", tmp_path, "--points", "30", "--rounds", "1")
    assert found["ms_per_point"]["qtcore (stored)"] > 0
