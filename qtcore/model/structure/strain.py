"""Strain: hopping that changes with the length of the bonds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_number
from qtcore.model.functions import called
from qtcore.model.structure.contract import CLOSED, Numbers, PlacedBonds, Structure, around_tube
from qtcore.shown import Described

GRAPHENE = 3.37
"""Decay of the hopping of graphene, d ln t / d ln d = -3.37 at the length of its bonds."""


@dataclass(frozen=True, repr=False)
class Strain(Described, Structure):
    """Sites are displaced, and bonds decay with their length: t exp(-decay (d'/d - 1)).

    d is the length of a bond without strain and d' with it. The law is that of Pereira, Castro Neto
    and Peres, PRB 80, 045401 (2009). Only bonds change: gates, disorder and the field are asked
    for at the places without strain, and no flux through a plaquette changes with its area. The
    leads and the bonds to them are not strained, so let the displacement end smoothly.

    Parameters
    ----------
    displacement : function
        displacement(x, y) -> (ux, uy), in a bar displacement(x, y, z) -> (ux, uy, uz): arrays of
        places in, numbers of the same shape out, all in lattice constants.
    decay : float
        By how much ln t falls where a bond becomes longer by its own length; 3.37 is that of
        graphene.
    """

    displacement: Callable[..., Any]
    decay: float = GRAPHENE

    is_real = True

    def __post_init__(self) -> None:
        if not callable(self.displacement):
            raise InputError(
                "displacement of Strain must be a function displacement(x, y) -> (ux, uy), got "
                f"{brief(self.displacement)}"
            )
        object.__setattr__(self, "decay", finite_number("decay", self.decay, "no unit"))

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        axes = bonds.lattice.dimension
        self._refuse_unless_closed(bonds)
        start, end = bonds.coordinates(bonds.start), bonds.coordinates(bonds.end)
        moved = [
            after - before for after, before in zip(self._of(end), self._of(start), strict=True)
        ]
        apart = [b - a for a, b in zip(start, end, strict=True)]
        before = np.sqrt(sum(apart[axis] ** 2 for axis in range(axes)))
        after = np.sqrt(sum((apart[axis] + moved[axis]) ** 2 for axis in range(axes)))
        if not before.all():
            raise InputError(
                f"Strain needs bonds of some length, and {bonds.lattice!r} has sites at one place; "
                "give its positions"
            )
        with np.errstate(over="ignore", under="ignore"):
            found = np.exp(-self.decay * (after / before - 1))
        # No strain removes a bond: what has become 0 is refused as the smallest number there is.
        return np.asarray(np.maximum(found, np.nextafter(0.0, 1.0)))

    def _refuse_unless_closed(self, bonds: PlacedBonds) -> None:
        """Refuse a displacement that differs between a site of a tube and its image over the seam."""
        for over, vector in around_tube(bonds):
            image = bonds.end[:, over]
            here, there = (
                self._of([part[:, :, axis].copy() for axis in range(bonds.lattice.dimension)])
                for part in (image, image + vector)
            )
            for one, other in zip(here, there, strict=True):
                wrong = ~(np.abs(one - other) <= CLOSED * np.maximum(1.0, np.abs(one)))
                if wrong.any():
                    n, b = (int(k) for k in np.argwhere(wrong)[0])
                    places = [tuple(p[n, b, 1:].round(6).tolist()) for p in (image, image + vector)]
                    raise InputError(
                        f"{bonds.lattice!r} is closed across, and one site would have two displacements: "
                        f"displacement of Strain gives {one[n, b]:g} at (y, z) = {places[0]} and "
                        f"{other[n, b]:g} at {places[1]}, which is the same place; take one that is "
                        "periodic around the tube"
                    )

    def _of(self, places: list[Numbers]) -> list[Numbers]:
        """Return the displacement at places, one array for each axis."""
        return [
            called(
                _Component(self.displacement, axis, len(places)),
                [one.copy() for one in places],
                "xyz",
                "displacement",
                "lattice constants",
            )
            for axis in range(len(places))
        ]


@dataclass(frozen=True)
class _Component:
    """One component of a displacement, as a function of position."""

    displacement: Callable[..., Any]
    axis: int
    count: int

    @property
    def __name__(self) -> str:
        return str(getattr(self.displacement, "__name__", "of Strain"))

    def __call__(self, *places: Numbers) -> Any:
        found = self.displacement(*places)
        if not isinstance(found, tuple | list | np.ndarray) or len(found) != self.count:
            raise InputError(
                f"displacement of Strain must return {self.count} components, "
                f"({', '.join('u' + axis for axis in 'xyz'[: self.count])}), got {brief(found)}"
            )
        return found[self.axis]
