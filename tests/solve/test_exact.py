"""Exact levels of closed samples."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.solve.closed import closed_hamiltonian
from qtcore.solve.exact import eigenstates, eigenvalues


def strip(width, flux=0.0, periodic=False):
    h = qt.Square(width, periodic).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v, 1)


def test_levels_of_a_rectangle():
    kx, ky = np.pi * np.arange(1, 10) / 10, np.pi * np.arange(1, 5) / 5
    expected = np.sort((2 * np.cos(kx)[:, None] + 2 * np.cos(ky)).ravel())
    H = closed_hamiltonian(strip(4), np.zeros((9, 4)))
    assert H.dtype == np.float64
    assert eigenvalues(H) == pytest.approx(expected, abs=1e-13)


def test_levels_of_a_twisted_ring():
    twist, L = 0.7, 12
    H, velocity = qt.closed_sample(qt.Wire(qt.Chain()), L, 0, 1, periodic=True, twist=twist)
    k = (2 * np.pi * np.arange(L) + twist) / L
    energies, vectors = eigenstates(H)
    assert energies == pytest.approx(np.sort(2 * np.cos(k)), abs=1e-13)
    # <v> = dE/dk = L dE/dtwist of every state (Hellmann and Feynman).
    speed = np.einsum("ij,ik,kj->j", vectors.conj(), velocity.toarray(), vectors)
    found = np.sort(speed.real)
    assert found == pytest.approx(np.sort(-2 * np.sin(k)), abs=1e-12)


@pytest.mark.physics
def test_landau_levels():
    # physics.md section 15: flux 1/40 per plaquette; a torus, so that no edge fills the gaps.
    H = closed_hamiltonian(strip(40, 1 / 40, periodic=True), np.zeros((40, 40)), periodic=True)
    levels = eigenvalues(H)
    assert levels[[0, 40, 80, 120]] == pytest.approx(
        [-3.84599, -3.54401, -3.25402, -2.97580], abs=2e-4
    )


@pytest.mark.parametrize("flux", [0.0, 0.03])
def test_few_states_are_those_of_the_whole(flux):
    potential = np.random.default_rng(3).uniform(-1, 1, (20, 8))
    H = closed_hamiltonian(strip(8, flux), potential)
    everything, all_vectors = eigenstates(H)
    energies, vectors = eigenstates(H, count=7, near=0.4)
    nearest = np.sort(np.argsort(np.abs(everything - 0.4))[:7])
    assert energies == pytest.approx(everything[nearest], abs=1e-11)
    overlap = np.abs(vectors.conj().T @ all_vectors[:, nearest])
    assert overlap == pytest.approx(np.eye(7), abs=1e-8)
    most, _ = eigenstates(H, count=100, near=0.4)
    assert most == pytest.approx(
        np.sort(everything[np.argsort(np.abs(everything - 0.4))[:100]]), abs=1e-11
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: closed_hamiltonian(strip(3), np.zeros((2, 3)), True), "at least 3 slices, got 2"),
        (lambda: closed_hamiltonian(strip(3), np.zeros((4, 2))), "slices of 3 sites"),
    ],
)
def test_bad_samples_are_named(call, message):
    with pytest.raises(qt.InputError, match=re.escape(message)):
        call()
