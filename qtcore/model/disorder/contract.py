"""What a kind of disorder says: its values by address, and what makes its ensemble."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from qtcore.model.address import uniforms
from qtcore.model.lattice.contract import Lattice

# The numbers k / 2^52 - 1/2 sit at the lower ends of their cells; half a cell up they are
# symmetric about zero and stay clear of the ends, where a quantile would be infinite.
_HALF_CELL = 2.0**-53


class Address(NamedTuple):
    """Which values are asked for.

    Attributes
    ----------
    key : (2,) uint64 array
        Key of the disorder's ensemble, its own for each disorder of a wire.
    realizations : (R,) uint64 array
        Numbers of the samples.
    first_slice, slices : int
        Slices from `first_slice` >= 0 on.
    """

    key: NDArray[np.uint64]
    realizations: NDArray[np.uint64]
    first_slice: int
    slices: int


class Disorder(ABC):
    """A kind of on-site disorder: a pure function of key, realization, slice and site."""

    random: bool = True
    """False if all realizations have the same values."""

    @abstractmethod
    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice, JSON-serialisable."""

    @abstractmethod
    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R) or broadcastable to it, in units of t.

        The bits of a value must depend on its own address only: not on the chunk in which it is
        asked for, nor on the other realizations.
        """

    def check(self, lattice: Lattice, length: int | None = None) -> None:  # noqa: B027 # most kinds fit everywhere
        """Raise InputError if the disorder does not fit the lattice, or a wire of a length.

        Parameters
        ----------
        lattice : Lattice
            Cross-section.
        length : int, optional
            Slices of the wire, where they are known already.
        """


def site_uniforms(lattice: Lattice, address: Address) -> NDArray[np.float64]:
    """Return a number in [-1/2, 1/2) for each site, (slice, site, R)."""
    M = lattice.sites
    numbers = uniforms(
        address.key, address.realizations, address.first_slice * M, address.slices * M
    )
    return numbers.reshape(address.slices, M, len(address.realizations))


def centred(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return uniform numbers in the open interval (-1/2, 1/2), symmetric about zero."""
    return numbers + _HALF_CELL


def normal(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standard normal numbers from uniform ones in [-1/2, 1/2)."""
    return np.asarray(ndtri(numbers + (0.5 + _HALF_CELL)))
