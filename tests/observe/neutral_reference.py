"""Observables of metallic armchair ribbons close to E = 0, to many digits, and how they were made.

With python-flint installed, `python -m tests.observe.neutral_reference` writes
neutral_reference.json, from which the tests run. Self-energies by decimation with an absorption of
1e-50 (see `tests.laws.meeting_reference`), their slopes from central differences over 1e-25, and
the blocks of G from elimination, all in arithmetic of 500 bits.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

STORED = Path(__file__).with_suffix(".json")
LENGTH, SEED = 4, 1
WIDTHS = (5, 8)
ENERGIES = (1e-13, -1e-11, 2e-9, -1e-7, 1e-6, 1.9e-5, -4e-5)
"""Units of t."""


def wire(width):
    """Return a metallic ribbon."""
    return qt.Wire(qt.Honeycomb(width, "armchair"), qt.Box(1.0))


def observables(wire, energy, length=LENGTH, realization=0, seed=SEED):
    """Return g, the summed local density of states and the density of states of a sample."""
    from flint import acb, acb_mat, arb, ctx

    ctx.prec = 500

    def exact(matrix):
        return acb_mat(
            [[acb(float(x.real), float(x.imag)) for x in row] for row in np.asarray(matrix)]
        )

    def dagger(matrix):
        rows, columns = matrix.nrows(), matrix.ncols()
        return acb_mat([[matrix[i, j].conjugate() for i in range(rows)] for j in range(columns)])

    def middle(matrix):
        rows, columns = matrix.nrows(), matrix.ncols()
        return acb_mat([[matrix[i, j].mid() for j in range(columns)] for i in range(rows)])

    slices = wire.slices()
    h, v, one = exact(slices.h), exact(slices.v), exact(np.eye(len(slices.h)))

    def self_energy(E, v):
        absorbing = one * (E + acb(0, arb("1e-50")))
        bulk, surface, ahead, back = h, h, v, dagger(v)
        for _ in range(185):
            g = (absorbing - bulk).inv()
            there, here = middle(ahead * g), middle(back * g)
            surface = middle(surface + there * back)
            bulk = middle(bulk + there * back + here * ahead)
            ahead, back = middle(there * ahead), middle(here * back)
        return middle(v * (absorbing - surface).inv() * dagger(v))

    E, d = acb(energy), acb(arb("1e-25"))
    sigmas = [self_energy(E, dagger(v)), self_energy(E, v)]
    slopes = [
        middle((self_energy(E + d, c) - self_energy(E - d, c)) * (1 / (2 * d)))
        for c in (dagger(v), v)
    ]
    numbers = np.array([realization], dtype=np.uint64)
    potential = wire.potential_of(numbers, 0, length, seed)[:, :, 0].repeat(slices.orbitals, axis=1)
    bare = [one * E - h - exact(np.diag(row)) for row in potential]
    bare[0], bare[-1] = bare[0] - sigmas[0], bare[-1] - sigmas[1]
    parts, taken = [], None
    for block in bare:
        parts.append(middle((block if taken is None else block - taken).inv()))
        taken = middle(dagger(v) * parts[-1] * v)
    G, through = [parts[-1]], parts[0]
    for part in parts[-2::-1]:
        G.insert(0, middle(part + part * v * G[0] * dagger(v) * part))
    for part in parts[1:]:
        through = middle(through * v * part)
    gammas = [(sigma - dagger(sigma)) * acb(0, 1) for sigma in sigmas]
    g = (gammas[0] * through * gammas[1] * dagger(through)).trace().real
    local = sum((block.trace() for block in G), acb(0))
    lead = (G[0] * slopes[0]).trace() + (G[-1] * slopes[1]).trace()
    densities = (-one.imag / arb.pi() for one in (local, local - lead))
    return [float(x.mid()) for x in (g, *densities)]


def main():
    """Write the stored numbers."""
    found = {
        str(width): {energy.hex(): observables(wire(width), energy) for energy in ENERGIES}
        for width in WIDTHS
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
