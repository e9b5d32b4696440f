"""Crossover in a field against tabulated values and its own limits."""

import math

import numpy as np
import pytest

from qtcore.analysis.weak_localization import (
    fit_phase_length,
    hikami_larkin_nagaoka,
    phase_field,
    wire_crossover,
)
from qtcore.errors import InputError


def test_wire_is_half_way_at_the_known_flux():
    assert wire_crossover(np.array(0.0)) == 1
    assert wire_crossover(np.array(1.305)) == pytest.approx(0.5, abs=2e-4)
    # x at which the series gives way to the formula, from both sides.
    near = wire_crossover(np.array([0.00275, 0.00276]))
    assert near[0] > near[1] > near[0] - 1e-7


@pytest.mark.parametrize(
    ("ratio", "f"), [(0.1, 4.159e-4), (1, 0.036490), (10, 0.761966), (100, 2.690183)]
)
def test_film_without_spin_orbit_coupling_has_the_tabulated_values(ratio, f):
    found = hikami_larkin_nagaoka(np.array(ratio * phase_field(20.0)), 20.0)
    assert found == pytest.approx(f / (2 * math.pi), rel=2e-4)


def test_strong_spin_orbit_coupling_reverses_half_of_it():
    flux = np.array([1e-4, 1e-3])
    plain = hikami_larkin_nagaoka(flux, 20.0)
    strong = hikami_larkin_nagaoka(flux, 20.0, spin_orbit_field=100.0)
    np.testing.assert_allclose(strong, -plain / 2, rtol=1e-4)


def test_a_fit_returns_the_length_that_made_the_curve():
    flux = np.array([1e-4, 3e-4, 1e-3, 3e-3, 1e-2])
    errors = np.full(5, 2e-3)
    shared = 0.5 * np.outer(errors, errors) + 0.5 * np.diag(errors**2)
    rng = np.random.default_rng(5)
    pulls = []
    for _ in range(200):
        noise = rng.multivariate_normal(np.zeros(5), shared)
        fit = fit_phase_length(flux, hikami_larkin_nagaoka(flux, 25.0) + noise, shared)
        pulls.append(
            [(fit.length - 25) / fit.length_error, (fit.amplitude - 1) / fit.amplitude_error]
        )
    # 200 fits: the mean pull has a standard error of 0.07, the spread one of 0.05.
    assert np.abs(np.mean(pulls, axis=0)).max() < 0.25
    assert np.abs(np.std(pulls, axis=0) - 1).max() < 0.2


def test_nothing_to_fit_is_refused():
    flux, covariance = np.array([1e-4, 3e-4, 1e-3, 3e-3]), np.eye(4)
    with pytest.raises(InputError, match="more realizations or stronger fields"):
        fit_phase_length(flux, np.full(4, 0.1), covariance)
    with pytest.raises(InputError, match="at least four fields"):
        fit_phase_length(flux[:3], np.full(3, 9.0), np.eye(3))
