"""The benchmarks run and report what they promise; Kwant is left out, it has its own environment."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / "bench_solver.py"), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=250,
        check=False,
    )


def test_tiny_strips_are_timed_without_kwant(tmp_path: Path) -> None:
    target = tmp_path / "new" / "solver.json"
    done = bench(
        *("--without-kwant", "--sizes", "1x20,2x20", "--field-sizes", "2x20"),
        *("--rounds", "2", "--seconds", "0.001", "--json", str(target)),
    )
    assert done.returncode == 0, done.stderr
    assert "2×20" in done.stdout
    report = json.loads(target.read_text())
    assert [(case["width"], case["flux"]) for case in report["cases"]] == [
        (1, 0.0),
        (2, 0.0),
        (2, 0.005),
    ]
    # The dgemm of any processor since 2005 lies between these.
    assert 1e8 < report["dgemm_flops_per_second"] < 1e13
    for case in report["cases"]:
        for part in ("single", "curve"):
            timing = case[part]["qtcore"]
            assert timing["realizations"] % 8 == 0
            assert 0 < timing["seconds"] <= timing["median"] < 1
        assert len(case["single"]["qtcore"]["repetitions"]) == 2
        assert case["curve"]["lengths"] == list(range(1, 21))
        if case["flux"] == 0:
            rate = case["stencil_flops_per_second"]
            assert math.isfinite(rate)
            assert rate > 0
        assert case["work"]["slices"] == 20
        assert case["flops"]["stencil"] > 0
        assert case["flops"]["closings"] > 0
    assert 0 < report["summary"]["least_core_share"] < 1.5


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--without-kwant", "--sizes", "16"], "WIDTHxLENGTH"),
        (["--without-kwant", "--sizes", "0x100"], "WIDTHxLENGTH"),
        (["--without-kwant", "--sizes", "none", "--field-sizes", "none"], "nothing to solve"),
        ([], "--kwant"),
        (["--kwant", "no-such-folder"], "install_kwant.sh"),
        (["--without-kwant", "--core", "99999"], "--core must be one of"),
    ],
)
def test_bad_options_are_explained(words: list[str], says: str) -> None:
    done = bench(*words)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
