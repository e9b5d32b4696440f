"""Cross-sections of a wire: the chain and the square-lattice strip."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError


def whole_number(name: str, value: Any, least: int) -> int:
    """Return `value` as an int, or say that it is not a whole number >= `least`.

    Raises
    ------
    InputError
        If `value` is no whole number or too small.
    """
    if isinstance(value, bool | str) or not hasattr(value, "__index__"):
        raise InputError(f"{name} must be a whole number >= {least}, got {value!r}")
    number = int(value.__index__())
    if number < least:
        raise InputError(f"{name} must be >= {least}, got {number}")
    return number


@dataclass(frozen=True)
class Square:
    """Strip of a square lattice.

    Parameters
    ----------
    width : int
        Sites across, M >= 1.
    periodic : bool
        Closed to a cylinder across (needs width >= 3) instead of hard walls.

    Raises
    ------
    InputError
        If the width is no whole number >= 1, or below 3 on a cylinder.
    """

    width: int
    periodic: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", whole_number("width (sites across)", self.width, 1))
        if not isinstance(self.periodic, bool | np.bool_):
            raise InputError(f"periodic must be True or False, got {self.periodic!r}")
        if self.periodic and self.width < 3:
            raise InputError(
                f"a strip that is periodic across needs width >= 3, got {self.width}; "
                "use hard walls (periodic=False) for narrower ones"
            )

    def transverse(self, phase: float = 0.0) -> NDArray[np.complex128]:
        """Hopping inside one slice.

        Parameters
        ----------
        phase : float
            Peierls phase of the bond from site y + 1 to site y, in radians.

        Returns
        -------
        (width, width) complex array
            Units of t.
        """
        h = np.zeros((self.width, self.width), dtype=np.complex128)
        across = np.arange(self.width - 1)
        h[across, across + 1] = np.exp(1j * phase)
        if self.periodic:
            h[-1, 0] = np.exp(1j * phase)
        return h + h.conj().T


def Chain() -> Square:
    """Return the one-dimensional chain: a strip of width 1."""
    return Square(width=1)
