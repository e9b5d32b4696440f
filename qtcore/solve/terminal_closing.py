"""S of all leads from the columns of a strip: one system of M + K unknowns, K sites of side leads.

The unknowns are the amplitudes of the M outgoing columns and the K currents from the leads across the
edges. Each lead says of psi on the cell that it touches and on the next one which waves come in:
those asked for, and no closed one that grows. What leaves through a side lead follows from its
currents alone.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from qtcore.solve.modes import Modes
from qtcore.solve.pencil import Matrix

_MOST = 2.0**60
"""Stands for an amplification by a system that has no solution."""

_CHANCE = 4.0
"""By how much a change at random may be smaller than another one."""


class Columns(NamedTuple):
    """Columns of a group at a length: M outgoing ones, K sources of side leads, N of the left lead.

    Those of the left lead may be missing: then S has no columns of this lead. The right lead may have
    another number N' of open modes.

    Attributes
    ----------
    entering : (realization, M, column) complex array
        Amplitudes that come in from the right lead, the open ones first.
    leaving : (realization, N', column) complex array
        Amplitudes that leave through the right lead.
    records : (realization, K, column) complex array
        psi at the sites of the side leads.
    back : (realization, N, column) complex array
        What is sent into the left lead.
    """

    entering: Matrix
    leaving: Matrix
    records: Matrix
    back: Matrix


class SideReading(NamedTuple):
    """How a side lead with N' open modes reads waves and currents on the w sites that it touches.

    Attributes
    ----------
    seen, fed : (w, w) complex arrays
        Incoming amplitudes from psi on the sites and from the currents, the N' open ones first.
    out : (N', w) complex array
        Outgoing amplitudes from the currents, where no wave comes in.
    direct : (N', N') complex array
        To be added to a reflection.
    records : (w,) int array
        Which records of the columns are its own.
    """

    seen: Matrix
    fed: Matrix
    out: Matrix
    direct: Matrix
    records: NDArray[np.intp]

    @classmethod
    def of(cls, modes: Modes, v: Matrix, records: NDArray[np.intp]) -> "SideReading":
        """Return how a lead reads its sites; the currents are v psi of its first cell."""
        w, N = modes.width, modes.channels
        rows, back = modes.amplitude_rows(), np.linalg.inv(v)
        leaving = np.linalg.inv(modes.right_ahead)[:N]
        direct = -leaving @ modes.left_ahead[:, :N]
        return cls(rows[:w, :w], rows[:w, w:] @ back, leaving @ back, direct, records)


class _System(NamedTuple):
    """A Y = given for the waves from the modes of the left lead; those from others are unit vectors.

    Besides, the factors of A; each lead's channels, and where they start; the equations of the others'
    modes.
    """

    A: Matrix
    given: Matrix
    factors: list[tuple[Matrix, NDArray[np.int32]] | None]
    channels: list[int]
    starts: list[int]
    units: list[NDArray[np.intp]]

    def solve(self, waves: Matrix) -> None:
        """Replace right-hand sides (realization, wave, unknown) by their solutions.

        They are NaN for realizations whose system is singular.
        """
        for rows, factors in zip(waves, self.factors, strict=True):
            if factors is None:
                rows[:] = np.nan
            else:
                lapack.zgetrs(*factors, rows.T, trans=1, overwrite_b=True)


class Strain(NamedTuple):
    """How much rounding errors count in blocks of S, (realization, lead, lead) each.

    Attributes
    ----------
    of_elements : float array
        By how much a block between two leads changes, relative to itself and to the change, when all
        numbers change at random relative to themselves: a small block is known as well as a large one
        unless it is what is left of larger numbers.
    of_solution : float array
        By how much the solution of the system misses it, relative to the block, in units of 2^-48.
    """

    of_elements: NDArray[np.float64]
    of_solution: NDArray[np.float64]


def closed(columns: Columns, sides: list[SideReading]) -> tuple[Matrix, Strain]:
    """Return S (realization, channel, channel), and how much rounding errors count in its blocks.

    Channels are those of the left lead, the right one, and the side leads in their order.
    """
    system = _system(columns, sides)
    N, U, left = system.channels[0], system.A.shape[1], system.given.shape[2]
    right, units = slice(N, N + system.channels[1]), np.concatenate(system.units)
    # Waves are rows, as LAPACK has them in memory.
    Y = np.zeros((len(system.A), left + len(units), U), np.complex128)
    Y[:, :left] = system.given.transpose(0, 2, 1)
    Y[:, left + np.arange(len(units)), units] = 1.0
    system.solve(Y)
    S = _scattered(columns, sides, system, Y)
    S[:, :N, :left] += columns.back[:, :, U:]
    S[:, right, :left] += columns.leaving[:, :, U:]
    for k, side in enumerate(sides, start=2):
        first, channels = system.starts[k], system.channels[k]
        into = first - N + left
        S[:, first : first + channels, into : into + channels] += side.direct
    return S, _strain(columns, sides, system, Y, S)


def _system(columns: Columns, sides: list[SideReading]) -> _System:
    entering, leaving, records, back = columns
    (R, M, _), K, right = entering.shape, records.shape[1], leaving.shape[1]
    U, channels = M + K, [back.shape[1], right, *(len(side.out) for side in sides)]
    A = np.empty((R, U, U), np.complex128)
    given = np.empty((R, U, entering.shape[2] - U), np.complex128)
    A[:, :M], given[:, :M] = entering[:, :, :U], -entering[:, :, U:]
    first, units = M, [np.arange(right)]
    for side in sides:
        rows = slice(first, first + len(side.records))
        seen = side.seen @ records[:, side.records]
        A[:, rows], given[:, rows] = seen[:, :, :U], -seen[:, :, U:]
        A[:, rows, M + side.records] += side.fed
        units.append(first + np.arange(len(side.out)))
        first = rows.stop
    starts = [0, *np.cumsum(channels).tolist()]
    return _System(A, given, _factors(A), channels, starts, units)


def _factors(A: Matrix) -> list[tuple[Matrix, NDArray[np.int32]] | None]:
    """Return the factors and pivots of the transposed A of each realization, None if it is singular."""
    found: list[tuple[Matrix, NDArray[np.int32]] | None] = []
    for one in A.copy():
        factors, pivots, info = lapack.zgetrf(one.T, overwrite_a=True)
        found.append((factors, pivots) if info == 0 else None)
    return found


def _scattered(columns: Columns, sides: list[SideReading], system: _System, Y: Matrix) -> Matrix:
    """Return what the waves Y (realization, wave, M + K) send into each lead's modes."""
    M, N, U = columns.entering.shape[1], system.channels[0], Y.shape[2]
    right = slice(N, N + system.channels[1])
    S = np.empty((len(Y), system.starts[-1], Y.shape[1]), np.complex128)
    waves = Y.transpose(0, 2, 1)
    np.matmul(columns.back[:, :, :U], waves, out=S[:, :N])
    np.matmul(columns.leaving[:, :, :U], waves, out=S[:, right])
    for k, side in enumerate(sides, start=2):
        own = slice(system.starts[k], system.starts[k] + system.channels[k])
        np.matmul(side.out, waves[:, M + side.records], out=S[:, own])
    return S


@lru_cache(maxsize=16)
def _phases(count: int, number: int) -> Matrix:
    """Return random numbers of size one, (count, 1)."""
    angle = 2 * np.pi * np.random.default_rng((count, number)).random((count, 1))
    return np.asarray(np.exp(1j * angle))


def _changed(matrix: Matrix, waves: Matrix, number: int) -> Matrix:
    """Return what a change of all elements, as large as each and of random phase, does to waves.

    The same for all realizations. The phase of an element is the sum of one of its row and one of its
    column, so that no other matrix has to be made.
    """
    rows, columns = matrix.shape[1:]
    turned = _phases(columns, 2 * number) * waves
    return np.asarray(_phases(rows, 2 * number + 1) * (matrix @ turned))


def _strain(
    columns: Columns, sides: list[SideReading], system: _System, Y: Matrix, S: Matrix
) -> Strain:
    """Return the relative change of each block of S; see `Strain`.

    Of each lead a wave of random amplitudes stands for all of its modes.
    """
    U, left = Y.shape[2], system.given.shape[2]
    # The leads that waves come from: all, or all but the left one.
    coming = system.channels if left else system.channels[1:]
    starts = np.cumsum([0, *coming])
    waves = np.zeros((starts[-1], len(coming)), np.complex128)
    waves[np.arange(len(waves)), np.repeat(np.arange(len(coming)), coming)] = _phases(
        len(waves), 12
    )[:, 0]
    y = (waves.T @ Y).transpose(0, 2, 1)
    # Two right-hand sides for each: what a change makes, and what a solution that is exact for
    # slightly other numbers would not have.
    sides_of = np.empty((len(Y), 2, len(coming), U), np.complex128)
    moved, rest = sides_of.transpose(1, 0, 3, 2)
    moved[:] = _changed(system.given, waves[:left], 0) - _changed(system.A, y, 1)
    rest[:] = system.given @ waves[:left] - system.A @ y
    rest[:, np.concatenate(system.units)] += waves[left:]
    both = sides_of.reshape(len(Y), -1, U)
    system.solve(both)
    change, missed = np.split(_scattered(columns, sides, system, both), 2, axis=2)
    for k, out in enumerate((columns.back, columns.leaving)):
        own = slice(system.starts[k], system.starts[k] + system.channels[k])
        change[:, own] += _changed(out[:, :, :U], y, 2 + k)
        change[:, own] += _changed(out[:, :, U:], waves[:left], 4 + k)
    sizes = [np.sqrt(sums(_squares(one), system.channels, 1)) for one in (change, missed)]
    whole = np.sqrt(sums(sums(_squares(S), system.channels, 1), coming, 2))
    first, back = len(system.channels) - len(coming), np.arange(len(coming))
    whole[:, first + back, back] = np.maximum(whole[:, first + back, back], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found, off = (np.where(size == 0, 0.0, _CHANCE * size / whole) for size in sizes)
    return Strain(
        np.nan_to_num(np.maximum(found, 1.0), nan=_MOST, posinf=_MOST),
        np.nan_to_num(off * 2.0**48, nan=_MOST, posinf=_MOST),
    )


def sums(values: NDArray[np.float64], counts: Sequence[int], axis: int) -> NDArray[np.float64]:
    """Return the sums of so many numbers each, one behind the other along an axis; some may be none."""
    own = np.cumsum([0, *counts])[:-1]
    if all(counts):
        return np.asarray(np.add.reduceat(values, own, axis=axis))
    shape = list(values.shape)
    shape[axis] = len(counts)
    found, filled = np.zeros(shape), np.flatnonzero(counts)
    place: list[slice | NDArray[np.intp]] = [slice(None)] * values.ndim
    place[axis] = filled
    found[tuple(place)] = np.add.reduceat(values, own[filled], axis=axis)
    return found


def _squares(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.real**2 + matrix.imag**2)
