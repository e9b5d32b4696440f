"""Where a local Chern marker is taken: the cells of the bulk, away from the edges, or single sites."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import not_negative, positive_number, whole_number
from qtcore.model.wire import Wire
from qtcore.solve.velocity import area_of
from qtcore.solve.waves import positions


def refuse_unless_flat_and_open(wire: Wire, length: int) -> None:
    """Raise InputError unless a sample is a strip with edges, in which x and y are positions."""
    lattice = wire.lattice
    if length < 2:
        raise InputError(f"a Chern marker needs at least 2 slices, got {length}")
    if lattice.wraps():
        raise InputError(
            f"a Chern marker needs open edges, but {lattice!r} is closed across, where y has no meaning; "
            "use periodic=False, or bott_index for a torus"
        )
    extent = np.ptp(lattice.positions(), axis=0)
    if lattice.dimension != 2 or not extent[1] > 0:
        raise InputError(
            f"a Chern marker needs a strip in the plane z = 0 that is several sites wide, got {lattice!r}"
        )


def checked_area(wire: Wire, length: int, area: float | None) -> float:
    """Return the area of a sample for each of its sites, in squared lattice constants."""
    whole = area_of(wire, length) if area is None else area
    whole = positive_number("area of the sample", whole, "squared lattice constants")
    return whole / (length * wire.lattice.sites)


def bulk_rows(wire: Wire, length: int, margin: float | None) -> NDArray[np.intp]:
    """Return the rows of H of all unit cells whose centre lies `margin` or more from every edge.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices of the sample.
    margin : float or None
        Lattice constants; a quarter of the extent on each side unless given.

    Raises
    ------
    InputError
        If the margin leaves no cell.
    """
    if margin is not None:
        margin = not_negative("margin", margin, "lattice constants")
    # The honeycomb lattice numbers its sites A, B, A, B: two of them are a unit cell.
    kinds = 1 if wire.lattice.sublattice() is None else 2
    members = kinds * wire.orbitals
    places = positions(wire, length)[:, :2]
    centres = places.reshape(-1, members, 2).mean(axis=1)
    low, high = places.min(axis=0), places.max(axis=0)
    away = (high - low) / 4 if margin is None else np.full(2, margin)
    # A cell exactly on the line counts, whatever its coordinates are rounded to.
    inside = ((centres >= low + away - 1e-9) & (centres <= high - away + 1e-9)).all(axis=1)
    if not inside.any():
        raise InputError(
            f"a margin of {away.max():g} lattice constants leaves nothing of a sample of "
            f"{high[0] - low[0]:g} × {high[1] - low[1]:g}; take a larger sample or a smaller margin"
        )
    return (np.flatnonzero(inside)[:, None] * members + np.arange(members)).ravel()


def site_rows(wire: Wire, length: int, places: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    """Return the rows of H of the sites (slice, site), (place, orbital), or raise InputError."""
    advice = "places must be pairs (slice, site) such as [(10, 7)]"
    try:
        pairs = [tuple(place) for place in places]
    except TypeError:
        raise InputError(f"{advice}, got {brief(places)}") from None
    if not pairs:
        raise InputError("places is empty; give at least one pair (slice, site)")
    sites, found = wire.lattice.sites, []
    for pair in pairs:
        if len(pair) != 2:
            raise InputError(f"{advice}, got {brief(pair)}")
        n, site = (
            whole_number(name, one, 0) for name, one in zip(("slice", "site"), pair, strict=True)
        )
        if n >= length or site >= sites:
            raise InputError(
                f"the sample has slices 0 .. {length - 1} with sites 0 .. {sites - 1}, got place "
                f"{(n, site)}"
            )
        found.append(n * sites + site)
    return np.array(found)[:, None] * wire.orbitals + np.arange(wire.orbitals)


def flat_positions(wire: Wire, length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return x and y of all components, (D,) each, from the middle of the sample, lattice constants."""
    places = positions(wire, length)
    x, y = (places - (places.min(axis=0) + places.max(axis=0)) / 2).T[:2]
    return x, y
