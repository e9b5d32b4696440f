"""Which waves of a lead meet: those of nearly the same factor that move opposite ways."""

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import QtcoreError

Matrix = NDArray[np.complexfloating]

NEAR = (1e-3, 3e-4, 1e-4)
"""Distance of factors below which waves are told apart by structure. The later ones are for waves of
one meeting that the first one would tear apart."""

OPEN = 1e-6
"""How far |lambda| of an open wave may stray from 1, unless it meets another one."""


class ThresholdError(QtcoreError):
    """The energy lies where a channel opens, with velocity zero."""


def hermitian(matrix: Matrix) -> Matrix:
    """Return the Hermitian part."""
    return (matrix + matrix.conj().T) / 2


def meetings(
    factor: NDArray[np.complexfloating], step: Matrix, current: Matrix, reach: float
) -> list[tuple[NDArray[np.intp], Matrix]]:
    """Return groups of factors that are near each other, with waves of both directions in each.

    Waves that all decay, or all grow, and those that all move one way do not meet.

    Parameters
    ----------
    factor : (n,) complex array
        Factors of the waves.
    step, current : (n, n) complex arrays
        Step to the next interface, and current.
    reach : float
        Distance of factors that are near each other, one of `NEAR`.

    Returns
    -------
    list of (indices, (2 m, d) complex array)
        Which factors, and an orthonormal basis of their waves.
    """
    near = np.abs(factor[:, None] - factor) < reach
    found, waiting = [], np.ones(len(factor), dtype=np.bool_)
    for first in range(len(factor)):
        if not waiting[first]:
            continue
        chosen = near[first]
        while (larger := near[chosen].any(axis=0)).sum() > chosen.sum():
            chosen = larger
        waiting &= ~chosen
        members = factor[chosen]
        rate = np.log(np.abs(members))
        if len(members) == 1 or rate.min() > OPEN or rate.max() < -OPEN:
            continue
        basis = waves_of(step, members, reach)
        direction = np.linalg.eigvalsh(hermitian(basis.conj().T @ current @ basis))
        if direction[0] < 0 < direction[-1]:
            found.append((np.flatnonzero(chosen), basis))
    return found


def waves_of(step: Matrix, factors: NDArray[np.complexfloating], reach: float) -> Matrix:
    """Return an orthonormal basis of the waves that have some of the factors of a step.

    Raises
    ------
    ThresholdError
        If other factors are too close, half of `reach`.
    """
    if len(factors) == 0:
        return np.zeros((len(step), 0), dtype=np.complex128)

    def is_one(factor: complex) -> bool:
        return bool(np.abs(factors - factor).min() < reach / 2)

    chosen: Any = is_one
    _, Z, count = scipy.linalg.schur(step.astype(np.complex128), output="complex", sort=chosen)
    if count != len(factors):
        raise ThresholdError
    return np.asarray(Z[:, :count])
