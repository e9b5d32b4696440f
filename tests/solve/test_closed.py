"""Closed samples made from a wire, bond by bond."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.closed import closed_hamiltonian

SEED = 3
WIRES = [
    qt.Wire(qt.Square(3), (qt.Box(1.0), qt.RandomHopping(0.5)), 0.1),
    qt.Wire(qt.Square(2), (qt.Box(1.0), qt.RandomSU2())),
    qt.Wire(qt.Honeycomb(3), (qt.Box(1.0), qt.RandomPhase(0.5))),
    qt.Wire(qt.Square(3), qt.Box(1.0), terms=[qt.Rashba(0.3)]),
]


def dense(wire, length, realization, around):
    """H with v_n between the slices n and n + 1, and `around` times the last one to slice 0."""
    sample, M = np.array([realization], dtype=np.uint64), len(wire.slices().h)
    hopping = wire.hopping_of(sample, 0, length, SEED)
    inside, ahead = hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]
    eps = np.repeat(wire.potential_of(sample, 0, length, SEED)[:, :, 0], wire.orbitals, axis=1)
    x = np.repeat(wire.lattice.positions()[:, 0], wire.orbitals)
    apart = x[None, :] - x[:, None]
    H = np.zeros((length, M, length, M), complex)
    velocity = np.zeros_like(H)
    for n in range(length):
        H[n, :, n] += inside[n] + np.diag(eps[n])
        following, factor = (n + 1) % length, 1 if n + 1 < length else around
        H[n, :, following] += factor * ahead[n]
        H[following, :, n] += np.conj(factor) * ahead[n].conj().T
        # v_x = i [H, x]: i H times the distance.
        velocity[n, :, n] += 1j * inside[n] * apart
        moved = 1j * factor * ahead[n] * (apart + wire.lattice.period)
        velocity[n, :, following] += moved
        velocity[following, :, n] += moved.conj().T
    return H.reshape(length * M, -1), velocity.reshape(length * M, -1)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("periodic", "twist"), [(False, 0.0), (True, 0.0), (True, 0.7)])
def test_a_sample_is_its_bonds(wire, periodic, twist):
    found = qt.closed_sample(wire, 5, 2, SEED, periodic, twist)
    H, velocity = dense(wire, 5, 2, np.exp(1j * twist) if periodic else 0)
    assert np.abs(found.H.toarray() - H).max() < 1e-14
    assert np.abs(found.velocity.toarray() - velocity).max() < 1e-14
    assert np.iscomplexobj(found.H.data) == bool(H.imag.any())


@pytest.mark.parametrize("edge", ["zigzag", "armchair"])
@pytest.mark.parametrize("terms", [(), (qt.Haldane(0.2),)])
def test_velocities_on_ribbons_are_slopes_of_the_levels(edge, terms):
    """Hellmann and Feynman: <v> = dE/dk, and a twist is k times the extent of the sample."""
    wire, L = qt.Wire(qt.Honeycomb(3, edge), qt.Box(1.0), terms=terms), 5
    extent = L * (1 if edge == "zigzag" else np.sqrt(3))

    def levels(twist):
        return np.linalg.eigh(qt.closed_sample(wire, L, 0, SEED, True, twist).H.toarray())

    v = qt.closed_sample(wire, L, 0, SEED, True, 0.7).velocity.toarray()
    psi = levels(0.7)[1]
    step = 1e-4
    slopes = extent * (levels(0.7 + step)[0] - levels(0.7 - step)[0]) / (2 * step)
    assert np.abs(slopes).max() > 0.3
    assert np.abs(np.einsum("il,ij,jl->l", psi.conj(), v, psi) - slopes).max() < 1e-5


@pytest.mark.parametrize(
    ("lattice", "expected"),
    [
        (qt.Chain(), 6),
        (qt.Square(5), 30),
        (qt.Cubic(2, 3), 36),
        # Two sites of the honeycomb lattice have sqrt(3) / 2; a slice of 4 lines has 8 sites.
        (qt.Honeycomb(4), 48 * np.sqrt(3) / 4),
        (qt.Honeycomb(4, "armchair"), 48 * np.sqrt(3) / 4),
    ],
)
def test_area_of_a_sample(lattice, expected):
    assert qt.observe.area_of(qt.Wire(lattice), 6) == pytest.approx(expected, rel=1e-14)


def test_area_of_something_else_is_refused():
    with pytest.raises(qt.InputError, match="area must be given for Custom"):
        qt.observe.area_of(qt.Wire(qt.Custom(np.zeros((3, 3)), np.eye(3))), 4)
    with pytest.raises(qt.InputError, match=r"length .* must be a whole number >= 1, got 0.5"):
        qt.observe.area_of(WIRES[0], 0.5)
    with pytest.raises(qt.InputError, match=r"wire must be a qtcore\.Wire"):
        qt.observe.area_of("wire", 4)


def test_a_random_hopping_that_is_real_stays_real():
    H, _ = qt.closed_sample(qt.Wire(qt.Square(3), qt.RandomHopping(0.5)), 5, 0, SEED)
    assert not np.iscomplexobj(H.data)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5.5, 0, SEED), "length .* must be a whole number >= 1, got 5.5"),
        ((5, -1, SEED), "realization must be >= 0, got -1"),
        ((5, 0, -3), "seed must be >= 0, got -3"),
        ((2, 0, SEED, True), "at least 3 slices, got 2"),
        ((5, 0, SEED, True, float("nan")), "twist must be finite"),
        ((5, 0, SEED, False, 0.3), "a twist needs periodic=True"),
    ],
)
def test_bad_samples_are_named(arguments, message):
    with pytest.raises(qt.InputError, match=message):
        qt.closed_sample(WIRES[0], *arguments)


def test_something_else_than_a_wire_is_refused():
    with pytest.raises(qt.InputError, match=r"wire must be a qtcore\.Wire, got 'wire'"):
        qt.closed_sample("wire", 5, 0, SEED)
    with pytest.raises(qt.InputError, match="slices of 3 sites"):
        closed_hamiltonian(WIRES[0].slices(), np.zeros((4, 2)))
