"""Kane and Mele's quantum spin Hall insulator on the honeycomb lattice."""

from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.lattice.paths import second_neighbours
from qtcore.model.terms.contract import SIGMA_Z, UNIT, Contribution, Term, sublattice_of


@dataclass(frozen=True)
class KaneMele(Term):
    """Spin–orbit coupling between second neighbours, and a mass of opposite sign on A and B.

    Adds <i|H|k> = i coupling nu sigma_z, with nu = +1 (-1) if the path from k by the common
    neighbour to i turns left (right), and ±mass on the sublattices (Kane, Mele, PRL 95, 146802
    (2005)); the model's Rashba coupling is `Rashba`. Without it topological for
    |mass| < 3 sqrt(3) |coupling|.

    Parameters
    ----------
    coupling : float
        Intrinsic spin–orbit coupling, in units of t.
    mass : float
        Energy of sublattice A, in units of t; B has the opposite one.
    """

    spin = True

    coupling: float
    mass: float = 0.0

    def __post_init__(self) -> None:
        for name in ("coupling", "mass"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the mass and the bonds between second neighbours."""
        signs = sublattice_of(lattice, self)
        bonds, turn = second_neighbours(lattice)
        hopping = 1j * self.coupling * turn[:, None, None] * SIGMA_Z
        onsite: np.ndarray[tuple[int, ...], np.dtype[np.complex128]] = (
            self.mass * signs[:, None, None] * UNIT
        )
        return Contribution(onsite, bonds.with_hopping(hopping))
