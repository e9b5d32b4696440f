"""All of S of a wire from the transfer solver: eight samples at a time, see `terminal_loop`.

Between two leads there are no sites of others: the sources beside the columns are the waves that come
in from the left lead, and one system of M unknowns closes them all. The leads may differ, also in
the number of their open modes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from qtcore.lanes import LANES, aligned
from qtcore.model.wire import Wire
from qtcore.solve.carried import through_slices
from qtcore.solve.contacts import Lead
from qtcore.solve.growth_guard import TERRAIN, heights
from qtcore.solve.kernel_arguments import Limits, Progress, Shape
from qtcore.solve.lead_weights import mode_projector
from qtcore.solve.modes import Modes, in_units
from qtcore.solve.orthogonal import tile_orthonormaliser
from qtcore.solve.pencil import Matrix
from qtcore.solve.preparation import starting_planes, stencil_room
from qtcore.solve.projection import TILE, tile_projector
from qtcore.solve.shared import SharedDisorder, less_potential, onsite_of
from qtcore.solve.terminal_closing import Columns, closed
from qtcore.solve.terminal_columns import Order, complex_columns
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
    renew,
)
from qtcore.solve.tightness import Tightness

_SLICES = 256
"""Slices whose potential is made at once, where bonds are not random."""

_FIRST_LOOK = 2
"""Slices until the first look, where nothing is known of how fast columns grow."""


class Solved(NamedTuple):
    """S of some samples at one length, and how far rounding errors count.

    Attributes
    ----------
    S : (realization, N + N', N + N') complex array
        The modes of the left lead come first.
    amplification : (realization, lead, lead) float array
        Of the blocks [to, from].
    """

    S: Matrix
    amplification: NDArray[np.float64]


class MatrixTransfer:
    """A wire at an energy, ready for groups of realizations.

    Parameters
    ----------
    wire : Wire
        A wire without an `obstacle` (see `choice`).
    leads : (Lead, Lead)
        The left and the right one; S is in their modes.
    energy : float
        Units of t.
    tightness : Tightness
        How far columns may grow apart.
    """

    def __init__(
        self, wire: Wire, leads: tuple[Lead, Lead], energy: float, tightness: Tightness
    ) -> None:
        self._wire, self._energy = wire, energy
        slices = wire.slices()
        self._unit = slices.unit
        left, right = (in_units(lead.modes, self._unit) for lead in leads)
        self._channels = N, _ = left.channels, right.channels
        # A contact of its own puts a slice of the lead before the planes, as in `through_last_slice`.
        self._planes = None if slices.uniform else _one_slice_away(left, right)
        carried = through_slices(wire, slices, _both_ways(left), 0.0)
        self._hopping, self._on_orbitals = carried.hopping, carried.on_orbitals
        self._chunk = _SLICES if self._hopping is None else self._hopping.slices
        self._read = _amplitudes(right, carried.out_of, carried.out_of_before)
        steepness = np.linalg.norm(self._read[: right.channels], axis=1).max(initial=1.0)
        self._steepness = float(steepness)
        # A lead without open modes gets one slow column all the same, which sends nothing out.
        M, slow = left.width, max(N, 1)
        tiles = -(-(M - slow) // 2), -(-slow // 2)
        self._shape = shape = Shape(M, 2 * M + slow, M - slow, tiles[0], slow, tiles[1])
        self._state, self._scales = np.zeros(STATE, np.int64), aligned(SCALES)
        start = _starting(np.concatenate([carried.latest, carried.before]), shape, N)
        self._x, count, none = aligned(start.size), M + 2 * slow + 8, np.zeros(0, np.int64)
        self._strip = Strip(
            start,
            _FIRST_LOOK,
            Kernels(carried.advance.address, tile_projector.address, tile_orthonormaliser.address),
            False,
            N,
            shape,
            carried.medium,
            Limits(tightness.growth, tightness.slow_growth, self._steepness),
            Progress(self._state, self._scales, np.zeros(TERRAIN)),
            Room(self._x, aligned(count), aligned(count), stencil_room(M), aligned(1)),
            Sources(none, none),
        )

    def solve(self, group: int, lengths: Sequence[int], seed: int) -> Iterator[Solved]:
        """Yield what is known of the realizations of a group, one entry for each length."""
        samples = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        shared = SharedDisorder(self._wire, samples, seed, keep=False)
        self._state[:] = 0
        first = 0
        for length in lengths:
            while first < length:
                count = min(self._chunk, length - first)
                self._advance(shared, samples, (first, count), seed)
                first += count
            yield self._closed()

    def _closed(self) -> Solved:
        """Return what is known where the columns stand now, and leave them as they are."""
        kept = self._x.copy(), self._scales.copy()
        renew(self._strip)
        S, strain = closed(self._at_end(), [])
        if self._planes is not None:
            S = self._planes[0] @ S @ self._planes[1]
        grown = np.sqrt(self._scales.reshape(SCALES, LANES)[AMPLIFIED])
        self._x[:], self._scales[:] = kept
        amplification = (grown + self._steepness)[:, None, None] * strain.of_elements
        return Solved(S, amplification + strain.of_solution)

    def _advance(
        self,
        shared: SharedDisorder,
        samples: NDArray[np.uint64],
        span: tuple[int, int],
        seed: int,
    ) -> None:
        """Carry a group through some slices: from which on, and how many."""
        first, count = span
        wire, on_orbitals = self._wire, self._on_orbitals
        potential = onsite_of(wire, shared.chunk(first, count), first, on_orbitals=on_orbitals)
        energy, unit = self._energy, self._unit
        onsite = less_potential(wire, potential, energy, unit, on_orbitals=on_orbitals)
        high = heights(onsite)
        if self._hopping is not None:
            self._hopping.fill(wire, samples, first, count, seed)
            high = high + self._hopping.stretches(count)
        carry(first + count, onsite.ravel(), high, self._strip)

    def _at_end(self) -> Columns:
        """Return the columns of all realizations where they stand now."""
        (N, right), M = self._channels, self._shape.width
        order = Order.of(self._shape, np.arange(N), is_real=False)
        columns = complex_columns(self._x, self._shape.stride, order)
        late = int(self._state[PARITY])
        halves = self._read[:, :M], self._read[:, M:]
        amplitudes = np.hstack([halves[1 - late], halves[late]]) @ columns[:, : 2 * M]
        back = columns[:, 2 * M : 2 * M + N]
        return Columns(amplitudes[:, :M], amplitudes[:, M : M + right], columns[:, :0], back)


def _both_ways(modes: Modes) -> Modes:
    """Return modes whose incoming open waves stand behind the outgoing ones, to be carried alike."""
    N = modes.channels
    return replace(
        modes,
        left=np.hstack([modes.left, modes.right[:, :N]]),
        left_ahead=np.hstack([modes.left_ahead, modes.right_ahead[:, :N]]),
        separable=None,
    )


def _one_slice_away(left: Modes, right: Modes) -> tuple[Matrix, Matrix]:
    """Return what takes S to planes that lie a slice of the leads farther away, on its left and right."""

    def step(modes: Modes, way: str) -> Matrix:
        here, ahead = getattr(modes, way), getattr(modes, f"{way}_ahead")
        N = modes.channels
        both = np.linalg.lstsq(here[:, :N], ahead[:, :N], rcond=None)[0]
        # Waves that move keep their size; rounding errors aside, it is unitary.
        return np.asarray(both)

    back, on = step(left, "left"), step(right, "right")
    out = block_diag(np.linalg.inv(back), on)
    into = block_diag(step(left, "right"), np.linalg.inv(step(right, "left")))
    return np.asarray(out), np.asarray(into)


def _amplitudes(
    modes: Modes,
    out_of: NDArray[np.complexfloating],
    out_of_before: NDArray[np.complexfloating] | None,
) -> Matrix:
    """Return what reads the amplitudes in the right lead, (M + N, 2 M); see `mode_projector`."""
    M, N = modes.width, modes.channels
    parts = mode_projector(modes, out_of, out_of_before)
    return np.ascontiguousarray(parts[: M + N]).view(np.complex128)[:, :, 0]


def _starting(
    columns: NDArray[np.complexfloating], shape: Shape, incoming: int
) -> NDArray[np.float64]:
    """Return the planes at slice 0, of the waves that come in behind those that leave."""
    M = shape.width
    leaving = starting_planes(columns[:, :M], shape, False)
    start = np.zeros((len(leaving) + 2 * incoming + TILE, shape.stride))
    start[: len(leaving)] = leaving
    sources = slice(len(leaving), len(leaving) + 2 * incoming)
    planes = start[sources].reshape(incoming, 2, shape.stride)
    planes[:, 0, : 2 * M], planes[:, 1, : 2 * M] = columns[:, M:].real.T, columns[:, M:].imag.T
    return start
