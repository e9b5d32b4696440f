"""Collapse: curves that are equal or differ by known offsets, and those that cannot be compared."""

import numpy as np
import pytest

from qtcore.estimate import (
    Estimate,
    Missing,
    at_scaled_lengths,
    exact,
    mean,
    squared_spread,
    stack,
)

X = np.linspace(0.5, 17, 34)
PLACES = np.arange(4.0, 21, 2)
NOISE = np.random.default_rng(1)


def brought(x, y) -> Estimate:
    """The curve of a point whose xi is 1, with noise that counts as none."""
    noise = 1e-9 * NOISE.standard_normal((50, len(x)))
    return at_scaled_lengths(x, Estimate(y, noise, 50), exact(1.0), PLACES)


def compare(curves) -> float:
    return float(squared_spread(stack([brought(x, y) for x, y in curves])))


def test_curves_go_as_far_as_their_wires():
    found = brought(X, -2 * X)
    assert found.values[:7] == pytest.approx(-2 * PLACES[:7])
    assert np.isnan(found.values[7:]).all()


def test_a_longer_xi_moves_the_whole_curve():
    # x = L / xi: ln g at fixed x moves by x d<ln g>/dx times the relative change of xi.
    steps = 0.01 * np.array([1.0, -1.0, 0.5, -0.5])[:, None]
    xi = Estimate(1.0, steps[:, 0], 4)
    still = Estimate(-2 * X, np.zeros((4, len(X))), 4)
    found = at_scaled_lengths(X, still, xi, PLACES[:7])
    assert found.shares == pytest.approx(-2 * PLACES[:7] * steps)


def test_equal_lines_collapse_wherever_they_begin():
    assert compare([(X, -2 * X), (X[::3], -2 * X[::3])]) == pytest.approx(0, abs=1e-15)
    # One that begins beyond 4 xi was held at its first value, and gave a spread of 7 %.
    late = X[X > 5.5]
    with pytest.raises(Missing, match="begin beyond 4 ξ"):
        brought(late, -2 * late)


def test_a_curve_that_ends_soon_is_left_out():
    # It moved the comparison of all the others to its end.
    short = X[X < 7.9]
    with pytest.raises(Missing, match="end before 8 ξ"):
        brought(short, -2 * short)


def test_a_length_without_a_value_does_not_count():
    holes = np.where(np.isclose(X, 8), np.nan, -2 * X)
    assert compare([(X, -2 * X), (X, holes)]) == pytest.approx(0, abs=1e-15)


def test_offsets_of_two_curves_make_the_spread_that_theory_says():
    found = compare([(X, -2 * X), (X, -2 * X + 5 / 3)])
    places = PLACES[:7]
    truth = np.mean((5 / 3) ** 2 / 2 / (5 / 6 - 2 * places) ** 2)
    assert found == pytest.approx(truth, rel=1e-9)


def test_lengths_counted_in_a_wrong_unit_do_not_collapse():
    # xi wrong by 10 % in one of two curves: 0.1 / 1.05 / sqrt(2) at every length.
    found = compare([(X, -2 * X), (X, -2.2 * X)])
    assert found == pytest.approx((0.1 / 1.05) ** 2 / 2, rel=1e-9)


def test_a_single_curve_is_refused():
    with pytest.raises(Missing, match="at least two curves, got 1"):
        compare([(X, -2 * X)])


def test_curves_may_lie_over_axes_and_be_missing():
    lines = [brought(X, -2 * X), brought(X, -2 * X + 1), brought(X, -2 * X + 2)]
    nothing = exact(np.full(len(PLACES), np.nan))
    grid = stack([stack([lines[0], nothing]), stack([lines[1], lines[2]])])
    assert float(squared_spread(grid)) == float(squared_spread(stack(lines)))


def test_curves_without_a_common_length_are_told():
    one = np.where(PLACES < 10, -2 * PLACES, np.nan)
    other = np.where(PLACES > 10, -2 * PLACES, np.nan)
    with pytest.raises(Missing, match="no length in common"):
        squared_spread(mean(np.random.default_rng(1).normal([one, other], 1.0, (20, 2, 9))))
