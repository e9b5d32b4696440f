"""Tables and files of what has a name: results, estimates, single statistics."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

import qtcore as qt
from qtcore.answers import answered
from qtcore.answers.asked import asked, names_in
from qtcore.answers.table import table_of
from qtcore.cli import answers
from qtcore.cli.app import app
from qtcore.errors import InputError

from .conftest import Run
from .made import dataset


def test_results_are_a_table_and_a_file_without_more_being_said(run: Run, tmp_path: Path) -> None:
    store = run("a.zarr")
    frame = qt.table(store, of="mean_phase")
    assert list(frame) == [
        "drift",
        "length",
        *(f"mean_phase{end}" for end in ("", "_error", "_theory", "_compared")),
    ]
    assert frame["mean_phase_theory"].tolist() == (frame["drift"] * frame["length"]).tolist()
    means = qt.table(store, of="phase", stat="mean")
    np.testing.assert_allclose(frame["mean_phase"], means["phase_mean"], rtol=1e-12)
    np.testing.assert_allclose(frame["mean_phase_error"], means["phase_mean_error"], rtol=1e-12)
    path = qt.export(store, tmp_path / "a.csv", of="mean_phase", select={"drift": 1})
    written = pd.read_csv(path, comment="#")
    np.testing.assert_array_equal(written["mean_phase"], frame["mean_phase"][frame["drift"] == 1])


def test_single_statistics_stand_beside_variables() -> None:
    samples = np.random.default_rng(4).normal(size=(3, 40, 2))
    ds = dataset(samples)
    found = table_of(ds, of="quantile(ln_g, 0.25),ln_g", stat="mean").frame
    np.testing.assert_allclose(found["ln_g_mean"], samples.mean(1).ravel())
    quarter = np.quantile(samples, 0.25, axis=1).ravel()
    np.testing.assert_allclose(found["quantile_0_25_ln_g"], quarter)
    assert names_in("a,quantile(b, 0.5) , c") == ["a", "quantile(b, 0.5)", "c"]


def test_a_name_that_is_no_number_of_a_point_is_refused_with_those_that_are() -> None:
    ds = dataset(np.zeros((3, 40, 2)))
    with pytest.raises(InputError, match=r"energy is an axis.*mean\(ln_g\)"):
        asked(ds, of="energy")
    with pytest.raises(InputError, match=r"no result or axis .localisation_length. .did you mean"):
        asked(ds, of="localisation_length")
    with pytest.raises(InputError, match=r"no statistic 'maen'"):
        asked(ds, of="maen(ln_g)")


def test_theory_that_is_not_compared_stands_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    result = xr.Dataset(
        {
            "x": ("width", [1.0, 2.0, np.nan]),
            "x_error": ("width", [0.1, 0.2, np.nan]),
            "x_theory": ("width", [1.05, 2.5, 3.0]),
            "x_left_out": ("width", [0.025, 0.5, np.nan]),
            "x_compared": ("width", [1, 0, 1]),
        },
        {"width": [1, 2, 4]},
    )
    found = table_of(dataset(np.zeros((3, 40, 2))), of="x", result=result)
    answers._print(found, "a.zarr")
    said = capsys.readouterr().out
    rows = [line.split("  ") for line in said.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert ["width", "x", "x_theory"] in cells
    assert ["1", "1.00 ± 0.10", "1.05 ± 0.025"] in cells
    assert ["2", "2.0 ± 0.2", "(2.5 ± 0.5)"] in cells
    assert ["4", "–", "3"] in cells
    assert "Theory in brackets is not compared with" in said


def test_a_table_without_a_row_says_why_an_estimate_is_missing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(answered.log, "warning", lambda text, *words: said.append(text % words))
    frame = qt.table(store, of="localization_length")
    assert frame.empty
    assert said == [text for text in said if "fewer than" in text] != []
    shown = CliRunner().invoke(app, ["show", str(store), "--of", "localization_length"])
    assert "There is no row: 4 × " in " ".join(shown.output.split())
