"""Leads of another cross-section than the sample: where they lie and how they couple."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import finite_number
from qtcore.model.field import refuse_unless_it_closes
from qtcore.model.lattice.contract import Lattice
from qtcore.model.lattice.square import Square

_SAME_PLACE = 1e-6


def checked_offset(given: Any, name: str = "lead_offset") -> tuple[float, float]:
    """Return the offset across as (y, z) in lattice constants; one number stands for y."""
    parts = tuple(given) if isinstance(given, tuple | list) else (given, 0.0)
    if len(parts) != 2:
        raise InputError(
            f"{name} must be a number (y) or a pair (y, z) in lattice constants, got {given!r}"
        )
    y, z = (finite_number(name, part, "lattice constants") for part in parts)
    return y, z


Offset = tuple[float, float]
"""Place (y, z) of the sample's origin in a lead, lattice constants."""


def checked_leads(
    lattice: Lattice, lead: Any, given: Any, right: Any, B: NDArray[np.float64] | None
) -> tuple[Lattice | None, Offset, Offset | None]:
    """Return the cross-section of the leads, None if it is that of the sample, and their offsets.

    Parameters
    ----------
    lattice : Lattice
        Cross-section of the sample.
    lead : Lattice or None
        What is given as that of the leads.
    given : float or (float, float)
        What is given as their offset.
    right : float or (float, float) or None
        What is given as that of the right lead.
    B : (3,) float array or None
        Field in the leads, in h/e through a squared lattice constant.

    Returns
    -------
    lead : Lattice or None
    offset : (float, float)
    right_offset : (float, float) or None
        None where both leads have the same offset.

    Raises
    ------
    InputError
        If they do not fit each other, or the field does not fit the leads.
    """
    offset, right_offset = checked_offset(given), None
    if right is not None:
        right_offset = checked_offset(right, "right_lead_offset")
        if right_offset == offset:
            right_offset = None
    if lead is None:
        for name, one in (("lead_offset", offset), ("right_lead_offset", right_offset)):
            if any(one or ()):
                raise InputError(f"{name} = {one} needs leads of their own: give lead_lattice")
        return None, offset, None
    if not isinstance(lead, Lattice):
        raise InputError(f"lead_lattice must be a lattice such as Square(16), got {lead!r}")
    if lead == lattice and not any(offset) and right_offset is None:
        return None, offset, None
    shared_sites(lattice, lead, offset)
    if right_offset is not None:
        shared_sites(lattice, lead, right_offset, "right_lead_offset")
    if B is not None:
        refuse_unless_it_closes(lead, B)
        if B.any() and right_offset is not None:
            raise InputError(
                "leads at different places have different gauges of a field: with right_lead_offset "
                "take field_in_leads=False"
            )
    return lead, offset, right_offset


def origin(offset: tuple[float, float]) -> NDArray[np.float64]:
    """Return where the lead's origin lies in the sample's coordinates, (3,)."""
    return -np.array([0.0, *offset])


def shared_sites(
    lattice: Lattice, lead: Lattice, offset: tuple[float, float], name: str = "lead_offset"
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the sites of the sample and of the lead, (shared,) each, that lie at one place.

    Raises
    ------
    InputError
        If there are none, or slices or sites of the two are not alike.
    """
    from scipy.spatial import KDTree

    if lead.orbitals != lattice.orbitals:
        raise InputError(
            f"the leads, {lead!r}, have {lead.orbitals} orbitals per site, the sample "
            f"{lattice.orbitals}; they must be equal"
        )
    if abs(lattice.period - lead.period) > _SAME_PLACE:
        raise InputError(
            f"the slices of the leads, {lead!r}, are {lead.period:g} lattice constants long, those "
            f"of the sample {lattice.period:g}; they must be equal"
        )
    tree = KDTree(lead.positions() + origin(offset))
    distance, nearest = tree.query(lattice.positions())
    sites = np.flatnonzero(np.asarray(distance) < _SAME_PLACE)
    if not len(sites):
        raise InputError(
            f"no site of {lattice!r} lies on a site of the leads, {lead!r}, with {name} = "
            f"{offset}: it is the place of the sample's origin in the lead, in lattice constants"
        )
    return sites, np.asarray(nearest, dtype=np.intp)[sites]


@lru_cache(maxsize=8)
def strips_on(
    sample: Square, lead: Square, *offsets: Offset
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the sites of a strip that each of two narrower strips continues, in the lead's order.

    None if some site of a lead has none.
    """
    found = []
    for offset in offsets:
        own, of_lead = shared_sites(sample, lead, offset)
        if len(own) < lead.sites:
            return None
        found.append(own[np.argsort(of_lead)])
    return found[0], found[1]


def contacts(
    shared: tuple[NDArray[np.intp], NDArray[np.intp]],
    size: int,
    lead_v: NDArray[np.complex128],
    orbitals: int,
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the couplings of the sample to the left and to the right lead.

    The sample's end slices take part in the lead's hopping as a slice of the lead would, of which
    only the shared sites are there.

    Parameters
    ----------
    shared : (site numbers, site numbers)
        From `shared_sites`.
    size : int
        Components of a slice of the sample, M.
    lead_v : (M_lead, M_lead) complex array
        Hopping of the lead, in units of t.
    orbitals : int
        Orbitals on each site.

    Returns
    -------
    left : (M_lead, M) complex array
        <lead|H|0>.
    right : (M, M_lead) complex array
        <L-1|H|lead>.
    """
    orbital = np.arange(orbitals)
    own, other = ((sites[:, None] * orbitals + orbital).ravel() for sites in shared)
    left = np.zeros((len(lead_v), size), dtype=np.complex128)
    right = np.zeros((size, len(lead_v)), dtype=np.complex128)
    left[:, own] = lead_v[:, other]
    right[own] = lead_v[other]
    return left, right
