"""A group's way through the slices: advance, look at the columns, close at every length.

Everything here is compiled; the work itself is done by kernels, whose addresses it is given.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.compiled import njit
from qtcore.lanes import LANES, splat, store
from qtcore.model.address import fill_onsite
from qtcore.solve.graded import LOG_SCALE, PAST, RECENT, SIZE, begin
from qtcore.solve.growth_guard import GATHERED, looked_back, safe_until
from qtcore.solve.kernel import (
    ADVANCE,
    EXPAND,
    MATCH,
    PROJECT,
    RENEW_FAST,
    RENEW_SLOW,
    caller,
    inner,
)
from qtcore.solve.preparation import LONGEST_RUN

SLICE, PARITY, INTERVAL, NEXT_LOOK, ASKED, LOOKS, RENEWALS, STATE = range(8)
"""Places in the state of a group: slices done, which half of x is the latest, slices between looks,
slice of the next one, lengths done, and how often columns were renewed; STATE is their number."""

LEAST = 2.0**-200
"""Stands for a squared norm of zero."""

_advance = caller(ADVANCE)
_expand = caller(EXPAND)
_match = caller(MATCH)
_renew_fast = caller(RENEW_FAST)
_project = caller(PROJECT)
_renew_slow = caller(RENEW_SLOW)

# A *kit* is what stays the same for all groups of a call: start, first_interval, medium, shape and
# lead (see `preparation.Prepared`), limits of growth and steepness, (state, scales, terrain) of the
# group at hand, memory, and the addresses of the kernels: advance, expand, match, renew_fast,
# project_fast_out, renew_slow.


@inner
def _begin(kit):
    """Put the outgoing modes of the left lead at slice 0 of a group."""
    start, first_interval, _, shape, lead, _, (state, scales, terrain), memory, kernels = kit
    _, _, _, renews_fast, projects, renews_slow = kernels
    x, _, _, norms, after, scratch = memory
    is_real = lead[6]
    stride = shape[1]
    for p in range(start.shape[0]):
        for r in range(stride):
            store(x, p * stride + r, splat(start[p, r]))
    begin(scales)
    if shape[2] > 0:
        _renew_fast(renews_fast, (x, shape, is_real, norms))
    scales[SIZE, 0] = _project(projects, (x, shape, is_real, norms, scratch))
    _renew_slow(renews_slow, (x, shape, norms, after, scales))
    scales[RECENT] = 0.0
    scales[PAST] = 0.0
    terrain[:] = 0.0
    state[:] = 0
    state[INTERVAL], state[NEXT_LOOK] = first_interval, first_interval


@inner
def _last_look(state):
    return state[NEXT_LOOK] - state[INTERVAL]


@inner
def _look(kit):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    _, _, _, shape, lead, limits, (state, scales, terrain), memory, kernels = kit
    x, _, _, norms, after, scratch = memory
    _, _, _, renews_fast, projects, renews_slow = kernels
    most_growth, slow_growth, _ = limits
    is_real = lead[6]
    growth = 1.0
    if shape[2] > 0:
        growth = _renew_fast(renews_fast, (x, shape, is_real, norms))
    before = scales[SIZE, 0]
    size = _project(projects, (x, shape, is_real, norms, scratch))
    growth = max(growth, size / before)
    for lane in range(LANES):
        scales[RECENT, lane] += (growth * before) ** 2
    state[LOOKS] += 1
    if not (size < slow_growth):
        _renew_slow(renews_slow, (x, shape, norms, after, scales))
        state[RENEWALS] += 1
        size = 1.0
    scales[SIZE, 0] = size
    slices = state[SLICE] - _last_look(state)
    # A single slice that was too high to go on without a look tells nothing of the others.
    measured = slices == state[INTERVAL] or slices > 1
    looked_back(terrain, slices, measured)
    if measured:
        # As many slices as bring the growth to its limit, from the rate just seen.
        room = math.log(most_growth / size)
        wanted = slices * room / max(math.log(growth), 1e-3)
        state[INTERVAL] = int(max(1.0, min(wanted, 2.0 * state[INTERVAL], LONGEST_RUN)))
    state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]


@inner
def _go_on(until, lengths, potential, high, box, kit, found, factors):
    """Carry a group on to slice `until`, or to the last length.

    `potential` holds E - eps of the slices from the one on that the group has reached, `high` their
    heights (see `growth_guard`); with `box` = (True, keys, realizations, W, E) the one is mere room, the
    other empty, and box disorder is made on the way: all its slices are alike.
    `found` receives (length, 4, LANES): transmission in units of P's scale, logarithm of
    that scale, reflection, amplification; `factors` those of t, unless it has no room.
    """
    _, _, medium, shape, lead, limits, (state, scales, terrain), memory, kernels = kit
    x, y, work, norms, _, scratch = memory
    advances, expands, matches = kernels[0], kernels[1], kernels[2]
    makes_box, keys, realizations, strength, energy = box
    M, orbitals = shape[0], medium[2]
    limit = math.log(limits[0])
    first = state[SLICE]
    while state[ASKED] < len(lengths) and state[SLICE] < until:
        n, too_far = state[SLICE], False
        stop = min(state[NEXT_LOOK], lengths[state[ASKED]], until)
        d = (n - first) * (M // orbitals)
        if makes_box:
            fill_onsite(keys, realizations, n * M, (stop - n) * M, strength, energy, potential)
            d = (n * M) % 2
        else:
            behind, interval = _last_look(state), state[INTERVAL]
            safe = safe_until(high[n - first :], n, stop, behind, interval, limit, terrain)
            too_far = safe < stop or terrain[GATHERED] > limit
            stop = safe
        run = (state[PARITY], n, stop - n, d)
        _advance(advances, (x, shape, run, potential, medium, work))
        state[PARITY] = (state[PARITY] + stop - n) % 2
        state[SLICE] = stop
        if stop == state[NEXT_LOOK] or too_far:
            _look(kit)
        if stop == lengths[state[ASKED]]:
            asked = state[ASKED]
            _expand(expands, (x, y, shape, state[PARITY], stop, lead, work))
            _match(matches, (x, y, shape, norms, scratch, scales, factors[asked]))
            for lane in range(LANES):
                least = max(scratch[3 * LANES + lane], LEAST)
                doubt = (1.0 + scales[RECENT, lane]) * max(1.0, 1.0 / least) ** 2
                # What nearly cancels, in a fast column or in t, is known so much worse.
                passed, parts = scratch[LANES + lane], scratch[5 * LANES + lane]
                doubt *= max(1.0, 1.0 / max(scratch[4 * LANES + lane], LEAST))
                doubt *= max(1.0, parts / passed) if passed > 0.0 else 1.0
                # What has grown apart since the last look counts more where a mode is slow.
                grown = scratch[6 * LANES + lane] / min(1.0, least)
                grown += scratch[7 * LANES + lane] / max(scratch[4 * LANES + lane], LEAST)
                amplified = max(scales[PAST, lane] + doubt, 4.0 * limits[2] ** 2 * grown)
                found[asked, 0, lane] = passed
                found[asked, 1, lane] = scales[LOG_SCALE, lane]
                found[asked, 2, lane] = scratch[2 * LANES + lane]
                found[asked, 3, lane] = math.sqrt(amplified)
            state[ASKED] += 1


@njit(nogil=True, cache=True)
def strip_groups(groups, lengths, onsite, box, kit, found, factors, renewals):
    """Solve groups of a strip with box disorder, one behind the other."""
    realizations, state = box[2], kit[6][0]
    for g in range(len(groups)):
        for lane in range(LANES):
            realizations[lane] = groups[g] * LANES + lane
        _begin(kit)
        _go_on(lengths[-1], lengths, onsite, onsite[:0], box, kit, found[g], factors[g])
        renewals[g, 0], renewals[g, 1] = state[LOOKS], state[RENEWALS]


@njit(nogil=True, cache=True)
def some_slices(until, lengths, potential, high, box, kit, found, factors):
    """Carry a group of any wire on to slice `until`; see `_go_on`."""
    if kit[6][0][SLICE] == 0:
        _begin(kit)
    _go_on(until, lengths, potential, high, box, kit, found, factors)
