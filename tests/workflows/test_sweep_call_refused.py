"""What a sweep in one call refuses, and what it says then."""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt

Script = Callable[[str], dict[str, Any]]  # of its own: the text of this file is swept

OPTIONS: dict[str, Any] = {"cluster": "threads", "progress": False, "lengths": (8,)}


def ribbon(width: int, energy: float) -> qt.Wire:
    """Return a wire."""
    return qt.Wire(qt.Square(width), disorder=qt.Box(1.0 + 0 * energy))


def angled(width: int, angle: float) -> qt.Wire:
    """Return a wire."""
    return ribbon(width, angle)


def moody(width: int) -> qt.Wire:
    """Return another wire each time."""
    return qt.Wire(qt.Square(width), disorder=qt.Box(np.random.default_rng().random()))


def by_place(width: int, /) -> qt.Wire:
    """Return a wire."""
    return ribbon(width, 0.0)


def enclosing() -> Callable[[int], qt.Wire]:
    """Return a function that uses a function inside this one."""

    def helper(width: int) -> int:
        return width

    def inner(width: int) -> qt.Wire:
        return ribbon(helper(width), 0.0)

    return inner


def without_source() -> Any:
    """Return a function that no file holds."""
    namespace: dict[str, Any] = {"qt": qt}
    exec("def made(width):\n    return qt.Wire(qt.Square(width))\n", namespace)
    return namespace["made"]


BAD: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "a parameter without values": (
        lambda: angled,
        {"width": (2, 3), "energy": 0.1},
        "angled takes angle, and no axis and no constant has that name: give angle=",
    ),
    "an axis that it does not take": (
        lambda: ribbon,
        {"width": (2, 3), "energy": 0.1, "gate": (0.1, 0.2)},
        r"ribbon does not take the axis gate \(it takes width, energy\)",
    ),
    "a constant that was meant as an option": (
        lambda: ribbon,
        {"width": (2, 3), "energy": 0.1, "realisations": 4},
        "does not take the constant realisations, did you mean realizations",
    ),
    "no axis": (
        lambda: ribbon,
        {"width": 2, "energy": 0.1},
        "needs an axis.*only constants: width",
    ),
    "an axis and a parameter of cases": (
        lambda: ribbon,
        {"sample": qt.Cases([{"width": 2}, {"width": 3}]), "width": 2, "energy": 0.1},
        "width: used twice",
    ),
    "no value": (lambda: ribbon, {"width": (), "energy": 0.1}, "width takes.*got no value"),
    "no energy": (lambda: moody, {"width": (2, 3)}, r"solved at an energy \(t\): give energy"),
    "no realizations": (
        lambda: ribbon,
        {"width": (2, 3), "energy": 0.1, "realizations": None},
        "realizations is missing",
    ),
    "half a realization": (
        lambda: ribbon,
        {"width": (2, 3), "energy": 0.1, "realizations": 2.5},
        "whole number >= 1, got 2.5",
    ),
    "a compiled function": (
        lambda: math.sqrt,
        {"width": (2, 3), "energy": 0.1},
        "written in Python.*got <built-in function sqrt>",
    ),
    "a partial": (
        lambda: functools.partial(ribbon, energy=1.0),
        {"width": (2, 3), "energy": 0.1},
        r"written in Python.*\(partial\).*give constants as keywords",
    ),
    "a name": (
        lambda: "localization",
        {"width": (2,), "energy": 0.1},
        "written in Python.*'localiz",
    ),
    "no function": (lambda: None, {"width": (2,), "energy": 0.1}, "either wire.*got neither"),
    "a parameter by its place": (
        lambda: by_place,
        {"width": (2, 3), "energy": 0.1},
        "takes width by its place alone",
    ),
    "a function of the function around it": (
        enclosing,
        {"width": (2, 3), "energy": 0.1},
        r"uses helper \(function\), a local variable of the function around it",
    ),
    "no source": (without_source, {"width": (2, 3), "energy": 0.1}, "source of made cannot be had"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_anything_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    function, given, message = BAD[name]
    with pytest.raises(qt.InputError, match=f"(?s){message}"):
        qt.sweep(function(), **{"realizations": 3, **OPTIONS, **given})
    assert [*tmp_path.iterdir()] == []


def test_two_lambdas_on_one_line_are_told_apart_by_their_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qtcore.workflow import taken

    pair = (lambda width: width + 1, lambda width: width + 2)
    assert taken.taken(pair[1]).inner[0].value.body.right.value == 2  # type: ignore[attr-defined]

    class WithoutColumns:
        """A code as of `python -X no_debug_ranges`."""

        def __init__(self, code: Any) -> None:
            self._code = code

        def __getattr__(self, name: str) -> Any:
            return getattr(self._code, name)

        def co_positions(self) -> Any:
            return ((*place[:2], None, None) for place in self._code.co_positions())

    plain = taken._holds
    monkeypatch.setattr(taken, "_holds", lambda node, code: plain(node, WithoutColumns(code)))
    with pytest.raises(qt.InputError, match="stands on one line with another one"):
        taken.taken(pair[1])


def test_a_wire_that_is_another_one_each_time_is_refused(script: Script) -> None:
    text = """
def moody(width):
    return qt.Wire(qt.Square(width), disorder=qt.Box(np.random.default_rng().random()))


qt.sweep(moody, width=(2, 3), energy=0.1, **OPTIONS)
"""
    with pytest.raises(qt.InputError, match="another wire when it is called again"):
        script(text)
    assert not Path("results").exists()


@pytest.mark.parametrize("values", [("zigzag", "armchair"), (True, False), (1.0, None), ["x"]])
def test_a_sequence_that_is_no_axis_is_refused_with_both_ways_on(
    script: Script, values: Any
) -> None:
    with pytest.raises(qt.InputError, match="kind is a sequence of what is no number") as seen:
        script(
            "def strip(kind, width): return ribbon(width, 0.1)\n"
            f"qt.sweep(strip, kind={values!r}, energy=0.3, width=(2, 3), **OPTIONS)\n"
        )
    assert f"sample=qt.Cases([{{'kind': {values[0]!r}}}" in str(seen.value)
    assert "kind=qt.Constant(" in str(seen.value)
