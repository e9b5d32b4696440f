"""P column by column: what a solution sends into the left lead, each with a power of two of its own.

Solutions grow apart like exp(gamma_n L), and so do the columns of P. A scale that they share keeps
the largest only; with their own every one keeps its digits at any depth, and with it every
transmission eigenvalue. Column j is to be multiplied by STEP^-n_j; n_j never grows with j, so that
earlier columns, which are the smaller ones, are added to later ones without overflow. What is two
steps below is below every rounding error.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.lanes import LANES, fma, load, negative, store
from qtcore.solve.kernel import inner
from qtcore.solve.orthogonal import TILE, orthonormalise_complex, project_complex

LOG_SCALE, RECENT, PAST, SIZE, SHARED, COLUMNS = range(6)
"""Rows of `scales`, lane by lane: logarithm of the scale that g is counted in; squared amplification
of rounding errors since the last renewal of the slow columns, and before it; largest norm of a slow
column (in lane 0, for the whole group); steps in the scale of g; and from COLUMNS on, those in the
scale of each slow column's P."""

STEP = 2.0**200
LOG_STEP = math.log(STEP)
_DOWN = 2.0**-200


@inner
def _down(steps):
    return 1.0 if steps == 0.0 else (_DOWN if steps == 1.0 else 0.0)


@inner
def _put_ratios(scales, q, t, room, at):
    """Put scales of columns q, q + 1 over those of t, t + 1 to vectors `at` .. of `room`."""
    for a in range(2):
        for b in range(2):
            for lane in range(LANES):
                steps = scales[COLUMNS + q + a, lane] - scales[COLUMNS + t + b, lane]
                room[(at + 2 * a + b) * LANES + lane] = _down(steps)


@inner
def project_graded(x, tiles, q, t, stride, dot_rows, plain_rows, rows, scales, room, at):
    """Remove from slow tile t its share of tile q; rows from `plain_rows` on are P's.

    `tiles` is the number of tiles before the slow ones; four vectors of `room` from `at` on are
    written over.
    """
    first_q, first_t = (tiles + q) * TILE, (tiles + t) * TILE
    c = project_complex(x, first_q, first_t, stride, dot_rows, plain_rows)
    _put_ratios(scales, 2 * q, 2 * t, room, at)
    r00, r01, r10, r11 = (
        load(room, at),
        load(room, at + 1),
        load(room, at + 2),
        load(room, at + 3),
    )
    re00, im00, re01, im01 = c[0] * r00, c[1] * r00, c[2] * r01, c[3] * r01
    re10, im10, re11, im11 = c[4] * r10, c[5] * r10, c[6] * r11, c[7] * r11
    q0, t0 = first_q * stride, first_t * stride
    q1, q2, q3 = q0 + stride, q0 + 2 * stride, q0 + 3 * stride
    t1, t2, t3 = t0 + stride, t0 + 2 * stride, t0 + 3 * stride
    for r in range(plain_rows, rows):
        a0, b0, a1, b1 = load(x, q0 + r), load(x, q1 + r), load(x, q2 + r), load(x, q3 + r)
        n0, n1 = negative(b0), negative(b1)
        u, v = load(x, t0 + r), load(x, t1 + r)
        store(x, t0 + r, fma(a0, re00, fma(n0, im00, fma(a1, re10, fma(n1, im10, u)))))
        store(x, t1 + r, fma(a0, im00, fma(b0, re00, fma(a1, im10, fma(b1, re10, v)))))
        u, v = load(x, t2 + r), load(x, t3 + r)
        store(x, t2 + r, fma(a0, re01, fma(n0, im01, fma(a1, re11, fma(n1, im11, u)))))
        store(x, t3 + r, fma(a0, im01, fma(b0, re01, fma(a1, im11, fma(b1, re11, v)))))


@inner
def orthonormalise_graded(
    x, tiles, t, columns, stride, dot_rows, plain_rows, rows, norms, scales, room, at
):
    """Orthonormalise the columns of slow tile t among themselves; see `project_graded`."""
    u = (tiles + t) * TILE * stride
    minus_re, minus_im, first, second = orthonormalise_complex(
        x, (tiles + t) * TILE, columns, stride, dot_rows, plain_rows, norms, 2 * t
    )
    _put_ratios(scales, 2 * t, 2 * t, room, at)
    minus_re, minus_im = minus_re * load(room, at + 1), minus_im * load(room, at + 1)
    im = negative(minus_im)
    v, w, z = u + stride, u + 2 * stride, u + 3 * stride
    for r in range(plain_rows, rows):
        a, b = load(x, u + r) * first, load(x, v + r) * first
        store(x, u + r, a)
        store(x, v + r, b)
        if columns > 1:
            c, d = load(x, w + r), load(x, z + r)
            store(x, w + r, fma(a, minus_re, fma(b, im, c)) * second)
            store(x, z + r, fma(a, minus_im, fma(b, minus_re, d)) * second)


@inner
def _multiply(x, start, stride, rows, lane, factor):
    for r in range(start, start + rows):
        x[r * LANES + lane] *= factor
        x[(r + stride) * LANES + lane] *= factor


@inner
def rescale(x, shape, scales):
    """Keep every column of P in range, lane by lane, by powers of two."""
    M, stride, fast_tiles, slow = shape[0], shape[1], shape[3], shape[4]
    first = fast_tiles * TILE * stride + 2 * M
    for lane in range(LANES):
        overall = 0.0
        for j in range(slow):
            start = first + 2 * j * stride
            largest = 0.0
            for r in range(start, start + j + 1):
                largest = max(largest, abs(x[r * LANES + lane]))
                largest = max(largest, abs(x[(r + stride) * LANES + lane]))
            steps = scales[COLUMNS + j, lane] - scales[SHARED, lane]
            overall = max(overall, largest * _down(steps))
            if largest < _DOWN:
                _multiply(x, start, stride, j + 1, lane, STEP)
                scales[COLUMNS + j, lane] += 1.0
            while j > 0 and scales[COLUMNS + j, lane] > scales[COLUMNS + j - 1, lane]:
                _multiply(x, start, stride, j + 1, lane, _DOWN)
                scales[COLUMNS + j, lane] -= 1.0
        if 0.0 < overall < _DOWN:
            scales[SHARED, lane] += 1.0
            scales[LOG_SCALE, lane] -= LOG_STEP


@inner
def share_scale(y, first, slow, stride, first_row, scales):
    """Bring the columns of P in y, complex ones from `first` on, to the scale of g."""
    for j in range(slow):
        start = 2 * (first + j) * stride + first_row
        for lane in range(LANES):
            factor = _down(scales[COLUMNS + j, lane] - scales[SHARED, lane])
            if factor != 1.0:
                _multiply(y, start, stride, j + 1, lane, factor)
