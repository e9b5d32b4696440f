"""Gram-Schmidt on columns of lane vectors, four planes at a time.

A *tile* is four planes: four real columns, or two complex ones as (real, imaginary) pairs. Tiles
are projected against earlier tiles by the modified Gram-Schmidt process, whose loss of
orthogonality is harmless here: all that counts is that the columns stay far from dependent.
Sixteen coefficients live in registers, so that eight loads feed sixteen fused multiply-adds.
`dot_rows` of a plane define the inner product; the column operations apply to all `rows`.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.lanes import fma, larger, load, negative, splat, square_root, store
from qtcore.solve.kernel import inner

TILE = 4
"""Planes in a tile."""

BLOCK = 4
"""Tiles that are projected together, so that an earlier tile is fetched from memory once for all
of them."""


@inner
def project_real(x, q, t, stride, dot_rows, rows):
    """Remove from four real columns (planes t ..) their share of four orthonormal ones (q ..)."""
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    c00 = c01 = c02 = c03 = splat(0.0)
    c10 = c11 = c12 = c13 = splat(0.0)
    c20 = c21 = c22 = c23 = splat(0.0)
    c30 = c31 = c32 = c33 = splat(0.0)
    for r in range(dot_rows):
        u0, u1, u2, u3 = load(x, t0 + r), load(x, t1 + r), load(x, t2 + r), load(x, t3 + r)
        a = load(x, q0 + r)
        c00, c01, c02, c03 = fma(a, u0, c00), fma(a, u1, c01), fma(a, u2, c02), fma(a, u3, c03)
        a = load(x, q1 + r)
        c10, c11, c12, c13 = fma(a, u0, c10), fma(a, u1, c11), fma(a, u2, c12), fma(a, u3, c13)
        a = load(x, q2 + r)
        c20, c21, c22, c23 = fma(a, u0, c20), fma(a, u1, c21), fma(a, u2, c22), fma(a, u3, c23)
        a = load(x, q3 + r)
        c30, c31, c32, c33 = fma(a, u0, c30), fma(a, u1, c31), fma(a, u2, c32), fma(a, u3, c33)
    c00, c01, c02, c03 = negative(c00), negative(c01), negative(c02), negative(c03)
    c10, c11, c12, c13 = negative(c10), negative(c11), negative(c12), negative(c13)
    c20, c21, c22, c23 = negative(c20), negative(c21), negative(c22), negative(c23)
    c30, c31, c32, c33 = negative(c30), negative(c31), negative(c32), negative(c33)
    for r in range(rows):
        a0, a1, a2, a3 = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        u = load(x, t0 + r)
        store(x, t0 + r, fma(a0, c00, fma(a1, c10, fma(a2, c20, fma(a3, c30, u)))))
        u = load(x, t1 + r)
        store(x, t1 + r, fma(a0, c01, fma(a1, c11, fma(a2, c21, fma(a3, c31, u)))))
        u = load(x, t2 + r)
        store(x, t2 + r, fma(a0, c02, fma(a1, c12, fma(a2, c22, fma(a3, c32, u)))))
        u = load(x, t3 + r)
        store(x, t3 + r, fma(a0, c03, fma(a1, c13, fma(a2, c23, fma(a3, c33, u)))))


@inner
def project_complex(x, q, t, stride, dot_rows, rows):
    """Remove from two complex columns (planes t ..) their share of two orthonormal ones (q ..).

    Returns what they were multiplied by: real and imaginary parts, for (q, t) = 00, 01, 10, 11.
    """
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    # Accumulators of conj(q) t, the two products of each part apart: sixteen independent chains.
    rr00 = ii00 = ri00 = ir00 = splat(0.0)
    rr01 = ii01 = ri01 = ir01 = splat(0.0)
    rr10 = ii10 = ri10 = ir10 = splat(0.0)
    rr11 = ii11 = ri11 = ir11 = splat(0.0)
    for r in range(dot_rows):
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
    re00, im00 = negative(rr00 + ii00), ir00 - ri00
    re01, im01 = negative(rr01 + ii01), ir01 - ri01
    re10, im10 = negative(rr10 + ii10), ir10 - ri10
    re11, im11 = negative(rr11 + ii11), ir11 - ri11
    for r in range(rows):
        a0, b0, a1, b1 = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        n0, n1 = negative(b0), negative(b1)
        u, v = load(x, t0 + r), load(x, t1 + r)
        store(x, t0 + r, fma(a0, re00, fma(n0, im00, fma(a1, re10, fma(n1, im10, u)))))
        store(x, t1 + r, fma(a0, im00, fma(b0, re00, fma(a1, im10, fma(b1, re10, v)))))
        u, v = load(x, t2 + r), load(x, t3 + r)
        store(x, t2 + r, fma(a0, re01, fma(n0, im01, fma(a1, re11, fma(n1, im11, u)))))
        store(x, t3 + r, fma(a0, im01, fma(b0, re01, fma(a1, im11, fma(b1, re11, v)))))
    return re00, im00, re01, im01, re10, im10, re11, im11


@inner
def orthonormalise_real(x, t, columns, stride, rows, norms, first_norm):
    """Orthonormalise up to four real columns among themselves.

    Their squared norms behind the projections go to `norms` from number `first_norm` on.
    """
    for j in range(columns):
        u = (t + j) * stride
        for i in range(j):
            q = (t + i) * stride
            c = splat(0.0)
            for r in range(rows):
                c = fma(load(x, q + r), load(x, u + r), c)
            c = negative(c)
            for r in range(rows):
                store(x, u + r, fma(c, load(x, q + r), load(x, u + r)))
        square = splat(0.0)
        for r in range(rows):
            a = load(x, u + r)
            square = fma(a, a, square)
        store(norms, first_norm + j, square)
        inverse = splat(1.0) / square_root(square)
        for r in range(rows):
            store(x, u + r, load(x, u + r) * inverse)


@inner
def _squared_norm(x, u, v, rows):
    """Return the squared norm of the complex column whose parts start at vectors u and v."""
    even, odd = splat(0.0), splat(0.0)
    for r in range(rows):
        a, b = load(x, u + r), load(x, v + r)
        even, odd = fma(a, a, even), fma(b, b, odd)
    return even + odd


@inner
def orthonormalise_complex(x, t, columns, stride, dot_rows, rows, norms, first_norm):
    """Orthonormalise up to two complex columns among themselves; see `orthonormalise_real`.

    Returns what the first column was multiplied by to be added to the second one (real part,
    imaginary part), and what each was multiplied by at last.
    """
    minus_re, minus_im = splat(0.0), splat(0.0)
    first_inverse, inverse = splat(1.0), splat(1.0)
    for j in range(columns):
        u = (t + 2 * j) * stride
        v = u + stride
        if j == 1:
            q = t * stride
            p = q + stride
            rr = ii = ri = ir = splat(0.0)
            for r in range(dot_rows):
                a, b = load(x, q + r), load(x, p + r)
                c, d = load(x, u + r), load(x, v + r)
                rr, ii, ri, ir = fma(a, c, rr), fma(b, d, ii), fma(a, d, ri), fma(b, c, ir)
            minus_re, im = negative(rr + ii), ri - ir
            minus_im = negative(im)
            for r in range(rows):
                a, b = load(x, q + r), load(x, p + r)
                store(x, u + r, fma(a, minus_re, fma(b, im, load(x, u + r))))
                store(x, v + r, fma(a, minus_im, fma(b, minus_re, load(x, v + r))))
        square = _squared_norm(x, u, v, dot_rows)
        store(norms, first_norm + j, square)
        inverse = splat(1.0) / square_root(square)
        if j == 0:
            first_inverse = inverse
        for r in range(rows):
            store(x, u + r, load(x, u + r) * inverse)
            store(x, v + r, load(x, v + r) * inverse)
    return minus_re, minus_im, first_inverse, inverse


@inner
def squared_norms(x, t, columns, stride, rows, norms, first_norm):
    """Store the squared norms of up to two complex columns and return the larger."""
    u0 = t * stride
    v0, u1, v1 = u0 + stride, u0 + 2 * stride, u0 + 3 * stride
    re0 = im0 = re1 = im1 = splat(0.0)
    for r in range(rows):
        a, b, c, d = load(x, u0 + r), load(x, v0 + r), load(x, u1 + r), load(x, v1 + r)
        re0, im0, re1, im1 = fma(a, a, re0), fma(b, b, im0), fma(c, c, re1), fma(d, d, im1)
    first, second = re0 + im0, re1 + im1
    store(norms, first_norm, first)
    if columns > 1:
        store(norms, first_norm + 1, second)
    # A column that only fills up the tile is zero and never the larger one.
    return larger(first, second)
