"""Whether structure lets anything through a wire at all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from qtcore.errors import InputError
from qtcore.model.part import whole_of
from qtcore.model.sampled import bonds_of
from qtcore.model.structure.applied import bond_factors, zero_bonds
from qtcore.model.wire import Wire


def removes_bonds_ahead(wire: Wire, length: int) -> bool:
    """Return whether structure removes bonds from a slice to the next in a wire of a length."""
    if not wire.structure:
        return False
    pairs = bonds_of(whole_of(wire)).pairs
    return zero_bonds(wire.structure, wire.lattice, pairs, length)[1]


def refuse_unless_passing(wire: Wire, lengths: Sequence[int]) -> None:
    """Refuse a wire that its structure cuts apart, whose ln g is -inf in every sample.

    Parameters
    ----------
    wire : Wire
        The wire.
    lengths : sequence of int
        Numbers of slices, in ascending order.

    Raises
    ------
    InputError
        If no path of bonds leads from one lead to the other.
    """
    if not wire.structure:
        return
    slices = wire.slices()
    whole = slices.contacts is None
    any_zero = zero_bonds(wire.structure, wire.lattice, bonds_of(wire).pairs, lengths[-1])[0]
    if whole and not any_zero:
        return
    # What comes to a slice has a bond ahead there, and so one to a lead that continues the wire: if
    # the longest wire is open, shorter ones are. Other leads do not touch all sites.
    for length in lengths[-1:] if whole else lengths:
        if not _passes(wire, length):
            raise InputError(
                f"the structure cuts the wire apart: at a length of {length} slices no path of bonds "
                "leads from the left lead to the right one, so that g = 0 and ln g = -inf in every "
                "sample; leave a path open, with a contact that is weak and not zero, say "
                "(qt.scattering_matrices gives S of a wire that is cut, with t = 0)"
            )


def _passes(wire: Wire, length: int) -> bool:
    """Return whether a path of bonds joins both leads."""
    pairs, S = bonds_of(wire).pairs, wire.width
    there = bond_factors(wire.structure, wire.lattice, pairs, 0, length) != 0
    # The bonds behind the last slice are no part of the sample.
    there[-1, pairs.ahead == 1] = False
    n, bond = np.nonzero(there)
    rows, columns = n * S + pairs.first[bond], (n + pairs.ahead[bond]) * S + pairs.second[bond]
    gone = wire.missing_sites(0, length)
    open_sites = np.ones((length, S), dtype=np.bool_) if gone is None else ~gone
    slices, left, right = wire.slices(), length * S, length * S + 1
    first = np.flatnonzero(_touched(slices.left_contact.T, S) & open_sites[0])
    last = np.flatnonzero(_touched(slices.right_contact, S) & open_sites[-1])
    rows = np.concatenate([rows, first, (length - 1) * S + last])
    columns = np.concatenate([columns, np.full(len(first), left), np.full(len(last), right)])
    graph = sparse.coo_array((np.ones(len(rows)), (rows, columns)), (right + 1, right + 1))
    labels = connected_components(graph, directed=False)[1]
    return bool(labels[left] == labels[right])


def _touched(contact: NDArray[np.complex128], sites: int) -> NDArray[np.bool_]:
    """Return which sites a contact, (M, M_lead), reaches."""
    return np.asarray(contact.reshape(sites, -1).any(axis=1))
