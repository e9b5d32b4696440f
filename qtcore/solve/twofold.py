"""Matrices in twice the digits of double precision, for what rounding errors of a lead would hide.

A matrix is the sum of a rounded part and a rest. A product splits the rounded parts into pieces of
so few bits that the ordinary product of two pieces has no rounding error, and adds these products
with their rests.

Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59, 95 (2012); Dekker, Numer. Math. 18, 224 (1971).
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]

_DIGITS = 53
_PIECES = 3


class Twofold(NamedTuple):
    """A matrix as the sum of two.

    Attributes
    ----------
    high, low : (m, n) complex or float arrays
        The rounded matrix, and what rounding has taken off.
    """

    high: Matrix
    low: Matrix

    @property
    def dagger(self) -> "Twofold":
        """The Hermitian conjugate."""
        return Twofold(self.high.conj().T, self.low.conj().T)

    def __neg__(self) -> "Twofold":
        return Twofold(-self.high, -self.low)

    def plus(self, other: "Twofold") -> "Twofold":
        """Return the sum."""
        high, rest = _with_rest(self.high, other.high)
        return Twofold(*_with_rest(high, rest + self.low + other.low))

    def minus(self, other: "Twofold") -> "Twofold":
        """Return the difference."""
        return self.plus(-other)

    def times(self, other: "Twofold") -> "Twofold":
        """Return the matrix product."""
        bits = (_DIGITS - math.ceil(math.log2(2 * self.high.shape[1])) - 1) // 2
        here, small = _pieces(self.high, bits)
        there, other_small = _pieces(np.ascontiguousarray(other.high.T), bits)
        rest = (self.low + small) @ other.high + self.high @ (other.low + other_small.T)
        high: Matrix = np.zeros_like(rest)
        for n in range(2 * _PIECES - 2, -1, -1):
            for k in range(max(0, n - _PIECES + 1), min(n, _PIECES - 1) + 1):
                high, more = _with_rest(high, here[k] @ there[n - k].T)
                rest = rest + more
        return Twofold(*_with_rest(high, rest))

    def inverse(self) -> "Twofold":
        """Return the inverse of a square matrix; raises LinAlgError if it is singular."""
        one = exact(np.eye(len(self.high), dtype=np.complex128))
        found = exact(np.linalg.inv(self.high))
        for _ in range(2):
            missing = one.minus(self.times(found))
            found = found.plus(exact(found.high @ missing.high))
        return found


def exact(matrix: Matrix, dtype: Any = np.complex128) -> Twofold:
    """Return a matrix as it is, as complex numbers or as real ones."""
    high = np.array(matrix, dtype)
    return Twofold(high, np.zeros_like(high))


def _with_rest(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix]:
    """Return the rounded sum, and what rounding has taken off."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _pieces(matrix: Matrix, bits: int) -> tuple[list[Matrix], Matrix]:
    """Return pieces of a matrix whose rows have so many bits, and what they leave."""
    dtype = matrix.dtype
    rest = np.ascontiguousarray(matrix).view(np.float64)
    found = []
    for _ in range(_PIECES):
        _, exponent = np.frexp(np.abs(rest).max(axis=1, keepdims=True, initial=0.0))
        grid = np.ldexp(1.5, exponent + _DIGITS - bits)
        piece = (rest + grid) - grid
        found.append(piece.view(dtype))
        rest = rest - piece
    return found, rest.view(dtype)
