"""Invariant subspaces of a matrix from one Schur form: three groups of eigenvalues, told apart.

Ordering the Schur form by swaps costs most where a group has to travel furthest. So the groups
are ordered once, in the order in which the QR algorithm leaves them almost, and the subspaces of
the groups that do not lead follow from triangular Sylvester equations.
Golub and Van Loan, Matrix Computations, sections 7.6.2 to 7.6.5.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.errors import QtcoreError

Matrix = NDArray[np.complexfloating]

_SMALL = 48
"""Size below which LAPACK solves a Sylvester equation row by row."""


class Invariant(NamedTuple):
    """A subspace that a matrix K leaves invariant.

    Attributes
    ----------
    basis : (n, k) complex array
        Orthonormal.
    action : (k, k) complex array
        K basis = basis action; upper triangular.
    """

    basis: Matrix
    action: Matrix


class Ordered(NamedTuple):
    """A Schur form K = Z S Z^+ with its eigenvalues in three groups, one behind the other."""

    S: Matrix
    Z: Matrix
    first: int
    second: int

    def leading(self) -> Invariant:
        """Return the subspace of the first group."""
        k = self.first
        return Invariant(self.Z[:, :k], self.S[:k, :k])

    def middle(self) -> Invariant:
        """Return the subspace of the second group."""
        return self._behind(self.first, self.first + self.second)

    def last(self) -> Invariant:
        """Return the subspace of the third group."""
        return self._behind(self.first + self.second, len(self.S))

    def _behind(self, start: int, end: int) -> Invariant:
        """Return the subspace of eigenvalues start .. end: Z (X, 1) with S11 X - X S22 = -S12."""
        action = self.S[start:end, start:end]
        ahead = self.S[:start, start:end]
        X = _sylvester(self.S[:start, :start], action, -ahead)
        basis, R = np.linalg.qr(self.Z[:, :start] @ X + self.Z[:, start:end])
        turned = scipy.linalg.solve_triangular(R, (R @ action).T, trans="T").T
        return Invariant(basis, np.triu(turned))


def _sylvester(A: Matrix, B: Matrix, C: Matrix) -> Matrix:
    """Return X of A X - X B = C for upper triangular A and B; halved, so that products count."""
    m, n = C.shape
    if m == 0 or n == 0:
        return C
    if max(m, n) <= _SMALL:
        X, scale, info = lapack.ztrsyl(A, B, C, isgn=-1)
        if info != 0:
            raise QtcoreError("two groups of waves of the lead are too close to be told apart")
        return np.asarray(X / scale)
    if m >= n:
        k = m // 2
        lower = _sylvester(A[k:, k:], B, C[k:])
        return np.vstack([_sylvester(A[:k, :k], B, C[:k] - A[:k, k:] @ lower), lower])
    k = n // 2
    left = _sylvester(A, B[:k, :k], C[:, :k])
    return np.hstack([left, _sylvester(A, B[k:, k:], C[:, k:] + left @ B[:k, k:])])


def _moved_ahead(S: Matrix, Z: Matrix, chosen: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    S, Z, *_, info = lapack.ztrsen(chosen.astype(np.int32), S, Z, job="N", wantq=1, lwork=1)
    if info != 0:
        raise QtcoreError("the waves of the lead are too close to each other to be told apart")
    return S, Z


def ordered(S: Matrix, Z: Matrix, leads: NDArray[np.bool_], trails: NDArray[np.bool_]) -> Ordered:
    """Return a Schur form S, Z with the eigenvalues that lead in front and those that trail behind.

    Raises
    ------
    QtcoreError
        If eigenvalues of two groups are too close to be swapped.
    """
    S, Z = _moved_ahead(S, Z, ~trails)
    S, Z = _moved_ahead(S, Z, leads[np.argsort(trails, kind="stable")])
    first = int(leads.sum())
    return Ordered(S, Z, first, len(S) - first - int(trails.sum()))
