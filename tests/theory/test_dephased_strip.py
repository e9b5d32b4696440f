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


@pytest.mark.parametrize(("rho", "alpha"), [(0.02, 0.02), (0.05, 0.03)])
def test_a_probe_beside_a_scatterer_adds_a_quarter_of_what_pairs_say(rho, alpha):
    """One channel, exact: the wave at a point probe is 1 + r exp(i theta), and so is what leaves it."""
    psi = 1 + np.sqrt(rho) * np.exp(2j * np.pi * np.arange(4000) / 4000)
    s = alpha / 2
    at_probe, beyond = np.abs(psi / (1 + s * psi)) ** 2, (1 - rho) * np.abs(1 / (1 + s * psi)) ** 2
    coherent = 1 / (beyond + 2 * s * at_probe * beyond / (at_probe + beyond)).mean() - 1
    alone = rho / (1 - rho) + (1 + s) ** 2 / (1 + s) - 1
    assert (coherent - alone) / (rho * alpha) == pytest.approx(0.25, rel=0.05)


def test_what_rates_leave_out_adds_up_as_squares():
    strip = dephased_strip(qt.Square(5), 0.6, 1.3, 0.1)
    share = strip.mean_free_path / strip.elastic_path
    assert strip.rates_left_out(0.0) == pytest.approx(share * (1 - share) / 4, rel=0.01)
    assert strip.rates_left_out(0.1) ** 2 == pytest.approx(
        strip.rates_left_out(0.0) ** 2 + (0.15 * share) ** 2
    )
