"""Delay times and densities of states, against finite differences and against each other."""

import numpy as np
import pytest
import scipy.linalg

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.observe.delay import (
    delays,
    density_of_states,
    local_density_of_states,
    self_energy_derivative,
    wigner_smith,
)
from qtcore.solve.contacts import attach
from qtcore.solve.green import blocks, solve_blocks


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
    left, right = (self_energy_derivative(contact) for contact in attach(slices, energy))
    above, below = attach(slices, energy + STEP), attach(slices, energy - STEP)
    tolerance = 1e-7 * max(1, np.abs(left).max(), np.abs(right).max())
    assert np.abs((above.left.sigma - below.left.sigma) / (2 * STEP) - left).max() < tolerance
    assert np.abs((above.right.sigma - below.right.sigma) / (2 * STEP) - right).max() < tolerance


@pytest.mark.parametrize("energy", [0.0, 1e-9, 1e-3, 0.7])
def test_a_clean_site_delays_nothing(energy):
    # Both planes lie on it. Q is a sum of numbers of order one, of which rounding errors stay.
    pairs = qt.Wire(qt.Chain(), terms=(qt.PWavePairing(0.6), qt.ChemicalPotential(0.0)))
    for wire in (qt.Wire(qt.Chain()), qt.Wire(qt.Square(3)), pairs):
        Q = wigner_smith(qt.sample_with_leads(wire, energy, 1, [0], 1))
        assert np.abs(Q).max() < 1e-14


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("length", [1, 7])
def test_friedel(name, length):
    # Tr Q / 2 pi = -(1/pi) Im Tr[G (1 - dSigma/dE)]: physics.md section 3.
    slices, energy = SYSTEMS[name]
    potential = np.random.default_rng(5).uniform(-1, 1, (length, slices.sites, 3))
    system = blocks(slices, energy, potential)
    Q = wigner_smith(system)
    assert np.abs(Q - Q.conj().swapaxes(1, 2)).max() < 1e-11
    trace = np.trace(Q, axis1=1, axis2=2).real
    density = density_of_states(system)
    assert trace / (2 * np.pi) == pytest.approx(density, abs=1e-11 * (1 + np.abs(density).max()))
    # Without what the leads add it is another number.
    plain = local_density_of_states(system).sum(axis=(0, 2))
    assert np.abs(plain - density).max() > 1e-3


def s_matrix(slices, energy, potential, aligned_to):
    """S = -1 + i W^+ G W, the columns of W turned to those at another energy."""
    system = blocks(slices, energy, potential)
    L, _, M, _ = system.diagonal.shape
    W = []
    for read, goal in zip(
        (system.leads.left.read, system.leads.right.read), aligned_to, strict=True
    ):
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
    found = wigner_smith(blocks(slices, energy, potential))
    assert np.abs(found - expected).max() < 1e-6 * max(1, np.abs(found).max())


def test_a_ballistic_chain_delays_by_length_over_velocity():
    energy, length = 0.3, 25
    system = blocks(strip(1), energy, np.zeros((length, 1, 1)))
    times = np.linalg.eigvalsh(wigner_smith(system))[0]
    # Reference planes lie on the end slices, half of the lead's bond beyond them on each side.
    velocity = np.sqrt(4 - energy**2)
    assert times.mean() == pytest.approx((length + 1) / velocity, rel=0.1)
    longer = blocks(strip(1), energy, np.zeros((length + 10, 1, 1)))
    more = np.linalg.eigvalsh(wigner_smith(longer))[0]
    assert (more - times).sum() == pytest.approx(2 * 10 / velocity, rel=1e-10)


def sigma_slope(slices, energy, step):
    """Central difference of fourth order."""
    near = [
        np.stack([contact.sigma for contact in attach(slices, energy + n * step)])
        for n in (-2, -1, 1, 2)
    ]
    return (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * step)


@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("energy", [0.0, 1e-5, -3e-4])
def test_edge_states_that_cross(width, energy):
    # At E = 0 the two edge states have the same wave vector; Sigma is smooth there.
    slices = qwz(width)
    found = np.stack([self_energy_derivative(contact) for contact in attach(slices, energy)])
    expected = sigma_slope(slices, energy, 1e-3)
    assert np.abs(found - expected).max() < 1e-8 * np.abs(expected).max()
    potential = np.random.default_rng(5).uniform(-1, 1, (7, width, 2))
    system = blocks(slices, energy, potential)
    trace = np.trace(wigner_smith(system), axis1=1, axis2=2).real
    # What both lack is the error of the interpolation, 6e-10 at width 8.
    assert trace / (2 * np.pi) == pytest.approx(density_of_states(system), abs=1e-8)


@pytest.mark.parametrize(("slices", "energy"), [(strip(2), 1.0), (strip(2, 0.1), None)])
def test_delay_at_a_threshold_is_refused(slices, energy):
    if energy is None:
        # The lowest edge of the upper band in the field: nothing moves there.
        k = np.linspace(-np.pi, np.pi, 20001)
        H = slices.h + np.exp(1j * k)[:, None, None] * slices.v
        bands = np.linalg.eigvalsh(H + np.exp(-1j * k)[:, None, None] * slices.v.conj().T)
        energy = bands[:, 1].min()
    sample = blocks(slices, energy, np.zeros((3, 2, 1)))
    with pytest.raises(qt.QtcoreError, match="a channel opens there or close by"):
        wigner_smith(sample)
    with pytest.raises(qt.QtcoreError, match="a channel opens there or close by"):
        density_of_states(sample)
    # The local density without the leads' part is finite.
    assert np.isfinite(local_density_of_states(sample)).all()


@pytest.mark.parametrize(("energy", "height"), [(0.7, 0.9), (-1.2, 0.9), (0.7, -2.0)])
def test_the_time_of_passing_one_impurity(energy, height):
    # t = exp(i q (L - 1)) / (1 + i V / v), dq / dE = 1 / v: its phase by hand, weighted with |t|².
    length, v = 9, np.sqrt(4 - energy**2)
    wire = qt.Wire(qt.Chain(), qt.Fixed([[height if n == 4 else 0.0] for n in range(length)]))
    found = delays(qt.sample_with_leads(wire, energy, length, [0], 1))
    g, time = found.passing()
    T = 1 / (1 + (height / v) ** 2)
    expected = (length - 1) / v - height * energy / (v * (v**2 + height**2))
    assert g[0] == pytest.approx(T, rel=1e-12)
    assert time[0] == pytest.approx(T * expected, rel=1e-10)
    assert found.dwell == pytest.approx(found.proper.mean(axis=1))


@pytest.mark.parametrize("flux", [0.0, 0.03])
def test_passing_gives_the_conductance_both_ways(flux):
    wire = qt.Wire(qt.Square(4), qt.Box(2.0), flux=flux)
    g, time = delays(qt.sample_with_leads(wire, 0.7, 12, range(3), 4)).passing()
    assert g == pytest.approx(np.exp(qt.ln_conductance(wire, 0.7, [12], range(3), 4)[:, 0]))
    assert (time > 5 * g).all()  # no wave is faster than 2, the largest velocity of the band
