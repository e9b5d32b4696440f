"""Keeping columns apart: the fast ones at every look, the slow ones when they have grown.

Fast columns come first in x, slow ones behind them (`Shape`).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

import numpy as np

from qtcore.lanes import LANES, larger, splat, store
from qtcore.solve.graded import (
    PAST,
    RECENT,
    orthonormalise_slow,
    put_in_order,
    rescale,
    slow_orthonormaliser,
)
from qtcore.solve.kernel import PROJECT, RENEW_FAST, RENEW_SLOW, inner, kernel
from qtcore.solve.orthogonal import orthonormalise_tiles, squared_norms, tile_orthonormaliser
from qtcore.solve.projection import BLOCK, TILE, project_tiles, tile_projector


@inner
def largest_lane(vector, scratch):
    """Return the largest number of a vector, or NaN if there is one."""
    store(scratch, 0, vector)
    largest = scratch[0]
    for lane in range(1, LANES):
        # A NaN must win, so that it is seen.
        if not (scratch[lane] <= largest):
            largest = scratch[lane]
    return largest


@kernel(RENEW_FAST, tile_orthonormaliser)
def renew_fast(x, shape, is_real, norms):
    """Orthonormalise the fast columns; return the ratio of the largest norm found to the least."""
    stride, fast, rows = shape.stride, shape.fast, 2 * shape.width
    orthonormalise_tiles((x, is_real, shape.fast_tiles, fast, stride, rows, rows, norms))
    most, least = 1.0, 1.0
    for lane in range(LANES):
        for j in range(fast):
            square = norms[j * LANES + lane]
            if not (square <= most):
                most = square
            least = min(least, square)
    return math.sqrt(most / least)


@kernel(PROJECT, tile_projector)
def project_fast_out(x, shape, is_real, norms, scratch):
    """Project the fast columns out of the slow ones; return the largest norm that is left."""
    stride, fast_tiles, rows = shape.stride, shape.fast_tiles, 2 * shape.width
    largest = splat(0.0)
    for block in range(0, shape.slow_tiles, BLOCK):
        end = min(block + BLOCK, shape.slow_tiles)
        first, last = fast_tiles + block, fast_tiles + end
        project_tiles((x, is_real, 0, fast_tiles, first, last, stride, rows, rows))
        for tile in range(block, end):
            t, columns = (fast_tiles + tile) * TILE, min(2, shape.slow - 2 * tile)
            found = squared_norms(x, t, columns, stride, rows, norms, 2 * tile)
            largest = larger(largest, found)
    return math.sqrt(largest_lane(largest, scratch))


@kernel(RENEW_SLOW, slow_orthonormaliser)
def renew_slow(x, shape, norms, after, scales):
    """Orthonormalise the slow columns, P along, and book how errors have grown.

    `norms` holds the squared norms that the columns have on entry; `after` receives those left.
    """
    _renew_slow(x, shape, norms, after, scales)


@kernel(RENEW_SLOW, slow_orthonormaliser)
def renew_ordered(x, shape, norms, after, scales):
    """Do the same where some columns may outgrow others, which change places with them first."""
    put_in_order(x, shape, norms, scales, after)
    _renew_slow(x, shape, norms, after, scales)


@inner
def _renew_slow(x, shape, norms, after, scales):
    M, stride = shape.width, shape.stride
    fast_tiles, slow = shape.fast_tiles, shape.slow
    orthonormalise_slow((x, fast_tiles, slow, stride, 2 * M, 2 * M, after, scales, after, M))
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
