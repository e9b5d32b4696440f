"""Dresselhaus spin–orbit coupling."""

from dataclasses import dataclass

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import SIGMA_X, SIGMA_Y, Contribution, Term, planar_directions


@dataclass(frozen=True)
class Dresselhaus(Term):
    """Linear Dresselhaus coupling of a quantum well normal to [001], on any lattice in the plane.

    Adds <i|H|j> = i beta (sigma_y d_y - sigma_x d_x) to every bond, with d the unit vector from i
    to j: beta (sigma_x k_x - sigma_y k_y) at small k, beside alpha (sigma_x k_y - sigma_y k_x) of
    `Rashba`. The axes x and y are the crystal's [100] and [010]. With alpha = ± beta a component of
    the spin is conserved (persistent spin helix; Bernevig, Orenstein and Zhang, PRL 97, 236601
    (2006)).

    Parameters
    ----------
    beta : float
        Strength, in units of t.
    """

    spin = True
    plain_hopping = True

    beta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "beta", finite_number("beta", self.beta, "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the spin-dependent part of the hopping."""
        bonds, dx, dy = planar_directions(lattice, self)
        return Contribution(
            bonds=bonds.with_hopping(1j * self.beta * (dy * SIGMA_Y - dx * SIGMA_X))
        )
