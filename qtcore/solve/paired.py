"""Gram-Schmidt where time reversal pairs the columns: one of each Kramers pair is carried.

Time reversal takes a spinor (u, d) to (-d*, u*), and what commutes with it are quaternions: the
hopping is a matrix of them, and a pair of columns is one column of quaternions a + ib + (c + id)j,
u = a + ib, d = -(c + id)*. The four planes of a tile are a, b, c and d.

A column and its partner are orthogonal and equally long, and stay so: projecting both of an earlier
pair out of a column, and the partners of that out of its partner, is one product of quaternions.
The R of all columns in the order (first, its partner, second, its partner ...) so has every diagonal
element twice, and the one carried half holds all of it.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.lanes import LANES, fma, load, negative, splat, square_root, store
from qtcore.solve.kernel import RENEW_FAST, inner, kernel
from qtcore.solve.projection import TILE


@inner
def project_paired(x, q, t, stride, rows):
    """Remove from one column of quaternions (planes t ..) its share of a normalised one (q ..)."""
    q0 = q * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t0 = t * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    # The sixteen products of conj(q) t apart: as many independent chains.
    aa = bb = cc = dd = splat(0.0)
    ab = ba = cd = dc = splat(0.0)
    ac = ca = bd = db = splat(0.0)
    ad = da = bc = cb = splat(0.0)
    for r in range(rows):
        e, f, g, h = load(x, t0 + r), load(x, t1 + r), load(x, t2 + r), load(x, t3 + r)
        a, b, c, d = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        aa, bb, cc, dd = fma(a, e, aa), fma(b, f, bb), fma(c, g, cc), fma(d, h, dd)
        ab, ba, cd, dc = fma(a, f, ab), fma(b, e, ba), fma(c, h, cd), fma(d, g, dc)
        ac, ca, bd, db = fma(a, g, ac), fma(c, e, ca), fma(b, h, bd), fma(d, f, db)
        ad, da, bc, cb = fma(a, h, ad), fma(d, e, da), fma(b, g, bc), fma(c, f, cb)
    k0 = negative((aa + bb) + (cc + dd))
    k1 = (ba - ab) + (cd - dc)
    k2 = (ca - ac) + (db - bd)
    k3 = (da - ad) + (bc - cb)
    minus_1, minus_2, minus_3 = negative(k1), negative(k2), negative(k3)
    for r in range(rows):
        a, b, c, d = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        e, f, g, h = load(x, t0 + r), load(x, t1 + r), load(x, t2 + r), load(x, t3 + r)
        store(x, t0 + r, fma(a, k0, fma(b, minus_1, fma(c, minus_2, fma(d, minus_3, e)))))
        store(x, t1 + r, fma(a, k1, fma(b, k0, fma(d, minus_2, fma(c, k3, f)))))
        store(x, t2 + r, fma(a, k2, fma(b, minus_3, fma(c, k0, fma(d, k1, g)))))
        store(x, t3 + r, fma(a, k3, fma(b, k2, fma(d, k0, fma(c, minus_1, h)))))


@inner
def _normalise(x, t, stride, rows, norms, number):
    """Give one column of quaternions the norm 1; its squared norm goes to `norms`."""
    planes = (t * stride, (t + 1) * stride, (t + 2) * stride, (t + 3) * stride)
    aa = bb = cc = dd = splat(0.0)
    for r in range(rows):
        a, b = load(x, planes[0] + r), load(x, planes[1] + r)
        c, d = load(x, planes[2] + r), load(x, planes[3] + r)
        aa, bb, cc, dd = fma(a, a, aa), fma(b, b, bb), fma(c, c, cc), fma(d, d, dd)
    square = (aa + bb) + (cc + dd)
    store(norms, number, square)
    inverse = splat(1.0) / square_root(square)
    for plane in planes:
        for r in range(rows):
            store(x, plane + r, load(x, plane + r) * inverse)


@kernel(RENEW_FAST)
def renew_paired(x, shape, is_real, norms):  # noqa: ARG001 # called like the other one
    """Orthonormalise columns of quaternions, one for each tile; see `renewal.renew_fast`."""
    stride, columns, rows = shape.stride, shape.fast, 2 * shape.width
    for column in range(columns):
        for earlier in range(column):
            project_paired(x, earlier * TILE, column * TILE, stride, rows)
        _normalise(x, column * TILE, stride, rows, norms, column)
    most, least = 1.0, 1.0
    for lane in range(LANES):
        for j in range(columns):
            square = norms[j * LANES + lane]
            # A NaN must win, so that it is seen.
            if not (square <= most):
                most = square
            least = min(least, square)
    return math.sqrt(most / least)
