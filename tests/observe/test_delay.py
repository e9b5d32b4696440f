"""Delay times and densities of states, against finite differences and against each other."""

import numpy as np
import pytest
import scipy.linalg

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.delay import (
    density_of_states,
    local_density_of_states,
    self_energy_derivatives,
    wigner_smith,
)
from qtcore.solve.green import blocks, scattering_states, solve_blocks
from qtcore.solve.recursive import attach


def strip(width, flux=0.0, periodic=False):
    h = qt.Square(width, periodic).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v, 1)


def qwz(width):
    sx, sy, sz = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
    across = np.kron(np.eye(width, k=1), sz / 2 + sy / 2j)
    h = np.kron(np.eye(width), -sz) + across + across.conj().T
    v = np.kron(np.eye(width), sz / 2 + sx / 2j)
    return Slices(h, v, h, v, 2)


SYSTEMS = {
    "chain": (strip(1), 0.3),
    "strip": (strip(5), 0.5),
    "cylinder": (strip(6, periodic=True), 0.5),
    "field": (strip(6, 0.03), 0.5),
    "chern insulator": (qwz(4), 1.5),
    "its edge states": (qwz(4), 0.05),
}
STEP = 1e-5


@pytest.mark.parametrize("name", SYSTEMS)
def test_derivative_of_the_self_energies(name):
    slices, energy = SYSTEMS[name]
    left, right = self_energy_derivatives(attach(slices, energy).modes, slices.lead_v)
    above, below = attach(slices, energy + STEP), attach(slices, energy - STEP)
    tolerance = 1e-7 * max(1, np.abs(left).max(), np.abs(right).max())
    assert np.abs((above.sigma_left - below.sigma_left) / (2 * STEP) - left).max() < tolerance
    assert np.abs((above.sigma_right - below.sigma_right) / (2 * STEP) - right).max() < tolerance


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("length", [1, 7])
def test_friedel(name, length):
    # Tr Q / 2 pi = -(1/pi) Im Tr[G (1 - dSigma/dE)]: physics.md section 3.
    slices, energy = SYSTEMS[name]
    potential = np.random.default_rng(5).uniform(-1, 1, (length, slices.sites, 3))
    system = blocks(slices, energy, potential)
    Q = wigner_smith(system, slices.lead_v)
    assert np.abs(Q - Q.conj().swapaxes(1, 2)).max() < 1e-11
    trace = np.trace(Q, axis1=1, axis2=2).real
    density = density_of_states(system, slices.lead_v)
    assert trace / (2 * np.pi) == pytest.approx(density, abs=1e-11 * (1 + np.abs(density).max()))
    # Without what the leads add it is another number.
    plain = local_density_of_states(system).sum(axis=(0, 2))
    assert np.abs(plain - density).max() > 1e-3


def s_matrix(slices, energy, potential, aligned_to):
    """S = -1 + i W^+ G W, the columns of W turned to those at another energy."""
    system = blocks(slices, energy, potential)
    L, _, M, _ = system.diagonal.shape
    W = []
    for read, goal in zip((system.leads.to_left, system.leads.to_right), aligned_to, strict=True):
        column = read.conj().T
        if goal is not None:
            hermitian, unitary = scipy.linalg.polar(np.linalg.pinv(goal) @ column, side="left")[
                ::-1
            ]
            assert np.abs(hermitian - np.eye(len(hermitian))).max() < 1e-2
            column = column @ unitary.conj().T
        W.append(column)
    N = W[0].shape[1]
    sources = np.zeros((L, M, 2 * N), complex)
    sources[0, :, :N] = W[0]
    sources[-1, :, N:] += W[1]
    psi = solve_blocks(system, sources)
    read = [W[0].conj().T @ psi[0], W[1].conj().T @ psi[-1]]
    return 1j * np.concatenate(read, axis=1) - np.eye(2 * N), W


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("length", [1, 9])
def test_wigner_smith_matrix_is_the_derivative_of_s(name, length):
    slices, energy = SYSTEMS[name]
    potential = np.random.default_rng(5).uniform(-1, 1, (length, slices.sites, 2))
    S, W = s_matrix(slices, energy, potential, (None, None))
    assert np.abs(S.conj().swapaxes(1, 2) @ S - np.eye(S.shape[1])).max() < 1e-11
    above, below = (s_matrix(slices, energy + d, potential, W)[0] for d in (STEP, -STEP))
    expected = -1j * S.conj().swapaxes(1, 2) @ (above - below) / (2 * STEP)
    found = wigner_smith(blocks(slices, energy, potential), slices.lead_v)
    assert np.abs(found - expected).max() < 1e-6 * max(1, np.abs(found).max())


def test_a_ballistic_chain_delays_by_length_over_velocity():
    energy, length = 0.3, 25
    system = blocks(strip(1), energy, np.zeros((length, 1, 1)))
    times = np.linalg.eigvalsh(wigner_smith(system, np.eye(1, dtype=complex)))[0]
    # Reference planes lie on the end slices, half of the lead's bond beyond them on each side.
    velocity = np.sqrt(4 - energy**2)
    assert times.mean() == pytest.approx((length + 1) / velocity, rel=0.1)
    longer = blocks(strip(1), energy, np.zeros((length + 10, 1, 1)))
    more = np.linalg.eigvalsh(wigner_smith(longer, np.eye(1, dtype=complex)))[0]
    assert (more - times).sum() == pytest.approx(2 * 10 / velocity, rel=1e-10)


@pytest.mark.parametrize("name", SYSTEMS)
def test_local_density_is_made_of_scattering_states(name):
    slices, energy = SYSTEMS[name]
    potential = np.random.default_rng(5).uniform(-1, 1, (6, slices.sites, 2))
    system = blocks(slices, energy, potential)
    density = local_density_of_states(system)
    states = scattering_states(system)
    assert density == pytest.approx((np.abs(states) ** 2).sum(axis=3) / (2 * np.pi), abs=1e-12)
    assert (density > 0).all()


def test_crossing_channels_have_no_resolved_derivative():
    with pytest.raises(qt.QtcoreError, match=r"opposite ways have the same wave vector"):
        self_energy_derivatives(attach(qwz(8), 0.0).modes, qwz(8).lead_v)
