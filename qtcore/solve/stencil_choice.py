"""Which stencil carries a wire whose coupling has an inverse, and what that goes through."""

from typing import NamedTuple

import numpy as np

from qtcore.model.lattice import Square
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.fixed_hopping import FixedHopping
from qtcore.solve.kernel import Kernel
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.matrix_stencil import advance_matrices
from qtcore.solve.random_stencil import LaneHopping, advance_random
from qtcore.solve.sparse_stencil import advance_sparse, advance_sparse_real, pattern
from qtcore.solve.structured_stencil import advance_structured, advance_structured_real


class Stencil(NamedTuple):
    """A stencil and what it goes through.

    Attributes
    ----------
    advance, medium, hopping, structured, on_orbitals
        See `Prepared`.
    is_real : bool
        Whether fast columns are real.
    holds_outgoing : bool
        Whether the latest slice is held as v_n psi_{n+1}, the wave as it leaves, and not as psi_{n+1}.
    """

    advance: Kernel
    medium: Medium
    is_real: bool
    hopping: LaneHopping | FixedHopping | None = None
    holds_outgoing: bool = False
    structured: bool = False
    on_orbitals: bool = False


def stencil_of(wire: Wire, slices: Slices, absorption: float, *, may_be_real: bool) -> Stencil:
    """Return the stencil of a wire.

    Parameters
    ----------
    wire : Wire
        The wire.
    slices : Slices
        Its slices, which are in their own unit.
    absorption : float
        In that unit too.
    may_be_real : bool
        Whether the closed waves of the leads are real.
    """
    changed = wire.random_hopping or slices.contacts is not None
    if changed and absorption == 0 and _is_plain(wire, slices):
        return _structured(wire, slices, may_be_real=may_be_real)
    if wire.random_bonds:
        hopping = LaneHopping(wire, wire.slices().unit)
        patterns = hopping.h, hopping.v_dagger, hopping.v_inverse
        medium = Medium(False, 0.0, slices.orbitals, *patterns, slices.sites)
        return Stencil(advance_random, medium, False, hopping, holds_outgoing=True)
    identity = np.eye(len(slices.v), dtype=np.complex128)
    h = slices.h - 1j * absorption * identity
    patterns = pattern(h), pattern(slices.v.conj().T), pattern(np.linalg.inv(slices.v))
    if wire.random_matrices:
        assert wire.site_matrices is not None
        count = wire.site_matrices.elements_per_slice
        medium = Medium(False, 0.0, wire.orbitals, *patterns, count)
        return Stencil(advance_matrices, medium, False, on_orbitals=True)
    plain = np.array_equal(slices.v, identity) and np.array_equal(slices.lead_v, identity)
    is_real = plain and slices.uniform and may_be_real and not h.imag.any()
    medium = Medium(False, 0.0, slices.orbitals, *patterns, slices.sites)
    return Stencil(advance_sparse_real if is_real else advance_sparse, medium, is_real)


def _structured(wire: Wire, slices: Slices, *, may_be_real: bool) -> Stencil:
    """Return the stencil of a strip that is plain but for its structure."""
    nothing = pattern(np.zeros_like(slices.h))
    patterns, hopping = 3 * (nothing,), None
    if wire.random_hopping:
        hopping = FixedHopping(wire)
        patterns = hopping.h, hopping.v_dagger, hopping.v_inverse
    medium = Medium(bool(wire.lattice.wraps()), 0.0, 1, *patterns, slices.sites)
    if hopping is not None:
        medium = medium._replace(changed=hopping.changed)
    is_real = slices.uniform and may_be_real and all(part.is_real for part in wire.structure)
    advance = advance_structured_real if is_real else advance_structured
    return Stencil(advance, medium, is_real, hopping, holds_outgoing=True, structured=True)


def _is_plain(wire: Wire, slices: Slices) -> bool:
    """Return whether all of a wire but its structure is a square strip of hopping 1.

    Without a field, and without disorder of the bonds.
    """
    if wire.bond_disorders or slices.orbitals > 1 or not isinstance(wire.lattice, Square):
        return False
    one = np.eye(len(slices.v))
    pairs = (slices.h, wire.lattice.transverse()), (slices.v, one), (slices.lead_v, one)
    return all(np.array_equal(given, plain) for given, plain in pairs)
