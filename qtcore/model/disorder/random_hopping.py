"""Random strength of the bonds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import not_negative
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs, bond_uniforms
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class RandomHopping(BondDisorder):
    """Each bond's matrix times 1 + delta, delta uniform in [-w/2, w/2), variance w²/12.

    It keeps time reversal: a plain wire stays in the orthogonal class. Without other disorder the
    two sublattices of a square or honeycomb wire still couple to each other only, so that E = 0 is
    special (chiral orthogonal class).

    Parameters
    ----------
    strength : float
        Full width w of the box, >= 0, relative to the clean hopping; below 2 no bond is cut.
    """

    keeps_time_reversal = True

    strength: float

    def __post_init__(self) -> None:
        name = "strength of RandomHopping"
        w = not_negative(name, self.strength, "full width, relative to the hopping")
        object.__setattr__(self, "strength", w)

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
        return {"disorder": "random hopping", "strength": self.strength.hex()}

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:  # noqa: ARG002 # the same on every lattice
        """Return 1 + delta, (slice, bond, 1, 1, R)."""
        delta = self.strength * bond_uniforms(bonds, address)
        return (1.0 + delta)[:, :, None].astype(np.complex128)
