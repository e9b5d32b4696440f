"""Functions that have the same bits everywhere, behind NumPy's back."""

import math

import numpy as np

from qtcore.model.elementary import bell, cosine_and_sine, phase_factor, tangent


def test_they_are_the_functions_of_the_c_library():
    u = np.random.default_rng(2).uniform(-1.57, 1.57, size=(40, 50))
    assert np.array_equal(tangent(u), np.vectorize(math.tan)(u))
    assert np.array_equal(bell(3 * u), np.vectorize(lambda w: math.exp(-w * w))(3 * u))


def test_a_phase_factor_is_one_to_rounding_errors():
    turns = np.random.default_rng(2).uniform(-3, 3, size=(40, 50))
    # Whole turns are taken off before, where they are exact.
    rest = turns - np.round(turns)
    assert np.abs(phase_factor(turns) - np.exp(2j * np.pi * rest)).max() < 6e-16
    assert np.abs(np.abs(phase_factor(turns)) - 1).max() < 5e-16


def test_quarters_of_a_turn_are_exact():
    quarters = np.arange(-9, 10)
    assert np.array_equal(phase_factor(quarters / 4), np.array([1, 1j, -1, -1j])[quarters % 4])


def test_one_angle_has_the_bits_of_many():
    # Loops over many take the widest registers; each must round as one alone does.
    turns = np.random.default_rng(3).uniform(-0.5, 0.5, 1003)
    together = phase_factor(turns)
    alone = [complex(*cosine_and_sine(turn)) for turn in turns]
    assert np.array_equal(together, alone)
