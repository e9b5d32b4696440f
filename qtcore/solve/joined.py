"""Wires whose slices are peeled: the program of a slice, and how its interfaces meet the leads'.

A lead has a coupling of its own, v' = A' B'^+, where the field ends with the sample. The amplitudes of
both are the same waves if A and A', B and B' reach the same components.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.solve.modes import Modes
from qtcore.solve.peeled_errors import strain
from qtcore.solve.peeling import Interface, Peeled, interface, peeled
from qtcore.threads import one_thread

Matrix = NDArray[np.complexfloating]

SINGULAR = 1e-10
"""Ratio of the smallest to the largest singular value of a coupling that counts as singular."""

_APART = 1e-12
"""Part of a factor that the other one does not reach, from which on two couplings differ."""


MOST_STRAIN = 2e7
"""Growth in a slice times the squared gain of its steps above which most samples would be left in doubt.
The gain counts twice, since steps that have a large one have a larger one yet in some slices."""

MOST_GROWTH = 2e6
"""Growth in a slice times the gain of its steps above which the same holds of any sample: the
certificate of a single slice comes close to its threshold."""


class Joined(NamedTuple):
    """A wire that is carried on by peeling its slices.

    Attributes
    ----------
    program : Peeled
        The steps through a slice of the sample.
    growth, gain : float
        Largest number that a typical slice returns, and how many roundings of it the steps leave
        behind; see `peeled_errors`.
    lead : Interface
        Factors A', B' of the leads' coupling.
    into_x, into_y : (r, r) complex arrays
        Take x' and y' of the left lead, before slice 0, to the sample's x and y.
    out_of_x, out_of_y : (r, r) complex arrays
        Take x and y of the sample, behind its last slice, to the right lead's x' and y'.
    """

    program: Peeled
    growth: float
    gain: float
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
    return min(conditioning(v) for v in (slices.v, slices.lead_v)) <= SINGULAR


@lru_cache(maxsize=8)
@one_thread
def joined(slices: Slices, absorption: float = 0.0) -> Joined | None:
    """Return how a wire is peeled, or None if it cannot be.

    Parameters
    ----------
    slices : Slices
        The wire and its leads, of one cross-section. What is returned counts energies in their unit.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site, units of t.
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
    program = peeled(h, here)
    if program is None:
        return None
    growth, gain = strain(program)
    if not (growth * gain**2 <= MOST_STRAIN and growth * gain <= MOST_GROWTH):
        return None
    return Joined(program, growth, gain, lead, into_x.conj().T, into_y, out_of_x, out_of_y.conj().T)


def _within(columns: Matrix, basis: Matrix) -> Matrix | None:
    """Return C with columns = basis C, or None if the basis does not reach the columns."""
    C = np.linalg.lstsq(basis, columns, rcond=None)[0]
    missed = float(np.abs(basis @ C - columns).max(initial=0.0))
    return C if missed <= _APART * max(1.0, float(np.abs(columns).max())) else None
