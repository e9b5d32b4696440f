"""Conductances close to thresholds and crossings of bands, to twenty digits, and how they were made.

With python-flint installed, `python -m tests.laws.meeting_reference` writes meeting_reference.json,
from which the tests run. The numbers are those of the very matrices and energies that the solvers
are given, which are taken as exact: self-energies by decimation (Lopez Sancho et al., J. Phys. F 15,
851 (1985)) with an absorption of 1e-40 of the energy unit, and g = Tr Gamma G Gamma G^+, all in
arithmetic of 1200 bits. At an exact threshold that is the limit from both sides.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

STORED = Path(__file__).with_suffix(".json")
LENGTH, SEED = 5, 1
DISTANCES = (0.0, *(sign * 10.0**-n for n in (16, 12, 8, 7, 4) for sign in (1, -1)))
"""Distances from the energies below, in units of t; those that rounding makes equal are left out."""


def dimers():
    """Chains of dimers, coupled: two bands each, which touch at k = 0."""
    h = np.array([[0, 1, 0.2, 0], [1, 0, 0, 0.2], [0.2, 0, 0, 1], [0, 0.2, 1, 0]])
    v = np.zeros((4, 4))
    v[1, 0] = v[3, 2] = -1.0
    return qt.Custom(h, v)


BOX = qt.Box(0.7)
QWZ = (qt.QWZ(-1.0),)
SYSTEMS = {
    "strip": (qt.Wire(qt.Square(5), BOX), 1.0),
    "cylinder": (qt.Wire(qt.Square(4, periodic=True), BOX), 0.0),
    "cylinder, two at once": (qt.Wire(qt.Square(3, periodic=True), BOX), 1.0),
    "spin split": (qt.Wire(qt.Square(3), BOX, terms=(qt.Zeeman(0.25),)), 0.25),
    "Chern insulator": (qt.Wire(qt.Square(3), qt.Box(0.4), terms=QWZ), 1.0),
    "edges of a Chern insulator": (qt.Wire(qt.Square(4), qt.Box(2.0), terms=QWZ), 0.0),
    "armchair ribbon": (qt.Wire(qt.Honeycomb(5, "armchair"), qt.Box(0.3)), 0.0),
    "zigzag ribbon": (qt.Wire(qt.Honeycomb(4, "zigzag"), BOX), 1.0),
    "Haldane's edges": (
        qt.Wire(qt.Honeycomb(3), BOX, terms=(qt.Haldane(0.1, np.pi / 2, 0.0),)),
        0.0,
    ),
    "dimers": (qt.Wire(dimers(), BOX), 0.2),
}


def energies(center):
    """Return the energies of a system."""
    return sorted({center + distance for distance in DISTANCES})


def conductance(wire, energy):
    """Return g of realization 0 as a string of twenty digits."""
    from flint import acb, acb_mat, arb

    def exact(matrix):
        return acb_mat(
            [[acb(float(x.real), float(x.imag)) for x in row] for row in np.asarray(matrix)]
        )

    def dagger(matrix):
        rows, columns = matrix.nrows(), matrix.ncols()
        return acb_mat([[matrix[i, j].conjugate() for i in range(rows)] for j in range(columns)])

    def middle(matrix):
        entries = [
            [matrix[i, j].mid() for j in range(matrix.ncols())] for i in range(matrix.nrows())
        ]
        return acb_mat(entries)

    slices = wire.slices()
    M = len(slices.h)
    one = exact(np.eye(M))
    E = one * acb(energy)
    absorbing = E + one * acb(0, arb("1e-40"))

    def self_energy(h, v):
        bulk, surface, ahead, back = h, h, v, dagger(v)
        for _ in range(140):
            g = (absorbing - bulk).inv()
            there, here = middle(ahead * g), middle(back * g)
            surface = middle(surface + there * back)
            bulk = middle(bulk + there * back + here * ahead)
            ahead, back = middle(there * ahead), middle(here * back)
        return middle(v * (absorbing - surface).inv() * dagger(v))

    h, v, lead_h, lead_v = (
        exact(part) for part in (slices.h, slices.v, slices.lead_h, slices.lead_v)
    )
    left, right = self_energy(lead_h, dagger(lead_v)), self_energy(lead_h, lead_v)
    numbers = np.zeros(1, dtype=np.uint64)
    potential = np.repeat(wire.potential_of(numbers, 0, LENGTH, SEED)[:, :, 0], slices.orbitals, 1)
    surface, through = left, one
    for n in range(LENGTH):
        block = E - h - exact(np.diag(potential[n])) - surface
        if n == LENGTH - 1:
            block = block - right
        g = middle(block.inv())
        through = middle(through * g)
        if n < LENGTH - 1:
            through = middle(through * v)
            surface = middle(dagger(v) * g * v)
    broad = [(sigma - dagger(sigma)) * acb(0, 1) for sigma in (left, right)]
    g = (broad[0] * through * broad[1] * dagger(through)).trace()
    return g.real.mid().str(25, radius=False)


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = 1200
    found = {
        name: {energy.hex(): conductance(wire, energy) for energy in energies(center)}
        for name, (wire, center) in SYSTEMS.items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
