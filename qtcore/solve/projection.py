"""Removing from columns of lane vectors their share of earlier ones, four planes at a time.

A *tile* is four planes: four real columns, or two complex ones as (real, imaginary) pairs. Tiles
are projected against earlier tiles by the modified Gram-Schmidt process. Sixteen coefficients live
in registers, so that eight loads feed sixteen fused multiply-adds.

Planes of wide wires do not stay in the first-level cache. So what is removed and what is summed for
the next tile is done in one walk over the rows, some of them at a time, for some tiles together.
Sums grow in the order of their rows, however many of these are done at a time: it changes no bit.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.lanes import fma, load, negative, on_stack, splat, store
from qtcore.solve.kernel import PROJECT_TILES, always_inner, inner, kernel, named

TILE = 4
"""Planes in a tile."""

BLOCK = 4
"""Tiles that are projected together, so that an earlier tile is fetched from memory once for all
of them."""

ROWS = 32
"""Rows of three tiles that the first-level cache holds."""

NARROW = 64
"""Rows up to which tiles stay in the first-level cache, so that one after the other is fastest."""

SUMS = 16
"""Products of the planes of two tiles."""

FACTORS = 2 * BLOCK * SUMS
"""Vectors of room for those of a block and two tiles."""


@always_inner
def eight(vectors, at):
    """Load eight vectors that follow each other."""
    return (
        load(vectors, at),
        load(vectors, at + 1),
        load(vectors, at + 2),
        load(vectors, at + 3),
        load(vectors, at + 4),
        load(vectors, at + 5),
        load(vectors, at + 6),
        load(vectors, at + 7),
    )


@always_inner
def _keep_eight(vectors, at, values):
    a, b, c, d, e, f, g, h = values
    store(vectors, at, a), store(vectors, at + 1, b)
    store(vectors, at + 2, c), store(vectors, at + 3, d)
    store(vectors, at + 4, e), store(vectors, at + 5, f)
    store(vectors, at + 6, g), store(vectors, at + 7, h)


@always_inner
def _products_real(x, q, t, stride, first, last, sums):
    """Add to 16 sums the products of planes q .. and planes t .. over some rows."""
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    c00, c01, c02, c03, c10, c11, c12, c13 = sums[:8]
    c20, c21, c22, c23, c30, c31, c32, c33 = sums[8:]
    for r in range(first, last):
        u0, u1, u2, u3 = load(x, t0 + r), load(x, t1 + r), load(x, t2 + r), load(x, t3 + r)
        a = load(x, q0 + r)
        c00, c01, c02, c03 = fma(a, u0, c00), fma(a, u1, c01), fma(a, u2, c02), fma(a, u3, c03)
        a = load(x, q1 + r)
        c10, c11, c12, c13 = fma(a, u0, c10), fma(a, u1, c11), fma(a, u2, c12), fma(a, u3, c13)
        a = load(x, q2 + r)
        c20, c21, c22, c23 = fma(a, u0, c20), fma(a, u1, c21), fma(a, u2, c22), fma(a, u3, c23)
        a = load(x, q3 + r)
        c30, c31, c32, c33 = fma(a, u0, c30), fma(a, u1, c31), fma(a, u2, c32), fma(a, u3, c33)
    return c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33


@always_inner
def _add_multiples_real(x, q, t, stride, first, last, factors):
    """Add to planes t .. multiples of planes q .., on some rows."""
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    c00, c01, c02, c03, c10, c11, c12, c13 = factors[:8]
    c20, c21, c22, c23, c30, c31, c32, c33 = factors[8:]
    for r in range(first, last):
        a0, a1, a2, a3 = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        u = load(x, t0 + r)
        store(x, t0 + r, fma(a0, c00, fma(a1, c10, fma(a2, c20, fma(a3, c30, u)))))
        u = load(x, t1 + r)
        store(x, t1 + r, fma(a0, c01, fma(a1, c11, fma(a2, c21, fma(a3, c31, u)))))
        u = load(x, t2 + r)
        store(x, t2 + r, fma(a0, c02, fma(a1, c12, fma(a2, c22, fma(a3, c32, u)))))
        u = load(x, t3 + r)
        store(x, t3 + r, fma(a0, c03, fma(a1, c13, fma(a2, c23, fma(a3, c33, u)))))


@always_inner
def _products_complex(x, q, t, stride, first, last, sums):
    """Add to 16 sums the products of the parts of columns q .. and t .. over some rows.

    The two products of each part of conj(q) t stay apart: sixteen independent chains.
    """
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    rr00, ii00, ri00, ir00, rr01, ii01, ri01, ir01 = sums[:8]
    rr10, ii10, ri10, ir10, rr11, ii11, ri11, ir11 = sums[8:]
    for r in range(first, last):
        u0, v0, u1, v1 = load(x, t0 + r), load(x, t1 + r), load(x, t2 + r), load(x, t3 + r)
        a, b = load(x, q0 + r), load(x, q1 + r)
        rr00, ii00, ri00, ir00 = (
            fma(a, u0, rr00),
            fma(b, v0, ii00),
            fma(a, v0, ri00),
            fma(b, u0, ir00),
        )
        rr01, ii01, ri01, ir01 = (
            fma(a, u1, rr01),
            fma(b, v1, ii01),
            fma(a, v1, ri01),
            fma(b, u1, ir01),
        )
        a, b = load(x, q2 + r), load(x, q3 + r)
        rr10, ii10, ri10, ir10 = (
            fma(a, u0, rr10),
            fma(b, v0, ii10),
            fma(a, v0, ri10),
            fma(b, u0, ir10),
        )
        rr11, ii11, ri11, ir11 = (
            fma(a, u1, rr11),
            fma(b, v1, ii11),
            fma(a, v1, ri11),
            fma(b, u1, ir11),
        )
    return (
        *(rr00, ii00, ri00, ir00, rr01, ii01, ri01, ir01),
        *(rr10, ii10, ri10, ir10, rr11, ii11, ri11, ir11),
    )


@always_inner
def add_multiples_complex(x, q, t, stride, first, last, c):
    """Add to two complex columns t .. multiples of columns q .., on some rows.

    `c` holds the factors, real and imaginary parts, for (q, t) = 00, 01, 10, 11.
    """
    re00, im00, re01, im01, re10, im10, re11, im11 = c
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    for r in range(first, last):
        a0, b0, a1, b1 = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        n0, n1 = negative(b0), negative(b1)
        u, v = load(x, t0 + r), load(x, t1 + r)
        store(x, t0 + r, fma(a0, re00, fma(n0, im00, fma(a1, re10, fma(n1, im10, u)))))
        store(x, t1 + r, fma(a0, im00, fma(b0, re00, fma(a1, im10, fma(b1, re10, v)))))
        u, v = load(x, t2 + r), load(x, t3 + r)
        store(x, t2 + r, fma(a0, re01, fma(n0, im01, fma(a1, re11, fma(n1, im11, u)))))
        store(x, t3 + r, fma(a0, im01, fma(b0, re01, fma(a1, im11, fma(b1, re11, v)))))


@always_inner
def _factors_real(sums):
    """Return what planes are multiplied by, from their products, to be removed from others."""
    a, b, c, d, e, f, g, h = sums[:8]
    i, j, k, m, n, o, p, q = sums[8:]
    return (
        *(negative(a), negative(b), negative(c), negative(d)),
        *(negative(e), negative(f), negative(g), negative(h)),
        *(negative(i), negative(j), negative(k), negative(m)),
        *(negative(n), negative(o), negative(p), negative(q)),
    )


@always_inner
def _factors_complex(sums):
    """Return the same for complex columns: real and imaginary parts."""
    rr00, ii00, ri00, ir00, rr01, ii01, ri01, ir01 = sums[:8]
    rr10, ii10, ri10, ir10, rr11, ii11, ri11, ir11 = sums[8:]
    return (
        *(negative(rr00 + ii00), ir00 - ri00, negative(rr01 + ii01), ir01 - ri01),
        *(negative(rr10 + ii10), ir10 - ri10, negative(rr11 + ii11), ir11 - ri11),
    )


@always_inner
def _sixteen(vectors, at):
    return (*eight(vectors, at), *eight(vectors, at + 8))


@always_inner
def _keep_sixteen(vectors, at, values):
    _keep_eight(vectors, at, values[:8])
    _keep_eight(vectors, at + 8, values[8:])


@always_inner
def _nothing():
    zero = splat(0.0)
    none = zero, zero, zero, zero, zero, zero, zero, zero
    return (*none, *none)


@inner
def _project_real(x, q, t, stride, dot_rows, rows):
    """Remove from four real columns their share of four orthonormal ones, all rows at once."""
    sums = _products_real(x, q, t, stride, 0, dot_rows, _nothing())
    _add_multiples_real(x, q, t, stride, 0, rows, _factors_real(sums))


@inner
def project_complex(x, q, t, stride, dot_rows, rows):
    """Remove from two complex columns their share of two orthonormal ones, all rows at once.

    Returns what these were multiplied by; see `add_multiples_complex`.
    """
    found = _factors_complex(_products_complex(x, q, t, stride, 0, dot_rows, _nothing()))
    add_multiples_complex(x, q, t, stride, 0, rows, found)
    return found


@inner
def _add_products(x, is_real, q, t, stride, first, last, sums, at):
    """Add to sums in memory the products of planes over some rows."""
    if is_real:
        found = _products_real(x, q, t, stride, first, last, _sixteen(sums, at))
        _keep_sixteen(sums, at, found)
    else:
        found = _products_complex(x, q, t, stride, first, last, _sixteen(sums, at))
        _keep_sixteen(sums, at, found)


@inner
def _add_multiples(x, is_real, q, t, stride, first, last, factors, at):
    """Add to planes t .. multiples of planes q .. on some rows, with factors in memory."""
    if is_real:
        _add_multiples_real(x, q, t, stride, first, last, _sixteen(factors, at))
    else:
        add_multiples_complex(x, q, t, stride, first, last, eight(factors, at))


@inner
def project_and_find(x, is_real, done, q, first, end, stride, dot_rows, rows, room):
    """Remove from tiles first .. end the share of tile `done` and find that of tile q.

    Both in one go, some rows at a time, so that rows come into the first-level cache once for the
    two. Every sum is added up in the same order as if each was done alone.

    Parameters
    ----------
    x : flat array of lane vectors
        The planes.
    is_real : bool
        Real planes, or pairs of them as complex columns.
    done, q : int
        Tiles, -1 for none. The last call was for the same tiles and for `done` as its q.
    first, end : int
        Tiles that are projected, at most `BLOCK`.
    stride, dot_rows, rows : int
        Vectors between planes; rows that define the inner product, and all rows.
    room : flat array of lane vectors
        `FACTORS` vectors: what the planes of even tiles are multiplied by, then of odd ones.
    """
    found, known = q % 2 * BLOCK * SUMS, done % 2 * BLOCK * SUMS
    for k in range(found, found + (end - first) * SUMS if q >= 0 else found):
        store(room, k, splat(0.0))
    for start in range(0, dot_rows, ROWS):
        stop = min(start + ROWS, dot_rows)
        for tile in range(first, end):
            at, t = (tile - first) * SUMS, tile * TILE
            if done >= 0:
                _add_multiples(x, is_real, done * TILE, t, stride, start, stop, room, known + at)
            if q >= 0:
                _add_products(x, is_real, q * TILE, t, stride, start, stop, room, found + at)
    for tile in range(first, end):
        at, t = (tile - first) * SUMS, tile * TILE
        if done >= 0 and rows > dot_rows:
            _add_multiples(x, is_real, done * TILE, t, stride, dot_rows, rows, room, known + at)
        if q >= 0 and is_real:
            _keep_sixteen(room, found + at, _factors_real(_sixteen(room, found + at)))
        elif q >= 0:
            _keep_eight(room, found + at, _factors_complex(_sixteen(room, found + at)))


@kernel(PROJECT_TILES)
def tile_projector(x, is_real, sources, stop, first, end, stride, dot_rows, rows):
    """Remove from tiles first .. end (at most `BLOCK`) their share of tiles sources .. stop."""
    if dot_rows <= NARROW:
        for q in range(sources, stop):
            for tile in range(first, end):
                if is_real:
                    _project_real(x, q * TILE, tile * TILE, stride, dot_rows, rows)
                else:
                    project_complex(x, q * TILE, tile * TILE, stride, dot_rows, rows)
        return
    if sources == stop:
        return
    room = on_stack(FACTORS)
    project_and_find(x, is_real, -1, sources, first, end, stride, dot_rows, rows, room)
    for q in range(sources + 1, stop):
        project_and_find(x, is_real, q - 1, q, first, end, stride, dot_rows, rows, room)
    project_and_find(x, is_real, stop - 1, -1, first, end, stride, dot_rows, rows, room)


project_tiles = named(tile_projector)
"""Calls it with a tuple of its arguments."""
