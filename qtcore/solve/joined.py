"""Wires whose slices are peeled: the program of a slice, and how its interfaces meet the leads'.

A lead has a coupling of its own, v' = A' B'^+, where the field ends with the sample. The amplitudes of
both are the same waves if A and A', B and B' reach the same components.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.solve.modes import Modes
from qtcore.solve.peeled_errors import strain
from qtcore.solve.peeling import Interface, Peeled, interface, peeled
from qtcore.solve.sections import cut
from qtcore.threads import one_thread

Matrix = NDArray[np.complexfloating]

SINGULAR = 1e-10
"""Ratio of the smallest to the largest singular value of a coupling that counts as singular."""

_APART = 1e-12
"""Part of a factor that the other one does not reach, from which on two couplings differ."""


MOST_STRAIN = 2e7
"""Growth in a slice times the squared gain of its steps above which most samples would be left in doubt.
The gain counts twice, since steps that have a large one have a larger one yet in some slices."""

MOST_WITH_FREE = 2e4
"""The same where several unknowns of a slice are free. In some slices the equations that find them are
nearly singular."""

MOST_GROWTH = 2e6
"""Growth in a slice times the gain of its steps above which the same holds of any sample: the
certificate of a single slice comes close to its threshold."""

MOST_IN_SECTIONS = 2.0**22
"""Both limits for a section, behind which all columns are renewed at once."""

_TO_BE_CUT = 1e5
"""Growth in a slice from which on it is passed in sections, if it can be cut."""

_STEEP = 360.0
"""Growth in a slice from which on the quickest columns are looked at more often than the others: all
columns would have to be looked at in nearly every slice."""


class Joined(NamedTuple):
    """A wire that is carried on by peeling its slices.

    Attributes
    ----------
    programs : tuple of Peeled
        The steps through each section of a slice of the sample.
    components : tuple of int arrays
        The components that each section has.
    growth, gain : float
        Largest number that a typical section returns, and how many roundings of it the steps leave
        behind; see `peeled_errors`.
    quick : int
        Directions that grow so much faster than others that they are looked at more often.
    lead : Interface
        Factors A', B' of the leads' coupling.
    into_x, into_y : (r, r) complex arrays
        Take x' and y' of the left lead, before slice 0, to the sample's x and y.
    out_of_x, out_of_y : (r, r) complex arrays
        Take x and y of the sample, behind its last slice, to the right lead's x' and y'.
    """

    programs: tuple[Peeled, ...]
    components: tuple[NDArray[np.intp], ...]
    growth: float
    gain: float
    quick: int
    lead: Interface
    into_x: Matrix
    into_y: Matrix
    out_of_x: Matrix
    out_of_y: Matrix

    def at_interfaces(self, modes: Modes) -> Modes:
        """Return a lead's waves as r amplitudes y', in the place of psi_{n-1}, and x', of psi_n."""
        back = self.lead.A.conj().T.astype(np.complex128)
        ahead = self.lead.B.conj().T.astype(np.complex128)
        return replace(
            modes,
            left=back @ modes.left,
            right=back @ modes.right,
            left_ahead=ahead @ modes.left_ahead,
            right_ahead=ahead @ modes.right_ahead,
        )


def conditioning(v: Matrix) -> float:
    """Return the ratio of the smallest to the largest singular value of a coupling."""
    size = np.linalg.svd(v, compute_uv=False)
    return float(size[-1] / size[0])


@lru_cache(maxsize=8)
def is_singular(slices: Slices) -> bool:
    """Return whether the coupling of a wire, or of its leads, has no inverse."""
    couplings = [slices.v] if slices.lead_v is slices.v else [slices.v, slices.lead_v]
    if slices.right_lead is not None:
        couplings.append(slices.right_v)
    # A row or column of zeros says so at once.
    if any(not (v.any(axis=0).all() and v.any(axis=1).all()) for v in couplings):
        return True
    return min(conditioning(v) for v in couplings) <= SINGULAR


@lru_cache(maxsize=8)
@one_thread
def joined(slices: Slices, absorption: float = 0.0, *, in_sections: bool = False) -> Joined | None:
    """Return how a wire is peeled, or None if it cannot be.

    Parameters
    ----------
    slices : Slices
        The wire and its leads, of one cross-section. What is returned counts energies in their unit.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.
    in_sections : bool
        Whether slices are cut into sections even where they can be passed as a whole.
    """
    absorption, slices = absorption / slices.unit, slices.in_units(slices.unit)
    here, lead = interface(slices.v), interface(slices.lead_v)
    if here.A.shape != lead.A.shape or here.A.shape[1] == 0:
        return None
    into_y = _within(lead.B, here.B)
    into_x = _within(here.B, lead.B)
    out_of_x = _within(here.A, lead.A)
    out_of_y = _within(lead.A, here.A)
    if into_y is None or into_x is None or out_of_x is None or out_of_y is None:
        return None
    h = slices.h - 1j * absorption * np.eye(len(slices.h)) if absorption else slices.h
    ends = lead, into_x.conj().T, into_y, out_of_x, out_of_y.conj().T
    whole = _sectioned(h, here, [np.arange(len(h))], slices.orbitals, ends)
    if whole is not None and not (in_sections or whole.growth > _TO_BE_CUT):
        return whole
    parts = cut(h, slices.v, here.A.shape[1])
    if len(parts) == 1:
        return whole
    return _sectioned(h, here, parts, slices.orbitals, ends) or whole


def _sectioned(
    h: Matrix,
    here: Interface,
    parts: Sequence[NDArray[np.intp]],
    orbitals: int,
    ends: tuple[Interface, Matrix, Matrix, Matrix, Matrix],
) -> Joined | None:
    """Return a wire whose slices are passed in sections of these components."""
    cuts = [interface(h[np.ix_(one, other)]) for one, other in pairwise(parts)]
    before = [here.B[parts[0]], *(one.B for one in cuts)]
    behind = [*(one.A for one in cuts), here.A[parts[-1]]]
    programs = []
    for own, A, B in zip(parts, behind, before, strict=True):
        program = peeled(h[np.ix_(own, own)], Interface(A, B), _orbitals(own, orbitals))
        if program is None:
            return None
        programs.append(program)
    found = [strain(program) for program in programs]
    growth, gain = max(one.growth for one in found), max(one.gain for one in found)
    most_strain, most_growth = MOST_STRAIN, MOST_GROWTH
    if len(parts) > 1:
        most_strain = most_growth = MOST_IN_SECTIONS
    if any(program.free > 1 for program in programs):
        most_strain = MOST_WITH_FREE
    if not (growth * gain**2 <= most_strain and growth * gain <= most_growth):
        return None
    # In sections all columns are looked at nearly everywhere.
    quick = int(found[0].quick) if len(found) == 1 and growth > _STEEP else 0
    return Joined(tuple(programs), tuple(parts), growth, gain, quick, *ends)


def _orbitals(own: NDArray[np.intp], orbitals: int) -> int:
    """Return the orbitals of a section that has whole sites, otherwise 1."""
    sites = own // orbitals
    _, counts = np.unique(sites, return_counts=True)
    return orbitals if (counts == orbitals).all() else 1


def _within(columns: Matrix, basis: Matrix) -> Matrix | None:
    """Return C with columns = basis C, or None if the basis does not reach the columns."""
    C = np.linalg.lstsq(basis, columns, rcond=None)[0]
    missed = float(np.abs(basis @ C - columns).max(initial=0.0))
    return C if missed <= _APART * max(1.0, float(np.abs(columns).max())) else None
