"""Values that are added to a stored sweep: windows on the grid of the store, counts of new points."""

import logging

import numpy as np
import pytest

import qtcore as qt
from qtcore.sweep.added import all_values, count_of, grown, preset_of
from qtcore.sweep.build import make_sweep


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(2), qt.Box(point.disorder))


def sweep_of(bounds: dict[float, tuple[float, float]], realizations: int = 16) -> qt.Sweep:
    preset = qt.Preset(disorder=tuple(bounds), energy=0.5, realizations=realizations)
    return make_sweep(
        "trial",
        preset,
        1,
        wire=wire,
        lengths=lambda points: qt.windows([bounds[p.disorder] for p in points], per_octave=2),
    )


STORED = sweep_of({1.0: (10, 100), 2.0: (30, 300)})


def added(low: float, high: float) -> qt.Sweep:
    asked = sweep_of({1.0: (10, 100), 2.0: (30, 300), 3.0: (low, high)})
    return grown(STORED, asked, more=False)


def test_new_points_get_the_nearest_lengths_of_the_store() -> None:
    sweep = added(13, 150)
    assert sweep.lengths == STORED.lengths
    assert sweep.spans is not None
    assert sweep.spans[:2] == STORED.spans
    lo, hi = sweep.spans[2]
    covered = sweep.lengths[lo:hi]
    assert covered[0] <= 13 < covered[1]
    assert covered[-2] < 150 <= covered[-1]


def test_a_grid_that_begins_elsewhere_changes_no_stored_window() -> None:
    """The grid of a definition begins with the shortest length of all points."""
    asked = sweep_of({1.0: (10, 100), 2.0: (30, 300), 3.0: (7, 150)})
    assert asked.lengths != STORED.lengths
    assert grown(STORED, asked, more=False).spans is not None
    assert added(9, 150).spans[:2] == STORED.spans  # type: ignore[index]
    assert added(9, 150).point(2).lengths[0] == STORED.lengths[0]


def test_points_that_need_longer_wires_are_refused() -> None:
    with pytest.raises(
        qt.InputError, match=r"disorder 3 .* up to 1,024 slices, .* end at 3\d\d\. Len"
    ):
        added(13, 900)
    assert added(13, 310).point(2).lengths[-1] == STORED.lengths[-1]  # within one step


def test_lengths_that_begin_late_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        added(9, 150)
        assert not caplog.records  # within one step
        added(2, 150)
    assert "1 new point, such as disorder 3, the definition asks for lengths from 2" in caplog.text


def test_stored_points_keep_their_realizations_unless_more_are_asked_for() -> None:
    stored = STORED.changed(realizations=(16, 40))
    asked = sweep_of({1.0: (10, 100), 2.0: (30, 300), 3.0: (13, 150)}, realizations=24)
    assert grown(stored, asked, more=False).counts.tolist() == [16, 40, 24]
    assert grown(stored, asked, more=True).counts.tolist() == [24, 24, 24]


def test_a_store_becomes_the_preset_that_it_was_made_of() -> None:
    found = preset_of(STORED, 16)
    assert found.axes["disorder"].values == (1.0, 2.0)
    assert found.constants == {"energy": 0.5}
    assert found.lengths == ()  # the definition chooses windows
    fixed = STORED.changed(spans=None)
    assert preset_of(fixed, 16).lengths == STORED.lengths


def eighth(point: qt.Point, count: int) -> int:
    return max(1, count // 8) if point.disorder > 1 else count


def test_the_count_of_new_points_is_what_the_definition_made_the_others_of() -> None:
    assert count_of(STORED, None, ()) == 16
    once = STORED.changed(realizations=(1, 40))  # nothing is random at the first point
    assert count_of(once, None, ()) == 40
    eight = STORED.changed(realizations=(160, 20))
    assert count_of(eight, eighth, (64,)) == 160
    four = STORED.changed(realizations=(1, 20))
    assert count_of(four, eighth, (160,)) == 160  # only the preset tells


def test_counts_that_do_not_tell_are_refused() -> None:
    uneven = STORED.changed(realizations=(64, 200))
    for chosen in (None, eighth):
        with pytest.raises(qt.InputError, match=r"from 64 to 200 realizations.*--realizations N"):
            count_of(uneven, chosen, (64,))


def test_values_that_are_there_are_not_added_again() -> None:
    axis = STORED.axes[0]
    assert all_values(axis, [np.float64(2.0), 3.0, 3, 1]) == (1.0, 2.0, 3.0)
    cases = qt.Cases([{"size": 1}, {"size": 2}]).named("sample")
    assert all_values(cases, [1, {"like": 0, "size": 5}]) == (0, 1, {"like": 0, "size": 5})
