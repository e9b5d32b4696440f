"""How the columns of a wire are carried on, and that of all wires whose coupling has an inverse."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.fixed_hopping import FixedHopping
from qtcore.solve.kernel import Kernel
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.modes import Modes
from qtcore.solve.random_stencil import LaneHopping
from qtcore.solve.stencil_choice import stencil_of


class Carried(NamedTuple):
    """How the columns of a kind of wire are carried on.

    Attributes
    ----------
    advance, medium, hopping, fastest
        See `Prepared`.
    is_real : bool
        Whether fast columns are real.
    latest, before : (M, M) complex arrays
        The outgoing waves of the left lead on slice 0 and on the one before.
    out_of : (M, M) complex array
        Takes psi_L as the wire's coupling continues it to what the lead's own makes of it.
    out_of_before : (M, M) complex array, optional
        The same for psi_{L-1}, where that is not what it is in the lead.
    modes : Modes or None
        The lead's waves as amplitudes at its interfaces, y in the place of psi_{L-1} and x in that
        of psi_L, where these are what is carried on; M is their number r then.
    layers, room, gain, structured, sections, on_orbitals
        See `Prepared`.
    quick : int
        Directions that grow much faster than others.
    """

    advance: Kernel
    medium: Medium
    is_real: bool
    latest: NDArray[np.complexfloating]
    before: NDArray[np.complexfloating]
    out_of: NDArray[np.complexfloating]
    hopping: LaneHopping | FixedHopping | None = None
    fastest: float = 0.0
    out_of_before: NDArray[np.complexfloating] | None = None
    modes: Modes | None = None
    layers: int = 0
    room: int = 0
    gain: float = 1.0
    structured: bool = False
    quick: int = 0
    sections: tuple[NDArray[np.intp], ...] = ()
    on_orbitals: bool = False


def through_slices(wire: Wire, slices: Slices, modes: Modes, absorption: float) -> Carried:
    """Return how any other wire is carried on; `modes` are in units of its slices."""
    unit = slices.unit
    slices = slices.in_units(unit)
    may_be_real = modes.separable is not None
    stencil = stencil_of(wire, slices, absorption / unit, may_be_real=may_be_real)
    # The wire carries on with its own coupling; the first and the last one are the lead's, or what
    # contacts make of it.
    before = np.linalg.inv(slices.v).conj().T @ slices.left_contact.conj().T @ modes.left
    first: NDArray[np.complexfloating] = modes.left_ahead
    behind: NDArray[np.complexfloating] | None = None
    if slices.contacts:
        # The waves of a lead on the slice behind its end are those that its own coupling would make.
        into, out = slices.contacts
        first = np.linalg.solve(into, slices.lead_v @ first)
        behind = np.linalg.solve(slices.right_v.conj().T, out.conj().T)
    if stencil.holds_outgoing:
        # Structure alone leaves a coupling of one.
        first = first if stencil.structured else slices.v @ first
        out_of = np.linalg.inv(slices.right_contact)
    else:
        out_of = np.linalg.solve(slices.right_contact, slices.v)
    return Carried(
        stencil.advance,
        stencil.medium,
        stencil.is_real,
        first,
        before,
        out_of,
        stencil.hopping,
        out_of_before=behind,
        structured=stencil.structured,
        on_orbitals=stencil.on_orbitals,
    )
