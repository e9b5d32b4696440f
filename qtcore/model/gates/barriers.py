"""Barriers across the wire."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import finite_number, positive_number


@dataclass(frozen=True)
class RectangularBarrier:
    """V = height for start <= x < stop, 0 elsewhere.

    Parameters
    ----------
    height : float
        In units of t; negative for a well.
    start, stop : float
        In lattice constants along the wire; a barrier of M slices has stop = start + M.
    """

    height: float
    start: float
    stop: float

    def __post_init__(self) -> None:
        for name, unit in (("height", "units of t"), ("start", "sites"), ("stop", "sites")):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), unit))
        if self.stop <= self.start:
            raise InputError(f"stop must lie behind start = {self.start:g}, got {self.stop:g}")

    def __call__(self, x: NDArray[np.float64], *_: Any) -> NDArray[np.float64]:
        """Return V, the shape of x, in units of t."""
        return np.where((x >= self.start) & (x < self.stop), self.height, 0.0)


@dataclass(frozen=True)
class CoshBarrier:
    """V = height / cosh²((x - x0) / scale), the barrier of Eckart.

    Parameters
    ----------
    height : float
        In units of t; negative for a well.
    scale : float
        Length over which it falls, > 0, in lattice constants.
    x0 : float
        Place of its top along the wire, in lattice constants.
    """

    height: float
    scale: float
    x0: float

    def __post_init__(self) -> None:
        for name, unit in (("height", "units of t"), ("x0", "sites")):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), unit))
        object.__setattr__(self, "scale", positive_number("scale", self.scale, "sites"))

    def __call__(self, x: NDArray[np.float64], *_: Any) -> NDArray[np.float64]:
        """Return V, the shape of x, in units of t."""
        # Beyond cosh² = e^1400 it would overflow; it is zero there to any precision.
        u = np.minimum(np.abs(x - self.x0) / self.scale, 350.0)
        return np.asarray(self.height / np.cosh(u) ** 2)
