"""The table of numbers of a definition that compares nothing."""

import numpy as np
import pytest
import xarray as xr

from qtcore.cli.numbers import alternatives, numbers


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


def test_beside_checks_stand_the_numbers_that_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    found = result(1.5, ())
    found["a"], found["a_error"] = ("width", [1.25, 2.5]), ("width", [0.01, 0.01])
    found["a_theory"] = ("width", [1.25, 2.5])
    found["b"], found["b_error"] = ("width", [0.125, 0.25]), ("width", [0.01, 0.01])
    found["c"], found["c_error"] = ("n", np.arange(7.0)), ("n", np.ones(7))
    found["fitted"] = ("length", [1.0, 2.0, np.nan])
    found["lost"] = ("length", [np.nan, np.nan, np.nan])
    numbers(found, ["a[width=2]", "a[width=4]"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "⟨x⟩ 1.500 ± 0.010 t" in shown
    assert "b width 2 0.125 ± 0.010 b width 4 0.250 ± 0.010" in shown
    assert "has more numbers without a check: line (1), c (7), fitted (2)." in shown
    assert "1.250" not in shown  # has a check
    assert "lost" not in shown


def test_many_quantities_beside_checks_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    many = xr.Dataset()
    for name in "abcdefgh":
        many[name], many[f"{name}_error"] = ("n", np.arange(6.0)), ("n", np.ones(6))
    numbers(many, ["z"])
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("±") == 24
    assert "without a check: e (6), f (6), g (6), h (6)." in shown


def tried(axes=()):
    """Return ν with an interval and a table of two expansions that were tried, and one that was not."""
    shape = tuple(len(values) for _, values in axes)
    dims = tuple(name for name, _ in axes)
    found = xr.Dataset(coords={"order": ["1 0 2 0", "1 0 3 0", "1 1 2 0"], **dict(axes)})
    found["order"].attrs["long_name"] = "orders of the expansion"
    full = np.ones(shape)[..., None]
    found["nu"] = (dims, 1.55 * full[..., 0], {"symbol": "ν", "interval": "nu_ends"})
    found["nu_error"] = (dims, 0.08 * full[..., 0])
    found["nu_ends"] = ((*dims, "end"), full * [1.4, 1.75])
    found["p"] = ((*dims, "order"), full * [0.25, 0.004, np.nan], {"symbol": "p"})
    found["chosen"] = ((*dims, "order"), full * [1.0, 0.0, np.nan])
    return found


def test_numbers_have_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    numbers(tried())
    shown = " ".join(capsys.readouterr().out.split())
    assert "ν 1.55 ± 0.08 [1.4 to 1.75]" in shown
    assert "Brackets behind a result hold its 95 % interval" in shown
    numbers(tried(), ["z"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "without a check" not in shown  # what was tried has a table of its own, ends have none


def test_what_was_tried_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    alternatives(tried())
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == ["orders", "of", "the", "expansion", "p", "chosen"]
    assert lines[2:] == [["1", "0", "2", "0", "0.25", "1"], ["1", "0", "3", "0", "0.004", "0"]]
    alternatives(tried((("energy", [0.0, 0.5]),)))
    shown = " ".join(capsys.readouterr().out.split())
    assert "energy 0.5 1 0 2 0 0.25 1" in shown
    alternatives(result(1.5, ()))
    assert not capsys.readouterr().out


def test_of_many_that_were_tried_some_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    many = xr.Dataset({"p": ("name", np.arange(30.0))}, {"name": [f"n{n}" for n in range(30)]})
    alternatives(many)
    shown = capsys.readouterr().out
    assert "n23 " in shown
    assert "n24" not in shown
    assert "6 more rows are in the analysis file" in shown
