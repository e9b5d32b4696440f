"""Exact eigenvalues and eigenvectors of a closed sample."""

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import eigsh

from qtcore.errors import InputError
from qtcore.model.checks import finite_number, whole_number

LARGEST_DENSE = 6000
"""Sites times orbitals up to which the whole spectrum is computed (a matrix of 600 MB)."""


def eigenvalues(H: Any) -> NDArray[np.float64]:
    """Return all eigenvalues of a closed sample in ascending order, units of t."""
    return np.asarray(scipy.linalg.eigvalsh(_dense(H)))


def eigenstates(
    H: Any, count: int | None = None, near: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return eigenvalues in ascending order and eigenvectors.

    Parameters
    ----------
    H : sparse or dense (D, D) Hermitian array
        From `closed_sample`, units of t.
    count : int, optional
        How many, those nearest to an energy; all of them unless given. Few of a large sample come
        from a sparse factorisation (shift and invert), which finds degenerate levels too.
    near : float
        The energy, units of t.

    Returns
    -------
    energies : (count,) float array
        Units of t.
    vectors : (D, count) array
        Orthonormal columns.

    Raises
    ------
    InputError
        If the count lies outside 1 .. D, or the matrix is too large to solve as a whole.
    """
    D, near = H.shape[0], finite_number("near", near, "energy in units of t")
    if count is None:
        energies, vectors = scipy.linalg.eigh(_dense(H))
        return np.asarray(energies), vectors
    if whole_number("count of eigenstates", count, 1) > D:
        raise InputError(f"count of eigenstates must lie in 1 .. {D}, got {count}")
    if 2 * count > D:
        energies, vectors = scipy.linalg.eigh(_dense(H))
        nearest = np.sort(np.argsort(np.abs(energies - near), kind="stable")[:count])
        return energies[nearest], vectors[:, nearest]
    start = np.random.default_rng(1).standard_normal(D)
    energies, vectors = eigsh(
        sparse.csc_array(H), k=count, sigma=near, v0=start.astype(H.dtype), tol=0
    )
    order = np.argsort(energies)
    return energies[order], vectors[:, order]


def _dense(H: Any) -> NDArray[Any]:
    if H.shape[0] > LARGEST_DENSE:
        raise InputError(
            f"a sample of {H.shape[0]} orbitals is too large for its whole spectrum (at most "
            f"{LARGEST_DENSE}); ask for `count` states near an energy, or use kernel polynomials"
        )
    return np.asarray(H.toarray() if hasattr(H, "toarray") else H)
