"""A group's way through the slices: advance, look at the columns, close at every length.

Everything here is compiled; the work itself is done by kernels, whose addresses it is given.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.compiled import njit
from qtcore.lanes import LANES, splat, store
from qtcore.model.address import fill_onsite
from qtcore.solve.graded import GROWN, LOG_SCALE, LOOSE, PAST, RECENT, SIZE, TURNED, begin
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
from qtcore.solve.quick_looks import planned, price_of_all, quickest_columns
from qtcore.solve.renewal import OF_TURNED, forget_errors

PASSED, SCALE_OF_PASSED, REFLECTED, AMPLIFIED, OF_BEFORE, FOUND = range(6)
"""Places in what is found of a length, lane by lane: transmission in units of P's scale, logarithm of
that scale, reflection, amplification of rounding errors, and what those of long before may have grown
to (see `renewal.follow_errors`); FOUND is their number."""

SLICE, PARITY, INTERVAL, NEXT_LOOK, ASKED, LOOKS, RENEWALS, WHOLE, NEXT_WHOLE, STATE = range(10)
"""Places in the state of a group: slices done, which half of x is the latest, slices between looks,
slice of the next one, lengths done, how often columns were renewed, slice of the last look at all
columns, and of the next one at the latest; STATE is their number."""

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
    forget_errors(scales)
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
def _look_at_quickest(kit):
    """Renew the quickest columns; return their growth per slice, and that of the others."""
    state, scales, shape, kernels = kit.progress.state, kit.progress.scales, kit.shape, kit.kernels
    x, norms, scratch = kit.memory.x, kit.memory.norms, kit.memory.scratch
    is_real = kit.lead.is_real
    quickest = quickest_columns(shape, is_real, kit.limits.quick)
    grown = _renew_fast(kernels.renew_fast, (x, quickest, is_real, norms))
    size = _project(kernels.project_fast_out, (x, quickest, is_real, norms, scratch))
    scales[LOOSE, 0] += grown * grown
    slices, since = state[SLICE] - _last_look(state), state[SLICE] - state[WHOLE]
    return math.log(grown) / max(1, slices), math.log(max(size, 1.0)) / max(1, since)


@inner
def _can_wait(kit, quickest, others):
    """Return whether columns other than the quickest can wait for another look at these."""
    state, room = kit.progress.state, math.log(kit.limits.growth / kit.progress.scales[SIZE, 0])
    behind = state[SLICE] + state[INTERVAL]
    apart = quickest * state[INTERVAL] + others * (behind - state[WHOLE])
    # A NaN does not wait.
    return behind <= state[NEXT_WHOLE] and apart < room


@inner
def _stretched(norms, slow, lane, before):
    """Return by how much a slow column has grown in a lane, squared.

    Where missing sites block a wire, waves pass through them: slow columns grow as they never do
    where there is a way around, and what came before, and is small now, had errors of its own.
    """
    largest = 1.0
    for j in range(slow):
        largest = max(largest, norms[j * LANES + lane] / (before * before))
    return largest


@inner
def _look(kit):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    shape, is_real, kernels, limits = kit.shape, kit.lead.is_real, kit.kernels, kit.limits
    state, scales, terrain = kit.progress.state, kit.progress.scales, kit.progress.terrain
    x, norms, after, scratch = kit.memory.x, kit.memory.norms, kit.memory.after, kit.memory.scratch
    slices, quickest = state[SLICE] - _last_look(state), 0.0
    if limits.quick > 0:
        quickest, others = _look_at_quickest(kit)
        if _can_wait(kit, quickest, others):
            looked_back(terrain, slices, True)
            state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]
            return
    growth = 1.0
    if shape.fast > 0:
        growth = _renew_fast(kernels.renew_fast, (x, shape, is_real, norms))
    before = scales[SIZE, 0]
    size = _project(kernels.project_fast_out, (x, shape, is_real, norms, scratch))
    growth = max(growth, size / before)
    # Errors of columns that were held against the quickest ones only have grown with the others.
    loose, sections = 1.0 + scales[LOOSE, 0], len(kit.medium.program.sections)
    scales[LOOSE, 0] = 0.0
    for lane in range(LANES):
        cancelling = _cancelling(kit.memory.work, lane)
        lost = 1.0 if sections == 1 else _stretched(norms, shape.slow, lane, before)
        scales[RECENT, lane] += (growth * before) ** 2 * cancelling * loose * lost
    _forget_cancelling(kit.memory.work)
    state[LOOKS] += 1
    if not (size < limits.slow_growth):
        _renew_slow(kernels.renew_slow, (x, shape, norms, after, scales))
        state[RENEWALS] += 1
        size = 1.0
    scales[SIZE, 0] = size
    # A single slice that was too high to go on without a look tells nothing of the others.
    measured = slices == state[INTERVAL] or slices > 1
    looked_back(terrain, slices, measured)
    # As many slices as bring the growth to its limit, from the rate just seen.
    room, most, whole = math.log(limits.growth / size), 2 * state[INTERVAL], 0
    if measured and limits.quick > 0:
        others = math.log(growth) / (state[SLICE] - state[WHOLE])
        price = price_of_all(shape, limits.quick)
        state[INTERVAL], whole = planned(quickest, others, room, price, min(most, LONGEST_RUN))
    elif measured:
        wanted = slices * room / max(math.log(growth), 1e-3)
        state[INTERVAL] = int(max(1.0, min(wanted, float(most), LONGEST_RUN)))
    state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]
    state[WHOLE], state[NEXT_WHOLE] = state[SLICE], state[SLICE] + whole


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
    # Of a slice that is passed in sections every one of them counts as a slice here.
    sections = len(medium.program.sections)
    while state[ASKED] < len(lengths) and state[SLICE] < until:
        n, too_far = state[SLICE], False
        stop = min(state[NEXT_LOOK], lengths[state[ASKED]], until)
        whole = n // sections
        d = (whole - first // sections) * medium.sites
        if box.is_made:
            sites = (whole * medium.sites, (1 + (stop - 1) // sections - whole) * medium.sites)
            fill_onsite(keys, realizations, *sites, box.strength, box.energy, potential)
            d = (whole * medium.sites) % 2
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
                cancelling = _cancelling(work, lane) * (1.0 + scales[LOOSE, 0])
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
                # The lead may meet the last column where it is small.
                last = max(norms[(shape.slow - 1) * LANES + lane], LEAST)
                turned = OF_TURNED * scales[TURNED, lane] * max(1.0, 1.0 / last) ** 2 * cancelled
                amplified = max(
                    scales[PAST, lane] + doubt,
                    4.0 * kit.limits.steepness**2 * grown * cancelling,
                    skewed,
                )
                found[asked, PASSED, lane] = passed
                found[asked, SCALE_OF_PASSED, lane] = scales[LOG_SCALE, lane]
                found[asked, REFLECTED, lane] = scratch[RETURNED * LANES + lane]
                found[asked, AMPLIFIED, lane] = math.sqrt(amplified)
                found[asked, OF_BEFORE, lane] = math.sqrt(max(scales[GROWN, lane], turned))
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
