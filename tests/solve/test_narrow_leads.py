"""Strips between narrower leads: the kernels of plain strips, and a front where leads lie apart."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve import certified

SEED = 3


def strip(width, W, lead, offset, right=None, **more):
    return qt.Wire(
        qt.Square(width, **more),
        qt.Box(W),
        lead_lattice=lead,
        lead_offset=offset,
        right_lead_offset=right,
    )


STRIPS = {
    "chains on an edge": strip(6, 8.0, qt.Chain(), 0),
    "chains in the middle, deep": strip(7, 24.0, qt.Chain(), -3),
    "chains, metallic": strip(5, 1.0, qt.Chain(), -2),
    "three of seven": strip(7, 8.0, qt.Square(3), -3),
    "chains on a cylinder": strip(6, 8.0, qt.Chain(), -2, periodic=True),
    "opposite corners": strip(6, 8.0, qt.Chain(), 0, -5),
    "opposite corners, deep": strip(8, 40.0, qt.Chain(), -7, 0),
    "opposite corners, metallic": strip(5, 1.0, qt.Chain(), 0, -4),
    "three of seven, apart": strip(7, 8.0, qt.Square(3), -4, -1),
    "corners of a cylinder": strip(6, 8.0, qt.Chain(), 0, -3, periodic=True),
}


@pytest.mark.parametrize("name", STRIPS)
def test_it_is_what_recursive_green_functions_find(name):
    wire = STRIPS[name]
    apart = wire.right_lead_offset is not None
    assert qt.choose(wire).method == ("front" if apart else "transfer")
    one, other = (
        qt.scattering(wire, 0.1, [1, 4, 9], range(12), SEED, method=method)
        for method in ("auto", "recursive")
    )
    assert not one.suspect.any()
    assert (abs(one.ln_g - other.ln_g) <= one.certificate + other.certificate).all()
    np.testing.assert_allclose(one.ln_g, other.ln_g, rtol=0, atol=1e-8)
    np.testing.assert_allclose(one.reflection, other.reflection, rtol=0, atol=1e-9)


def test_a_front_takes_samples_in_doubt(monkeypatch):
    """The transfer solver knows no sample of this strip to 1e-9; nobody asks the recursive solver."""
    wire = strip(16, 24.0, qt.Chain(), -8)
    monkeypatch.setattr(certified, "recursive_family", None)
    one = qt.scattering(wire, 0.1, [8, 16], range(16), SEED, tolerance=1e-9)
    monkeypatch.undo()
    assert not one.suspect.any()
    other = qt.ln_conductance(wire, 0.1, [8, 16], range(16), SEED, method="recursive")
    np.testing.assert_allclose(one.ln_g, other, rtol=0, atol=1e-9)


def test_other_wires_in_doubt_have_no_front():
    """A strip with a missing site between corners: the transfer solver knows it to 1e-4 only."""
    hole = qt.MissingSites(lambda x, y: (x == 3) & (y == 3))
    given = {"lead_lattice": qt.Chain(), "right_lead_offset": -11, "structure": [hole]}
    wire = qt.Wire(qt.Square(12), qt.Box(64.0), **given)
    assert qt.choose(wire).method == "transfer"
    one, other = (
        qt.scattering(wire, 0.1, [16], range(8), SEED, method=method)
        for method in ("auto", "recursive")
    )
    assert not one.suspect.any()
    np.testing.assert_allclose(one.ln_g, other.ln_g, rtol=0, atol=1e-8)


def test_depth_is_no_limit():
    """|t|² is no number below e^-745, and what adds up to it is known down to e^-598."""
    wire = strip(6, 64.0, qt.Chain(), 0, -5)
    one, other = (
        qt.scattering(wire, 0.1, [170], range(8), SEED, method=method)
        for method in ("auto", "recursive")
    )
    assert other.ln_g.max() < -700
    assert not one.suspect.any()
    assert (abs(one.ln_g - other.ln_g) <= one.certificate + other.certificate).all()


@pytest.mark.parametrize("name", ["three of seven", "three of seven, apart"])
def test_every_eigenvalue_is_found(name):
    one, other = (
        qt.ln_transmission_eigenvalues(STRIPS[name], 0.1, [4], range(8), SEED, method=method)
        for method in ("auto", "recursive")
    )
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)


@pytest.mark.parametrize("right", [None, -5])
def test_a_chain_on_a_site_is_a_self_energy_there(right):
    """g = v² |G|² between two sites of a dense matrix, v = 2 sin k."""
    E, L, wire = 0.3, 6, strip(6, 4.0, qt.Chain(), 0, right)
    one_to_next = np.kron(np.eye(L, k=1), np.eye(6)) + np.kron(np.eye(L), np.eye(6, k=1))
    sigma = (E - 1j * np.sqrt(4 - E**2)) / 2
    found = qt.ln_conductance(wire, E, [L], range(4), SEED)[:, 0]
    for realization in range(4):
        H = one_to_next + one_to_next.T + np.diag(wire.onsite(realization, range(L), SEED).ravel())
        ends = 0, 6 * (L - 1) + (0 if right is None else 5)
        Z = E * np.eye(36) - H.astype(complex)
        Z[ends, ends] -= sigma
        g = (4 - E**2) * abs(np.linalg.inv(Z)[ends]) ** 2
        assert found[realization] == pytest.approx(np.log(g), abs=1e-10)


@pytest.mark.parametrize("name", ["chains on an edge", "opposite corners"])
def test_lengths_and_samples_have_the_bits_that_they_have_alone(name):
    wire = STRIPS[name]
    together = qt.ln_conductance(wire, 0.1, [3, 8], range(12), SEED)
    assert (
        qt.ln_conductance(wire, 0.1, [8], range(12), SEED)[:, 0].tolist() == together[:, 1].tolist()
    )
    assert qt.ln_conductance(wire, 0.1, [8], [9], SEED)[0, 0] == together[9, 1]


def test_both_ways_are_alike():
    """Time reversal: the same g, and the same sample seen with the leads exchanged."""
    wire = strip(6, 8.0, qt.Chain(), 0, -5)
    left, right = (
        qt.ln_conductance(wire, 0.1, [7], range(8), SEED, incidence=side)
        for side in ("left", "right")
    )
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("wire", "absorption", "method"),
    [
        (strip(6, 8.0, qt.Square(8), 1), 0.0, "transfer"),
        (strip(6, 0.0, qt.Chain(), -2), 0.0, "transfer"),
        (strip(6, 8.0, qt.Chain(), -2), 0.1, "recursive"),
        (strip(6, 8.0, qt.Chain(), 0, -5), 0.1, "recursive"),
        (strip(6, 8.0, qt.Chain(), 0, 0), 0.0, "transfer"),
    ],
)
def test_who_solves_it(wire, absorption, method):
    assert qt.choose(wire, absorption=absorption).method == method


def test_kwant_agrees():
    kwant = pytest.importorskip("kwant")
    M, L, E, wire = 5, 6, 0.1, strip(5, 8.0, qt.Chain(), 0, -4)
    onsite = wire.onsite(2, range(L), SEED)
    lattice = kwant.lattice.square(norbs=1)
    system = kwant.Builder()
    for x in range(L):
        for y in range(M):
            system[lattice(x, y)] = onsite[x, y]
    system[lattice.neighbors()] = 1
    for step, y in ((-1, 0), (1, M - 1)):
        lead = kwant.Builder(kwant.TranslationalSymmetry((step, 0)))
        lead[lattice(0, y)] = 0
        lead[lattice.neighbors()] = 1
        system.attach_lead(lead)
    T = kwant.smatrix(system.finalized(), E).transmission(1, 0)
    assert qt.ln_conductance(wire, E, [L], [2], SEED)[0, 0] == pytest.approx(np.log(T), abs=1e-9)


def test_clean_strips_whose_states_reach_no_lead_are_flagged():
    """At E = 0 a clean strip has states with nodes at the contact; their samples stay in doubt."""
    wire = strip(7, 0.0, qt.Chain(), -3)
    one, other = (
        qt.scattering(wire, 0.0, [1, 4, 33], range(2), SEED, method=method)
        for method in ("auto", "recursive")
    )
    np.testing.assert_array_equal(one.suspect, other.suspect)
    assert one.suspect.any()


def test_planes_of_S_are_a_slice_further_out_between_leads_of_another_lattice():
    # Nothing scatters where a row of the wider sample is missing: t = lambda^(L + 2), and lambda^L in a plain wire.
    energy, length = -2.45, 5
    k = np.arccos((energy + 2 * np.cos(np.pi / 4)) / 2)
    plain = qt.Wire(qt.Square(3))
    cut = qt.MissingSites(lambda _, y: y == 3)
    other = qt.Wire(qt.Square(4), lead_lattice=qt.Square(3), structure=[cut])
    for wire, slices in ((plain, length), (other, length + 2)):
        found = qt.scattering_matrices(wire, energy, [length], [0], 1)[0]
        t = found.t[0, 0, 0] * np.exp(found.log_scale[0])
        assert abs(t - np.exp(-1j * k * slices)) < 1e-12
