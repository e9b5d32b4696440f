"""Closed samples made from a wire, bond by bond."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.solve.closed import closed_matrices

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
    H = np.zeros((length, M, length, M), complex)
    x = np.zeros_like(H)
    for n in range(length):
        H[n, :, n] += inside[n] + np.diag(eps[n])
        following, factor = (n + 1) % length, 1 if n + 1 < length else around
        H[n, :, following] += factor * ahead[n]
        H[following, :, n] += np.conj(factor) * ahead[n].conj().T
        # v_x = i [H, x]: i H times the distance.
        x[n, :, following] += 1j * factor * ahead[n]
        x[following, :, n] -= 1j * np.conj(factor) * ahead[n].conj().T
    return H.reshape(length * M, -1), x.reshape(length * M, -1)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("periodic", "twist"), [(False, 0.0), (True, 0.0), (True, 0.7)])
def test_a_sample_is_its_bonds(wire, periodic, twist):
    found = qt.closed_sample(wire, 5, 2, SEED, periodic, twist)
    H, velocity = dense(wire, 5, 2, np.exp(1j * twist) if periodic else 0)
    assert np.abs(found.H.toarray() - H).max() < 1e-14
    assert np.abs(found.velocity.toarray() - velocity).max() < 1e-14
    assert np.iscomplexobj(found.H.data) == bool(H.imag.any())


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
        closed_matrices(WIRES[0].slices(), np.zeros((4, 2)))
