"""The staircase: Büttiker's formula, plateaus, and a resistance that is found again."""

import numpy as np
import pytest

from qtcore.analysis.staircase import (
    harmonic_levels,
    opened_frequencies,
    plateaus,
    saddle_conductance,
    series_resistance,
    step_widths,
    steps,
    with_series_resistance,
    without_series_resistance,
)
from qtcore.errors import InputError
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

GATES = np.linspace(0.5, -0.7, 241)
ENERGY, WX, WY = 0.45, 0.01, 0.1
LEVELS = WY * (np.arange(14) + 0.5)


def test_saddle_opens_half_a_channel_at_each_threshold():
    thresholds = 0.45 - 0.1 * (np.arange(4) + 0.5)
    found = saddle_conductance(ENERGY - thresholds, LEVELS, WX)
    np.testing.assert_allclose(found, np.arange(4) + 0.5, atol=1e-12)


def test_levels_approach_those_of_an_oscillator():
    # Nonparabolic by E²/12 t at most: below by (n + 1/2)² wy² / 16 and a little.
    found = harmonic_levels(200, 0.02)[:4]
    np.testing.assert_allclose(found, 0.02 * (np.arange(4) + 0.5), rtol=0.01)
    assert (found < 0.02 * (np.arange(4) + 0.5)).all()


def test_steps_stand_where_the_levels_are():
    g = saddle_conductance(ENERGY - GATES, LEVELS, WX)
    np.testing.assert_allclose(steps(GATES, g, 3), ENERGY - LEVELS[:3], atol=1e-4)
    assert np.isnan(steps(GATES[:50], g[:50], 3)).tolist() == [False, False, True]


def test_series_resistance_is_recovered_to_rounding():
    g = saddle_conductance(ENERGY - GATES, LEVELS, WX)
    measured = with_series_resistance(g, 500.0)
    found = plateaus(measured)
    # physics: apparent plateaus behind 500 ohms.
    np.testing.assert_allclose(
        found.g[[0, 1, 4, 9]], [0.96270, 1.85618, 4.18865, 7.20770], atol=2e-5
    )
    fitted = series_resistance(found)
    assert fitted.ohms == pytest.approx(500, abs=3 * fitted.error)
    assert fitted.error < 0.01
    assert fitted.quantum == pytest.approx(
        1 / CONDUCTANCE_QUANTUM_SIEMENS, abs=3 * fitted.quantum_error
    )
    np.testing.assert_allclose(without_series_resistance(measured, 500.0), g, rtol=1e-12)


def test_error_of_the_series_resistance_covers_noise():
    # 1 % of 2e²/h noise on every gate value: pulls of 100 fits have a spread of one to 0.07.
    g = with_series_resistance(saddle_conductance(ENERGY - GATES, LEVELS, WX), 800.0)
    rng, pulls = np.random.default_rng(1), []
    flat = plateaus(g)
    for _ in range(100):
        noisy = flat.g + 0.01 * rng.standard_normal(len(flat.g))
        fitted = series_resistance(type(flat)(flat.channels, noisy, np.full(len(noisy), 0.01)))
        pulls.append((fitted.ohms - 800) / fitted.error)
    assert abs(np.mean(pulls)) < 0.35
    assert 0.6 < np.std(pulls) < 1.2


@pytest.mark.parametrize("gates", [60, 120, 240, 960])
def test_plateaus_do_not_depend_on_the_spacing_of_gates(gates):
    # What the openings reflect makes g on the first plateau oscillate by 0.04, as in a real contact.
    gate = np.linspace(0.5, 0.0, gates)
    g = saddle_conductance(ENERGY - gate, LEVELS, WX)
    g = g * (1 - 0.02 * (g < 1.5) * (1 + np.sin(300 * gate)))
    found = plateaus(with_series_resistance(g, 500.0), tolerance=0.05)
    assert found.channels.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(without_series_resistance(found.g, 500.0), found.channels, atol=0.03)
    fitted = series_resistance(found)
    # Uneven plateaus leave half of their oscillation at N = 1: 12906 Ω × 0.01.
    assert fitted.ohms == pytest.approx(500, abs=130)


def test_a_ramp_has_no_plateau_however_fine():
    for gates in (50, 500, 5000):
        with pytest.raises(InputError, match="no plateau"):
            plateaus(np.linspace(0, 5, gates), tolerance=0.05)


def test_no_plateau_and_too_few_are_refused():
    with pytest.raises(InputError, match="closes the contact"):
        plateaus(np.full(50, 0.01))
    with pytest.raises(InputError, match="no plateau"):
        plateaus(np.linspace(0, 5, 50))
    few = plateaus(saddle_conductance(ENERGY - GATES[:60], LEVELS, WX))
    with pytest.raises(InputError, match="at least 3 plateaus"):
        series_resistance(few)


def test_width_of_a_step_is_the_frequency_of_the_saddle_and_the_temperature():
    gate, wx, kT = np.arange(0.5, -0.7, -0.0005), 0.03, 0.006
    thresholds = ENERGY - LEVELS[:3]
    g = saddle_conductance(ENERGY - gate, LEVELS, wx)
    found = step_widths(gate, g, thresholds, 0.05)
    np.testing.assert_allclose(found, wx / np.sqrt(12), rtol=0.01)
    warm = (1 / (1 + np.exp((gate[:, None] - ENERGY + LEVELS) / kT))).sum(axis=1)
    expected = np.pi * kT / np.sqrt(3)
    np.testing.assert_allclose(step_widths(gate, warm, thresholds, 0.05), expected, rtol=0.01)


def test_a_contact_that_opens_is_steeper_for_higher_channels():
    # V = -wx² x²/4 + E_n exp(-x²/2d²) has the curvature -(wx²/2 + E_n/d²) at x = 0, and m = 1/2.
    x, wx, level, opening = 1e-3, 0.05, 0.3, 30.0
    V = -(wx**2) * x**2 / 4 + level * (np.exp(-(x**2) / (2 * opening**2)) - 1)
    found = opened_frequencies(wx, np.array([level]), opening)[0]
    assert found == pytest.approx(np.sqrt(-4 * V / x**2), rel=1e-6)
    assert opened_frequencies(wx, np.array([level]), np.inf)[0] == pytest.approx(wx)
