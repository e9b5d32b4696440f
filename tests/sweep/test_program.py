"""Programs: what is cut out of a definition, and what of it counts."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.sweep.observables import OBSERVABLES, placed
from qtcore.sweep.program import ProgramError, cut_out, load_program, program_differences

TEXT = '''
"""A definition."""
from __future__ import annotations
import numpy as np
import scipy.linalg
from dataclasses import dataclass, field
A, B = 1, 2  # two
TABLE = {}
TABLE["x"] = A
TABLE.update(y=B)
UNUSED = 3
@dataclass(frozen=True)
class Shape:
    """Its annotations are fields."""
    x: float = B
if B > 1:
    FACTOR = 5
else:
    FACTOR = 6
def helper(p: Missing) -> Missing:
    """Text."""
    return Shape(p)
def wire(point):
    UNUSED = 1
    return helper(TABLE["x"] * FACTOR + UNUSED)
def draw(result):
    return np.zeros(UNUSED)
'''


def test_program_holds_what_the_function_uses_and_nothing_else() -> None:
    cut = cut_out(TEXT, ["wire"])
    for there in (
        "A, B = ",
        "TABLE['x'] = A",
        "TABLE.update",
        "class Shape",
        "FACTOR = 6",
        "helper",
    ):
        assert there in cut, there
    for absent in ("numpy", "scipy", "UNUSED = 3", "draw", "Text.", "two", "Missing", "field"):
        assert absent not in cut, absent
    assert load_program(cut)["wire"](None).x == 6


def test_what_is_defined_again_counts_once() -> None:
    again = "def wire(point):\n    return OLD\nOLD = 1\ndef wire(point):\n    return 2\n"
    assert cut_out(again, ["wire"]) == "def wire(point):\n    return 2"


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="solve is not defined"):
        cut_out(TEXT, ["solve"])


def test_program_that_raises_shows_its_own_line() -> None:
    with pytest.raises(ProgramError, match="ZeroDivisionError: division by zero") as caught:
        load_program("x = 1\ny = x / 0\n")
    assert "y = x / 0" in str(caught.value)


def test_differences_are_told_by_name() -> None:
    other = TEXT.replace("TABLE.update(y=B)", "TABLE.update(y=7)").replace(
        "FACTOR = 6", "OTHER = 6"
    )
    lines = program_differences(cut_out(TEXT, ["wire"]), cut_out(other, ["wire"]))
    assert "TABLE was changed" in lines
    assert "FACTOR was changed" in lines
    assert not any("helper" in line for line in lines)


def test_lengths_outside_the_window_and_closed_channels_stay_not_computed() -> None:
    found = np.arange(12.0).reshape(2, 3, 2)
    full = placed(OBSERVABLES["ln_T"], found, {"length": 5, "channel": 4}, (1, 4))
    assert full.shape == (2, 5, 4)
    np.testing.assert_array_equal(full[:, 1:4, :2], found)
    assert np.isfinite(full).sum() == found.size
    suspect = placed(OBSERVABLES["suspect"], np.ones((2, 1), dtype=bool), {"length": 3}, (2, 3))
    assert suspect.dtype == np.int8
    assert suspect.tolist() == [[-1, -1, 1]] * 2
