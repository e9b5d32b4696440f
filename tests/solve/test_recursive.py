"""The recursive solver against exact formulas (physics.md section 2), and the laws of S."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.lattice import Cubic, Honeycomb
from qtcore.model.slices import Slices
from qtcore.model.terms import QWZ, Rashba
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


def zigzag(rows):
    h = np.zeros((2 * rows, 2 * rows), complex)
    bond = np.arange(2 * rows - 1)
    h[bond, bond + 1] = h[bond + 1, bond] = 1
    v = np.zeros_like(h)
    v[np.arange(0, 2 * rows, 2), np.arange(1, 2 * rows, 2)] = 1
    return Slices(h, v, h, v, 1)


def doped():
    """A lead that differs from the sample in everything: on-site shift, coupling, field."""
    sample = strip(5, 0.04)
    lead = qt.Square(5).transverse() - 0.8 * np.eye(5)
    return Slices(sample.h, sample.v, lead, 1.2 * np.eye(5, dtype=complex), 1)


SYSTEMS = {
    "strip": (strip(6), 0.5),
    "cylinder": (strip(6, periodic=True), 0.5),
    "field": (strip(7, 0.03), 0.5),
    "field in the sample only": (strip(7, 0.03, field_in_leads=False), -1.2),
    "chern insulator": (qwz(5), 1.5),
    "zigzag ribbon": (zigzag(4), 0.6),
    "doped leads": (doped(), 0.4),
}


def conductance(slices, energy, potential):
    found = scattering_matrices(slices, energy, [len(potential)], potential)[0]
    return np.exp(found.ln_g)


def box(slices, length, strength, realizations, seed=1):
    shape = (length, slices.sites, realizations)
    return np.random.default_rng(seed).uniform(-strength / 2, strength / 2, shape)


@pytest.mark.parametrize("energy", [0.3, -1.7])
@pytest.mark.parametrize("V", [0.4, -2.0, 50.0])
def test_one_impurity_in_a_chain(energy, V):
    velocity = np.sqrt(4 - energy**2)
    g = conductance(strip(1), energy, np.full((1, 1, 1), V))
    assert g[0] == pytest.approx(1 / (1 + (V / velocity) ** 2), rel=1e-12)


@pytest.mark.parametrize(("energy", "coupling", "level"), [(0.3, 0.7, -0.4), (-1.1, 0.2, -1.05)])
def test_site_at_the_side_of_a_chain(energy, coupling, level):
    # Slices of two sites; the second one hangs on the first, and in the leads on nothing.
    h, v = np.array([[0, coupling], [coupling, level]], complex), np.diag([1.0 + 0j, 0])
    slices = Slices(h, v, np.diag([0.0 + 0j, 9.0]), v, 1)
    velocity = np.sqrt(4 - energy**2)
    expected = 1 / (1 + (coupling**2 / ((energy - level) * velocity)) ** 2)
    assert conductance(slices, energy, np.zeros((1, 2, 1)))[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("V", [0.5, 1.5, 4.5])
@pytest.mark.parametrize("sites", [1, 2, 7, 20])
def test_rectangular_barrier(V, sites):
    energy = 0.3
    k, q = np.arccos(energy / 2), np.arccos(complex(energy - V) / 2)
    ratio = np.sin(sites * q) ** 2 / (np.sin(k) ** 2 * np.sin(q) ** 2)
    expected = 1 / (1 + (V / 2) ** 2 * ratio.real)
    g = conductance(strip(1), energy, np.full((sites, 1, 1), V))
    assert g[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("distance", [1, 2, 5, 30])
def test_two_impurities(distance):
    energy, V = 0.7, 1.3
    k = np.arccos(energy / 2)
    x = V / (2 * np.sin(k))
    r, tau = -1j * x / (1 + 1j * x), 1 / (1 + 1j * x)
    # The formula's waves have hopping -1; with +1 the phase runs backwards.
    expected = abs(tau**2 / (1 - r**2 * np.exp(-2j * k * distance))) ** 2
    potential = np.zeros((distance + 1, 1, 1))
    potential[[0, -1]] = V
    assert conductance(strip(1), energy, potential)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("V", [0.8, -3.0])
@pytest.mark.parametrize(("width", "energy", "row"), [(7, 0.35, 2), (10, -1.6, 0), (4, 2.5, 1)])
def test_one_impurity_in_a_strip(width, energy, row, V):
    n = np.arange(1, width + 1)
    c = (energy - 2 * np.cos(np.pi * n / (width + 1))) / 2
    weight = 2 / (width + 1) * np.sin(np.pi * n * (row + 1) / (width + 1)) ** 2
    is_open = np.abs(c) < 1
    A = (weight[is_open] / (2 * np.sqrt(1 - c[is_open] ** 2))).sum()
    closed = c[~is_open]
    R = (np.sign(closed) * weight[~is_open] / (2 * np.sqrt(closed**2 - 1))).sum()
    expected = is_open.sum() - (V * A) ** 2 / ((1 - V * R) ** 2 + (V * A) ** 2)
    potential = np.zeros((3, width, 1))
    potential[1, row] = V
    assert conductance(strip(width), energy, potential)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("width", "row"), [(7, 3), (8, 2)])
def test_a_vacancy_at_the_band_centre_removes_one_channel(width, row):
    potential = np.zeros((1, width, 1))
    potential[0, row] = 1e8
    g = conductance(strip(width), 0.0, potential)[0]
    assert g == pytest.approx(width - 1, abs=1e-7)


@pytest.mark.parametrize("name", SYSTEMS)
def test_scattering_is_unitary(name):
    slices, energy = SYSTEMS[name]
    for S in scattering_matrices(slices, energy, [1, 2, 15], box(slices, 15, 2.0, 4)):
        matrix = S.matrix()
        product = matrix.conj().swapaxes(1, 2) @ matrix
        assert np.abs(product - np.eye(matrix.shape[1])).max() < 1e-11
        assert S.defect.max() < 1e-11


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_longer_wire_continues_the_shorter(name):
    slices, energy = SYSTEMS[name]
    potential = box(slices, 12, 1.0, 3)
    several = scattering_matrices(slices, energy, [4, 12], potential)
    alone = scattering_matrices(slices, energy, [4], potential)[0]
    assert np.array_equal(several[0].matrix(), alone.matrix())


@pytest.mark.parametrize("name", ["strip", "cylinder", "field", "chern insulator", "zigzag ribbon"])
def test_a_clean_wire_conducts_one_per_channel(name):
    slices, energy = SYSTEMS[name]
    for S in scattering_matrices(slices, energy, [1, 30], np.zeros((30, slices.sites, 1))):
        assert np.exp(S.ln_g[0]) == pytest.approx(S.t.shape[1], abs=1e-11)
        assert S.reflection[0] < 1e-20


def test_reciprocity():
    # S(B) = S(-B)^T in the waves of real leads, which are partners under time reversal.
    potential = box(strip(6), 20, 1.5, 3)
    there = scattering_matrices(strip(6, 0.04, field_in_leads=False), 0.5, [20], potential)[0]
    # In this gauge the phases of the last slice are those of the first: nothing else differs.
    back = scattering_matrices(strip(6, -0.04, field_in_leads=False), 0.5, [20], potential)[0]
    assert np.abs(there.matrix() - back.matrix().swapaxes(1, 2)).max() < 1e-12
    assert np.abs(there.matrix() - there.matrix().swapaxes(1, 2)).max() > 1e-2


def test_field_in_the_leads_is_even_in_the_field():
    potential = box(strip(6), 20, 1.5, 3)
    g = [conductance(strip(6, flux), 0.5, potential) for flux in (0.04, -0.04)]
    assert g[0] == pytest.approx(g[1], rel=1e-11)


@pytest.mark.parametrize("name", ["field", "chern insulator", "zigzag ribbon"])
def test_gauge_invariance(name):
    slices, energy = SYSTEMS[name]
    rng = np.random.default_rng(4)
    U = np.diag(np.exp(2j * np.pi * rng.random(len(slices.h))))
    along = np.exp(0.7j)
    turned = Slices(
        U @ slices.h @ U.conj().T,
        along * U @ slices.v @ U.conj().T,
        U @ slices.lead_h @ U.conj().T,
        along * U @ slices.lead_v @ U.conj().T,
        slices.orbitals,
    )
    potential = box(slices, 12, 2.0, 2)
    expected = conductance(slices, energy, potential)
    assert conductance(turned, energy, potential) == pytest.approx(expected, rel=1e-10)


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


def test_a_state_that_no_lead_reaches_is_named():
    v = np.diag([1.0 + 0j, 0])
    slices = Slices(np.diag([0.0 + 0j, 0.5]), v, np.diag([0.0 + 0j, 9.0]), v, 1)
    with pytest.raises(qt.QtcoreError, match=r"state at exactly this energy that no lead reaches"):
        conductance(slices, 0.5, np.zeros((2, 2, 1)))
    assert conductance(slices, 0.51, np.zeros((2, 2, 1)))[0] == pytest.approx(1, abs=1e-12)


WIRES = [
    qt.Wire(Cubic(3, 2), qt.Box(1.5), field=(0.05, 0.1, 0.02)),
    qt.Wire(Honeycomb(3, "zigzag"), qt.Box(0.5), flux=0.01),
    qt.Wire(Honeycomb(4, "armchair"), qt.Box(0.5)),
    qt.Wire(qt.Square(4), qt.Box(1.0), terms=(Rashba(0.3),)),
    qt.Wire(qt.Square(5), qt.Box(1.0), terms=(QWZ(-1.0),)),
]


@pytest.mark.parametrize("wire", WIRES)
def test_every_wire_is_unitary(wire):
    potential = wire.potential_of(np.arange(3, dtype=np.uint64), 0, 9, 5)
    S = scattering_matrices(wire.slices(), 0.6, [9], potential)[0]
    assert S.t.shape[1] > 0
    assert S.defect.max() < 1e-11


def test_absorption_takes_flux_away():
    slices = strip(1)
    S = scattering_matrices(slices, 0.0, [50], np.zeros((50, 1, 1)), absorption=0.01)[0]
    # A wave of velocity 2 loses exp(-2 eta / v) of its flux a slice, and is hardly reflected.
    assert np.exp(S.ln_g[0]) == pytest.approx(np.exp(-50 * 0.01), rel=1e-3)
    assert S.reflection[0] < 1e-4


@pytest.mark.parametrize(
    ("potential", "message"),
    [
        (np.zeros((3, 4)), "must be (slice, site, realization)"),
        (np.zeros((3, 5, 1)), "at least 3 slices of 4 sites, got shape (3, 5, 1)"),
        (np.zeros((2, 4, 1)), "at least 3 slices of 4 sites, got shape (2, 4, 1)"),
        (np.full((3, 4, 1), np.nan), "must be finite"),
    ],
)
def test_potentials_that_do_not_fit_are_named(potential, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        scattering_matrices(strip(4), 0.5, [3], potential)
