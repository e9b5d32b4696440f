"""A lead away from its end, and how far it is from a band, with more digits than usual."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.twofold import Twofold, exact

Matrix = NDArray[np.complexfloating]

LONG = float(np.finfo(np.longdouble).eps)
"""Rounding error of the longest floating-point type that the platform computes in."""

_COARSE = 2.0**32
"""Numbers that are no multiples of its inverse count as results of a rounding."""


class Bulk(NamedTuple):
    """A lead away from its end.

    Attributes
    ----------
    h, v : (M, M) arrays
        H inside a slice and coupling to the next one.
    energy : float
        In the same unit.
    nudge : float
        By how many of its rounding errors the energy is moved.
    turns : float
        By how much what neighbours see of a slice changes with the energy, relative to itself;
        large beside states of a slice that neighbours hardly reach.
    """

    h: Matrix
    v: Matrix
    energy: float
    nudge: float = 0.0
    turns: float = 0.0

    @property
    def norm(self) -> float:
        """Size of what is added up in E - H(k)."""
        here = np.abs(self.h).sum(axis=1).max() + 2 * np.abs(self.v).sum(axis=1).max()
        return float(abs(self.energy) + here)

    @property
    def rounded(self) -> bool:
        """Whether elements of h and v are rounded, such as phases and roots: full numbers."""
        parts = np.concatenate(
            [part.ravel() for M in (self.h, self.v) for part in (M.real, M.imag)]
        )
        coarse = parts * _COARSE
        return bool((coarse != np.rint(coarse)).any())

    @property
    def nudged(self) -> float:
        """The energy, moved by rounding errors of the usual size."""
        return self.energy + self.nudge * float(np.finfo(float).eps) * self.norm

    def distance(self, psi: Matrix, factor: complex) -> Matrix:
        """Return psi^+ (E - H(k)) psi for waves on a slice, (d, d), e^ik = factor."""
        wide, long = psi.astype(np.clongdouble), np.clongdouble(factor)
        along = wide.conj().T @ (self.v.astype(np.clongdouble) @ wide) * (long / np.abs(long))
        rest = np.longdouble(self.energy) * wide - self.h.astype(np.clongdouble) @ wide
        return np.asarray(wide.conj().T @ rest - along - along.conj().T, np.complex128)

    def exact_distance(self, psi: Matrix, factor: complex) -> Matrix:
        """Return the same in twice the digits of double precision, then rounded."""
        waves, one = exact(psi), np.eye(psi.shape[1], dtype=np.complex128)
        back = waves.dagger
        parts = exact(np.array([[factor.real, factor.imag]]))
        square = parts.times(parts.dagger)
        excess = float((square.high[0, 0] - 1 + square.low[0, 0]).real)
        phase = Twofold(factor * one, -0.5 * excess * factor * one)
        along = phase.times(back.times(exact(self.v)).times(waves))
        found = exact(self.energy * one).times(back.times(waves))
        found = found.minus(back.times(exact(self.h)).times(waves))
        found = found.minus(along).minus(along.dagger)
        return found.high + found.low


def pattern(size: int) -> Matrix:
    """Return a Hermitian matrix that is no multiple of another one at hand, of elements of size 1."""
    phases = np.triu(np.full((size, size), np.exp(0.8j)), k=1)
    signs = np.diag((-1.0) ** np.arange(size))
    return np.asarray(phases + phases.conj().T + signs)
