"""Drawn systems with 1 to 6 leads, and what Kwant finds in them.

A system is drawn from its number with plain Python, so that the very same one can be built with Kwant
and without it. With Kwant installed, `python tests/solve/kwant_drawn.py` writes what Kwant finds to
kwant_drawn.json.
"""

import json
import random
from pathlib import Path

import numpy as np
from scipy import sparse

STORED = Path(__file__).with_suffix(".json")
COUNT, WITH_LOCAL = 220, 30
DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "bottom": (0, -1), "top": (0, 1)}

# What a bond is in each kind of system: matrices on the orbitals of a site.
SY, SX, SZ = np.array([[0, -1j], [1j, 0]]), np.array([[0, 1], [1, 0]]), np.diag([1.0, -1.0])
ONE = np.eye(2)


class Drawn:
    """A rectangle with holes, random on-site values, a field or spin-orbit coupling, and its leads."""

    def __init__(self, number):
        rng = random.Random(number)
        self.number = number
        self.width, self.height = rng.randint(4, 9), rng.randint(4, 9)
        self.spin = number % 4 == 3
        self.phi = rng.choice([0.0, 0.0, 0.07, 0.21])
        self.rashba, self.zeeman = rng.choice([0.2, 0.4]), rng.choice([0.0, 0.3])
        self.strength = rng.choice([0.0, 0.5, 2.0, 6.0])
        inside = [(x, y) for x in range(1, self.width - 1) for y in range(1, self.height - 1)]
        holes = set(rng.sample(inside, rng.randint(0, len(inside) // 3)))
        self.sites = sorted(
            (x, y) for x in range(self.width) for y in range(self.height) if (x, y) not in holes
        )
        self.onsite = {site: self.strength * (rng.random() - 0.5) for site in self.sites}
        self.leads = self._leads(rng)
        self.energy = rng.uniform(-2.6, 2.6)

    def _leads(self, rng):
        """Leads on the sides, up to two on each: side, first and last site, on-site energy."""
        wanted, found = rng.randint(1 if self.number % 11 == 0 else 2, 6), []
        places = [(side, half) for side in DIRECTIONS for half in (0, 1)]
        rng.shuffle(places)
        for side, half in places[:wanted]:
            length = self.height if side in ("left", "right") else self.width
            low, high = (0, length // 2 - 1) if half == 0 else (length // 2, length - 1)
            first = rng.randint(low, high)
            found.append((side, first, rng.randint(first, high), rng.uniform(-0.5, 0.5)))
        return found

    @property
    def norbs(self):
        return 2 if self.spin else 1

    def own(self, site):
        """H on a site."""
        value = self.onsite[site]
        return value * ONE + self.zeeman * SZ if self.spin else np.array([[value]])

    def lead_own(self, shift):
        return shift * ONE + self.zeeman * SZ if self.spin else np.array([[shift]])

    def bond(self, along, y):
        """<r|H|r - direction> of a bond in a row y: along x, or across (along y)."""
        if along:
            phase = np.exp(2j * np.pi * self.phi * y)
            return (-ONE + self.rashba * 1j * SY) * phase if self.spin else np.array([[-phase]])
        return -ONE - self.rashba * 1j * SX if self.spin else np.array([[-1.0]])

    def cell(self, lead):
        """The sites of the sample that a lead continues, from the first to the last."""
        side, first, last, _ = lead
        return [
            {
                "left": (0, n),
                "right": (self.width - 1, n),
                "bottom": (n, 0),
                "top": (n, self.height - 1),
            }[side]
            for n in range(first, last + 1)
        ]


class StandInLead:
    parameters = frozenset()

    def __init__(self, drawn, lead):
        side, cell, n = lead[0], drawn.cell(lead), drawn.norbs
        size = n * len(cell)
        self.h, self.hop = np.zeros((2, size, size), complex)
        along = side in ("left", "right")
        for k, (_, y) in enumerate(cell):
            # Leads that leave upwards or downwards have no field: they repeat themselves.
            y = y if along else 0
            here = slice(n * k, n * k + n)
            self.h[here, here] = drawn.lead_own(lead[3])
            if k:
                before = slice(n * k - n, n * k)
                across = drawn.bond(not along, y)
                self.h[here, before] = across
                self.h[before, here] = across.conj().T
            # <cell|H|next cell towards the sample>
            outward = drawn.bond(along, y)
            self.hop[here, here] = outward if side in ("right", "top") else outward.conj().T

    def cell_hamiltonian(self, params=None):
        assert params == {}
        return self.h

    def inter_cell_hopping(self, params=None):
        assert params == {}
        return self.hop


class StandIn:
    """What a finalized system offers, in the order that Kwant sorts sites in."""

    parameters = frozenset()

    def __init__(self, drawn):
        n = drawn.norbs
        place = {site: k for k, site in enumerate(drawn.sites)}
        H = np.zeros((n * len(place),) * 2, complex)
        for (x, y), k in place.items():
            here = slice(n * k, n * k + n)
            H[here, here] = drawn.own((x, y))
            for other, along in (((x - 1, y), True), ((x, y - 1), False)):
                if other in place:
                    there = slice(n * place[other], n * place[other] + n)
                    H[here, there] = drawn.bond(along, y)
                    H[there, here] = H[here, there].conj().T
        self.H, self.norbs = H, [n] * len(place)
        self.leads = [StandInLead(drawn, lead) for lead in drawn.leads]
        self.lead_interfaces = [
            np.array([place[site] for site in drawn.cell(lead)]) for lead in drawn.leads
        ]

    def hamiltonian_submatrix(self, sparse=False, return_norb=False, params=None):
        assert sparse
        assert return_norb
        assert params == {}
        return coo(self.H), self.norbs, self.norbs


coo = sparse.coo_matrix


def built(drawn):
    """Return the system as Kwant has it, and its lattice."""
    import kwant

    lattice = kwant.lattice.square(norbs=drawn.norbs)

    def plain(matrix):
        return matrix if drawn.spin else complex(matrix[0, 0])

    # Kwant asks for the bonds of a lead in its first cell, which has y = 0 if it leaves upwards.
    def with_bonds(builder):
        builder[kwant.HoppingKind((1, 0), lattice)] = lambda to, _: plain(
            drawn.bond(True, to.tag[1])
        )
        builder[kwant.HoppingKind((0, 1), lattice)] = lambda to, _: plain(
            drawn.bond(False, to.tag[1])
        )

    builder = kwant.Builder()
    for site in drawn.sites:
        builder[lattice(*site)] = plain(drawn.own(site).astype(complex))
    with_bonds(builder)
    for lead in drawn.leads:
        side = kwant.Builder(kwant.TranslationalSymmetry(DIRECTIONS[lead[0]]))
        for site in drawn.cell(lead):
            side[lattice(*site)] = plain(drawn.lead_own(lead[3]).astype(complex))
        with_bonds(side)
        builder.attach_lead(side)
    return builder.finalized(), lattice


def short(values):
    return [float(f"{value:.12g}") for value in values]


def of_kwant(number):
    """Return what Kwant finds in a drawn system: T between leads, and some local quantities."""
    import kwant

    drawn = Drawn(number)
    system, lattice = built(drawn)
    assert [tuple(site.tag) for site in system.sites] == drawn.sites
    smatrix = kwant.smatrix(system, drawn.energy)
    leads = range(len(drawn.leads))
    channels = [int(smatrix.num_propagating(lead)) for lead in leads]
    T = [[float(smatrix.transmission(to, source)) for source in leads] for to in leads]
    found = {"channels": channels, "T": T}
    if number < WITH_LOCAL:
        found["ldos"] = short(kwant.ldos(system, drawn.energy))
        pairs = [
            (a, b)
            for a, (x, y) in enumerate(drawn.sites)
            for b, other in enumerate(drawn.sites)
            if other in ((x + 1, y), (x, y + 1)) and a < b
        ]
        where = [(lattice(*drawn.sites[b]), lattice(*drawn.sites[a])) for a, b in pairs]
        current = kwant.operator.Current(system, where=where, sum=False)
        wave = kwant.wave_function(system, drawn.energy)
        found["bonds"] = pairs
        zero = np.zeros(len(pairs))
        found["current"] = short(sum((current(psi) for psi in wave(0)), zero))
        green = kwant.greens_function(system, drawn.energy)
        found["green"] = float(np.abs(green.submatrix(len(drawn.leads) - 1, 0)).sum())
    return found


if __name__ == "__main__":
    found = [of_kwant(number) for number in range(COUNT)]
    STORED.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
