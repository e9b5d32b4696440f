"""Messages stay readable whatever came: a few values of a long axis, and how many there are."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError, brief, first_lines, listed
from qtcore.sweep.build import make_sweep

MANY = 3000


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(2), qt.Box(point.disorder))


def sweep(**keywords: Any) -> Any:
    preset = qt.Preset(
        disorder=tuple(range(1, MANY + 1)), energy=(0.5,), lengths=(4,), realizations=10
    )
    return make_sweep("trial", preset, 1, wire=wire, **keywords)


@pytest.mark.parametrize("bad", [-1, 0.5, None, "x", float("nan")])
def test_counts_of_a_callable_are_not_all_printed(bad: Any) -> None:
    with pytest.raises(InputError, match="realizations takes a whole number >= 1") as caught:
        sweep(realizations=lambda point, _: bad if bad != 0.5 else point.disorder + bad)
    assert f"({MANY} values)" in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: sweep().point_at({"disorder": 0.5}),
            "disorder takes one of 1.0, 2.0, .*, got 0.5",
        ),
        (
            lambda: qt.Preset(disorder=[list(range(MANY))]),
            "disorder takes numbers >= 0 .*got 0, 1,",
        ),
        (lambda: qt.Preset(disorder=1.0, lengths=["x"] * MANY), "lengths takes strictly .*got 'x'"),
        (lambda: qt.Preset(disorder=1.0, gate="x" * MANY), rf"gate takes .*\({MANY + 2} char"),
        (lambda: qt.Square(list(range(MANY))), r"width .* got 0, 1, .*\(3000 values\)"),
        (lambda: qt.Box(np.ones(MANY)), "disorder strength W must be a number .*array"),
        (lambda: qt.Vacancies(sites=[(1, 2, 3)] * MANY), r"pairs .*\(3000 values\)"),
    ],
)
def test_long_input_is_not_printed(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError, match=f"(?s){words}") as caught:
        call()
    assert len(str(caught.value)) < 1000


def test_what_is_short_is_told_as_it_is() -> None:
    assert brief([1, "a"]) == "[1, 'a']"
    assert brief(1.5) == "1.5"
    assert brief(np.array(2.0)) == repr(np.array(2.0))
    assert brief("x" * 300) == f"'{'x' * 199}… (302 characters)"
    assert listed([]) == "none"
    assert listed(("a", 2)) == "a, 2"
    assert listed(range(9)) == "0, 1, 2, 3, 4, 5, 6, 7, … (9 values)"
    assert first_lines(["a", "b"]) == "a\nb"
    assert first_lines([str(n) for n in range(10)]).endswith("7\nand 2 more")
