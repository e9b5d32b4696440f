"""The ideal lead behind the last slice: from columns of solutions to transmission and reflection.

Columns of x are solutions that leave through the left lead; P holds what each of them sends out
there. In the modes of the right lead they read incoming A (open modes first) and outgoing B. So
t = P A^-1 and r = B A^-1, restricted to open incoming modes. With A = Q R (columns) that is
t = (P R^-1) Q_open^+ and r = (B R^-1) Q_open^+: the same column operations that make A unitary
turn P and B into what is wanted, and no ill-conditioned inverse is ever formed.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from numba import njit

from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.orthogonal import TILE, orthonormalise_complex, project_complex


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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
    y, column : flat array of lane vectors, (int, int, int)
        Target: the vectors where column's real part starts, its stride, unused.
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


@njit(nogil=True, cache=True)
def expand_field(x, plane, stride, M, parity, projector, rows, y, first, y_stride):
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


@njit(nogil=True, cache=True)
def orthonormalise_incoming(y, fast_tiles, fast, slow_tiles, slow, stride, A, with_B, all_rows, norms):
    """Make the incoming amplitudes of all columns orthonormal, the others follow.

    The columns lie in tiles of two, `fast` ones first; the fast ones send nothing through, so
    their rows end at `with_B`.
    """
    tiles = fast_tiles + slow_tiles
    for tile in range(tiles):
        t = tile * TILE
        is_fast = tile < fast_tiles
        for earlier in range(tile):
            rows = with_B if earlier < fast_tiles else all_rows
            project_complex(y, earlier * TILE, t, stride, A, rows)
        columns = min(2, fast - 2 * tile) if is_fast else min(2, slow - 2 * (tile - fast_tiles))
        rows = with_B if is_fast else all_rows
        orthonormalise_complex(y, t, columns, stride, A, rows, norms, 0)


@njit(nogil=True, cache=True)
def total(y, first_tile, tiles, stride, first_row, N, square):
    """Return sum over open outgoing m and open incoming n of |sum_j O[m, j] conj(Q[n, j])|².

    Rows `first_row` .. of the columns j hold O, rows 0 .. hold Q; `square` is a scratch vector.
    """
    result = splat(0.0)
    for m in range(0, N, 2):
        for n in range(0, N, 2):
            rr00 = ir00 = rr01 = ir01 = splat(0.0)
            rr10 = ir10 = rr11 = ir11 = splat(0.0)
            for column in range(2 * tiles):
                re = (first_tile * TILE + 2 * column) * stride
                im = re + stride
                o, p = load(y, re + first_row + m), load(y, im + first_row + m)
                a, b = load(y, re + n), load(y, im + n)
                rr00, ir00 = fma(o, a, fma(p, b, rr00)), fma(p, a, fma(negative(o), b, ir00))
                c, d = load(y, re + n + 1), load(y, im + n + 1)
                rr01, ir01 = fma(o, c, fma(p, d, rr01)), fma(p, c, fma(negative(o), d, ir01))
                o, p = load(y, re + first_row + m + 1), load(y, im + first_row + m + 1)
                rr10, ir10 = fma(o, a, fma(p, b, rr10)), fma(p, a, fma(negative(o), b, ir10))
                rr11, ir11 = fma(o, c, fma(p, d, rr11)), fma(p, c, fma(negative(o), d, ir11))
            result = fma(rr00, rr00, fma(ir00, ir00, result))
            if n + 1 < N:
                result = fma(rr01, rr01, fma(ir01, ir01, result))
            if m + 1 < N:
                result = fma(rr10, rr10, fma(ir10, ir10, result))
            if n + 1 < N and m + 1 < N:
                result = fma(rr11, rr11, fma(ir11, ir11, result))
    return result


@njit(nogil=True, cache=True)
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
