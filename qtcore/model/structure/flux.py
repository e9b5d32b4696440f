"""Magnetic flux that is not the same everywhere: a tube of flux, and a field that depends on place.

Both sit in the bonds along the wire, A_x = -∫ B dy from below: nothing changes where there is no
flux below, so that leads at the ends stay as they are. Leads on the upper edge of a bar carry the phases
on (`qtcore.model.lead_turns`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import MOST_FLUX, finite_number, phase_number
from qtcore.model.elementary import phase_factor
from qtcore.model.functions import called
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure.contract import Numbers, PlacedBonds, Structure, own_pairs, placed
from qtcore.model.structure.tunnel_contact import free_of_contacts
from qtcore.shown import Described

_ON_A_BOND = 1e-9

_ORDER = 8
"""Points of Gauss and Legendre in each direction: exact for fields of degree 15 in a plaquette."""

_AT_ONCE = 2**18
"""Points at which a field is asked for at once, about."""


def refuse_closed_across(lattice: Lattice, name: str) -> None:
    """Refuse flux out of a surface that is closed along y, from which it would have to come back."""
    if any(abs(wrap[1]) > 0 for wrap in lattice.wraps()):
        raise InputError(
            f"{name} goes with wires that have edges along y, and {lattice!r} is closed there: what "
            "flux leaves through its surface at one place would have to enter at another; use hard "
            "walls (periodic=False)"
        )


@dataclass(frozen=True)
class FluxTube(Structure):
    """An infinitely thin tube of magnetic flux along z through the wire at (x, y).

    Only loops around it know of it (Aharonov and Bohm, Phys. Rev. 115, 485 (1959)): all bonds that
    cross the line from (x, y) to larger y get the phase factor exp(±2πi flux). Where that line is
    makes no difference. It needs no field anywhere, and leads do not notice it. A bar is pierced along
    its whole height. Of a wire so short that it ends before x there is nothing of the tube in it.

    Parameters
    ----------
    x, y : float
        Place, in lattice constants; not on a bond. Both count from the first site of slice 0, as
        `lattice.positions()` does, and x goes on by `lattice.period` from slice to slice. On the square
        lattice these are sites. On the honeycomb lattice the unit is the distance of neighbouring sites of
        one sublattice, sqrt(3) bonds: the lowest hexagons of a zigzag ribbon have their centres at
        (n, 1/sqrt(3)) with n = 1, 2, ..., those of an armchair ribbon, whose slices are sqrt(3) long, at
        ((n + 1/6) sqrt(3), 1/2) with n = 1, 2, ....
    flux : float
        Flux in h/e; a whole number is the same as none. Its sign is that of `flux` of a wire.
    """

    is_field = True
    stretch = 0.0

    x: float
    y: float
    flux: float

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            number = finite_number(f"{name} of FluxTube", getattr(self, name), "sites")
            object.__setattr__(self, name, number)
        object.__setattr__(self, "flux", phase_number("flux of FluxTube", self.flux, "h/e"))

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if no loop of the sample encloses the tube."""
        refuse_closed_across(lattice, "FluxTube")
        places = lattice.positions()
        low, high = places[:, 1].min(), places[:, 1].max()
        if low == high:
            raise InputError(
                f"no loop of the sample goes around a FluxTube, since {lattice!r} has all of its sites at "
                f"y = {low:g} and therefore no loops; take a wider wire, such as Square(3)"
            )
        first, last = free_of_contacts(lattice, length)
        if not (low < self.y < high and first < self.x <= last):
            end = "" if length is None else f" and {last:g}"
            raise InputError(
                f"no loop of the sample goes around a FluxTube at x = {self.x:g}, y = {self.y:g}: "
                f"it must lie between y = {low:g} and {high:g} and, bonds to the leads left aside, "
                f"beyond x = {first:g}{end} (lattice constants)"
            )

    def near(self, lattice: Lattice) -> PlacedBonds:
        """Return the bonds of the slices around the tube."""
        middle = int((self.x - lattice.positions()[:, 0].mean()) // lattice.period)
        return placed(lattice, own_pairs(lattice), max(0, middle - 2), 5)

    def refuse_on_a_bond(self, near: PlacedBonds, there: NDArray[np.bool_]) -> None:
        """Refuse a tube that lies on one of the bonds, (slice, bond), that are there.

        Raises
        ------
        InputError
            Because it is not known then which loops go around it.
        """
        place = np.array([self.x, self.y])
        distance = _distance(place, near.start[:, :, :2], near.end[:, :, :2])
        if distance[there].min(initial=np.inf) < _ON_A_BOND:
            raise InputError(
                f"a FluxTube at x = {self.x:g}, y = {self.y:g} lies on a bond or a site, where it "
                "is not known which loops go around it; move it into a plaquette, such as "
                "(x + 0.5, y + 0.5) of a square lattice"
            )

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        x1, x2 = bonds.start[:, :, 0], bonds.end[:, :, 0]
        # A site on the line counts as being beyond it, in all of its bonds alike.
        beyond = np.greater_equal(x2, self.x).astype(int) - np.greater_equal(x1, self.x)
        across = beyond != 0
        part = (self.x - x1[across]) / (x2 - x1)[across]
        y1, y2 = bonds.start[across, 1], bonds.end[across, 1]
        above = y1 + part * (y2 - y1) > self.y
        turns = np.zeros(bonds.shape)
        turns[across] = np.where(above, -self.flux * beyond[across], 0.0)
        return np.asarray(phase_factor(turns))


def _distance(
    place: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance of a place from bonds, in the plane."""
    along = end - start
    square = (along**2).sum(axis=-1)
    part = ((place - start) * along).sum(axis=-1) / np.where(square > 0, square, 1.0)
    nearest = start + np.clip(part, 0.0, 1.0)[..., None] * along
    return np.asarray(np.linalg.norm(place - nearest, axis=-1))


@dataclass(frozen=True, repr=False)
class LocalField(Described, Structure):
    """A field along z that depends on the place: B(x, y), besides the uniform `flux` of a wire.

    The flux through every loop of bonds is the integral of B over what it encloses, by the rule of
    Gauss and Legendre with 8 x 8 points for each step between neighbouring bonds: exact to rounding
    for smooth fields, and as exact as the rule is at a jump of B. Let the field end within the sample:
    the bonds to the leads carry no phase of it, so that the loops through them have no flux in their
    part outside of the sample.

    Parameters
    ----------
    B : function
        B(x, y): arrays of places in lattice constants in, flux in h/e per plaquette out, as `flux`
        of a wire counts it, elementwise. In a bar it is the same for all z.
    """

    is_field = True
    stretch = 0.0

    B: Callable[..., Any]

    def __post_init__(self) -> None:
        if not callable(self.B):
            raise InputError(
                f"B of LocalField must be a function B(x, y), got {brief(self.B)}; a uniform field "
                "is flux= of the wire"
            )

    def check(self, lattice: Lattice, length: int | None = None) -> None:  # noqa: ARG002 # fits every length
        """Raise InputError if the wire is closed across."""
        refuse_closed_across(lattice, "LocalField")

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        turns = np.zeros(bonds.shape)
        if not turns.size:
            return np.ones(bonds.shape)
        start, end = bonds.start[0], bonds.end[0]
        x, step = start[:, 0] - bonds.first_slice * bonds.lattice.period, end[:, 0] - start[:, 0]
        alike = np.round(np.stack([x, step]), 9)
        lowest = float(bonds.lattice.positions()[:, 1].min())
        groups, members = np.unique(alike[:, np.abs(step) > 1e-9], axis=1, return_inverse=True)
        moving = np.flatnonzero(np.abs(step) > 1e-9)
        for number in range(groups.shape[1]):
            group = moving[members.ravel() == number]
            at_once = max(1, _AT_ONCE // (_ORDER**2 * len(group)))
            for first in range(0, bonds.slices, at_once):
                some = slice(first, first + at_once)
                turns[some, group] = self._turns(
                    bonds.start[some, group], bonds.end[some, group], lowest
                )
        turns /= bonds.lattice.plaquette
        if np.abs(turns).max() > MOST_FLUX:
            raise InputError(
                f"B of LocalField encloses {np.abs(turns).max():g} h/e below a bond, and at most "
                f"{MOST_FLUX:g} are allowed: of much greater fluxes the phases lose their digits"
            )
        return np.asarray(phase_factor(turns))

    def _turns(
        self, start: NDArray[np.float64], end: NDArray[np.float64], lowest: float
    ) -> NDArray[np.float64]:
        """Return the integral of A_x along bonds that begin and end at the same x in each slice.

        Parameters
        ----------
        start, end : (slice, bond, 3) float arrays
            Places.
        lowest : float
            Where A_x is zero.

        Returns
        -------
        (slice, bond) float array
            In h/e times the area of a plaquette over that of a squared lattice constant.
        """
        nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
        nodes, weights = (nodes + 1) / 2, weights / 2
        x1, step = start[:, :1, 0], end[:, :1, 0] - start[:, :1, 0]
        total = np.zeros(start.shape[:2])
        for s, weight in zip(nodes, weights, strict=True):
            height = start[0, :, 1] + s * (end[0, :, 1] - start[0, :, 1])
            _, some, level = np.unique(np.round(height, 9), return_index=True, return_inverse=True)
            levels = height[some]
            below = np.concatenate([[lowest], levels[:-1]])
            y = below[:, None] + nodes * (levels - below)[:, None]
            shape = (len(start), *y.shape)
            at = np.broadcast_to((x1 + s * step)[:, :, None], shape)
            values = called(
                self.B,
                [at.reshape(len(start), -1).copy(), np.tile(y.ravel(), (len(start), 1))],
                ["x", "y"],
                "field B",
                "h/e per plaquette",
            ).reshape(shape)
            strip = np.zeros(shape[:2])
            # Summed as written, so that bits do not depend on the chunk.
            for j in range(_ORDER):
                strip += weights[j] * values[:, :, j]
            inside = np.cumsum(strip * (levels - below), axis=1)
            total -= weight * step * inside[:, level.ravel()]
        return total
