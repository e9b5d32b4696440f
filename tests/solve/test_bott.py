"""Bott indices and spin Chern numbers against Chern numbers from twisted boundaries."""

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.room import Limit, limited
from qtcore.solve import bott as module


def torus(mass, strength=0.0, width=8, lattice=None, **more):
    return qt.Wire(
        lattice or qt.Square(width, periodic=True),
        qt.Box(strength),
        terms=(qt.QWZ(1.0, mass),),
        **more,
    )


def from_twists(wire, length, realization, energy=0.0, grid=5):
    """Chern number from Berry phases of the filled states on a grid of twists along and across.

    In the sign of the Hall conductivity of electrons, which is minus that of the Berry curvature. Fukui, Hatsugai and Suzuki, J. Phys. Soc. Jpn. 74, 1674 (2005).
    """
    y = np.repeat(np.tile(wire.lattice.positions()[:, 1], length), wire.orbitals)
    around = wire.lattice.wraps()[0][1]
    passes = np.rint((y[:, None] - y) / around)
    states = np.empty((grid, grid), dtype=object)
    for i, along in enumerate(2 * np.pi * np.arange(grid) / grid):
        H = qt.closed_sample(wire, length, realization, 1, periodic=True, twist=along).H.toarray()
        for j, across in enumerate(2 * np.pi * np.arange(grid) / grid):
            levels, psi = np.linalg.eigh(H * np.exp(1j * across * passes))
            states[i, j] = psi[:, levels < energy]

    def link(a, b):
        return np.linalg.slogdet(a.conj().T @ b)[0]

    total = 0.0
    for i in range(grid):
        for j in range(grid):
            a, b = states[i, j], states[(i + 1) % grid, j]
            c, d = states[(i + 1) % grid, (j + 1) % grid], states[i, (j + 1) % grid]
            total += np.angle(link(a, b) * link(b, c) * link(c, d) * link(d, a))
    return round(-total / (2 * np.pi))


@pytest.mark.physics
@pytest.mark.parametrize(
    ("wire", "energy", "chern"),
    [
        (torus(-1.0), 0.0, 1),
        (torus(1.0), 0.0, -1),
        (torus(-3.0), 0.0, 0),
        (torus(-1.0), -9.0, 0),
        (torus(-1.0), 9.0, 0),
        (qt.Wire(qt.Honeycomb(8, periodic=True), terms=(qt.Haldane(0.2),)), 0.0, -1),
        (qt.Wire(qt.Honeycomb(8, "armchair", periodic=True), terms=(qt.Haldane(0.2),)), 0.0, -1),
        (qt.Wire(qt.Honeycomb(8, periodic=True), terms=(qt.Haldane(0.1, mass=1.5),)), 0.0, 0),
        (qt.Wire(qt.Square(8, periodic=True), flux=1 / 4), -2.0, 1),
    ],
)
def test_clean_phases_have_the_sign_of_the_hall_conductivity(wire, energy, chern):
    found = observe.bott_index(wire, energy, 8, [0], 1)
    assert found.values.tolist() == [chern]
    assert not found.suspect[0]
    assert found.gap[0] > 0.4


@pytest.mark.physics
def test_disordered_samples_have_the_chern_number_of_their_twisted_boundaries():
    seen = []
    for mass, strength in ((-1.0, 3.0), (1.0, 3.0), (-2.2, 3.0), (-1.0, 14.0)):
        wire = torus(mass, strength, width=6)
        found = observe.bott_index(wire, 0.0, 6, range(2), 1)
        for realization, value, doubt in zip(range(2), found.values, found.suspect, strict=True):
            seen.append(value)
            assert doubt or value == from_twists(wire, 6, realization)
    assert set(seen) == {-1, 0, 1}


@pytest.mark.physics
def test_disordered_samples_have_their_hall_conductivity():
    """The same samples by the formula of Kubo and Bastin, which has a finite resolution."""
    wire = torus(-1.0, 1.5, width=10)
    index = observe.bott_index(wire, 0.0, 10, [0], 1)
    hall = observe.kubo_bastin(wire, [0.0], 10, [0], 1, moments=112, vectors=16)
    # Both factors of the formula blur 1 / (2 gap)² by a Gaussian each.
    bias = 6 * (hall.width / (2 * index.gap)) ** 2
    assert bias.max() < 0.3
    assert index.values.tolist() == [1]
    assert (np.abs(hall.values[:, 0] - index.values) < bias + 4 * hall.errors[:, 0]).all()


@pytest.mark.physics
def test_disorder_makes_an_ordinary_insulator_topological():
    """The topological Anderson insulator at m = -2.2 (mean mass beyond -2 from W = 2.5 on)."""
    means = [
        observe.bott_index(torus(-2.2, strength, width=10), 0.0, 10, range(6), 1).values.mean()
        for strength in (1.0, 4.0, 14.0)
    ]
    assert means[0] == means[2] == 0
    assert means[1] > 0.6


def test_a_transition_is_flagged():
    found = observe.bott_index(torus(-2.0), 0.0, 8, [0], 1)
    assert found.gap[0] < 1e-9
    assert found.suspect[0]


def test_the_branch_cut_is_stated():
    strong = observe.bott_index(torus(-1.0, 9.0, width=6), 0.0, 6, range(8), 1)
    weak = observe.bott_index(torus(-1.0, 1.0, width=6), 0.0, 6, range(8), 1)
    assert strong.branch.min() < 0.3 < weak.branch.min() <= 1.0


KANE_MELE = {
    "without mixing": (0.0, 0.0, 0.0),
    "with Rashba coupling": (0.15, 0.0, 0.0),
    "with Rashba coupling and disorder": (0.15, 0.0, 1.0),
    "with a large mass": (0.15, 1.5, 0.0),
}


@pytest.mark.physics
@pytest.mark.parametrize("name", KANE_MELE)
def test_spin_chern_numbers_of_kane_and_mele(name):
    rashba, mass, strength = KANE_MELE[name]
    terms = (qt.KaneMele(0.15, mass), *([qt.Rashba(rashba)] if rashba else []))
    wire = qt.Wire(qt.Honeycomb(6, periodic=True), qt.Box(strength), terms=terms)
    found = observe.spin_chern_number(wire, 0.0, 6, [0, 1], 1)
    up = qt.Wire(
        qt.Honeycomb(6, periodic=True), qt.Box(strength), terms=(qt.Haldane(0.15, mass=mass),)
    )
    # Spin up alone is Haldane's model with its phase of pi / 2.
    expected = observe.bott_index(up, 0.0, 6, [0, 1], 1).values
    assert found.up.tolist() == expected.tolist()
    assert found.down.tolist() == (-expected).tolist()
    assert found.values.tolist() == expected.tolist()
    assert set(expected) == ({0} if mass else {-1})
    assert not found.suspect.any()
    if not rashba:
        assert found.spin_gap == pytest.approx(1.0)
    else:
        assert (found.spin_gap > 0.2).all()
        assert (found.spin_gap < 0.9999).all()
    # All electrons together carry no Hall current.
    assert observe.bott_index(wire, 0.0, 6, [0], 1).values[0] == 0


@pytest.mark.physics
def test_spin_chern_numbers_of_a_quantum_well():
    # H of spin up is (M - 4B + ...) sigma_z: topological for 0 < M / 2B < 2.
    for mass, topological in ((1.0, True), (-1.0, False)):
        wire = qt.Wire(
            qt.Square(8, periodic=True), qt.Box(0.5), terms=(qt.BHZ(A=1.0, B=0.5, D=0.0, M=mass),)
        )
        found = observe.spin_chern_number(wire, 0.0, 8, [0], 1)
        assert abs(found.values[0]) == topological
        assert found.up[0] == -found.down[0]
        # A field along the plane mixes the spins, and time reversal is lost.
        mixed = qt.Wire(wire.lattice, wire.disorder, terms=(*wire.terms, qt.Zeeman(bx=0.2)))
        tilted = observe.spin_chern_number(mixed, 0.0, 8, [0], 1)
        assert tilted.values[0] == found.values[0]
        assert tilted.spin_gap[0] < 0.999 * found.spin_gap[0]


@pytest.mark.parametrize("energy", [-99.0, 99.0])
def test_no_level_or_every_level_filled_is_ordinary(energy):
    wire = qt.Wire(qt.Honeycomb(4, periodic=True), terms=(qt.KaneMele(0.15),))
    found = observe.spin_chern_number(wire, energy, 4, [0], 1)
    assert (found.up[0], found.down[0], found.spin_gap[0]) == (0, 0, pytest.approx(1.0))
    assert observe.bott_index(wire, energy, 4, [0], 1).values[0] == 0


def test_a_spin_of_ones_own_is_that_of_the_layer():
    layers = [(-1.0, 0), (-3.0, 1)]
    kinetic = {m: qt.Wire(qt.Square(6, periodic=True), terms=(qt.QWZ(1.0, m),)) for m, _ in layers}
    one, other = kinetic[-1.0].slices(), kinetic[-3.0].slices()
    M = len(one.h)
    # Orbital order: layer outermost on each site.
    order = np.array(
        [[s * 2 + b for b in (0, 1)] + [M + s * 2 + b for b in (0, 1)] for s in range(6)]
    )
    h, v = (
        np.block([[a, np.zeros((M, M))], [np.zeros((M, M)), b]])[
            np.ix_(order.ravel(), order.ravel())
        ]
        for a, b in ((one.h, other.h), (one.v, other.v))
    )

    class Closed(qt.Custom):
        def wraps(self):
            return [np.array([0.0, 6.0, 0.0])]

    wire = qt.Wire(Closed(h, v, orbitals=4))
    layer = np.kron(np.diag([1.0, -1.0]), np.eye(2))
    found = observe.spin_chern_number(wire, 0.0, 6, [0], 1, spin=layer)
    assert (found.up[0], found.down[0]) == (1, 0)
    assert found.values[0] == 0.5


def test_a_spin_gap_that_closes_is_flagged(monkeypatch):
    wire = qt.Wire(qt.Honeycomb(6, periodic=True), terms=(qt.KaneMele(0.15), qt.Zeeman(bx=1.5)))
    found = observe.spin_chern_number(wire, 0.0, 6, [0], 1)
    assert found.spin_gap[0] < 0.3
    monkeypatch.setattr(module, "NO_SPIN_GAP", 0.3)
    assert observe.spin_chern_number(wire, 0.0, 6, [0], 1).suspect[0]


def test_more_than_the_memory_is_refused():
    with (
        limited(Limit(of_process=1)),
        pytest.raises(qt.InputError, match="all states of 128 orbitals need"),
    ):
        observe.bott_index(torus(-1.0), 0.0, 8, [0], 1)


REFUSED = {
    "edges": (
        lambda: observe.bott_index(qt.Wire(qt.Square(8)), 0.0, 8, [0], 1), "closed across", "chern_marker",
    ),
    "a bar": (
        lambda: observe.bott_index(qt.Wire(qt.Cubic(4, 4, periodic=True)), 0.0, 8, [0], 1), "closed across",
    ),
    "a short ring": (lambda: observe.bott_index(torus(-1.0), 0.0, 2, [0], 1), "at least 3 slices"),
    "an energy that is none": (lambda: observe.bott_index(torus(-1.0), np.nan, 8, [0], 1), "got nan", "finite"),
    "no wire": (lambda: observe.bott_index(3, 0.0, 8, [0], 1), "a qtcore.Wire", "got 3"),
    "a large torus": (lambda: observe.bott_index(torus(-1.0), 0.0, 1000, [0], 1), "16,000 orbitals", "6,000"),
    "no spin": (lambda: observe.spin_chern_number(torus(-1.0), 0.0, 8, [0], 1), "spin=", "acts on it"),
    "a spin of another size": (
        lambda: observe.spin_chern_number(torus(-1.0), 0.0, 8, [0], 1, spin=np.eye(3)), "(2, 2)", "(3, 3)",
    ),
    "a spin that is none": (
        lambda: observe.spin_chern_number(torus(-1.0), 0.0, 8, [0], 1, spin=[[1, 1], [0, 1]]),
        "eigenvalues 1 and -1",
    ),
    "a spin in words": (
        lambda: observe.spin_chern_number(torus(-1.0), 0.0, 8, [0], 1, spin="z"), "a square array of numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(name):
    call, *words = REFUSED[name]
    with pytest.raises(qt.InputError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
