"""Export and tables of stores, in folders and on an S3 server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

import qtcore as qt
from qtcore.cli.app import app
from qtcore.store.locate import place_of

from ..pages import HOW_TO, blocks


def test_export_and_its_command(complete: str, truth: xr.Dataset, tmp_path: Path) -> None:
    to = tmp_path / "a.csv"
    words = ["export", complete, "--to", str(to), "--select", "width=2:", "--select", "length=6"]
    ran = CliRunner().invoke(app, [*words, "--of", "ln_g", "--stat", "mean"])
    assert ran.exit_code == 0, ran.output
    assert ran.stdout.strip() == str(to)
    frame = pd.read_csv(to, comment="#")
    expected = truth.ln_g.sel(width=[2, 4], length=6).mean("realization").values.ravel()
    assert np.allclose(frame.ln_g_mean, expected, rtol=1e-12)
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    assert "exists, and is not replaced" in again.stderr
    assert CliRunner().invoke(app, [*words, "--force"]).exit_code == 0
    samples = pd.read_csv(to, comment="#")
    assert np.array_equal(samples.ln_g, truth.ln_g.sel(width=[2, 4], length=6).values.ravel())


def test_show_and_its_call(complete: str, truth: xr.Dataset) -> None:
    words = ["show", complete, "--select", "width=4", "--select", "disorder=1:2", "--of", "ln_g"]
    ran = CliRunner().invoke(app, [*words, "--stat", "mean,sem,var", "--by", "energy,length"])
    assert ran.exit_code == 0, ran.output
    head, *lines = ran.stdout.splitlines()
    assert "width 4 sites" in head
    titles = next(line for line in lines if "ln_g_mean" in line)
    for name in ("energy [t]", "length [sites]", "ln_g_mean disorder=1", "ln_g_sem disorder=2"):
        assert name in titles
    assert ran.stdout.count("±") == 2 * 3 * 2 + 1, "only means have an error below 200"
    as_json = CliRunner().invoke(app, [*words, "--stat", "mean", "--json"])
    rows = json.loads(as_json.stdout)["rows"]
    frame = qt.table(complete, of="ln_g", stat="mean", select={"width": 4})
    assert len(rows) == len(frame) == 2 * 2 * 3
    assert frame.attrs["units"]["energy"] == "t"
    for row in rows:
        at = {name: row[name] for name in ("disorder", "energy", "length")}
        there = truth.ln_g.sel(width=4, flux=0.0, **at).values
        assert row["ln_g_mean"] == pytest.approx(there.mean(), rel=1e-12)
        assert row["ln_g_mean_error"] == pytest.approx(there.std(ddof=1) / 20**0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--select", "width=3"), "there is no width = 3; the nearest are 1, 2, 4"),
        (("--select", "widht=4"), "no axis, dimension or constant 'widht' (did you mean width?)"),
        (("--of", "ln_h"), "there is no result or axis 'ln_h'"),
        (("--stat", "meen"), "there is no statistic 'meen' (did you mean mean?)"),
        (("--by", "gate"), "there is no axis 'gate'; there is disorder"),
    ],
)
def test_bad_questions_are_told(
    complete: str, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    stat = () if "--stat" in words else ("--stat", "mean")
    for command in (("show", complete), ("export", complete, "--to", str(tmp_path / "a.csv"))):
        ran = CliRunner().invoke(app, [*command, *stat, *words])
        assert ran.exit_code == 2
        assert said in ran.stderr
    assert not (tmp_path / "a.csv").exists()


def test_a_damaged_store_leaves_no_file(complete: str, tmp_path: Path) -> None:
    place_of(complete).put("ln_g/c.0.0.0.0.1.0", b"nothing")
    ran = CliRunner().invoke(app, ["export", complete, "--to", str(tmp_path / "a.csv")])
    assert ran.exit_code == 3
    assert "is damaged: a chunk of ln_g cannot be read" in ran.stderr
    assert not [one for one in tmp_path.iterdir() if one.name.startswith((".a", "a"))]
    assert CliRunner().invoke(app, ["show", complete]).exit_code == 3


def test_the_page_on_tables_and_files_runs(
    make_complete: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    make_complete(tmp_path / "results" / "w1.zarr")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for _, source in blocks(HOW_TO / "query-show-export.md", "python"):
        exec(source, namespace)
    assert len(namespace["frame"]) == 2 * 2 * 3
    assert namespace["units"]["energy"] == "t"
    assert namespace["stores"] == []


def test_what_is_wrong_without_a_store_is_told_before_one_is_read(tmp_path: Path) -> None:
    with pytest.raises(qt.InputError, match="there is no folder"):
        qt.export(tmp_path / "nowhere", tmp_path / "none" / "a.csv")
    with pytest.raises(qt.InputError, match="no realizations to take statistics of"):
        qt.export(tmp_path / "nowhere", tmp_path / "a.csv", analysis=True, stat="mean")
