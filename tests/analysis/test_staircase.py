"""The staircase: Büttiker's formula, plateaus, and a resistance that is found again."""

import numpy as np
import pytest

from qtcore.analysis.plateaus import Plateaus, plateaus, possible_channels
from qtcore.analysis.staircase import (
    harmonic_levels,
    opened_frequencies,
    saddle_conductance,
    series_resistance,
    step_widths,
    steps,
    with_series_resistance,
    without_series_resistance,
)
from qtcore.analysis.statistics import mean
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
    np.testing.assert_allclose(steps(GATES, g, 3).gates, ENERGY - LEVELS[:3], atol=1e-4)
    few = steps(GATES[:50], g[:50], 3)
    assert np.isnan(few.gates).tolist() == np.isnan(few.errors).tolist() == [False, False, True]
    with pytest.raises(InputError, match="at least 5 gate values, got 4"):
        steps(GATES[:4], g[:4], 1)


def test_coarse_gates_do_not_move_a_step():
    # Linear interpolation was off by up to 0.004 wy here.
    gate, wx = np.linspace(0.5, 0.0, 57), 0.036
    g = saddle_conductance(ENERGY - gate, LEVELS, wx)
    np.testing.assert_allclose(steps(gate, g, 4).gates, ENERGY - LEVELS[:4], atol=8e-4 * WY)


@pytest.mark.parametrize("gates", [97, 241])
def test_noise_does_not_pull_steps_towards_the_closed_contact(gates):
    # The first crossing came 0.013 wy too early. Standard error of the mean: below 0.002 wy.
    rng, gate = np.random.default_rng(3), np.linspace(0.5, 0.05, gates)
    g = saddle_conductance(ENERGY - gate, LEVELS, 0.036)
    found = [steps(gate, g + 0.1 * rng.standard_normal(gates), 3) for _ in range(100)]
    away = np.array([one.gates for one in found]) - (ENERGY - LEVELS[:3])
    spread = away.std(axis=0) / np.sqrt(100)
    assert (spread < 0.002 * WY).all()
    assert (np.abs(away.mean(axis=0)) < 3.5 * spread).all()


def test_samples_give_steps_their_error():
    # Every sample is the same staircase at another place: the error is that of the mean place.
    rng, gate = np.random.default_rng(4), np.linspace(0.5, 0.05, 97)
    moved = 0.005 * rng.standard_normal((100, 1, 1))
    g = saddle_conductance((ENERGY - gate)[:, None] + moved, LEVELS, 0.03)[:, :, 0]
    curve = mean(g)
    found = steps(gate, curve.values, 2, curve.covariance)
    assert found.errors == pytest.approx(moved.std(ddof=1) / 10, rel=0.05)
    assert np.abs(found.gates - (ENERGY - LEVELS[:2]) - moved.mean()).max() < 1e-4


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


OPENING = np.linspace(0, 0.65, 120)
ROUND = 0.14 * (np.arange(12) + 0.5)


def counted(levels, ohms=0.0, wx=0.03):
    g = saddle_conductance(OPENING, np.asarray(levels), wx)
    return plateaus(with_series_resistance(g, ohms))


@pytest.mark.parametrize("ohms", [0.0, 500.0, 5000.0, 12_000.0, 13_500.0])
def test_plateaus_are_counted_by_their_height(ohms):
    # Behind 12 kΩ the third lies within a shoulder of the fourth, and is missed.
    found = counted(ROUND, ohms)
    assert set(found.channels.tolist()) <= {1, 2, 3, 4}
    expected = 1 / (1 / found.channels + ohms * CONDUCTANCE_QUANTUM_SIEMENS)
    np.testing.assert_allclose(found.g, expected, atol=1e-3)
    fitted = series_resistance(found)
    assert fitted.ohms == pytest.approx(ohms, abs=3 * fitted.error)
    assert fitted.quantum == pytest.approx(12906.40373, abs=3 * fitted.quantum_error)


def test_missed_plateaus_shift_no_number():
    # A round wire opens 1, 2, 3, 4 channels at once; another one has a short first plateau.
    degenerate = np.repeat(0.14 * np.arange(1, 5), np.arange(1, 5)) - 0.07
    assert counted(degenerate).channels.tolist() == [1, 3, 6, 10]
    fitted = series_resistance(counted(degenerate))
    assert fitted.ohms == pytest.approx(0, abs=3 * fitted.error)
    assert fitted.error < 1
    short = [0.05, 0.08, 0.3, 0.45, 0.6]
    for ohms in (0.0, 500.0):
        assert counted(short, ohms, 0.02).channels.tolist() == [2, 3, 4, 5]


def test_heights_that_say_no_number_are_refused():
    g = saddle_conductance(OPENING, ROUND, 0.03)
    shoulder = np.where((OPENING > 0.07) & (OPENING < 0.13), 0.7, g)
    with pytest.raises(InputError, match=r"at 0\.7, 1, .* no whole numbers of channels"):
        series_resistance(plateaus(shoulder))
    with pytest.raises(InputError, match=r"at least 3 plateaus.*smaller tolerance"):
        series_resistance(counted(ROUND, 40_000.0))
    alike = np.array([1.0, 1.5, 1.9])
    options = possible_channels(alike, np.full(3, 0.5))
    assert len(options) > 1
    with pytest.raises(InputError, match=r"1, 2, 3.*fit alike"):
        series_resistance(Plateaus(np.zeros(3, dtype=int), alike, np.full(3, 0.5)))


def test_a_plateau_that_the_gate_cuts_off_states_how_much_it_still_rises():
    g = saddle_conductance(OPENING, ROUND, 0.05)
    cut = plateaus(g[OPENING < 0.1375])
    assert abs(cut.g[0] - 1) < 2 * cut.errors[0]
    assert cut.errors[0] < 0.02


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
