"""Three ways to the transmission: S (Fisher and Lee), Green's functions (Caroli), currents (Kubo)."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.currents import bond_currents
from qtcore.observe.transmission import caroli, kubo, ln_transmission_eigenvalues
from qtcore.solve.green import blocks, scattering_states
from qtcore.solve.recursive import scattering_matrices


def strip(width, flux=0.0, field_in_leads=True):
    h = qt.Square(width).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v if field_in_leads else np.eye(width, dtype=complex), 1)


def qwz(width):
    sx, sy, sz = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    across = np.kron(np.eye(width, k=1), sz / 2 + sy / 2j)
    h = np.kron(np.eye(width), -sz) + across + across.conj().T
    v = np.kron(np.eye(width), sz / 2 + sx / 2j)
    return Slices(h, v, h, v, 2)


SYSTEMS = {
    "strip": strip(6),
    "field": strip(6, 0.03),
    "field in the sample only": strip(6, 0.03, field_in_leads=False),
    "chern insulator": qwz(4),
}


def sample(slices, length=12, realizations=2):
    shape = (length, slices.sites, realizations)
    return np.random.default_rng(8).uniform(-1, 1, shape)


@pytest.mark.parametrize("name", SYSTEMS)
def test_fisher_lee_caroli_and_kubo_agree(name):
    # physics.md section 3: for every pair of slices, to 1e-10.
    slices = SYSTEMS[name]
    potential = sample(slices)
    system = blocks(slices, 0.9, potential)
    g = np.exp(scattering_matrices(slices, 0.9, [12], potential)[0].ln_g)
    assert caroli(system) == pytest.approx(g, rel=1e-11)
    T = kubo(system)
    assert T.shape == (11, 11, 2)
    assert np.abs(T - g).max() < 1e-10


@pytest.mark.parametrize("name", SYSTEMS)
def test_bond_currents_are_conserved_and_add_up_to_g(name):
    slices = SYSTEMS[name]
    potential = sample(slices)
    states = scattering_states(blocks(slices, 0.9, potential))
    N = states.shape[3] // 2
    g = np.exp(scattering_matrices(slices, 0.9, [12], potential)[0].ln_g)
    found = bond_currents(slices, states[..., :N])
    assert np.abs(found.through - g).max() < 1e-11
    # What flows into a component flows out again (Kirchhoff), away from the leads.
    net = np.zeros(states.shape[:3])
    for current, (start, end) in [(found.within, found.within_ends)]:
        np.add.at(net, (slice(None), slice(None), end), current)
        np.subtract.at(net, (slice(None), slice(None), start), current)
    start, end = found.along_ends
    np.add.at(net[1:], (slice(None), slice(None), end), found.along)
    np.subtract.at(net[:-1], (slice(None), slice(None), start), found.along)
    assert np.abs(net[1:-1]).max() < 1e-12
    # In equilibrium both leads drive alike: no net current through a slice, whatever the field.
    assert np.abs(bond_currents(slices, states).through).max() < 1e-11


def test_states_of_another_wire_are_refused():
    with pytest.raises(qt.InputError, match=r"states must be \(slice, realization, 3, state\)"):
        bond_currents(strip(3), np.zeros((2, 1, 4, 1)))


def test_transmission_eigenvalues():
    slices = strip(6)
    potential = sample(slices)
    S = scattering_matrices(slices, 0.9, [3, 12], potential)[1]
    T = np.exp(ln_transmission_eigenvalues(S))
    assert T.sum(axis=1) == pytest.approx(np.exp(S.ln_g), rel=1e-12)
    assert ((T > 0) & (T < 1 + 1e-12)).all()
    # 1 - R has the same eigenvalues, by unitarity.
    R = np.linalg.svd(S.r, compute_uv=False) ** 2
    assert np.abs(np.sort(1 - R, axis=1)[:, ::-1] - T).max() < 1e-12
