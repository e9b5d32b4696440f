"""Kwant with MUMPS on a Hall bar of six leads: `bench_terminals.py` starts it in Kwant's environment.

    python kwant_terminals.py ONSITE.npy LEAD_WIDTH FIRST SECOND ENERGY FLUX ROUNDS

ONSITE.npy holds on-site values (realization, slice, site). As a careful user has it: the system is made
once, on-site values come through `params`, lead modes are kept, Hermiticity is not checked, MUMPS has
sparse right-hand sides, and the ordering and number of right-hand sides that are fastest for this very
bar. One JSON line: seconds of the processor per realization, the options, T[to][from] of each.
"""

import json
import sys
import time
import warnings

import kwant
import numpy as np

warnings.filterwarnings("ignore", category=DeprecationWarning)

ORDERINGS = ("amf", "amd", "pord", "scotch")
RIGHT_HAND_SIDES = (16, 64)


def build(length, width, lead_width, places, phase):
    """Return the finalized bar: left, right, top 1, top 2, bottom 1, bottom 2."""
    lattice = kwant.lattice.square(norbs=1)

    def turn(x):
        return np.exp(1j * phase * x) if phase else 1.0

    def onsite(site, eps):
        return eps[site.tag[0]][site.tag[1]]

    def across(to, source):
        # <x, y|H|x, y + 1> = exp(i phase x): leads across edges repeat themselves.
        x, up = source.tag[0], source.tag[1] - to.tag[1]
        return turn(x) if up > 0 else np.conj(turn(x))

    bar = kwant.Builder()
    bar[(lattice(x, y) for x in range(length) for y in range(width))] = onsite
    bar[kwant.builder.HoppingKind((1, 0), lattice)] = 1.0
    bar[kwant.builder.HoppingKind((0, 1), lattice)] = across if phase else 1.0

    def lead(direction, sites):
        cells = kwant.Builder(kwant.TranslationalSymmetry(direction))
        cells[sites] = 0.0
        cells[lattice.neighbors()] = 1.0
        return cells

    column = [lattice(0, y) for y in range(width)]
    bar.attach_lead(lead((-1, 0), column))
    right = lead((1, 0), column)
    # No flux between the sample's last slice and the lead, nor inside it.
    right[kwant.builder.HoppingKind((0, 1), lattice)] = np.conj(turn(length - 1))
    bar.attach_lead(right)
    for direction in (1, -1):
        for first in places:
            sites = [lattice(x, 0) for x in range(first, first + lead_width)]
            bar.attach_lead(lead((0, direction), sites))
    return bar.finalized()


def main(name, *words):
    """Print the JSON line."""
    lead_width, first, second = map(int, words[:3])
    energy, phase, rounds = float(words[3]), 2 * np.pi * float(words[4]), int(words[5])
    ensemble = np.load(name)
    system = build(*ensemble.shape[1:], lead_width, (first, second), phase)
    system = system.precalculate(energy, what="modes")
    samples = [eps.tolist() for eps in ensemble]

    def solve(solver, eps):
        start = time.process_time()
        S = solver.smatrix(system, energy, params={"eps": eps}, check_hermiticity=False)
        return time.process_time() - start, S

    best = {}
    for ordering in ORDERINGS:
        for nrhs in RIGHT_HAND_SIDES:
            solver = kwant.solvers.mumps.Solver()
            solver.options(ordering=ordering, nrhs=nrhs, sparse_rhs=True)
            best[ordering, nrhs] = min(solve(solver, samples[0])[0] for _ in range(2))
    chosen = min(best, key=best.get)
    solver = kwant.solvers.mumps.Solver()
    solver.options(ordering=chosen[0], nrhs=chosen[1], sparse_rhs=True)
    seconds, T = [best[chosen]], []
    for _ in range(rounds):
        T = []
        for eps in samples:
            took, S = solve(solver, eps)
            seconds.append(took)
            T.append([[S.transmission(i, j) for j in range(6)] for i in range(6)])
    print(json.dumps({"seconds": min(seconds), "options": chosen, "T": T}))


if __name__ == "__main__":
    main(*sys.argv[1:])
