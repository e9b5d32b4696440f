"""Collapse: offsets against the eigenvalues' own motion, noise, and what is left out."""

import math

import numpy as np
import pytest

from qtcore.analysis.collapse import Collapse, Collapsed, at_common_lengths, collapse, offset
from qtcore.analysis.statistics import Curve, Estimate
from qtcore.errors import InputError

X = np.linspace(0.5, 17, 34)
NOISE = np.random.default_rng(1)
EXACT = Estimate(1.0, np.zeros(50))


def brought(x, y) -> Curve | Collapsed:
    """The curve of a point whose xi is 1, with noise that counts as none."""
    noise = 1e-9 * NOISE.standard_normal((50, len(x)))
    return at_common_lengths(x, Curve(y, noise), EXACT)


def compare(curves, offsets=None) -> Collapse:
    offsets = np.zeros(len(curves)) if offsets is None else np.array(offsets)
    return collapse([brought(x, y) for x, y in curves], offsets, np.zeros(len(curves)))


def moving_eigenvalues(channels: int, beta: int, seed: int) -> tuple[float, float]:
    """Offset from the Langevin equation of the DMPK equation, and its standard error.

    dx_i = [coth 2x_i + (beta/2) sum_j sinh 2x_i / (sinh² x_i - sinh² x_j)] du + dW, u = s / gamma;
    g is 4 exp(-2 x_1) in the end. What counts is x_1 less the sum of its own dW, which has the same mean and little noise.
    """
    rng, wires = np.random.default_rng(seed), 2000
    x = np.sort(rng.uniform(0, 0.02 * channels, (wires, channels)), axis=1)
    pushed = np.zeros(wires)
    for span, dt in ((0.05, 1e-4), (0.95, 1e-3), (7.0, 5e-3)):
        for _ in range(round(span / dt)):
            squares = np.sinh(x) ** 2
            apart = squares[:, :, None] - squares[:, None, :]
            apart[:, range(channels), range(channels)] = np.inf
            pull = 1 / np.tanh(2 * x) + beta / 2 * (np.sinh(2 * x)[:, :, None] / apart).sum(axis=2)
            push = math.sqrt(dt) * rng.standard_normal(x.shape)
            # Steps that fail to keep away from 0 or from each other are turned back.
            x = np.sort(np.abs(x + np.clip(pull * dt, -0.3, 0.3) + push), axis=1)
            pushed += push[:, 0]
    found = math.log(4) - 2 * (x[:, 0] - pushed - 8.0)
    return float(found.mean()), float(found.std() / math.sqrt(wires))


@pytest.mark.physics
@pytest.mark.parametrize(
    ("channels", "beta"), [(2, 1), (2, 2), pytest.param(3, 1, marks=pytest.mark.slow)]
)
def test_offsets_are_those_of_the_moving_eigenvalues(channels, beta):
    found, error = moving_eigenvalues(channels, beta, seed=1)
    assert error < 0.05
    assert offset(channels, beta) == pytest.approx(found, abs=3 * error)


def test_a_single_channel_has_no_offset():
    # <ln T> = -L / l at every length.
    assert offset(1, 1) == offset(1, 2) == 0


def test_equal_lines_collapse_wherever_they_begin():
    found = compare([(X, -2 * X), (X[::3], -2 * X[::3])])
    assert found.squared == pytest.approx(0, abs=1e-15)
    # One that begins beyond 4 xi was held at its first value, and gave a spread of 7 %.
    late = X[X > 5.5]
    assert brought(late, -2 * late) is Collapsed.BEGINS_TOO_LATE


def test_a_curve_that_ends_soon_is_left_out():
    # It moved the comparison of all the others to its end.
    short = X[X < 7.9]
    assert brought(short, -2 * short) is Collapsed.ENDS_TOO_EARLY


def test_a_length_without_a_value_does_not_count():
    holes = np.where(np.isclose(X, 8), np.nan, -2 * X)
    assert compare([(X, -2 * X), (X, holes)]).squared == pytest.approx(0, abs=1e-15)


def test_offsets_of_two_curves_make_the_spread_that_theory_says():
    # DMPK, N = 1 and 6 without a field: 7.8 %, which a band of 6 % called a fault.
    lines = [(X, -2 * X), (X, -2 * X + 5 / 3)]
    found = compare(lines, [offset(1, 1), offset(6, 1)])
    places = np.arange(4, 17, 2)
    truth = np.mean((5 / 3) ** 2 / 2 / (5 / 6 - 2 * places) ** 2)
    assert found.squared == pytest.approx(truth, rel=1e-9)
    assert found.theory == pytest.approx(truth, rel=1e-9)
    assert math.sqrt(truth) > 0.06
    # Ten per cent of the offsets: 20 % of the square, and a little by the mean.
    assert found.left_out == pytest.approx(0.19 * truth, rel=0.1)


def test_lengths_counted_in_a_wrong_unit_do_not_collapse():
    # xi wrong by 10 % in one of two curves: 0.1 / 1.05 / sqrt(2) at every length.
    found = compare([(X, -2 * X), (X, -2.2 * X)])
    assert found.squared == pytest.approx((0.1 / 1.05) ** 2 / 2, rel=1e-9)


def test_a_single_curve_is_refused():
    with pytest.raises(InputError, match="at least two curves, got 1"):
        compare([(X, -2 * X)])
