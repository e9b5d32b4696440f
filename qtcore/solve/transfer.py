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

from qtcore.lanes import LANES, aligned, splat, store
from qtcore.model.address import fill_onsite, round_keys
from qtcore.model.wire import Wire
from qtcore.solve.closing import close
from qtcore.solve.modes import Modes, Separable
from qtcore.solve.orthogonal import TILE
from qtcore.solve.renewal import project_fast_out, renew_fast, renew_slow
from qtcore.solve.stencil import advance_field, advance_real

LONGEST_RUN = 64
"""Slices between two looks at the columns, at most."""


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
def _solve_groups(
    groups, lengths, keys, strength, energy, periodic, start, shape, lead, limits, memory, results
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
            renew_fast(x, shape, is_real, norms)
        size = project_fast_out(x, shape, is_real, norms, scratch)
        renew_slow(x, shape, norms, after, log_scale, recent, past)
        for lane in range(LANES):
            recent[lane], past[lane] = 0.0, 0.0
        next_look, asked = interval, 0
        while asked < len(lengths):
            stop = min(next_look, lengths[asked])
            slices = stop - n
            fill_onsite(keys, realizations, n * M, slices * M, strength, energy, onsite)
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
                    growth = renew_fast(x, shape, is_real, norms)
                before = size
                renewals[g, 0] += 1
                size = project_fast_out(x, shape, is_real, norms, scratch)
                growth = max(growth, size / before)
                for lane in range(LANES):
                    recent[lane] += (growth * before) ** 2
                if not (size < slow_growth):
                    renew_slow(x, shape, norms, after, log_scale, recent, past)
                    renewals[g, 1] += 1
                    size = 1.0
                # As many slices as bring the growth to its limit, from the rate just seen.
                room = math.log(most_growth / size)
                wanted = interval * room / max(math.log(growth), 1e-3)
                interval = int(max(1.0, min(wanted, 2.0 * interval, LONGEST_RUN)))
                next_look = n + interval
            if n == lengths[asked]:
                close(x, y, shape, parity, n, lead, work, norms, scratch)
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
        round_keys(wire.key(seed)),
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
