"""Keeping columns apart: the fast ones at every look, the slow ones when they have grown.

Fast columns come first in x, slow ones behind them (`Shape`).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

import numpy as np

from qtcore.lanes import LANES, larger, splat, store
from qtcore.solve.graded import (
    ORDERED,
    PAST,
    RECENT,
    orthonormalise_graded,
    project_graded,
    put_in_order,
    rescale,
    rows_of,
)
from qtcore.solve.kernel import PROJECT, RENEW_FAST, RENEW_SLOW, inner, kernel
from qtcore.solve.orthogonal import (
    BLOCK,
    TILE,
    orthonormalise_complex,
    orthonormalise_real,
    project_complex,
    project_real,
    squared_norms,
)


@inner
def _largest_lane(vector, scratch):
    store(scratch, 0, vector)
    largest = scratch[0]
    for lane in range(1, LANES):
        # A NaN must win, so that it is seen.
        if not (scratch[lane] <= largest):
            largest = scratch[lane]
    return largest


@kernel(RENEW_FAST)
def renew_fast(x, shape, is_real, norms):
    """Orthonormalise the fast columns; return the ratio of the largest norm found to the least."""
    stride, fast, rows = shape.stride, shape.fast, 2 * shape.width
    per_tile = 4 if is_real else 2
    for tile in range(shape.fast_tiles):
        t = tile * TILE
        columns = min(per_tile, fast - per_tile * tile)
        for earlier in range(tile):
            if is_real:
                project_real(x, earlier * TILE, t, stride, rows, rows)
            else:
                project_complex(x, earlier * TILE, t, stride, rows, rows)
        if is_real:
            orthonormalise_real(x, t, columns, stride, rows, norms, per_tile * tile)
        else:
            orthonormalise_complex(x, t, columns, stride, rows, rows, norms, per_tile * tile)
    most, least = 1.0, 1.0
    for lane in range(LANES):
        for j in range(fast):
            square = norms[j * LANES + lane]
            if not (square <= most):
                most = square
            least = min(least, square)
    return math.sqrt(most / least)


@kernel(PROJECT)
def project_fast_out(x, shape, is_real, norms, scratch):
    """Project the fast columns out of the slow ones; return the largest norm that is left."""
    stride, fast_tiles, rows = shape.stride, shape.fast_tiles, 2 * shape.width
    largest = splat(0.0)
    for tile in range(shape.slow_tiles):
        t = (fast_tiles + tile) * TILE
        for earlier in range(fast_tiles):
            if is_real:
                project_real(x, earlier * TILE, t, stride, rows, rows)
            else:
                project_complex(x, earlier * TILE, t, stride, rows, rows)
        columns = min(2, shape.slow - 2 * tile)
        largest = larger(largest, squared_norms(x, t, columns, stride, rows, norms, 2 * tile))
    return math.sqrt(_largest_lane(largest, scratch))


@kernel(RENEW_SLOW)
def renew_slow(x, shape, norms, after, scales):
    """Orthonormalise the slow columns, P along, and book how errors have grown.

    `norms` holds the squared norms that the columns have on entry; `after` receives those left.
    """
    M, stride = shape.width, shape.stride
    fast_tiles, slow, slow_tiles = shape.fast_tiles, shape.slow, shape.slow_tiles
    if scales[ORDERED, 0] > 0.0:
        put_in_order(x, shape, norms, scales, after)
    for block in range(0, slow_tiles, BLOCK):
        end = min(block + BLOCK, slow_tiles)
        for earlier in range(end):
            rows = 2 * M + rows_of(2 * earlier + 1, slow, scales)
            if earlier >= block:
                columns = min(2, slow - 2 * earlier)
                orthonormalise_graded(
                    *(x, fast_tiles, earlier, columns, stride, 2 * M, 2 * M, rows),
                    *(after, scales, after, M),
                )
            for tile in range(max(block, earlier + 1), end):
                project_graded(
                    *(x, fast_tiles, earlier, tile, stride, 2 * M, 2 * M, rows),
                    *(scales, after, M),
                )
    for lane in range(LANES):
        loss, least = 1.0, np.inf
        for j in range(slow):
            left = after[j * LANES + lane]
            least = min(least, left)
            loss = max(loss, norms[j * LANES + lane] / left)
        # A column that shrinks passes a resonance: errors grow where it does not.
        scales[PAST, lane] += (scales[RECENT, lane] + loss) * max(1.0, 1.0 / least) ** 2
        scales[RECENT, lane] = 0.0
    rescale(x, shape, scales, after)
