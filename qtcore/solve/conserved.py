"""What the orbitals of a site conserve: the unitary that makes every matrix of a slice block diagonal.

Matrices k x k on the orbitals of a site commute with all matrices of a slice exactly if they stand
for something that is conserved on every site alike: a component of the spin, a layer, a copy. They
form the commutant of the matrices. A Hermitian element of it that is as general as can be has one
eigenspace for each irreducible block. Two blocks are equivalent where another element takes one to
the other.

Murota, Kanno, Kojima and Kojima, Japan J. Indust. Appl. Math. 27, 125 (2010).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

MOST_ORBITALS = 8
"""Orbitals of a site up to which conserved quantities are looked for: it takes k^6 operations."""

_COMMUTES = 1e-12
"""Singular value, relative to the largest matrix, below which an element may belong to the commutant."""

_ROUNDING = 2.0**-49
"""Largest element between two blocks that counts as rounding error, relative to the largest of all
and to k."""

_APART = 1e-3
"""Least distance of eigenvalues of two blocks, relative to the largest one."""

_TRIES = 8
"""Elements of the commutant that are tried; the one that shows most blocks is taken."""


class Basis(NamedTuple):
    """Orbitals that go together.

    Attributes
    ----------
    U : (k, k) complex array
        Unitary; its columns are the new orbitals.
    block : (k,) int array
        Number of the block that each belongs to, in ascending order.
    """

    U: Matrix
    block: NDArray[np.intp]

    @property
    def size(self) -> int:
        """Number of blocks."""
        return int(self.block[-1]) + 1


def conserving_basis(matrices: Matrix) -> Basis | None:
    """Return the orbitals in which matrices have as many blocks as possible, or None for one block.

    Parameters
    ----------
    matrices : (n, k, k) complex array
        All blocks between two sites that a slice and its couplings have; the conjugate transposed
        are understood.
    """
    k = matrices.shape[-1]
    flat = matrices.reshape(-1, k * k)
    flat = flat[flat.any(axis=1)]
    if k == 1 or k > MOST_ORBITALS or not len(flat):
        return None
    largest = float(np.abs(flat).max())
    elements = _commutant(flat.reshape(-1, k, k) / largest)
    if len(elements) < 2:
        return None
    basis = _eigenspaces(elements)
    if basis is None:
        return None
    U = basis.U
    rotated = U.conj().T @ flat.reshape(-1, k, k) @ U
    between = basis.block[:, None] != basis.block
    if np.abs(rotated[:, between]).max(initial=0.0) > _ROUNDING * k * largest:
        return None
    return basis


def _commutant(matrices: Matrix) -> Matrix:
    """Return an orthonormal basis of what commutes with matrices and with their adjoints."""
    k = matrices.shape[-1]
    flat = matrices.reshape(-1, k * k)
    if len(flat) > k * k:
        # The same span; singular values keep their digits, unlike in the product with itself.
        _, flat = np.linalg.qr(flat)
        flat = flat / np.abs(flat).max()
    spanning = flat.reshape(-1, k, k)
    one = np.eye(k)
    conditions = [
        np.kron(A, one) - np.kron(one, A.T) for each in spanning for A in (each, each.conj().T)
    ]
    _, size, found = np.linalg.svd(np.concatenate(conditions), full_matrices=False)
    return np.asarray(found[size <= _COMMUTES].conj().reshape(-1, k, k))


def _eigenspaces(elements: Matrix) -> Basis | None:
    """Return the eigenspaces of a general Hermitian element, equivalent ones in the same basis."""
    rng = np.random.default_rng(1)
    found = [_basis_of(_general(elements, rng)) for _ in range(_TRIES)]
    basis = max(found, key=lambda each: each.size)
    if basis.size == 1:
        return None
    # The same blocks once more, from an element whose eigenvalues are as far apart as can be.
    spread = (basis.U * basis.block) @ basis.U.conj().T
    return _aligned(_basis_of(_projected(elements, spread)), _general(elements, rng))


def _basis_of(element: Matrix) -> Basis:
    """Return the eigenspaces of a Hermitian matrix."""
    values, vectors = np.linalg.eigh(element)
    steps = np.diff(values) > _APART * max(np.abs(values).max(), 1e-300)
    return Basis(vectors, np.concatenate([[0], np.cumsum(steps)]))


def _general(elements: Matrix, rng: np.random.Generator) -> Matrix:
    """Return a random Hermitian element of the commutant."""
    normal = rng.standard_normal((2, *elements.shape[1:]))
    return _projected(elements, normal[0] + 1j * normal[1])


def _projected(elements: Matrix, matrix: Matrix) -> Matrix:
    """Return the Hermitian part of what a matrix has in common with the commutant."""
    flat = elements.reshape(len(elements), -1)
    element = (flat.T @ (flat.conj() @ matrix.ravel())).reshape(matrix.shape)
    hermitian: Matrix = (element + element.conj().T) / 2
    return hermitian


def _aligned(basis: Basis, element: Matrix) -> Basis:
    """Return the blocks in bases in which equivalent ones are equal, by what takes one to the other."""
    U = basis.U.copy()
    for other in range(1, basis.size):
        b = np.flatnonzero(basis.block == other)
        for first in range(other):
            a = np.flatnonzero(basis.block == first)
            if len(a) != len(b):
                continue
            taken = U[:, a].conj().T @ element @ U[:, b]
            left, size, right = np.linalg.svd(taken)
            if size[-1] > _APART * np.abs(element).max():
                U[:, b] = U[:, b] @ (left @ right).conj().T
                break
    return basis._replace(U=U)
