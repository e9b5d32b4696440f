"""The transfer solver: all lengths of eight realizations in one pass.

The outgoing modes of the left lead are carried to the right, slice by slice (`stencil`), until
they have grown so far apart that rounding errors would count. Columns fall into two blocks:

*fast*
    The modes that are closed in the lead. They grow from slice to slice by a known factor and
    send nothing into the left lead. Every few slices they are orthonormalised and projected out
    of the others: M² times the number of fast columns, not M³.
*slow*
    The open modes, which grow apart over a mean free path only. They are orthonormalised among
    themselves once they have grown by `slow_growth`; P, what they send into the left lead,
    follows by the same column operations and carries its own scale.

How often is measured, not assumed: the factor by which the fast columns have grown since the last
time sets the next interval. Nothing of this depends on the lengths that are asked for: a length
is closed with its lead (`closing`) on a copy.

Pichard and Sarma, J. Phys. C 14, L127 (1981); MacKinnon and Kramer, Z. Phys. B 53, 1 (1983).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned, splat, store
from qtcore.model.address import fill_onsite, round_keys
from qtcore.model.wire import Wire
from qtcore.solve.closing import close
from qtcore.solve.modes import Modes
from qtcore.solve.orthogonal import TILE
from qtcore.solve.preparation import (
    LONGEST_RUN,
    REAL,
    STRIP,
    STRIP_IN_FIELD,
    prepare,
    workspace,
)
from qtcore.solve.renewal import (
    LOG_SCALE,
    PAST,
    RECENT,
    SIZE,
    project_fast_out,
    renew_fast,
    renew_slow,
)
from qtcore.solve.sparse_stencil import advance_sparse, advance_sparse_real
from qtcore.solve.stencil import advance_field, advance_real

SLICE, PARITY, INTERVAL, NEXT_LOOK, ASKED, LOOKS, RENEWALS, STATE = range(8)
"""Places in the state of a group: slices done, which half of x is the latest, slices between looks,
slice of the next one, lengths done, and how often columns were renewed; STATE is their number."""

POTENTIAL_SLICES = 256
"""Slices whose potential is made at once, where it is not box disorder made on the way."""


@dataclass(frozen=True)
class Tightness:
    """How far columns may grow apart before they are made orthonormal again.

    Attributes
    ----------
    growth : float
        Of the largest over the smallest column, at most; the relative error of g is about 1e-16
        times this.
    slow_growth : float
        The part of it that the slow columns may have among themselves.
    """

    growth: float
    slow_growth: float


class Transferred(NamedTuple):
    """What a pass over the slices has found; rows are the realizations of all groups.

    Attributes
    ----------
    ln_g, reflection : (realization, length) float arrays
        ln g and the total reflection.
    amplification : (realization, length) float array
        The factors by which rounding errors were amplified, one for each renewal, added in
        quadrature as independent errors add.
    renewals : (group, 2) int array
        How often the fast and the slow columns were renewed.
    t : (realization, length, outgoing, incoming) complex array
        Transmission amplitudes between modes of unit flux, to be multiplied by exp(log_scale);
        without modes unless they were asked for.
    log_scale : (realization, length) float array
        Natural logarithm of the scale of t.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    amplification: NDArray[np.float64]
    renewals: NDArray[np.int64]
    t: NDArray[np.complex128]
    log_scale: NDArray[np.float64]


USUAL = Tightness(growth=2.0**16, slow_growth=2.0**6)
TIGHT = Tightness(growth=2.0**8, slow_growth=2.0**2)


# A *kit* is what stays the same for all groups of a call: start, first_interval, medium, shape and
# lead (see `preparation.Prepared`), limits of growth, state and scales of the group at hand, memory.


@njit(nogil=True, cache=True)
def _begin(kit):
    """Put the outgoing modes of the left lead at slice 0 of a group."""
    start, first_interval, _, shape, lead, _, state, scales, memory = kit
    x, _, _, norms, after, scratch = memory
    is_real = lead[6]
    stride = shape[1]
    for p in range(start.shape[0]):
        for r in range(stride):
            store(x, p * stride + r, splat(start[p, r]))
    scales[:] = 0.0
    if shape[2] > 0:
        renew_fast(x, shape, is_real, norms)
    scales[SIZE, 0] = project_fast_out(x, shape, is_real, norms, scratch)
    renew_slow(x, shape, norms, after, scales)
    scales[RECENT] = 0.0
    scales[PAST] = 0.0
    state[:] = 0
    state[INTERVAL], state[NEXT_LOOK] = first_interval, first_interval


@njit(nogil=True, cache=True)
def _advance(x, shape, parity, n, slices, onsite, d, medium, w):
    """Advance all columns by some slices, each kind of wire by its own stencil."""
    M, stride, fast, fast_tiles, slow, slow_tiles = shape
    kind, periodic, phase, orbitals, h, v_dagger, v_inverse = medium
    slow_first = fast_tiles * TILE
    planes = slow_first + slow_tiles * TILE
    if kind == STRIP:
        live = (fast + 1) // 2 * 2
        advance_real(x, 0, live, stride, M, parity, slices, onsite, d, periodic)
        advance_real(x, slow_first, 2 * slow, stride, M, parity, slices, onsite, d, periodic)
    elif kind == STRIP_IN_FIELD:
        advance_field(x, 0, planes, stride, M, parity, slices, onsite, d, periodic, phase, n)
    elif kind == REAL:
        tiles = fast_tiles + slow_tiles
        advance_sparse_real(x, 0, tiles, stride, parity, slices, onsite, d, M, orbitals, h)
    else:
        matrices = (h, v_dagger, v_inverse)
        advance_sparse(
            x, 0, planes // 2, stride, parity, slices, onsite, d, M, orbitals, matrices, w
        )


@njit(nogil=True, cache=True)
def _look(x, shape, is_real, limits, state, scales, norms, after, scratch):
    """Renew the fast columns, the slow ones if it is time, and say when to look again."""
    most_growth, slow_growth = limits
    growth = 1.0
    if shape[2] > 0:
        growth = renew_fast(x, shape, is_real, norms)
    before = scales[SIZE, 0]
    size = project_fast_out(x, shape, is_real, norms, scratch)
    growth = max(growth, size / before)
    for lane in range(LANES):
        scales[RECENT, lane] += (growth * before) ** 2
    state[LOOKS] += 1
    if not (size < slow_growth):
        renew_slow(x, shape, norms, after, scales)
        state[RENEWALS] += 1
        size = 1.0
    scales[SIZE, 0] = size
    # As many slices as bring the growth to its limit, from the rate just seen.
    room = math.log(most_growth / size)
    wanted = state[INTERVAL] * room / max(math.log(growth), 1e-3)
    state[INTERVAL] = int(max(1.0, min(wanted, 2.0 * state[INTERVAL], LONGEST_RUN)))
    state[NEXT_LOOK] = state[SLICE] + state[INTERVAL]


@njit(nogil=True, cache=True)
def _go_on(until, lengths, potential, box, kit, found, t):
    """Carry a group on to slice `until`, or to the last length.

    `potential` holds E - eps of the slices from the one on that the group has reached; with
    `box` = (True, keys, realizations, W, E) it is mere room and box disorder is made on the way.
    `found` receives (length, 4, LANES): transmission in units of P's scale, logarithm of
    that scale, reflection, amplification; `t` the transmission amplitudes, unless it has no room.
    """
    _, _, medium, shape, lead, limits, state, scales, memory = kit
    x, y, work, norms, after, scratch = memory
    makes_box, keys, realizations, strength, energy = box
    M, orbitals, is_real = shape[0], medium[3], lead[6]
    first = state[SLICE]
    while state[ASKED] < len(lengths) and state[SLICE] < until:
        n = state[SLICE]
        stop = min(state[NEXT_LOOK], lengths[state[ASKED]], until)
        d = (n - first) * (M // orbitals)
        if makes_box:
            fill_onsite(keys, realizations, n * M, (stop - n) * M, strength, energy, potential)
            d = (n * M) % 2
        _advance(x, shape, state[PARITY], n, stop - n, potential, d, medium, work)
        state[PARITY] = (state[PARITY] + stop - n) % 2
        state[SLICE] = stop
        if stop == state[NEXT_LOOK]:
            _look(x, shape, is_real, limits, state, scales, norms, after, scratch)
        if stop == lengths[state[ASKED]]:
            asked = state[ASKED]
            close(x, y, shape, state[PARITY], stop, lead, work, norms, scratch, t[asked])
            for lane in range(LANES):
                least = scratch[3 * LANES + lane]
                doubt = (1.0 + scales[RECENT, lane]) * max(1.0, 1.0 / least) ** 2
                found[asked, 0, lane] = scratch[LANES + lane]
                found[asked, 1, lane] = scales[LOG_SCALE, lane]
                found[asked, 2, lane] = scratch[2 * LANES + lane]
                found[asked, 3, lane] = math.sqrt(scales[PAST, lane] + doubt)
            state[ASKED] += 1


@njit(nogil=True, cache=True)
def _strip_groups(groups, lengths, onsite, box, kit, found, t, renewals):
    """Solve groups of a strip with box disorder, one behind the other."""
    realizations, state = box[2], kit[6]
    for g in range(len(groups)):
        for lane in range(LANES):
            realizations[lane] = groups[g] * LANES + lane
        _begin(kit)
        _go_on(lengths[-1], lengths, onsite, box, kit, found[g], t[g])
        renewals[g, 0], renewals[g, 1] = state[LOOKS], state[RENEWALS]


def _any_group(
    wire: Wire,
    group: int,
    energy: float,
    lengths: NDArray[np.int64],
    seed: int,
    kit: tuple[Any, ...],
    found: NDArray[np.float64],
    t: NDArray[np.float64],
) -> None:
    """Solve a group of any wire, its potential made some slices at a time."""
    state = kit[6]
    samples = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
    box = (False, np.zeros(0, dtype=np.uint64), samples, 0.0, energy)
    _begin(kit)
    while state[ASKED] < len(lengths):
        n = int(state[SLICE])
        until = min(n + POTENTIAL_SLICES, int(lengths[-1]))
        potential = np.ascontiguousarray(energy - wire.potential_of(samples, n, until - n, seed))
        _go_on(until, lengths, potential.ravel(), box, kit, found, t)


def transfer(
    wire: Wire,
    modes: Modes,
    energy: float,
    lengths: Sequence[int],
    groups: Sequence[int],
    seed: int,
    tightness: Tightness = USUAL,
    *,
    amplitudes: bool = False,
) -> Transferred:
    """Solve whole groups of realizations at every length.

    Parameters
    ----------
    wire : Wire
        The wire.
    modes : Modes
        Modes of its leads at this energy.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices.
    groups : sequence of int
        Group g holds realizations LANES g .. LANES (g + 1) - 1.
    seed : int
        Seed of the ensemble.
    tightness : Tightness
        How far columns may grow apart.
    amplitudes : bool
        Whether to return the transmission amplitudes too.

    Returns
    -------
    Transferred
    """
    prepared = prepare(wire, modes, energy)
    N = prepared.shape[4]
    numbers = np.asarray(groups, dtype=np.int64)
    lengths_asked = np.asarray(lengths, dtype=np.int64)
    found = np.empty((len(groups), len(lengths), 4, LANES))
    kept = N if amplitudes else 0
    t = np.empty((len(groups), len(lengths), 2 * kept * kept * LANES))
    renewals = np.zeros((len(groups), 2), dtype=np.int64)
    kit = (
        prepared.start,
        prepared.first_interval(tightness.growth),
        prepared.medium,
        prepared.shape,
        prepared.lead,
        (tightness.growth, tightness.slow_growth),
        np.zeros(STATE, dtype=np.int64),
        np.zeros((4, LANES)),
        workspace(prepared),
    )
    if wire.plain_strip is not None:
        strength = wire.plain_strip[1].strength
        keys, realizations = round_keys(wire.key(seed)), np.zeros(LANES, dtype=np.uint64)
        onsite = aligned(LONGEST_RUN * wire.width + 2)
        box = (True, keys, realizations, strength, energy)
        _strip_groups(numbers, lengths_asked, onsite, box, kit, found, t, renewals)
    else:
        for g, group in enumerate(groups):
            _any_group(wire, group, energy, lengths_asked, seed, kit, found[g], t[g])
            renewals[g] = kit[6][LOOKS], kit[6][RENEWALS]
    by_realization = np.moveaxis(found, 3, 1).reshape(len(groups) * LANES, len(lengths), 4)
    transmitted, log_scale, reflected, amplified = np.moveaxis(by_realization, 2, 0)
    with np.errstate(divide="ignore"):
        ln_g = np.log(transmitted) + 2 * log_scale
    parts = np.moveaxis(t.reshape(len(groups), len(lengths), kept, kept, 2, LANES), -1, 1)
    waves = np.ascontiguousarray(parts).view(np.complex128)[..., 0]
    waves = waves.reshape(len(groups) * LANES, len(lengths), kept, kept)
    return Transferred(ln_g, reflected, amplified, renewals, waves, log_scale)
