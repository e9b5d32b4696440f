"""Crossover in a field against tabulated values and its own limits."""

import math

import numpy as np
import pytest

from qtcore.theory.magnetoconductance import (
    hikami_larkin_nagaoka,
    phase_field,
    wire_crossover,
)


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
