"""Haldane's Chern insulator on the honeycomb lattice."""

import cmath
import math
from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import finite_number, phase_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.lattice.paths import second_neighbours
from qtcore.model.terms.contract import Contribution, Term, sublattice_of


@dataclass(frozen=True)
class Haldane(Term):
    """Complex hopping between second neighbours, and a mass of opposite sign on A and B.

    Adds <i|H|k> = t2 exp(i nu phi), with nu = +1 (-1) if the path from k by the common neighbour
    to i turns left (right), and ±mass on the sublattices (Haldane, PRL 61, 2015 (1988)). A Chern
    insulator for |mass| < 3 sqrt(3) |t2 sin phi|.

    Parameters
    ----------
    t2 : float
        Hopping between second neighbours, in units of t.
    phi : float
        Its phase, in radians.
    mass : float
        Energy of sublattice A, in units of t; B has the opposite one.
    """

    t2: float
    phi: float = math.pi / 2
    mass: float = 0.0

    def __post_init__(self) -> None:
        for name in ("t2", "mass"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), "units of t"))
        object.__setattr__(self, "phi", phase_number("phi", self.phi, "radians"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the mass and the bonds between second neighbours."""
        signs = sublattice_of(lattice, self)
        bonds, turn = second_neighbours(lattice)
        left = self.t2 * cmath.exp(1j * self.phi)
        hopping = np.where(turn > 0, left, left.conjugate())[:, None, None]
        return Contribution(
            (self.mass * signs).astype(np.complex128)[:, None, None], bonds.with_hopping(hopping)
        )
