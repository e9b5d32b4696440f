"""The saddle-point potential of a quantum point contact."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import finite_number, positive_number

_MASS = 0.5  # of an electron near the band edge, with t = 1 and a = 1


@dataclass(frozen=True)
class Saddle:
    """V = height - m wx² (x - x0)²/2 + m wy² (y - y0)²/2, with the mass m = 1/2 of the band edge.

    Near the band edge T_n = 1 / (1 + exp(-2 pi (E - height - (n + 1/2) wy) / wx)) (Büttiker, PRB
    41, 7906 (1990)), with E from the edge. In a bar the saddle is the same for all z.

    Parameters
    ----------
    height : float
        Potential at the saddle point, in units of t.
    wx, wy : float
        Frequencies along and across, > 0, in units of t.
    x0, y0 : float
        Place of the saddle point, in lattice constants.
    depth : float, optional
        If given, the part along x falls like cosh⁻² with the same curvature, to height - depth far
        away, instead of without end.
    opening : float, optional
        If given, the confinement across fades like exp(-(x - x0)²/opening²), so that it opens
        smoothly into the leads; in lattice constants.
    """

    height: float
    wx: float
    wy: float
    x0: float
    y0: float
    depth: float | None = None
    opening: float | None = None

    def __post_init__(self) -> None:
        for name, unit in (("height", "units of t"), ("x0", "sites"), ("y0", "sites")):
            object.__setattr__(self, name, finite_number(name, getattr(self, name), unit))
        for name, unit in (("wx", "t"), ("wy", "t"), ("depth", "t"), ("opening", "sites")):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, positive_number(name, getattr(self, name), unit))

    def __call__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *_: Any
    ) -> NDArray[np.float64]:
        """Return V, the shape of x, in units of t."""
        along = 0.5 * _MASS * self.wx**2 * (x - self.x0) ** 2
        if self.depth is not None:
            scale = math.sqrt(2 * self.depth / (_MASS * self.wx**2))
            along = self.depth * np.tanh((x - self.x0) / scale) ** 2
        across = 0.5 * _MASS * self.wy**2 * (y - self.y0) ** 2
        if self.opening is not None:
            across = across * np.exp(-(((x - self.x0) / self.opening) ** 2))
        return np.asarray(self.height - along + across)
