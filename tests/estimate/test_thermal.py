"""Temperature and bias against integrals that can be done by hand."""

import numpy as np
import pytest
from scipy.integrate import quad

from qtcore.errors import InputError
from qtcore.estimate import mean
from qtcore.estimate.thermal import (
    differential_conductance,
    fermi,
    refuse_short_tails,
    smearing_weights,
    thermal_conductance,
)

ENERGIES = np.linspace(-1.0, 1.0, 2001)


def step(energy):
    """One channel that opens at E = 0."""
    return np.clip(energy / 1e-3 + 0.5, 0, 1)


def test_a_sharp_step_becomes_a_fermi_function():
    # The step is one grid cell wide: of relative order (cell / kT)² = 1e-3.
    mu = np.linspace(-0.2, 0.2, 9)
    expected = 1 - fermi(mu, 0.0, 0.03)
    found = thermal_conductance(step(ENERGIES), ENERGIES, mu, 0.03)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("kT", [1e-5, 1e-3, 0.02, 0.05])
def test_a_piecewise_linear_staircase_is_integrated_exactly(kT):
    energies = np.array([-1.0, -0.3, -0.1, 0.05, 0.4, 1.0])
    g = np.array([0.0, 0.2, 1.0, 1.1, 2.0, 3.0])
    mu = 0.02

    def integrand(u):
        return np.interp(mu + u * kT, energies, g) / (4 * np.cosh(u / 2) ** 2)

    kinks = [(e - mu) / kT for e in energies if abs(e - mu) < 12 * kT]
    expected, _ = quad(integrand, -40, 40, points=kinks or None, limit=200, epsabs=1e-12)
    np.testing.assert_allclose(thermal_conductance(g, energies, mu, kT), [expected], atol=2e-5)


def test_zero_temperature_is_the_stored_conductance():
    found = thermal_conductance(ENERGIES**2, ENERGIES, ENERGIES[[0, 7, 500, -1]], 0.0)
    np.testing.assert_allclose(found, ENERGIES[[0, 7, 500, -1]] ** 2, rtol=1e-12, atol=1e-15)


def test_steepest_slope_is_one_over_four_kT():
    kT = 0.05
    mu = np.array([-1e-3, 1e-3])
    below, above = thermal_conductance(step(ENERGIES), ENERGIES, mu, kT)
    assert (above - below) / 2e-3 == pytest.approx(1 / (4 * kT), rel=1e-3)


def test_bias_halves_the_steps():
    # Glazman and Khaetskii: with one edge of the window above the step, one below, G is a half.
    found = differential_conductance(step(ENERGIES), ENERGIES, np.array([0.0, 0.3]), bias=0.2)
    np.testing.assert_allclose(found, [0.5, 1.0])


def test_weights_sum_to_one():
    assert smearing_weights(ENERGIES, 0.1, 0.04).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("mu", "kT", "words"),
    [
        (0.0, -0.1, "temperature must be >= 0"),
        (0.0, float("nan"), "temperature must be >= 0"),
        (0.9, 0.05, r"missing: 1 … 1.3 "),
        (0.0, 0.2, r"missing: -1.6 … -1 and 1 … 1.6"),
    ],
)
def test_what_cannot_be_integrated_is_refused(mu, kT, words):
    with pytest.raises(InputError, match=words):
        smearing_weights(ENERGIES, mu, kT)


def test_bias_beyond_the_stored_energies_says_which_are_missing():
    with pytest.raises(InputError, match=r"missing: -1.1 … -1 and 1 … 1.1"):
        differential_conductance(step(ENERGIES), ENERGIES, np.array([0.0]), bias=2.2)


def test_energies_of_a_plan_are_refused_for_temperatures_and_for_voltages():
    plan = [0.2, -0.2, 0.0]
    refuse_short_tails(plan, 0.0, [0.0, 0.025], [0.0, 0.4])
    with pytest.raises(InputError, match=r"kT = 0.03 .*missing: -0.24 … -0.2 and 0.2 … 0.24"):
        refuse_short_tails(plan, 0.0, [0.0, 0.03])
    with pytest.raises(InputError, match=r"eV = 0.5, .*missing: -0.25 … -0.2 and 0.2 … 0.25"):
        refuse_short_tails(plan, 0.0, bias=0.5)
    with pytest.raises(InputError, match="at least two of them"):
        refuse_short_tails([0.0], 0.0)


def test_energies_must_increase():
    with pytest.raises(InputError, match="increasing"):
        smearing_weights(np.array([0.1]), 0.1, 0.0)


def test_an_estimate_has_the_error_of_the_smeared_samples():
    rng = np.random.default_rng(2)
    energies = np.linspace(-0.5, 0.5, 11)
    g = 1 + rng.standard_normal((50, 3, 1)) * 0.2 + 0.1 * rng.standard_normal((50, 3, 11))
    for function, arguments in ((thermal_conductance, (0.02,)), (differential_conductance, (0.2,))):
        found = function(mean(g), energies, [0.0, 0.1], *arguments)
        alone = mean(function(g, energies, [0.0, 0.1], *arguments))
        assert found.shape == (3, 2)
        np.testing.assert_allclose(found.values, alone.values, rtol=1e-12)
        np.testing.assert_allclose(found.error, alone.error, rtol=1e-12)
