"""Pairs of electrons without spin on neighbouring sites."""

import cmath
from dataclasses import dataclass

import numpy as np

from qtcore.errors import InputError
from qtcore.model.checks import finite_number, phase_number, whole_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import Contribution, directions
from qtcore.model.terms.pairing import End, Pairing, Profile
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class PWavePairing(Described, Pairing):
    """Pairing of neighbours, <i|D|j> = delta exp(i phase) (d_x + i chirality d_y).

    d is the unit vector from i to j. On a chain it is that of Kitaev, Phys.-Usp. 44, 131 (2001),
    topological for |mu| < 2 t; with chirality 1 or -1 on a square lattice a p_x ± i p_y
    superconductor, which for one spin is the Chern insulator of Read and Green, PRB 61, 10267
    (2000). The electrons have no spin and no bands. The wire gets holes: c, c^+ on each site.

    Parameters
    ----------
    delta : float
        Strength, in units of t.
    chirality : int
        -1, 0 or 1; 0 pairs along x only.
    phase : float
        Phase of the superconductor, in radians.
    in_leads : bool, "left" or "right"
        Whether the leads are superconductors too, or the one at this end. They conduct above their
        gap only.
    profile : function, optional
        f(x, y), in a bar f(x, y, z): what multiplies delta exp(i phase) in the sample in the middle of each bond,
        a real or complex number, or True and False. Places are in lattice constants; slice 0 starts
        at x = 0. Leads that are superconductors have all of it.
    """

    no_spin = True

    delta: float
    chirality: int = 0
    phase: float = 0.0
    in_leads: bool | End = False
    profile: Profile | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", finite_number("delta", self.delta, "units of t"))
        chirality = whole_number("chirality", self.chirality, -1)
        if chirality > 1:
            raise InputError(f"chirality must be -1, 0 or 1, got {chirality}")
        object.__setattr__(self, "phase", phase_number("phase", self.phase, "radians"))
        self.check_place()

    def pairs(self, lattice: Lattice) -> Contribution:
        """Return D on the bonds."""
        if lattice.dimension != 2:
            raise InputError(f"{self!r} needs a lattice in the plane z = 0, got {lattice!r}")
        bonds = lattice.bonds()
        dx, dy, _ = directions(bonds, self).T
        strength = self.delta * cmath.exp(1j * self.phase) if self.phase else self.delta
        pairing = strength * (dx + 1j * self.chirality * dy)
        return Contribution(bonds=bonds.with_hopping(pairing[:, None, None].astype(np.complex128)))
