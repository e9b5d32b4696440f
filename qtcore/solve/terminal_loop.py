"""A group of bars on its way through the slices, in lanes: the columns of a strip, and sources.

Besides the outgoing waves of the left lead (`transfer`), *source columns* are carried: the incoming
waves of the left lead (unless T is symmetric, which says what they do), and one for each site that a lead across an edge touches, which is born there
as a current into the strip. The others are projected out of them whenever these are renewed, and
they are never normalised: what remains is what a source does to all that follows, however small.

Every column carries along what it was at sites where a lead touched the strip (records, a row for
each), and what it sends into the left lead (P). Records and P follow all column operations.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES, larger, load, splat, store
from qtcore.solve.growth_guard import GATHERED, looked_back, safe_until
from qtcore.solve.kernel import ADVANCE, ORTHONORMALISE_TILES, PROJECT_TILES, caller, inner
from qtcore.solve.kernel_arguments import Limits, Medium, Progress, Run, Shape
from qtcore.solve.orthogonal import squared_norms
from qtcore.solve.preparation import LONGEST_RUN
from qtcore.solve.projection import BLOCK, TILE
from qtcore.solve.renewal import largest_lane
from qtcore.solve.slow_tiles import orthonormalise_slow, spread

SLICE, PARITY, INTERVAL, NEXT_LOOK, BORN, STATE = range(6)
"""Places in the state of a group: slices done, which half of a column is the latest, slices between
looks, slice of the next one, sources of side leads so far; STATE is their number."""

AMPLIFIED, SIZE, SCALES = range(3)
"""Rows of `scales`, lane by lane: squared amplification of rounding errors; largest norm of a slow
column at the last look (in lane 0, for the group); SCALES is their number."""

_advance = caller(ADVANCE)
_project_tiles = caller(PROJECT_TILES)
_orthonormalise_tiles = caller(ORTHONORMALISE_TILES)


class Room(NamedTuple):
    """Aligned room: columns, norms on entry, norms left, scratch of the stencil and of a vector."""

    x: NDArray[np.float64]
    norms: NDArray[np.float64]
    after: NDArray[np.float64]
    work: NDArray[np.float64]
    scratch: NDArray[np.float64]


class Sources(NamedTuple):
    """Where side leads touch: slice and site of each source in the order of their birth."""

    slices: NDArray[np.int64]
    sites: NDArray[np.int64]


class Kernels(NamedTuple):
    """Addresses of the stencil, and of Gram-Schmidt's parts."""

    advance: int
    project_tiles: int
    orthonormalise_tiles: int


class Strip(NamedTuple):
    """What stays the same for all groups of a call.

    Attributes
    ----------
    start : (plane, row) float array
        Planes at slice 0.
    first_interval : int
        Slices that are safe before growth has been measured.
    kernels : Kernels
        Addresses.
    is_real : bool
        Whether fast columns are real.
    incoming : int
        Incoming waves of the left lead: all of its open ones, or none.
    shape : Shape
        Of the outgoing waves; rows are 2 M components, the records, then P.
    medium, limits, progress, room, sources
        See each.
    """

    start: NDArray[np.float64]
    first_interval: int
    kernels: Kernels
    is_real: bool
    incoming: int
    shape: Shape
    medium: Medium
    limits: Limits
    progress: Progress
    room: Room
    sources: Sources


@inner
def _live(strip):
    """Return how many source columns there are: the left lead's waves, and those that are born."""
    return strip.incoming + strip.progress.state[BORN]


@inner
def _renew_fast(strip):
    """Orthonormalise the fast columns; return the ratio of the largest norm found to the least."""
    shape, x, norms = strip.shape, strip.room.x, strip.room.norms
    dot_rows = 2 * shape.width
    rows = dot_rows + strip.progress.state[BORN]
    tiles, fast, stride = shape.fast_tiles, shape.fast, shape.stride
    columns = x, strip.is_real, tiles, fast, stride, dot_rows, rows, norms
    _orthonormalise_tiles(strip.kernels.orthonormalise_tiles, columns)
    return spread(norms, fast)


@inner
def _book_losses(strip, live):
    """Book how many digits sources have lost: by how much they are smaller than they were."""
    scales, norms, after = strip.progress.scales, strip.room.norms, strip.room.after
    first = 2 * strip.shape.slow_tiles
    worst = splat(0.0)
    for s in range(first, first + live):
        worst = larger(load(norms, s) / load(after, s), worst)
    store(scales, AMPLIFIED, load(scales, AMPLIFIED) + worst)


@inner
def _norms_of_sources(strip, live, into, first, end):
    """Store the squared norms of the sources in tiles first .. end behind the fast ones."""
    shape, x = strip.shape, strip.room.x
    for tile in range(max(first, shape.slow_tiles), end):
        columns = min(2, live - 2 * (tile - shape.slow_tiles))
        t = (shape.fast_tiles + tile) * TILE
        squared_norms(x, t, columns, shape.stride, 2 * shape.width, into, 2 * tile)


@inner
def _project_fast_out(strip):
    """Project the fast columns out of all others; return the largest norm of a slow one."""
    shape, x, norms = strip.shape, strip.room.x, strip.room.norms
    stride, fast_tiles, dot_rows = shape.stride, shape.fast_tiles, 2 * shape.width
    rows, live = dot_rows + strip.progress.state[BORN], _live(strip)
    tiles = shape.slow_tiles + (live + 1) // 2
    largest = splat(0.0)
    for block in range(0, tiles, BLOCK):
        end = min(block + BLOCK, tiles)
        first, last = fast_tiles + block, fast_tiles + end
        _norms_of_sources(strip, live, norms, block, end)
        tiles_of = x, strip.is_real, 0, fast_tiles, first, last, stride, dot_rows, rows
        _project_tiles(strip.kernels.project_tiles, tiles_of)
        _norms_of_sources(strip, live, strip.room.after, block, end)
        for tile in range(block, min(end, shape.slow_tiles)):
            t, columns = (fast_tiles + tile) * TILE, min(2, shape.slow - 2 * tile)
            found = squared_norms(x, t, columns, stride, dot_rows, norms, 2 * tile)
            largest = larger(largest, found)
    _book_losses(strip, live)
    return math.sqrt(largest_lane(largest, strip.room.scratch))


@inner
def _renew_slow(strip):
    """Orthonormalise the slow columns, project them out of the sources, book how errors have grown."""
    shape, x, scales = strip.shape, strip.room.x, strip.progress.scales
    norms, after, live = strip.room.norms, strip.room.after, _live(strip)
    stride, dot_rows = shape.stride, 2 * shape.width
    slow_first = shape.fast_tiles
    slow_end = slow_first + shape.slow_tiles
    project = strip.kernels.project_tiles
    orthonormalise_slow(x, project, slow_first, shape.slow, stride, dot_rows, after)
    tiles = shape.slow_tiles + (live + 1) // 2
    for block in range(shape.slow_tiles, tiles, BLOCK):
        end = min(block + BLOCK, tiles)
        first, last = slow_first + block, slow_first + end
        _norms_of_sources(strip, live, norms, block, end)
        both = x, False, slow_first, slow_end, first, last, stride, dot_rows, stride
        _project_tiles(project, both)
        _norms_of_sources(strip, live, after, block, end)
    for lane in range(LANES):
        loss, least = 1.0, np.inf
        for j in range(shape.slow):
            left = after[j * LANES + lane]
            least = min(least, left)
            loss = max(loss, norms[j * LANES + lane] / left)
        # A column that shrinks passes a resonance: errors grow where it does not.
        scales[AMPLIFIED * LANES + lane] += loss * max(1.0, 1.0 / least) ** 2
    _book_losses(strip, live)


@inner
def _renew(strip, slow_growth):
    """Renew the fast columns, and the slow ones if they have grown so far; return by how much all have."""
    scales, growth = strip.progress.scales, 1.0
    if strip.shape.fast > 0:
        growth = _renew_fast(strip)
    before = scales[SIZE * LANES]
    size = _project_fast_out(strip)
    growth = max(growth, size / before)
    for lane in range(LANES):
        scales[AMPLIFIED * LANES + lane] += (growth * before) ** 2
    if not (size < slow_growth):
        _renew_slow(strip)
        size = 1.0
    scales[SIZE * LANES] = size
    return growth


@inner
def _look(strip):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    limits, state, terrain = strip.limits, strip.progress.state, strip.progress.terrain
    growth = _renew(strip, limits.slow_growth)
    size = strip.progress.scales[SIZE * LANES]
    slices = state[SLICE] - (state[NEXT_LOOK] - state[INTERVAL])
    # As in `slice_loop`: a single high slice tells nothing of the others.
    measured = slices == state[INTERVAL] or slices > 1
    looked_back(terrain, slices, measured)
    if measured:
        room = math.log(limits.growth / size)
        wanted = slices * room / max(math.log(growth), 1e-3)
        state[INTERVAL] = int(max(1.0, min(wanted, 2.0 * state[INTERVAL], LONGEST_RUN)))
    state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]


@inner
def _begin(strip):
    """Put the waves of the left lead at slice 0, the sources' columns empty behind them."""
    start, stride, x = strip.start, strip.shape.stride, strip.room.x
    state, scales = strip.progress.state, strip.progress.scales
    for p in range(start.shape[0]):
        for r in range(stride):
            store(x, p * stride + r, splat(start[p, r]))
    state[:] = 0
    if strip.shape.fast > 0:
        _renew_fast(strip)
    scales[SIZE * LANES] = _project_fast_out(strip)
    _renew_slow(strip)
    scales[:] = 0.0
    scales[SIZE * LANES] = 1.0
    strip.progress.terrain[:] = 0.0
    state[INTERVAL], state[NEXT_LOOK] = strip.first_interval, strip.first_interval


@inner
def _planes(strip):
    """Return how many planes there are so far, those of tiles that are filled up included."""
    shape = strip.shape
    return (shape.fast_tiles + shape.slow_tiles) * TILE + 2 * _live(strip)


@inner
def _record(strip, first, end):
    """Record all columns at the sites of sources first .. end, which are on the latest slice."""
    shape, x, state = strip.shape, strip.room.x, strip.progress.state
    for p in range(_planes(strip)):
        here = p * shape.stride + state[PARITY] * shape.width
        for k in range(first, end):
            row = p * shape.stride + 2 * shape.width + k
            store(x, row, load(x, here + strip.sources.sites[k]))


@inner
def _give_birth(strip, first, end):
    """Let sources first .. end take a current of one off the latest slice."""
    shape, x, state = strip.shape, strip.room.x, strip.progress.state
    for k in range(first, end):
        p = (shape.fast_tiles + shape.slow_tiles) * TILE + 2 * (strip.incoming + k)
        row = p * shape.stride + state[PARITY] * shape.width + strip.sources.sites[k]
        store(x, row, splat(-1.0))
    state[BORN] = end


@inner
def _touching(strip, n):
    """Return the number behind the last source that is born at slice n."""
    slices = strip.sources.slices
    end = strip.progress.state[BORN]
    while end < len(slices) and slices[end] == n:
        end += 1
    return end


@inner
def _next_source(strip):
    """Return the slice of the next source to be born, or a number behind all slices."""
    born, slices = strip.progress.state[BORN], strip.sources.slices
    return slices[born] if born < len(slices) else np.int64(2**62)


@njit(nogil=True, cache=True)
def carry(until, potential, high, strip):
    """Carry a group on to slice `until`.

    `potential` holds E - eps of the slices from the one on that the group has reached, `high` their
    heights (see `growth_guard`).
    """
    shape, state, terrain = strip.shape, strip.progress.state, strip.progress.terrain
    x, work, M = strip.room.x, strip.room.work, strip.shape.width
    if state[SLICE] == 0:
        _begin(strip)
    limit = math.log(strip.limits.growth)
    first = state[SLICE]
    while state[SLICE] < until:
        n, before = state[SLICE], state[BORN]
        end = _touching(strip, n)
        stop = min(state[NEXT_LOOK], until, _next_source(strip))
        if end > before:
            stop = n + 1
        looked = state[NEXT_LOOK] - state[INTERVAL]
        safe = safe_until(high[n - first :], n, stop, looked, state[INTERVAL], limit, terrain)
        too_far = safe < stop or terrain[GATHERED] > limit
        stop = safe
        if stop > n:
            if end > before:
                _record(strip, before, end)
            live = _live(strip)
            columns = 2 * shape.slow_tiles + live
            tiles = shape.slow_tiles + (live + 1) // 2
            whole = Shape(M, shape.stride, shape.fast, shape.fast_tiles, columns, tiles)
            run = Run(state[PARITY], n, stop - n, (n - first) * strip.medium.sites)
            _advance(strip.kernels.advance, (x, whole, run, potential, strip.medium, work))
            state[PARITY] = (state[PARITY] + stop - n) % 2
            state[SLICE] = stop
            if end > before:
                _give_birth(strip, before, end)
        if stop >= state[NEXT_LOOK] or too_far:
            _look(strip)


@njit(nogil=True, cache=True)
def renew(strip):
    """Make all columns orthonormal where they stand, and project them out of the sources.

    What is small in the end is so in a source then, instead of being what is left of larger numbers.
    """
    _renew(strip, 0.0)
