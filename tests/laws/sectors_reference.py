"""Transmissions between sectors of leads, as Kwant's conservation laws give them.

With Kwant installed, `python tests/laws/sectors_reference.py` writes sectors_reference.json, from
which the tests run. The systems are made here of NumPy alone, so that both sides have the same ones.
"""

import json
from pathlib import Path

import numpy as np

STORED = Path(__file__).with_suffix(".json")
LENGTH = 4

SX, SY, SZ = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
ONE = np.eye(2)


def pattern(size, number):
    """Return a Hermitian matrix of a few bits each."""
    i, j = np.indices((size, size))
    upper = np.triu(((7 + number) * i + 3 * j + 2 + number) % 11 - 5.0, k=1)
    upper = upper + 1j * np.triu((5 * i + (2 + number) * j) % 7 - 3.0, k=1)
    return (upper + upper.conj().T + np.diag((np.arange(size) * (3 + number)) % 5 - 2.0)) / 8


def coupling(size, number):
    """Return a matrix that is not Hermitian, of a few bits each, and not far from one."""
    i, j = np.indices((size, size))
    other = (
        (3 * i + (8 + number) * j + 1) % 13 - 6.0 + 1j * ((4 * i + 9 * j + number) % 11 - 5.0)
    ) / 8
    return np.eye(size) + other / (2 * size)


def reflection(size, number):
    """Return a unitary matrix, the reflection at a vector."""
    w = 1.0 + (np.arange(size) * (2 + number)) % 3 + 1j * ((np.arange(size) + number) % 4)
    return np.eye(size) - 2 * np.outer(w, w.conj()) / np.vdot(w, w).real


def direct_sum(parts):
    size = sum(len(part) for part in parts)
    whole, at = np.zeros((size, size), complex), 0
    for part in parts:
        whole[at : at + len(part), at : at + len(part)] = part
        at += len(part)
    return whole


def drawn(number, sizes, values, alike=False):
    """Return a sample that mixes the sectors of leads with blocks of these sizes, all turned."""
    kinds = [number] * len(sizes) if alike else range(number, number + len(sizes))
    parts = [(pattern(n, k), coupling(n, k)) for n, k in zip(sizes, kinds, strict=True)]
    size = sum(sizes)
    U = reflection(size, number)
    Q, lead_h, lead_v = (
        U @ matrix @ U.conj().T
        for matrix in (
            np.diag(np.repeat(values, sizes)),
            direct_sum([h for h, _ in parts]),
            direct_sum([v for _, v in parts]),
        )
    )
    h, v = pattern(size, number + 5), coupling(size, number + 3)
    Q, lead_h = (Q + Q.conj().T) / 2, (lead_h + lead_h.conj().T) / 2
    return {"h": h, "v": v, "lead_h": lead_h, "lead_v": lead_v, "Q": Q, "energy": 0.25}


def spin_strip(width, Q, zeeman=0.0, flux=0.0, spin_orbit=0.3):
    """Return a strip with Rashba coupling between leads without it, in a field."""
    across = np.eye(width, k=1) + np.eye(width, k=-1)
    phases = np.diag(np.exp(-2j * np.pi * flux * np.arange(width)))
    up = np.kron(np.eye(width, k=1), ONE - 1j * spin_orbit * SX)
    field = np.kron(np.eye(width), zeeman * Q)
    return {
        "h": up + up.conj().T + field,
        "v": np.kron(phases, ONE + 1j * spin_orbit * SY),
        "lead_h": np.kron(across, ONE) + field,
        "lead_v": np.kron(phases, ONE),
        "Q": np.kron(np.eye(width), Q),
        "energy": 0.45,
    }


def systems():
    """Return matrices and energies by name."""
    tilted = (SX + SY + SZ) / 3**0.5
    return {
        "strip, spin along z": spin_strip(3, SZ),
        "strip, spin along x in a field along x": spin_strip(3, SX, 0.4),
        "strip in a magnetic field, spin along y": spin_strip(4, SY, flux=0.06),
        "strip, spin along a diagonal": spin_strip(2, tilted, 0.2, 0.1),
        "strip without spin-orbit coupling": spin_strip(3, SZ, 0.3, spin_orbit=0.0),
        "two sectors": drawn(0, (2, 3), (1, -1)),
        "two sectors alike": drawn(1, (3, 3), (1, -1), alike=True),
        "three sectors": drawn(2, (2, 1, 3), (2, 0, -1)),
        "three sectors alike": drawn(3, (2, 2, 2), (1, 0, -1), alike=True),
        "four sectors": drawn(4, (1, 2, 1, 2), (3, 2, 1, 0)),
        "one mode each": drawn(5, (1, 1), (1, 0)),
        "large and small": drawn(6, (6, 1), (0, -5)),
    }


def potential(size):
    """Return on-site energies, (slice, component), of a few bits each."""
    n, i = np.indices((LENGTH, size))
    return ((5 * n + 3 * i + n * i) % 9 - 4.0) / 8


def by_kwant(system):
    """Return T_ab and R_ab of waves from the left, the largest eigenvalue first, and the channels."""
    import kwant

    size = len(system["h"])
    site = kwant.lattice.chain(norbs=size)
    builder = kwant.Builder()
    for n, values in enumerate(potential(size)):
        builder[site(n)] = system["h"] + np.diag(values)
    for n in range(LENGTH - 1):
        builder[site(n), site(n + 1)] = system["v"]
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1,)), conservation_law=system["Q"])
    lead[site(0)] = system["lead_h"]
    lead[site(0), site(1)] = system["lead_v"]
    builder.attach_lead(lead)
    builder.attach_lead(lead.reversed())
    S = kwant.smatrix(builder.finalized(), system["energy"])
    blocks = range(len(S.lead_info[0].block_nmodes))[::-1]  # Kwant's smallest eigenvalue is first
    T, R = ([[S.transmission((to, a), (0, b)) for b in blocks] for a in blocks] for to in (1, 0))
    channels = [S.lead_info[0].block_nmodes[b] for b in blocks]
    return {"T": T, "R": R, "channels": channels}


if __name__ == "__main__":
    found = {name: by_kwant(system) for name, system in systems().items()}
    STORED.write_text(json.dumps(found, indent=1, default=int) + "\n")
