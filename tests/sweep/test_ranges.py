"""Ranges of values as people type them, on the command line and in Python."""

import pytest

import qtcore as qt
from qtcore.sweep.preset import parse_settings
from qtcore.sweep.ranges import values_of


@pytest.mark.parametrize(
    ("text", "whole", "found"),
    [
        ("4,8,16", True, (4, 8, 16)),
        ("0:1:11", False, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        ("1:-1:5", False, (1.0, 0.5, 0.0, -0.5, -1.0)),
        ("4:32:8", True, (4, 8, 12, 16, 20, 24, 28, 32)),
        ("4:32:x2", True, (4, 8, 16, 32)),
        ("4:31:x2,48", True, (4, 8, 16, 48)),
        ("1e-3:1:x10", False, (0.001, 0.01, 0.1, 1.0)),
        ("1:2:×1.4142135623730951", False, (1.0, 1.4142135623730951, 2.0)),
        (" 1 , 2:3:2 ", False, (1, 2.0, 3.0)),
    ],
)
def test_a_range_has_the_values_that_a_person_would_type(text, whole, found):
    values = values_of(text, "x", whole=whole)
    assert values == found
    if whole:
        assert all(type(value) is int for value in values)


@pytest.mark.parametrize(
    ("text", "whole", "says"),
    [
        ("1:4", False, "a range has three parts"),
        ("1:2:3:4", False, "a range has three parts"),
        ("0:2:0.5", False, "the third part counts the values, from 2 to 1,000,000"),
        ("0:2:1", False, "the third part counts"),
        ("0:2:9999999", False, "the third part counts"),
        ("2:2:3", False, "both ends are the same"),
        ("0:8:x2", False, "a geometric range grows"),
        ("8:4:x2", False, "a geometric range grows"),
        ("4:8:x1", False, "a geometric range grows"),
        ("1:10:x1.0000001", False, "at most 1,000,000 values"),
        ("4:30:9", True, "7.25 is no whole number"),
        ("4:nan:3", False, "the ends of a range are finite"),
        ("4:b:3", False, "'b' is no number"),
        ("4:8:x", False, "'' is no number"),
        ("four", False, "x takes numbers, got 'four'. x=4,8,16 lists values"),
        ("", False, "x takes numbers, got ''. x=4,8,16 lists values"),
        ("1,,2", False, "x=4,8,16 lists values"),
        ("1e-400,2", False, "1E-400 is too small to be told from 0"),
    ],
)
def test_what_is_no_range_is_refused_with_the_forms(text, whole, says):
    with pytest.raises(qt.InputError, match=says):
        values_of(text, "x", whole=whole)


def test_settings_take_ranges_on_the_command_line_and_in_python():
    preset = qt.Preset(width=(4,), energy=(0.0,), disorder=1.0)
    typed = parse_settings(["energy=-1:1:5", "width=2:8:x2"], preset)
    assert typed == {"energy": (-1.0, -0.5, 0.0, 0.5, 1.0), "width": (2, 4, 8)}
    same = preset.changed({"energy": "-1:1:5", "width": "2:8:x2"})
    assert same == preset.changed(typed)
    assert qt.Preset(gate=qt.Axis("0:1:3")).gate == (0.0, 0.5, 1.0)
    assert qt.Axis("2:8:x2", whole=True).values == (2, 4, 8)
    with pytest.raises(qt.InputError, match="an axis takes whole numbers, got '1:2:4'"):
        qt.Axis("1:2:4", whole=True)
