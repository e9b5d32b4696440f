"""The scattering matrix of a Kwant system in modes that are sorted by what its leads conserve."""

from typing import Any, NamedTuple

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.model.conserved import Conserved
from qtcore.model.kwant_system import KwantSystem, SystemLead
from qtcore.solve.arguments import checked_energy
from qtcore.solve.contacts import Lead, SortOf, lead_at
from qtcore.solve.irregular import solved_slices
from qtcore.solve.sector_matrices import ResolvedMatrices
from qtcore.solve.sectors import (
    Sectors,
    refuse_unless_alike,
    refuse_unless_conserved,
    sectors_of,
    sorted_lead,
)
from qtcore.threads import one_thread


class _Sorted(NamedTuple):
    """The sectors of a lead, and the function that sorts its modes."""

    sectors: Sectors
    sort: SortOf


@one_thread
def kwant_resolved_matrix(system: KwantSystem, energy: float, quantity: Any) -> ResolvedMatrices:
    """Return the scattering matrix of a Kwant system in modes that belong to one sector each.

    Lead 0 is left, lead 1 right. Their own `conservation_law`, if they have one, is not read.

    Parameters
    ----------
    system : KwantSystem
        The system; it counts as an ensemble of one realization.
    energy : float
        In the unit of the system's own energies.
    quantity : Conserved or array, or a tuple of two of them
        A Hermitian matrix on the orbitals of a site, (k, k), if all sites of the leads have k, or on
        a whole unit cell of a lead; a tuple has one for lead 0 and one for lead 1.

    Returns
    -------
    ResolvedMatrices
        Its `ln_T` and `reflection` are for waves from lead 0.

    Raises
    ------
    InputError
        If the system, the energy or a matrix is wrong, no mode is open in one of the leads, a lead
        does not conserve its matrix, or the two have different sectors.
    QtcoreError
        If a part that no lead reaches has a state at this energy, or modes cannot be sorted.
    """
    if not isinstance(system, KwantSystem):
        raise InputError(
            f"system must be a KwantSystem(finalized system, params), got {brief(system)}; for a "
            "wire use resolved_matrices(wire, ...)"
        )
    energy = checked_energy(energy)
    given = quantity if isinstance(quantity, tuple) else (quantity, quantity)
    if len(given) != 2:
        raise InputError(
            f"quantity must be one matrix, or a tuple of two (lead 0, lead 1), got {len(given)}"
        )
    parts = system.slices()
    leads = (parts.left, parts.right)
    found = [
        _sorted(lead, one, number)
        for number, (lead, one) in enumerate(zip(leads, given, strict=True))
    ]
    left, right = found
    refuse_unless_alike(left.sectors, right.sectors)
    S = solved_slices(parts, energy, (left.sort, right.sort))
    own = [
        sorted_lead(lead_at(lead.h, lead.v, energy), one.sectors).sector
        for lead, one in zip(leads, found, strict=True)
    ]
    return ResolvedMatrices(S, left.sectors.names, left.sectors.values, *own)


def _sorted(lead: SystemLead, quantity: Any, number: int) -> _Sorted:
    given = quantity if isinstance(quantity, Conserved) else Conserved(quantity)
    where = f"lead {number}"
    Q, size = given.matrix, len(lead.h)
    if Q.ndim != 2 or size % len(Q):
        raise InputError(
            f"a unit cell of {where} has {size} orbitals: its matrix must be on all of them, "
            f"({size}, {size}), or on those of each site, got {Q.shape}"
        )
    matrix = np.kron(np.eye(size // len(Q)), Q)
    sectors = sectors_of(matrix, "the given matrix", given.names)
    refuse_unless_conserved(sectors, lead.h, lead.v, where)

    def sort(found: Lead) -> Lead:
        return sorted_lead(found, sectors).lead

    return _Sorted(sectors, sort)
