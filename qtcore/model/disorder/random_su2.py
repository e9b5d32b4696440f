"""Hopping that turns the spin at random."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.disorder.contract import Address, BondDisorder, Pairs, bond_uniforms
from qtcore.model.elementary import phase_factor
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class RandomSU2(BondDisorder):
    """Each bond times a random SU(2) matrix on the spin, uniform by the Haar measure.

    The SU(2) model of Asada, Slevin, Ohtsuki, PRL 89, 256601 (2002):
    ((e^{ia} cos b, e^{ic} sin b), (-e^{-ic} sin b, e^{-ia} cos b)), with a and c uniform in
    [0, 2 pi) and sin² b in [0, 1). The spin forgets its direction within one bond, so that few
    sites show the symplectic class. Time reversal is kept; without on-site disorder a wire of two
    sublattices is chiral symplectic at E = 0. Spins are doubled where the terms have none, leads
    included; their hopping is the clean one.
    """

    spin = True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "random su2"}

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:  # noqa: ARG002 # the same on every lattice
        """Return the matrices, (slice, bond, 2, 2, R)."""
        numbers = bond_uniforms(bonds, address, 3)
        share = numbers[:, :, 2] + 0.5
        kept = np.sqrt(1.0 - share) * phase_factor(numbers[:, :, 0])
        turned = np.sqrt(share) * phase_factor(numbers[:, :, 1])
        slices, count, R = share.shape
        matrices = np.empty((slices, count, 2, 2, R), dtype=np.complex128)
        matrices[:, :, 0, 0], matrices[:, :, 0, 1] = kept, turned
        matrices[:, :, 1, 0], matrices[:, :, 1, 1] = -turned.conj(), kept.conj()
        return matrices
