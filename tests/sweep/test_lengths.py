import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qtcore as qt
from qtcore.sweep.lengths import geometric_lengths, window


@given(shortest=st.floats(1, 1e3), factor=st.floats(1.5, 1e4), per_octave=st.integers(1, 8))
def test_lengths_increase_and_reach_both_ends(shortest, factor, per_octave):
    lengths = geometric_lengths(shortest, shortest * factor, per_octave)
    assert all(b > a for a, b in itertools.pairwise(lengths))
    assert lengths[0] == pytest.approx(shortest, abs=0.5)
    assert lengths[-1] >= shortest * factor - 0.5


def test_steps_are_even():
    lengths = np.array(geometric_lengths(100, 10_000, 3))
    assert lengths[1:] / lengths[:-1] == pytest.approx(2 ** (1 / 3), rel=0.01)


@given(shortest=st.floats(5, 400), factor=st.floats(1.1, 50))
def test_a_window_covers_what_was_asked_and_one_beyond(shortest, factor):
    lengths = geometric_lengths(4, 30_000, 3)
    lo, hi = window(lengths, shortest, shortest * factor)
    assert lengths[lo] <= shortest < lengths[lo + 1]
    assert lengths[hi - 2] < shortest * factor <= lengths[hi - 1]


def test_a_window_ends_where_the_lengths_do():
    assert window((10, 20, 40), 1, 1000) == (0, 3)


@pytest.mark.parametrize(("shortest", "longest", "steps"), [(0.5, 10, 3), (10, 10, 3), (1, 10, 0)])
def test_impossible_lengths_are_refused(shortest, longest, steps):
    with pytest.raises(qt.InputError, match="got shortest"):
        geometric_lengths(shortest, longest, steps)


def test_a_window_that_ends_before_it_begins_names_its_point():
    with pytest.raises(
        qt.InputError, match=r"of point 1 .* has no length: it begins at 1 and ends"
    ):
        qt.windows([(1.0, 100.0), (1.0, 1e-15)], per_octave=3)
