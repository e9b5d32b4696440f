"""Independent truth for weak localization: all maximally crossed diagrams of the sample itself.

No diffusion, no film, no wire: the self-consistent Born approximation of one rectangle of lattice
with its leads, its field and its spin, ladders for the classical conductance, and every diagram
with one crossed ladder, so that current is conserved. With n lines the two passes of an electron
go through the impurities 1 … n, 1 … n; cutting this ring twice, where the current enters and
leaves, leaves k vertices to the retarded side: n of them is the cooperon between two ladders
(`both`), n + m with m < n puts a crossed ladder of m retarded pairs beside it (`beside`), 2n is the
self-energy (`self_energy`). To lowest order in 1/(k l) this is the box of S. Hikami, PRB 24, 2671
(1981).
"""

from typing import NamedTuple

import numpy as np

import qtcore as qt
from qtcore.solve.contacts import attach


class OneLoop(NamedTuple):
    """e²/h, all spins: classical conductance, what crossed ladders add to it and to reflection."""

    classical: float
    correction: float
    reflected: float


def one_loop(wire: qt.Wire, energy: float, length: int) -> OneLoop:
    """Return the first two orders in 1/g of <g> for Gaussian disorder of the wire's variance."""
    slices, leads = wire.slices(), attach(wire.slices(), energy)
    o, n, M = slices.orbitals, length * slices.sites, slices.sites * slices.orbitals
    variance = wire.disorder.strength**2 / 12
    H = np.kron(np.eye(length), slices.h) + np.kron(np.eye(length, k=1), slices.v)
    H += np.kron(np.eye(length, k=-1), slices.v.conj().T)
    inner, left, right = energy * np.eye(n * o) - H, np.zeros_like(H), np.zeros_like(H)
    inner[:M, :M] -= leads.left.sigma
    inner[-M:, -M:] -= leads.right.sigma
    left[:M, :M], right[-M:, -M:] = leads.left.gamma, leads.right.gamma

    def local(X):
        return X.reshape(n, o, n, o)[np.arange(n), :, np.arange(n), :]

    def diagonal(x):
        X = np.zeros((n, o, n, o), dtype=complex)
        X[np.arange(n), :, np.arange(n), :] = x
        return X.reshape(n * o, n * o)

    def pairs(subscripts, A, B):
        found = np.einsum(subscripts, A.reshape(n, o, n, o), B.reshape(n, o, n, o), optimize=True)
        return found.reshape(n * o * o, n * o * o)

    own = np.tile(-0.3j * np.eye(o), (n, 1, 1))
    for _ in range(60):
        G = np.linalg.inv(inner - diagonal(own))
        change = variance * local(G) - own
        own = own + 0.7 * change
        if np.abs(change).max() < 1e-8:
            break
    one, back = np.eye(n * o * o), G.conj().T

    def ladder(X, A, subscripts, B):
        """Return x = variance × local(A (X + x) B)."""
        start = variance * local(A @ X @ B).reshape(-1)
        return diagonal(
            np.linalg.solve(one - variance * pairs(subscripts, A, B), start).reshape(n, o, o)
        )

    entering = left + ladder(left, G, "rasb,sdrc->racsbd", back)
    crossed = np.linalg.inv(one - variance * pairs("rasb,rcsd->racsbd", G, back))
    retarded = np.linalg.inv(one - variance * pairs("ucsx,uesy->ucesxy", G, G))
    bubble = ((retarded - one) * variance).reshape(n, o, o, n, o, o)
    sigma = np.einsum("udesxy,sxue->udsy", bubble, G.reshape(n, o, n, o)).reshape(n * o, n * o)
    # The Green's function with one crossed ladder, and the Born self-energy that follows it.
    dG = G @ sigma @ G
    dG = dG + G @ ladder(sigma, G, "rasb,sdrc->racsbd", G) @ G
    arriving = G @ entering @ back

    def quantum(lead):
        leaving = lead + ladder(lead, back, "rasb,sdrc->racsbd", G)
        out = back @ leaving @ G
        both = np.sum((crossed - one) * pairs("rbsc,rasd->scdrab", out, arriving))
        entry = pairs("rbuc,raue->rabuce", out, G)
        exit_ = pairs("ucsx,uesy->ucesxy", G, arriving)
        beside = np.sum(crossed.T * (entry @ retarded @ exit_))
        self_energy = np.trace(leaving @ dG @ entering @ back)
        return float(variance * both.real + 2 * variance**2 * beside.real + 2 * self_energy.real)

    reflected = quantum(left) + 2 * np.trace(left @ dG).imag
    return OneLoop(float(np.trace(right @ arriving).real), quantum(right), float(reflected))
