"""A magnetic field: Peierls phases of the bonds, in a gauge that is the same in every slice.

A_x = -Bz y + By z, A_y = 0, A_z = Bx y. It is linear in the place, so that its value at the middle
of a bond is exact. Where a cross-section closes onto itself across, the states of the image sites
carry the phase that brings A back (a magnetic translation).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import phase_number
from qtcore.model.lattice import Square
from qtcore.model.lattice.contract import Bonds, Lattice

_INTEGER = 1e-9


def vector_potential(places: NDArray[np.float64], B: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return A, (place, 3), at places (place, 3), in h/e per lattice constant."""
    y, z = places[:, 1], places[:, 2]
    return np.stack([-B[2] * y + B[1] * z, np.zeros_like(y), B[0] * y], axis=1)


def peierls_factors(
    lattice: Lattice,
    bonds: Bonds,
    B: NDArray[np.float64],
    origin: NDArray[np.float64] | None = None,
) -> NDArray[np.complex128]:
    """Return the phase factor of <first|H|second> of each bond, (bond,).

    Parameters
    ----------
    lattice : Lattice
        Gives the places of the sites and how they repeat themselves across.
    bonds : Bonds
        The bonds.
    B : (3,) float array
        Flux in h/e through an area of one squared lattice constant normal to x, y and z.
    origin : (3,) float array, optional
        Where the lattice's origin lies, in lattice constants: A counts from zero.
    """
    places = lattice.positions()
    if origin is not None:
        places = places + origin
    start, end = places[bonds.first], places[bonds.second]
    middle = start + bonds.displacement / 2
    turns = (vector_potential(middle, B) * bonds.displacement).sum(axis=1)
    # By how far the end of the bond lies outside: zero, or a sum of the vectors of the wraps (and
    # steps along the wire, which A does not feel).
    outside = start + bonds.displacement - end
    turns -= (vector_potential(outside, B) * end).sum(axis=1)
    return np.asarray(np.exp(2j * np.pi * turns))


def refuse_unless_it_closes(lattice: Lattice, B: NDArray[np.float64]) -> None:
    """Refuse a field that does not fit onto a cross-section that closes onto itself.

    Raises
    ------
    InputError
        If the flux through one slice of a closed surface is no whole number of h/e.
    """
    wraps = lattice.wraps()
    for wrap in wraps:
        a = vector_potential(wrap[None], B)[0]
        flux = a[0] * lattice.period
        if abs(flux - round(flux)) > _INTEGER:
            raise InputError(
                f"{lattice!r} closes onto itself after {np.abs(wrap).max():g} lattice constants: "
                "the flux through a ring of one slice must be a whole number of h/e, "
                f"got {abs(flux):g}; use hard walls or another field"
            )
    if len(wraps) == 2:
        flux = vector_potential(wraps[0][None], B)[0] @ wraps[1]
        if abs(flux - round(flux)) > _INTEGER:
            raise InputError(
                f"{lattice!r} is closed in both directions across: the flux of the field along "
                f"the wire through its cross-section must be a whole number of h/e, got {flux:g}"
            )


def refuse_unless_flux_closes(lattice: Lattice, flux: float, B: NDArray[np.float64]) -> None:
    """Refuse the field of a wire that does not fit onto a cross-section that closes onto itself.

    Parameters
    ----------
    lattice : Lattice
        Cross-section.
    flux : float
        Perpendicular field of a strip, in h/e per plaquette.
    B : (3,) float array
        The whole field, as `Wire.field_vector` has it.

    Raises
    ------
    InputError
        If the flux through one slice of a closed surface is no whole number of h/e.
    """
    if not isinstance(lattice, Square):
        refuse_unless_it_closes(lattice, B)
        return
    around = flux * lattice.width
    if lattice.periodic and abs(around - round(around)) > _INTEGER:
        raise InputError(
            f"a periodic strip of width {lattice.width} carries a flux per plaquette "
            f"in multiples of 1/{lattice.width} only, got {flux}"
        )


def checked_field(lattice: Lattice, given: Any, flux: float) -> tuple[float, float, float]:
    """Return the field of a bar as three floats.

    Parameters
    ----------
    lattice : Lattice
        Cross-section.
    given : (float, float, float)
        Flux in h/e through a plaquette normal to x, y and z.
    flux : float
        The perpendicular field where it is given apart, in h/e per plaquette.

    Raises
    ------
    InputError
        If these are not three finite numbers, the lattice is no bar, or Bz is given twice.
    """
    try:
        parts = tuple(given)
    except TypeError:
        parts = ()
    if len(parts) != 3:
        raise InputError(
            f"field must be (Bx, By, Bz), flux in h/e per plaquette normal to each, got {given!r}"
        )
    Bx, By, Bz = (
        phase_number(name, part, "h/e per plaquette")
        for name, part in zip(("Bx", "By", "Bz"), parts, strict=True)
    )
    if (Bx or By or Bz) and lattice.dimension != 3:
        raise InputError(
            f"field is for bars such as Cubic(...), got {given!r} on {lattice!r}: use flux for the "
            "perpendicular field, Zeeman(bx, by) for one in the plane"
        )
    if Bz and flux:
        raise InputError(
            f"the field along z is given twice: flux = {flux:g} and field = {given!r}; choose one"
        )
    return Bx, By, Bz
