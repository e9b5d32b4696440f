"""The Zeeman energy of the spin."""

from dataclasses import dataclass

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import (
    SIGMA_X,
    SIGMA_Y,
    SIGMA_Z,
    Contribution,
    Term,
    on_every_site,
)


@dataclass(frozen=True)
class Zeeman(Term):
    """Adds bx sigma_x + by sigma_y + bz sigma_z on every site.

    Parameters
    ----------
    bx, by, bz : float
        Half the splitting along each axis, in units of t.
    """

    spin = True

    bx: float = 0.0
    by: float = 0.0
    bz: float = 0.0

    def __post_init__(self) -> None:
        for name in ("bx", "by", "bz"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the matrices on the sites."""
        matrix = self.bx * SIGMA_X + self.by * SIGMA_Y + self.bz * SIGMA_Z
        return Contribution(onsite=on_every_site(lattice, matrix))
