"""Kernel polynomials against exact sums over levels, and against Drude."""

import numpy as np
import pytest
from scipy import sparse

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.solve.closed import closed_hamiltonian
from qtcore.solve.exact import eigenstates
from qtcore.solve.expansion import jackson
from qtcore.solve.polynomial import density_of_states, kubo_conductivity


def strip(width, flux=0.0, periodic=False):
    h = qt.Square(width, periodic).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v, 1)


def disordered(width, length, strength, flux=0.0):
    potential = np.random.default_rng(6).uniform(-strength / 2, strength / 2, (length, width))
    H = closed_hamiltonian(strip(width, flux, periodic=True), potential, periodic=True)
    bonds = H.tocoo()
    steps = (bonds.col // width - bonds.row // width + length // 2) % length - length // 2
    return H, sparse.csr_array((1j * bonds.data * steps, (bonds.row, bonds.col)), H.shape)


def blurred_delta(H, energies, moments):
    """delta(E - H) by Chebyshev expansion in the eigenbasis; the interval as the module has it."""
    levels, vectors = eigenstates(H)
    sums, diagonal = np.asarray(abs(H).sum(axis=1)).ravel(), H.diagonal().real
    low = (diagonal - (sums - abs(diagonal))).min()
    high = (diagonal + (sums - abs(diagonal))).max()
    center, half = (high + low) / 2, (high - low) / 2 * 1.01
    x, y = (np.asarray(energies) - center) / half, (levels - center) / half
    n = np.arange(moments)
    weight = jackson(moments) * np.where(n == 0, 1, 2)
    series = np.einsum(
        "n,ne,nl->el", weight, np.cos(n[:, None] * np.arccos(x)), np.cos(n[:, None] * np.arccos(y))
    )
    return series / (np.pi * half * np.sqrt(1 - x**2))[:, None], vectors


@pytest.mark.parametrize("flux", [0.0, 0.125])
def test_density_of_states_is_the_blurred_sum_over_levels(flux):
    H, _ = disordered(8, 24, 2.0, flux)
    energies = np.linspace(-3, 3, 7)
    found = density_of_states(H, energies, moments=64, vectors=128, seed=1)
    delta, _ = blurred_delta(H, energies, 64)
    expected = delta.mean(axis=1)
    assert (found.errors < 0.05 * expected).all()
    deviation = np.abs(found.values - expected) / found.errors
    assert deviation.max() < 4.5


def two_orbitals():
    h = np.kron(qt.Square(3).transverse(), np.array([[0.3, 0.4j], [-0.4j, -0.2]]))
    return qt.Custom(h, np.kron(np.eye(3), np.outer([1.0, 0.5j], [0.8, 0.1])), orbitals=2)


BOX = qt.Box(1.0)
CLOSED = {
    "chain": qt.Wire(qt.Chain(), qt.Cauchy(0.1)),
    "cylinder": qt.Wire(qt.Square(4, periodic=True), (BOX, qt.RandomPhase(0.3)), flux=0.25),
    "bar": qt.Wire(qt.Cubic(2, 3), BOX, field=(0.04, -0.07, 0.03)),
    "zigzag ribbon": qt.Wire(qt.Honeycomb(3), BOX, terms=(qt.Haldane(0.1, 1.2, 0.2),), flux=0.03),
    "armchair tube": qt.Wire(qt.Honeycomb(4, "armchair", periodic=True), BOX),
    "two orbitals": qt.Wire(two_orbitals(), BOX),
    "spin": qt.Wire(qt.Square(4), (BOX, qt.RandomSU2()), terms=(qt.Rashba(0.3),)),
    "bands": qt.Wire(qt.Square(4), BOX, terms=(qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8),)),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("periodic", [False, True])
def test_every_lattice_has_the_density_of_its_levels(name, periodic):
    H = qt.closed_sample(CLOSED[name], 12, 2, 5, periodic=periodic).H
    energies = np.linspace(-1.5, 1.5, 5)
    found = density_of_states(H, energies, moments=24, vectors=128, seed=1)
    expected = blurred_delta(H, energies, 24)[0].mean(axis=1)
    # Relative error of a trace by random phases: at most sqrt(1 / (vectors * states in a window)).
    assert (found.errors < 0.12 * expected).all()
    assert (np.abs(found.values - expected) < 4.5 * found.errors).all()


def test_kubo_is_the_blurred_trace():
    H, velocity = disordered(8, 20, 3.0)
    energies = [-1.0, 0.3, 1.0]
    found = kubo_conductivity(H, velocity, 160, energies, moments=48, vectors=64, seed=1)
    delta, vectors = blurred_delta(H, energies, 48)
    v = vectors.conj().T @ (velocity @ vectors)
    expected = 2 * np.pi**2 / 160 * np.einsum("ij,ej,ji,ei->e", v, delta, v, delta).real
    assert (found.errors < 0.1 * expected).all()
    assert (np.abs(found.values - expected) < 4.5 * found.errors).all()


@pytest.mark.physics
def test_density_of_states_of_the_square_lattice():
    # rho(1) = .14191 (physics.md section 10); weak disorder hides the levels of the finite torus.
    H, _ = disordered(60, 60, 0.5)
    found = density_of_states(H, [1.0], moments=128, vectors=16, seed=2)
    assert found.width < 0.15
    assert found.values[0] == pytest.approx(0.14191, abs=4 * found.errors[0] + 0.003)


@pytest.mark.physics
def test_conductivity_of_a_dirty_metal():
    # Drude's 3.42 e²/h at E = 1, W = 3 (physics.md section 10), less weak localization of
    # (1/pi) ln(L / l) up to the length that the blur allows: below 0.7 here.
    H, velocity = disordered(60, 60, 3.0)
    found = kubo_conductivity(H, velocity, 3600, [1.0], moments=128, vectors=8, seed=3)
    assert 2.6 < found.values[0] < 3.7
    assert found.errors[0] < 0.2


def test_errors_fall_with_the_number_of_vectors():
    H, _ = disordered(8, 24, 2.0)
    few = density_of_states(H, [0.5, 1.0], moments=64, vectors=32, seed=1)
    many = density_of_states(H, [0.5, 1.0], moments=64, vectors=512, seed=1)
    assert few.errors / many.errors == pytest.approx(4.0, rel=0.4)
