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
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned, larger, load, splat, store
from qtcore.model.address import fill_onsite
from qtcore.model.wire import Wire
from qtcore.solve.closing import (
    expand_field,
    expand_real,
    orthonormalise_incoming,
    reflection,
    transmission,
    turn,
)
from qtcore.solve.modes import Modes, Separable
from qtcore.solve.orthogonal import (
    BLOCK,
    TILE,
    orthonormalise_complex,
    orthonormalise_real,
    project_complex,
    project_real,
    squared_norms,
)
from qtcore.solve.stencil import advance_field, advance_real

LONGEST_RUN = 64
"""Slices between two looks at the columns, at most."""

_RESCALE_BELOW = 2.0**-200
_RESCALE_BY = 2.0**200


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
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    amplification: NDArray[np.float64]
    renewals: NDArray[np.int64]


USUAL = Tightness(growth=2.0**16, slow_growth=2.0**6)
TIGHT = Tightness(growth=2.0**8, slow_growth=2.0**2)


@njit(nogil=True, cache=True)
def _largest_lane(vector, scratch):
    store(scratch, 0, vector)
    largest = scratch[0]
    for lane in range(1, LANES):
        # A NaN must win, so that it is seen.
        if not (scratch[lane] <= largest):
            largest = scratch[lane]
    return largest


@njit(nogil=True, cache=True)
def _renew_fast(x, shape, is_real, norms):
    """Orthonormalise the fast columns; return the ratio of the largest norm found to the least."""
    M, stride, fast, fast_tiles = shape[0], shape[1], shape[2], shape[3]
    rows = 2 * M
    per_tile = 4 if is_real else 2
    for tile in range(fast_tiles):
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


@njit(nogil=True, cache=True)
def _project_fast_out(x, shape, is_real, norms, scratch):
    """Project the fast columns out of the slow ones; return the largest norm that is left."""
    M, stride = shape[0], shape[1]
    fast_tiles, slow, slow_tiles = shape[3], shape[4], shape[5]
    rows = 2 * M
    largest = splat(0.0)
    for tile in range(slow_tiles):
        t = (fast_tiles + tile) * TILE
        for earlier in range(fast_tiles):
            if is_real:
                project_real(x, earlier * TILE, t, stride, rows, rows)
            else:
                project_complex(x, earlier * TILE, t, stride, rows, rows)
        columns = min(2, slow - 2 * tile)
        largest = larger(largest, squared_norms(x, t, columns, stride, rows, norms, 2 * tile))
    return math.sqrt(_largest_lane(largest, scratch))


@njit(nogil=True, cache=True)
def _renew_slow(x, shape, norms, after, log_scale, recent, past):
    """Orthonormalise the slow columns, P along; return the worst cancellation in a column.

    `norms` holds the squared norms that the columns have on entry.
    """
    M, stride = shape[0], shape[1]
    fast_tiles, slow, slow_tiles = shape[3], shape[4], shape[5]
    for block in range(0, slow_tiles, BLOCK):
        end = min(block + BLOCK, slow_tiles)
        for earlier in range(end):
            q = (fast_tiles + earlier) * TILE
            # P is triangular: column j ends at row j.
            rows = 2 * M + min(2 * earlier + 2, slow)
            if earlier >= block:
                columns = min(2, slow - 2 * earlier)
                orthonormalise_complex(x, q, columns, stride, 2 * M, rows, after, 2 * earlier)
            for tile in range(max(block, earlier + 1), end):
                t = (fast_tiles + tile) * TILE
                project_complex(x, q, t, stride, 2 * M, rows)
    for lane in range(LANES):
        loss, least = 1.0, np.inf
        for j in range(slow):
            left = after[j * LANES + lane]
            least = min(least, left)
            loss = max(loss, norms[j * LANES + lane] / left)
        # A column that shrinks passes a resonance: errors grow where it does not.
        past[lane] += (recent[lane] + loss) * max(1.0, 1.0 / least) ** 2
        recent[lane] = 0.0
    _rescale(x, shape, log_scale)


@njit(nogil=True, cache=True)
def _rescale(x, shape, log_scale):
    """Keep P in range, lane by lane, by powers of two."""
    M, stride, fast_tiles, slow = shape[0], shape[1], shape[3], shape[4]
    for lane in range(LANES):
        largest = 0.0
        for j in range(2 * slow):
            start = (fast_tiles * TILE + j) * stride + 2 * M
            for r in range(j // 2 + 1):
                largest = max(largest, abs(x[(start + r) * LANES + lane]))
        if 0.0 < largest < _RESCALE_BELOW:
            for j in range(2 * slow):
                start = (fast_tiles * TILE + j) * stride + 2 * M
                for r in range(j // 2 + 1):
                    x[(start + r) * LANES + lane] *= _RESCALE_BY
            log_scale[lane] -= math.log(_RESCALE_BY)


@njit(nogil=True, cache=True)
def _close(x, y, shape, parity, length, lead, work, norms, scratch):
    """Attach the right lead; return total transmission (up to P's scale) and reflection."""
    M, stride, fast, fast_tiles, slow, slow_tiles = shape
    functions, weights, projector, turned, phase, field_in_leads, is_real = lead
    N = slow
    rows = M + N
    y_stride = M + 2 * N + 1
    y_fast_tiles = (fast + 1) // 2
    if not is_real:
        early = phase * (length - 1)
        turn(projector, turned, early, phase * length if field_in_leads else early)
    for j in range(0, fast, 2):
        first = 2 * j * y_stride
        if is_real:
            expand_real(
                x, j, stride, M, parity, functions, weights, rows, False, work, y, (first, y_stride)
            )
        else:
            for k in range(j, min(j + 2, fast)):
                expand_field(
                    x,
                    2 * k,
                    stride,
                    M,
                    parity,
                    turned,
                    turned.shape[0],
                    y,
                    2 * k * y_stride,
                    y_stride,
                )
    for j in range(slow):
        plane = fast_tiles * TILE + 2 * j
        first = (y_fast_tiles * TILE + 2 * j) * y_stride
        if is_real:
            expand_real(
                x,
                plane,
                stride,
                M,
                parity,
                functions,
                weights,
                rows,
                True,
                work,
                y,
                (first, y_stride),
            )
        else:
            expand_field(x, plane, stride, M, parity, turned, turned.shape[0], y, first, y_stride)
        for part in range(2):
            for r in range(N):
                p = load(x, (plane + part) * stride + 2 * M + r)
                store(y, first + part * y_stride + rows + r, p)
    least = orthonormalise_incoming(y, y_fast_tiles, fast, slow_tiles, slow, y_stride, M, norms)
    store(scratch, 3, least)
    store(scratch, 1, transmission(y, y_fast_tiles, slow, y_stride, M))
    store(scratch, 2, reflection(y, y_fast_tiles, fast, slow, y_stride, M))


@njit(nogil=True, cache=True)
def _solve_groups(
    groups, lengths, key, strength, energy, periodic, start, shape, lead, limits, memory, results
):
    """Solve groups of LANES realizations; see `transfer` for the arguments' meaning."""
    M, stride, fast, fast_tiles, slow, slow_tiles = shape
    phase, is_real = lead[4], lead[6]
    most_growth, slow_growth, first_interval = limits
    x, y, onsite, work, norms, after, scratch = memory
    transmitted, log_scales, reflected, amplified, renewals = results
    realizations = np.empty(LANES, dtype=np.uint64)
    log_scale, recent, past = np.empty(LANES), np.zeros(LANES), np.zeros(LANES)
    planes = (fast_tiles + slow_tiles) * TILE
    for g in range(len(groups)):
        for lane in range(LANES):
            realizations[lane] = groups[g] * LANES + lane
            log_scale[lane] = 0.0
        for p in range(planes):
            for r in range(stride):
                store(x, p * stride + r, splat(start[p, r]))
        parity, n, interval = 0, 0, first_interval
        if fast > 0:
            _renew_fast(x, shape, is_real, norms)
        size = _project_fast_out(x, shape, is_real, norms, scratch)
        _renew_slow(x, shape, norms, after, log_scale, recent, past)
        for lane in range(LANES):
            recent[lane], past[lane] = 0.0, 0.0
        next_look, asked = interval, 0
        while asked < len(lengths):
            stop = min(next_look, lengths[asked])
            slices = stop - n
            fill_onsite(key, realizations, n * M, slices * M, strength, energy, onsite)
            d = (n * M) % 2
            if is_real:
                live = (fast + 1) // 2 * 2
                advance_real(x, 0, live, stride, M, parity, slices, onsite, d, periodic)
                advance_real(
                    x, fast_tiles * TILE, 2 * slow, stride, M, parity, slices, onsite, d, periodic
                )
            else:
                advance_field(
                    x, 0, planes, stride, M, parity, slices, onsite, d, periodic, phase, n
                )
            parity = (parity + slices) % 2
            n = stop
            if n == next_look:
                growth = 1.0
                if fast > 0:
                    growth = _renew_fast(x, shape, is_real, norms)
                before = size
                renewals[g, 0] += 1
                size = _project_fast_out(x, shape, is_real, norms, scratch)
                growth = max(growth, size / before)
                for lane in range(LANES):
                    recent[lane] += (growth * before) ** 2
                if not (size < slow_growth):
                    _renew_slow(x, shape, norms, after, log_scale, recent, past)
                    renewals[g, 1] += 1
                    size = 1.0
                # As many slices as bring the growth to its limit, from the rate just seen.
                room = math.log(most_growth / size)
                wanted = interval * room / max(math.log(growth), 1e-3)
                interval = int(max(1.0, min(wanted, 2.0 * interval, LONGEST_RUN)))
                next_look = n + interval
            if n == lengths[asked]:
                _close(x, y, shape, parity, n, lead, work, norms, scratch)
                for lane in range(LANES):
                    transmitted[g, asked, lane] = scratch[LANES + lane]
                    reflected[g, asked, lane] = scratch[2 * LANES + lane]
                    log_scales[g, asked, lane] = log_scale[lane]
                    least = scratch[3 * LANES + lane]
                    amplified[g, asked, lane] = math.sqrt(
                        past[lane] + (1.0 + recent[lane]) * max(1.0, 1.0 / least) ** 2
                    )
                asked += 1


def _mode_weights(modes: Modes, separable: Separable) -> NDArray[np.float64]:
    """Return (M + N, 5) weights that read amplitudes off transverse components; see `closing`.

    With incoming a and outgoing b, u_{L-1} = a + b and u_L = lambda_in a + lambda_out b.
    """
    M, N = modes.width, modes.channels
    into, out = separable.left_factor, separable.right_factor
    difference = (out - into) * separable.norms
    weights = np.zeros((M + N, 5))
    weights[:, 0] = np.concatenate([np.arange(M), np.arange(N)])
    a = np.stack([out / difference, -1 / difference], axis=1)
    b = np.stack([-into / difference, 1 / difference], axis=1)[:N]
    weights[:, 1:] = np.concatenate([a, b]).view(np.float64).reshape(M + N, 4)
    return weights


def _mode_projector(modes: Modes) -> NDArray[np.float64]:
    """Return (rows, 2 M, 2) weights of psi_{L-1} and psi_L; rows are A, then B, padded to even."""
    M, N = modes.width, modes.channels
    expansion = np.block([[modes.left, modes.right], [modes.left_ahead, modes.right_ahead]])
    rows = np.linalg.inv(expansion)[: M + N]
    padded = np.zeros((M + N + (M + N) % 2, 2 * M), dtype=np.complex128)
    padded[: M + N] = rows
    return padded.view(np.float64).reshape(len(padded), 2 * M, 2)


def _starting_planes(
    wire: Wire, modes: Modes, shape: tuple[int, ...], is_real: bool
) -> NDArray[np.float64]:
    """Return the planes (plane, row) at slice 0: outgoing modes of the left lead, and P = 1."""
    M, stride, fast, fast_tiles, slow, slow_tiles = shape
    before = modes.left
    if wire.field_in_leads:
        before = before * np.exp(1j * wire.phase * np.arange(M))[:, None]
    columns = np.concatenate([modes.left_ahead, before])
    planes = np.zeros(((fast_tiles + slow_tiles) * TILE, stride))
    if is_real:
        planes[:fast, : 2 * M] = columns[:, slow:].real.T
    else:
        planes[0 : 2 * fast : 2, : 2 * M] = columns[:, slow:].real.T
        planes[1 : 2 * fast : 2, : 2 * M] = columns[:, slow:].imag.T
    first = fast_tiles * TILE
    planes[first : first + 2 * slow : 2, : 2 * M] = columns[:, :slow].real.T
    planes[first + 1 : first + 2 * slow : 2, : 2 * M] = columns[:, :slow].imag.T
    numbers = np.arange(slow)
    planes[first + 2 * numbers, 2 * M + numbers] = 1.0
    return planes


def _first_interval(wire: Wire, energy: float, growth: float) -> int:
    """Return how many slices are safe before growth has been measured.

    The hopping across has a norm below 2, so that no column grows faster than in a uniform
    potential at a distance |E| + 2 + W/2 from the band centre.
    """
    fastest = math.acosh((abs(energy) + 2 + wire.disorder.strength / 2) / 2 + 0.05)
    return int(max(1, min(LONGEST_RUN, math.log(growth) / fastest)))


def transfer(
    wire: Wire,
    modes: Modes,
    energy: float,
    lengths: Sequence[int],
    groups: Sequence[int],
    seed: int,
    tightness: Tightness = USUAL,
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

    Returns
    -------
    Transferred
    """
    M, N = wire.width, modes.channels
    separable = modes.separable if wire.phase == 0 else None
    is_real = separable is not None
    fast, slow = M - N, N
    fast_tiles = -(-fast // 4) if is_real else -(-fast // 2)
    slow_tiles = -(-slow // 2)
    stride = 2 * M + N
    shape = (M, stride, fast, fast_tiles, slow, slow_tiles)
    planes = (fast_tiles + slow_tiles) * TILE
    padded = -(-M // 4) * 4
    functions, weights = np.zeros((M, padded)), np.zeros((0, 5))
    projector = np.zeros((0, 2 * M, 2))
    if separable is not None:
        functions[:, :M] = separable.functions
        weights = _mode_weights(modes, separable)
    else:
        projector = _mode_projector(modes)
    lead = (
        functions,
        weights,
        projector,
        np.zeros_like(projector),
        wire.phase,
        wire.field_in_leads,
        is_real,
    )
    y_planes = ((fast + 1) // 2 + slow_tiles) * TILE
    memory = (
        aligned(planes * stride),
        aligned(y_planes * (M + 2 * N + 1) + 1),
        aligned(LONGEST_RUN * M + 2),
        aligned(4 * padded),
        aligned(M + 4),
        aligned(M + 4),
        aligned(4),
    )
    shape_out = (len(groups), len(lengths), LANES)
    results = (
        np.empty(shape_out),
        np.empty(shape_out),
        np.empty(shape_out),
        np.empty(shape_out),
        np.zeros((len(groups), 2), dtype=np.int64),
    )
    limits = (
        tightness.growth,
        tightness.slow_growth,
        _first_interval(wire, energy, tightness.growth),
    )
    _solve_groups(
        np.asarray(groups, dtype=np.int64),
        np.asarray(lengths, dtype=np.int64),
        wire.key(seed),
        wire.disorder.strength,
        energy,
        wire.lattice.periodic,
        _starting_planes(wire, modes, shape, is_real),
        shape,
        lead,
        limits,
        memory,
        results,
    )
    transmitted, log_scales, reflected, amplified = (
        np.moveaxis(result, 2, 1).reshape(-1, len(lengths)) for result in results[:4]
    )
    with np.errstate(divide="ignore"):
        ln_g = np.log(transmitted) + 2 * log_scales
    return Transferred(ln_g, reflected, amplified, results[4])
