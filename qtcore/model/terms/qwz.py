"""The two-band Chern insulator of Qi, Wu and Zhang."""

from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import (
    SIGMA_X,
    SIGMA_Y,
    SIGMA_Z,
    Contribution,
    Term,
    on_every_site,
    unit_steps,
)


@dataclass(frozen=True)
class QWZ(Term):
    """H = A sin kx sigma_x + A sin ky sigma_y + (m + cos kx + cos ky) sigma_z.

    The sigma act on two bands, not on spin. A Chern insulator for 0 < |m| < 2 (Qi, Wu, Zhang,
    PRB 74, 085308 (2006)). It takes the place of the lattice's hopping. The hopping between slices
    is singular for |A| = 1.

    Parameters
    ----------
    A : float
        Coupling of the bands, in units of t.
    m : float
        Mass, in units of t.
    """

    bands = 2
    sets_hopping = True

    A: float = 1.0
    m: float = -1.0

    def __post_init__(self) -> None:
        for name in ("A", "m"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return mass and hopping, which replaces that of the lattice."""
        bonds = unit_steps(lattice, self)
        dx, dy, _ = bonds.displacement.T[:, :, None, None]
        hopping = 0.5 * SIGMA_Z - 0.5j * self.A * (dx * SIGMA_X + dy * SIGMA_Y)
        return Contribution(
            on_every_site(lattice, self.m * SIGMA_Z),
            bonds.with_hopping(hopping.astype(np.complex128)),
        )
