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
from qtcore.solve.kernel_arguments import Run
from qtcore.solve.lead_matching import (
    CANCELLING,
    LARGEST_FAST,
    LARGEST_SLOW,
    LEAST_FAST,
    LEAST_SLOW,
    RETURNED,
    SKEWED,
    TRANSMITTED,
)
from qtcore.solve.preparation import LONGEST_RUN

PASSED, SCALE_OF_PASSED, REFLECTED, AMPLIFIED, FOUND = range(5)
"""Places in what is found of a length, lane by lane: transmission in units of P's scale, logarithm of
that scale, reflection, amplification of rounding errors; FOUND is their number."""

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


@inner
def _begin(kit):
    """Put the outgoing modes of the left lead at slice 0 of a group."""
    start, shape, is_real, kernels = kit.start, kit.shape, kit.lead.is_real, kit.kernels
    state, scales = kit.progress.state, kit.progress.scales
    x, norms, after, scratch = kit.memory.x, kit.memory.norms, kit.memory.after, kit.memory.scratch
    for p in range(start.shape[0]):
        for r in range(shape.stride):
            store(x, p * shape.stride + r, splat(start[p, r]))
    begin(scales)
    if shape.fast > 0:
        _renew_fast(kernels.renew_fast, (x, shape, is_real, norms))
    scales[SIZE, 0] = _project(kernels.project_fast_out, (x, shape, is_real, norms, scratch))
    _renew_slow(kernels.renew_slow, (x, shape, norms, after, scales))
    scales[RECENT] = 0.0
    scales[PAST] = 0.0
    kit.progress.terrain[:] = 0.0
    _forget_cancelling(kit.memory.work)
    state[:] = 0
    state[INTERVAL], state[NEXT_LOOK] = kit.first_interval, kit.first_interval


@inner
def _cancelling(work, lane):
    """Return how much more rounding errors count for what slices cancel, squared, since a look."""
    return max(1.0, work[len(work) - LANES + lane])


@inner
def _forget_cancelling(work):
    work[len(work) - LANES :] = 0.0


@inner
def _last_look(state):
    return state[NEXT_LOOK] - state[INTERVAL]


@inner
def _look(kit):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    shape, is_real, kernels, limits = kit.shape, kit.lead.is_real, kit.kernels, kit.limits
    state, scales, terrain = kit.progress.state, kit.progress.scales, kit.progress.terrain
    x, norms, after, scratch = kit.memory.x, kit.memory.norms, kit.memory.after, kit.memory.scratch
    growth = 1.0
    if shape.fast > 0:
        growth = _renew_fast(kernels.renew_fast, (x, shape, is_real, norms))
    before = scales[SIZE, 0]
    size = _project(kernels.project_fast_out, (x, shape, is_real, norms, scratch))
    growth = max(growth, size / before)
    for lane in range(LANES):
        scales[RECENT, lane] += (growth * before) ** 2 * _cancelling(kit.memory.work, lane)
    _forget_cancelling(kit.memory.work)
    state[LOOKS] += 1
    if not (size < limits.slow_growth):
        _renew_slow(kernels.renew_slow, (x, shape, norms, after, scales))
        state[RENEWALS] += 1
        size = 1.0
    scales[SIZE, 0] = size
    slices = state[SLICE] - _last_look(state)
    # A single slice that was too high to go on without a look tells nothing of the others.
    measured = slices == state[INTERVAL] or slices > 1
    looked_back(terrain, slices, measured)
    if measured:
        # As many slices as bring the growth to its limit, from the rate just seen.
        room = math.log(limits.growth / size)
        wanted = slices * room / max(math.log(growth), 1e-3)
        state[INTERVAL] = int(max(1.0, min(wanted, 2.0 * state[INTERVAL], LONGEST_RUN)))
    state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]


@inner
def _go_on(until, lengths, potential, high, box, kit, found, factors):
    """Carry a group on to slice `until`, or to the last length.

    `potential` holds E - eps of the slices from the one on that the group has reached, `high` their
    heights (see `growth_guard`); where `box` disorder is made on the way the one is mere room, the
    other empty: all its slices are alike. `found` receives (length, FOUND, LANES), `factors` those of
    t, unless it has no room.
    """
    # Arrays are taken out of the tuples once: each time costs counting their references.
    shape, medium, lead, kernels = kit.shape, kit.medium, kit.lead, kit.kernels
    state, scales, terrain = kit.progress.state, kit.progress.scales, kit.progress.terrain
    x, y, work, scratch = kit.memory.x, kit.memory.y, kit.memory.work, kit.memory.scratch
    norms, keys, realizations = kit.memory.norms, box.keys, box.realizations
    limit = math.log(kit.limits.growth)
    first = state[SLICE]
    while state[ASKED] < len(lengths) and state[SLICE] < until:
        n, too_far = state[SLICE], False
        stop = min(state[NEXT_LOOK], lengths[state[ASKED]], until)
        d = (n - first) * medium.sites
        if box.is_made:
            sites = (n * medium.sites, (stop - n) * medium.sites)
            fill_onsite(keys, realizations, *sites, box.strength, box.energy, potential)
            d = (n * medium.sites) % 2
        else:
            behind, interval = _last_look(state), state[INTERVAL]
            safe = safe_until(high[n - first :], n, stop, behind, interval, limit, terrain)
            too_far = safe < stop or terrain[GATHERED] > limit
            stop = safe
        run = Run(state[PARITY], n, stop - n, d)
        _advance(kernels.advance, (x, shape, run, potential, medium, work))
        state[PARITY] = (state[PARITY] + stop - n) % 2
        state[SLICE] = stop
        if stop == state[NEXT_LOOK] or too_far:
            _look(kit)
        if stop == lengths[state[ASKED]]:
            asked = state[ASKED]
            _expand(kernels.expand, (x, y, shape, state[PARITY], stop, lead, work))
            _match(kernels.match, (x, y, shape, norms, scratch, scales, factors[asked]))
            for lane in range(LANES):
                least = max(scratch[LEAST_SLOW * LANES + lane], LEAST)
                least_fast = max(scratch[LEAST_FAST * LANES + lane], LEAST)
                cancelling = _cancelling(work, lane)
                doubt = (cancelling + scales[RECENT, lane]) * max(1.0, 1.0 / least) ** 2
                # What nearly cancels, in a fast column or in t, is known so much worse.
                passed = scratch[TRANSMITTED * LANES + lane]
                parts = scratch[CANCELLING * LANES + lane]
                doubt *= max(1.0, 1.0 / least_fast)
                cancelled = max(1.0, parts / passed) if passed > 0.0 else 1.0
                doubt *= cancelled
                # An error of ln g of twice its root.
                skewed = scratch[SKEWED * LANES + lane] * cancelled * 2.0**98
                # What has grown apart since the last look counts more where a mode is slow.
                grown = scratch[LARGEST_SLOW * LANES + lane] / min(1.0, least)
                grown += scratch[LARGEST_FAST * LANES + lane] / least_fast
                amplified = max(
                    scales[PAST, lane] + doubt,
                    4.0 * kit.limits.steepness**2 * grown * cancelling,
                    skewed,
                )
                found[asked, PASSED, lane] = passed
                found[asked, SCALE_OF_PASSED, lane] = scales[LOG_SCALE, lane]
                found[asked, REFLECTED, lane] = scratch[RETURNED * LANES + lane]
                found[asked, AMPLIFIED, lane] = math.sqrt(amplified)
            state[ASKED] += 1


@njit(nogil=True, cache=True)
def box_groups(groups, lengths, onsite, box, kit, found, factors, renewals):
    """Solve groups of a wire with box disorder, one behind the other."""
    state = kit.progress.state
    for g in range(len(groups)):
        for lane in range(LANES):
            box.realizations[lane] = groups[g] * LANES + lane
        _begin(kit)
        _go_on(lengths[-1], lengths, onsite, onsite[:0], box, kit, found[g], factors[g])
        renewals[g, 0], renewals[g, 1] = state[LOOKS], state[RENEWALS]


@njit(nogil=True, cache=True)
def some_slices(until, lengths, potential, high, box, kit, found, factors):
    """Carry a group of any wire on to slice `until`; see `_go_on`."""
    if kit.progress.state[SLICE] == 0:
        _begin(kit)
    _go_on(until, lengths, potential, high, box, kit, found, factors)
