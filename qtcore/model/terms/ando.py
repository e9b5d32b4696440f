"""Ando's model of spin–orbit coupling: the hopping turns the spin."""

import math
from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import phase_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import (
    SIGMA_X,
    SIGMA_Y,
    SIGMA_Z,
    UNIT,
    Contribution,
    Term,
    directions,
)


@dataclass(frozen=True)
class Ando(Term):
    """Hopping that turns the spin by an angle, of unit strength as a whole.

    <i|H|j> = cos theta + i sin theta sigma·n for a bond along the unit vector d from i to j, with
    n = z × d in a plane, so that V_x = cos theta + i sin theta sigma_y and
    V_y = cos theta - i sin theta sigma_x (Ando, PRB 40, 5325 (1989), with V1 = cos theta and
    V2 = sin theta), and n = -d in a bar (Kawarabayashi et al., PRL 77, 3593 (1996)). The two
    agree in a plane up to a rotation of the spin. Ando's V2 = 1/2 is theta = pi/6.

    Parameters
    ----------
    theta : float
        Half the angle by which a bond turns the spin, in radians.
    """

    spin = True
    sets_hopping = True

    theta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", phase_number("theta", self.theta, "radians"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the hopping, which replaces that of the lattice."""
        bonds = lattice.bonds()
        d = directions(bonds, self)
        axis = -d
        if lattice.dimension == 2:
            axis = np.stack([-d[:, 1], d[:, 0], np.zeros(len(d))], axis=1)
        turning = np.einsum("bi,ijk->bjk", axis, np.stack([SIGMA_X, SIGMA_Y, SIGMA_Z]))
        links = math.cos(self.theta) * UNIT + 1j * math.sin(self.theta) * turning
        return Contribution(bonds=bonds.with_hopping(bonds.hopping * links))
