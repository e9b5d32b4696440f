import numpy as np
import pytest

from qtcore.analysis.collapse import collapse_spread

X = np.linspace(0.1, 15, 60)


def test_one_curve_collapses_perfectly():
    curves = [(X, -2 * X), (X[::3], -2 * X[::3])]
    assert collapse_spread(curves) == pytest.approx(0, abs=1e-12)


def test_lengths_counted_in_a_wrong_unit_do_not_collapse():
    # xi wrong by 10 % in one of two curves: 0.1 / sqrt(2) at every length.
    assert collapse_spread([(X, -2 * X), (X, -2.2 * X)]) == pytest.approx(0.0673, abs=0.002)


def test_short_wires_are_left_out():
    bent = np.where(X < 3.5, 5.0, -2 * X)
    assert collapse_spread([(X, -2 * X), (X, bent)]) == pytest.approx(0, abs=0.02)


def test_a_single_curve_has_no_spread():
    assert np.isnan(collapse_spread([(X, -2 * X), (X[:5], -2 * X[:5])]))
