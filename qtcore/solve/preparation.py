"""From a wire to the arrays that the transfer solver works on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import aligned
from qtcore.model.wire import Wire
from qtcore.solve.kernel import Kernel
from qtcore.solve.lead_matching import expand_complex_columns, expand_real_columns
from qtcore.solve.modes import Modes, Separable, in_units
from qtcore.solve.orthogonal import TILE
from qtcore.solve.random_stencil import LaneHopping, advance_random
from qtcore.solve.sparse_stencil import Pattern, advance_sparse, advance_sparse_real, pattern
from qtcore.solve.stencil import advance_strip, advance_strip_in_field

LONGEST_RUN = 64
"""Slices between two looks at the columns, at most."""

_SLOW_GROWTH = 0.5
"""By how much a closed wave grows per slice at least, in the units that it is measured in."""

_CAUTIOUS = 2
"""First interval between two looks, where nothing is known of how fast columns grow."""


@dataclass(frozen=True)
class Prepared:
    """What the compiled solver is told of a wire and its leads.

    Attributes
    ----------
    shape : tuple of int
        (M, stride, fast, fast_tiles, slow, slow_tiles), see `renewal`.
    start : (plane, row) float array
        Planes at slice 0.
    advance : Kernel
        The stencil for this kind of wire.
    expand : Kernel
        What writes the columns in terms of the right lead's modes.
    medium : tuple
        (periodic, phase, orbitals, h, v^+, v^-1), patterns as (starts, columns, values).
    lead : tuple
        (functions, weights, projector, room for it turned, phase, field_in_leads, is_real).
    hopping : LaneHopping or None
        Random hopping, which has its arrays in `medium`.
    fastest : float
        Bound on how much a column can grow per slice, or 0 if there is none.
    unit : float
        What energies are counted in, units of t.
    steepness : float
        By how much rounding errors of the columns count more where a mode is slow: the largest
        amplitude of an open mode in a wave of size one, at least 1.
    """

    shape: tuple[int, int, int, int, int, int]
    start: NDArray[np.float64]
    advance: Kernel
    expand: Kernel
    medium: tuple[Any, ...]
    lead: tuple[Any, ...]
    hopping: LaneHopping | None
    fastest: float
    unit: float
    steepness: float

    def first_interval(self, growth: float) -> int:
        """Return how many slices are safe before growth has been measured."""
        if self.fastest == 0:
            return _CAUTIOUS
        return int(max(1, min(LONGEST_RUN, math.log(growth) / math.log(self.fastest))))


def prepare(
    wire: Wire, modes: Modes, energy: float, absorption: float = 0.0, *, mirrored: bool = False
) -> Prepared:
    """Return what the compiled solver needs; `modes` are those that `wire_modes` gives.

    The couplings between slices must be invertible (`choice` sees to it). A wire with absorption
    may be asked for as it is read from right to left (`mirrored`), and its modes alike.
    """
    M, N = modes.width, modes.channels
    h = v_dagger = v_inverse = _arrays(pattern(np.zeros((M, M), dtype=np.complex128)))
    hopping = None
    identity = np.eye(M, dtype=np.complex128)
    into: NDArray[np.complexfloating] = identity
    out_of: NDArray[np.complexfloating] = identity
    latest = modes.left_ahead
    fastest, unit = 0.0, 1.0
    if wire.strip is not None and absorption == 0:
        is_real = wire.phase == 0
        advance = advance_strip if is_real else advance_strip_in_field
        periodic, phase, orbitals = wire.strip.periodic, wire.phase, 1
        if wire.plain_strip is not None:
            # The hopping across has a norm below 2, so that no column grows faster than in a
            # uniform potential at a distance |E| + 2 + W/2 from the band centre.
            highest = abs(energy) + 2 + wire.plain_strip[1].strength / 2
            fastest = math.exp(math.acosh(highest / 2 + 0.05))
    else:
        unit = wire.slices().unit
        slices = (wire.slices().mirrored if mirrored else wire.slices()).in_units(unit)
        modes = in_units(modes, unit)
        latest = modes.left_ahead
        h_sample = slices.h - 1j * (absorption / unit) * identity
        inverse = np.linalg.inv(slices.v)
        plain = np.array_equal(slices.v, identity) and np.array_equal(slices.lead_v, identity)
        is_real = (
            plain
            and modes.separable is not None
            and not (h_sample.imag.any() or wire.random_hopping)
        )
        periodic, phase, orbitals = False, 0.0, slices.orbitals
        # The wire carries on with its own coupling; the first and the last one are the lead's.
        into = inverse.conj().T @ slices.lead_v.conj().T
        if wire.random_hopping:
            advance, hopping = advance_random, LaneHopping(wire, unit)
            h, v_dagger, v_inverse = hopping.h, hopping.v_dagger, hopping.v_inverse
            latest = slices.v @ latest
            out_of = np.linalg.inv(slices.lead_v)
        else:
            advance = advance_sparse_real if is_real else advance_sparse
            h, v_dagger = _arrays(pattern(h_sample)), _arrays(pattern(slices.v.conj().T))
            v_inverse = _arrays(pattern(inverse))
            out_of = np.linalg.solve(slices.lead_v, slices.v)
    fast, slow = M - N, N
    fast_tiles = -(-fast // 4) if is_real else -(-fast // 2)
    shape = (M, 2 * M + N, fast, fast_tiles, slow, -(-slow // 2))
    functions, weights = np.zeros((M, -(-M // 4) * 4)), np.zeros((0, 5))
    projector = np.zeros((0, 2 * M, 2))
    if is_real and modes.separable is not None:
        functions[:, :M] = modes.separable.functions
        weights = _mode_weights(modes, modes.separable)
        largest = np.linalg.norm(weights[:N, 1:], axis=1).max()
    else:
        projector = _mode_projector(modes, out_of)
        largest = np.linalg.norm(projector[:N], axis=(1, 2)).max()
    before = into @ modes.left
    if advance is advance_strip_in_field and wire.field_in_leads:
        before = before * np.exp(1j * wire.phase * np.arange(M))[:, None]
    start = _starting_planes(np.concatenate([latest, before]), shape, is_real)
    lead = (
        functions,
        weights,
        projector,
        np.zeros_like(projector),
        phase,
        bool(wire.field_in_leads),
        is_real,
    )
    medium = (periodic, phase, orbitals, h, v_dagger, v_inverse)
    expand = expand_real_columns if is_real else expand_complex_columns
    steepness = max(1.0, float(largest))
    return Prepared(shape, start, advance, expand, medium, lead, hopping, fastest, unit, steepness)


def workspace(prepared: Prepared) -> tuple[NDArray[np.float64], ...]:
    """Return aligned room: x, y, work, norms, after, scratch."""
    M, stride, fast, fast_tiles, slow, slow_tiles = prepared.shape
    y_planes = ((fast + 1) // 2 + slow_tiles) * TILE
    return (
        aligned((fast_tiles + slow_tiles) * TILE * stride),
        aligned(y_planes * (M + 2 * slow + 1) + 1),
        stencil_room(M),
        aligned(M + 4),
        aligned(M + 4),
        aligned(8),
    )


def stencil_room(M: int) -> NDArray[np.float64]:
    """Return the scratch that every stencil and the closing make do with, for M rows."""
    return aligned(4 * (M + 3))


def _arrays(rows: Pattern) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    return rows.starts, rows.columns, rows.values


def _mode_weights(modes: Modes, separable: Separable) -> NDArray[np.float64]:
    """Return (M + N, 5) weights that read amplitudes off transverse components; see `lead_matching`.

    With incoming a and outgoing b, u_{L-1} = a + b and u_L = lambda_in a + lambda_out b.
    """
    M, N = modes.width, modes.channels
    into, out = separable.left_factor, separable.right_factor
    difference = (out - into) * separable.norms
    # Closed waves that grow are to vanish, in whatever units: those that barely grow do not swamp
    # the others.
    slow = np.abs(difference[N:]) < _SLOW_GROWTH
    difference[N:][slow] *= _SLOW_GROWTH / np.abs(difference[N:][slow])
    weights = np.zeros((M + N, 5))
    weights[:, 0] = np.concatenate([np.arange(M), np.arange(N)])
    a = np.stack([out / difference, -1 / difference], axis=1)
    b = np.stack([-into / difference, 1 / difference], axis=1)[:N]
    weights[:, 1:] = np.concatenate([a, b]).view(np.float64).reshape(M + N, 4)
    return weights


def _mode_projector(modes: Modes, out_of: NDArray[np.complexfloating]) -> NDArray[np.float64]:
    """Return (rows, 2 M, 2) weights of psi_{L-1} and psi_L; rows are A, then B, padded to even.

    `out_of` takes psi_L as the wire's coupling continues it to what the lead's own makes of it.
    """
    M, N = modes.width, modes.channels
    expansion = np.block([[modes.left, modes.right], [modes.left_ahead, modes.right_ahead]])
    if modes.delicate:
        # Waves that barely grow and barely decay are alike. All that counts of those that grow is
        # that they vanish, which any waves say that complete the others.
        kept = np.hstack([expansion[:, :N], expansion[:, M:]])
        others, _ = np.linalg.qr(kept / np.linalg.norm(kept, axis=0), mode="complete")
        expansion[:, N:M] = others[:, M + N :]
    rows = np.linalg.inv(expansion)[: M + N]
    rows[:, M:] = rows[:, M:] @ out_of
    padded = np.zeros((M + N + (M + N) % 2, 2 * M), dtype=np.complex128)
    padded[: M + N] = rows
    return padded.view(np.float64).reshape(len(padded), 2 * M, 2)


def _starting_planes(
    columns: NDArray[np.complexfloating], shape: tuple[int, int, int, int, int, int], is_real: bool
) -> NDArray[np.float64]:
    """Return the planes (plane, row) of (psi_0, psi_{-1}) column by column, with P = 1."""
    M, stride, fast, fast_tiles, slow, slow_tiles = shape
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
