"""Bonds that are changed by a function of position, and single bonds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_complex, finite_number
from qtcore.model.functions import called
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure.contract import (
    CLOSED,
    Numbers,
    PlacedBonds,
    Structure,
    around_tube,
    nearest_image,
    own_pairs,
    placed,
)
from qtcore.shown import Described

_SAME_PLACE = 1e-6
_HERMITIAN = 1e-12


@dataclass(frozen=True, repr=False)
class ChangedBonds(Described, Structure):
    """Each bond times a function of the places of its two ends.

    The function is the matrix element <1|H|2> of the bond from place 1 to place 2, in units of what
    it is without: on the lattices of the library, whose hopping is 1, the hopping itself in units
    of t. Field and terms stay as they are; a bond is removed by 0. The bonds to the leads are not
    asked for (`TunnelContact` changes them).

    Parameters
    ----------
    factor : function
        factor(x1, y1, x2, y2), in a bar factor(x1, y1, z1, x2, y2, z2): arrays of places in
        lattice constants in, real or complex numbers of the same shape out, elementwise. H is
        Hermitian: with both ends exchanged it must give the complex conjugate.
    """

    factor: Callable[..., Any]

    def __post_init__(self) -> None:
        if not callable(self.factor):
            raise InputError(
                f"factor of ChangedBonds must be a function factor(x1, y1, x2, y2), got "
                f"{brief(self.factor)}; ChangedBond(start, end, factor) changes a single bond"
            )

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        start, end = bonds.coordinates(bonds.start), bonds.coordinates(bonds.end)
        found = self._of(start, end)
        self._refuse_unless_closed(bonds, found)
        back = self._of(end, start)
        # Written so that a NaN of a function that is checked elsewhere could not pass either.
        wrong = ~(np.abs(found - back.conj()) <= _HERMITIAN * np.maximum(1.0, np.abs(found)))
        if wrong.any():
            n, b = (int(k) for k in np.argwhere(wrong)[0])
            ends = [tuple(float(part[n, b]) for part in place) for place in (start, end)]
            raise InputError(
                f"H must be Hermitian: factor of ChangedBonds gives {found[n, b]:g} from {ends[0]} "
                f"to {ends[1]} and {back[n, b]:g} the other way round, which must be its complex "
                "conjugate"
            )
        return found

    def _refuse_unless_closed(self, bonds: PlacedBonds, found: Numbers) -> None:
        """Refuse a factor that depends on which side of a tube's seam a bond is seen from."""
        for over, vector in around_tube(bonds):
            start, end = (
                [part[:, over, axis].copy() for axis in range(bonds.lattice.dimension)]
                for part in (bonds.start + vector, bonds.end + vector)
            )
            here, there = found[:, over], self._of(start, end)
            wrong = ~(np.abs(here - there) <= CLOSED * np.maximum(1.0, np.abs(here)))
            if wrong.any():
                n, b = (int(k) for k in np.argwhere(wrong)[0])
                ends = [tuple(float(part[n, b]) for part in place) for place in (start, end)]
                raise InputError(
                    f"{bonds.lattice!r} is closed across, and a bond that goes around has two images: factor "
                    f"of ChangedBonds gives {there[n, b]:g} from {ends[0]} to {ends[1]}, and "
                    f"{here[n, b]:g} on the other side of the seam; take one that is periodic around the tube"
                )

    def _of(self, start: Sequence[Numbers], end: Sequence[Numbers]) -> Numbers:
        names = [f"{axis}{k}" for k in (1, 2) for axis, _ in zip("xyz", start, strict=False)]
        places = [one.copy() for one in (*start, *end)]
        return called(self.factor, places, names, "factor", "no unit", gives="complex")


@dataclass(frozen=True)
class ChangedBond(Structure):
    """A single bond of the lattice times a number.

    Parameters
    ----------
    start, end : (float, float) or (float, float, float)
        Places of both ends, in lattice constants.
    factor : number
        What <start|H|end> is multiplied by, real or complex; 0 removes the bond.
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    factor: complex

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            object.__setattr__(self, name, _place(name, getattr(self, name)))
        factor = finite_complex("factor of ChangedBond", self.factor, "no unit")
        object.__setattr__(self, "factor", factor)

    @property
    def is_real(self) -> bool:  # type: ignore[override] # depends on the factor here
        """Whether the factor is a real number."""
        return complex(self.factor).imag == 0

    @property
    def stretch(self) -> float:  # type: ignore[override] # depends on the factor here
        """Ln (1 / |factor|), at least 0."""
        return max(0.0, -math.log(abs(self.factor))) if self.factor else math.inf

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if there is no such bond between neighbours, or it lies outside."""
        places = lattice.positions()[:, 0]
        x = min(self.start[0], self.end[0])
        low = int(np.floor((x - places.max()) / lattice.period)) - 1
        first = max(0, low)
        around = placed(lattice, own_pairs(lattice), first, max(0, low + 5 - first))
        ahead, back = self._is_it(around)
        here = (ahead | back).any(axis=1)
        if not here.any():
            raise InputError(
                f"there is no bond between neighbours from {self.start} to {self.end} in a wire of "
                f"{lattice!r}: places are (x, y) in lattice constants, and slice 0 starts at x = 0"
            )
        slices = around.first_slice + np.flatnonzero(here)[0]
        reach = int(around.pairs.ahead[(ahead | back)[here][0]][0])
        if length is not None and slices + reach >= length:
            raise InputError(
                f"the bond from {self.start} to {self.end} reaches slice {slices + reach}, and a "
                f"wire of length {length} has the slices 0 to {length - 1}; the bonds to the leads "
                'are changed by TunnelContact(t, "left") and TunnelContact(t, "right")'
            )

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        found = np.ones(bonds.shape, dtype=np.complex128)
        ahead, back = self._is_it(bonds)
        found[ahead] = self.factor
        found[back] = np.conj(self.factor)
        return found

    def _is_it(self, bonds: PlacedBonds) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which bonds lead from start to end, and which from end to start."""
        lattice = bonds.lattice
        start, end = (_at(place, bonds.start, lattice) for place in (self.start, self.end))
        start_end, end_end = (_at(place, bonds.end, lattice) for place in (self.start, self.end))
        return start & end_end, end & start_end


def _place(name: str, given: Any) -> tuple[float, ...]:
    """Return a place as two or three floats."""
    try:
        parts = tuple(given)
    except TypeError:
        parts = ()
    if len(parts) not in (2, 3):
        raise InputError(
            f"{name} of ChangedBond must be a place (x, y), in a bar (x, y, z), in lattice "
            f"constants, got {brief(given)}"
        )
    return tuple(finite_number(f"{name} of ChangedBond", part, "sites") for part in parts)


def _at(
    place: tuple[float, ...], places: NDArray[np.float64], lattice: Lattice
) -> NDArray[np.bool_]:
    """Return which places, (slice, bond, 3), are this one, also around a closed cross-section."""
    away = places - np.array([*place, 0.0][:3])
    across = nearest_image(away[:, :, 1:].reshape(-1, 2), lattice).reshape(away[:, :, 1:].shape)
    distance = np.hypot(away[:, :, 0], np.linalg.norm(across, axis=2))
    return np.asarray(distance < _SAME_PLACE)
