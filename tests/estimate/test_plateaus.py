"""Plateaus of a staircase, their numbers of channels, and a resistance that is found again."""

import numpy as np
import pytest

from qtcore.errors import InputError
from qtcore.estimate import Missing, Plateaus, independent, plateaus, series_resistance
from qtcore.estimate.plateaus import possible_channels
from qtcore.estimate.series_resistance import refuse_gates
from qtcore.theory.saddle import (
    saddle_conductance,
    with_series_resistance,
    without_series_resistance,
)
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

GATES = np.linspace(0.5, -0.7, 241)
ENERGY, WX, WY = 0.45, 0.01, 0.1
LEVELS = WY * (np.arange(14) + 0.5)


def test_series_resistance_is_recovered_to_rounding():
    g = saddle_conductance(ENERGY - GATES, LEVELS, WX)
    measured = with_series_resistance(g, 500.0)
    found = plateaus(measured)
    # physics: apparent plateaus behind 500 ohms.
    np.testing.assert_allclose(
        found.g.values[[0, 1, 4, 9]], [0.96270, 1.85618, 4.18865, 7.20770], atol=2e-5
    )
    fitted = series_resistance(found)
    assert abs(fitted.ohms.values - 500) < 3 * fitted.ohms.error
    assert fitted.ohms.error < 0.01
    away = fitted.quantum.values - 1 / CONDUCTANCE_QUANTUM_SIEMENS
    assert abs(away) < 3 * fitted.quantum.error
    np.testing.assert_allclose(without_series_resistance(measured, 500.0), g, rtol=1e-12)


def test_error_of_the_series_resistance_covers_noise():
    # 1 % of 2e²/h noise on every gate value: pulls of 100 fits have a spread of one to 0.07.
    g = with_series_resistance(saddle_conductance(ENERGY - GATES, LEVELS, WX), 800.0)
    rng, pulls = np.random.default_rng(1), []
    flat = plateaus(g)
    for _ in range(100):
        noisy = flat.g.values + 0.01 * rng.standard_normal(len(flat.g))
        fitted = series_resistance(Plateaus(flat.channels, independent(noisy, 0.01)))
        pulls.append((fitted.ohms.values - 800) / fitted.ohms.error)
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
    np.testing.assert_allclose(
        without_series_resistance(found.g.values, 500.0), found.channels, atol=0.03
    )
    fitted = series_resistance(found)
    # Uneven plateaus leave half of their oscillation at N = 1: 12906 Ω × 0.01.
    assert fitted.ohms.values == pytest.approx(500, abs=130)


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
    np.testing.assert_allclose(found.g.values, expected, atol=1e-3)
    fitted = series_resistance(found)
    assert abs(fitted.ohms.values - ohms) < 3 * fitted.ohms.error
    assert abs(fitted.quantum.values - 12906.40373) < 3 * fitted.quantum.error


def test_missed_plateaus_shift_no_number():
    # A round wire opens 1, 2, 3, 4 channels at once; another one has a short first plateau.
    degenerate = np.repeat(0.14 * np.arange(1, 5), np.arange(1, 5)) - 0.07
    assert counted(degenerate).channels.tolist() == [1, 3, 6, 10]
    fitted = series_resistance(counted(degenerate))
    assert abs(fitted.ohms.values) < 3 * fitted.ohms.error
    assert fitted.ohms.error < 1
    short = [0.05, 0.08, 0.3, 0.45, 0.6]
    for ohms in (0.0, 500.0):
        assert counted(short, ohms, 0.02).channels.tolist() == [2, 3, 4, 5]


def test_heights_that_say_no_number_are_refused():
    g = saddle_conductance(OPENING, ROUND, 0.03)
    shoulder = np.where((OPENING > 0.07) & (OPENING < 0.13), 0.7, g)
    with pytest.raises(Missing, match=r"at 0\.7, 1, .* no whole numbers of channels"):
        series_resistance(plateaus(shoulder))
    with pytest.raises(Missing, match=r"at least 3 plateaus.*smaller tolerance"):
        series_resistance(counted(ROUND, 40_000.0))
    alike = np.array([1.0, 1.5, 1.9])
    options = possible_channels(alike, np.full(3, 0.5))
    assert len(options) > 1
    with pytest.raises(Missing, match=r"1, 2, 3.*fit alike"):
        series_resistance(Plateaus(np.zeros(3, dtype=int), independent(alike, 0.5)))


def test_a_plateau_that_the_gate_cuts_off_states_how_much_it_still_rises():
    g = saddle_conductance(OPENING, ROUND, 0.05)
    cut = plateaus(g[OPENING < 0.1375])
    assert abs(cut.g.values[0] - 1) < 2 * cut.g.error[0]
    assert cut.g.error[0] < 0.02


def test_a_ramp_has_no_plateau_however_fine():
    for gates in (50, 500, 5000):
        with pytest.raises(Missing, match="no plateau"):
            plateaus(np.linspace(0, 5, gates), tolerance=0.05)


def test_no_plateau_and_too_few_are_refused():
    with pytest.raises(Missing, match="closes the contact"):
        plateaus(np.full(50, 0.01))
    with pytest.raises(Missing, match="no plateau"):
        plateaus(np.linspace(0, 5, 50))
    few = plateaus(saddle_conductance(ENERGY - GATES[:60], LEVELS, WX))
    with pytest.raises(Missing, match="at least 3 plateaus"):
        series_resistance(few)


def test_the_error_of_a_staircase_is_that_of_its_plateaus_where_it_is_larger():
    g = saddle_conductance(OPENING, ROUND, 0.03)
    plain, stated = plateaus(g), plateaus(independent(g, 0.003))
    np.testing.assert_array_equal(stated.g.values, plain.g.values)
    np.testing.assert_allclose(stated.g.error, np.maximum(plain.g.error, 0.003))


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ([0.68, 0.69, 0.7], r"0.68 … 0.7 t there are 0, 0, 0 on these"),
        (np.linspace(0.3, 0.7, 41), r"0.286 or less to 0.63 or more"),
        (np.linspace(0.1, 0.6, 51), r"0.286 or less to 0.63 or more"),
        (
            [0.1, 0.3, 0.32, 0.34, 0.4, 0.5, 0.55, 0.6, 0.7],
            r"there are 3, 1, 3 on these: .* 3 on each",
        ),
    ],
)
def test_gates_that_show_too_few_plateaus_are_refused(gates, words):
    opens = np.array([0.63, 0.492, 0.354, 0.218, 0.08])
    refuse_gates(np.linspace(0.1, 0.7, 30), opens)
    with pytest.raises(InputError, match=words):
        refuse_gates(gates, opens)
