"""The waves of a periodic lead, whatever its coupling: the Schur form of a transformed pencil.

With v = A B^+ (A, B of full column rank r, from the singular values of v) neighbours meet only in
w_n = (A^+ psi_{n-1}, B^+ psi_n), the interface between the slices n - 1 and n, and

    psi_n = G [B (a_n + i b_{n-1}) + A (b_n + i a_{n+1})],  G = (E - h + i A A^+ + i B B^+)^-1,

which is the lead's equation with i (A A^+ + B B^+) psi_n added on both sides, so that G exists
even where E - h is singular. A^+ and B^+ of it make the pencil La w_n = Lb w_{n+1} of size 2 r. A
singular v leaves factors 0 and infinity only where they are there in truth. A Moebius map of the
unit disc makes them numbers like all others,

    K = (La - s Lb)^-1 (Lb - s* La),  kappa = (1 - s* lambda) / (lambda - s),  |s| < 1,

with a pole s at which La - s Lb is far from singular (s = 0, the inverse of the transfer matrix,
nearly always): |kappa| = 1 for open waves, above 1 for those that decay, below for those that
grow. Its subspaces of waves that grow and that decay are orthonormal (`invariant`), and
well-conditioned where eigenvectors are not.

The current through an interface, i (a^+ b - b^+ a), separates waves with the same factor.
Rungger and Sanvito, PRB 78, 035407 (2008); Groth et al., New J. Phys. 16, 063065 (2014).
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.errors import QtcoreError
from qtcore.solve.invariant import Invariant, ordered

Matrix = NDArray[np.complexfloating]

OPEN = 1e-7
"""How far |lambda| of an open wave may stray from 1 in the numerical eigenproblem."""

SLOW = 3e-6
"""Velocity of a wave (sites times t) below which it counts as zero."""

_DEFECTIVE = 1e-4
"""How far waves with the same factor may be from eigenvectors: exactly none away from thresholds."""


_POLES = (
    0.0,
    *(radius * np.exp(1j * angle) for radius in (0.9, 0.3, 0.6) for angle in (0.5, 2.1, -1.3)),
)
"""Poles s to try, in this order."""

_FAR = 1e-3
"""Reciprocal condition of La - s Lb from which a pole is taken without looking for a better one."""

_SINGULAR = 1e-12
"""Reciprocal condition of La - s Lb below which the pencil counts as singular at s."""


class ThresholdError(QtcoreError):
    """The energy lies where a channel opens, with velocity zero."""


class Waves(NamedTuple):
    """Waves that leave in one direction, a column each: N open ones of unit flux, then closed.

    Attributes
    ----------
    channels : int
        Number N of open waves.
    before, after : (2 r, r) complex arrays
        w_n and w_{n+1}, the interfaces on both sides of slice n.
    """

    channels: int
    before: Matrix
    after: Matrix


class _Mapped(NamedTuple):
    """The pencil's map K (2 r, 2 r) and its pole s."""

    K: Matrix
    pole: complex

    def factor(self, kappa: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return numerator and denominator of lambda, of a number or an upper triangular matrix."""
        one = np.eye(len(kappa)) if kappa.ndim == 2 else 1.0
        return one + self.pole * kappa, kappa + np.conj(self.pole) * one


def factors(v: Matrix) -> tuple[Matrix, Matrix]:
    """Return A, B of full column rank with v = A B^+, each with orthogonal columns."""
    gram = v.conj().T @ v
    square = np.diag(gram).real
    noise = 16 * len(v) * np.finfo(float).eps
    if np.abs(gram - np.diag(square)).max() < noise * square.max():
        # Bonds that do not mix: straight ahead, in a field, with spin, to single neighbours.
        kept = np.sqrt(square) > noise * np.sqrt(square.max())
        fourth_root = square[kept] ** 0.25
        return v[:, kept] / fourth_root, np.eye(len(v), dtype=v.dtype)[:, kept] * fourth_root
    U, s, Vh = np.linalg.svd(v)
    rank = int((s > noise * s[0]).sum())
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, Vh[:rank].conj().T * root


def _factorised(matrix: Matrix) -> tuple[tuple[Matrix, NDArray[np.int32]], float]:
    """Return the LU factors of a matrix and its reciprocal condition number (1-norm)."""
    matrix = np.asarray(matrix, np.complex128)
    size = float(np.linalg.norm(matrix, 1))
    lu, pivots, _ = lapack.zgetrf(matrix)
    reciprocal, _ = lapack.zgecon(lu, size)
    return (lu, pivots), float(reciprocal)


def slice_response(h: Matrix, A: Matrix, B: Matrix, energy: float) -> tuple[Matrix, Matrix]:
    """Return (M, 2 r) matrices P, F with psi_n = P w_n + F w_{n+1}.

    Raises
    ------
    QtcoreError
        If a state at this energy couples to neither neighbour.
    """
    inner = energy * np.eye(len(h)) - h + 1j * (A @ A.conj().T + B @ B.conj().T)
    lu, reciprocal = _factorised(inner)
    if reciprocal < 1e-14:
        raise QtcoreError(
            f"a slice of the lead has a state at the energy {energy!r} that couples to neither "
            "neighbour; take the site that holds it out of the slice, or shift the energy by 1e-6"
        )
    GA, GB = np.split(scipy.linalg.lu_solve(lu, np.hstack([A, B])), 2, axis=1)
    return np.hstack([GB, 1j * GB]), np.hstack([1j * GA, GA])


def _pencil(P: Matrix, F: Matrix, A: Matrix, B: Matrix) -> tuple[Matrix, Matrix]:
    """Return La, Lb of La w_n = Lb w_{n+1}."""
    r = A.shape[1]
    one, none = np.eye(r), np.zeros((r, r))
    La = np.vstack([A.conj().T @ P, np.hstack([none, one]) - B.conj().T @ P])
    Lb = np.vstack([np.hstack([one, none]) - A.conj().T @ F, B.conj().T @ F])
    return La, Lb


def _mapped(La: Matrix, Lb: Matrix, energy: float) -> _Mapped:
    """Return the map K of a pencil, with a pole away from its eigenvalues.

    Raises
    ------
    QtcoreError
        If every lambda is an eigenvalue (a flat band).
    """
    best, pole, factorised = -1.0, 0j, None
    for trial in _POLES:
        lu, reciprocal = _factorised(La - trial * Lb)
        if reciprocal > best:
            best, pole, factorised = reciprocal, complex(trial), lu
        if best > _FAR:
            break
    if factorised is None or best < _SINGULAR:
        raise QtcoreError(
            f"the lead has a flat band at the energy {energy!r}: states that do not move; "
            "shift the energy by 1e-6"
        )
    return _Mapped(scipy.linalg.lu_solve(factorised, Lb - np.conj(pole) * La), pole)


def _carriers(
    factor: Matrix,
    vectors: Matrix,
    step: Matrix,
    current: Matrix,
    slice_wave: Matrix,
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return open waves that carry current one by one, and their velocities.

    Waves with the same lambda come out of the eigenproblem in any mixture. An infinitesimal
    absorption separates them, lambda -> lambda (1 - 0 psi^+ psi / current): the ones that belong
    together diagonalise the current with respect to the norm on a slice.
    """
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    near = np.abs(factor[:, None] - factor) < 10 * OPEN
    alone = near.sum(axis=1) == 1
    waiting = np.flatnonzero(~alone)
    while len(waiting):
        same = waiting[near[waiting[0], waiting]]
        waiting = np.setdiff1d(waiting, same)
        mixed, _ = np.linalg.qr(vectors[:, same])
        # Where a channel opens two waves become one: the pair spans more than eigenvectors.
        if np.abs(step @ mixed - factor[same[0]] * mixed).max() > _DEFECTIVE:
            raise ThresholdError
        psi = slice_wave @ mixed
        _, mixture = scipy.linalg.eigh(mixed.conj().T @ current @ mixed, psi.conj().T @ psi)
        vectors[:, same] = mixed @ mixture
    vectors /= np.linalg.norm(slice_wave @ vectors, axis=0)
    velocity = (vectors.conj() * (current @ vectors)).sum(axis=0).real
    return vectors, velocity


def _open_waves(
    subspace: Invariant, mapped: _Mapped, P: Matrix, F: Matrix, is_real: bool
) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]]:
    """Return (w_n, w_{n+1}) of the open waves that move right and left, of unit flux."""
    basis = subspace.basis
    numerator, denominator = mapped.factor(subspace.action)
    step = scipy.linalg.solve_triangular(denominator, numerator)
    factor, vectors = np.linalg.eig(step)
    r = len(basis) // 2
    crossed = basis[:r].conj().T @ basis[r:]
    vectors, velocity = _carriers(
        factor, vectors, step, 1j * (crossed - crossed.conj().T), P @ basis + F @ basis @ step
    )
    if (np.abs(velocity) < SLOW).any() or 2 * (velocity > 0).sum() != len(velocity):
        raise ThresholdError

    def side(sign: int) -> Matrix:
        moving = np.flatnonzero(sign * velocity > 0)
        moving = moving[np.argsort(-sign * np.angle(factor[moving]), kind="stable")]
        return vectors[:, moving] / np.sqrt(np.abs(velocity[moving]))

    wave = side(1)
    right = basis @ wave, basis @ step @ wave
    if is_real:
        # The partners under time reversal at the same interface: S is symmetric in these waves.
        return right, ((basis @ np.linalg.solve(step, wave)).conj(), right[0].conj())
    wave = side(-1)
    return right, (basis @ wave, basis @ step @ wave)


def interface_waves(
    h: Matrix, A: Matrix, B: Matrix, energy: float
) -> tuple[Waves, Waves, Matrix, Matrix]:
    """Return the waves that leave to the right and to the left, and P, F of `slice_response`.

    Parameters
    ----------
    h : (M, M) complex array
        A slice of the lead, units of t.
    A, B : (M, r) complex arrays
        Factors of the coupling v = A B^+ to the next slice.
    energy : float
        Units of t.

    Raises
    ------
    ThresholdError
        If a wave has velocity zero.
    QtcoreError
        If the lead has a flat band at this energy.
    """
    P, F = slice_response(h, A, B, energy)
    mapped = _mapped(*_pencil(P, F, A, B), energy)
    S, Z = scipy.linalg.schur(mapped.K, output="complex")
    forward, backward = (np.abs(part) for part in mapped.factor(np.diag(S)))
    decays, grows = forward < (1 - OPEN) * backward, backward < (1 - OPEN) * forward
    r = A.shape[1]
    channels = r - int(decays.sum())
    if int(grows.sum()) != r - channels:
        raise ThresholdError
    groups = ordered(S, Z, decays, grows)
    is_real = not (np.imag(h).any() or np.imag(A).any() or np.imag(B).any())
    right, left = _open_waves(groups.middle(), mapped, P, F, is_real)
    closed, action = groups.leading()
    numerator, denominator = mapped.factor(action)
    ahead = closed @ scipy.linalg.solve_triangular(denominator, numerator)
    leaving_right = Waves(channels, np.hstack([right[0], closed]), np.hstack([right[1], ahead]))
    closed, action = groups.last()
    numerator, denominator = mapped.factor(action)
    behind = closed @ scipy.linalg.solve_triangular(numerator, denominator)
    leaving_left = Waves(channels, np.hstack([left[0], behind]), np.hstack([left[1], closed]))
    return leaving_right, leaving_left, P, F
