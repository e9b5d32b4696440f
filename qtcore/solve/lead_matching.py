"""The ideal lead behind the last slice: from columns of solutions to transmission and reflection.

Columns of x are solutions that leave through the left lead; P holds what each of them sends out
there. In the modes of the right lead they read incoming A (open modes first) and outgoing B. So
t = P A^-1 and r = B A^-1, restricted to open incoming modes. With A = Q R (columns) that is
t = (P R^-1) Q_open^+ and r = (B R^-1) Q_open^+: the same column operations that make A unitary
turn P and B into what is wanted, and no ill-conditioned inverse is ever formed.

A column of y holds the rows A, B, P in this order.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.lanes import LANES, fma, larger, load, negative, splat, store
from qtcore.solve.graded import (
    COLUMNS,
    LOG_STEP,
    orthonormalise_slow,
    rows_of,
    share_scale,
    slow_orthonormaliser,
)
from qtcore.solve.kernel import EXPAND, MATCH, inner, kernel
from qtcore.solve.orthogonal import orthonormalise_tiles, skewed_tiles, tile_orthonormaliser
from qtcore.solve.projection import BLOCK, TILE, project_tiles, tile_projector

(
    TRANSMITTED,
    RETURNED,
    LEAST_SLOW,
    LEAST_FAST,
    CANCELLING,
    LARGEST_SLOW,
    LARGEST_FAST,
    SKEWED,
    MATCHED,
) = range(1, 10)
"""Vectors of scratch in which `match` leaves what it has found: total transmission (up to P's scale),
reflection, the smallest squared norms that a slow and a fast column were left with, the sum of squares
of what cancels in the transmission, the largest squared norms of slow and of fast columns before, and
the square of what a slow column keeps of fast ones; MATCHED is the number of all vectors there."""

_LEAST_NORM = 2.0**-200
"""Stands for a squared norm of zero."""

_MOST_SKEWED = 2.0**-64
"""Square of what a slow column may keep of fast ones, relative to what it was left with."""


@inner
def _sines(x, plane, stride, M, parity, functions, padded, out):
    """Expand two real planes in real transverse functions, both slices of each.

    `out` receives padded x 4 vectors: for every mode psi_{L-1}, psi_L of the first plane, then of
    the second one.
    """
    late = plane * stride + parity * M
    early = plane * stride + (1 - parity) * M
    other_late, other_early = late + stride, early + stride
    for m in range(0, padded, 4):
        a0 = a1 = a2 = a3 = splat(0.0)
        b0 = b1 = b2 = b3 = splat(0.0)
        c0 = c1 = c2 = c3 = splat(0.0)
        d0 = d1 = d2 = d3 = splat(0.0)
        for i in range(M):
            u, v = load(x, early + i), load(x, late + i)
            w, z = load(x, other_early + i), load(x, other_late + i)
            f = splat(functions[i, m])
            a0, b0, c0, d0 = fma(f, u, a0), fma(f, v, b0), fma(f, w, c0), fma(f, z, d0)
            f = splat(functions[i, m + 1])
            a1, b1, c1, d1 = fma(f, u, a1), fma(f, v, b1), fma(f, w, c1), fma(f, z, d1)
            f = splat(functions[i, m + 2])
            a2, b2, c2, d2 = fma(f, u, a2), fma(f, v, b2), fma(f, w, c2), fma(f, z, d2)
            f = splat(functions[i, m + 3])
            a3, b3, c3, d3 = fma(f, u, a3), fma(f, v, b3), fma(f, w, c3), fma(f, z, d3)
        o = 4 * m
        store(out, o, a0), store(out, o + 1, b0), store(out, o + 2, c0), store(out, o + 3, d0)
        o += 4
        store(out, o, a1), store(out, o + 1, b1), store(out, o + 2, c1), store(out, o + 3, d1)
        o += 4
        store(out, o, a2), store(out, o + 1, b2), store(out, o + 2, c2), store(out, o + 3, d2)
        o += 4
        store(out, o, a3), store(out, o + 1, b3), store(out, o + 2, c3), store(out, o + 3, d3)


@inner
def expand_real(x, plane, stride, M, parity, functions, weights, rows, as_pair, work, y, column):
    """Write the amplitudes of planes `plane`, `plane` + 1 to complex columns of y.

    Parameters
    ----------
    functions : (M, padded) float array
        Real transverse functions, modes padded by zeros to a multiple of four.
    weights : (rows, 5) float array
        Mode number, then complex weights of psi_{L-1} and psi_L (real, imaginary).
    as_pair : bool
        The planes are one complex column (real, imaginary); otherwise two real columns.
    work : flat array of lane vectors
        4 * padded vectors.
    y, column : flat array of lane vectors, (int, int)
        Target: the vector where the first column's real part starts, vectors between planes.
    """
    padded = functions.shape[1]
    _sines(x, plane, stride, M, parity, functions, padded, work)
    first, y_stride = column
    for k in range(rows):
        m = 4 * int(weights[k, 0])
        re0, im0 = splat(weights[k, 1]), splat(weights[k, 2])
        re1, im1 = splat(weights[k, 3]), splat(weights[k, 4])
        u, v = load(work, m), load(work, m + 1)
        w, z = load(work, m + 2), load(work, m + 3)
        real, imaginary = fma(re0, u, re1 * v), fma(im0, u, im1 * v)
        other_real, other_imaginary = fma(re0, w, re1 * z), fma(im0, w, im1 * z)
        if as_pair:
            store(y, first + k, real - other_imaginary)
            store(y, first + y_stride + k, imaginary + other_real)
        else:
            store(y, first + k, real)
            store(y, first + y_stride + k, imaginary)
            store(y, first + 2 * y_stride + k, other_real)
            store(y, first + 3 * y_stride + k, other_imaginary)


@inner
def expand_complex(x, plane, stride, M, parity, projector, rows, y, first, y_stride):
    """Write the amplitudes of one complex column to y, rows a multiple of two.

    Parameters
    ----------
    projector : (rows, 2 M, 2) float array
        Row by row the weights of psi_{L-1}, then of psi_L (real, imaginary).
    """
    for k in range(0, rows, 2):
        rr0 = ii0 = ri0 = ir0 = splat(0.0)
        rr1 = ii1 = ri1 = ir1 = splat(0.0)
        for half in range(2):
            start = plane * stride + (parity if half else 1 - parity) * M
            for i in range(M):
                u, v = load(x, start + i), load(x, start + stride + i)
                a, b = splat(projector[k, half * M + i, 0]), splat(projector[k, half * M + i, 1])
                rr0, ii0, ri0, ir0 = fma(a, u, rr0), fma(b, v, ii0), fma(a, v, ri0), fma(b, u, ir0)
                a = splat(projector[k + 1, half * M + i, 0])
                b = splat(projector[k + 1, half * M + i, 1])
                rr1, ii1, ri1, ir1 = fma(a, u, rr1), fma(b, v, ii1), fma(a, v, ri1), fma(b, u, ir1)
        store(y, first + k, rr0 - ii0)
        store(y, first + y_stride + k, ri0 + ir0)
        store(y, first + k + 1, rr1 - ii1)
        store(y, first + y_stride + k + 1, ri1 + ir1)


@inner
def orthonormalise_incoming(y, fast_tiles, fast, slow_tiles, slow, stride, M, norms, scales):
    """Make the incoming amplitudes A of all columns orthonormal; B and P follow.

    The columns lie in tiles of two, the fast ones first. The fast ones send nothing into the left
    lead: they have no P. Returns the smallest squared norms that a slow column and a fast one were
    left with.
    """
    orthonormalise_tiles((y, False, fast_tiles, fast, stride, M, M + slow, norms))
    least_fast = _least(norms, fast)
    for block in range(0, slow_tiles, BLOCK):
        first, last = fast_tiles + block, fast_tiles + min(block + BLOCK, slow_tiles)
        project_tiles((y, False, 0, fast_tiles, first, last, stride, M, M + slow))
    orthonormalise_slow((y, fast_tiles, slow, stride, M, M + slow, norms, scales, norms, M))
    return _least(norms, slow), least_fast


@inner
def _least(norms, columns):
    """Return the smallest of some squared norms, at most 1."""
    least = splat(1.0)
    for j in range(columns):
        least = negative(larger(negative(least), negative(load(norms, j))))
    return least


@inner
def _summed_squares(y, first_plane, planes, stride, first_row, rows):
    """Return the sum of squares of some rows of some planes."""
    result, other = splat(0.0), splat(0.0)
    for p in range(first_plane, first_plane + planes, 2):
        start = p * stride + first_row
        for r in range(rows):
            a, b = load(y, start + r), load(y, start + stride + r)
            result, other = fma(a, a, result), fma(b, b, other)
    return result + other


@inner
def _largest(x, first_plane, planes, stride, rows):
    """Return the largest sum of squares of two planes, at least 1."""
    largest = splat(1.0)
    for p in range(first_plane, first_plane + planes, 2):
        largest = larger(largest, _summed_squares(x, p, 2, stride, 0, rows))
    return largest


@inner
def _summed_products(y, first, columns, stride, out, out_rows, into, into_rows, triangular):
    """Return sum over m, n of |sum_j O[m, j] conj(Q[n, j])|² for rows O of y and rows Q of y.

    O are the rows out .. out + out_rows of the complex columns first .. first + columns, Q the
    rows from `into` on; `triangular` says that O[m, j] = 0 for j < m.
    """
    result = splat(0.0)
    for m in range(0, out_rows, 2):
        start = m if triangular else 0
        for n in range(0, into_rows, 2):
            rr00 = ii00 = ri00 = ir00 = splat(0.0)
            rr01 = ii01 = ri01 = ir01 = splat(0.0)
            rr10 = ii10 = ri10 = ir10 = splat(0.0)
            rr11 = ii11 = ri11 = ir11 = splat(0.0)
            for j in range(first + start, first + columns):
                re = 2 * j * stride
                im = re + stride
                a, b = load(y, re + into + n), load(y, im + into + n)
                c, d = load(y, re + into + n + 1), load(y, im + into + n + 1)
                o, p = load(y, re + out + m), load(y, im + out + m)
                rr00, ii00, ri00, ir00 = (
                    fma(o, a, rr00),
                    fma(p, b, ii00),
                    fma(o, b, ri00),
                    fma(p, a, ir00),
                )
                rr01, ii01, ri01, ir01 = (
                    fma(o, c, rr01),
                    fma(p, d, ii01),
                    fma(o, d, ri01),
                    fma(p, c, ir01),
                )
                o, p = load(y, re + out + m + 1), load(y, im + out + m + 1)
                rr10, ii10, ri10, ir10 = (
                    fma(o, a, rr10),
                    fma(p, b, ii10),
                    fma(o, b, ri10),
                    fma(p, a, ir10),
                )
                rr11, ii11, ri11, ir11 = (
                    fma(o, c, rr11),
                    fma(p, d, ii11),
                    fma(o, d, ri11),
                    fma(p, c, ir11),
                )
            re, im = rr00 + ii00, ir00 - ri00
            result = fma(re, re, fma(im, im, result))
            if n + 1 < into_rows:
                re, im = rr01 + ii01, ir01 - ri01
                result = fma(re, re, fma(im, im, result))
            if m + 1 < out_rows:
                re, im = rr10 + ii10, ir10 - ri10
                result = fma(re, re, fma(im, im, result))
            if n + 1 < into_rows and m + 1 < out_rows:
                re, im = rr11 + ii11, ir11 - ri11
                result = fma(re, re, fma(im, im, result))
    return result


@inner
def transmission(y, fast_tiles, slow, stride, M, scales):
    """Return sum of |t|² (in units of P's scale) of orthonormal columns."""
    first, triangular = 2 * fast_tiles, rows_of(0, slow, scales) == 1
    return _summed_products(y, first, slow, stride, M + slow, slow, 0, slow, triangular)


@inner
def reflection(y, fast_tiles, fast, slow, stride, M):
    """Return sum of |r|² of orthonormal columns.

    Over all incoming modes less over the closed ones: fewer products, and nothing is lost, since
    the reflection is only wanted to absolute accuracy.
    """
    columns = 2 * fast_tiles + slow
    everything = _summed_squares(y, 0, 2 * (columns + columns % 2), stride, M, slow)
    if fast == 0:
        return everything
    return everything - _summed_products(y, 0, columns, stride, M, slow, slow, fast, False)


@inner
def write_factors(y, fast_tiles, slow, stride, M, scales, out):
    """Write t = P diag(exp(logs)) Q^+ as lane vectors: (P and Q, row, column, part), then the logs."""
    first = 2 * fast_tiles
    for m in range(slow):
        for j in range(slow):
            re = 2 * (first + j) * stride
            im = re + stride
            to = 2 * (m * slow + j)
            is_there = m < rows_of(j, slow, scales)
            store(out, to, load(y, re + M + slow + m) if is_there else splat(0.0))
            store(out, to + 1, load(y, im + M + slow + m) if is_there else splat(0.0))
            to += 2 * slow * slow
            store(out, to, load(y, re + m))
            store(out, to + 1, load(y, im + m))
    for j in range(slow):
        for lane in range(LANES):
            out[(4 * slow * slow + j) * LANES + lane] = -LOG_STEP * scales[COLUMNS + j, lane]


@inner
def turn(projector, out, phase_early, phase_late):
    """Take the lead's modes into the gauge of the sample.

    Parameters
    ----------
    projector, out : (rows, 2 M, 2) float arrays
        Weights of psi_{L-1} and psi_L (real, imaginary), and the turned ones.
    phase_early, phase_late : float
        Phase gained per site across, on psi_{L-1} and on psi_L.
    """
    M = projector.shape[1] // 2
    for i in range(M):
        for half in range(2):
            angle = (phase_late if half else phase_early) * i
            c, s = math.cos(angle), math.sin(angle)
            column = half * M + i
            for k in range(projector.shape[0]):
                re, im = projector[k, column, 0], projector[k, column, 1]
                out[k, column, 0] = re * c - im * s
                out[k, column, 1] = re * s + im * c


@kernel(EXPAND)
def expand_real_columns(x, y, shape, parity, length, lead, scratch):  # noqa: ARG001 # called like the others
    """Write the amplitudes of all columns where the fast ones are real."""
    M, stride, fast, slow = shape.width, shape.stride, shape.fast, shape.slow
    functions, weights = lead.functions, lead.weights
    rows = M + slow
    y_stride = M + 2 * slow + 1
    slow_first, y_slow_first = shape.fast_tiles * TILE, (fast + 1) // 2 * TILE
    for pair in range((fast + 1) // 2 + slow):
        as_pair = 2 * pair >= fast
        plane, y_plane = 2 * pair, 4 * pair
        if as_pair:
            j = pair - (fast + 1) // 2
            plane, y_plane = slow_first + 2 * j, y_slow_first + 2 * j
        target = (y_plane * y_stride, y_stride)
        expand_real(
            x, plane, stride, M, parity, functions, weights, rows, as_pair, scratch, y, target
        )


@kernel(EXPAND)
def expand_complex_columns(x, y, shape, parity, length, lead, scratch):  # noqa: ARG001 # called like the others
    """Write the amplitudes of all columns where all are complex."""
    M, stride, fast, slow = shape.width, shape.stride, shape.fast, shape.slow
    turned, phase = lead.turned, lead.phase
    y_stride = M + 2 * slow + 1
    early = phase * (length - 1)
    turn(lead.projector, turned, early, phase * length if lead.field_in_leads else early)
    rows = turned.shape[0]
    slow_first, y_slow_first = shape.fast_tiles * TILE, (fast + 1) // 2 * TILE
    for j in range(fast + slow):
        plane, y_plane = 2 * j, 2 * j
        if j >= fast:
            plane, y_plane = slow_first + 2 * (j - fast), y_slow_first + 2 * (j - fast)
        expand_complex(x, plane, stride, M, parity, turned, rows, y, y_plane * y_stride, y_stride)


@kernel(MATCH, tile_projector, tile_orthonormaliser, slow_orthonormaliser)
def match(x, y, shape, norms, scratch, scales, factors):
    """Attach the right lead to columns that `y` holds in terms of its modes.

    `scratch` receives what was found, from `TRANSMITTED` on; `factors` those of t, if it has room.
    """
    M, stride, fast, slow = shape.width, shape.stride, shape.fast, shape.slow
    fast_tiles, slow_tiles = shape.fast_tiles, shape.slow_tiles
    rows = M + slow
    y_stride = M + 2 * slow + 1
    y_fast_tiles = (fast + 1) // 2
    for p in range(2 * slow):
        plane, y_plane = fast_tiles * TILE + p, y_fast_tiles * TILE + p
        for r in range(slow):
            store(y, y_plane * y_stride + rows + r, load(x, plane * stride + 2 * M + r))
    incoming = (y, y_fast_tiles, fast, slow_tiles, slow, y_stride, M, norms, scales)
    size = _largest(y, y_fast_tiles * TILE, 2 * slow, y_stride, M)
    least, least_fast = orthonormalise_incoming(*incoming)
    skewed = skewed_tiles(y, fast, y_stride, M) * size / larger(least, splat(_LEAST_NORM))
    store(scratch, SKEWED, skewed)
    worst = 0.0
    for lane in range(LANES):
        worst = max(worst, scratch[SKEWED * LANES + lane])
    if worst > _MOST_SKEWED:
        orthonormalise_incoming(*incoming)
        store(scratch, SKEWED, splat(0.0))
    if len(factors) > 0:
        write_factors(y, y_fast_tiles, slow, y_stride, M, scales, factors)
    share_scale(y, 2 * y_fast_tiles, slow, y_stride, rows, scales)
    store(scratch, LEAST_SLOW, least)
    store(scratch, LEAST_FAST, least_fast)
    summed = _summed_squares(y, y_fast_tiles * TILE, 2 * slow, y_stride, rows, slow)
    store(scratch, CANCELLING, summed)
    store(scratch, LARGEST_SLOW, _largest(x, fast_tiles * TILE, 2 * slow, stride, 2 * M))
    store(scratch, LARGEST_FAST, _largest(x, 0, fast_tiles * TILE, stride, 2 * M))
    store(scratch, TRANSMITTED, transmission(y, y_fast_tiles, slow, y_stride, M, scales))
    store(scratch, RETURNED, reflection(y, y_fast_tiles, fast, slow, y_stride, M))
