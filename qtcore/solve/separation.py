"""A wire as several that know nothing of each other, where a quantity is conserved.

The spin along an axis, a layer, a copy, sites that nothing connects with the others: all see the
same potential, so that each part is a wire with the same disorder by address.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.disorder import Box
from qtcore.model.part import Part, part_of
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.conserved import Basis, conserving_basis
from qtcore.solve.joined import joined
from qtcore.solve.parts import parts
from qtcore.solve.rotation import (
    distinct_blocks,
    rotated_slices,
    with_thin_coupling,
    without_rest,
)
from qtcore.solve.site_basis import diagonal_form
from qtcore.threads import one_thread

Matrix = NDArray[np.complex128]

_ROUNDING = 2.0**-48
"""Difference of matrices, relative to their largest element, that rotations of orbitals leave."""


class Piece(NamedTuple):
    """What is solved of a wire, once for all parts that are alike.

    Attributes
    ----------
    part : Wire
        The part with its own matrices, at the energies of the whole wire.
    plain : Wire or None
        The wire without its terms, which may have a faster solver, where the part is nothing else.
    shift : float
        Its energies are lower by this, units of t.
    copies : int
        Parts that are equal to this one, itself included.
    reverse_of : int or None
        Number of an earlier piece that this one is with time reversed.
    """

    part: Wire
    plain: Wire | None
    shift: float
    copies: int
    reverse_of: int | None


class Separation(NamedTuple):
    """The pieces of a wire.

    Attributes
    ----------
    pieces : tuple of Piece
        Together they are the wire.
    exact : bool
        Whether their matrices are those of the wire to the last bit.
    """

    pieces: tuple[Piece, ...]
    exact: bool


def separated(wire: Wire) -> Separation | None:
    """Return a wire as independent pieces, or None if it is best solved as it is.

    A single piece stands for the wire in other orbitals, of which fewer couple to the next slice.
    """
    if wire.strip is not None or isinstance(wire, Part):
        return None
    return _separated(wire)


@lru_cache(maxsize=8)
@one_thread
def _separated(wire: Wire) -> Separation | None:
    if wire.site_matrices is not None:
        return _with_matrices(wire)
    if any(kind.spin for kind in wire.bond_disorders):
        return None
    slices, basis = wire.slices(), _basis(wire.slices())
    if basis is not None:
        slices = without_rest(rotated_slices(slices, basis.U[None]), basis.block)
    found = _parts(slices)
    if found is None:
        return None
    thinner = [thinner_slices(given) for given, _ in found]
    if len(found) == 1 and thinner[0] is None:
        return None
    exact = basis is None and not any(thinner)
    given = [thin or own for thin, (own, _) in zip(thinner, found, strict=True)]
    places = [sites for _, sites in found]
    pieces = tuple(
        piece_of(wire, given[kind.first], places[kind.first], kind)
        for kind in _kinds(given, places, 0.0 if exact else _ROUNDING)
    )
    if wire.random_hopping and any(piece.plain is None for piece in pieces):
        return None
    return Separation(pieces, exact)


def thinner_slices(slices: Slices) -> Slices | None:
    """Return the slices in other orbitals in which they are peeled; None if they are not, or none.

    Rounding errors may grow too much in them where they do not in the given orbitals.
    """
    thin = with_thin_coupling(slices)
    return thin if thin is not None and joined(thin) is not None else None


def _with_matrices(wire: Wire) -> Separation | None:
    """Return a wire whose disorder acts on orbitals in those that make it one number each."""
    turned = diagonal_form(wire)
    if turned is None:
        return None
    found = _parts(turned.slices)
    if found is None:
        return None
    if len(found) == 1 and turned.is_given:
        return None
    alike = turned.rows.alike()
    given = [own for own, _ in found]
    rows = [each for _, each in found]
    places = [alike[each] for each in rows]
    exact, plain = turned.is_given, _plain_strip(wire)
    rounding = 0.0 if exact else _ROUNDING
    pieces: list[Piece] = []
    for kind in _kinds(given, places, rounding):
        own, some = given[kind.first], turned.rows.some(rows[kind.first])
        is_strip = plain is not None and _equal(plain, own, rounding, conjugate=False)
        part = part_of(wire, own, places[kind.first], some, is_strip=is_strip)
        pieces.append(Piece(part, None, 0.0, kind.copies, kind.reverse_of))
    return Separation(tuple(pieces), exact)


def _plain_strip(wire: Wire) -> Slices | None:
    """Return the slices of the strip that a wire is without disorder and terms, if it is one."""
    bare = replace(wire, terms=(), disorder=Box(0.0), gates=())
    return bare.slices() if bare.strip is not None and bare.lead_lattice is None else None


def _basis(slices: Slices) -> Basis | None:
    """Return orbitals for all sites in which more is conserved than in the given ones, or None."""
    if slices.orbitals == 1:
        return None
    distinct = distinct_blocks(slices, slices.orbitals)
    basis = conserving_basis(distinct)
    if basis is None:
        return None
    # Nothing is rounded where the given orbitals do.
    given = len(parts([np.abs(distinct).max(axis=0)]))
    return basis if basis.size > given else None


def _parts(slices: Slices) -> list[tuple[Slices, NDArray[np.intp]]] | None:
    """Return the parts that nothing connects, each with the sites of the whole that it lies on.

    None if one of them has no lead, or a lead has a part of its own, or one that does not couple to
    the next slice: a state there may be at the energy, which the whole wire's modes refuse.
    """
    M = len(slices.h)
    if slices.uniform:
        members = parts([slices.h, slices.v, slices.lead_h, slices.lead_v])
        inside = [(own, own) for own in members]
    else:
        left, right = (np.abs(matrix) for matrix in (slices.left_contact, slices.right_contact))
        sample, lead = (
            np.abs(h) + np.abs(v) for h, v in ((slices.h, slices.v), (slices.lead_h, slices.lead_v))
        )
        joint = np.block([[sample, left.T + right], [left + right.T, lead]])
        members = parts([joint])
        inside = [(own[own < M], own[own >= M] - M) for own in members]
    if not all(len(own) and slices.lead_v[np.ix_(lead, lead)].any() for own, lead in inside):
        return None
    return [restricted(slices, own, lead) for own, lead in inside]


def restricted(
    slices: Slices, own: NDArray[np.intp], lead: NDArray[np.intp]
) -> tuple[Slices, NDArray[np.intp]]:
    """Return the slices of some components of sample and leads, and the sites of the former."""
    places, counts = np.unique(own // slices.orbitals, return_counts=True)
    orbitals = int(counts[0])
    if (counts != orbitals).any():
        places, orbitals = own // slices.orbitals, 1
    in_sample, in_lead = np.ix_(own, own), np.ix_(lead, lead)
    ends = slices.contacts
    given = Slices(
        slices.h[in_sample],
        slices.v[in_sample],
        slices.lead_h[in_lead],
        slices.lead_v[in_lead],
        orbitals,
        ends and (ends[0][np.ix_(lead, own)], ends[1][np.ix_(own, lead)]),
    )
    return given, places


class Kind(NamedTuple):
    """Parts that are equal: the first one, how many, and of which kind they are the reverse."""

    first: int
    copies: int
    reverse_of: int | None


def _kinds(
    given: Sequence[Slices], places: Sequence[NDArray[np.intp]], rounding: float
) -> list[Kind]:
    """Return the parts that differ."""
    found: list[Kind] = []
    for number, (slices, sites) in enumerate(zip(given, places, strict=True)):
        reverse_of = None
        for place, kind in enumerate(found):
            if not np.array_equal(places[kind.first], sites):
                continue
            other = given[kind.first]
            if _equal(other, slices, rounding, conjugate=False):
                found[place] = kind._replace(copies=kind.copies + 1)
                break
            if _equal(other, slices, rounding, conjugate=True):
                reverse_of = place
        else:
            found.append(Kind(number, 1, reverse_of))
    return found


def _equal(one: Slices, other: Slices, rounding: float, *, conjugate: bool) -> bool:
    """Return whether two parts are equal, or one is the other with time reversed."""
    largest = max(float(np.abs(matrix).max()) for matrix in _matrices(one))
    return one.orbitals == other.orbitals and all(
        a.shape == b.shape
        and np.abs(a - (b.conj() if conjugate else b)).max(initial=0.0) <= rounding * largest
        for a, b in zip(_matrices(one), _matrices(other), strict=True)
    )


def _matrices(slices: Slices) -> list[Matrix]:
    return [slices.h, slices.v, slices.lead_h, slices.lead_v, *(slices.contacts or ())]


def piece_of(wire: Wire, given: Slices, places: NDArray[np.intp], kind: Kind) -> Piece:
    """Return a part of a wire as a piece, with the wire without its terms where it is nothing else."""
    plain = replace(wire, terms=())
    shift = _shift(given, plain.slices()) if wire.terms else None
    if shift is None:
        part = part_of(wire, given, places, is_strip=_is_strip(wire, given))
        return Piece(part, None, 0.0, kind.copies, kind.reverse_of)
    part = part_of(wire, given, places)
    return Piece(part, plain, shift, kind.copies, kind.reverse_of)


def _is_strip(wire: Wire, given: Slices) -> bool:
    """Return whether a part is one of two spins of a strip on which nothing acts on the spin."""
    if wire.terms or wire.spins == 1 or wire.random_hopping:
        return False
    plain = _plain_strip(wire)
    return plain is not None and _equal(plain, given, 0.0, conjugate=False)


def _shift(given: Slices, plain: Slices) -> float | None:
    """Return the energy that a part has above a plain wire, or None if there is more to it."""
    pairs = list(zip(_matrices(given), _matrices(plain), strict=True))
    if given.orbitals != plain.orbitals or any(a.shape != b.shape for a, b in pairs):
        return None
    shift = float((given.h[0, 0] - plain.h[0, 0]).real)
    largest = max(float(np.abs(matrix).max()) for matrix in _matrices(given))
    for number, (a, b) in enumerate(pairs):
        # Slices of sample and leads are shifted, couplings are not.
        moved = b + shift * np.eye(len(b)) if number in (0, 2) else b
        if np.abs(a - moved).max(initial=0.0) > _ROUNDING * largest:
            return None
    return shift
