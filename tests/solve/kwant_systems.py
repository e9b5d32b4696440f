"""Systems built with Kwant, and what Kwant finds in them.

With Kwant installed, `python tests/solve/kwant_systems.py` writes them to kwant_systems.json:
matrices, interfaces and g, from which the tests run where there is no Kwant.
"""

import json
from pathlib import Path

import kwant
import kwant.digest
import numpy as np

STORED = Path(__file__).with_suffix(".json")

SX, SY, SZ = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
SQUARE = kwant.lattice.square(norbs=1)
SPINFUL = kwant.lattice.square(norbs=2)
HONEYCOMB = kwant.lattice.honeycomb(norbs=1)


def disordered(site, W):
    return W * (kwant.digest.uniform(repr(tuple(site.tag))) - 0.5)


def peierls(to, source, phi):
    return np.exp(-2j * np.pi * phi * to.tag[1] * (to.tag[0] - source.tag[0]))


def attached(builder, lead, other=None):
    builder.attach_lead(lead)
    builder.attach_lead(lead.reversed() if other is None else other)
    return builder.finalized()


def along(lattice, sites, direction=(-1, 0)):
    """A lead of these sites, with hopping 1 to its neighbours."""
    lead = kwant.Builder(kwant.TranslationalSymmetry(direction))
    lead[sites] = 0.0
    lead[lattice.neighbors()] = 1.0
    return lead


def strip_in_a_field():
    builder = kwant.Builder()
    builder[(SQUARE(x, y) for x in range(9) for y in range(5))] = disordered
    builder[SQUARE.neighbors()] = peierls
    lead = along(SQUARE, [SQUARE(0, y) for y in range(5)])
    lead[SQUARE.neighbors()] = peierls
    return attached(builder, lead), {"W": 2.0, "phi": 0.013}


def zigzag_ribbon():
    builder = kwant.Builder()
    builder[HONEYCOMB.shape(lambda r: abs(r[0]) < 4 and 0 <= r[1] < 6, (0, 0.5))] = disordered
    builder[HONEYCOMB.neighbors()] = 1.0
    lead = kwant.Builder(kwant.TranslationalSymmetry(HONEYCOMB.vec((-1, 0))))
    lead[HONEYCOMB.shape(lambda r: 0 <= r[1] < 6, (0, 0.5))] = 0.0
    lead[HONEYCOMB.neighbors()] = 1.0
    return attached(builder, lead), {"W": 1.0}


def quantum_dot():
    """A disc with a lead on the left and another, not opposite, on top."""
    builder = kwant.Builder()
    builder[SQUARE.shape(lambda r: r[0] ** 2 + r[1] ** 2 < 25, (0, 0))] = disordered
    builder[SQUARE.neighbors()] = 1.0
    left = along(SQUARE, [SQUARE(0, y) for y in range(-2, 2)])
    top = along(SQUARE, [SQUARE(x, 0) for x in range(-1, 4)], (0, 1))
    return attached(builder, left, top), {"W": 1.0}


def clean_cross():
    """A clean bar from which a stub hangs: at E = 0 the stub alone has a state."""
    builder = kwant.Builder()
    builder[(SQUARE(x, y) for x in range(4) for y in range(2))] = 0.0
    builder[(SQUARE(x, 0) for x in range(4, 9))] = 0.0
    builder[SQUARE.neighbors()] = 1.0
    left = along(SQUARE, [SQUARE(0, y) for y in range(2)])
    top = along(SQUARE, [SQUARE(x, 0) for x in range(1, 3)], (0, 1))
    return attached(builder, left, top), {}


def rashba_wire():
    builder, lead = kwant.Builder(), kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    parts = [
        (builder, 7, lambda site, W, b: disordered(site, W) * np.eye(2) + b * SZ),
        (lead, 1, lambda _, b: b * SZ),
    ]
    for part, slices, onsite in parts:
        part[(SPINFUL(x, y) for x in range(slices) for y in range(4))] = onsite
        part[kwant.HoppingKind((1, 0), SPINFUL)] = lambda to, _, phi: (
            (np.eye(2) + 0.3j * SY) * np.exp(-2j * np.pi * phi * to.tag[1])
        )
        part[kwant.HoppingKind((0, 1), SPINFUL)] = np.eye(2) - 0.3j * SX
    return attached(builder, lead), {"W": 2.0, "b": 0.2, "phi": 0.01}


def wide_leads():
    builder = kwant.Builder()
    builder[(SQUARE(x, y) for x in range(8) for y in range(3))] = disordered
    builder[(SQUARE(x, y) for x in (-1, 8) for y in range(-2, 6))] = 0.0
    builder[SQUARE.neighbors()] = 1.0
    return attached(builder, along(SQUARE, [SQUARE(0, y) for y in range(-2, 6)])), {"W": 2.0}


def three_leads():
    builder = kwant.Builder()
    builder[(SQUARE(x, y) for x in range(3) for y in range(3))] = 0.0
    builder[SQUARE.neighbors()] = 1.0
    lead = along(SQUARE, [SQUARE(0, y) for y in range(3)])
    builder.attach_lead(lead)
    return attached(builder, lead)


SYSTEMS = {
    "strip in a field": (strip_in_a_field, (0.5, -1.3, 0.0)),
    "zigzag ribbon": (zigzag_ribbon, (0.3, 0.6)),
    "quantum dot": (quantum_dot, (0.5, -2.9, 0.0)),
    "clean cross": (clean_cross, (0.0, 0.3)),
    "Rashba wire": (rashba_wire, (0.5, -1.2)),
    "wide leads": (wide_leads, (0.5, 0.0, -2.4)),
}
"""Builders of (finalized system, params), and energies."""


def entries(matrix):
    """Rows, columns, real and imaginary parts."""
    rows, columns = np.nonzero(matrix)
    values = matrix[rows, columns]
    return [part.tolist() for part in (rows, columns, values.real, values.imag)]


def described(make, energies):
    system, params = make()
    H, norbs, _ = system.hamiltonian_submatrix(params=params, return_norb=True)
    leads = [
        {"sizes": [len(h), hop.shape[1]], "h": entries(h), "hop": entries(hop)}
        for h, hop in (
            (lead.cell_hamiltonian(params=params), lead.inter_cell_hopping(params=params))
            for lead in system.leads
        )
    ]
    return {
        "orbitals": len(H),
        "norbs": list(map(int, norbs)),
        "H": entries(H),
        "interfaces": [list(map(int, sites)) for sites in system.lead_interfaces],
        "leads": leads,
        "energies": energies,
        "g": [
            kwant.smatrix(system, energy, params=params).transmission(1, 0) for energy in energies
        ],
    }


if __name__ == "__main__":
    found = {name: described(*made) for name, made in SYSTEMS.items()}
    STORED.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
