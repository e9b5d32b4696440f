"""Ohm's law of strips with probes, beside exact Green's functions and independent sums."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.errors import InputError
from qtcore.theory.dephased_strip import dephased_strip

CLEAN = 1e-6  # t, disorder that scatters nothing


def test_a_clean_chain_has_the_resistance_of_the_exact_sum():
    """1/g = 1 + eta L / v; at E = 0 the exact slope is (eta/2) sqrt(1 + eta²/4)."""
    L, eta = np.array([10.0, 80.0, 320.0]), 0.05
    found = dephased_strip(qt.Square(1), 0.0, CLEAN, eta).resistance(L, loops=0)
    exact = 1 + (eta / 2) * np.sqrt(1 + eta**2 / 4) * L
    assert found == pytest.approx(exact, rel=5e-4)


@pytest.mark.physics
def test_a_clean_strip_has_the_resistance_of_its_network_of_probes():
    """The Green's functions of all pairs of sites know no modes and no Boltzmann equation."""
    wire = qt.Wire(qt.Square(4), qt.Box(CLEAN))
    strip = dephased_strip(wire.lattice, 0.76, CLEAN, 0.01)
    (g,) = observe.dephased_ensemble(wire, 0.76, 60, range(1), 1, 0.01)
    assert 1 / g == pytest.approx(float(strip.resistance([60.0], loops=0)[0]), rel=0.01)


def test_interference_becomes_the_weak_localization_of_a_wire_and_ends_with_the_phase():
    strips = [dephased_strip(qt.Square(5), 0.6, 1.3, eta) for eta in (1e-6, 1e-2, 10.0)]
    coherent, between, incoherent = (one.lost / one.phase_length for one in strips)
    assert coherent == pytest.approx(1, abs=0.02)
    assert 0.3 < between < 0.8
    assert incoherent < 1e-3


def test_loops_are_the_sum_over_numbers_of_collisions():
    """The ladder summed collision by collision in momentum space, an independent way."""
    strip = dephased_strip(qt.Square(5), 0.6, 1.3, 0.02)
    mu = 2 / strip.elastic_path + 1 / strip.phase_path
    q = np.linspace(-20, 20, 8001) * mu
    flight = (2 / strip.elastic_path) * mu / (mu**2 + q**2)
    total, collided = 0.0, flight
    for _ in range(2, 200):
        collided = collided * flight
        total += collided.sum() * (q[1] - q[0]) / (2 * np.pi)
    assert strip.lost == pytest.approx(strip.mean_free_path**2 / 2 * total, rel=1e-3)


def test_long_wires_obey_ohms_law_and_short_ones_weak_localization():
    strip = dephased_strip(qt.Square(5), 0.6, 1.3, 0.05)
    near, far = strip.resistance(np.array([400.0, 800.0]))
    assert far - near == pytest.approx(400 / (strip.conductivity - strip.lost), rel=0.01)
    long, longer = (strip.resistance(np.array([L]), loops=0)[0] for L in (400.0, 800.0))
    assert longer - long == pytest.approx(400 / strip.conductivity, rel=1e-3)


def test_no_probes_are_the_golden_rule():
    strip = dephased_strip(qt.Square(5), 0.6, 1.3, 0.0)
    assert strip.phase_length == np.inf
    assert strip.mean_free_path == strip.elastic_path
    with pytest.raises(InputError, match="the strip is localized, and Ohm's law has no meaning"):
        strip.resistance([100.0])


def test_negative_probes_are_refused():
    with pytest.raises(InputError, match=r"strength eta of probes must be >= 0 .*, got -0.1"):
        dephased_strip(qt.Square(5), 0.6, 1.3, -0.1)
