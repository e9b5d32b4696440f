"""Strips with leads across their edges in the transfer solver: eight bars at a time, see `terminal_loop`.

MacKinnon and Kramer, Z. Phys. B 53, 1 (1983), for the columns; sources and records are solutions of
the same equation with currents into the strip.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned
from qtcore.model.terminals import Bar, EndLead, SideLead
from qtcore.solve.growth_guard import TERRAIN, heights
from qtcore.solve.kernel_arguments import Limits, Progress, Shape
from qtcore.solve.lead_modes import general_modes
from qtcore.solve.orthogonal import tile_orthonormaliser
from qtcore.solve.pencil import Matrix
from qtcore.solve.preparation import prepare, stencil_room
from qtcore.solve.projection import TILE, tile_projector
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.terminal_closing import Columns, SideReading, closed
from qtcore.solve.terminal_columns import Order, complex_columns
from qtcore.solve.terminal_green import Amplitudes, Known
from qtcore.solve.terminal_loop import (
    AMPLIFIED,
    PARITY,
    SCALES,
    STATE,
    Kernels,
    Room,
    Sources,
    Strip,
    carry,
)
from qtcore.solve.terminal_ports import side_matrices
from qtcore.solve.tightness import Tightness

_SLICES = 256
"""Slices whose potential is made at once."""

_TOGETHER = 2**15
"""Elements of the final systems that are solved at once, so that caches hold all that is made of them."""


def is_carried(bar: Bar) -> bool:
    """Return whether a bar is a plain strip whose ends go on as it is, with leads across its edges."""
    same_ends = bar.left == EndLead() and bar.right == EndLead()
    return (
        bar.wire.strip is not None
        and bar.wire.lead_lattice is None
        and same_ends
        and all(isinstance(side, SideLead) for side in bar.sides)
    )


class TerminalTransfer:
    """A bar at an energy, ready for groups of realizations.

    Parameters
    ----------
    bar : Bar
        A bar for which `is_carried` holds.
    energy : float
        Units of t.
    tightness : Tightness
        How far columns may grow apart.
    keeps_S : bool
        Whether S is wanted too.
    """

    def __init__(
        self, bar: Bar, energy: float, tightness: Tightness, *, keeps_S: bool = False
    ) -> None:
        # Without a field T is symmetric: what comes from the left lead is known from the others.
        from_left = keeps_S or bar.wire.flux != 0
        self._keeps_S = keeps_S
        self._wire, self._energy = bar.wire, energy
        slices = bar.wire.slices()
        self._modes = general_modes(slices.lead_h, slices.lead_v, energy)
        prepared = prepare(bar.wire, self._modes, energy)
        shape = prepared.shape
        M, N = shape.width, shape.slow
        self._sides: list[SideReading] = []
        places = [(n, y, k) for k, side in enumerate(bar.sides) for n, y in side.sites(bar.wire)]
        order = sorted(range(len(places)), key=lambda at: places[at][:2])
        sides = np.array([places[at][2] for at in order], dtype=np.intp)
        for k, lead in enumerate(bar.sides):
            assert isinstance(lead, SideLead)
            h, v = side_matrices(bar, lead)
            records = np.flatnonzero(sides == k)
            self._sides.append(SideReading.of(general_modes(h, v, energy), v, records))
        K, incoming = len(places), N if from_left else 0
        self._columns = M, N, K
        stride = 2 * M + K + N
        tiles = shape.fast_tiles + shape.slow_tiles
        self._shape = Shape(M, stride, shape.fast, shape.fast_tiles, N, shape.slow_tiles)
        start = np.zeros((tiles * TILE + 2 * (incoming + K) + TILE, stride))
        start[: len(prepared.start), : 2 * M] = prepared.start[:, : 2 * M]
        slow, source, number = shape.fast_tiles * TILE, tiles * TILE, np.arange(N)
        start[slow + 2 * number, 2 * M + K + number] = 1.0
        if from_left:
            waves = self._incoming()
            start[source : source + 2 * N : 2, : 2 * M] = waves.real.T
            start[source + 1 : source + 2 * N : 2, : 2 * M] = waves.imag.T
        sites = [np.array([places[at][part] for at in order], dtype=np.int64) for part in (0, 1)]
        self._state, self._scales = np.zeros(STATE, np.int64), aligned(SCALES)
        self._x = aligned(start.size)
        # Sources of the left lead come first in memory, and last in the final system.
        sources = np.roll(np.arange(incoming + K), -incoming)
        self._order = Order.of(self._shape, sources, is_real=prepared.lead.is_real)
        count = M + N + K + 8
        self._strip = Strip(
            start,
            prepared.first_interval(tightness.growth),
            Kernels(prepared.advance.address, tile_projector.address, tile_orthonormaliser.address),
            prepared.lead.is_real,
            incoming,
            self._shape,
            prepared.medium,
            Limits(tightness.growth, tightness.slow_growth, prepared.steepness),
            Progress(self._state, self._scales, np.zeros(TERRAIN)),
            Room(self._x, aligned(count), aligned(count), stencil_room(M), aligned(1)),
            Sources(*sites),
        )
        self._steepness, self._lead = prepared.steepness, prepared.lead

    def _incoming(self) -> Matrix:
        """Return the left lead's incoming waves on slices 0 and -1, (2 M, N)."""
        modes, wire, N = self._modes, self._wire, self._modes.channels
        before = modes.right[:, :N]
        if wire.phase and wire.field_in_leads:
            before = before * np.exp(1j * wire.phase * np.arange(modes.width))[:, None]
        return np.concatenate([modes.right_ahead[:, :N], before])

    def solve(self, group: int, lengths: Sequence[int], seed: int) -> list[Known]:
        """Return what is known of the realizations of a group, one entry for each length."""
        samples = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        shared = SharedDisorder(self._wire, samples, seed, keep=False).potential(self._wire)
        self._state[:] = 0
        found, first = [], 0
        for length in lengths:
            while first < length:
                count = min(_SLICES, length - first)
                onsite = np.ascontiguousarray(self._energy - shared(first, count))
                carry(first + count, onsite.ravel(), heights(onsite), self._strip)
                first += count
            found.append(self._closed(length))
        return found

    def _closed(self, length: int) -> Known:
        M, _, K = self._columns
        step = max(1, min(LANES, _TOGETHER // (M + K) ** 2))
        columns = complex_columns(self._x, self._shape.stride, self._order)
        parts = [
            self._some_closed(columns[first : first + step], length, first)
            for first in range(0, LANES, step)
        ]
        S = [part.S for part in parts if part.S is not None]
        return Known(
            np.concatenate([part.ln_T for part in parts]),
            np.concatenate([part.amplification for part in parts]),
            np.concatenate(S) if S else None,
        )

    def _some_closed(self, columns: Matrix, length: int, first: int) -> Known:
        """Return what is known of some realizations, from lane `first` on, that caches hold together."""
        S, strain = closed(self._at_end(columns, length), self._sides)
        N, lanes = self._modes.channels, slice(first, first + len(columns))
        channels = np.array([N, N, *(len(side.out) for side in self._sides)], dtype=np.intp)
        grown = np.sqrt(self._scales.reshape(SCALES, LANES)[AMPLIFIED, lanes])
        amplification = (grown + self._steepness)[:, None, None] * strain.of_elements
        amplification += strain.of_solution
        if not self._strip.incoming:
            return _completed(S, amplification, channels)
        scales = np.zeros((len(S), len(channels), len(channels)))
        return Amplitudes(S, scales, channels, amplification).known(keeps_S=self._keeps_S)

    def _at_right(self, columns: Matrix, length: int) -> Matrix:
        """Return the amplitudes at the right lead, (realization, M + N, column); see `Columns`.

        `columns` begin with psi on the last slice and the one behind, in whichever order.
        """
        modes, wire, M = self._modes, self._wire, self._modes.width
        late = int(self._state[PARITY])
        if self._strip.is_real:
            # Real transverse functions: half the products, and each mode alone behind them.
            both = columns[:, : 2 * M].reshape(len(columns), 2, M, -1).view(np.float64)
            found = (self._lead.functions[:, :M].T @ both).view(np.complex128)
            # Weights of the M incoming amplitudes, then of the N outgoing ones, mode by mode.
            weights = self._lead.weights[:, 1:].copy().view(np.complex128)[:, :, None]
            amplitudes = np.empty((len(columns), len(weights), columns.shape[2]), np.complex128)
            for rows in (slice(M), slice(M, None)):
                modes_of = slice(len(weights[rows]))
                early, late_ones = found[:, 1 - late, modes_of], found[:, late, modes_of]
                np.multiply(late_ones, weights[rows, 1], out=amplitudes[:, rows])
                amplitudes[:, rows] += early * weights[rows, 0]
            return amplitudes
        behind = wire.phase * (length if wire.field_in_leads else length - 1)
        read, site = modes.amplitude_rows(), np.arange(M)
        parts = [
            read[:, :M] * np.exp(1j * wire.phase * (length - 1) * site),
            read[:, M:] * np.exp(1j * behind * site),
        ]
        return np.asarray(np.hstack([parts[1 - late], parts[late]]) @ columns[:, : 2 * M])

    def _at_end(self, columns: Matrix, length: int) -> Columns:
        """Return some realizations at a length, from their columns as they are in memory."""
        M, _, K = self._columns
        at_right = self._at_right(columns, length)
        records, back = columns[:, 2 * M : 2 * M + K], columns[:, 2 * M + K :]
        return Columns(at_right[:, :M], at_right[:, M:], records, back)


def _completed(S: Matrix, amplification: NDArray[np.float64], channels: NDArray[np.intp]) -> Known:
    """Return what is known from an S that has no columns of the left lead, where T is symmetric."""
    rows = np.concatenate([[0], np.cumsum(channels)[:-1]])
    squares = np.add.reduceat(S.real**2 + S.imag**2, rows, axis=1)
    others = np.add.reduceat(squares, rows[1:] - channels[0], axis=2)

    def whole(part: NDArray[np.float64]) -> NDArray[np.float64]:
        first = np.concatenate([np.zeros_like(part[:, :1, 0]), part[:, 0]], axis=1)
        return np.concatenate([first[:, :, None], part], axis=2)

    T, errors = whole(others), whole(amplification)
    T[:, 0, 0] = np.maximum(channels[0] - T[:, 1:, 0].sum(axis=1), 0.0)
    errors[:, 0, 0] = errors[:, 1:, 0].max(axis=1)
    with np.errstate(divide="ignore"):
        return Known(np.log(T), errors, None)
