"""The table of numbers of a definition that compares nothing."""

import numpy as np
import pytest
import xarray as xr

from qtcore.cli.numbers import numbers


def result(values, dims):
    about = {"symbol": "⟨x⟩", "units": "t"}
    coords = {"width": [2, 4], "length": [10, 20, 40]}
    errors = np.full(np.shape(values), 0.01)
    return xr.Dataset(
        {"x": (dims, values, about), "x_error": (dims, errors), "line": (dims, values)}, coords
    )


def test_points_with_their_longest_length(capsys: pytest.CaptureFixture[str]) -> None:
    numbers(result([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]], ("width", "length")))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "⟨x⟩" in line]
    assert lines == [
        ["⟨x⟩", "width", "2,", "length", "40", "3.000", "±", "0.010", "t"],
        ["⟨x⟩", "width", "4,", "length", "20", "5.000", "±", "0.010", "t"],
    ]


def test_single_numbers_and_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    numbers(result(1.5, ()))
    assert "1.500 ± 0.010 t" in capsys.readouterr().out
    numbers(result([np.nan, np.nan], ("width",)))
    assert not capsys.readouterr().out.strip()


def test_many_are_told_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    many = xr.Dataset({"x": ("n", np.arange(30.0)), "x_error": ("n", np.ones(30))})
    numbers(many)
    shown = capsys.readouterr().out
    assert shown.count("±") == 24
    assert "6 more numbers are in the analysis file" in shown
