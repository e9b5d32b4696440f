"""Keeping columns apart: the fast ones at every look, the slow ones when they have grown.

Fast columns come first in x, slow ones behind them (`Shape`).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

import numpy as np

from qtcore.lanes import LANES, larger, load, splat, store
from qtcore.solve.graded import (
    GROWN,
    PAST,
    RECENT,
    TURNED,
    first_mixed,
    orthonormalise_slow,
    put_in_order,
    rescale,
    slow_orthonormaliser,
)
from qtcore.solve.kernel import PROJECT, RENEW_FAST, RENEW_SLOW, inner, kernel
from qtcore.solve.orthogonal import orthonormalise_tiles, squared_norms, tile_orthonormaliser
from qtcore.solve.projection import BLOCK, TILE, project_tiles, tile_projector
from qtcore.solve.slow_tiles import spread

OF_TURNED = 1.0 / 8.0
"""Part of the squared bound of an error that turns a column which it has grown to in fact, at most."""

_OF_MIXED = 1.0 / 16.0
"""The same of an error that mixes columns. Both are measured: see decision 41."""


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
    return spread(norms, fast)


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
        scales[RECENT, lane] = (scales[RECENT, lane] + loss) * max(1.0, 1.0 / least) ** 2
        scales[PAST, lane] += scales[RECENT, lane]
    follow_errors(slow, after, scales)
    rescale(x, shape, scales, after)


@inner
def follow_errors(slow, after, scales):
    """Let errors of long before grow or shrink as columns do, and add those of this renewal.

    `after` holds the squared norms that the slow columns are left with; the row RECENT has the new
    errors, and is forgotten. g follows from the last column, which grows the least. An error that
    turns it out of what the columns span grows by the square of what it shrinks; one that mixes it
    into another column grows by what it outgrows that one. Where neither happens, both fade.
    """
    new, last = load(scales, RECENT), load(after, slow - 1)
    turned = load(scales, TURNED) / (last * last) + new
    store(scales, TURNED, turned)
    mixed, rows = splat(0.0), first_mixed(scales)
    for j in range(slow - 1):
        one = load(scales, rows + j) * last / load(after, j) + new
        store(scales, rows + j, one)
        mixed = larger(mixed, one)
    grown = turned * splat(OF_TURNED) + mixed * splat(_OF_MIXED)
    store(scales, GROWN, larger(load(scales, GROWN), grown))
    store(scales, RECENT, splat(0.0))


@inner
def forget_errors(scales):
    """Say that no error has been made yet, as at the start of a group."""
    scales[RECENT] = 0.0
    scales[PAST] = 0.0
    scales[TURNED] = 0.0
    scales[GROWN] = 0.0
    scales[first_mixed(scales) :] = 0.0
