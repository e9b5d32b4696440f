"""Steps of a staircase: their places with errors, and their widths."""

import numpy as np
import pytest

from qtcore.estimate import Missing, exact, mean, step_widths, steps
from qtcore.theory.saddle import saddle_conductance

GATES = np.linspace(0.5, -0.7, 241)
ENERGY, WX, WY = 0.45, 0.01, 0.1
LEVELS = WY * (np.arange(14) + 0.5)


def test_steps_stand_where_the_levels_are():
    g = saddle_conductance(ENERGY - GATES, LEVELS, WX)
    np.testing.assert_allclose(steps(GATES, g, 3).values, ENERGY - LEVELS[:3], atol=1e-4)
    few = steps(GATES[:50], g[:50], 3)
    assert np.isnan(few.values).tolist() == np.isnan(few.error).tolist() == [False, False, True]
    with pytest.raises(Missing, match="at least 5 gate values, got 4"):
        steps(GATES[:4], g[:4], 1)


def test_coarse_gates_do_not_move_a_step():
    # Linear interpolation was off by up to 0.004 wy here.
    gate, wx = np.linspace(0.5, 0.0, 57), 0.036
    g = saddle_conductance(ENERGY - gate, LEVELS, wx)
    np.testing.assert_allclose(steps(gate, g, 4).values, ENERGY - LEVELS[:4], atol=8e-4 * WY)


@pytest.mark.parametrize("gates", [97, pytest.param(241, marks=pytest.mark.slow)])
def test_noise_does_not_pull_steps_towards_the_closed_contact(gates):
    # The first crossing came 0.013 wy too early. Standard error of the mean: below 0.002 wy.
    rng, gate = np.random.default_rng(3), np.linspace(0.5, 0.05, gates)
    g = saddle_conductance(ENERGY - gate, LEVELS, 0.036)
    found = [steps(gate, g + 0.1 * rng.standard_normal(gates), 3) for _ in range(100)]
    away = np.array([one.values for one in found]) - (ENERGY - LEVELS[:3])
    spread = away.std(axis=0) / np.sqrt(100)
    assert (spread < 0.002 * WY).all()
    assert (np.abs(away.mean(axis=0)) < 3.5 * spread).all()


def test_samples_give_steps_their_error():
    # Every sample is the same staircase at another place: the error is that of the mean place.
    rng, gate = np.random.default_rng(4), np.linspace(0.5, 0.05, 97)
    moved = 0.005 * rng.standard_normal((100, 1, 1))
    g = saddle_conductance((ENERGY - gate)[:, None] + moved, LEVELS, 0.03)[:, :, 0]
    found = steps(gate, mean(g), 2)
    assert found.error == pytest.approx(moved.std(ddof=1) / 10, rel=0.05)
    assert np.abs(found.values - (ENERGY - LEVELS[:2]) - moved.mean()).max() < 1e-4


def test_width_of_a_step_is_the_frequency_of_the_saddle_and_the_temperature():
    gate, wx, kT = np.arange(0.5, -0.7, -0.0005), 0.03, 0.006
    thresholds = ENERGY - LEVELS[:3]
    g = saddle_conductance(ENERGY - gate, LEVELS, wx)
    found = step_widths(gate, g, thresholds, 0.05)
    np.testing.assert_allclose(found, wx / np.sqrt(12), rtol=0.01)
    warm = (1 / (1 + np.exp((gate[:, None] - ENERGY + LEVELS) / kT))).sum(axis=1)
    expected = np.pi * kT / np.sqrt(3)
    beyond = step_widths(gate, g, np.array([0.6, 0.4, -0.8]), 0.05)
    assert np.isnan(beyond).tolist() == [True, False, True]
    np.testing.assert_allclose(step_widths(gate, warm, thresholds, 0.05), expected, rtol=0.01)


def test_a_step_moves_against_what_a_sample_conducts_more():
    # Realizations of their own at both ends of one sweep: shares stay with their realization.
    rng, gate = np.random.default_rng(5), np.linspace(0.5, 0.05, 97)
    moved = 0.005 * rng.standard_normal(200)
    g = saddle_conductance((ENERGY - gate) + moved[:, None], LEVELS, 0.03)
    found = steps(gate, mean(g), 1)
    assert np.corrcoef(found.shares[:, 0], moved)[0, 1] > 0.99
    backwards = steps(-gate, mean(g), 1)
    assert np.corrcoef(backwards.shares[:, 0], moved)[0, 1] < -0.99


def test_exact_numbers_give_steps_without_error():
    g = saddle_conductance(ENERGY - GATES, LEVELS, WX)
    found = steps(GATES, exact(g), 3)
    np.testing.assert_array_equal(found.error, 0)
    np.testing.assert_array_equal(found.values, steps(GATES, g, 3).values)
    assert (steps(GATES, g, 3).error > 0).all()
