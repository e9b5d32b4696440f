"""What a wire hands to the solvers: the clean part of its Hamiltonian, slice by slice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Slices:
    """The clean wire and its leads, which repeat themselves from slice to slice.

    (H psi)_n = h psi_n + eps_n psi_n + v psi_{n+1} + v^+ psi_{n-1}. The potential eps_n has one
    value for each site, the same for all of its orbitals, and comes from `Wire.potential_of`.
    The field has the gauge A_x = -Bz y + By z, A_y = 0, A_z = Bx y, so that nothing depends on n.
    Every array has M = sites * orbitals rows and columns; component site * orbitals + orbital.

    Attributes
    ----------
    h : (M, M) complex array
        H inside a slice, in units of t; Hermitian.
    v : (M, M) complex array
        <n|H|n+1>, from a slice to the next; may be singular.
    lead_h, lead_v : (M, M) complex arrays
        The same in the leads, any shift of a doped lead included. The sample's first and last
        slices couple to the leads by `lead_v`.
    orbitals : int
        Orbitals on each site, spin included.
    """

    h: NDArray[np.complex128]
    v: NDArray[np.complex128]
    lead_h: NDArray[np.complex128]
    lead_v: NDArray[np.complex128]
    orbitals: int

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return len(self.h) // self.orbitals
