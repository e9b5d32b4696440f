"""One slice more where bonds are random, in the gauge in which those along the wire are positive.

|v_n| phi_{n+1} = (E - eps_n - h_n) phi_n - |v_{n-1}| phi_{n-1}, with |v_n| diagonal, and 1 in most
wires (see `gauged_bonds`). Elements are real, complex or quaternions (`paired`); a tile of four
planes holds four, two or one column of them.

The values of h are lane vectors, slice by slice, from the slice on at which `onsite` begins: one,
two or four for each entry. So are |v_{n-1}|, of slice n, in `v_dagger`, and 1 / |v_n| in
`v_inverse`, one for each row; both are empty where |v| = 1.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import ADVANCE, always_inner, kernel
from qtcore.solve.projection import TILE
from qtcore.solve.random_stencil import minus_lanes


@always_inner
def _minus_real(x, planes, half, rows, first, r, sums):
    """Return four real numbers less row r of a pattern times four real columns."""
    starts, columns, values = rows.starts, rows.columns, rows.values
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        minus = negative(load(values, first + entry))
        a = fma(minus, load(x, planes[0] + j), a)
        b = fma(minus, load(x, planes[1] + j), b)
        c = fma(minus, load(x, planes[2] + j), c)
        d = fma(minus, load(x, planes[3] + j), d)
    return a, b, c, d


@always_inner
def _minus_paired(x, planes, half, rows, first, r, sums):
    """Return a quaternion less row r of a pattern times a column of quaternions."""
    starts, columns, values = rows.starts, rows.columns, rows.values
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        at = 4 * (first + entry)
        k0, k1, k2, k3 = (
            load(values, at),
            load(values, at + 1),
            load(values, at + 2),
            load(values, at + 3),
        )
        e, f = load(x, planes[0] + j), load(x, planes[1] + j)
        g, h = load(x, planes[2] + j), load(x, planes[3] + j)
        minus_0, minus_1, minus_2, minus_3 = negative(k0), negative(k1), negative(k2), negative(k3)
        a = fma(minus_0, e, fma(k1, f, fma(k2, g, fma(k3, h, a))))
        b = fma(minus_0, f, fma(minus_1, e, fma(k3, g, fma(minus_2, h, b))))
        c = fma(minus_0, g, fma(k1, h, fma(minus_2, e, fma(minus_3, f, c))))
        d = fma(minus_0, h, fma(minus_1, g, fma(minus_3, e, fma(k2, f, d))))
    return a, b, c, d


@always_inner
def _carry(x, shape, run, onsite, medium, minus):
    """Advance all tiles; `minus` takes the products of a row of h off four numbers."""
    M, stride, sites = shape.width, shape.stride, shape.width
    skipped, entries = run.onsite // sites, len(medium.h.columns)
    behind, ahead = medium.v_dagger.values, medium.v_inverse.values
    is_unit = len(ahead) == 0
    before, over = splat(1.0), splat(1.0)
    for tile in range(shape.fast_tiles):
        u = tile * TILE * stride
        v, w, z = u + stride, u + 2 * stride, u + 3 * stride
        planes = (u, v, w, z)
        here, there = run.parity * M, (1 - run.parity) * M
        for n in range(skipped, skipped + run.slices):
            for r in range(M):
                e = load(onsite, n * sites + r)
                at, to = here + r, there + r
                old = (load(x, u + to), load(x, v + to), load(x, w + to), load(x, z + to))
                if not is_unit:
                    before, over = load(behind, n * sites + r), load(ahead, n * sites + r)
                    old = (before * old[0], before * old[1], before * old[2], before * old[3])
                sums = (
                    fma(e, load(x, u + at), negative(old[0])),
                    fma(e, load(x, v + at), negative(old[1])),
                    fma(e, load(x, w + at), negative(old[2])),
                    fma(e, load(x, z + at), negative(old[3])),
                )
                sums = minus(x, planes, here, medium.h, n * entries, r, sums)
                if not is_unit:
                    sums = (over * sums[0], over * sums[1], over * sums[2], over * sums[3])
                store(x, u + to, sums[0])
                store(x, v + to, sums[1])
                store(x, w + to, sums[2])
                store(x, z + to, sums[3])
            here, there = there, here


@kernel(ADVANCE)
def advance_gauged_real(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance tiles of four real columns."""
    _carry(x, shape, run, onsite, medium, _minus_real)


@kernel(ADVANCE)
def advance_gauged(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance tiles of two complex columns."""
    _carry(x, shape, run, onsite, medium, minus_lanes)


@kernel(ADVANCE)
def advance_gauged_paired(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance tiles of a column of quaternions."""
    _carry(x, shape, run, onsite, medium, _minus_paired)
