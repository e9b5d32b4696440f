"""P column by column: what a solution sends into the left lead, each with a power of two of its own.

Solutions grow apart like exp(gamma_n L), and so do the columns of P. A scale that they share keeps
the largest only; with their own every one keeps its digits at any depth, and with it every
transmission eigenvalue. Column j is to be multiplied by STEP^-n_j; n_j never grows with j, so that
earlier columns, which are the smaller ones, are added to later ones without overflow. What is two
steps below is below every rounding error.

Nor is a column added to one whose P is far smaller: that one would lose its digits. Where parts of a
wire are hardly coupled, any of them may be the one that grows. So a column that has grown far more
than an earlier one takes its place, realization by realization (`put_in_order`). It is the pivoting
of graded products, by sizes that are known before: Tomas, Chang, Scalettar and Bai, Proc. IEEE
IPDPS, 996 (2012).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

import numpy as np

from qtcore.lanes import LANES, fma, larger, load, negative, on_stack, splat, store
from qtcore.solve.kernel import ORTHONORMALISE_SLOW, always_inner, inner, kernel, named
from qtcore.solve.orthogonal import orthonormalise_complex
from qtcore.solve.projection import (
    BLOCK,
    FACTORS,
    NARROW,
    SUMS,
    TILE,
    add_multiples_complex,
    eight,
    project_and_find,
    project_complex,
)

LOG_SCALE, RECENT, PAST, TURNED, GROWN, SIZE, SHARED, SWAPPED, ORDERED, LOOSE, COLUMNS = range(11)
"""Rows of `scales`, lane by lane: logarithm of the scale that g is counted in; squared amplification
of rounding errors since the last renewal of the slow columns, and before it; how large those that
turn the last column are by now, and the most that old errors have grown to (see
`renewal.follow_errors`); largest norm of a slow
column (in lane 0, for the whole group); steps in the scale of g; whether columns have changed places
(in lane 0, for the whole group), so that P is no longer triangular; whether they may (in lane 0, as
long as the solver works on a wire); squared growth of the quickest columns, added up since all were
looked at (in lane 0, for the whole group; see `quick_looks`); from COLUMNS on, steps in the
scale of each slow column's P; behind those, the inverse square of the size of each such P; and how
large the errors are by now that mix the last column into each of the others."""

STEP = 2.0**200
LOG_STEP = math.log(STEP)
_DOWN = 2.0**-200
_SQUARED_STEP = STEP * STEP

_DISORDER = 2.0**16
"""Square of the factor by which a column may have grown more than an earlier one. That factor is
what it may lose of its digits: five of sixteen."""

_LARGEST = 2.0**900
"""Stands for the inverse square of the size of a column that is lost to underflow."""


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


@always_inner
def _project_graded(x, tiles, q, t, stride, plain_rows, rows, scales, room, at, factors):
    """Remove from P of slow tile t its share of that of tile q: rows from `plain_rows` on.

    `factors` are those of the other rows; four vectors of `room` from `at` on are written over.
    """
    _put_ratios(scales, 2 * q, 2 * t, room, at)
    re00, im00, re01, im01, re10, im10, re11, im11 = factors
    r00, r01, r10, r11 = (
        load(room, at),
        load(room, at + 1),
        load(room, at + 2),
        load(room, at + 3),
    )
    graded = (
        *(re00 * r00, im00 * r00, re01 * r01, im01 * r01),
        *(re10 * r10, im10 * r10, re11 * r11, im11 * r11),
    )
    q, t = (tiles + q) * TILE, (tiles + t) * TILE
    add_multiples_complex(x, q, t, stride, plain_rows, rows, graded)


@inner
def _orthonormalise_graded(
    x, tiles, t, columns, stride, dot_rows, plain_rows, rows, norms, scales, room, at
):
    """Orthonormalise the columns of slow tile t among themselves; see `_project_graded`."""
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
def _project_slow(
    x, tiles, sources, stop, first, end, slow, stride, dot_rows, plain_rows, scales, room, at
):
    """Remove from slow tiles first .. end their share of slow tiles sources .. stop; P follows."""
    if sources == stop or first == end:
        return
    factors = on_stack(FACTORS)
    targets = tiles + first, tiles + end, stride, dot_rows, plain_rows
    for source in range(sources, stop):
        q = tiles + source
        rows = plain_rows + rows_of(2 * source + 1, slow, scales)
        if dot_rows > NARROW:
            done = q - 1 if source > sources else -1
            project_and_find(x, False, done, q, *targets, factors)
        for tile in range(first, end):
            if dot_rows > NARROW:
                found = eight(factors, (q % 2 * BLOCK + tile - first) * SUMS)
            else:
                t = (tiles + tile) * TILE
                found = project_complex(x, q * TILE, t, stride, dot_rows, plain_rows)
            _project_graded(
                *(x, tiles, source, tile, stride, plain_rows, rows, scales, room, at, found)
            )
    if dot_rows <= NARROW:
        return
    project_and_find(x, False, tiles + stop - 1, -1, *targets, factors)


@kernel(ORTHONORMALISE_SLOW)
def slow_orthonormaliser(x, tiles, slow, stride, dot_rows, plain_rows, norms, scales, room, at):
    """Orthonormalise the slow columns, which begin behind `tiles` tiles; P follows.

    Rows from `plain_rows` on are P's. The squared norms that the columns are left with go to `norms`;
    four vectors of `room` from `at` on are written over.
    """
    slow_tiles = (slow + 1) // 2
    same = slow, stride, dot_rows, plain_rows, scales, room, at
    for block in range(0, slow_tiles, BLOCK):
        end = min(block + BLOCK, slow_tiles)
        _project_slow(x, tiles, 0, block, block, end, *same)
        for tile in range(block, end):
            rows = plain_rows + rows_of(2 * tile + 1, slow, scales)
            columns = min(2, slow - 2 * tile)
            _orthonormalise_graded(
                *(x, tiles, tile, columns, stride, dot_rows, plain_rows, rows),
                *(norms, scales, room, at),
            )
            _project_slow(x, tiles, tile, tile + 1, tile + 1, end, *same)


orthonormalise_slow = named(slow_orthonormaliser)
"""Calls it with a tuple of its arguments."""


@inner
def _multiply(x, start, stride, rows, lane, factor):
    for r in range(start, start + rows):
        x[r * LANES + lane] *= factor
        x[(r + stride) * LANES + lane] *= factor


@inner
def _first_size(scales):
    return COLUMNS + (len(scales) - COLUMNS) // 3


@inner
def first_mixed(scales):
    """Return the first of the rows that say how large errors are which mix columns."""
    return COLUMNS + 2 * ((len(scales) - COLUMNS) // 3)


@inner
def begin(scales):
    """Say that P = 1, as at the start of a group."""
    ordered = scales[ORDERED, 0]
    scales[:] = 0.0
    scales[ORDERED, 0] = ordered
    scales[_first_size(scales) : first_mixed(scales)] = 1.0


@inner
def rows_of(column, slow, scales):
    """Return how many rows the P of a slow column has; it is triangular until columns are swapped."""
    return slow if scales[SWAPPED, 0] > 0.0 else min(column + 1, slow)


@inner
def _grown(norms, scales, sizes, j, lane):
    """Return the square of how much column j has grown, but for its steps."""
    return norms[j * LANES + lane] * scales[sizes + j, lane]


@inner
def _in_units_of_next(grown, scales, j, lane):
    """Return what is counted in the steps of column j in those of the next one."""
    for _ in range(int(scales[COLUMNS + j, lane] - scales[COLUMNS + j + 1, lane])):
        grown *= _SQUARED_STEP
    return grown


@inner
def put_in_order(x, shape, norms, scales, room):
    """Let columns that have grown far more than earlier ones take their places.

    `norms` holds the squared norms of the slow columns. What a column has grown by is its norm over
    the size of its P. The first vector of `room` is written over.
    """
    slow, sizes = shape.slow, COLUMNS + 2 * shape.slow_tiles
    # All lanes at once, but for the steps: they make columns that come later the shorter ones.
    most = splat(_DISORDER)
    least, excess = splat(_LARGEST), splat(-1.0)
    for j in range(slow):
        grown = load(norms, j) * load(scales, sizes + j)
        excess = larger(excess, grown - most * least)
        least = negative(larger(negative(least), negative(grown)))
    store(room, 0, excess)
    for lane in range(LANES):
        if not room[lane] > 0.0:
            continue
        j, least = 0, np.inf
        while j < slow:
            grown = _grown(norms, scales, sizes, j, lane)
            if j > 0:
                least = _in_units_of_next(least, scales, j - 1, lane)
            if grown > _DISORDER * least:
                _move_ahead(x, shape, norms, scales, j, lane)
                j, least = 0, np.inf
            else:
                j, least = j + 1, min(least, grown)


@inner
def _move_ahead(x, shape, norms, scales, j, lane):
    """Move column j ahead of all those before it that have grown less."""
    M, stride, slow = shape.width, shape.stride, shape.slow
    sizes = COLUMNS + 2 * shape.slow_tiles
    scales[SWAPPED, 0] = 1.0
    while j > 0:
        i = j - 1
        before = _in_units_of_next(_grown(norms, scales, sizes, i, lane), scales, i, lane)
        if not (_grown(norms, scales, sizes, j, lane) > before):
            break
        start = (shape.fast_tiles * TILE + 2 * j) * stride
        for r in range(start, start + 2 * stride):
            one, other = (r - 2 * stride) * LANES + lane, r * LANES + lane
            x[one], x[other] = x[other], x[one]
        a, b = i * LANES + lane, j * LANES + lane
        norms[a], norms[b] = norms[b], norms[a]
        for at in (COLUMNS, sizes):
            scales[at + i, lane], scales[at + j, lane] = scales[at + j, lane], scales[at + i, lane]
        _keep_steps(x, start + 2 * M, stride, slow, j, lane, scales)
        j = i


@inner
def _keep_steps(x, start, stride, rows, j, lane, scales):
    """Let column j, whose P starts at vector `start`, have no more steps than the one before it."""
    while j > 0 and scales[COLUMNS + j, lane] > scales[COLUMNS + j - 1, lane]:
        _multiply(x, start, stride, rows, lane, _DOWN)
        scales[COLUMNS + j, lane] -= 1.0
        at = _first_size(scales) + j
        scales[at, lane] = min(scales[at, lane] * _SQUARED_STEP, _LARGEST)


@inner
def rescale(x, shape, scales, room):
    """Keep every column of P in range, lane by lane, by powers of two; `room` for a vector each."""
    stride, slow = shape.stride, shape.slow
    first = shape.fast_tiles * TILE * stride + 2 * shape.width
    sizes, ordered = COLUMNS + 2 * shape.slow_tiles, scales[ORDERED, 0] > 0.0
    swapped = scales[SWAPPED, 0] > 0.0
    for j in range(slow):
        start, size = first + 2 * j * stride, splat(0.0)
        for r in range(start, start + (slow if swapped else j + 1)):
            a, b = load(x, r), load(x, r + stride)
            size = larger(size, larger(larger(a, negative(a)), larger(b, negative(b))))
        store(room, j, size)
        if ordered:
            # At most _LARGEST: a minimum is a maximum of negatives.
            inverse = splat(1.0) / (size * size)
            store(scales, sizes + j, negative(larger(negative(inverse), splat(-_LARGEST))))
    for lane in range(LANES):
        overall = 0.0
        for j in range(slow):
            start, rows = first + 2 * j * stride, slow if swapped else j + 1
            largest = room[j * LANES + lane]
            steps = scales[COLUMNS + j, lane] - scales[SHARED, lane]
            overall = max(overall, largest * _down(steps))
            if largest < _DOWN:
                _multiply(x, start, stride, rows, lane, STEP)
                scales[COLUMNS + j, lane] += 1.0
                scales[sizes + j, lane] /= _SQUARED_STEP
            # Most need nothing, which a call would make expensive.
            if j > 0 and scales[COLUMNS + j, lane] > scales[COLUMNS + j - 1, lane]:
                _keep_steps(x, start, stride, rows, j, lane, scales)
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
                _multiply(y, start, stride, rows_of(j, slow, scales), lane, factor)
