"""Transmission eigenvalues of strongly localized wires, and how they were made.

With python-flint installed, `python -m tests.laws.depth_reference` writes depth_reference.json, from
which the tests run. The matrices and energies are the very ones that the solvers are given, taken as
exact. Self-energies by decimation with an absorption of 1e-60 of the energy unit, t = W_R^+ G W_L
with Gamma = W W^+ by Cholesky steps, and its singular values by one-sided Jacobi rotations, all in
arithmetic of 6000 bits: digits for ratios of T_n down to exp(-8000).
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

STORED = Path(__file__).with_suffix(".json")
SEED = 9
BITS = 6000

SYSTEMS = {
    "strip in a field": (qt.Wire(qt.Square(4), qt.Box(8.0), flux=0.02), 0.3, (20, 100, 400, 2000)),
    "strip": (qt.Wire(qt.Square(6), qt.Box(4.0)), 0.6, (100, 300)),
    "cylinder": (qt.Wire(qt.Square(5, periodic=True), qt.Gaussian(2.0)), 0.3, (60, 200)),
    "degenerate pairs": (qt.Wire(qt.Square(3), qt.Box(7.0), terms=[qt.Ando(0.5)]), 0.3, (40, 300)),
    "heavy tails": (qt.Wire(qt.Square(4), qt.Cauchy(1.0)), 0.3, (40, 300)),
    "singular coupling": (qt.Wire(qt.Honeycomb(6, "zigzag"), qt.Box(4.0)), 0.9, (20, 100)),
}
REALIZATIONS = (0, 1)


def exact(matrix):
    """Return a matrix of doubles as balls of radius 0."""
    from flint import acb, acb_mat

    return acb_mat([[acb(float(x.real), float(x.imag)) for x in row] for row in np.asarray(matrix)])


def middle(matrix):
    """Return a matrix without its error bounds, which would grow with every product."""
    from flint import acb_mat

    columns = range(matrix.ncols())
    return acb_mat([[matrix[i, j].mid() for j in columns] for i in range(matrix.nrows())])


def dagger(matrix):
    """Return the adjoint."""
    from flint import acb_mat

    rows = range(matrix.nrows())
    return acb_mat([[matrix[i, j].conjugate() for i in rows] for j in range(matrix.ncols())])


def self_energy(h, v, absorbing):
    """Return the self-energy of a half-infinite lead by decimation."""
    bulk, surface, ahead, back = h, h, v, dagger(v)
    for _ in range(220):
        g = (absorbing - bulk).inv()
        there, here = middle(ahead * g), middle(back * g)
        surface = middle(surface + there * back)
        bulk = middle(bulk + there * back + here * ahead)
        ahead, back = middle(there * ahead), middle(here * back)
    return middle(v * (absorbing - surface).inv() * dagger(v))


def root(sigma):
    """Return W with W W^+ = i (Sigma - Sigma^+), a column for each open mode."""
    from flint import acb, acb_mat, arb

    left = middle((sigma - dagger(sigma)) * acb(0, 1))
    M, columns = left.nrows(), []
    while True:
        pivot = max(range(M), key=lambda i: left[i, i].real)
        if left[pivot, pivot].real < arb("1e-20"):
            return acb_mat([[column[i] for column in columns] for i in range(M)])
        scale = left[pivot, pivot].real.sqrt()
        column = acb_mat([[left[i, pivot] / scale] for i in range(M)])
        columns.append([column[i, 0].mid() for i in range(M)])
        left = middle(left - column * dagger(column))


def ln_eigenvalues(t):
    """Return ln T_n by one-sided Jacobi rotations of the columns of t."""
    from flint import acb, arb

    columns = [[t[i, j].mid() for i in range(t.nrows())] for j in range(t.ncols())]

    def dot(one, other):
        return sum((x.conjugate() * y for x, y in zip(one, other, strict=True)), acb(0)).mid()

    turned = True
    while turned:
        turned = False
        for p in range(len(columns)):
            for q in range(p + 1, len(columns)):
                one, other = columns[p], columns[q]
                a, b, c = dot(one, one).real, dot(other, other).real, dot(one, other)
                size = abs(c).mid()
                if size**2 <= arb(2) ** -160 * a * b:
                    continue
                turned = True
                z = ((b - a) / (2 * size)).mid()
                tangent = (1 if z >= 0 else -1) / (abs(z) + (1 + z * z).sqrt())
                cosine = (1 / (1 + tangent * tangent).sqrt()).mid()
                sine, phase = (cosine * tangent).mid(), (c / size).mid()
                pairs = list(zip(one, other, strict=True))
                columns[p] = [(cosine * x - sine * phase.conjugate() * y).mid() for x, y in pairs]
                columns[q] = [(sine * phase * x + cosine * y).mid() for x, y in pairs]
    found = sorted((dot(column, column).real.log() for column in columns), reverse=True)
    return [x.mid().str(22, radius=False) for x in found]


def eigenvalues(wire, energy, lengths, realization):
    """Return ln T_n at every length, as texts."""
    from flint import acb, arb

    slices = wire.slices()
    M = len(slices.h)
    one = exact(np.eye(M))
    E = one * acb(energy)
    absorbing = E + one * acb(0, arb("1e-60"))
    h, v, lead_h, lead_v = (
        exact(part) for part in (slices.h, slices.v, slices.lead_h, slices.lead_v)
    )
    surface, right = (self_energy(lead_h, each, absorbing) for each in (dagger(lead_v), lead_v))
    read, through = dagger(root(right)), root(surface)
    numbers = np.array([realization], dtype=np.uint64)
    potential = wire.potential_of(numbers, 0, lengths[-1], SEED)[:, :, 0]
    found = {}
    for n, row in enumerate(np.repeat(potential, slices.orbitals, 1), start=1):
        block = E - h - exact(np.diag(row)) - surface
        if n in lengths:
            found[n] = ln_eigenvalues(middle(read * (block - right).inv() * through))
        g = middle(block.inv())
        surface, through = middle(dagger(v) * g * v), middle(dagger(v) * g * through)
    return found


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = BITS
    found = {
        name: {r: eigenvalues(*system, r) for r in REALIZATIONS} for name, system in SYSTEMS.items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
