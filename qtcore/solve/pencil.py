"""The waves of a periodic lead, whatever its coupling: a generalised Schur form.

With v = A B^+ (A, B of full column rank r, from the singular values of v) neighbours meet only in
w_n = (A^+ psi_{n-1}, B^+ psi_n), the interface between the slices n - 1 and n, and

    psi_n = G [B (a_n + i b_{n-1}) + A (b_n + i a_{n+1})],  G = (E - h + i A A^+ + i B B^+)^-1,

which is the lead's equation with i (A A^+ + B B^+) psi_n added on both sides, so that G exists
even where E - h is singular. A^+ and B^+ of it make the pencil La w_n = Lb w_{n+1} of size 2 r. A
singular v leaves factors 0 and infinity only where they are there in truth, and the QZ algorithm
takes them as they come: no inverse of v, none of a growing factor. Its subspaces of waves that
grow and that decay are orthonormal, and well-conditioned where eigenvectors are not.

The current through an interface, i (a^+ b - b^+ a), separates waves with the same factor.
Rungger and Sanvito, PRB 78, 035407 (2008); Groth et al., New J. Phys. 16, 063065 (2014).
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.errors import QtcoreError

Matrix = NDArray[np.complexfloating]

OPEN = 1e-7
"""How far |lambda| of an open wave may stray from 1 in the numerical eigenproblem."""

SLOW = 3e-6
"""Velocity of a wave (sites times t) below which it counts as zero."""

_DEFECTIVE = 1e-4
"""How far waves with the same factor may be from eigenvectors: exactly none away from thresholds."""


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


class _Schur(NamedTuple):
    S: Matrix
    T: Matrix
    Q: Matrix
    Z: Matrix


def factors(v: Matrix) -> tuple[Matrix, Matrix]:
    """Return A, B of full column rank with v = A B^+."""
    U, s, Vh = np.linalg.svd(v)
    rank = int((s > 16 * len(s) * np.finfo(float).eps * s[0]).sum())
    root = np.sqrt(s[:rank])
    return U[:, :rank] * root, Vh[:rank].conj().T * root


def slice_response(h: Matrix, A: Matrix, B: Matrix, energy: float) -> tuple[Matrix, Matrix]:
    """Return (M, 2 r) matrices P, F with psi_n = P w_n + F w_{n+1}.

    Raises
    ------
    QtcoreError
        If a state at this energy couples to neither neighbour.
    """
    inner = energy * np.eye(len(h)) - h + 1j * (A @ A.conj().T + B @ B.conj().T)
    scale = max(1.0, float(np.abs(inner).max()))
    if np.linalg.svd(inner, compute_uv=False)[-1] < 1e-13 * scale:
        raise QtcoreError(
            f"a slice of the lead has a state at the energy {energy!r} that couples to neither "
            "neighbour; take the site that holds it out of the slice, or shift the energy by 1e-6"
        )
    GA, GB = np.split(np.linalg.solve(inner, np.hstack([A, B])), 2, axis=1)
    return np.hstack([GB, 1j * GB]), np.hstack([1j * GA, GA])


def _pencil(P: Matrix, F: Matrix, A: Matrix, B: Matrix) -> tuple[Matrix, Matrix]:
    """Return La, Lb of La w_n = Lb w_{n+1}."""
    r = A.shape[1]
    one, none = np.eye(r), np.zeros((r, r))
    La = np.vstack([A.conj().T @ P, np.hstack([none, one]) - B.conj().T @ P])
    Lb = np.vstack([np.hstack([one, none]) - A.conj().T @ F, B.conj().T @ F])
    return La, Lb


def _subspace(schur: _Schur, chosen: NDArray[np.bool_]) -> tuple[Matrix, Matrix, Matrix]:
    """Return the leading blocks S, T and the orthonormal basis Z of chosen eigenvalues."""
    k = int(chosen.sum())
    if k == 0:
        n = len(schur.Z)
        return np.zeros((0, 0), complex), np.zeros((0, 0), complex), np.zeros((n, 0), complex)
    S, T, _, _, _, Z, *_, info = lapack.ztgsen(
        chosen.astype(np.int32), *schur, ijob=0, wantq=0, lwork=1, liwork=1
    )
    if info != 0:
        raise QtcoreError("the waves of the lead are too close to each other to be told apart")
    return S[:k, :k], T[:k, :k], Z[:, :k]


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
    vectors, velocity = vectors.copy(), np.zeros(len(factor))
    waiting = np.arange(len(factor))
    while len(waiting):
        near = np.abs(factor[waiting] - factor[waiting[0]]) < 10 * OPEN
        same, waiting = waiting[near], waiting[~near]
        mixed, _ = np.linalg.qr(vectors[:, same])
        # Where a channel opens two waves become one: the pair spans more than eigenvectors.
        if np.abs(step @ mixed - factor[same[0]] * mixed).max() > _DEFECTIVE:
            raise ThresholdError
        psi = slice_wave @ mixed
        velocity[same], mixture = scipy.linalg.eigh(
            mixed.conj().T @ current @ mixed, psi.conj().T @ psi
        )
        vectors[:, same] = mixed @ mixture
    return vectors, velocity


def _open_waves(
    schur: _Schur, is_open: NDArray[np.bool_], P: Matrix, F: Matrix, is_real: bool
) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]]:
    """Return (w_n, w_{n+1}) of the open waves that move right and left, of unit flux."""
    S, T, basis = _subspace(schur, is_open)
    step = np.linalg.solve(T, S)
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
    La, Lb = _pencil(P, F, A, B)
    S, T, Q, Z = scipy.linalg.qz(La, Lb, output="complex")
    schur = _Schur(S, T, Q, Z)
    alpha, beta = np.abs(np.diag(S)), np.abs(np.diag(T))
    if (alpha + beta < 1e-11 * max(np.abs(La).max(), np.abs(Lb).max())).any():
        raise QtcoreError(
            f"the lead has a flat band at the energy {energy!r}: states that do not move; "
            "shift the energy by 1e-6"
        )
    decays, grows = alpha < (1 - OPEN) * beta, beta < (1 - OPEN) * alpha
    r = A.shape[1]
    channels = r - int(decays.sum())
    if int(grows.sum()) != r - channels:
        raise ThresholdError
    is_real = not (np.imag(h).any() or np.imag(A).any() or np.imag(B).any())
    right, left = (
        _open_waves(schur, ~(decays | grows), P, F, is_real)
        if channels
        else ((Z[:, :0], Z[:, :0]), (Z[:, :0], Z[:, :0]))
    )
    S, T, closed = _subspace(schur, decays)
    leaving_right = Waves(
        channels,
        np.hstack([right[0], closed]),
        np.hstack([right[1], closed @ np.linalg.solve(T, S)]),
    )
    S, T, closed = _subspace(schur, grows)
    leaving_left = Waves(
        channels,
        np.hstack([left[0], closed @ np.linalg.solve(S, T)]),
        np.hstack([left[1], closed]),
    )
    return leaving_right, leaving_left, P, F
