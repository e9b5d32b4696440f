"""Conductances and reflections of wires whose leads have nearly degenerate levels, or that absorb.

With python-flint installed, `python -m tests.laws.degenerate_reference` writes
degenerate_reference.json, from which the tests run. The numbers are those of the very matrices and
energies that the solvers are given, which are taken as exact: self-energies by decimation (Lopez Sancho
et al., J. Phys. F 15, 851 (1985)) with an absorption of 1e-80, E - H - Sigma as one dense matrix, and

    g = Tr Gamma G Gamma G^+,   R = N + 2 Im Tr Gamma G + Tr Gamma G Gamma G^+

with the corner and the diagonal block of G, in arithmetic of 900 bits.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

STORED = Path(__file__).with_suffix(".json")
LENGTH, SEED = 3, 1


def pattern(size, *, real=False):
    """Return a Hermitian matrix of a few bits each."""
    i, j = np.indices((size, size))
    upper = np.triu((7 * i + 3 * j + 2) % 11 - 5.0) + 1j * np.triu((5 * i + 2 * j) % 7 - 3.0, k=1)
    upper = upper.real if real else upper
    return (upper + np.triu(upper, k=1).conj().T) / 8


def mixing(size):
    """Return a matrix that is not Hermitian, of a few bits each."""
    i, j = np.indices((size, size))
    return ((3 * i + 8 * j + 1) % 13 - 6.0 + 1j * ((4 * i + 9 * j) % 11 - 5.0)) / 8


def chain(width):
    return np.eye(width, k=1) + np.eye(width, k=-1)


def ring(width):
    """Return a ring of sites around a weak flux, which splits waves that go around both ways."""
    bonds = (1 + 2.0**-23 * 1j) * np.roll(np.eye(width), 1, axis=1)
    return bonds + bonds.conj().T


def copies(matrix, split=0.0):
    """Return two copies, with some coupling of this size."""
    return np.kron(np.eye(2), matrix) + split * pattern(2 * len(matrix))


def other(h, v, box=1.0):
    """Return a wire whose leads have h, but its sample has not."""
    sample = qt.Custom(np.diag(np.arange(len(h)) / 8), v)
    return qt.Wire(sample, qt.Box(box), lead_lattice=qt.Custom(h, v))


def same(h, v, box=1.0):
    return qt.Wire(qt.Custom(h, v), qt.Box(box))


def systems():
    """Return wires, energies and absorptions by name."""
    one, close, straight = np.eye(2), 2.0**-13, 0.7
    many = np.kron(np.diag([0.0, 0.5]), one) + 2.0**-22 * pattern(4)
    spins = np.kron(chain(3), one) + 2.0**-22 * pattern(6)
    sloped = copies(pattern(2), 2.0**-22), copies(mixing(2))
    return {
        "real, v = 0.7": (other(2.0**-23 * pattern(2, real=True), straight * one), 1.4 - close, 0),
        "complex, v = 0.7": (other(2.0**-22 * pattern(2), straight * one), 1.4 - close, 0),
        "complex, v = 1": (other(2.0**-23 * pattern(2), one), 2 - close, 0),
        "further from the edge": (other(2.0**-21 * pattern(2), one), 2 - 2.0**-8, 0),
        "three levels": (other(2.0**-24 * pattern(3), np.eye(3)), 2 - close, 0),
        "four levels": (same(2.0**-23 * pattern(4), np.eye(4)), 2 - close, 0),
        "two clusters": (same(many, straight * np.eye(4)), 1.9 - close, 0),
        "spins": (same(spins, np.eye(6)), 2 + 2**0.5 - close, 0),
        "equal levels": (other(copies(pattern(2)), copies(mixing(2))), 0.25, 0),
        "copies": (other(*sloped), 0.25, 0),
        "ring in a weak flux": (same(ring(5), 0.75 * np.eye(5)), 2.117789848124895, 0),
        "absorbs a little": (same(pattern(2), mixing(2)), 0.25, 2.0**-20),
        "absorbs beside an edge": (same(0 * one, one + 2.0**-24 * mixing(2)), 1.9999, 0.125),
        "absorbs at an edge": (
            same(pattern(1), np.eye(1)),
            2 + pattern(1)[0, 0].real - 2.0**-32,
            0.125,
        ),
        "reflects next to nothing": (same(np.zeros((1, 1)), np.eye(1), 2.0**-20), 0.25, 2.0**-30),
    }


def results(wire, energy, absorption, channels, length=LENGTH, seed=SEED, realization=0):
    """Return g and R (of waves from the left) as strings of twenty digits."""
    from flint import acb, acb_mat, arb

    def exact(matrix):
        rows = np.asarray(matrix, dtype=complex)
        return acb_mat([[acb(float(x.real), float(x.imag)) for x in row] for row in rows])

    def dagger(matrix):
        rows, columns = matrix.nrows(), matrix.ncols()
        return acb_mat([[matrix[i, j].conjugate() for i in range(rows)] for j in range(columns)])

    def middle(matrix):
        rows, columns = matrix.nrows(), matrix.ncols()
        return acb_mat([[matrix[i, j].mid() for j in range(columns)] for i in range(rows)])

    def surface(h, v):
        bulk, end, ahead, back = h, h, v, dagger(v)
        E = exact(np.eye(h.nrows())) * acb(energy, arb("1e-80"))
        for _ in range(300):
            g = middle((E - bulk).inv())
            end = middle(end + ahead * g * back)
            bulk = middle(bulk + ahead * g * back + back * g * ahead)
            ahead, back = middle(ahead * g * ahead), middle(back * g * back)
        return middle((E - end).inv())

    slices = wire.slices()
    lead_h, lead_v, M = exact(slices.lead_h), exact(slices.lead_v), len(slices.h)
    into, out = exact(slices.left_contact), exact(slices.right_contact)
    left = middle(dagger(into) * surface(lead_h, dagger(lead_v)) * into)
    right = middle(out * surface(lead_h, lead_v) * dagger(out))
    potential = wire.onsite(realization=realization, slices=range(length), seed=seed)
    potential = np.repeat(potential, slices.orbitals, axis=1)
    inside = np.kron(np.eye(length), slices.h) + np.kron(np.eye(length, k=1), slices.v)
    inside = inside + np.kron(np.eye(length, k=-1), slices.v.conj().T)
    Z, last = -exact(inside), M * (length - 1)
    for n, value in enumerate(np.ravel(potential)):
        Z[n, n] += acb(energy, absorption) - acb(float(value))
    for i in range(M):
        for j in range(M):
            Z[i, j] -= left[i, j]
            Z[last + i, last + j] -= right[i, j]
    columns = middle(Z).solve(exact(np.eye(M * length, M)))
    here, there = (
        acb_mat([[columns[first + i, j].mid() for j in range(M)] for i in range(M)])
        for first in (0, last)
    )
    from_left, from_right = ((one - dagger(one)) * acb(0, 1) for one in (left, right))
    g = (from_right * there * from_left * dagger(there)).trace().real
    back = (from_left * here * from_left * dagger(here)).trace().real
    R = back + 2 * (from_left * here).trace().imag + channels
    return [arb(one.mid()).str(20, radius=False) for one in (g, R)]


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = 900
    found = {
        name: results(wire, energy, absorption, qt.open_channels(wire, energy))
        for name, (wire, energy, absorption) in systems().items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
