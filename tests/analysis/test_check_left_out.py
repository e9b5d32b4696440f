"""What a comparison leaves out is told in words, with the reason, in the table and for programs."""

import json

import numpy as np
import pytest
import xarray as xr

from qtcore.analysis.check import Check, points_where, some_left_out
from qtcore.cli import show


def flags(rows: list[list[bool]]) -> xr.DataArray:
    coords = {"disorder": [0.5, 2.5], "width": [1, 4, 8]}
    return xr.DataArray(rows, dims=("disorder", "width"), coords=coords)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[False] * 3, [False] * 3], ""),
        ([[True] * 3, [True] * 3], "all points (strong)"),
        ([[False] * 3, [True] * 3], "disorder 2.5 (strong)"),
        ([[True, False, False], [True, False, True]], "disorder 0.5 and width 1, disorder 2.5 and "
         "width 1, disorder 2.5 and width 8 (strong)"),
        ([[True, False, True]] * 2, "width 1, width 8 (strong)"),
    ],
)  # fmt: skip
def test_points_are_named_by_the_axes_that_matter(rows: list[list[bool]], told: str) -> None:
    assert points_where(flags(rows), "strong") == told


def test_many_points_are_counted() -> None:
    compared, computed = xr.DataArray(np.arange(2000) < 5), xr.DataArray(np.arange(2000) < 1500)
    told = some_left_out(compared, computed, "var g", "too short")
    assert told == "var g at 1,495 of 1,500 points (too short)"
    assert some_left_out(computed, computed, "var g", "too short") == ""


def test_the_table_and_the_programs_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Check(name, 1.0, 0.1, 1.0, left_out="width 4 (strong)") for name in "ab"]
    show.checks([*rows, Check("c", 1.0, 0.1, 1.0)])
    assert capsys.readouterr().out.count("Compared with no theory: width 4 (strong).\n") == 1
    told = json.loads(json.dumps(show.checks_as_json(rows)))
    assert [row["left_out"] for row in told] == ["width 4 (strong)"] * 2
