"""Hopping that turns the spin at random."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs, bond_uniforms
from qtcore.model.elementary import cosine_and_sine
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
    unitary = True
    keeps_time_reversal = True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "random su2"}

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:  # noqa: ARG002 # the same on every lattice
        """Return the matrices, (slice, bond, 2, 2, R)."""
        numbers = bond_uniforms(bonds, address, 3)
        slices, count, _, R = numbers.shape
        matrices = np.empty((slices, count, 2, 2, R), dtype=np.complex128)
        _fill(numbers, matrices)
        return matrices


@njit(nogil=True, cache=True)
def _fill(numbers, matrices):  # type: ignore[no-untyped-def]
    """Write the matrices of three numbers each: both angles and the share that turns."""
    slices, bonds, _, R = numbers.shape
    # One loop for each step: the compiler finds wide registers for short ones.
    a, b, c, d = np.empty(R), np.empty(R), np.empty(R), np.empty(R)
    for n in range(slices):
        for bond in range(bonds):
            for r in range(R):
                a[r], b[r] = cosine_and_sine(numbers[n, bond, 0, r])
            for r in range(R):
                c[r], d[r] = cosine_and_sine(numbers[n, bond, 1, r])
            for r in range(R):
                share = numbers[n, bond, 2, r] + 0.5
                kept, turned = np.sqrt(1.0 - share), np.sqrt(share)
                a[r], b[r], c[r], d[r] = kept * a[r], kept * b[r], turned * c[r], turned * d[r]
            for r in range(R):
                matrices[n, bond, 0, 0, r] = complex(a[r], b[r])
            for r in range(R):
                matrices[n, bond, 0, 1, r] = complex(c[r], d[r])
            for r in range(R):
                matrices[n, bond, 1, 0, r] = complex(-c[r], d[r])
            for r in range(R):
                matrices[n, bond, 1, 1, r] = complex(a[r], -b[r])
