"""Pairing that depends on the place: a superconductor that ends in the sample, or is weaker there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import refuse_too_large
from qtcore.model.functions import called
from qtcore.model.hopping import Entries, Hopping
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure.contract import nearest_image
from qtcore.model.terms.contract import Term
from qtcore.model.terms.pairing import Pairing, Profile

_AT_ONCE = 2**18
"""Places at which a profile is asked for at once, about."""


def profile_of(terms: Sequence[Term]) -> Profile | None:
    """Return what multiplies the pairing of a wire place by place, or None if nothing does."""
    given = [term.profile for term in terms if isinstance(term, Pairing)]
    return given[0] if given else None


def profiled(
    hopping: Hopping, profile: Profile, lattice: Lattice, k: int, first_slice: int
) -> Hopping:
    """Return hopping whose pairing is multiplied by its profile, and that of the holes alike.

    Parameters
    ----------
    hopping : Hopping
        With the same pairing everywhere, some slices from `first_slice` on.
    profile : function
        Given by a user.
    lattice : Lattice
        Cross-section.
    k : int
        Orbitals on each site, electrons first.
    first_slice : int
        Number of the first slice.

    Raises
    ------
    InputError
        If the function fails, or returns what is no number.
    """
    inside, ahead = (
        _multiplied(entries, profile, lattice, (k, step), first_slice)
        for step, entries in enumerate((hopping.inside, hopping.ahead))
    )
    return Hopping(inside, ahead)


def _multiplied(
    entries: Entries, profile: Profile, lattice: Lattice, sizes: tuple[int, int], first_slice: int
) -> Entries:
    """Return entries with their pairing multiplied; `sizes` are orbitals of a site and slices ahead."""
    k, ahead = sizes
    from_hole, to_hole = (places % k >= k // 2 for places in (entries.rows, entries.columns))
    found = np.flatnonzero(from_hole != to_hole)
    if not len(found):
        return entries
    rows, columns = entries.rows[found] // k, entries.columns[found] // k
    factors = _at(profile, lattice, (rows, columns, ahead), first_slice, len(entries.values))
    # (m, pD), (-(pD)^*, -m^*): what creates a hole has the conjugate.
    factors = np.where(from_hole[found], factors.conj(), factors)
    values = entries.values.copy()
    values[:, found] *= factors[:, :, None]
    refuse_too_large("pairing times its profile", values[:, found], "units of t")
    return Entries(entries.rows, entries.columns, values)


def _at(
    profile: Profile,
    lattice: Lattice,
    pairs: tuple[NDArray[np.intp], NDArray[np.intp], int],
    first_slice: int,
    slices: int,
) -> NDArray[np.complex128]:
    """Return the profile on sites and in the middle of bonds, (slice, pair).

    `pairs` are the sites in a slice, those in the same or the next one, and how many slices ahead.
    """
    one, other, ahead = pairs
    # The same bits whichever end of a bond inside a slice comes first.
    first, second = (one, other) if ahead else (np.minimum(one, other), np.maximum(one, other))
    places = lattice.positions()
    step = places[second] - places[first]
    step[:, 0] += ahead * lattice.period
    step[:, 1:] = nearest_image(step[:, 1:], lattice)
    middle = places[first] + step / 2
    starts = np.arange(first_slice, first_slice + slices) * lattice.period
    x = starts[:, None] + middle[:, 0]
    across = [np.broadcast_to(middle[:, axis], x.shape).copy() for axis in (1, 2)]
    arguments = [x, *across[: lattice.dimension - 1]]
    found: NDArray[np.complex128] = called(
        profile, arguments, "xyz", "profile", "no unit", gives="complex"
    )
    return found


def check_profile(profile: Profile, lattice: Lattice, slices: int, *, is_zero: bool) -> None:
    """Look through the profile of a whole wire before anything is computed.

    Parameters
    ----------
    profile, lattice : function, Lattice
        As in `profiled`.
    slices : int
        Length of the wire.
    is_zero : bool
        Whether nothing may pair in it, because a field fills it.

    Raises
    ------
    InputError
        If the function fails or returns what is no number, or something pairs in a field.
    """
    bonds, site = lattice.bonds(), np.arange(lattice.sites)
    groups = [(site, site, 0)]
    groups += [
        (bonds.first[bonds.ahead == ahead], bonds.second[bonds.ahead == ahead], ahead)
        for ahead in (0, 1)
    ]
    step = max(1, _AT_ONCE // max(1, len(site)))
    for first in range(0, slices, step):
        for pairs in groups:
            found = _at(profile, lattice, pairs, first, min(step, slices - first))
            if is_zero and found.any():
                n = first + int(np.flatnonzero(found.any(axis=1))[0])
                raise InputError(
                    "a field does not go with pairing: the phase of a superconductor turns with the "
                    "vector potential, and with a given phase the result would depend on the gauge; "
                    f"the profile of the pairing must be 0 in the sample, and it is not in slice {n}"
                )
