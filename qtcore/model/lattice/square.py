"""The square-lattice strip, and the chain as its narrowest case."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import truth, whole_number
from qtcore.model.lattice.contract import Bonds, Lattice, plain_bonds


@dataclass(frozen=True)
class Square(Lattice):
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
        truth("periodic", self.periodic)
        if self.periodic and self.width < 3:
            raise InputError(
                f"a strip that is periodic across needs width >= 3, got {self.width}; "
                "use hard walls (periodic=False) for narrower ones"
            )

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return self.width

    def positions(self) -> NDArray[np.float64]:
        """Return the places of the sites of slice 0, (site, 3)."""
        places = np.zeros((self.width, 3))
        places[:, 1] = np.arange(self.width)
        return places

    def bonds(self) -> Bonds:
        """Return the bonds across, then the bonds along."""
        site = np.arange(self.width)
        across = site if self.periodic else site[:-1]
        along = np.repeat([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [len(across), self.width], axis=0)
        return plain_bonds(
            np.concatenate([across, site]),
            np.concatenate([(across + 1) % self.width, site]),
            np.repeat([0, 1], [len(across), self.width]),
            along,
        )

    def wraps(self) -> list[NDArray[np.float64]]:
        """Return the vectors by which the wire repeats itself across."""
        return [np.array([0.0, self.width, 0.0])] if self.periodic else []

    def ensemble(self) -> dict[str, object]:
        """Return what distinguishes this cross-section's disorder from that of others."""
        return {"lattice": "square", "periodic": bool(self.periodic), "width": self.width}

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
