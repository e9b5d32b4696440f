"""Quantities that leads may conserve: a Hermitian matrix on the orbitals of each site.

Spin along a direction, the orbital, the sublattice, or any matrix that a user gives. What a lead
conserves divides its modes into sectors; `solve.sectors` sorts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_number, hermitian_matrix, unmasked
from qtcore.model.lattice import Lattice
from qtcore.model.nambu import with_holes
from qtcore.model.terms.contract import SIGMA_X, SIGMA_Y, SIGMA_Z
from qtcore.model.wire import Wire
from qtcore.shown import Described

Matrix = NDArray[np.complex128]

_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


class OnSlice(NamedTuple):
    """A quantity on all components of a slice.

    Attributes
    ----------
    label : str
        What it is called.
    matrix : (M, M) complex array
        Hermitian.
    blocks : (site, k, k) complex array or None
        Its matrix on each site, where it connects no two sites.
    names : tuple of str or None
        Names of its sectors, if they have any but their eigenvalues.
    rising : bool
        Whether the sector of the smallest eigenvalue comes first, not that of the largest.
    """

    label: str
    matrix: Matrix
    blocks: Matrix | None
    names: tuple[str, ...] | None
    rising: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Conserved(Described):
    """A Hermitian matrix by whose eigenvalues the modes of the leads are told apart.

    Parameters
    ----------
    matrix : (k, k), (site, k, k) or (M, M) array
        On the k orbitals of every site (spin outermost, then bands or orbitals), on those of each
        site of a slice of the leads, or on a whole slice. Any unit.
    names : sequence of str, optional
        Names of its eigenspaces (sectors), that of the largest eigenvalue first; the eigenvalues
        themselves unless given.

    Raises
    ------
    InputError
        If it is no Hermitian matrix, or the names are no distinct texts.
    """

    matrix: Any
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", checked_hermitian("a conserved quantity", self.matrix))
        if self.names is not None:
            object.__setattr__(self, "names", _checked_names(self.names))

    def on(self, wire: Wire, lattice: Lattice) -> OnSlice:
        """Return the quantity on a slice of a lattice, as it is in a wire.

        Raises
        ------
        InputError
            If its matrix has another size than the sites or the slice.
        """
        k, sites = wire.orbitals, lattice.sites
        given: Matrix = self.matrix
        names = None if self.names is None else tuple(self.names)
        if given.shape == (k, k):
            blocks = np.broadcast_to(given, (sites, k, k))
        elif given.shape == (sites, k, k):
            blocks = given
        elif given.shape == (sites * k, sites * k):
            return OnSlice("the given matrix", given, _blocks_of(given, k), names)
        else:
            raise InputError(
                f"a conserved quantity must have the shape {(k, k)} (the orbitals of a site), "
                f"{(sites, k, k)} (of each site of a slice) or {(sites * k, sites * k)} (a whole "
                f"slice) in this wire, got {given.shape}"
            )
        return OnSlice("the given matrix", _on_diagonal(blocks), blocks, names)


@dataclass(frozen=True)
class SpinAlong:
    """The spin along a direction, in units of hbar/2: sectors +1 (up) and -1 (down).

    Parameters
    ----------
    direction : (float, float, float)
        Along which; any length but zero.

    Raises
    ------
    InputError
        If it is no direction.
    """

    direction: tuple[float, float, float]

    def __post_init__(self) -> None:
        given: Any = self.direction
        is_three = isinstance(given, tuple | list | np.ndarray) and len(given) == 3
        if not is_three:
            raise InputError(
                f"the direction of a spin must be three numbers (x, y, z), got {brief(given)}"
            )
        n = np.array(
            [finite_number("a component of the direction", one, "no unit") for one in given]
        )
        length = float(np.linalg.norm(n))
        if length == 0:
            raise InputError("the direction of a spin must not be zero, got (0, 0, 0)")
        object.__setattr__(self, "direction", tuple(float(one) for one in n / length))

    def on(self, wire: Wire, lattice: Lattice) -> OnSlice:
        """Return the spin on a slice of a lattice, as it is in a wire.

        Raises
        ------
        InputError
            If the electrons of the wire have no spin.
        """
        label = f"the spin along {tuple(round(one, 6) for one in self.direction)}"
        if wire.spins != 2:
            raise InputError(
                f"{label} needs electrons with a spin of their own, which this wire does not count: "
                "add a term that acts on the spin (Zeeman() alone changes nothing else), or, where "
                "the orbitals of a lattice of yours are spins, give their matrix as "
                "qtcore.Conserved(...)"
            )
        x, y, z = self.direction
        sigma = x * SIGMA_X + y * SIGMA_Y + z * SIGMA_Z
        block = np.kron(sigma, np.eye(wire.space.bands)).astype(np.complex128)
        if wire.space.paired:
            block = with_holes(block)
        blocks = np.broadcast_to(block, (lattice.sites, *block.shape))
        return OnSlice(label, _on_diagonal(blocks), blocks, ("up", "down"))


@dataclass(frozen=True)
class _Orbital:
    """The number of the orbital (of the band, with spins counted alike), from 0 on."""

    def on(self, wire: Wire, lattice: Lattice) -> OnSlice:
        bands = wire.space.bands
        if bands < 2:
            raise InputError(
                "'orbital' needs several orbitals on each site (apart from spin), this wire has one; "
                "for the spin ask for 'spin_z'"
            )
        spins = wire.orbitals // bands
        block = np.kron(np.eye(spins), np.diag(np.arange(bands))).astype(np.complex128)
        blocks = np.broadcast_to(block, (lattice.sites, *block.shape))
        names = tuple(f"orbital {n}" for n in range(bands))
        return OnSlice("the orbital", _on_diagonal(blocks), blocks, names, rising=True)


@dataclass(frozen=True)
class _Sublattice:
    """+1 on sublattice A and -1 on B."""

    def on(self, wire: Wire, lattice: Lattice) -> OnSlice:
        signs = lattice.sublattice()
        if signs is None:
            raise InputError(
                "'sublattice' needs a lattice of two sublattices, such as Honeycomb(...), got "
                f"{lattice!r}; give a matrix for each site as qtcore.Conserved(...)"
            )
        one = np.eye(wire.orbitals)
        blocks = np.asarray(signs[:, None, None] * one, dtype=np.complex128)
        return OnSlice("the sublattice", _on_diagonal(blocks), blocks, ("A", "B"))


Quantity = Conserved | SpinAlong | _Orbital | _Sublattice

NAMED: dict[str, Quantity] = {
    "spin_x": SpinAlong(_AXES["x"]),
    "spin_y": SpinAlong(_AXES["y"]),
    "spin_z": SpinAlong(_AXES["z"]),
    "orbital": _Orbital(),
    "sublattice": _Sublattice(),
}
"""Quantities that have a name."""


def on_leads(quantity: Any, wire: Wire) -> OnSlice:
    """Return a quantity on a slice of a wire's leads; errors as in `on_sample`."""
    return _on(quantity, wire, wire.lead_lattice or wire.lattice)


def on_sample(quantity: Any, wire: Wire) -> OnSlice:
    """Return a quantity on a slice of the sample of a wire.

    Parameters
    ----------
    quantity : str, Conserved, SpinAlong or array
        One of `NAMED`, or a Hermitian matrix as `Conserved` takes it.
    wire : Wire
        The wire.

    Raises
    ------
    InputError
        If it is none, or does not fit the wire.
    """
    return _on(quantity, wire, wire.lattice)


def _on(quantity: Any, wire: Wire, lattice: Lattice) -> OnSlice:
    if isinstance(quantity, str):
        if quantity not in NAMED:
            raise InputError(
                f"a conserved quantity is one of {', '.join(NAMED)}, SpinAlong((x, y, z)) or a "
                f"Hermitian matrix, Conserved(...), got {brief(quantity)}"
            )
        return NAMED[quantity].on(wire, lattice)._replace(label=quantity)
    given: Quantity = quantity if isinstance(quantity, Quantity) else Conserved(quantity)
    return given.on(wire, lattice)


def checked_hermitian(name: str, given: Any) -> Matrix:
    """Return a Hermitian matrix, or one for each site, as a complex array.

    Raises
    ------
    InputError
        If it is none.
    """
    unmasked(name, given)
    try:
        array = np.asarray(given)
        is_number = array.dtype.kind in "fiubc"
    except (ValueError, TypeError):  # rows of different lengths
        is_number = False
    if not is_number or array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2]:
        raise InputError(
            f"{name} must be a square Hermitian matrix, (k, k), or one for each site, (site, k, k), "
            f"got {brief(given)}"
        )
    if array.ndim == 2:
        return hermitian_matrix(name, array, "numbers", "any unit")
    if not len(array):
        raise InputError(f"{name} must be a matrix for each site, got none")
    each = [
        hermitian_matrix(f"{name} (site {n})", one, "numbers", "any unit")
        for n, one in enumerate(array)
    ]
    return np.array(each)


def _checked_names(given: Any) -> tuple[str, ...]:
    is_list = isinstance(given, Sequence) and not isinstance(given, str)
    names = tuple(given) if is_list else ()
    if not names or not all(isinstance(one, str) and one.strip() for one in names):
        raise InputError(
            f"names of sectors must be a sequence of texts, such as ('up', 'down'), got {brief(given)}"
        )
    if len(set(names)) < len(names):
        raise InputError(f"each sector needs a name of its own, got {names}")
    return names


def _on_diagonal(blocks: Matrix) -> Matrix:
    """Return the matrix of a slice that has these blocks on its sites."""
    sites, k, _ = blocks.shape
    whole = np.zeros((sites, k, sites, k), dtype=np.complex128)
    site = np.arange(sites)
    whole[site, :, site, :] = blocks
    return whole.reshape(sites * k, sites * k)


def _blocks_of(matrix: Matrix, k: int) -> Matrix | None:
    """Return the blocks on the sites, or None if the matrix connects sites."""
    sites = len(matrix) // k
    site = np.arange(sites)
    blocks = matrix.reshape(sites, k, sites, k)[site, :, site, :]
    return blocks if np.array_equal(_on_diagonal(blocks), matrix) else None
