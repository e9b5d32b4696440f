"""Kwant with MUMPS as the peer of qtcore's solver: it runs in an environment of its own.

Kwant 1.5 needs NumPy 1.26 and qtcore NumPy 2, so the two never share a process. This file imports
nothing of qtcore; it is started by `peer_process.KwantPeer` with the interpreter of the environment
that `install_kwant.sh` makes, reads one JSON request a line and answers each with one JSON line.
On-site energies come as `.npy` files of shape (realization, slice, site), in units of t.

Two ways to use Kwant are timed, both per realization and for lead 0 -> lead 1 only:

tuned
    The public interface as a careful user has it: the system is built and finalized once, on-site
    energies come through `params`, lead modes are precalculated, Hermiticity is not checked,
    `in_leads=[0], out_leads=[1]`, and MUMPS gets sparse right-hand sides and, unless told, the
    ordering and the number of right-hand sides that are fastest here for this very wire (tried out
    before anything is timed).
expert
    The floor of Kwant's algorithm, by its private functions: the linear system is assembled once,
    of a new realization only the diagonal is rewritten, and MUMPS' analysis is reused. What is left
    is one numerical factorisation and the solution for the incoming modes.

Any wire with equal slices comes as it is: its matrices (`.npz`: h and v of the wire, lead_h and
lead_v of its leads), H = sum_n |n> (h + eps_n) <n| + (|n> v <n + 1| + h.c.), with the lead's own
coupling between lead and wire. Both programs therefore solve the very same Hamiltonian. A wire with
structure brings h and v of each slice (`inside`, `ahead`), its couplings to the leads (`left`,
`right`) and which sites are there (`there`); only `tuned` takes it.
"""

import json
import os
import sys
import time
import warnings
from dataclasses import dataclass

import kwant
import numpy as np
import tinyarray

warnings.filterwarnings("ignore", category=DeprecationWarning)

# Nested dissection (metis) is Kwant's default and never the fastest for wires.
ORDERINGS = ("amf", "amd", "pord", "scotch")
RIGHT_HAND_SIDES = (16, 32, 128)
TRIAL_SECONDS = 0.2


@dataclass(frozen=True)
class System:
    """A wire between two leads at one energy (units of t); `orbitals` sit on every site."""

    slices: str
    orbitals: int
    length: int
    energy: float

    @property
    def sites(self):
        """Sites in a slice."""
        return len(np.load(self.slices)["h"]) // self.orbitals


def build(system):
    """Return the finalized Kwant system, without its lead modes; it takes `eps[slice][site]`."""
    if "inside" in np.load(system.slices):
        return build_structured(system)
    orbitals, sites = system.orbitals, system.sites
    matrices = {
        name: matrix.reshape(sites, orbitals, sites, orbitals).swapaxes(1, 2)
        for name, matrix in np.load(system.slices).items()
    }
    lattice = kwant.lattice.square(norbs=orbitals)

    def number(block):
        """Return a block as what Kwant reads fastest: a number, or a tinyarray."""
        if orbitals > 1:
            return tinyarray.array(block.tolist(), complex)
        return complex(block[0, 0]) if block.imag.any() else float(block[0, 0].real)

    def fill(builder, h, v, slices, onsite):
        builder[(lattice(x, y) for x in range(slices) for y in range(sites))] = onsite
        for a, b in np.argwhere(np.abs(h).max(axis=(2, 3)) > 0):
            if a < b:
                bonds = ((lattice(x, a), lattice(x, b)) for x in range(slices))
                builder[bonds] = number(h[a, b])
        # Numbers, not a function: Kwant would call it again for every realization.
        ahead = slices if builder.symmetry.num_directions else slices - 1
        for a, b in np.argwhere(np.abs(v).max(axis=(2, 3)) > 0):
            bonds = ((lattice(x, a), lattice(x + 1, b)) for x in range(ahead))
            builder[bonds] = number(v[a, b])
        return builder

    clean = [number(matrices["h"][y, y]) for y in range(sites)]
    if orbitals == 1 and not any(clean):

        def onsite(site, eps):
            x, y = site.tag
            return eps[x][y]
    else:
        one = number(np.eye(orbitals))

        def onsite(site, eps):
            x, y = site.tag
            return eps[x][y] * one + clean[y]

    def lead_onsite(site):
        return number(matrices["lead_h"][site.tag[1], site.tag[1]])

    wire = fill(kwant.Builder(), matrices["h"], matrices["v"], system.length, onsite)
    symmetry = kwant.TranslationalSymmetry((-1, 0))
    lead_h, lead_v = matrices["lead_h"], matrices["lead_v"]
    lead = fill(kwant.Builder(symmetry), lead_h, lead_v, 1, lead_onsite)
    wire.attach_lead(lead)
    wire.attach_lead(lead.reversed())
    return wire.finalized()


def build_structured(system):
    """Return the finalized Kwant system of a wire whose slices differ, with one orbital a site.

    A slice of each lead is taken into it, so that contacts may be changed.
    """
    given, L = np.load(system.slices), system.length
    lattice, wire = kwant.lattice.square(norbs=1), kwant.Builder()
    lead_h, lead_v, there = given["lead_h"], given["lead_v"], given["there"]
    sites = len(lead_h)

    def number(value):
        return complex(value) if value.imag else float(value.real)

    def onsite(site, eps):
        x, y = site.tag
        return eps[x][y]

    wire[(lattice(int(x), int(y)) for x, y in np.argwhere(there))] = onsite
    for x in (-1, L):
        wire[(lattice(x, y) for y in range(sites))] = 0.0

    def connect(matrix, x, ahead):
        for a, b in np.argwhere(matrix != 0):
            ends = lattice(x, int(a)), lattice(x + ahead, int(b))
            if (ahead or a < b) and all(end in wire for end in ends):
                wire[ends] = number(matrix[a, b])

    for x in range(L):
        connect(given["inside"][x], x, 0)
        connect(given["ahead"][x] if x + 1 < L else given["right"], x, 1)
    connect(given["left"], -1, 1)
    for x in (-1, L):
        connect(lead_h, x, 0)
    lead = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)))
    lead[(lattice(0, y) for y in range(sites))] = 0.0
    for a, b in np.argwhere(lead_h != 0):
        if a < b:
            lead[lattice(0, int(a)), lattice(0, int(b))] = number(lead_h[a, b])
    for a, b in np.argwhere(lead_v != 0):
        lead[lattice(0, int(a)), lattice(1, int(b))] = number(lead_v[a, b])
    wire.attach_lead(lead)
    wire.attach_lead(lead.reversed())
    return wire.finalized()


def mumps_solver(options):
    """Return a solver of its own with these options; `sparse_rhs` always pays for wires."""
    solver = kwant.solvers.mumps.Solver()
    solver.options(sparse_rhs=True, **options)
    return solver


class Tuned:
    """Kwant's `smatrix` at its best."""

    def __init__(self, finalized, system, options):
        self.system, self.energy = finalized, system.energy
        self.solver = mumps_solver(options)

    def transmission(self, eps):
        """Return g (e²/h per spin) of the on-site energies `eps` (slice, site)."""
        smatrix = self.solver.smatrix(
            self.system,
            self.energy,
            # Plain floats: Kwant reads them one by one, which costs more on an array.
            params={"eps": eps.tolist()},
            in_leads=[0],
            out_leads=[1],
            check_hermiticity=False,
        )
        return smatrix.transmission(1, 0)


class Expert:
    """Kwant's linear system with only its diagonal rewritten, MUMPS' analysis reused."""

    def __init__(self, finalized, system, options):
        self.energy = system.energy
        self.solver = mumps_solver(options)
        sites, orbitals = system.sites, system.orbitals
        h = np.diag(np.load(system.slices)["h"]).real
        # Any value without an accidental zero of eps + h - E, which a sparse sum would drop.
        away = system.energy + 1.0 + 2 * np.abs(h).max()
        linear, _ = self.solver._make_linear_sys(
            finalized,
            [0],
            system.energy,
            check_hermiticity=False,
            params={"eps": [[away] * sites] * system.length},
        )
        matrix = linear.lhs.tocoo()
        on_diagonal = (matrix.row == matrix.col) & (matrix.row < linear.num_orb)
        self.diagonal = np.flatnonzero(on_diagonal)
        order = np.array([x * sites + y for x, y in (site.tag for site in finalized.sites)])
        site, orbital = np.divmod(matrix.row[self.diagonal], orbitals)
        self.place = order[site]
        self.clean = h[self.place % sites * orbitals + orbital] - system.energy
        if len(self.place) != system.length * sites * orbitals:
            raise RuntimeError("Kwant's matrix does not store its whole diagonal")
        self.incoming, self.outgoing = linear.rhs[0], linear.indices[1]
        self.context = kwant.linalg.mumps.MUMPSContext()
        self.context.factor(matrix, ordering=self.solver.ordering)

    def transmission(self, eps):
        """Return g (e²/h per spin) of the on-site energies `eps` (slice, site)."""
        # MUMPS keeps a pointer to these values; `factor(reuse_analysis=True)` would copy all again.
        self.context.data[self.diagonal] = eps.ravel()[self.place] + self.clean
        instance = self.context.mumps_instance
        instance.job = 2
        instance.call()
        while instance.infog[1] in (-8, -9):  # not enough workspace: ask for twice the reserve
            instance.icntl[14] *= 2
            instance.call()
        if instance.infog[1] < 0:
            raise kwant.linalg.mumps.MUMPSError(instance.infog)
        amplitudes = self.solver._solve_linear_sys(self.context, self.incoming, self.outgoing)
        return float(np.sum(np.abs(amplitudes) ** 2))


VARIANTS = {"tuned": Tuned, "expert": Expert}


def fastest_options(variant, finalized, system):
    """Try the orderings, then the numbers of right-hand sides; return the fastest pair."""
    shape = (2, system.length, system.sites)
    ensemble = np.random.default_rng(0).uniform(-0.5, 0.5, shape)

    def seconds(options):
        transmission = variant(finalized, system, options).transmission
        took = []
        # The mean of many: some orderings are fast at times and slow at others.
        while len(took) < 2 or sum(took) < TRIAL_SECONDS:
            took.append(timed(transmission, ensemble[len(took) % 2])[0])
        return sum(took) / len(took)

    first = RIGHT_HAND_SIDES[0]
    trials = [{"ordering": name, "nrhs": first} for name in ORDERINGS]
    best = min(trials, key=seconds)
    if system.sites * system.orbitals <= first:  # one batch of right-hand sides in any case
        return best
    return min(({**best, "nrhs": nrhs} for nrhs in RIGHT_HAND_SIDES), key=seconds)


def timed(function, argument):
    """Return (seconds of the processor, value) of one call."""
    start = time.process_time()
    value = function(argument)
    return time.process_time() - start, value


class Peer:
    """Answers requests; the system prepared last stays ready."""

    def __init__(self):
        self.ready = {}

    def prepare(self, system, options):
        """Make each variant named in `options` ready; its options None: find the fastest."""
        system = System(**system)
        build_seconds, finalized = timed(build, system)
        modes_seconds, finalized = timed(
            lambda energy: finalized.precalculate(energy, what="modes"), system.energy
        )
        chosen = {
            name: given or fastest_options(VARIANTS[name], finalized, system)
            for name, given in options.items()
        }
        self.ready = {
            name: VARIANTS[name](finalized, system, given) for name, given in chosen.items()
        }
        return {
            "build_seconds": build_seconds,
            "modes_seconds": modes_seconds,
            "options": chosen,
        }

    def measure(self, variant, onsite):
        """Solve each realization in the file `onsite` once; return seconds and g, one for each."""
        ensemble = np.load(onsite)
        solved = [timed(self.ready[variant].transmission, eps) for eps in ensemble]
        return {"seconds": [pair[0] for pair in solved], "g": [pair[1] for pair in solved]}


def serve(requests, answers):
    """Answer every JSON line of `requests` until it ends."""
    peer = Peer()
    print(
        json.dumps({"kwant": kwant.__version__, "numpy": np.__version__}), file=answers, flush=True
    )
    for line in requests:
        request = json.loads(line)
        command = getattr(peer, request.pop("command"))
        print(json.dumps(command(**request)), file=answers, flush=True)


if __name__ == "__main__":
    # Anything that a library prints must not land between the answers.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin, channel)
