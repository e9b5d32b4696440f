"""Kwant's transmission from spin to spin, timed: it runs in an environment of its own.

`bench_resolved.py` starts it with two file names: matrices and on-site energies of a wire (`.npz`),
and where the answer goes. Kwant is used as in `kwant_peer.Tuned`: built once, on-site energies through
`params`, lead modes sorted by `conservation_law` and calculated once, only lead 0 to lead 1, MUMPS with
sparse right-hand sides.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import kwant
import numpy as np
import tinyarray

warnings.filterwarnings("ignore", category=DeprecationWarning)


def build(given, k, slices):
    """Return the finalized system; it takes `eps[slice][site]`."""
    lattice = kwant.lattice.square(norbs=k)
    blocks = {
        name: given[name].reshape(len(given[name]) // k, k, -1, k).swapaxes(1, 2)
        for name in ("h", "v", "lead_h", "lead_v")
    }
    one = tinyarray.array(np.eye(k), complex)

    def matrix(block):
        return tinyarray.array(block.tolist(), complex)

    def fill(builder, h, v, count, onsite):
        sites = range(len(h))
        builder[(lattice(x, y) for x in range(count) for y in sites)] = onsite
        bonds = np.abs(h).max(axis=(2, 3)) > 0
        for a, b in np.argwhere(np.triu(bonds, 1)):
            builder[((lattice(x, a), lattice(x, b)) for x in range(count))] = matrix(h[a, b])
        ahead = count if builder.symmetry.num_directions else count - 1
        for a, b in np.argwhere(np.abs(v).max(axis=(2, 3)) > 0):
            builder[((lattice(x, a), lattice(x + 1, b)) for x in range(ahead))] = matrix(v[a, b])
        return builder

    def onsite(site, eps):
        x, y = site.tag
        return eps[x][y] * one

    wire = fill(kwant.Builder(), blocks["h"], blocks["v"], slices, onsite)
    symmetry = kwant.TranslationalSymmetry((-1, 0))
    lead = kwant.Builder(symmetry, conservation_law=matrix(given["Q"]))
    fill(lead, blocks["lead_h"], blocks["lead_v"], 1, 0 * one)
    wire.attach_lead(lead)
    wire.attach_lead(lead.reversed())
    return wire.finalized()


def main(question, answer):
    """Solve all realizations; write seconds of each and T, (realization, outgoing, incoming)."""
    given = np.load(question)
    k, energy = len(given["Q"]), float(given["energy"])
    system = build(given, k, given["eps"].shape[1]).precalculate(energy, what="modes")
    solver = kwant.solvers.mumps.Solver()
    solver.options(sparse_rhs=True, ordering="amf", nrhs=32)
    seconds, found = [], []
    for eps in given["eps"]:
        values = eps.tolist()
        start = time.process_time()
        S = solver.smatrix(
            system,
            energy,
            params={"eps": values},
            in_leads=[0],
            out_leads=[1],
            check_hermiticity=False,
        )
        # Kwant's smallest eigenvalue is first.
        T = [[S.transmission((1, a), (0, b)) for b in (1, 0)] for a in (1, 0)]
        seconds.append(time.process_time() - start)
        found.append(T)
    Path(answer).write_text(json.dumps({"seconds": seconds, "T": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
