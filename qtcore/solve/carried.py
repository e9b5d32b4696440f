"""How the columns of a wire are carried on, and that of all wires whose coupling has an inverse."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.lattice import Square
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.fixed_hopping import FixedHopping
from qtcore.solve.kernel import Kernel
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.matrix_stencil import advance_matrices
from qtcore.solve.modes import Modes
from qtcore.solve.random_stencil import LaneHopping, advance_random
from qtcore.solve.sparse_stencil import advance_sparse, advance_sparse_real, pattern
from qtcore.solve.structured_stencil import advance_structured, advance_structured_real


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
    identity = np.eye(modes.width, dtype=np.complex128)
    h = slices.h - 1j * (absorption / unit) * identity
    inverse = np.linalg.inv(slices.v)
    # The wire carries on with its own coupling; the first and the last one are the lead's, or what
    # contacts make of it.
    before = inverse.conj().T @ slices.left_contact.conj().T @ modes.left
    first: NDArray[np.complexfloating] = modes.left_ahead
    behind: NDArray[np.complexfloating] | None = None
    if slices.contacts:
        # The waves of a lead on the slice behind its end are those that its own coupling would make.
        into, out = slices.contacts
        first = np.linalg.solve(into, slices.lead_v @ first)
        behind = np.linalg.solve(slices.right_v.conj().T, out.conj().T)
    contact = np.linalg.inv(slices.right_contact)
    changed = wire.random_hopping or slices.contacts is not None
    if changed and absorption == 0 and _is_plain(wire, slices):
        return _through_structured(wire, slices, modes, (first, before, contact, behind))
    if wire.random_bonds:
        hopping = LaneHopping(wire, unit)
        patterns = hopping.h, hopping.v_dagger, hopping.v_inverse
        medium = Medium(False, 0.0, slices.orbitals, *patterns, slices.sites)
        latest = slices.v @ first
        return Carried(
            advance_random, medium, False, latest, before, contact, hopping, out_of_before=behind
        )
    plain = np.array_equal(slices.v, identity) and np.array_equal(slices.lead_v, identity)
    is_real = plain and slices.uniform and modes.separable is not None and not h.imag.any()
    patterns = pattern(h), pattern(slices.v.conj().T), pattern(inverse)
    if wire.random_matrices:
        assert wire.site_matrices is not None
        count = wire.site_matrices.elements_per_slice
        return Carried(
            advance_matrices,
            Medium(False, 0.0, wire.orbitals, *patterns, count),
            False,
            first,
            before,
            np.linalg.solve(slices.right_contact, slices.v),
            out_of_before=behind,
            on_orbitals=True,
        )
    return Carried(
        advance_sparse_real if is_real else advance_sparse,
        Medium(False, 0.0, slices.orbitals, *patterns, slices.sites),
        is_real,
        first,
        before,
        np.linalg.solve(slices.right_contact, slices.v),
        out_of_before=behind,
    )


def _through_structured(
    wire: Wire, slices: Slices, modes: Modes, waves: tuple[Any, Any, Any, Any]
) -> Carried:
    """Return how a strip is carried on that is plain but for its structure.

    `waves` are those on slice 0 and before it, and what takes them out of both last slices.
    """
    first, before, contact, behind = waves
    nothing = pattern(np.zeros_like(slices.h))
    patterns, hopping = 3 * (nothing,), None
    if wire.random_hopping:
        hopping = FixedHopping(wire)
        patterns = hopping.h, hopping.v_dagger, hopping.v_inverse
    medium = Medium(bool(wire.lattice.wraps()), 0.0, 1, *patterns, slices.sites)
    if hopping is not None:
        medium = medium._replace(changed=hopping.changed)
    is_real = slices.uniform and modes.separable is not None
    is_real = is_real and all(part.is_real for part in wire.structure)
    return Carried(
        advance_structured_real if is_real else advance_structured,
        medium,
        is_real,
        first,
        before,
        contact,
        hopping,
        out_of_before=behind,
        structured=True,
    )


def _is_plain(wire: Wire, slices: Slices) -> bool:
    """Return whether all of a wire but its structure is a square strip of hopping 1.

    Without a field, and without disorder of the bonds.
    """
    if wire.bond_disorders or slices.orbitals > 1 or not isinstance(wire.lattice, Square):
        return False
    one = np.eye(len(slices.v))
    pairs = (slices.h, wire.lattice.transverse()), (slices.v, one), (slices.lead_v, one)
    return all(np.array_equal(given, plain) for given, plain in pairs)
