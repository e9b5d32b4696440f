import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qtcore as qt
from qtcore.sweep.build import make_sweep
from qtcore.sweep.lengths import ladder, window, windows

THROUGH = st.floats(0.5, 100)


@given(
    shortest=st.floats(1, 1e3),
    factor=st.floats(1.5, 1e4),
    per_octave=st.integers(1, 8),
    through=THROUGH,
)
def test_lengths_increase_and_reach_both_ends(shortest, factor, per_octave, through):
    lengths = ladder(shortest, shortest * factor, per_octave, through)
    assert all(b > a for a, b in itertools.pairwise(lengths))
    assert shortest / 2 ** (1 / per_octave) - 0.51 <= lengths[0] <= shortest + 0.51
    assert shortest * factor - 0.51 <= lengths[-1] <= shortest * factor * 2 ** (1 / per_octave) + 1


ENDS = st.tuples(st.floats(1, 300), st.floats(1.0, 100)).map(
    lambda ends: (ends[0], ends[0] * ends[1])
)


@given(
    first=st.lists(ENDS, min_size=1, max_size=4),
    second=st.lists(ENDS, min_size=1, max_size=4),
    per_octave=st.integers(1, 5),
    through=THROUGH,
)
def test_two_runs_have_the_same_lengths_where_both_have_some(first, second, per_octave, through):
    one, other = (windows(bounds, per_octave, through)[0] for bounds in (first, second))
    low, high = max(one[0], other[0]), min(one[-1], other[-1])
    inside = [[n for n in of if low <= n <= high] for of in (one, other)]
    assert inside[0] == inside[1]


def test_a_ladder_begins_at_the_rung_that_it_goes_through():
    """The grid that began at the shortest length before is the ladder through it."""
    exact = 7.7317 * 2 ** (np.arange(13) / 3)
    assert ladder(7.7317, 7.7317 * 15.9, 3, 7.7317) == tuple(np.round(exact).astype(int).tolist())


def test_steps_are_even():
    lengths = np.array(ladder(100, 10_000, 3))
    assert lengths[1:] / lengths[:-1] == pytest.approx(2 ** (1 / 3), rel=0.01)


@given(shortest=st.floats(5, 400), factor=st.floats(1.1, 50))
def test_a_window_covers_what_was_asked_and_one_beyond(shortest, factor):
    lengths = ladder(4, 30_000, 3)
    lo, hi = window(lengths, shortest, shortest * factor)
    assert lengths[lo] <= shortest < lengths[lo + 1]
    assert lengths[hi - 2] < shortest * factor <= lengths[hi - 1]


def test_a_window_ends_where_the_lengths_do():
    assert window((10, 20, 40), 1, 1000) == (0, 3)


@pytest.mark.parametrize(("shortest", "longest", "steps"), [(0.5, 10, 3), (10, 9, 3), (1, 10, 0)])
def test_impossible_lengths_are_refused(shortest, longest, steps):
    with pytest.raises(qt.InputError, match="got shortest"):
        ladder(shortest, longest, steps)


def wire(point):
    """Return a chain with box disorder."""
    return qt.Wire(qt.Chain(), qt.Box(point.disorder))


def short_of_strong(points):
    """Choose lengths by a localization length that strong disorder makes shorter than a site."""
    return qt.windows([(1.0, 96 / point.disorder**2) for point in points], per_octave=2)


@pytest.mark.parametrize("strength", [1e3, 1e-9])
def test_a_point_without_lengths_is_named(strength):
    """It was said that lengths must grow, to somebody who had given a strength."""
    preset = qt.Preset(disorder=(1.0, strength), energy=0.5)
    said = rf"at disorder {strength:g} this definition chooses lengths from 1 to .* ask for other values"
    with pytest.raises(qt.InputError, match=said):
        make_sweep("own", preset, 1, wire=wire, lengths=short_of_strong)


def test_a_sweep_of_which_a_definition_leaves_out_all_points_is_told():
    """It was said that realizations take a number >= 1, to somebody who had given 400."""
    preset = qt.Preset(disorder=(1.0, 2.0), energy=0.5, lengths=(4,), realizations=400)
    with pytest.raises(
        qt.InputError, match="own leaves out every point of this sweep, such as dis"
    ):
        make_sweep("own", preset, 1, wire=wire, realizations=lambda point, count: 0)  # noqa: ARG005
