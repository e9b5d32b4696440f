"""One slice more for any wire: v psi_{n+1} = (E - eps_n - h) psi_n - v^+ psi_{n-1}.

The patterns of h and v are sparse, so a step costs as many products as they have entries, for each
column; nothing of the size of a slice is ever inverted. Four planes (a tile) go together and share
the loads of the entries.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import ADVANCE, always_inner, kernel
from qtcore.solve.kernel_arguments import Pattern
from qtcore.solve.projection import TILE


def pattern(matrix: NDArray[np.complexfloating]) -> Pattern:
    """Return the entries of a matrix that are not negligible beside its largest one."""
    significant = np.abs(matrix) > 1e-14 * max(float(np.abs(matrix).max(initial=0.0)), 1e-300)
    rows, columns = np.nonzero(significant)
    starts = np.searchsorted(rows, np.arange(len(matrix) + 1)).astype(np.int64)
    entries = np.ascontiguousarray(matrix[rows, columns].astype(np.complex128))
    return Pattern(starts, columns.astype(np.int64), entries.view(np.float64).reshape(-1, 2))


@kernel(ADVANCE)
def advance_sparse_real(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance tiles of real planes; v = 1 and h is real."""
    M, stride = shape.width, shape.stride
    parity, slices, d = run.parity, run.slices, run.onsite
    orbitals = medium.orbitals
    starts, columns, values = medium.h.starts, medium.h.columns, medium.h.values
    sites = M // orbitals
    for tile in range(shape.fast_tiles + shape.slow_tiles):
        p0 = tile * TILE * stride
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


@always_inner
def minus_products(x, planes, half, rows, r, sums):
    """Return two complex numbers less row r of a pattern times two complex columns.

    `planes` are the vectors where real and imaginary parts of both columns start.
    """
    starts, columns, values = rows.starts, rows.columns, rows.values
    u, v, w, z = planes
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        re, im = splat(values[entry, 0]), splat(values[entry, 1])
        minus_re, minus_im = negative(re), negative(im)
        p, q = load(x, u + j), load(x, v + j)
        a = fma(minus_re, p, fma(im, q, a))
        b = fma(minus_re, q, fma(minus_im, p, b))
        p, q = load(x, w + j), load(x, z + j)
        c = fma(minus_re, p, fma(im, q, c))
        d = fma(minus_re, q, fma(minus_im, p, d))
    return a, b, c, d


@always_inner
def products_of_rows(x, planes, half, M, rows, scratch):
    """Write minus a pattern times two complex columns, which lie in the scratch room, to `half`."""
    zero = splat(0.0)
    none, room = (zero, zero, zero, zero), (0, M, 2 * M, 3 * M)
    for r in range(M):
        sums = minus_products(scratch, room, 0, rows, r, none)
        store(x, planes[0] + half + r, sums[0])
        store(x, planes[1] + half + r, sums[1])
        store(x, planes[2] + half + r, sums[2])
        store(x, planes[3] + half + r, sums[3])


@kernel(ADVANCE)
def advance_sparse(x, shape, run, onsite, medium, scratch):
    """Advance tiles of two complex columns; `scratch` has room for 4 M vectors."""
    M, stride = shape.width, shape.stride
    parity, slices, d = run.parity, run.slices, run.onsite
    orbitals, h, v_dagger, v_inverse = medium.orbitals, medium.h, medium.v_dagger, medium.v_inverse
    sites = M // orbitals
    for tile in range(shape.fast_tiles + shape.slow_tiles):
        first = tile * TILE * stride
        planes = (first, first + stride, first + 2 * stride, first + 3 * stride)
        here, there = parity * M, (1 - parity) * M
        for n in range(slices):
            for r in range(M):
                e = load(onsite, d + n * sites + r // orbitals)
                at = here + r
                sums = (
                    e * load(x, planes[0] + at),
                    e * load(x, planes[1] + at),
                    e * load(x, planes[2] + at),
                    e * load(x, planes[3] + at),
                )
                sums = minus_products(x, planes, here, h, r, sums)
                sums = minus_products(x, planes, there, v_dagger, r, sums)
                store(scratch, r, negative(sums[0]))
                store(scratch, M + r, negative(sums[1]))
                store(scratch, 2 * M + r, negative(sums[2]))
                store(scratch, 3 * M + r, negative(sums[3]))
            products_of_rows(x, planes, there, M, v_inverse, scratch)
            here, there = there, here
