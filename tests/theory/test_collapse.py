"""Offsets of ⟨ln g⟩ against the eigenvalues' own motion; what they leave out of a spread."""

import math

import numpy as np
import pytest

from qtcore.theory.collapse import offset, spread_of_offsets


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
@pytest.mark.first_cases(1)
def test_offsets_are_those_of_the_moving_eigenvalues(channels, beta):
    found, error = moving_eigenvalues(channels, beta, seed=1)
    assert error < 0.05
    assert offset(channels, beta) == pytest.approx(found, abs=3 * error)


def test_a_single_channel_has_no_offset():
    # <ln T> = -L / l at every length.
    assert offset(1, 1) == offset(1, 2) == 0


def test_offsets_of_two_curves_make_a_spread_of_eight_per_cent():
    # DMPK, N = 1 and 6 without a field: 7.8 %, which a band of 6 % called a fault.
    places = np.arange(4.0, 17, 2)
    offsets = np.array([offset(1, 1), offset(6, 1)])
    truth = np.mean((5 / 3) ** 2 / 2 / (5 / 6 - 2 * places) ** 2)
    found, left_out = spread_of_offsets(places, offsets, np.zeros(2))
    assert found == pytest.approx(truth, rel=1e-9)
    assert math.sqrt(truth) > 0.06
    # Ten per cent of the offsets: 20 % of the square, and a little by the mean.
    assert left_out == pytest.approx(0.19 * truth, rel=0.1)
    # An offset that is wrong on its own moves the spread further.
    assert spread_of_offsets(places, offsets, np.array([0.0, 0.1]))[1] > 1.5 * left_out
