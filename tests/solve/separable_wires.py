"""Wires drawn from kinds that conserve something, or whose orbitals can be turned, and some that do not."""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

KWANT = json.loads(Path(__file__).with_name("kwant_systems.json").read_text(encoding="utf-8"))


def zeeman(rng):
    return qt.Zeeman(*rng.uniform(-0.3, 0.3, 3).round(3))


def ribbon(rng):
    return [qt.Honeycomb(2), qt.Honeycomb(3, "armchair"), qt.Honeycomb(2, "armchair")][
        rng.integers(3)
    ]


def kane_mele(rng):
    return qt.KaneMele(round(rng.uniform(0.05, 0.3), 3), round(rng.uniform(0, 0.3), 3))


def well(rng, D):
    """A quantum well whose coupling between slices is singular: A² / 4 = B² - D²."""
    B = 0.5
    A = 2 * np.sqrt(B**2 - D**2)
    return qt.BHZ(A=A, B=B, D=D, M=round(rng.uniform(0.5, 1.5), 3))


def box(rng):
    return qt.Box(float(rng.choice([0.3, 1.0, 3.0])))


def mixed_copies(rng):
    """Two copies of a slice of two orbitals, which a unitary of the four orbitals mixes."""
    sites, k = 2, 2
    normal = rng.standard_normal((4, sites * k, sites * k))
    h, v = normal[0] + 1j * normal[1], np.eye(sites * k) + 0.2 * (normal[2] + 1j * normal[3])
    U, _ = np.linalg.qr(rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4)))

    def mixed(matrix):
        blocks = matrix.reshape(sites, k, sites, k).transpose(0, 2, 1, 3)
        twice = U.conj().T @ np.kron(np.eye(2)[None, None], blocks) @ U
        return twice.transpose(0, 2, 1, 3).reshape(4 * sites, 4 * sites)

    h = mixed((h + h.conj().T) / 4)
    return qt.Custom((h + h.conj().T) / 2, mixed(v), orbitals=4)


def layers(rng):
    """Two layers of different width whose sites are numbered at random."""
    h = np.zeros((5, 5))
    for i, j, t in ((0, 1, 1.0), (2, 3, 0.8), (3, 4, 0.7)):
        h[i, j] = h[j, i] = t
    order = rng.permutation(5)
    return qt.Custom(h[np.ix_(order, order)], np.eye(5))


def uneven():
    """Two spins on three sites, one of which has the second spin only beside a wall of its own."""
    h = np.kron(qt.Square(3).transverse(), np.eye(2)).astype(complex)
    v = np.eye(6)
    h[4], h[:, 4], v[4] = 0, 0, 0
    v[4, 4] = 0.8
    return qt.Custom(h, v, orbitals=2)


def unit_cell(name):
    """Return h and v of the lead of a stored Kwant system."""
    lead = KWANT[name]["leads"][0]
    cell, interface = lead["sizes"]
    h, v = np.zeros((2, cell, cell), complex)
    for matrix, stored in ((h, lead["h"]), (v[:, :interface], lead["hop"])):
        rows, columns, real, imag = stored
        matrix[rows, columns] = np.array(real) + 1j * np.array(imag)
    return h, v


def kwant_lead_with_spin(rng):
    """The zigzag lead of a Kwant system for two spins, which a field splits along some axis."""
    h, v = unit_cell("zigzag ribbon")
    x, y, z = rng.uniform(-0.3, 0.3, 3)
    spin = np.array([[z, x - 1j * y], [x + 1j * y, -z]])
    both = np.kron(h, np.eye(2)) + np.kron(np.eye(len(h)), spin)
    return qt.Custom(both, np.kron(v, np.eye(2)), orbitals=2)


def gate(x, y):
    return 0.3 * np.cos(x - y)


KINDS = {
    "a spin that nothing acts on": lambda rng: qt.Wire(
        qt.Square(3), box(rng), terms=(qt.Zeeman(),)
    ),
    "spin along z": lambda rng: qt.Wire(qt.Square(4), box(rng), terms=(qt.Zeeman(bz=0.125),)),
    "spin along any axis": lambda rng: qt.Wire(qt.Square(3), box(rng), terms=(zeeman(rng),)),
    "spin in a field": lambda rng: qt.Wire(
        qt.Square(3),
        box(rng),
        flux=0.05,
        terms=(zeeman(rng),),
        field_in_leads=bool(rng.integers(2)),
    ),
    "spin in a bar": lambda rng: qt.Wire(qt.Cubic(2, 2), box(rng), terms=(zeeman(rng),)),
    "spin in a chain": lambda rng: qt.Wire(
        qt.Chain(), box(rng), terms=(qt.Ando(0.4), qt.Zeeman(by=0.2))
    ),
    "spin in a ribbon, a gate": lambda rng: qt.Wire(
        ribbon(rng), box(rng), terms=(zeeman(rng),), gates=(gate,)
    ),
    "spin, other leads": lambda rng: qt.Wire(
        qt.Square(3),
        box(rng),
        terms=(zeeman(rng),),
        lead_lattice=qt.Square(4),
        lead_offset=int(rng.integers(2)),
    ),
    "spin, random hopping": lambda rng: qt.Wire(
        qt.Square(3), (box(rng), qt.RandomHopping(0.5)), terms=(zeeman(rng),)
    ),
    "spin, random phases": lambda rng: qt.Wire(
        qt.Square(3), (box(rng), qt.RandomPhase(0.3)), terms=(qt.Zeeman(bz=0.2),), lead_shift=0.1
    ),
    "Kane-Mele": lambda rng: qt.Wire(ribbon(rng), box(rng), terms=(kane_mele(rng),)),
    "Kane-Mele in a field": lambda rng: qt.Wire(
        ribbon(rng), box(rng), flux=0.03, terms=(kane_mele(rng), qt.Zeeman(bz=0.1))
    ),
    "Kane-Mele, other leads": lambda rng: qt.Wire(
        qt.Honeycomb(2), box(rng), terms=(kane_mele(rng),), lead_lattice=qt.Honeycomb(3)
    ),
    "Kane-Mele, random phases": lambda rng: qt.Wire(
        ribbon(rng), (box(rng), qt.RandomPhase(0.3)), terms=(kane_mele(rng),)
    ),
    "Kane-Mele and Rashba": lambda rng: qt.Wire(
        ribbon(rng), box(rng), terms=(kane_mele(rng), qt.Rashba(0.2))
    ),
    "Haldane": lambda rng: qt.Wire(
        ribbon(rng), box(rng), terms=(qt.Haldane(0.15, rng.uniform(0, 3), 0.1),)
    ),
    "QWZ, thin": lambda rng: qt.Wire(
        qt.Square(4), box(rng), terms=(qt.QWZ(float(rng.choice([-1, 1])), -1.0),)
    ),
    "QWZ": lambda rng: qt.Wire(qt.Square(4), box(rng), terms=(qt.QWZ(0.7, -1.0),)),
    "BHZ, thin": lambda rng: qt.Wire(qt.Square(3), box(rng), terms=(well(rng, 0.0),)),
    "BHZ, thin, without symmetry of the bands": lambda rng: qt.Wire(
        qt.Square(3), box(rng), terms=(well(rng, 0.14), qt.Zeeman(bz=0.1))
    ),
    "BHZ, spins mixed": lambda rng: qt.Wire(
        qt.Square(3), box(rng), terms=(well(rng, 0.0), qt.Zeeman(bx=0.1))
    ),
    "mixed copies": lambda rng: qt.Wire(mixed_copies(rng), box(rng)),
    "layers, a gate": lambda rng: qt.Wire(layers(rng), box(rng), gates=(gate,)),
    "Kwant's slices": lambda rng: qt.Wire(
        qt.Custom(*unit_cell("Rashba wire"), orbitals=2), box(rng)
    ),
    "Kwant's slices with spin": lambda rng: qt.Wire(kwant_lead_with_spin(rng), box(rng)),
    "spins on different sites": lambda rng: qt.Wire(uneven(), box(rng)),
}
"""Makers of a wire by name."""


def drawn(kind, number):
    """Return a wire of a kind, and the generator that drew it."""
    rng = np.random.default_rng((number, list(KINDS).index(kind)))
    return KINDS[kind](rng), rng
