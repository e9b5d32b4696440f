"""Conductances beside bound states, narrow levels and zeros of the transmission.

With python-flint installed, `python -m tests.laws.cancelling_reference` writes
cancelling_reference.json, from which the tests run. The numbers are those of the very matrices and
energies that the solvers are given, taken as exact, in the limit E + 0: E + 1e-50 in 900 bits,
with the whole of E - H - Sigma as one dense matrix and self-energies by decimation (Lopez Sancho et
al., J. Phys. F 15, 851 (1985)) with an absorption of 1e-90. `null` stands for g = 0.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

STORED = Path(__file__).with_suffix(".json")
SEED = 1
CLEAN = qt.Fixed(lambda x, _y: 0.0 * x)
ZERO = 2 * np.sqrt(5)
"""Potential of one of two sites at which their transmission is zero at E = 2."""


def narrow(width, offset, slices=CLEAN):
    """Return a strip between chains, which has states that the chains do not reach."""
    return qt.Wire(qt.Square(width), slices, lead_lattice=qt.Square(1), lead_offset=offset)


def barriers(height, thick):
    """Return a chain with one site between two barriers, and the energy of its level."""
    wall = [height] * thick
    potential = np.array([0.0, 0.0, 0.0, *wall, 0.3, *wall, 0.0, 0.0, 0.0])
    bonds = np.eye(len(potential), k=1)
    levels = np.linalg.eigvalsh(np.diag(potential) + bonds + bonds.T)
    level = float(levels[np.argmin(np.abs(levels - 0.3))])
    return qt.Wire(qt.Chain(), qt.Fixed(potential[:, None])), level, [len(potential)]


def systems():
    """Return wires, energies and lengths by name."""
    found = {
        "strip of five": (narrow(5, -2), -1.0, [1, 2, 3, 4, 5, 8]),
        "strip of five, beside": (narrow(5, -2), -0.9999999999999994, [1, 2, 3, 4, 5, 8]),
        "strip of three": (narrow(3, -1), 1.0, [1, 2, 3, 5, 8]),
        "strip of three, beside": (narrow(3, -1), 1.0000000000000002, [1, 2, 3, 5, 8]),
        "strip of seven": (narrow(7, -3), 1.0, [1, 2, 3, 5, 8]),
        "strip of five, at an edge": (narrow(5, -3), 0.0, [1, 2, 3, 4]),
    }
    zero = [("at", 0.0), ("beside", 1e-10), ("near", 1e-6), ("far", 1e-2)]
    for name, distance in zero:
        wire = qt.Wire(qt.Square(2), qt.Fixed(np.array([[ZERO * (1 + distance), 0.0]])))
        found[f"zero, {name}"] = wire, 2.0, [1]
        rows = np.zeros((6, 2))
        rows[2, 0] = ZERO * (1 + distance)
        found[f"zero inside, {name}"] = qt.Wire(qt.Square(2), qt.Fixed(rows)), 2.0, [3, 6]
    for height, thick in ((1e3, 1), (1e5, 1), (1e3, 2), (1e4, 2)):
        wire, level, lengths = barriers(height, thick)
        for distance in (0.0, 1e-16, -1e-14, 1e-9):
            found[f"level {height:g} {thick} {distance}"] = wire, level + distance, lengths
    return found


def ln_conductance(wire, energy, length, seed=SEED, realization=0, smallest="1e-40"):
    """Return ln g as a string of twenty digits, None where g is below the smallest one."""
    from flint import acb, acb_mat, arb

    def exact(matrix):
        rows = np.asarray(matrix, dtype=complex)
        return acb_mat([[acb(float(x.real), float(x.imag)) for x in row] for row in rows])

    def entrywise(matrix, change, turned=False):
        rows, columns = matrix.nrows(), matrix.ncols()
        if turned:
            return acb_mat([[change(matrix[i, j]) for i in range(rows)] for j in range(columns)])
        return acb_mat([[change(matrix[i, j]) for j in range(columns)] for i in range(rows)])

    def dagger(matrix):
        return entrywise(matrix, lambda x: x.conjugate(), turned=True)

    def middle(matrix):
        return entrywise(matrix, lambda x: x.mid())

    above = acb(energy) + acb(arb("1e-50"))

    def surface(h, v):
        bulk, end, ahead, back = h, h, v, dagger(v)
        E = exact(np.eye(h.nrows())) * (above + acb(0, arb("1e-90")))
        for _ in range(320):
            g = middle((E - bulk).inv())
            end = middle(end + ahead * g * back)
            bulk = middle(bulk + ahead * g * back + back * g * ahead)
            ahead, back = middle(ahead * g * ahead), middle(back * g * back)
        return (E - end).inv()

    slices = wire.slices()
    lead_h, lead_v = exact(slices.lead_h), exact(slices.lead_v)
    into, out = exact(slices.left_contact), exact(slices.right_contact)
    left = middle(dagger(into) * surface(lead_h, dagger(lead_v)) * into)
    right = middle(out * surface(lead_h, lead_v) * dagger(out))
    M, numbers = len(slices.h), np.array([realization], dtype=np.uint64)
    potential = np.repeat(wire.potential_of(numbers, 0, length, seed)[:, :, 0], slices.orbitals, 1)
    inside = np.kron(np.eye(length), slices.h) + np.kron(np.eye(length, k=1), slices.v)
    inside = inside + np.kron(np.eye(length, k=-1), slices.v.conj().T)
    Z = -exact(inside)
    last = M * (length - 1)
    for n, value in enumerate(potential.ravel()):
        Z[n, n] += above - acb(float(value))
    for i in range(M):
        for j in range(M):
            Z[i, j] -= left[i, j]
            Z[last + i, last + j] -= right[i, j]
    columns = middle(Z).solve(exact(np.eye(M * length, M)))
    G = acb_mat([[columns[last + i, j].mid() for j in range(M)] for i in range(M)])
    broad = [(sigma - dagger(sigma)) * acb(0, 1) for sigma in (left, right)]
    g = arb((broad[1] * G * broad[0] * dagger(G)).trace().real.mid())
    return g.log().mid().str(20, radius=False) if g > arb(smallest) else None


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = 900
    found = {
        name: {str(length): ln_conductance(wire, energy, length) for length in lengths}
        for name, (wire, energy, lengths) in systems().items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
