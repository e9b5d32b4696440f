"""Sums over realizations that may come in pieces: counts, means and central moments up to the fourth.

Sums of powers lose all digits where the mean is far larger than the spread (ln g = −5000 ± 1). So each piece
is summed around its own mean, and pieces are joined by the shifts of their means (Pébay, Sandia report
SAND2008-6212, eqs. 2.1 to 2.10).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COUNT, MEAN, M2, M3, M4, LACKING, INFINITE = range(7)
"""What stands where along the first dimension: how many values, their mean, the sums of the second to fourth power of
deviations from it, how many values a realization lacks that has others, how many are infinite."""


def moments_of(samples: Array, axis: int, own: tuple[int, ...]) -> Array:
    """Return the sums of one piece of samples.

    Parameters
    ----------
    samples : float array
        NaN where there is no value.
    axis : int
        Where the realizations stand.
    own : tuple of int
        Dimensions of which a realization that is there has all values, such as the channels; where it lacks some of them, these
        values are not missing but unknown.

    Returns
    -------
    (7, …) float array
        In the place of the realizations stands a dimension of size 1.
    """
    known = ~np.isnan(samples)
    count = known.sum(axis=axis, keepdims=True)
    infinite = np.isinf(samples)
    rest = infinite.sum(axis=axis, keepdims=True)
    finite = known & ~infinite if rest.any() else known
    number = np.maximum(count - rest, 1)
    away = np.where(finite, samples, 0.0)
    mean = away.sum(axis=axis, keepdims=True) / number
    np.subtract(samples, mean, out=away, where=finite)
    # What rounding left of the mean is taken off as well: one more digit for numbers far from 0.
    shift = away.sum(axis=axis, keepdims=True) / number
    np.subtract(away, shift, out=away, where=finite)
    squares = away**2
    second = squares.sum(axis=axis, keepdims=True)
    third = np.multiply(squares, away, out=away).sum(axis=axis, keepdims=True)
    fourth = np.square(squares, out=squares).sum(axis=axis, keepdims=True)
    lacking = np.zeros(count.shape)
    if own:
        there = known.any(axis=own, keepdims=True)
        lacking = (there & ~known).sum(axis=axis, keepdims=True)
    return np.stack([count, mean + shift, second, third, fourth, lacking, rest]).astype(np.float64)


def joined(pieces: Array, axis: int) -> Array:
    """Return the sums of several pieces together, (7, …) without the dimension `axis` of the pieces.

    Parameters
    ----------
    pieces : (7, …) float array
        Sums of pieces.
    axis : int
        Where the pieces stand, counted with the first dimension.
    """
    each = np.moveaxis(pieces, axis, 0)
    total: Array = each[0]
    for piece in each[1:]:
        total = _sum(total, piece)
    return total


def _sum(a: Array, b: Array) -> Array:
    na, nb = a[COUNT] - a[INFINITE], b[COUNT] - b[INFINITE]
    n = np.maximum(na + nb, 1)
    shift = np.where((na > 0) & (nb > 0), b[MEAN] - a[MEAN], 0.0)
    found = a + b
    found[MEAN] = np.where(na > 0, a[MEAN], b[MEAN]) + shift * nb / n
    found[M2] += shift**2 * na * nb / n
    found[M3] += shift**3 * na * nb * (na - nb) / n**2
    found[M3] += 3 * shift * (na * b[M2] - nb * a[M2]) / n
    found[M4] += shift**4 * na * nb * (na**2 - na * nb + nb**2) / n**3
    found[M4] += 6 * shift**2 * (na**2 * b[M2] + nb**2 * a[M2]) / n**2
    found[M4] += 4 * shift * (na * b[M3] - nb * a[M3]) / n
    return found
