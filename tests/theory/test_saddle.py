"""A saddle point: its levels, Büttiker's formula, and how it opens into leads."""

import numpy as np
import pytest

from qtcore.theory.saddle import (
    harmonic_levels,
    opened_frequencies,
    saddle_conductance,
    with_series_resistance,
    without_series_resistance,
)

LEVELS = 0.1 * (np.arange(14) + 0.5)


def test_saddle_opens_half_a_channel_at_each_threshold():
    thresholds = 0.45 - 0.1 * (np.arange(4) + 0.5)
    found = saddle_conductance(0.45 - thresholds, LEVELS, 0.01)
    np.testing.assert_allclose(found, np.arange(4) + 0.5, atol=1e-12)


def test_levels_approach_those_of_an_oscillator():
    # Nonparabolic by E²/12 t at most: below by (n + 1/2)² wy² / 16 and a little.
    found = harmonic_levels(200, 0.02)[:4]
    np.testing.assert_allclose(found, 0.02 * (np.arange(4) + 0.5), rtol=0.01)
    assert (found < 0.02 * (np.arange(4) + 0.5)).all()


def test_a_contact_that_opens_is_steeper_for_higher_channels():
    # V = -wx² x²/4 + E_n exp(-x²/2d²) has the curvature -(wx²/2 + E_n/d²) at x = 0, and m = 1/2.
    x, wx, level, opening = 1e-3, 0.05, 0.3, 30.0
    V = -(wx**2) * x**2 / 4 + level * (np.exp(-(x**2) / (2 * opening**2)) - 1)
    found = opened_frequencies(wx, np.array([level]), opening)[0]
    assert found == pytest.approx(np.sqrt(-4 * V / x**2), rel=1e-6)
    assert opened_frequencies(wx, np.array([level]), np.inf)[0] == pytest.approx(wx)


def test_a_resistance_in_series_comes_off_again():
    g = np.array([0.0, 0.5, 1.0, 4.0])
    measured = with_series_resistance(g, 500.0)
    # One channel has 12906.4 ohms, four of them a quarter.
    np.testing.assert_allclose(measured[2:], 12906.40373 / np.array([13406.40373, 3726.60093]))
    np.testing.assert_allclose(without_series_resistance(measured, 500.0), g, rtol=1e-12)
