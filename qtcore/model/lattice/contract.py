"""What a lattice says about itself: sites with positions, and bonds between them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from qtcore.shown import picture_of


@dataclass(frozen=True, eq=False)
class Bonds:
    """Bonds of one slice, each listed once; the Hermitian conjugate is understood.

    Attributes
    ----------
    first, second : (bond,) int arrays
        Site `first` in slice n and site `second` in slice n + `ahead`.
    ahead : (bond,) int array
        0 within a slice, 1 to the next.
    displacement : (bond, 3) float array
        The vector along the bond from `first` to `second`, in lattice constants. Across a
        periodic edge it leads to the image of `second` outside.
    hopping : (bond, k, k) complex array
        <first|H|second> in the space of the orbitals of a site, in units of t.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    ahead: NDArray[np.intp]
    displacement: NDArray[np.float64]
    hopping: NDArray[np.complex128]

    def __len__(self) -> int:
        return len(self.first)

    def with_hopping(self, hopping: NDArray[np.complex128]) -> "Bonds":
        """Return the same bonds with other matrices, (bond, k, k)."""
        return Bonds(self.first, self.second, self.ahead, self.displacement, hopping)


class Lattice(ABC):
    """A cross-section that repeats itself along x. Terms and fields act on its bonds only.

    Lengths are in lattice constants, energies in units of t.
    """

    orbitals: int = 1
    """Orbitals on each site before terms add theirs."""

    has_holes: bool = False
    """Whether the orbitals of a site are those of an electron and, behind them, of its hole."""

    period: float = 1.0
    """Distance from a slice to the next."""

    plaquette: float = 1.0
    """Area of a plaquette, the one that `flux` is counted in."""

    dimension: int = 2
    """2 if all sites lie in the plane z = 0, otherwise 3."""

    @property
    @abstractmethod
    def sites(self) -> int:
        """Sites in a slice."""

    @abstractmethod
    def positions(self) -> NDArray[np.float64]:
        """Return the places of the sites of slice 0, (site, 3)."""

    @abstractmethod
    def bonds(self) -> Bonds:
        """Return the bonds between neighbours."""

    @abstractmethod
    def ensemble(self) -> dict[str, object]:
        """Return what distinguishes this cross-section's disorder from that of others."""

    @property
    def slice_is_one_site_long(self) -> bool:
        """Whether a slice is one column of sites, one lattice constant from the next."""
        return self.period == 1 and not np.ptp(self.positions()[:, 0])

    def _repr_html_(self) -> str:
        """Return a picture of some slices, with the text under it (HTML)."""
        return f"<div>{picture_of(self)}<br><code>{escape(repr(self))}</code></div>"

    def wraps(self) -> list[NDArray[np.float64]]:
        """Return the vectors, (3,) each, by which the wire repeats itself across."""
        return []

    def sublattice(self) -> NDArray[np.float64] | None:
        """Return +1 or -1 for each site of a slice, (site,), if the unit cell has two kinds."""
        return None

    def own_onsite(self) -> NDArray[np.complex128] | None:
        """Return what the lattice itself puts on its sites, (site, k, k), or None."""
        return None


def plain_bonds(
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    ahead: NDArray[np.intp],
    displacement: NDArray[np.float64],
) -> Bonds:
    """Return bonds with hopping 1 in a space of one orbital."""
    hopping = np.ones((len(first), 1, 1), dtype=np.complex128)
    return Bonds(first, second, ahead, np.asarray(displacement, dtype=np.float64), hopping)
