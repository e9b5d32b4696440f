"""Hard walls inside a wire: constrictions and billiards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import finite_number, positive_number, unmasked
from qtcore.model.removed import REMOVED
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class Billiard(Described):
    """Hard walls around a region of any shape.

    Parameters
    ----------
    inside : function
        inside(x, y), in a bar inside(x, y, z): arrays of places in lattice constants in, True
        where electrons may go.
    wall : float
        On-site energy of the other sites, in units of t.
    """

    inside: Callable[..., Any]
    wall: float = REMOVED

    def __post_init__(self) -> None:
        if not callable(self.inside):
            raise InputError(f"inside must be a function inside(x, y), got {self.inside!r}")
        object.__setattr__(self, "wall", finite_number("wall", self.wall, "units of t"))

    def __call__(self, *places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return V, the shape of the places, in units of t."""
        found = self.inside(*places)
        open_to = np.asarray(unmasked("what inside of a Billiard returned", found))
        if open_to.dtype.kind != "b":
            raise InputError(
                f"inside of a Billiard must return True or False for each place, got "
                f"{open_to.dtype}"
            )
        return np.where(open_to, 0.0, self.wall)


@dataclass(frozen=True)
class Constriction:
    """Hard walls that leave a width d(x) = width + (x - x0)²/radius open around y0.

    Glazman, Lesovik, Khmelnitskii, Shekhter, JETP Lett. 48, 238 (1988).

    Parameters
    ----------
    width : float
        Width of the neck: the sites with abs(y - y0) < d/2 are open.
    radius : float
        How slowly it opens, > 0, in lattice constants.
    x0, y0 : float
        Place of the neck, in lattice constants.
    wall : float
        On-site energy behind the walls, in units of t.
    """

    width: float
    radius: float
    x0: float
    y0: float
    wall: float = REMOVED

    def __post_init__(self) -> None:
        for name in ("width", "radius"):
            object.__setattr__(self, name, positive_number(name, getattr(self, name), "sites"))
        for name, unit in (("x0", "sites"), ("y0", "sites"), ("wall", "units of t")):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), unit))

    def __call__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *_: Any
    ) -> NDArray[np.float64]:
        """Return V, the shape of x, in units of t."""
        width = self.width + (x - self.x0) ** 2 / self.radius
        return np.where(np.abs(y - self.y0) < width / 2, 0.0, self.wall)
