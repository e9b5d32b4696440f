"""Twice the digits, against fractions."""

from fractions import Fraction

import numpy as np
import pytest

from qtcore.solve.twofold import exact


def fractions(matrix):
    """Return real and imaginary parts as fractions, (m, n, 2)."""
    return [[(Fraction(x.real), Fraction(x.imag)) for x in row] for row in matrix.tolist()]


def product(A, B):
    found = []
    for row in fractions(A):
        found.append([])
        for column in zip(*fractions(B), strict=True):
            pairs = list(zip(row, column, strict=True))
            real = sum(a * c - b * d for (a, b), (c, d) in pairs)
            found[-1].append((real, sum(a * d + b * c for (a, b), (c, d) in pairs)))
    return found


def errors(found, expected):
    """Return the largest difference between high + low and fractions."""
    both = zip(fractions(found.high), fractions(found.low), expected, strict=True)
    return max(
        float(abs(high[k] + low[k] - right[k]))
        for rows in both
        for high, low, right in zip(*rows, strict=True)
        for k in range(2)
    )


def drawn(seed, *shape):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-6, 6, shape)
    return size * (rng.normal(size=shape) + 1j * rng.normal(size=shape))


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 5, 3), (7, 30, 2)])
def test_products(shape):
    m, k, n = shape
    A, B = drawn(1, m, k), drawn(2, k, n)
    largest = np.abs(A).max() * np.abs(B).max()
    assert errors(exact(A).times(exact(B)), product(A, B)) < 2.0**-98 * largest * k


def test_sums():
    A, B = drawn(1, 4, 4), drawn(2, 4, 4)
    total = exact(A).plus(exact(B)).minus(exact(A))
    assert errors(total, fractions(B)) < 2.0**-100 * max(np.abs(A).max(), np.abs(B).max())


def test_the_inverse_of_a_matrix_that_is_nearly_singular():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    A[:, 4] = A[:, 3] + 1e-9 * A[:, 4]
    found = exact(A).inverse()
    missing = exact(A).times(found).minus(exact(np.eye(5, dtype=complex)))
    # Of an inverse of size 1e9 in double precision 1e-7 would be missing.
    assert np.abs(missing.high).max() < 1e-20
    with pytest.raises(np.linalg.LinAlgError):
        exact(np.zeros((2, 2))).inverse()
