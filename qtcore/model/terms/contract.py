"""What a term of the Hamiltonian says: matrices on sites and on bonds."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.lattice.contract import Bonds, Lattice

Matrix = NDArray[np.complex128]

UNIT: Matrix = np.eye(2, dtype=np.complex128)
SIGMA_X: Matrix = np.array([[0, 1], [1, 0]], dtype=np.complex128)
SIGMA_Y: Matrix = np.array([[0, -1j], [1j, 0]], dtype=np.complex128)
SIGMA_Z: Matrix = np.array([[1, 0], [0, -1]], dtype=np.complex128)


class Contribution(NamedTuple):
    """What a term adds, in its own space of k orbitals (spin outermost, then bands).

    Attributes
    ----------
    onsite : (site, k, k) complex array or None
        On the sites of a slice, in units of t; Hermitian.
    bonds : Bonds or None
        Bonds with their matrices <first|H|second>, before the field turns their phases.
    """

    onsite: Matrix | None = None
    bonds: Bonds | None = None


class Term(ABC):
    """A term. It sees sites and bonds, never which lattice they belong to."""

    spin: ClassVar[bool] = False
    """Acts on the spin of the electron."""

    bands: ClassVar[int] = 1
    """Orbitals on each site, apart from spin."""

    sets_hopping: ClassVar[bool] = False
    """Takes the place of the lattice's own hopping between neighbours."""

    plain_hopping: ClassVar[bool] = False
    """Needs the lattice's own hopping between neighbours beside it."""

    @abstractmethod
    def contribution(self, lattice: Lattice) -> Contribution:
        """Return what the term adds on this lattice.

        Raises
        ------
        InputError
            If the lattice has not what the term needs.
        """


def sublattice_of(lattice: Lattice, term: Term) -> NDArray[np.float64]:
    """Return the lattice's sublattice signs, (site,), or say that the term needs them."""
    signs = lattice.sublattice()
    if signs is None:
        raise InputError(
            f"{term!r} needs a lattice of two sublattices in a plane, such as Honeycomb(...), "
            f"got {lattice!r}"
        )
    return signs


def unit_steps(lattice: Lattice, term: Term) -> Bonds:
    """Return the lattice's bonds if they are unit steps along x and y, or refuse the lattice."""
    bonds = lattice.bonds()
    steps = np.sort(np.abs(bonds.displacement), axis=1)
    if lattice.dimension != 2 or not np.allclose(steps, [0, 0, 1], atol=1e-9):
        raise InputError(
            f"{term!r} needs unit steps along x and y, such as Square(...), got {lattice!r}"
        )
    return bonds


def on_every_site(lattice: Lattice, matrix: NDArray[np.complexfloating]) -> Matrix:
    """Return the same matrix for each site of a slice, (site, k, k)."""
    return np.repeat(matrix[None].astype(np.complex128), lattice.sites, axis=0)


def directions(bonds: Bonds, term: Term) -> NDArray[np.float64]:
    """Return the unit vector along each bond, (bond, 3), or say that a bond has no length."""
    length = np.linalg.norm(bonds.displacement, axis=1, keepdims=True)
    if np.any(length < 1e-9):
        raise InputError(
            f"{term!r} needs bonds with a direction, but two connected sites lie at one place; "
            "give their positions"
        )
    return np.asarray(bonds.displacement / length)


def planar_directions(lattice: Lattice, term: Term) -> tuple[Bonds, Matrix, Matrix]:
    """Return the bonds and the x and y of their unit vectors, (bond, 1, 1) each.

    Raises
    ------
    InputError
        If the lattice does not lie in the plane z = 0, or a bond has no length.
    """
    if lattice.dimension != 2:
        raise InputError(
            f"{term!r} needs a lattice in the plane z = 0, got {lattice!r}; bars take Ando(theta)"
        )
    bonds = lattice.bonds()
    dx, dy, _ = directions(bonds, term).T[:, :, None, None]
    return bonds, dx, dy
