"""Wires whose slices have other sites from place to place, and which of them columns can be carried through.

Sites are missing, or the leads are wider or narrower than the sample. The *bare* wire has all sites, and
leads of its own cross-section: its stencil goes through the shaped wire too (`shaped_loop`).
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.slices import Slices
from qtcore.model.structure.applied import removes_sites
from qtcore.model.wire import Wire
from qtcore.solve.joined import SINGULAR, conditioning, is_singular
from qtcore.solve.pencil import Matrix
from qtcore.solve.random_stencil import couples_straight_ahead


def is_shaped(wire: Wire) -> bool:
    """Return whether sites may be missing, or the leads have another cross-section.

    Strips between narrower leads that take the kernels of plain ones (`narrow_leads`) do not count.
    """
    other_leads = wire.lead_lattice is not None and wire.strip is None
    return removes_sites(wire.structure) or other_leads


@lru_cache(maxsize=16)
def bare_wire(wire: Wire) -> Wire | None:
    """Return a shaped wire with all of its sites and leads like it, or None if that does not help.

    Each site must be coupled to its own successor only, in the sample and at the leads. Of structure
    the contacts to the leads are left out as well: they are part of the ends.
    """
    if type(wire) is not Wire or wire.is_junction or wire.space.paired:
        return None
    slices = wire.slices()
    if is_singular(slices) or not couples_straight_ahead(slices.v, slices.orbitals):
        return None
    ends = slices.left_contact, slices.right_contact.conj().T
    if any(straight_bonds(contact) is None for contact in ends):
        return None
    # A lead that mixes the sites that it touches does not end with one of them.
    if removes_sites(wire.structure) and not all(
        _pairs_sites(end, slices.orbitals) for end in ends
    ):
        return None
    kept = tuple(part for part in wire.structure if part.changes_bonds)
    try:
        return replace(
            wire,
            structure=kept,
            lead_lattice=None,
            lead_offset=0.0,
            right_lead_offset=None,
            lead_shift=0.0,
        )
    except InputError:
        # Structure that is allowed beside missing sites only, such as a tube on a bond that is gone.
        return None


def _pairs_sites(contact: Matrix, orbitals: int) -> bool:
    """Return whether a contact (M_lead, M) joins each site of a lead with one site at most."""
    rows, columns = (size // orbitals for size in contact.shape)
    joined = contact.reshape(rows, orbitals, columns, orbitals).any(axis=(1, 3))
    return max(int(joined.sum(axis=0).max()), int(joined.sum(axis=1).max())) <= 1


def straight_bonds(contact: Matrix) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the components of a lead and of a sample that a contact (M_lead, M) joins, in pairs.

    None if what joins them has no inverse.
    """
    rows, columns = np.flatnonzero(contact.any(axis=1)), np.flatnonzero(contact.any(axis=0))
    if len(rows) != len(columns) or not len(rows):
        return None
    if conditioning(contact[np.ix_(rows, columns)]) <= SINGULAR:
        return None
    return rows, columns


def present(wire: Wire, first: int, slices: int) -> NDArray[np.bool_]:
    """Return which components of some slices belong to the sample, (slice, component)."""
    gone = wire.missing_sites(first, slices)
    if gone is None:
        return np.ones((slices, wire.width * wire.orbitals), dtype=np.bool_)
    return np.repeat(~gone, wire.orbitals, axis=1)


def without_missing(slices: Slices, there: NDArray[np.bool_], side: str) -> Matrix:
    """Return the coupling of a lead to a slice, (M_lead, M), without the bonds of missing sites."""
    contact = slices.left_contact if side == "left" else slices.right_contact.conj().T
    return np.where(there, contact, 0.0)
