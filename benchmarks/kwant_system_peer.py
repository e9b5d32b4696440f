"""Kwant as the peer of `bench_kwant.py`: ensembles of systems of any shape, with any number of leads.

It runs in an environment of its own, as `kwant_peer.py` does, and imports nothing of qtcore. Systems
come as lists of sites and leads, on-site energies as `.npy` files of shape (realization, site).
"""

import json
import os
import sys
import warnings

import kwant
import numpy as np
import scipy.sparse
from kwant_peer import ORDERINGS, RIGHT_HAND_SIDES, mumps_solver, timed

warnings.filterwarnings("ignore", category=DeprecationWarning)

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "bottom": (0, -1), "top": (0, 1)}
TRIALS = 3


def build(sites, leads):
    """Return the finalized system; it takes `eps[x][y]`."""
    lattice = kwant.lattice.square(norbs=1)
    builder = kwant.Builder()

    def onsite(site, eps):
        x, y = site.tag
        return eps[x][y]

    builder[(lattice(*site) for site in sites)] = onsite
    builder[lattice.neighbors()] = -1.0
    for side, cell in leads:
        lead = kwant.Builder(kwant.TranslationalSymmetry(DIRECTIONS[side]))
        lead[(lattice(*site) for site in cell)] = 0.0
        lead[lattice.neighbors()] = -1.0
        builder.attach_lead(lead)
    return builder.finalized()


class Peer:
    """Answers requests; the system prepared last stays ready."""

    def prepare(self, sites, leads, energy, every):
        """Build a system; `every` asks for T between all leads instead of lead 0 to lead 1."""
        finalized = build([tuple(site) for site in sites], leads)
        order = [tuple(site.tag) for site in finalized.sites]
        if order != sorted(map(tuple, sites)):
            raise RuntimeError("Kwant's sites are not sorted by x, then y")
        self.sites, self.energy, self.every = np.array(order), energy, every
        self.leads = len(leads)
        seconds, self.system = timed(
            lambda energy: finalized.precalculate(energy, what="modes"), energy
        )
        trials = [{"ordering": name, "nrhs": RIGHT_HAND_SIDES[0]} for name in ORDERINGS]
        best = min(trials, key=self.seconds)
        best = min(({**best, "nrhs": nrhs} for nrhs in RIGHT_HAND_SIDES), key=self.seconds)
        self.solver = mumps_solver(best)
        self.assemble()
        return {"options": best, "modes_seconds": seconds}

    def seconds(self, options):
        """Return the seconds that a trial takes."""
        self.solver = mumps_solver(options)
        eps = np.random.default_rng(0).uniform(-0.5, 0.5, (TRIALS, len(self.sites)))
        return min(timed(self.tuned, one)[0] for one in eps)

    def tuned(self, eps):
        """Return T, (to, from), by the public interface."""
        of_site = np.zeros(self.sites.max(axis=0) + 1)
        of_site[self.sites[:, 0], self.sites[:, 1]] = eps
        leads = {} if self.every else {"in_leads": [0], "out_leads": [1]}
        smatrix = self.solver.smatrix(
            self.system,
            self.energy,
            params={"eps": of_site.tolist()},
            check_hermiticity=False,
            **leads,
        )
        if not self.every:
            return smatrix.transmission(1, 0)
        each = range(self.leads)
        return [[float(smatrix.transmission(a, b)) for b in each] for a in each]

    def assemble(self):
        """Make the linear system once, by private functions, of which only the diagonal changes."""
        away = self.energy + 1.0
        size = self.sites.max(axis=0) + 1
        incoming = list(range(self.leads)) if self.every else [0]
        linear, _ = self.solver._make_linear_sys(
            self.system,
            incoming,
            self.energy,
            check_hermiticity=False,
            params={"eps": [[away] * size[1]] * size[0]},
        )
        matrix = linear.lhs.tocoo()
        on_diagonal = (matrix.row == matrix.col) & (matrix.row < linear.num_orb)
        self.diagonal = np.flatnonzero(on_diagonal)
        self.place = matrix.row[self.diagonal]
        if len(self.place) != len(self.sites):
            raise RuntimeError("Kwant's matrix does not store its whole diagonal")
        # Where several modes of a lead share a row the diagonal may be a sum: only ours is replaced.
        self.rhs = [scipy.sparse.csc_matrix(linear.rhs[n]) for n in range(len(incoming))]
        self.kept = linear.indices if self.every else [linear.indices[1]]
        self.context = kwant.linalg.mumps.MUMPSContext()
        self.context.factor(matrix, ordering=self.solver.ordering)

    def expert(self, eps):
        """Return T, (to, from), by the floor of Kwant's algorithm."""
        self.context.data[self.diagonal] = eps[self.place] - self.energy
        instance = self.context.mumps_instance
        instance.job = 2
        instance.call()
        while instance.infog[1] in (-8, -9):  # not enough workspace: ask for twice the reserve
            instance.icntl[14] *= 2
            instance.call()
        if instance.infog[1] < 0:
            raise kwant.linalg.mumps.MUMPSError(instance.infog)
        kept = np.concatenate(self.kept)
        rhs = scipy.sparse.hstack(self.rhs).tocsc() if len(self.rhs) > 1 else self.rhs[0]
        squares = np.abs(self.solver._solve_linear_sys(self.context, rhs, kept)) ** 2
        if not self.every:
            return float(squares.sum())
        rows = np.cumsum([0, *(len(one) for one in self.kept)])
        columns = np.cumsum([0, *(one.shape[1] for one in self.rhs)])
        each = range(self.leads)
        return [
            [float(squares[rows[a] : rows[a + 1], columns[b] : columns[b + 1]].sum()) for b in each]
            for a in each
        ]

    def measure(self, variant, onsite):
        """Solve each realization once; return seconds and T, one for each."""
        solved = [timed(getattr(self, variant), eps) for eps in np.load(onsite)]
        return {"seconds": [pair[0] for pair in solved], "T": [pair[1] for pair in solved]}


def serve(requests, answers):
    """Answer every JSON line of `requests` until it ends."""
    peer = Peer()
    print(json.dumps({"kwant": kwant.__version__}), file=answers, flush=True)
    for line in requests:
        request = json.loads(line)
        command = getattr(peer, request.pop("command"))
        print(json.dumps(command(**request)), file=answers, flush=True)


if __name__ == "__main__":
    # Anything that a library prints must not land between the answers.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin, channel)
