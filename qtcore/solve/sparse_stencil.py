"""One slice more for any wire: v psi_{n+1} = (E - eps_n - h) psi_n - v^+ psi_{n-1}.

The patterns of h and v are sparse, so a step costs as many products as they have entries, for each
column; nothing of the size of a slice is ever inverted. Four planes (a tile) go together and share
the loads of the entries.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.orthogonal import TILE


@dataclass(frozen=True)
class Pattern:
    """Rows of a sparse matrix, one behind the other.

    Attributes
    ----------
    starts : (rows + 1,) int array
        Where each row begins in the other two.
    columns : (entries,) int array
        Column numbers.
    values : (entries, 2) float array
        Real and imaginary parts.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]


def pattern(matrix: NDArray[np.complexfloating]) -> Pattern:
    """Return the entries of a matrix that are not negligible beside its largest one."""
    significant = np.abs(matrix) > 1e-14 * max(float(np.abs(matrix).max(initial=0.0)), 1e-300)
    rows, columns = np.nonzero(significant)
    starts = np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int64)
    entries = np.ascontiguousarray(matrix[rows, columns].astype(np.complex128))
    return Pattern(starts, columns.astype(np.int64), entries.view(np.float64).reshape(-1, 2))


@njit(nogil=True, cache=True)
def advance_sparse_real(x, first, tiles, stride, parity, slices, onsite, d, M, orbitals, h):
    """Advance tiles of real planes by `slices` slices; v = 1 and h is real.

    Parameters
    ----------
    x : flat array of lane vectors
        The planes.
    first, tiles, stride, parity : int
        First plane, number of tiles, vectors between planes, which half holds psi_n.
    slices, onsite, d : int, flat array of lane vectors, int
        How many slices to go, E - eps site by site, and the vector where it begins.
    M, orbitals : int
        Rows of a slice, and how many of them share a site.
    h : tuple
        starts, columns, values of the pattern of h.
    """
    starts, columns, values = h
    sites = M // orbitals
    for tile in range(tiles):
        p0 = (first + tile * TILE) * stride
        p1, p2, p3 = p0 + stride, p0 + 2 * stride, p0 + 3 * stride
        here, there = parity * M, (1 - parity) * M
        for n in range(slices):
            for r in range(M):
                e = load(onsite, d + n * sites + r // orbitals)
                to = there + r
                at = here + r
                a = fma(e, load(x, p0 + at), negative(load(x, p0 + to)))
                b = fma(e, load(x, p1 + at), negative(load(x, p1 + to)))
                c = fma(e, load(x, p2 + at), negative(load(x, p2 + to)))
                f = fma(e, load(x, p3 + at), negative(load(x, p3 + to)))
                for entry in range(starts[r], starts[r + 1]):
                    j = here + columns[entry]
                    t = splat(-values[entry, 0])
                    a = fma(t, load(x, p0 + j), a)
                    b = fma(t, load(x, p1 + j), b)
                    c = fma(t, load(x, p2 + j), c)
                    f = fma(t, load(x, p3 + j), f)
                store(x, p0 + to, a)
                store(x, p1 + to, b)
                store(x, p2 + to, c)
                store(x, p3 + to, f)
            here, there = there, here


@njit(nogil=True, cache=True)
def _minus_products(x, u, v, half, rows, r, a, b):
    """Return the complex number a + ib less row r of a pattern times a complex column."""
    starts, columns, values = rows
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        re, im = splat(values[entry, 0]), splat(values[entry, 1])
        minus_re = negative(re)
        p, q = load(x, u + j), load(x, v + j)
        a = fma(minus_re, p, fma(im, q, a))
        b = fma(minus_re, q, fma(negative(im), p, b))
    return a, b


@njit(nogil=True, cache=True)
def advance_sparse(x, first, columns, stride, parity, slices, onsite, d, M, orbitals, matrices, w):
    """Advance complex columns (pairs of planes) by `slices` slices.

    Parameters as in `advance_sparse_real`, except

    matrices : tuple
        Patterns (starts, columns, values) of h, of v^+ and of v^-1.
    w : flat array of lane vectors
        Scratch, 2 M vectors.
    """
    h, v_dagger, v_inverse = matrices
    sites = M // orbitals
    zero = splat(0.0)
    for column in range(columns):
        u = (first + 2 * column) * stride
        v = u + stride
        here, there = parity * M, (1 - parity) * M
        for n in range(slices):
            for r in range(M):
                e = load(onsite, d + n * sites + r // orbitals)
                a, b = e * load(x, u + here + r), e * load(x, v + here + r)
                a, b = _minus_products(x, u, v, here, h, r, a, b)
                a, b = _minus_products(x, u, v, there, v_dagger, r, a, b)
                store(w, r, negative(a))
                store(w, M + r, negative(b))
            for r in range(M):
                a, b = _minus_products(w, 0, M, 0, v_inverse, r, zero, zero)
                store(x, u + there + r, a)
                store(x, v + there + r, b)
            here, there = there, here
