"""Waves of a lead made to carry unit flux one by one, whatever rounding errors have mixed.

Rounding errors mix waves of nearly the same factor, by 1e-16 / distance of the factors. Mixed waves
are as good as others where only what they span counts, as in the self-energy. But what reads off
how much leaves in each of them takes for granted that the current of any two adds up. That of mixed
waves does not. (Closed waves whose factors come as close to those of open ones are told apart by
structure, see `meeting`.)

A wave j takes of wave i what makes the current between them zero. Errors of a wave are relative to its
size on a slice, and slow waves are large at unit flux: so the slower one of two waves takes more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complexfloating]

_EXACT = 2.0**-42
"""Current between two waves of unit flux that is left as it is: waves whose factors differ by 1e-3
have less of it."""

_NOISE = 16 * float(np.finfo(float).eps)
"""Rounding error of the current between two waves, relative to the product of their norms."""

_TIMES = 4
"""How often it is removed at most; what remains each time is the square of what was there."""


class Waves(NamedTuple):
    """Waves that leave in one direction, a column each: N open ones of unit flux, then closed.

    Attributes
    ----------
    channels : int
        Number N of open waves.
    before, after : (2 r, r) complex arrays
        w_n and w_{n+1}, the interfaces on both sides of slice n; see `pencil`.
    delicate : bool
        Whether waves meet, or nearly so, and feel rounding errors of the energy.
    slowness : float
        The lead's norm over the velocity of the slowest open wave, or over the hopping times twice
        the rate of a closed one if that is more.
    """

    channels: int
    before: Matrix
    after: Matrix
    delicate: bool
    slowness: float


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


def leaving(
    groups: Sequence[tuple[Matrix, Matrix]], channels: int, direction: int
) -> tuple[Matrix, Matrix]:
    """Return the waves that leave in one direction, of which each open one carries unit flux alone.

    Parameters
    ----------
    groups : sequence of pairs of (2 r, n) complex arrays
        w_n and w_{n+1} of some waves each, r in all; N open ones first, of unit flux but for what
        rounding errors have mixed.
    channels : int
        Number N of open waves.
    direction : {1, -1}
        Whether they move right or left.

    Returns
    -------
    before, after : (2 r, r) complex arrays
        See `Waves`.
    """
    before, after = (np.hstack(side) for side in zip(*groups, strict=True))
    mixture = _unmixing((before if direction > 0 else after)[:, :channels], direction)
    if mixture is not None:
        before[:, :channels] = before[:, :channels] @ mixture
        after[:, :channels] = after[:, :channels] @ mixture
    return before, after


def _unmixing(waves: Matrix, direction: int) -> Matrix | None:
    """Return a mixture of open waves in which each carries unit flux alone, or None if they do."""
    one: Matrix = np.eye(waves.shape[1], dtype=np.complex128)
    mixture, norms = one, np.linalg.norm(waves, axis=0)
    least = np.maximum(_EXACT, _NOISE * norms[:, None] * norms)
    for times in range(_TIMES):
        excess = direction * currents(waves @ mixture if times else waves) - one
        excess[np.abs(excess) < least] = 0.0
        if not excess.any():
            return mixture if times else None
        mixture = mixture - mixture @ (excess * norms**2 / (norms[:, None] ** 2 + norms**2))
    return mixture
