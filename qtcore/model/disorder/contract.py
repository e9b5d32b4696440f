"""What a kind of disorder says: its values by address, and what makes its ensemble."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.address import uniforms, uniforms_at
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
    numbers : (site,) int64 array, optional
        Numbers of the sites, where those are not counted through slice by slice: of the sites of a
        Kwant system, which count as one slice.
    """

    key: NDArray[np.uint64]
    realizations: NDArray[np.uint64]
    first_slice: int
    slices: int
    numbers: NDArray[np.int64] | None = None


class Pairs(NamedTuple):
    """Bonds of one slice as pairs of sites, each once.

    Attributes
    ----------
    first, second : (bond,) int arrays
        Site `first` in slice n and site `second` in slice n + `ahead`.
    ahead : (bond,) int array
        0 within a slice (then first < second), 1 to the next.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    ahead: NDArray[np.intp]


class Disorder(ABC):
    """A kind of disorder: values that are a pure function of their address.

    Disorder that `==` and `hash` call equal is made once for all wires of a family, so they must
    compare everything that values depend on, as a frozen dataclass does.
    """

    discrete: bool = False
    """True if the values are few, so that two realizations of a small sample may be equal."""

    @property
    def random(self) -> bool:
        """Whether realizations differ; they do not where the strength or concentration is zero."""
        return True

    @property
    def acts(self) -> bool:
        """Whether it changes anything; it does not where the strength or concentration is zero.

        What does not act counts among the disorder for addresses and for spin, but breaks no
        symmetry and decides about no solver.
        """
        return True

    @abstractmethod
    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice, JSON-serialisable."""

    def check(self, lattice: Lattice, length: int | None = None) -> None:  # noqa: B027 # most kinds fit everywhere
        """Raise InputError if the disorder does not fit the lattice, or a wire of a length.

        Parameters
        ----------
        lattice : Lattice
            Cross-section.
        length : int, optional
            Slices of the wire, where they are known already.
        """


class OnsiteDisorder(Disorder):
    """A random potential: one value for each site, the same for all of its orbitals."""

    @property
    def knows_only_its_site(self) -> bool:
        """Whether a value is made of the site's own number (`site_uniforms`) and nothing else.

        Only such disorder fits sites that lie in no slices, as those of a Kwant system.
        """
        return False

    @abstractmethod
    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R) or broadcastable to it, in units of t.

        The bits of a value must depend on its own address only: not on the chunk in which it is
        asked for, nor on the other realizations.
        """


class BondDisorder(Disorder):
    """Random hopping: a factor of the clean matrix <first|H|second> of each bond.

    Terms and the field act on the clean matrix, so that they and the factor act together.
    """

    spin: bool = False
    """Whether the factors are 2 x 2 matrices that act on the spin, otherwise numbers."""

    own_bonds_only: bool = False
    """Whether they are known on the lattice's own bonds only, not on further ones of terms."""

    unitary: bool = False
    """Whether they are unitary, so that every bond keeps its strength; False promises nothing."""

    keeps_time_reversal: bool = False
    """Whether they are real numbers or, with spin, real multiples of SU(2) matrices; False promises
    nothing."""

    @abstractmethod
    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:
        """Return the factors, (slice, bond, s, s, R), s = 2 with spin and 1 without.

        They multiply <first|H|second> from the left. As for a potential, the bits must depend on
        the address of the bond only.

        Parameters
        ----------
        lattice : Lattice
            Cross-section.
        bonds : Pairs
            Bonds of a slice; the lattice's own, or the further ones that terms have.
        address : Address
            Key, realizations and slices; the key is another one for the further bonds.
        """


def site_uniforms(lattice: Lattice, address: Address) -> NDArray[np.float64]:
    """Return a number in [-1/2, 1/2) for each site, (slice, site, R)."""
    if address.numbers is not None:
        return uniforms_at(address.key, address.realizations, address.numbers)[None]
    M = lattice.sites
    numbers = uniforms(
        address.key, address.realizations, address.first_slice * M, address.slices * M
    )
    return numbers.reshape(address.slices, M, len(address.realizations))


def bond_uniforms(bonds: Pairs, address: Address, count: int = 1) -> NDArray[np.float64]:
    """Return `count` numbers in [-1/2, 1/2) for each bond, (slice, bond, count, R)."""
    per_slice = len(bonds.first) * count
    numbers = uniforms(
        address.key,
        address.realizations,
        address.first_slice * per_slice,
        address.slices * per_slice,
    )
    shape = (address.slices, len(bonds.first), count, len(address.realizations))
    return numbers.reshape(shape)


def centred(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return uniform numbers in the open interval (-1/2, 1/2), symmetric about zero."""
    return numbers + _HALF_CELL


def normal(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standard normal numbers from uniform ones in [-1/2, 1/2)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(numbers + (0.5 + _HALF_CELL)))
