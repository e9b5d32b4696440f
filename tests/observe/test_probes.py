"""Dephasing by voltage probes: D'Amato and Pastawski's wire turns ohmic."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.probes import dephased_conductance, dephased_ensemble
from qtcore.solve.green import blocks


def strip(width):
    h, v = qt.Square(width).transverse(), np.eye(width, dtype=complex)
    return Slices(h, v, h, v, 1)


@pytest.mark.physics
def test_resistance_of_a_clean_chain():
    # physics.md section 11: E = 0, eta = 0.2.
    resistance = [
        1 / dephased_conductance(blocks(strip(1), 0.0, np.zeros((L, 1, 1)), 0.2))[0]
        for L in (10, 20, 40)
    ]
    assert resistance == pytest.approx([2.00758, 3.01158, 5.0212], abs=1e-5)
    slope = 0.1 * np.sqrt(1 + 0.2**2 / 4)
    assert (resistance[2] - resistance[1]) / 20 == pytest.approx(slope, rel=3e-4)


def test_weak_probes_change_nothing():
    potential = np.random.default_rng(1).uniform(-1, 1, (6, 3, 2))
    weak = dephased_conductance(blocks(strip(3), 0.4, potential, 1e-7))
    coherent = dephased_conductance(blocks(strip(3), 0.4, potential, 1e-8))
    assert weak == pytest.approx(coherent, abs=1e-5)


def test_dephasing_is_blind_to_doubling():
    # Two uncoupled copies as orbitals of the same sites conduct twice as much.
    one = strip(3)
    two = Slices(*(np.kron(part, np.eye(2)) for part in (one.h, one.v, one.lead_h, one.lead_v)), 2)
    potential = np.random.default_rng(1).uniform(-1, 1, (6, 3, 2))
    g = dephased_conductance(blocks(one, 0.4, potential, 0.1))
    assert dephased_conductance(blocks(two, 0.4, potential, 0.1)) == pytest.approx(2 * g, rel=1e-10)


def test_an_ensemble_is_its_samples_one_by_one():
    wire = qt.Wire(qt.Square(3), qt.Box(1.5), flux=0.02)
    together = dephased_ensemble(wire, 0.4, 5, range(2, 8), 3, 0.1)
    for row, number in enumerate(range(2, 8)):
        potential = wire.potential_of(np.array([number], dtype=np.uint64), 0, 5, 3)
        alone = dephased_conductance(blocks(wire.slices(), 0.4, potential, 0.1))
        assert together[row] == pytest.approx(alone[0], rel=1e-12)
    assert dephased_ensemble(wire, 0.4, 5, range(0), 3, 0.1).shape == (0,)


@pytest.mark.parametrize("eta", [0.0, -0.1, float("nan")])
def test_probes_need_a_rate(eta):
    with pytest.raises(qt.InputError, match=r"needs an absorption eta > 0"):
        dephased_conductance(blocks(strip(1), 0.0, np.zeros((3, 1, 1)), eta))
