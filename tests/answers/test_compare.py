"""Two runs beside each other: bits, statistics, and what made them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import qtcore as qt
from qtcore.cli.app import app

Run = Callable[..., str]


def test_same_seed_gives_the_same_bits(run: Run) -> None:
    found = qt.compare(run("a.zarr", seed=7), run("b.zarr", seed=7))
    assert found.same_bits
    assert found.paired
    assert not found.differences
    assert [point.samples for point in found.points] == [240, 240, 240]
    assert "bit by bit" in found.verdict


def test_equal_bits_of_some_realizations_are_no_rounding(run: Run) -> None:
    found = qt.compare(run("a.zarr", seed=7), run("b.zarr", seed=7, realizations=40))
    assert not found.same_bits, "one run has realizations that the other has not"
    assert "bit by bit" in found.verdict


def test_another_seed_is_the_same_law(run: Run) -> None:
    found = qt.compare(run("a.zarr", seed=7), run("b.zarr", seed=8))
    assert found.same
    assert not found.same_bits
    assert not found.paired
    assert [d.field for d in found.differences] == ["seed"]
    assert found.compared == 3
    assert 2.5 < found.critical < 6


def test_another_law_at_one_point_is_found_there(run: Run) -> None:
    """A drift of 0.8 over 32 steps is 4.5 spreads of the sum, so that it cannot be missed."""
    changed = ("point.drift + draw", "point.drift + 0.8 * (point.drift == 1.0) + draw")
    for seed in (7, 8):  # realization by realization, and as samples
        found = qt.compare(run("a.zarr", seed=7), run(f"b{seed}.zarr", changed, seed=seed))
        assert not found.same
        (point,) = found.differing
        assert point.values == {"drift": 1.0}
        assert (point.variable, point.deviation.kind) == ("phase", "mean")
        assert point.deviation.second - point.deviation.first == pytest.approx(
            0.8 * point.place["length"], abs=5 * point.deviation.error + 1e-9
        )
        functions = [d for d in found.differences if d.part == "functions"]
        assert [d.field for d in functions] == ["solve"]


def test_another_spread_is_found(run: Run) -> None:
    """Twice the spread is four times the variance; its error with 60 realizations is 18 %."""
    wider = ("draw.normal(size", "2 * draw.normal(size")
    found = qt.compare(run("a.zarr", seed=7), run("b.zarr", wider, seed=8))
    assert len(found.differing) == 3
    assert found.differing[0].deviation.kind == "spread"


def test_lengths_and_points_are_compared_where_they_meet(run: Run) -> None:
    second = run("b.zarr", seed=8, settings={"lengths": (8, 20, 32), "drift": (0.5, 1.0, 2.0)})
    found = qt.compare(run("a.zarr", seed=7), second)
    assert found.same
    assert [point.values["drift"] for point in found.points] == [0.5, 1.0]
    assert set(found.left_out) == {
        "drift 0.0 (first run only)", "drift 2.0 (second run only)",
        "length 4, 16 (first run only)", "length 20 (second run only)",
    }  # fmt: skip
    assert {d.field for d in found.differences} == {"values of drift", "lengths", "seed"}


def test_results_beside_the_stores_are_compared(run: Run) -> None:
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    qt.figure(first)
    qt.figure(second)
    found = qt.compare(first, second)
    assert (found.results_compared, found.results) == (12, ())
    wrong = ("estimate.mean(at.phase)", "estimate.mean(at.phase) + 30.0")
    third = run("c.zarr", wrong, seed=7)
    qt.figure(third)
    found = qt.compare(first, third)
    assert found.same_bits
    assert not found.same
    assert len(found.results) == 12


def test_command_prints_and_ends_with_its_codes(run: Run) -> None:
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    third = run("c.zarr", ("point.drift + draw", "0.8 + draw"), seed=8)
    runner = CliRunner()
    done = runner.invoke(app, ["compare", first, second])
    assert done.exit_code == 0, done.output
    assert "3 common points compared, none differ" in done.output
    done = runner.invoke(app, ["compare", first, third, "--json"])
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["same"] is False
    fields = [d["field"] for d in found["differences"]]
    assert fields == ["solve", "seed", "definition", "text of the definition"]
    done = runner.invoke(app, ["compare", first, third])
    assert done.exit_code == 1
    assert "σ" in done.stdout


def test_what_cannot_be_compared_is_said(run: Run, tmp_path: Path) -> None:
    first = run("a.zarr", seed=7)
    with pytest.raises(qt.InputError, match="no store at"):
        qt.compare(first, tmp_path / "nothing.zarr")
    other = run("b.zarr", seed=8, settings={"drift": (3.0,)})
    with pytest.raises(qt.InputError, match="no value of drift in common"):
        qt.compare(first, other)
    for mark in Path(other).glob("block_realizations/c*"):
        mark.unlink()  # as a store in which nothing is finished
    with pytest.raises(qt.InputError, match="8 finished realizations"):
        qt.compare(other, other)
    with pytest.raises(qt.InputError, match="level is a probability"):
        qt.compare(first, other, level=0.0)


def test_rounding_is_no_difference(run: Run) -> None:
    """Another order of a sum changes last digits, which is told and is no difference."""
    rounded = ("np.cumsum(steps)", "np.cumsum(steps * (1 + 1e-12))")
    found = qt.compare(run("a.zarr", seed=7), run("b.zarr", rounded, seed=7))
    assert found.same
    assert not found.same_bits
    assert "rounding" in found.verdict


def test_damaged_copy_is_refused(run: Run, tmp_path: Path) -> None:
    first = run("a.zarr", seed=7)
    shutil.copytree(first, tmp_path / "b.zarr")
    (tmp_path / "b.zarr" / "phase" / "c.0.0.0").write_bytes(b"nothing")
    with pytest.raises(qt.QtcoreError, match="damaged"):
        qt.compare(first, tmp_path / "b.zarr")
    assert np.isfinite(qt.open(first).phase.to_numpy()).all()
