"""Scattering matrix of a system whose slices differ in size, such as a Kwant system."""

from collections.abc import Iterator

import numpy as np

from qtcore.errors import InputError, QtcoreError
from qtcore.model.kwant_system import KwantSystem, SystemLead, SystemSlices
from qtcore.solve.arguments import checked_energy
from qtcore.solve.contacts import (
    Contact,
    Leads,
    SortOf,
    continued,
    lead_at,
    through_last_slice,
)
from qtcore.solve.doubt import shaken
from qtcore.solve.energies import shift_by
from qtcore.solve.pencil import Matrix
from qtcore.solve.recursive import solved
from qtcore.solve.sample import SampleSlice, Step
from qtcore.solve.smatrix import SMatrices
from qtcore.threads import one_thread

_CLEAR = 1e-3
"""Distance of a shell's levels from the energy, in units of the largest hopping between shells, from
which on it can be eliminated alone without losing digits."""

_DEFECT = 1e-6
"""Largest element of S^+ S - 1 that a result may have."""


@one_thread
def kwant_scattering_matrix(system: KwantSystem, energy: float) -> SMatrices:
    """Return the scattering matrix of a Kwant system: lead 0 is left, lead 1 right.

    Parameters
    ----------
    system : KwantSystem
        The system; it counts as an ensemble of one realization.
    energy : float
        In the unit of the system's own energies.

    Raises
    ------
    InputError
        If the system or the energy is wrong, or no mode is open in one of the leads.
    QtcoreError
        If a part that no lead reaches has a state at this energy.
    """
    if not isinstance(system, KwantSystem):
        raise InputError(
            f"system must be a KwantSystem(finalized system, params), got {system!r}; for a wire "
            "use scattering_matrices(wire, ...)"
        )
    return solved_slices(system.slices(), checked_energy(energy))


def solved_slices(
    parts: SystemSlices, energy: float, sort: tuple[SortOf | None, SortOf | None] = (None, None)
) -> SMatrices:
    """Return the scattering matrix of a system slice by slice; errors as in `kwant_scattering_matrix`.

    Parameters
    ----------
    parts : SystemSlices
        The system.
    energy : float
        In the unit of the system's own energies.
    sort : pair of functions, optional
        Which modes of the left and of the right lead S refers to; see `attach`.
    """
    found = slices_as_they_come(parts, energy, sort)
    if not found.defect[0] < _DEFECT:
        raise QtcoreError(
            f"S^+ S differs from 1 by {found.defect[0]:.1e}: a part of the system that no lead "
            f"reaches has a state very close to the energy {energy!r}; shift it by "
            f"{shift_by(float(np.abs(parts.left.v).max()))}"
        )
    return found


def slices_as_they_come(
    parts: SystemSlices,
    energy: float,
    sort: tuple[SortOf | None, SortOf | None] = (None, None),
    shake: int = 0,
) -> SMatrices:
    """Return the scattering matrix of a system slice by slice, however much S^+ S differs from 1.

    Parameters
    ----------
    parts, energy, sort
        As in `solved_slices`.
    shake : int
        Number of the changes of the sample by rounding errors, or 0 for none; see `shaken`.
    """
    sides = zip((parts.left, parts.right), sort, strict=True)
    left, right = (_contact(lead, energy, own) for lead, own in sides)
    last, extra = _folded(parts, energy)
    sample = _sample(parts, last, extra)
    if shake:
        sample = shaken(sample, energy, shake)
    return next(solved(sample, Leads(left, right), energy, [len(parts.inside)]))


def _contact(lead: SystemLead, energy: float, sort: SortOf | None) -> Contact:
    # Kwant's leads both count their cells towards the system, as a lead on the left does.
    found = lead_at(lead.h, lead.v, energy)
    contact = continued(found if sort is None else sort(found), "left", keeps_unknowns=True)
    return through_last_slice(contact, lead.contact)


def _folded(parts: SystemSlices, energy: float) -> tuple[Matrix, int]:
    """Return the last slice with what the tail does to it, and how many orbitals that added.

    Shells are eliminated from the far end on. One that has a state at this energy (nearly: then
    its elimination would lose digits) is kept together with the shell in front of it.
    """
    scale = max((float(np.abs(v).max()) for v in parts.tail_ahead), default=1.0)
    *front, kept = [parts.inside[-1], *parts.tail_inside]
    for H, ahead in zip(front[::-1], parts.tail_ahead[::-1], strict=True):
        coupling = np.zeros((len(H), len(kept)), dtype=np.complex128)
        coupling[:, : ahead.shape[1]] = ahead
        block = energy * np.eye(len(kept)) - kept
        if np.abs(np.linalg.eigvalsh(block)).min() > _CLEAR * scale:
            kept = H + coupling @ np.linalg.solve(block, coupling.conj().T)
        else:
            kept = np.block([[H, coupling], [coupling.conj().T, kept]])
    return kept, len(kept) - len(parts.inside[-1])


def _sample(parts: SystemSlices, last: Matrix, extra: int) -> Iterator[SampleSlice]:
    """Yield the slices; the orbitals that were added to the last one couple to no other."""
    for n, (H, ahead) in enumerate(zip(parts.inside[:-1], parts.ahead, strict=True), start=2):
        carrying = np.flatnonzero(ahead.any(axis=0))
        rows = ahead.shape[1] + (extra if n == len(parts.inside) else 0)
        B = np.zeros((rows, len(carrying)), dtype=np.complex128)
        B[carrying, np.arange(len(carrying))] = 1
        yield SampleSlice(H[None], Step(ahead[None, :, carrying], B))
    yield SampleSlice(last[None], Step(np.zeros((1, len(last), 0), np.complex128), None))
