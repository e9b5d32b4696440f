"""The recursive solver beyond the laws: plateaus, underflow, states that no lead reaches."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.solve.recursive import scattering_matrices


def strip(width, flux=0.0, field_in_leads=True, periodic=False):
    h = qt.Square(width, periodic).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v if field_in_leads else np.eye(width, dtype=complex), 1)


def qwz(width, m=-1.0):
    sx, sy, sz = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    across = np.kron(np.eye(width, k=1), sz / 2 + sy / 2j)
    h = np.kron(np.eye(width), m * sz) + across + across.conj().T
    v = np.kron(np.eye(width), sz / 2 + sx / 2j)
    return Slices(h, v, h, v, 2)


def conductance(slices, energy, potential):
    found = scattering_matrices(slices, energy, [len(potential)], potential)[0]
    return np.exp(found.ln_g)


def box(slices, length, strength, realizations, seed=1):
    shape = (length, slices.sites, realizations)
    return np.random.default_rng(seed).uniform(-strength / 2, strength / 2, shape)


@pytest.mark.physics
@pytest.mark.parametrize(("energy", "strength", "g"), [(3.4, 0.0, 1), (3.4, 1.0, 1)])
def test_quantum_hall_plateau(energy, strength, g):
    # physics.md section 15 (its hopping is -1): E = -3.4 lies between the lowest Landau levels.
    slices = strip(40, 1 / 20)
    found = conductance(slices, energy, box(slices, 40, strength, 2))
    assert found == pytest.approx(g, abs=1e-10)


@pytest.mark.physics
def test_edge_state_of_a_chern_insulator():
    # The strip 20 x 40 of physics.md section 15: g = 1.0000 for W <= 3, gone at W = 8.
    slices = qwz(20)
    assert conductance(slices, 0.05, box(slices, 40, 0.0, 1)) == pytest.approx(1, abs=1e-10)
    assert conductance(slices, 0.05, box(slices, 40, 2.0, 2)) == pytest.approx(1, abs=1e-4)
    assert conductance(slices, 0.05, box(slices, 40, 8.0, 4)).mean() < 0.8
    trivial = Slices(qwz(20, m=-3.0).h, slices.v, slices.lead_h, slices.lead_v, 2)
    assert conductance(trivial, 0.05, np.zeros((40, 20, 1)))[0] < 1e-8


def test_ln_g_far_below_underflow():
    # A chain under a barrier decays by exp(-q) a slice, for as many slices as one likes.
    energy, V, length = 0.3, 4.5, 4000
    S = scattering_matrices(strip(1), energy, [2000, length], np.full((length, 1, 1), V))
    q = np.arccosh((V - energy) / 2)
    assert S[1].ln_g[0] < -5000
    assert S[1].ln_g[0] - S[0].ln_g[0] == pytest.approx(-2 * q * 2000, rel=1e-10)


def test_a_state_that_no_lead_reaches_does_not_matter():
    v = np.diag([1.0 + 0j, 0])
    slices = Slices(np.diag([0.0 + 0j, 0.5]), v, np.diag([0.0 + 0j, 9.0]), v, 1)
    for energy in (0.5, 0.51):
        assert conductance(slices, energy, np.zeros((2, 2, 1)))[0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_amplitudes_are_taken_one_slice_before_the_sample_and_on_its_last_slice(length):
    energy, height = 0.7, 0.9
    # psi_n = exp(-i k n) moves to the right; the wave that a site of this height reflects there.
    k = np.arccos(energy / 2)
    reflected = -1j * height / (2 * np.sin(k)) / (1 + 1j * height / (2 * np.sin(k)))
    for place in range(length):
        potential = np.zeros((length, 1, 1))
        potential[place] = height
        S = scattering_matrices(strip(1), energy, [length], potential)[0].matrix()[0]
        to_left, to_right = place + 1, length - 1 - place
        assert S[0, 0] == pytest.approx(reflected * np.exp(-2j * k * to_left), abs=1e-13)
        assert S[1, 1] == pytest.approx(reflected * np.exp(-2j * k * to_right), abs=1e-13)
        passed = (1 + reflected) * np.exp(-1j * k * length)
        assert S[1, 0] == pytest.approx(passed, abs=1e-13)
        assert S[0, 1] == pytest.approx(passed, abs=1e-13)


def test_the_phase_of_s_holds_one_slice_of_lead_more_than_the_density_of_states():
    wire, energy, step = qt.Wire(qt.Square(1), qt.Box(1.0), terms=[qt.Rashba(0.4)]), 0.3, 1e-5
    above, below = (
        np.linalg.det(qt.scattering_matrices(wire, energy + d, [5], [0], seed=1)[0].matrix()[0])
        for d in (step, -step)
    )
    slope = np.angle(above / below) / (2 * step) / (2 * np.pi)
    density = qt.observe.density_of_states(qt.sample_with_leads(wire, energy, 5, [0], seed=1))[0]
    # Two modes with dE/dk = (4 (1 + 0.4²) - E²)^½.
    velocity = np.sqrt(4 * (1 + 0.4**2) - energy**2)
    assert slope - density == pytest.approx(2 / (np.pi * velocity), abs=1e-6)
