"""Whether structure lets anything through a wire at all, and leaves sites to the leads of a bar."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from qtcore.errors import InputError
from qtcore.model.part import whole_of
from qtcore.model.sampled import bonds_of
from qtcore.model.structure.applied import bond_factors, zero_bonds
from qtcore.model.terminals import ENDS, Bar
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


def refuse_leads_on_nothing(bar: Bar, lengths: Sequence[int]) -> None:
    """Refuse a bar of whose sites one lead touches only such that structure removes.

    Parameters
    ----------
    bar : Bar
        The bar.
    lengths : sequence of int
        Numbers of slices, in ascending order; all leads fit the shortest one.

    Raises
    ------
    InputError
        If a lead sees no sample.
    """
    gone = bar.wire.missing_sites(0, lengths[-1])
    if gone is None:
        return
    touched = {
        name: [np.array(side.sites(bar.wire))]
        for name, side in zip(bar.side_names, bar.sides, strict=True)
    }
    for end, lead in zip(ENDS, (bar.left, bar.right), strict=True):
        if lead is not None:
            touched[end] = _of_end(lead.on(bar.wire), end, lengths)
    for name, each in touched.items():
        for sites in each:
            if gone[sites[:, 0], sites[:, 1]].all():
                slices = sorted({int(n) for n in sites[:, 0]})
                where = f"slice {slices[0]}" + (f" .. {slices[-1]}" if len(slices) > 1 else "")
                raise InputError(
                    f"the lead {name!r} sees no sample: the structure removes every site that it "
                    f"touches ({where}); leave one of them there, or leave the lead out"
                )


def _of_end(wire: Wire, end: str, lengths: Sequence[int]) -> list[NDArray[np.intp]]:
    """Return the sites (slice, site) that a lead at an end touches, in a bar of each length."""
    slices = wire.slices()
    contact = slices.left_contact.T if end == "left" else slices.right_contact
    sites = np.flatnonzero(_touched(contact, wire.width))
    last = [0] if end == "left" else [length - 1 for length in lengths]
    return [np.stack([np.full(len(sites), n), sites], axis=1) for n in last]


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
