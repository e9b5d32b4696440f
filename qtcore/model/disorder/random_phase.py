"""Random phases of the bonds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import flux_width
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs, bond_uniforms
from qtcore.model.elementary import phase_factor
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class RandomPhase(BondDisorder):
    """Each bond times exp(2 pi i theta), theta uniform in [-s/2, s/2), on any lattice.

    A random vector potential: the flux through a plaquette is the sum of its bonds' theta, so that
    neighbours, which share a bond, are correlated (by -1/4 on a square lattice); for s = 1, modulo
    h/e, they are independent and uniform again. This is the random field of a bar, where the
    fluxes out of a cube must add up to zero (Ann. Phys. (Leipzig) 8, 487 (1999),
    https://arxiv.org/abs/cond-mat/9907319). Time reversal is broken: unitary class; chiral unitary at E = 0 if the wire
    has two sublattices and no other disorder.

    Parameters
    ----------
    strength : float
        Full width s of the box, from 0 to 1e6, in units of h/e; 1 is as random as can be.
    """

    unitary = True

    strength: float = 1.0

    def __post_init__(self) -> None:
        s = flux_width("strength of RandomPhase", self.strength)
        object.__setattr__(self, "strength", s)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.strength > 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.strength > 0

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "random phase", "strength": self.strength.hex()}

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:  # noqa: ARG002 # the same on every lattice
        """Return the phase factors, (slice, bond, 1, 1, R)."""
        return np.asarray(phase_factor(self.strength * bond_uniforms(bonds, address))[:, :, None])
