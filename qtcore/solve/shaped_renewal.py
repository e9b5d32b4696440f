"""Columns of shaped wires in lanes: how they lie in memory, and how they are kept apart.

As `renewal` does it, for numbers of columns that change on the way.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES, larger, splat
from qtcore.solve.growth_guard import looked_back
from qtcore.solve.kernel import ORTHONORMALISE_TILES, PROJECT_TILES, caller, inner
from qtcore.solve.kernel_arguments import Limits, Medium, Progress
from qtcore.solve.orthogonal import squared_norms
from qtcore.solve.preparation import LONGEST_RUN
from qtcore.solve.projection import BLOCK, TILE
from qtcore.solve.renewal import OF_TURNED, largest_lane
from qtcore.solve.slow_tiles import orthonormalise_slow, spread
from qtcore.solve.terminal_loop import Kernels

SLICE, PARITY, INTERVAL, LOOKED, NEXT_LOOK, FITTED, BORN, FAST, SLOW, LOOKS, RENEWALS, STATE = (
    range(12)
)
"""Places in the state of a group: slices done, which half of a column is the latest, slices between
looks, slices of the last and of the next one, slices whose sites have been seen to, slice where a column has
begun last, fast and slow columns, how often these were renewed; STATE is their number."""

AMPLIFIED, TURNED, GROWN, SIZE, SCALES = range(5)
"""Rows of `scales`, lane by lane: squared amplification of rounding errors; squared error of long before
that turns the last column, and the largest that it has been; largest norm of a slow column at the last
look (in lane 0, for the group); SCALES is their number."""

_YOUNG = 2
"""Intervals that are safe after which a column counts as an old one."""

_project_tiles = caller(PROJECT_TILES)
_orthonormalise_tiles = caller(ORTHONORMALISE_TILES)


class Room(NamedTuple):
    """Aligned room: columns, norms on entry, norms left, scratch of the stencil, of sums, of a vector.

    And rows that are not zero, of both halves and then those of P.
    """

    x: NDArray[np.float64]
    norms: NDArray[np.float64]
    after: NDArray[np.float64]
    work: NDArray[np.float64]
    sums: NDArray[np.float64]
    scratch: NDArray[np.float64]
    rows: NDArray[np.int64]


class Way(NamedTuple):
    """What stays the same for all groups of a call.

    Attributes
    ----------
    start : (plane, row) float array
        Planes at slice 0: fast columns, then slow ones from tile `slow_first` on.
    fast, slow : int
        Columns at slice 0.
    slow_first : int
        Tiles that there is room for in front of the slow ones.
    first_interval : int
        Slices that are safe before growth has been measured.
    is_real : bool
        Whether fast columns are real.
    width, stride : int
        Components of a slice, and vectors between planes.
    kernels, medium, limits, progress, room
        See each.
    """

    start: NDArray[np.float64]
    fast: int
    slow: int
    slow_first: int
    first_interval: int
    is_real: bool
    width: int
    stride: int
    kernels: Kernels
    medium: Medium
    limits: Limits
    progress: Progress
    room: Room


@inner
def fast_planes(way):
    """Return how many planes the fast columns have."""
    fast = way.progress.state[FAST]
    return fast if way.is_real else 2 * fast


@inner
def slow_tiles(way):
    """Return how many tiles the slow columns have."""
    return (way.progress.state[SLOW] + 1) // 2


@inner
def _renew_fast(way):
    """Orthonormalise the fast columns; return the ratio of the largest norm found to the least."""
    state, norms = way.progress.state, way.room.norms
    fast, rows = state[FAST], 2 * way.width
    if fast == 0:
        return 1.0
    tiles = (fast_planes(way) + TILE - 1) // TILE
    columns = way.room.x, way.is_real, tiles, fast, way.stride, rows, rows, norms
    _orthonormalise_tiles(way.kernels.orthonormalise_tiles, columns)
    return spread(norms, fast)


@inner
def _project_fast_out(way):
    """Project the fast columns out of the slow ones; return the largest norm that is left."""
    x, norms, stride, rows = way.room.x, way.room.norms, way.stride, 2 * way.width
    slow, tiles = way.progress.state[SLOW], slow_tiles(way)
    fast_tiles = (fast_planes(way) + TILE - 1) // TILE
    largest = splat(0.0)
    for block in range(0, tiles, BLOCK):
        end = min(block + BLOCK, tiles)
        first, last = way.slow_first + block, way.slow_first + end
        tiles_of = x, way.is_real, 0, fast_tiles, first, last, stride, rows, rows
        _project_tiles(way.kernels.project_tiles, tiles_of)
        for tile in range(block, end):
            t, columns = (way.slow_first + tile) * TILE, min(2, slow - 2 * tile)
            found = squared_norms(x, t, columns, stride, rows, norms, 2 * tile)
            largest = larger(largest, found)
    return math.sqrt(largest_lane(largest, way.room.scratch))


@inner
def _renew_slow(way):
    """Orthonormalise the slow columns, P along, and book how errors have grown."""
    x, norms, after, scales = way.room.x, way.room.norms, way.room.after, way.progress.scales
    slow, stride, dot_rows = way.progress.state[SLOW], way.stride, 2 * way.width
    project = way.kernels.project_tiles
    orthonormalise_slow(x, project, way.slow_first, slow, stride, dot_rows, after)
    for lane in range(LANES):
        loss, least = 1.0, np.inf
        for j in range(slow):
            left = after[j * LANES + lane]
            least = min(least, left)
            loss = max(loss, norms[j * LANES + lane] / left)
        # A column that shrinks passes a resonance: errors grow where it does not.
        new = loss * max(1.0, 1.0 / least) ** 2
        scales[AMPLIFIED * LANES + lane] += new
        last_left = after[(slow - 1) * LANES + lane]
        turned = scales[TURNED * LANES + lane] / last_left**2 + new
        scales[TURNED * LANES + lane] = turned
        grown = scales[GROWN * LANES + lane]
        scales[GROWN * LANES + lane] = max(grown, OF_TURNED * turned)
    way.progress.state[RENEWALS] += 1


@inner
def renew(way, slow_growth):
    """Renew the fast columns, and the slow ones if they have grown so far; return by how much all have."""
    scales = way.progress.scales
    growth, before = _renew_fast(way), scales[SIZE * LANES]
    size = _project_fast_out(way)
    growth = max(growth, size / before)
    for lane in range(LANES):
        scales[AMPLIFIED * LANES + lane] += (growth * before) ** 2
    if not (size < slow_growth):
        _renew_slow(way)
        size = 1.0
    scales[SIZE * LANES] = size
    way.progress.state[LOOKS] += 1
    return growth


@inner
def look(way):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    limits, state, terrain = way.limits, way.progress.state, way.progress.terrain
    growth = renew(way, limits.slow_growth)
    size = way.progress.scales[SIZE * LANES]
    slices = state[SLICE] - state[LOOKED]
    # As in `slice_loop`: a single high slice tells nothing of the others.
    measured = slices == state[INTERVAL] or slices > 1
    looked_back(terrain, slices, measured)
    if measured:
        room = math.log(limits.growth / size)
        wanted = slices * room / max(math.log(growth), 1e-3)
        longest = float(LONGEST_RUN)
        if state[SLICE] - state[BORN] < _YOUNG * way.first_interval:
            # Growth that was measured is not that of columns that have just begun.
            longest = float(way.first_interval)
        state[INTERVAL] = int(max(1.0, min(wanted, 2.0 * state[INTERVAL], longest)))
    state[LOOKED], state[NEXT_LOOK] = state[SLICE], state[SLICE] + state[INTERVAL]
