"""What tells waves apart whose bands cross, beyond first order in their distance from the crossing.

At a distance d waves that cross have wave numbers q of this size. To first order d is all that is left
of S, and of X = psi^+ (E - H(k)) psi: it times the norm on a slice. Of second order are terms
q_i B_ij q_j, which mix the waves by as much as q:

    X = S + C^+ psi^+ (v e^ik + v^+ e^-ik) psi C / 2 + O(C³),  C = J^-1 S,

since every wave has its own phase on the slice; and at a crossing

    X = d psi^+ psi + C^+ psi^+ V R V psi C + O(C³),  V = dH/dk,

with R = (E - H(k))^-1 in all other states of the slice, which a wave reaches by as much as q. (See
`meeting` for the symbols.) Bands that miss a crossing by a gap D are mixed by D / d, however small D
is. Twice the digits of double precision show it.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.bulk import Bulk
from qtcore.solve.groups import hermitian

Matrix = NDArray[np.complexfloating]

MOVING = 1e-3
"""Current of a wave that moves at a meeting, relative to the largest of those that meet."""

_EQUAL = 1e-12
"""Part of a distance by which bands differ that have the same one."""


def without_offset(exact: Matrix, J: Matrix) -> Matrix:
    """Return psi^+ (E - H(k)) psi without s J, which a rounding error s of k makes of crossing waves.

    J is the current relative to the largest of all waves that meet.
    """
    current, waves = np.linalg.eigh(hermitian(J))
    moving, exact = np.abs(current) > MOVING, hermitian(exact)
    if not moving.any():
        return exact
    found = (waves.conj() * (exact @ waves)).sum(axis=0).real
    return np.asarray(exact - (found[moving] / current[moving]).mean() * hermitian(J))


def bent(S: Matrix, here: Matrix, J: Matrix, bend: Matrix) -> Matrix:
    """Return C^+ bend C of waves `here` with C = J^-1 S, terms of second order in wave numbers.

    Parameters
    ----------
    S : (n, n) complex array
        What tells the waves apart.
    here : (d, n) complex array
        The waves in a basis of all that meet.
    J, bend : (d, d) complex arrays
        Current, and what is bent, in this basis.
    """
    turning = np.linalg.solve(J, here @ S)
    return hermitian(turning.conj().T @ bend @ turning)


def through_others(psi: Matrix, bulk: Bulk, factor: complex) -> Matrix:
    """Return psi^+ V R V psi, (d, d), for orthonormal waves psi (M, d) on a slice, e^ik = factor."""
    M, d = psi.shape
    along = factor * bulk.v
    H = bulk.h + along + along.conj().T
    pull = 1j * (along @ psi - along.conj().T @ psi)
    pull = pull - psi @ (psi.conj().T @ pull)
    away = np.zeros((M + d, M + d), dtype=np.complex128)
    away[:M, :M] = bulk.energy * np.eye(M) - H
    away[:M, M:], away[M:, :M] = psi, psi.conj().T
    reached = np.linalg.lstsq(away, np.pad(pull, ((0, d), (0, 0))), rcond=None)[0]
    return hermitian(pull.conj().T @ reached[:M])


def gap_at_crossing(
    shape: Matrix, exact: Matrix, J: Matrix, nudge: float, *, rounded: bool
) -> Matrix:
    """Return by how much bands miss a crossing that the longest floating-point type takes for one.

    At a distance d from it a gap D mixes waves by D / d, however small it is. If that leaves nothing
    of them, only nudges have a part of the gap. If rounding errors of h and v may have made the gap,
    one nudge doubles and the other removes it.

    Parameters
    ----------
    shape : (n, n) complex array
        What tells waves apart that are orthonormal on a slice, in long double.
    exact : (n, n) complex array
        The same in twice the digits of double precision.
    J : (n, n) complex array
        Current, relative to the largest of all waves that meet.
    nudge : float
        By how many of its rounding errors the energy is moved.
    rounded : bool
        See `Bulk.rounded`.
    """
    one, size = np.eye(len(shape)), float(np.linalg.norm(shape, 2))
    if np.linalg.norm(shape - np.trace(shape) / len(shape) * one, 2) > _EQUAL * size:
        return np.zeros_like(shape)
    gap = without_offset(exact, J)
    gap = gap - np.trace(gap) / len(gap) * one
    width = float(np.linalg.norm(gap, 2))
    if width > size / 2:
        return np.asarray(abs(np.sign(nudge)) * size / (2 * width) * gap)
    return np.asarray((1 + np.sign(nudge)) * gap if rounded else gap)
