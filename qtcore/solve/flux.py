"""Waves of a lead made to carry unit flux one by one, whatever rounding errors have mixed.

Rounding errors mix waves of nearly the same factor, by 1e-16 / distance of the factors. Mixed waves
are as good as others where only what they span counts, as in the self-energy. But what reads off
how much leaves in each of them takes for granted that the current of any two adds up, and that a
closed wave adds nothing. That of mixed waves does not.

A wave j takes of wave i what makes the current between them zero. Errors of a wave are relative to its
size on a slice, and slow waves are large at unit flux: so the slower one of two waves takes more.
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complexfloating]

_EXACT = 2.0**-42
"""Current between two waves of unit flux that is left as it is: waves whose factors differ by 1e-3
have less of it."""

_TIMES = 4
"""How often it is removed at most; what remains each time is the square of what was there."""


def currents(waves: Matrix) -> Matrix:
    """Return the currents between waves at an interface.

    Parameters
    ----------
    waves : (2 r, n) complex array
        (a, b) = (A^+ psi_{n-1}, B^+ psi_n), a column for each wave; see `pencil`.

    Returns
    -------
    (n, n) complex array
        i (a^+ b - b^+ a), Hermitian.
    """
    a, b = np.split(waves, 2)
    crossed = a.conj().T @ b
    return np.asarray(1j * (crossed - crossed.conj().T))


def carrying_alone(waves: Matrix, channels: int, direction: int) -> Matrix | None:
    """Return a mixture of waves in which each open one carries unit flux, and others none.

    Parameters
    ----------
    waves : (2 r, r) complex array
        At an interface, the open ones first.
    channels : int
        Number N of open waves.
    direction : {1, -1}
        Whether they move right or left.

    Returns
    -------
    (r, r) complex array or None
        waves @ mixture carry it; None where `waves` do so themselves.
    """
    mixture: Matrix = np.eye(waves.shape[1], dtype=np.complex128)
    size = np.linalg.norm(waves, axis=0)[:channels] ** 2
    for times in range(_TIMES):
        excess = direction * currents(waves @ mixture if times else waves)[:channels]
        excess[:, :channels] -= np.eye(channels)
        if np.abs(excess).max(initial=0.0) < _EXACT:
            return mixture if times else None
        # The part of column j that it loses: all of it where only wave i is open.
        excess[:, :channels] *= size / (size[:, None] + size)
        mixture = mixture - mixture[:, :channels] @ excess
    return mixture
