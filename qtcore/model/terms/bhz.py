"""The quantum spin Hall insulator of Bernevig, Hughes and Zhang."""

from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import finite_number, positive_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import (
    SIGMA_X,
    SIGMA_Y,
    SIGMA_Z,
    UNIT,
    Contribution,
    Term,
    on_every_site,
    unit_steps,
)


@dataclass(frozen=True)
class BHZ(Term):
    """Two copies of a Chern insulator, one for each spin, that time reversal exchanges.

    For spin up H = C - 2D (2 - cos kx - cos ky) + A (sin kx sigma_x - sin ky sigma_y)
    + (M - 2B (2 - cos kx - cos ky)) sigma_z, for spin down its complex conjugate at -k (Bernevig,
    Hughes, Zhang, Science 314, 1757 (2006)); sigma acts on the bands E1 and H1. The electrons are
    those of a quantum well on a grid; all energies of the wire are in the unit of A, B, C, D, M.
    Topological for 0 < M / (2B) < 2.

    Parameters
    ----------
    A, B, D, M, C : float
        Energies; A is the continuum parameter over the grid constant, B and D over its square.
    """

    spin = True
    bands = 2
    sets_hopping = True

    A: float
    B: float
    D: float
    M: float
    C: float = 0.0

    def __post_init__(self) -> None:
        for name in ("A", "B", "D", "M", "C"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), "energy"))

    @classmethod
    def quantum_well(cls, M: float, spacing: float = 5.0) -> "BHZ":
        """Return a HgTe/CdTe quantum well on a grid, energies in meV.

        A = 364.5 meV nm, B = -686 meV nm², D = -512 meV nm² (Li, Chu, Jain, Shen, PRL 102, 136806
        (2009)).

        Parameters
        ----------
        M : float
            Mass in meV; negative for the topological well.
        spacing : float
            Grid constant in nm.
        """
        a = positive_number("spacing", spacing, "nm")
        return cls(A=364.5 / a, B=-686.0 / a**2, D=-512.0 / a**2, M=M)

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return masses and hopping, which replaces that of the lattice."""
        bonds = unit_steps(lattice, self)
        dx, dy, _ = bonds.displacement.T[:, :, None, None]
        hopping = (
            np.kron(UNIT, self.D * UNIT + self.B * SIGMA_Z)
            - 0.5j * self.A * dx * np.kron(SIGMA_Z, SIGMA_X)
            + 0.5j * self.A * dy * np.kron(UNIT, SIGMA_Y)
        )
        onsite = (self.C - 4 * self.D) * UNIT + (self.M - 4 * self.B) * SIGMA_Z
        return Contribution(
            on_every_site(lattice, np.kron(UNIT, onsite)), bonds.with_hopping(hopping)
        )
