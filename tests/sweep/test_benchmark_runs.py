"""The engine's benchmark runs, so that it does not rot."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_engine.py"


@pytest.mark.slow
@pytest.mark.cluster
def test_engine_benchmark_prints_its_three_figures() -> None:
    words = ["--tasks", "20", "--seconds", "0.05", "--sleepers", "4", "--realizations", "1000"]
    printed = subprocess.run(
        [sys.executable, str(BENCHMARK), *words], capture_output=True, text=True, check=True
    ).stdout
    for figure in ("overhead of a no-op task", "overhead on tasks of 0.05 s", "two workers to one"):
        assert figure in printed
