"""Rashba spin–orbit coupling."""

from dataclasses import dataclass

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import SIGMA_X, SIGMA_Y, Contribution, Term, planar_directions


@dataclass(frozen=True)
class Rashba(Term):
    """Rashba coupling of an electric field along z, on any lattice in the plane.

    Adds <i|H|j> = i alpha (sigma_y d_x - sigma_x d_y) to every bond, with d the unit vector from
    i to j. On the square lattice E = 2 cos kx + 2 cos ky ± 2 alpha sqrt(sin² kx + sin² ky).

    Parameters
    ----------
    alpha : float
        Strength, in units of t.
    """

    spin = True
    plain_hopping = True

    alpha: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", finite_number("alpha", self.alpha, "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the spin-dependent part of the hopping."""
        bonds, dx, dy = planar_directions(lattice, self)
        return Contribution(
            bonds=bonds.with_hopping(1j * self.alpha * (dx * SIGMA_Y - dy * SIGMA_X))
        )
