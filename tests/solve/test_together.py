"""Sums over parts: their error, and what is known of each transmission eigenvalue."""

import numpy as np
import pytest

from qtcore.solve.portions import Portion
from qtcore.solve.problem import Solved
from qtcore.solve.together import together

NONE = float("-inf")


class Channels:
    """Stands for modes, of which only their number counts."""

    def __init__(self, channels):
        self.channels = channels


def whole(*given, absorbing=False):
    """Add portions of one sample up: (copies, channels, T_n, reflection, error) each."""
    portions, solved = [], []
    for copies, channels, ln_T, reflection, error in given:
        portions.append(Portion(None, 0.0, Channels(channels), copies))
        ln_g = np.logaddexp.reduce(np.nan_to_num(ln_T, nan=NONE, neginf=NONE))
        values = (np.array([[value]]) for value in (ln_g, reflection, error, 0.0))
        solved.append(Solved(*values, np.array([[ln_T]], dtype=float)))
    found = together(portions, solved, absorbing=absorbing, eigenvalues=True)
    return (*(float(each[0, 0]) for each in found[:3]), found.ln_T[0, 0])


def test_conductances_and_reflections_add():
    ln_g, R, error, ln_T = whole((2, 2, [-1.0, -3.0], 1.5, 1e-9), (1, 1, [-2.0], 0.8, 1e-9))
    assert ln_g == pytest.approx(np.log(2 * np.exp(-1) + 2 * np.exp(-3) + np.exp(-2)), abs=1e-15)
    assert abs(R - 3.8) < 1e-14
    assert ln_T.tolist() == [-1.0, -1.0, -2.0, -3.0, -3.0]
    # Here T + R is not N, which the error has to say.
    assert error > 0.01


@pytest.mark.parametrize(("of_large", "of_small"), [(1e-9, 0.2), (1e-3, 1e-12), (0.5, 3.0)])
def test_the_error_covers_what_errors_of_the_parts_do(of_large, of_small):
    large, small = -0.3, -20.0
    parts = [
        (1, 1, [ln_T], 1 - np.exp(ln_T), error)
        for ln_T, error in ((large, of_large), (small, of_small))
    ]
    ln_g, _, error, _ = whole(*parts)
    worst = np.logaddexp(min(large + of_large, 0.0), small + of_small)
    assert error >= 0.999 * (worst - ln_g) > 0
    # A part that conducts little may be known badly.
    assert error < 4 * of_large + 1e-8 * np.exp(of_small)


def test_what_a_part_misses_of_unitarity_counts_although_it_conducts_nothing():
    clean = (1, 1, [0.0], 0.0, 1e-12)
    broken = (1, 1, [-60.0], 1 - 1e-5, 4e-5)
    assert whole(clean, broken)[2] == pytest.approx(2e-5, rel=1e-3)
    # With absorption R is known no better than each part says.
    assert whole(clean, broken, absorbing=True)[2] == pytest.approx(2e-5, rel=1e-3)


def test_what_is_not_known_at_all_is_bounded_by_its_channels():
    unknown = (1, 1, [-70.0], 1.0, 2.0**20)
    _, _, error, _ = whole((1, 3, [0.0, 0.0, 0.0], 0.0, 1e-12), unknown)
    assert error == pytest.approx(np.log(4 / 3), rel=1e-6)


def test_where_nothing_passes_that_is_certain():
    ln_g, R, error, ln_T = whole((2, 1, [NONE], 1.0, 4e-12), (1, 1, [NONE], 1.0, 4e-12))
    assert ln_g == NONE
    assert R == 3
    assert error == 4e-12
    assert (ln_T == NONE).all()


def test_an_unknown_eigenvalue_hides_what_may_come_behind_it():
    nan = float("nan")
    known = (1, 3, [-1.0, -5.0, -50.0], 2.0, 1e-11)
    # It is below e^-30 or so: -50 may be the last or the last but one.
    ln_T = whole(known, (1, 2, [-2.0, nan], 1.0, 1e-11))[3]
    assert ln_T[:3].tolist() == [-1.0, -2.0, -5.0]
    assert np.isnan(ln_T[3:]).all()
    # The worse its certificate, the higher it may be; never above the last one that is known.
    ln_T = whole(known, (1, 2, [-2.0, nan], 1.0, 1e-3))[3]
    assert ln_T[:2].tolist() == [-1.0, -2.0]
    assert np.isnan(ln_T[2:]).all()
