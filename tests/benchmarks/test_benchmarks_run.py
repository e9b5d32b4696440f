"""The benchmarks run and report what they promise; Kwant is left out, it has its own environment."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = pytest.mark.slow


def bench(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=250,
        check=False,
    )


def report_of(script: str, folder: Path, *words: str) -> Any:
    target = folder / "new" / "report.json"
    done = bench(script, "--quick", *words, "--json", str(target))
    assert done.returncode == 0, done.stderr
    report = json.loads(target.read_text())
    assert report["provenance"]["processor"]
    return report


def test_tiny_wires_of_every_family_are_timed_without_kwant(tmp_path: Path) -> None:
    report = report_of("bench_solver.py", tmp_path, "--without-kwant", "--curve")
    families = [case["family"] for case in report["cases"]]
    assert families == [
        *("strip", "strip", "field", "spin", "zeeman", "bar", "ribbon", "armchair"),
        *("haldane", "kane-mele", "qwz", "bhz", "vacancies", "armchair-vacancies"),
        *("armchair-haldane", "armchair-kane-mele", "ribbon-spin"),
    ]
    components = [case["components"] for case in report["cases"]]
    assert components == [1, 2, 2, 4, 4, 4, 4, 4, 4, 8, 4, 8, 8, 8, 8, 16, 8]
    # The dgemm of any processor since 2005 lies between these.
    assert 1e8 < report["dgemm_flops_per_second"] < 1e13
    for case in report["cases"]:
        for part in ("single", "curve"):
            timing = case[part]["qtcore"]
            assert timing["realizations"] % 8 == 0
            assert 0 < timing["seconds"] <= timing["median"] < 1
        assert len(case["single"]["qtcore"]["repetitions"]) == 2
        assert case["curve"]["lengths"] == list(range(1, 21))
        if case["family"] == "strip":
            rate = case["stencil_flops_per_second"]
            assert math.isfinite(rate)
            assert rate > 0
        if case["method"] == "transfer":
            assert case["work"]["slices"] == 20
            assert case["flops"]["stencil"] > 0
            assert case["flops"]["closings"] > 0
    assert 0 < report["summary"]["least_core_share"] < 1.5


def test_ensembles_of_kwant_systems_are_timed_without_kwant(tmp_path: Path) -> None:
    report = report_of("bench_kwant.py", tmp_path, "--realizations", "8")
    assert [case["leads"] for case in report["cases"]] == [2, 2, 6]
    for case in report["cases"]:
        assert 0 < case["qtcore_ms"] < 1e3
        assert case["suspect"] == 0


def test_answers_from_stores_are_timed(tmp_path: Path) -> None:
    report = report_of("bench_answers.py", tmp_path)
    assert len(report["cases"]) == 3
    for case in report["cases"]:
        for question in ("open", "mean", "selection", "median", "one point"):
            assert 0 <= case["answers"][question]["cpu_s"] < 60
            assert case["answers"][question]["peak_mib"] > 50


def test_lyapunov_is_timed_beside_a_plain_loop(tmp_path: Path) -> None:
    report = report_of("bench_lyapunov.py", tmp_path)
    for case in report["cases"]:
        own, plain = case["largest_exponents"]
        # Eight bars of some hundred slices against one: a few standard errors of 3 %.
        assert own == pytest.approx(plain, rel=0.3)
        assert case["ratio"] > 0
    assert [case["solutions"] for case in report["cases"]] == [2, 4, 2, 4]


def test_markers_are_those_of_their_definition(tmp_path: Path) -> None:
    report = report_of("bench_marker.py", tmp_path)
    assert report["largest_difference"] < 1e-6
    assert [case["size"] for case in report["cases"]] == [8, 12]
    for case in report["cases"]:
        # Edge states of small samples reach the middle a little.
        assert case["polynomials_differ"] < 0.2
        assert case["bulk_value"] == pytest.approx(1.0, abs=0.1 + 4 * case["bulk_error"])
        assert case["bott"] > 0


def test_bars_with_six_leads_are_timed_without_kwant(tmp_path: Path) -> None:
    report = report_of("bench_terminals.py", tmp_path, "--without-kwant")
    (case,) = report["cases"]
    assert 0 < case["qtcore"] < 1
    assert len(case["channels"]) == 6
    assert case["certificate"] < 1e-6


def test_kernel_polynomials_agree_with_plain_products(tmp_path: Path) -> None:
    report = report_of("bench_kpm.py", tmp_path)
    assert set(report["density"]) == {"qtcore, from the wire", "qtcore, from H", "SciPy"}
    assert all(seconds > 0 for seconds in report["density"].values())
    assert [case["complex"] for case in report["lattices"]] == [False] * 4 + [True] * 2
    for case in report["lattices"]:
        assert case["relative_difference"] < 1e-13
        assert 0 < case["ns_per_orbital_and_moment"] < 1000


def test_families_have_the_same_bits_in_one_call(tmp_path: Path) -> None:
    report = report_of("bench_family.py", tmp_path)
    assert len(report["families"]) == 4
    assert all(family["same_bits"] for family in report["families"].values())


def test_matrices_and_pairing_are_timed_beside_the_strip(tmp_path: Path) -> None:
    report = report_of("bench_matrices.py", tmp_path)
    ((size, records),) = report["sizes"].items()
    assert size == "2x20"
    assert [record["rows"] for record in records.values()] == [2, 4, 4, 4, 4, 4, 4, 8, 8]
    for record in records.values():
        assert 0 < record["time"] < 1
        assert 0 < record["without"] < 1


def test_electrons_and_holes_are_timed_by_both_solvers(tmp_path: Path) -> None:
    report = report_of("bench_andreev.py", tmp_path)
    assert "Kitaev chain" in report["wires"]
    for record in report["wires"].values():
        assert 0 < record["transfer"] < 1
        assert 0 < record["recursive"] < 1


@pytest.mark.slow
def test_time_and_memory_are_measured_with_their_slopes(tmp_path: Path) -> None:
    report = report_of("bench_scaling.py", tmp_path)
    assert set(report["series"]) == {"length of a strip", "width of a strip"}
    for series in report["series"].values():
        for case in series["cases"]:
            assert case["seconds"] > 0
            assert case["peak_mib"] > case["own_mib"] > 0
        # Twice the slices are twice the stencils, and one closing in both.
        assert 0.3 < series["slopes"]["operations"] < 3
    assert "seconds" in series["slopes"]


def test_blocks_of_spin_are_timed_and_add_up(tmp_path: Path) -> None:
    report = report_of("bench_resolved.py", tmp_path)
    assert list(report["wires"]) == ["Rashba:2x10", "Zeeman:2x10"]
    for wire in report["wires"].values():
        assert wire["difference"] < 1e-9
        assert 0 < wire["resolved"] < 1


@pytest.mark.slow
def test_compilation_is_timed_from_an_empty_cache(tmp_path: Path) -> None:
    target = tmp_path / "compile.json"
    # The exit code judges how long it took, which a busy machine must not decide here.
    bench("bench_compile.py", "--quick", "--json", str(target))
    (step,) = json.loads(target.read_text())["steps"]
    assert step["cold"] > 5 * step["warm"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--without-kwant", "--cases", "strip:16"], "FAMILY:WIDTHxLENGTH"),
        (["--without-kwant", "--cases", "strip:0x100"], "FAMILY:WIDTHxLENGTH"),
        (["--without-kwant", "--cases", "stripe:4x100"], "families are strip, field"),
        ([], "--kwant"),
        (["--kwant", "no-such-folder"], "install_kwant.sh"),
        (["--without-kwant", "--core", "99999"], "--core must be one of"),
    ],
)
def test_bad_options_are_explained(words: list[str], says: str) -> None:
    done = bench("bench_solver.py", *words)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_start_up_and_a_small_sweep_are_timed(tmp_path: Path) -> None:
    report = report_of("bench_startup.py", tmp_path)
    found = {one["command"]: one for one in report["commands"]}
    assert 0 < found["--version"]["processor"] < found["check a.zarr"]["processor"]
    sweep = report["sweep"]
    assert sweep["wall"] > sweep["overhead"] > 0
    assert sweep["driver"] > 0
    assert sweep["others"] > 0


def test_strips_with_structure_are_timed_beside_the_plain_one(tmp_path: Path) -> None:
    cases = report_of("bench_structure.py", tmp_path)["cases"]
    assert cases[0]["structure"] == "plain"
    assert {case["solver"] for case in cases} == {"transfer"}
    cut_out = [case for case in cases if "recursive_over" in case]
    assert {case["structure"] for case in cut_out} >= {"hole", "constriction", "billiard"}
    assert all(case["recursive_over"] > 0 and case["difference"] < 1e-8 for case in cut_out)
    assert all(case["seconds"] > 0 and case["over_plain"] > 0 for case in cases)
