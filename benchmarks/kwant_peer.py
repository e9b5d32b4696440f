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
    ordering and the number of right-hand sides that are fastest here for this very strip (tried out
    before anything is timed).
expert
    The floor of Kwant's algorithm, by its private functions: the linear system is assembled once,
    of a new realization only the diagonal is rewritten, and MUMPS' analysis is reused. What is left
    is one numerical factorisation and the solution for the incoming modes.

Signs: H = sum eps |i><i| + sum (|i><j| + h.c.), hopping +1. The field enters in the gauge
A_x = -B y: <x, y| H |x + 1, y> = exp(-2 pi i flux y) with y = 0 .. width - 1 and `flux` in h/e per
plaquette. g does not depend on the sign of the flux (Onsager: T(B) = T(-B) with two leads).
"""

import json
import os
import sys
import time
import warnings
from dataclasses import dataclass

import kwant
import numpy as np

warnings.filterwarnings("ignore", category=DeprecationWarning)

# Nested dissection (metis) is Kwant's default and never the fastest for strips.
ORDERINGS = ("amf", "amd", "pord", "scotch")
RIGHT_HAND_SIDES = (16, 32, 128)
TRIAL_SECONDS = 0.2


@dataclass(frozen=True)
class Strip:
    """One strip between two clean leads of the same width, at one energy (units of t)."""

    width: int
    length: int
    energy: float
    flux: float = 0.0
    periodic: bool = False
    field_in_leads: bool = True


def build(strip):
    """Return the finalized Kwant system with its lead modes; it takes `eps[slice][site]`."""
    lattice = kwant.lattice.square(norbs=1)

    def onsite(site, eps):
        x, y = site.tag
        return eps[x][y]

    def fill(builder, slices, bonds, on_site, flux):
        builder[(lattice(x, y) for x in range(slices) for y in range(strip.width))] = on_site
        builder[kwant.HoppingKind((0, 1), lattice)] = 1.0
        if strip.periodic:
            for x in range(slices):
                builder[lattice(x, 0), lattice(x, strip.width - 1)] = 1.0
        # Numbers, not a function: Kwant would call it again for every realization.
        for y in range(strip.width):
            value = complex(np.exp(-2j * np.pi * flux * y)) if flux else 1.0
            builder[((lattice(x, y), lattice(x + 1, y)) for x in range(bonds))] = value
        return builder

    system = fill(kwant.Builder(), strip.length, strip.length - 1, onsite, strip.flux)
    symmetry = kwant.TranslationalSymmetry((-1, 0))
    lead_flux = strip.flux if strip.field_in_leads else 0.0
    lead = fill(kwant.Builder(symmetry), 1, 1, 0.0, lead_flux)
    system.attach_lead(lead)
    system.attach_lead(lead.reversed())
    return system.finalized().precalculate(strip.energy, what="modes")


def mumps_solver(options):
    """Return a solver of its own with these options; `sparse_rhs` always pays for strips."""
    solver = kwant.solvers.mumps.Solver()
    solver.options(sparse_rhs=True, **options)
    return solver


class Tuned:
    """Kwant's `smatrix` at its best."""

    def __init__(self, system, strip, options):
        self.system, self.energy = system, strip.energy
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

    def __init__(self, system, strip, options):
        self.energy = strip.energy
        self.solver = mumps_solver(options)
        # Any values without an accidental zero of eps - E, which a sparse sum would drop.
        stand_in = [[strip.energy + 1.0] * strip.width] * strip.length
        linear, _ = self.solver._make_linear_sys(
            system, [0], strip.energy, check_hermiticity=False, params={"eps": stand_in}
        )
        matrix = linear.lhs.tocoo()
        on_diagonal = (matrix.row == matrix.col) & (matrix.row < linear.num_orb)
        self.diagonal = np.flatnonzero(on_diagonal)
        order = [x * strip.width + y for x, y in (site.tag for site in system.sites)]
        self.place = np.array(order)[matrix.row[self.diagonal]]
        if len(self.place) != strip.length * strip.width:
            raise RuntimeError("Kwant's matrix does not store its whole diagonal")
        self.incoming, self.outgoing = linear.rhs[0], linear.indices[1]
        self.context = kwant.linalg.mumps.MUMPSContext()
        self.context.factor(matrix, ordering=self.solver.ordering)

    def transmission(self, eps):
        """Return g (e²/h per spin) of the on-site energies `eps` (slice, site)."""
        # MUMPS keeps a pointer to these values; `factor(reuse_analysis=True)` would copy all again.
        self.context.data[self.diagonal] = eps.ravel()[self.place] - self.energy
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


def fastest_options(variant, system, strip):
    """Try the orderings, then the numbers of right-hand sides; return the fastest pair."""
    ensemble = np.random.default_rng(0).uniform(-0.5, 0.5, (2, strip.length, strip.width))

    def seconds(options):
        transmission = variant(system, strip, options).transmission
        took = []
        # The mean of many: some orderings are fast at times and slow at others.
        while len(took) < 2 or sum(took) < TRIAL_SECONDS:
            took.append(timed(transmission, ensemble[len(took) % 2])[0])
        return sum(took) / len(took)

    first = RIGHT_HAND_SIDES[0]
    trials = [{"ordering": name, "nrhs": first} for name in ORDERINGS]
    best = min(trials, key=seconds)
    if strip.width <= first:  # one batch of right-hand sides in any case
        return best
    return min(({**best, "nrhs": nrhs} for nrhs in RIGHT_HAND_SIDES), key=seconds)


def timed(function, argument):
    """Return (seconds, value) of one call."""
    start = time.perf_counter()
    value = function(argument)
    return time.perf_counter() - start, value


class Peer:
    """Answers requests; the strip prepared last stays ready."""

    def __init__(self):
        self.ready = {}

    def prepare(self, strip, options):
        """Make each variant named in `options` ready; its options None: find the fastest."""
        strip = Strip(**strip)
        start = time.perf_counter()
        system = build(strip)
        build_seconds = time.perf_counter() - start
        chosen = {
            name: given or fastest_options(VARIANTS[name], system, strip)
            for name, given in options.items()
        }
        self.ready = {name: VARIANTS[name](system, strip, chosen[name]) for name in chosen}
        return {"build_seconds": build_seconds, "options": chosen}

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
