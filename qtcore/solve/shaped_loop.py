"""A group of shaped wires on its way through the slices, in lanes.

A missing site is a row that is zero. The stencil of the bare wire goes over it like over any other, and
what it leaves there is taken back (`shaped_columns`). So much must be done before slice n is passed:

- the row of a site that is missing in slice n, as its predecessor is, is cleared;
- where the predecessor is there, its equation ends a column;
- where a site has no predecessor, the row is cleared, and a column begins that is 1 there.

As in `transfer`, fast columns send nothing into the left lead. Columns that begin are such ones, and it is
these that end, as long as there are any that have as much in the row as the slow ones have. Otherwise all
columns count as slow from there on. Slow columns carry along what they send into the left lead, P.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES, splat, store
from qtcore.solve.growth_guard import GATHERED, safe_until
from qtcore.solve.kernel import ADVANCE, caller, inner
from qtcore.solve.kernel_arguments import Run, Shape
from qtcore.solve.projection import TILE
from qtcore.solve.renewal import largest_lane
from qtcore.solve.shaped_columns import (
    clear,
    clear_row,
    join,
    size_in_row,
    take_off_complex,
    take_off_real,
    turn_complex,
    turn_real,
)
from qtcore.solve.shaped_renewal import (
    BORN,
    FAST,
    FITTED,
    INTERVAL,
    LOOKED,
    LOOKS,
    NEXT_LOOK,
    PARITY,
    RENEWALS,
    SIZE,
    SLICE,
    SLOW,
    fast_planes,
    look,
    renew,
    slow_tiles,
)

CLEARED, ENDED, BEGUN = range(3)
"""What is done to a row."""

_SHARE = 2.0**10
"""By how much more slow columns may have in a row than the fast ones that one of these ends there."""

_EASY = 2.0**2
"""The same up to which the columns need not be renewed before."""

_advance = caller(ADVANCE)


class Changes(NamedTuple):
    """Rows that change in some slices, those of slice n from starts[n - first] to starts[n - first + 1].

    Attributes
    ----------
    first : int
        Number of the first slice.
    starts, rows, kinds : int arrays
        Where those of each slice begin; components; CLEARED, ENDED or BEGUN.
    near_starts, near : int arrays
        Components that are there in a slice or in the one before: where those of each slice begin, and
        which they are.
    """

    first: int
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]
    near_starts: NDArray[np.int64]
    near: NDArray[np.int64]


@inner
def _begin(way):
    """Put the waves of the left lead at slice 0."""
    start, stride, x = way.start, way.stride, way.room.x
    state, scales = way.progress.state, way.progress.scales
    for p in range(start.shape[0]):
        for r in range(stride):
            store(x, p * stride + r, splat(start[p, r]))
    state[:] = 0
    state[FAST], state[SLOW], state[FITTED] = way.fast, way.slow, 1
    scales[SIZE * LANES] = 1.0
    renew(way, 0.0)
    scales[:] = 0.0
    scales[SIZE * LANES] = 1.0
    way.progress.terrain[:] = 0.0
    state[LOOKS] = state[RENEWALS] = 0
    state[INTERVAL], state[NEXT_LOOK] = way.first_interval, way.first_interval


@inner
def _share(way, row):
    """Return by how much more the slow columns have in a row than the fast ones, in any lane."""
    state, x, stride = way.progress.state, way.room.x, way.stride
    if state[FAST] == 0:
        return np.inf
    of_fast = size_in_row(x, 0, fast_planes(way), stride, row)
    of_slow = size_in_row(x, way.slow_first * TILE, 2 * state[SLOW], stride, row)
    return math.sqrt(largest_lane(of_slow / of_fast, way.room.scratch))


@inner
def _fast_may_end(way, row):
    """Return whether the fast columns have enough in a row that one of them ends there."""
    state = way.progress.state
    share = _share(way, row)
    if share <= _EASY or state[FAST] == 0 or state[LOOKED] == state[SLICE]:
        return share <= _SHARE
    # Columns that have grown apart tell less of what they span.
    look(way)
    return _share(way, row) <= _SHARE


@inner
def _end(way, row, near):
    """Let a column end: nothing may be in a row. The first `near` of the rows in room are of psi."""
    state, x, stride = way.progress.state, way.room.x, way.stride
    slow, planes = way.slow_first * TILE, fast_planes(way)
    factors, sums, psi = way.room.norms, way.room.sums, way.room.rows[:near]
    if _fast_may_end(way, row):
        if way.is_real:
            turn_real(x, planes, stride, row, psi, factors, sums)
            take_off_real(x, planes - 1, slow, state[SLOW], stride, row, psi)
            clear(x, planes - 1, 1, stride)
        else:
            turn_complex(x, 0, state[FAST], stride, row, psi, factors, sums)
            take_off_complex(x, planes - 2, slow, state[SLOW], stride, row, psi)
            clear(x, planes - 2, 2, stride)
        state[FAST] -= 1
        return
    if state[FAST] > 0:
        join(x, state[FAST], way.is_real, slow, state[SLOW], stride)
        state[SLOW] += state[FAST]
        state[FAST] = 0
    every = way.room.rows[: near + stride - 2 * way.width]
    turn_complex(x, slow, state[SLOW], stride, row, every, factors, sums)
    clear(x, slow + 2 * state[SLOW] - 2, 2, stride)
    state[SLOW] -= 1


@inner
def _rows_near(way, changes, n):
    """List the rows of psi that are not zero in all columns, then those of P; return how many of psi."""
    rows, M = way.room.rows, way.width
    first, count = changes.near_starts[n], changes.near_starts[n + 1] - changes.near_starts[n]
    for k in range(count):
        rows[k] = changes.near[first + k]
        rows[count + k] = M + rows[k]
    for k in range(way.stride - 2 * M):
        rows[2 * count + k] = 2 * M + k
    return 2 * count


@inner
def _clear_row(way, row):
    x, stride = way.room.x, way.stride
    clear_row(x, 0, fast_planes(way), stride, row)
    clear_row(x, way.slow_first * TILE, 2 * way.progress.state[SLOW], stride, row)


@inner
def _fit(way, changes):
    """Make the columns those of the sites that are there in the slice that was reached."""
    state, n = way.progress.state, way.progress.state[SLICE] - changes.first
    half = state[PARITY] * way.width
    for k in range(changes.starts[n], changes.starts[n + 1]):
        if changes.kinds[k] != ENDED:
            _clear_row(way, half + changes.rows[k])
    near = 0
    for k in range(changes.starts[n], changes.starts[n + 1]):
        if changes.kinds[k] == ENDED:
            if near == 0:
                near = _rows_near(way, changes, n)
            _end(way, half + changes.rows[k], near)
    for k in range(changes.starts[n], changes.starts[n + 1]):
        if changes.kinds[k] == BEGUN:
            store(way.room.x, fast_planes(way) * way.stride + half + changes.rows[k], splat(1.0))
            state[FAST] += 1
            state[BORN] = state[SLICE]
            state[NEXT_LOOK] = min(state[NEXT_LOOK], state[SLICE] + way.first_interval)
    state[FITTED] = state[SLICE] + 1


@inner
def _next_change(changes, n, stop):
    """Return the first slice behind n, up to `stop`, in which rows change."""
    starts, first = changes.starts, changes.first
    for m in range(n + 1, stop):
        if starts[m - first + 1] > starts[m - first]:
            return m
    return stop


@inner
def _go(way, n, slices, potential, at):
    """Carry all columns on."""
    state, x, stride, M = way.progress.state, way.room.x, way.stride, way.width
    run = Run(state[PARITY], n, slices, at)
    fast, tiles = state[FAST], (fast_planes(way) + TILE - 1) // TILE
    if fast > 0:
        shape = Shape(M, stride, fast, tiles, 0, 0)
        _advance(way.kernels.advance, (x, shape, run, potential, way.medium, way.room.work))
    shape = Shape(M, stride, 0, 0, state[SLOW], slow_tiles(way))
    behind = x[way.slow_first * TILE * stride * LANES :]
    _advance(way.kernels.advance, (behind, shape, run, potential, way.medium, way.room.work))
    state[PARITY] = (state[PARITY] + slices) % 2
    state[SLICE] = n + slices


@njit(nogil=True, cache=True)
def carry(until, potential, high, changes, way):
    """Carry a group on to slice `until`, whose sites are not seen to yet.

    `potential` holds E - eps of the slices from number `changes.first` on, `high` their heights (see
    `growth_guard`), and `changes` the rows that change in them.
    """
    state, terrain = way.progress.state, way.progress.terrain
    if state[SLICE] == 0:
        _begin(way)
    limit, first = math.log(way.limits.growth), changes.first
    while state[SLICE] < until:
        n = state[SLICE]
        if state[FITTED] <= n:
            _fit(way, changes)
        if n >= state[NEXT_LOOK]:
            look(way)
        stop = _next_change(changes, n, min(state[NEXT_LOOK], until))
        looked, interval = state[LOOKED], state[INTERVAL]
        safe = safe_until(high[n - first :], n, stop, looked, interval, limit, terrain)
        if safe < stop or terrain[GATHERED] > limit:
            state[NEXT_LOOK] = safe
        if safe > n:
            _go(way, n, safe - n, potential, (n - first) * way.medium.sites)
