"""What a kind of structure says: which bonds and sites of a wire it changes, in every sample alike."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.model.disorder.contract import Pairs
from qtcore.model.lattice.contract import Lattice

Numbers = NDArray[Any]

CLOSED = 1e-9
"""Relative difference up to which a function has the same value on both sides of a seam."""


@dataclass(frozen=True, eq=False)
class PlacedBonds:
    """Bonds of consecutive slices and where they are, in lattice constants.

    Attributes
    ----------
    lattice : Lattice
        Cross-section.
    pairs : Pairs
        The bonds of one slice.
    first_slice, slices : int
        Slices from `first_slice` on.
    start, end : (slice, bond, 3) float arrays
        Places of both ends. Across a closed edge `end` is the image next to `start`.
    """

    lattice: Lattice
    pairs: Pairs
    first_slice: int
    slices: int
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """(slice, bond)."""
        return self.start.shape[0], self.start.shape[1]

    def coordinates(self, places: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return x, y and, in a bar, z of places, (slice, bond) each, as arrays of their own."""
        return [places[:, :, axis].copy() for axis in range(self.lattice.dimension)]


def placed(lattice: Lattice, pairs: Pairs, first_slice: int, slices: int) -> PlacedBonds:
    """Return bonds of consecutive slices with their places.

    A place is computed from its own slice and site alone, so that a site has the same place in all
    of its bonds to the last bit.
    """
    sites, period = lattice.positions(), lattice.period
    numbers = np.arange(first_slice, first_slice + slices)[:, None]
    start, end = (np.empty((slices, len(pairs.first), 3)) for _ in range(2))
    start[:, :, 0] = numbers * period + sites[pairs.first, 0]
    end[:, :, 0] = (numbers + pairs.ahead) * period + sites[pairs.second, 0]
    across = sites[pairs.second, 1:] - sites[pairs.first, 1:]
    start[:, :, 1:] = sites[pairs.first, 1:]
    end[:, :, 1:] = sites[pairs.first, 1:] + nearest_image(across, lattice)
    return PlacedBonds(lattice, pairs, first_slice, slices, start, end)


def around_tube(bonds: PlacedBonds) -> list[tuple[NDArray[np.bool_], NDArray[np.float64]]]:
    """Return bonds over the seams of a tube, each kind with what takes both ends once around.

    Returns
    -------
    list of ((bond,) bool array, (3,) float array)
        Bonds whose `end` is an image, and the vector to the site itself, in lattice constants.
    """
    sites, pairs = bonds.lattice.positions(), bonds.pairs
    image = sites[pairs.first, 1:] + nearest_image(
        sites[pairs.second, 1:] - sites[pairs.first, 1:], bonds.lattice
    )
    away = np.round(sites[pairs.second, 1:] - image, 9)
    return [
        ((away == vector).all(axis=1), np.array([0.0, *vector]))
        for vector in np.unique(away, axis=0)
        if np.any(vector)
    ]


def nearest_image(across: NDArray[np.float64], lattice: Lattice) -> NDArray[np.float64]:
    """Return vectors (bond, 2) along y and z, moved around a closed cross-section to be short."""
    for wrap in (one[1:] for one in lattice.wraps()):
        across = across - np.rint(across @ wrap / (wrap @ wrap))[:, None] * wrap
    return across


def own_pairs(lattice: Lattice) -> Pairs:
    """Return the lattice's own bonds as they are listed."""
    bonds = lattice.bonds()
    return Pairs(bonds.first, bonds.second, bonds.ahead)


class Structure(ABC):
    """Bonds and sites of a wire that are other than those of the clean wire, the same in all samples.

    It is no disorder: it has no key, and the disorder is the same with it and without. Structure
    that `==` and `hash` call equal must change the same, as in a frozen dataclass.
    """

    random: bool = False
    """Realizations never differ by it."""

    changes_bonds: bool = True
    """Whether bonds of the sample get factors."""

    removes_sites: bool = False
    """Whether sites may be missing."""

    is_real: bool = False
    """Whether all factors are real numbers; False promises nothing."""

    is_field: bool = False
    """Whether the factors are phases of a magnetic field, which leads beside the sample need as well:
    then `factors` gives those of any straight line between two places."""

    stretch: float = np.inf
    """Bound on ln (1 / |factor|) of bonds along the wire, at least 0; inf promises nothing."""

    def check(self, lattice: Lattice, length: int | None = None) -> None:  # noqa: B027 # most kinds fit everywhere
        """Raise InputError if the structure does not fit the lattice, or a wire of a length.

        Parameters
        ----------
        lattice : Lattice
            Cross-section.
        length : int, optional
            Slices of the wire, where they are known already.
        """

    @abstractmethod
    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond), real or complex.

        Raises
        ------
        InputError
            If a given function fails, or returns what is no factor.
        """

    def gone(self, lattice: Lattice, first_slice: int, slices: int) -> NDArray[np.bool_] | None:  # noqa: ARG002 # most kinds remove nothing
        """Return which sites are missing, (slice, site), or None if none is."""
        return None

    def contact(self, lattice: Lattice, side: str) -> NDArray[np.float64] | None:  # noqa: ARG002 # most kinds leave the leads alone
        """Return factors of the bonds between a lead and the sample, (site of the sample,), or None.

        Parameters
        ----------
        lattice : Lattice
            Cross-section of the sample.
        side : {"left", "right"}
            Which lead.
        """
        return None
