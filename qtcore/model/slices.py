"""What a wire hands to the solvers: the clean part of its Hamiltonian, slice by slice."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TINY = 1e-100
"""Element of H, in units of the coupling, some products of which still fit into double precision."""


def unit_of(coupling: float) -> float:
    """Return the power of four next to a coupling: 1 from 1/2 to 2, and for none at all."""
    return 4.0 ** (math.frexp(coupling)[1] // 2)


@dataclass(frozen=True, eq=False)
class Slices:
    """The clean wire and its leads, which repeat themselves from slice to slice.

    (H psi)_n = h psi_n + eps_n psi_n + v psi_{n+1} + v^+ psi_{n-1}. The potential eps_n has one
    value for each site, the same for all of its orbitals, and comes from `Wire.potential_of`.
    Where bonds are random (`Wire.random_hopping`), h and v are those of the wire without it, and
    `Wire.hopping_of` says what takes their place in each slice and sample.
    The field has the gauge A_x = -Bz y + By z, A_y = 0, A_z = Bx y, so that nothing depends on n.
    Every array of the sample has M = sites * orbitals rows and columns; component site * orbitals
    + orbital. Leads wider or narrower than the sample have M_lead instead.

    Attributes
    ----------
    h : (M, M) complex array
        H inside a slice, in units of t; Hermitian.
    v : (M, M) complex array
        <n|H|n+1>, from a slice to the next; may be singular.
    lead_h, lead_v : (M_lead, M_lead) complex arrays
        The same in the leads, any shift of a doped lead included. In a junction, of the left lead.
    orbitals : int
        Orbitals on each site, spin included.
    contacts : (left_contact, right_contact), optional
        How leads of another cross-section couple; the lead's own coupling unless given.
    right_lead : (h, v), optional
        The right lead of a junction, where it differs from the left one.
    """

    h: NDArray[np.complex128]
    v: NDArray[np.complex128]
    lead_h: NDArray[np.complex128]
    lead_v: NDArray[np.complex128]
    orbitals: int
    contacts: tuple[NDArray[np.complex128], NDArray[np.complex128]] | None = None
    right_lead: tuple[NDArray[np.complex128], NDArray[np.complex128]] | None = None

    @property
    def right_h(self) -> NDArray[np.complex128]:
        """H inside a slice of the right lead, (M_lead, M_lead)."""
        return self.lead_h if self.right_lead is None else self.right_lead[0]

    @property
    def right_v(self) -> NDArray[np.complex128]:
        """Coupling of the right lead, (M_lead, M_lead)."""
        return self.lead_v if self.right_lead is None else self.right_lead[1]

    @property
    def uniform(self) -> bool:
        """Whether the leads have the cross-section of the sample, and their own coupling is the contact."""
        return self.contacts is None

    @property
    def left_contact(self) -> NDArray[np.complex128]:
        """<lead|H|0>, from the last slice of the left lead to slice 0, (M_lead, M)."""
        return self.lead_v if self.contacts is None else self.contacts[0]

    @property
    def right_contact(self) -> NDArray[np.complex128]:
        """<L-1|H|lead>, from the sample's last slice to the right lead, (M, M_lead)."""
        return self.right_v if self.contacts is None else self.contacts[1]

    @property
    def mirrored(self) -> "Slices":
        """The wire and its leads as they are read from right to left."""
        ends = None
        if self.contacts is not None:
            ends = self.right_contact.conj().T, self.left_contact.conj().T
        back, first_back = self.v.conj().T, self.right_v.conj().T
        behind = None if self.right_lead is None else (self.lead_h, self.lead_v.conj().T)
        return Slices(self.h, back, self.right_h, first_back, self.orbitals, ends, behind)

    @property
    def unit(self) -> float:
        """Power of four next to the largest coupling, units of t: what solvers count energies in.

        It takes no digit off a number, and nor does its square root.
        """
        largest = max(
            float(np.abs(v).max(initial=0.0)) for v in (self.v, self.lead_v, self.right_v)
        )
        return unit_of(largest)

    def in_units(self, unit: float) -> "Slices":
        """Return the same wire with its energies in units of `unit`, a power of four."""
        if unit == 1:
            return self
        contacts = self.contacts and (self.contacts[0] / unit, self.contacts[1] / unit)
        h, v, lead_h, lead_v = (one / unit for one in (self.h, self.v, self.lead_h, self.lead_v))
        behind = self.right_lead and (self.right_lead[0] / unit, self.right_lead[1] / unit)
        return Slices(h, v, lead_h, lead_v, self.orbitals, contacts, behind)

    @property
    def has_tiny_elements(self) -> bool:
        """Whether products of its elements may be too small for a number, so that 0 may be none."""
        given = (self.h, self.v, self.lead_h, self.lead_v, *(self.contacts or ()))
        given += self.right_lead or ()
        sizes = [np.abs(matrix[matrix != 0]) for matrix in given]
        # Beside couplings that are tiny themselves, disorder of usual size is too large.
        return self.unit < TINY or bool((np.concatenate(sizes) < TINY * self.unit).any())

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return len(self.h) // self.orbitals
