"""Green's functions inside a wire against the dense inverse."""

import numpy as np
import pytest

import qtcore as qt
from qtcore.model.slices import Slices
from qtcore.solve.green import (
    blocks,
    green_columns,
    green_diagonal,
    scattering_states,
)
from qtcore.solve.recursive import scattering_matrices


def two_orbital_strip(width):
    """A coupling of rank one per site, and two orbitals."""
    rng = np.random.default_rng(2)
    h = np.kron(qt.Square(width).transverse(), np.array([[0.3, 0.4j], [-0.4j, -0.2]]))
    v = np.kron(np.eye(width), np.outer([1.0, 0.5j], [0.8, 0.1]))
    h = h + np.kron(np.diag(rng.uniform(-0.1, 0.1, width)), np.eye(2))
    return Slices(h, v, h, v, 2)


def strip(width, flux):
    h = qt.Square(width).transverse()
    v = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    return Slices(h, v, h, v, 1)


@pytest.mark.parametrize("slices", [two_orbital_strip(3), strip(4, 0.05)])
@pytest.mark.parametrize("length", [1, 2, 6])
@pytest.mark.parametrize("absorption", [0.0, 0.1])
def test_green_function_is_the_inverse(slices, length, absorption):
    potential = np.random.default_rng(1).uniform(-1, 1, (length, slices.sites, 2))
    system = blocks(slices, 0.2, potential, absorption)
    M, D = len(slices.h), length * len(slices.h)
    inverse = np.zeros((D, D), complex)
    for n in range(length):
        here = slice(n * M, (n + 1) * M)
        inverse[here, here] = 0.2 * np.eye(M) - slices.h + 1j * absorption * np.eye(M)
        inverse[here, here] -= np.diag(np.repeat(potential[n, :, 1], slices.orbitals))
        if n + 1 < length:
            ahead = slice((n + 1) * M, (n + 2) * M)
            inverse[here, ahead], inverse[ahead, here] = -slices.v, -slices.v.conj().T
    inverse[:M, :M] -= system.leads.left.sigma
    inverse[-M:, -M:] -= system.leads.right.sigma
    G = np.linalg.inv(inverse).reshape(length, M, length, M)
    diagonal = green_diagonal(system)
    for n in range(length):
        assert np.abs(green_columns(system, n)[:, 1] - G[:, :, n]).max() < 1e-12
        assert np.abs(diagonal[n, 1] - G[n, :, n]).max() < 1e-12


@pytest.mark.parametrize("slices", [two_orbital_strip(3), strip(4, 0.05)])
def test_scattering_states_carry_the_scattering_matrix(slices):
    potential = np.random.default_rng(1).uniform(-1, 1, (5, slices.sites, 2))
    system = blocks(slices, 0.2, potential)
    psi = scattering_states(system)
    S = scattering_matrices(slices, 0.2, [5], potential)[0].matrix()
    N = system.leads.left.channels
    leads = system.leads
    left, right = leads.left.read @ psi[0], leads.right.read @ psi[-1]
    left[:, :, :N] -= leads.left.direct
    right[:, :, N:] -= leads.right.direct
    assert np.abs(np.concatenate([left, right], axis=1) - S).max() < 1e-12
