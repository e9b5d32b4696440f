"""Disorder that acts on the orbitals of a site as a matrix."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.address import part_key, uniforms
from qtcore.model.checks import finite_number, fraction, hermitian_matrix
from qtcore.model.disorder.binary import Binary
from qtcore.model.disorder.contract import Address, Disorder, OnsiteDisorder
from qtcore.model.elementary import phase_factor
from qtcore.model.lattice.contract import Lattice
from qtcore.model.nambu import OrbitalSpace, charge, has_holes, with_holes
from qtcore.model.terms.contract import SIGMA_X, SIGMA_Y, SIGMA_Z
from qtcore.shown import Described

Matrix = NDArray[np.complex128]

_PAULI = {"x": SIGMA_X, "y": SIGMA_Y, "z": SIGMA_Z}

RANDOM_SPIN = "random spin"

_SPIN = ("sigma_x", "sigma_y", "sigma_z", RANDOM_SPIN)

NAMES = (*_SPIN, "orbital_x", "orbital_y", "orbital_z", "tau_z")
"""Matrices that have a name."""


@dataclass(frozen=True, repr=False)
class WithMatrix(Described, Disorder):
    """Random numbers on the sites, each times a Hermitian matrix on the orbitals of its site.

    Magnetic impurities, a random mass, a potential that is not the same for all orbitals. Several
    are independent of each other and of disorder without a matrix. Leads are clean. The numbers
    have an address of their own, which does not depend on the other disorder of the wire.

    Parameters
    ----------
    values : OnsiteDisorder
        Disorder of the sites such as `Box(2.0)`, in units of t; with `Profile` its strength depends
        on the place.
    matrix : str or (k, k) array
        "sigma_x", "sigma_y" or "sigma_z": on the spin, which is doubled where the terms have none.
        "random spin": sigma·n with a direction n of its own on each site, uniform on the sphere.
        "orbital_x", "orbital_y" or "orbital_z": on the two bands of an electron. Or a Hermitian
        matrix on all orbitals of a site, spin outermost, then bands. In a wire with pairing the
        matrix m of an electron acts on holes as -m^*; "tau_z" stands for m = 1 there, and a matrix
        on electrons and holes, which must be of that form, is taken too.

    Raises
    ------
    InputError
        If the disorder is not one of sites, or the matrix is not Hermitian, not finite, or zero.
    """

    values: OnsiteDisorder
    matrix: Any

    def __post_init__(self) -> None:
        if not isinstance(self.values, OnsiteDisorder):
            raise InputError(
                "WithMatrix takes disorder of the sites such as Box(2.0) and a matrix, as in "
                f"WithMatrix(Box(2.0), 'sigma_z'); got {brief(self.values)}"
            )
        object.__setattr__(self, "matrix", _checked(self.matrix))
        object.__setattr__(self, "discrete", self.values.discrete and self.matrix != RANDOM_SPIN)

    @property
    def spin(self) -> bool:
        """Whether it acts on the spin, which must be there."""
        return self.matrix in _SPIN

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.values.random or (self.matrix == RANDOM_SPIN and self.acts)

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.values.acts

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        words = self.matrix if isinstance(self.matrix, str) else _digest(self.matrix)
        return {**self.values.ensemble(), "matrix": words}

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the numbers do not fit the lattice, or a wire of a length."""
        self.values.check(lattice, length)

    @property
    def fields(self) -> int:
        """Numbers on each site: three for a spin of any direction, otherwise one."""
        return 3 if self.matrix == RANDOM_SPIN else 1

    def matrices(self, space: OrbitalSpace) -> Matrix:
        """Return the matrices that the numbers multiply, (field, k, k).

        Raises
        ------
        InputError
            If the matrix does not fit the orbitals of the wire.
        """
        if isinstance(self.matrix, str):
            return self._named(self.matrix, space)
        given = np.array(self.matrix, dtype=np.complex128)
        if len(given) == space.electron:
            return (with_holes(given) if space.paired else given)[None]
        if space.paired and len(given) == space.size:
            if not has_holes(given, space.size):
                raise InputError(
                    f"the matrix of {self!r} has no particle-hole form tau_x m^* tau_x = -m; give the "
                    f"{space.electron} x {space.electron} matrix of the electrons, and holes get theirs"
                )
            return given[None]
        holes = f" (and as many of holes: {space.size})" if space.paired else ""
        raise InputError(
            f"the matrix of WithMatrix is {len(given)} x {len(given)}, but a site has "
            f"{space.electron} orbitals{holes}: spins ({space.spins}) outermost, times bands "
            f"({space.bands}); give a matrix of that size or one of {', '.join(NAMES)}"
        )

    def _named(self, name: str, space: OrbitalSpace) -> Matrix:
        spins, bands = np.eye(space.spins), np.eye(space.bands)
        if name == "tau_z":
            if not space.paired:
                raise InputError(
                    "'tau_z' tells electrons from holes, and this wire has no pairing; give the "
                    "matrix itself, such as [[1, 0], [0, -1]], or a term such as PWavePairing(...)"
                )
            return charge(space.size)[None]
        if name.startswith("orbital"):
            if space.bands != 2:
                raise InputError(
                    f"{name!r} acts on two bands, and the electrons of this wire have {space.bands}; "
                    "give the matrix itself"
                )
            found = np.kron(spins, _PAULI[name[-1]])[None].astype(np.complex128)
        else:
            axes = "xyz" if name == RANDOM_SPIN else name[-1]
            found = np.stack([np.kron(_PAULI[axis], bands) for axis in axes]).astype(np.complex128)
        return with_holes(found) if space.paired else found

    def numbers(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the numbers, (slice, field, site, R), in units of t."""
        R = len(address.realizations)
        sizes = self.values.potential(lattice, address)
        shape = (address.slices, lattice.sites, R)
        sizes = np.broadcast_to(sizes, shape)
        if self.matrix != RANDOM_SPIN:
            return sizes[:, None]
        n = _directions(lattice, address._replace(key=part_key(address.key, 1)))
        found: NDArray[np.float64] = n * sizes[:, None]
        return found


def MagneticImpurities(
    strength: float, concentration: float = 1.0, direction: Any = None
) -> WithMatrix:
    """Return impurities J sigma·n on the spin, at random places.

    Parameters
    ----------
    strength : float
        J, in units of t.
    concentration : float
        Probability that a site is an impurity, from 0 to 1.
    direction : (float, float, float), optional
        The direction n of all of them, of any length above zero; each has its own unless given.

    Raises
    ------
    InputError
        If a number is wrong, or the direction is none.
    """
    sizes = Binary(finite_number("strength", strength, "units of t"), fraction("concentration", concentration))  # fmt: skip
    if direction is None:
        return WithMatrix(sizes, RANDOM_SPIN)
    n = _direction(direction)
    for axis, name in zip(np.eye(3), _SPIN, strict=False):
        if np.array_equal(n, axis):
            return WithMatrix(sizes, name)
    turned = sum(part * _PAULI[axis] for part, axis in zip(n, "xyz", strict=True))
    return WithMatrix(sizes, turned)


def _direction(given: Any) -> NDArray[np.float64]:
    wrong = f"direction must be three numbers (x, y, z), not all zero, got {brief(given)}"
    try:
        x, y, z = given
    except (TypeError, ValueError):
        raise InputError(wrong) from None
    n = np.array([finite_number("direction", part, "of any length") for part in (x, y, z)])
    size = float(np.linalg.norm(n))
    if size == 0:
        raise InputError(wrong)
    return n / size


def _directions(lattice: Lattice, address: Address) -> NDArray[np.float64]:
    """Return unit vectors uniform on the sphere, (slice, 3, site, R)."""
    M, R = lattice.sites, len(address.realizations)
    flat = uniforms(
        address.key, address.realizations, 2 * address.first_slice * M, 2 * address.slices * M
    )
    height, turn = flat.reshape(address.slices, M, 2, R).transpose(2, 0, 1, 3)
    # Archimedes: the height on the sphere is uniform.
    z = 2.0 * height
    across = np.sqrt(1.0 - z * z)
    around = phase_factor(turn)
    return np.stack([across * around.real, across * around.imag, z], axis=1)


def _checked(given: Any) -> Any:
    """Return a name as it is, and a matrix as rows of numbers, or raise InputError."""
    if isinstance(given, str):
        if given not in NAMES:
            raise InputError(
                f"matrix must be Hermitian numbers or one of {', '.join(NAMES)}, got {given!r}"
            )
        return given
    numbers = f"numbers or one of {', '.join(NAMES)}"
    unit = "no unit; the disorder is in units of t"
    matrix = hermitian_matrix("matrix", given, numbers, unit)
    if not matrix.any():
        raise InputError("matrix is zero, so that the disorder would do nothing")
    return tuple(tuple(complex(one) for one in row) for row in matrix)


def _digest(matrix: tuple[tuple[complex, ...], ...]) -> str:
    return hashlib.sha256(np.array(matrix, dtype=np.complex128).tobytes()).hexdigest()
