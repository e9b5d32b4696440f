"""Wires with missing sites, or with leads of another width, in the transfer solver: eight at a time.

See `shaped_loop` for how columns go through slices whose sites differ. At each length the right lead is
attached to a copy, by a system of its own for each realization (`shaped_ends`).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned
from qtcore.model.wire import Wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.growth_guard import TERRAIN, heights
from qtcore.solve.kernel_arguments import Limits, Medium, Progress, Shape
from qtcore.solve.modes import Modes, in_units
from qtcore.solve.orthogonal import tile_orthonormaliser
from qtcore.solve.passes import Member, Transferred
from qtcore.solve.pencil import Matrix
from qtcore.solve.preparation import LONGEST_RUN
from qtcore.solve.projection import TILE, tile_projector
from qtcore.solve.shaped_ends import Ending, Start, start_of
from qtcore.solve.shaped_loop import BEGUN, CLEARED, ENDED, Changes, carry
from qtcore.solve.shaped_renewal import (
    AMPLIFIED,
    FAST,
    GROWN,
    LOOKS,
    PARITY,
    RENEWALS,
    SCALES,
    SLOW,
    STATE,
    Room,
    Way,
)
from qtcore.solve.shaped_wires import bare_wire, present
from qtcore.solve.shared import less_potential, onsite_of
from qtcore.solve.smatrix import ln_eigenvalues
from qtcore.solve.sparse_stencil import pattern
from qtcore.solve.stencil import advance_strip
from qtcore.solve.stencil_choice import Stencil, stencil_of
from qtcore.solve.terminal_columns import Order, complex_columns
from qtcore.solve.terminal_loop import Kernels
from qtcore.solve.tightness import Tightness

SLICES = 256
"""Slices whose potential is made at once."""

CLOSE = Tightness(growth=2.0**12, slow_growth=2.0**4)
"""How far columns may grow apart at most."""

_CAUTIOUS = 4
"""First interval between two looks, where nothing is known of how fast columns grow."""

_KEPT = 16
"""Times that many slices whose sites are remembered."""

_TOGETHER = 2**15
"""Elements of the final systems that are solved at once, so that caches hold all that is made of them."""

_LEAST = 1e-300
"""g below which numbers on the way come too close to the smallest one there is."""


class ShapedPass:
    """One member's pass over the slices.

    Parameters
    ----------
    member : Member
        A wire that has a `bare_wire`, the modes of its leads, and the energy.
    ensemble : Ensemble
        Lengths and seed; without absorption.
    groups : int
        How many groups there are.
    tightness : Tightness
        How far columns may grow apart; less far here, since errors of all columns meet in the system
        that closes a length.
    eigenvalues : bool
        Whether the transmission eigenvalues are wanted.
    """

    def __init__(
        self,
        member: Member,
        ensemble: Ensemble,
        groups: int,
        tightness: Tightness,
        *,
        eigenvalues: bool,
    ) -> None:
        self.member, self._lengths, self._seed = member, ensemble.lengths, ensemble.seed
        closer = Tightness(
            min(tightness.growth, CLOSE.growth), min(tightness.slow_growth, CLOSE.slow_growth)
        )
        self._columns = _Columns(member.wire, member.modes, member.energy, closer)
        self.chunk = self._columns.chunk
        self._found: list[list[_AtLength]] = [[] for _ in range(groups)]
        self._renewals = np.zeros((groups, 2), dtype=np.int64)
        self._eigenvalues = eigenvalues

    def carry_on(
        self, g: int, samples: NDArray[np.uint64], first: int, disorder: NDArray[np.float64]
    ) -> None:
        """Carry group number `g` through some slices, from the sum of its disorder there on."""
        found = self._columns.carry_on(samples, first, disorder, self._lengths, self._seed)
        self._found[g] += found
        self._renewals[g] = self._columns.renewals

    def result(self) -> Transferred:
        """Return what has been found, realization by realization."""

        def gathered(name: str) -> NDArray[np.float64]:
            values = [[getattr(one, name) for one in group] for group in self._found]
            return np.concatenate([np.stack(group, axis=1) for group in values])

        ln_g, amplification = gathered("ln_g"), gathered("amplification")
        channels = self.member.modes.channels
        ln_T = np.empty((*ln_g.shape, channels if self._eigenvalues else 0))
        if self._eigenvalues:
            t = np.concatenate([np.stack([one.t for one in group], 1) for group in self._found])
            known = np.isfinite(ln_g) & np.isfinite(amplification)
            ln_T[:] = np.nan
            ln_T[known] = ln_eigenvalues(t[known], np.zeros(known.sum()), amplification[known])
        reflection, of_before = gathered("reflection"), gathered("of_before")
        return Transferred(ln_g, reflection, amplification, of_before, self._renewals, ln_T)


class _Columns:
    """The columns of a shaped wire at an energy, carried for one group after the other.

    Parameters
    ----------
    wire : Wire
        A wire that has a `bare_wire`.
    modes : Modes
        Of its leads.
    energy : float
        Units of t.
    tightness : Tightness
        How far columns may grow apart.
    """

    def __init__(self, wire: Wire, modes: Modes, energy: float, tightness: Tightness) -> None:
        bare = bare_wire(wire)
        assert bare is not None
        self.bare, self._wire, self._energy = bare, wire, energy
        slices = wire.slices()
        # The leads may have other couplings, and the stencil is that of the sample.
        self._unit = unit = bare.slices().unit
        slices, modes = slices.in_units(unit), in_units(modes, unit)
        stencil = _stencil(bare, may_be_real=modes.separable is not None)
        self._hopping, self._on_orbitals = stencil.hopping, stencil.on_orbitals
        holds = stencil.holds_outgoing
        start = start_of(
            slices,
            modes,
            present(wire, 0, 1)[0],
            holds_outgoing=holds,
            may_be_real=stencil.is_real,
        )
        if stencil.is_real and not start.is_real:
            stencil = _stencil(bare, may_be_real=False)
        self._is_real = stencil.is_real
        self._ending = Ending(slices, modes, holds_outgoing=holds)
        self._state, self._scales = np.zeros(STATE, np.int64), aligned(SCALES)
        self._neighbours = bare.slices().h != 0
        self._kept: dict[tuple[int, int], tuple[NDArray[np.bool_], Changes]] = {}
        self._way = self._way_of(start, stencil, tightness)
        self.chunk = SLICES if stencil.hopping is None else min(SLICES, stencil.hopping.slices)

    def _way_of(self, start: Start, stencil: Stencil, tightness: Tightness) -> Way:
        M, count = start.latest.shape
        stride, slow = 2 * M + len(start.back), count - start.fast
        most = max(M, count)
        slow_first = -(-most // (TILE if self._is_real else 2))
        planes = (slow_first + most // 2 + 1) * TILE
        medium = stencil.medium
        self._stride, self._slow_first = stride, slow_first
        self._x = aligned(planes * stride)
        return Way(
            _planes(start, slow_first, planes, is_real=self._is_real),
            start.fast,
            slow,
            slow_first,
            _first_interval(self.bare, self._energy / self._unit, tightness.growth),
            self._is_real,
            M,
            stride,
            Kernels(stencil.advance.address, tile_projector.address, tile_orthonormaliser.address),
            medium,
            Limits(tightness.growth, tightness.slow_growth, self._ending.steepness),
            Progress(self._state, self._scales, np.zeros(TERRAIN)),
            Room(
                self._x,
                aligned(2 * most + 8),
                aligned(most + 8),
                aligned(4 * (M + 3)),
                aligned(2 * stride),
                aligned(1),
                np.zeros(stride, np.int64),
            ),
        )

    def carry_on(
        self,
        samples: NDArray[np.uint64],
        first: int,
        disorder: NDArray[np.float64],
        stops: Sequence[int],
        seed: int,
    ) -> list["_AtLength"]:
        """Carry a group through some slices from slice `first` on; return what it is at some lengths.

        Parameters
        ----------
        samples : (LANES,) uint64 array
            The group.
        first : int
            First slice; at 0 a new group begins.
        disorder : (slice, field and site, LANES) float array
            Its disorder there, see `Wire.fields_of`.
        stops : sequence of int
            Lengths behind `first`, up to the last slice.
        seed : int
            Seed of the ensemble.
        """
        count = len(disorder)
        bare, on_orbitals = self.bare, self._on_orbitals
        potential = onsite_of(bare, disorder, first, on_orbitals=on_orbitals)
        onsite = less_potential(bare, potential, self._energy, self._unit, on_orbitals=on_orbitals)
        high = heights(onsite)
        there, changes = self._sites(first, count)
        if self._hopping is not None:
            self._hopping.fill(bare, samples, first, count, seed)
            if bare.structure:
                high += self._hopping.stretches(count)
        if first == 0:
            self._state[:] = 0
        found: list[_AtLength] = []
        values = np.ascontiguousarray(onsite).ravel()
        for length in [*(stop for stop in stops if first < stop < first + count), first + count]:
            carry(length, values, high, changes, self._way)
            if length in stops:
                found.append(self._closed(there[length - 1 - max(0, first - 1)]))
        return found

    def _sites(self, first: int, count: int) -> tuple[NDArray[np.bool_], Changes]:
        """Return the components of some slices and of the one before, and what changes in them.

        They are the same for all groups, of which each begins anew.
        """
        if (first, count) not in self._kept:
            there = present(self._wire, max(0, first - 1), count + min(first, 1))
            if len(self._kept) == _KEPT:
                self._kept.clear()
            self._kept[first, count] = there, _changes(there, first, self._neighbours)
        return self._kept[first, count]

    @property
    def renewals(self) -> tuple[int, int]:
        """How often the fast and the slow columns of the group have been renewed."""
        return int(self._state[LOOKS]), int(self._state[RENEWALS])

    def _closed(self, there: NDArray[np.bool_]) -> "_AtLength":
        """Return what is known of a group that ends with a slice of which some components are there."""
        M = self._way.width
        fast, slow = int(self._state[FAST]), int(self._state[SLOW])
        shape = Shape(M, self._stride, fast, self._slow_first, slow, (slow + 1) // 2)
        order = Order.of(shape, np.zeros(0, np.intp), is_real=self._is_real)
        columns = complex_columns(self._x, self._stride, order)
        halves = columns[:, :M], columns[:, M : 2 * M]
        parity = int(self._state[PARITY])
        latest, before, back = halves[parity], halves[1 - parity], columns[:, 2 * M :]
        step = max(1, min(LANES, _TOGETHER // (fast + slow) ** 2))
        closed = [
            self._ending.close(latest[some], before[some], back[some], there)
            for some in (slice(at, at + step) for at in range(0, LANES, step))
        ]
        t, reflection, strain, missed = (
            np.concatenate(parts) for parts in zip(*closed, strict=True)
        )
        scales = self._scales.reshape(SCALES, LANES)
        steepness = self._ending.steepness
        amplified, of_before = (
            (np.sqrt(grown) + steepness) * strain + missed
            for grown in (scales[AMPLIFIED], np.maximum(scales[GROWN], scales[AMPLIFIED]))
        )
        # A system without a solution says nothing, and its sample counts as one that nothing passes.
        lost = ~(np.isfinite(amplified + reflection) & np.isfinite(t).all(axis=(1, 2)))
        t[lost], reflection[lost], of_before[lost] = 0.0, self._ending.channels, np.inf
        # What is too small for a number is not known at all.
        amplified[(np.abs(t) ** 2).sum(axis=(1, 2)) < _LEAST] = np.inf
        return _AtLength(t, reflection, amplified, of_before)


class _AtLength(NamedTuple):
    """A group at a length.

    Attributes
    ----------
    t : (realization, N, N) complex array
        Transmission from right to left.
    reflection, amplification, of_before : (realization,) float arrays
        See `Transferred`.
    """

    t: Matrix
    reflection: NDArray[np.float64]
    amplification: NDArray[np.float64]
    of_before: NDArray[np.float64]

    @property
    def ln_g(self) -> NDArray[np.float64]:
        """Ln g, (realization,)."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log((np.abs(self.t) ** 2).sum(axis=(1, 2))))


def _stencil(bare: Wire, *, may_be_real: bool) -> Stencil:
    """Return the stencil of a bare wire; that of a plain strip has no patterns."""
    slices = bare.slices().in_units(bare.slices().unit)
    found = stencil_of(bare, slices, 0.0, may_be_real=may_be_real)
    if found.is_real and bare.strip is not None and bare.phase == 0:
        return found._replace(advance=advance_strip, medium=_of_strip(bare))
    return found


def _of_strip(bare: Wire) -> Medium:
    assert bare.strip is not None
    nothing = pattern(np.zeros((1, 1), dtype=np.complex128))
    return Medium(bare.strip.periodic, 0.0, 1, *3 * (nothing,), bare.width)


def _planes(start: Start, slow_first: int, planes: int, *, is_real: bool) -> NDArray[np.float64]:
    """Return the planes (plane, row) at slice 0, the slow columns from tile `slow_first` on."""
    M, count = start.latest.shape
    found = np.zeros((planes, 2 * M + len(start.back)))
    columns = np.concatenate([start.latest, start.before, start.back]).T
    slow, fast = columns[: count - start.fast], columns[count - start.fast :]
    if is_real:
        found[: len(fast)] = fast.real
    else:
        found[: 2 * len(fast) : 2], found[1 : 2 * len(fast) : 2] = fast.real, fast.imag
    first = slow_first * TILE
    found[first : first + 2 * len(slow) : 2] = slow.real
    found[first + 1 : first + 2 * len(slow) : 2] = slow.imag
    return found


def _first_interval(bare: Wire, energy: float, growth: float) -> int:
    """Return how many slices columns of a wire can go before growth has been measured."""
    box = bare.own_box
    if box is None or not np.array_equal(bare.slices().v, np.eye(len(bare.slices().v))):
        return _CAUTIOUS
    # No column grows faster than in a uniform potential at the largest distance from the band centre.
    across = float(np.linalg.norm(bare.slices().h, 2))
    highest = abs(energy) + across + box.strength / 2
    fastest = math.acosh(max(highest / 2, 1.0) + 0.05)
    return int(max(1, min(LONGEST_RUN, math.log(growth) / fastest)))


def _changes(there: NDArray[np.bool_], first: int, neighbours: NDArray[np.bool_]) -> Changes:
    """Return the rows that change in the slices from `first` on.

    `there` says which components belong to the sample, from the slice before on, if there is one, and
    `neighbours` (M, M) which have a bond inside a slice. A missing site without any stays zero.
    """
    kinds = [CLEARED, ENDED, BEGUN]
    before, here = there[:-1], there[1:]
    # A bond may lead to a site of the slice before the last one too.
    touched = before @ neighbours
    touched[1:] |= there[:-2]
    touched[:1] |= first > 0
    done = [~here & ~before & touched, ~here & before, here & ~before]
    near = here | before
    counts, near_counts = np.sum(done, axis=(0, 2)), near.sum(axis=1)
    if first == 0:
        # Slice 0 has been seen to.
        counts, near_counts = (np.concatenate([[0], each]) for each in (counts, near_counts))
    starts, near_starts = (
        np.concatenate([[0], np.cumsum(each)]).astype(np.int64) for each in (counts, near_counts)
    )
    places = np.concatenate([np.argwhere(one) for one in done])
    kind = np.repeat(kinds, [one.sum() for one in done])
    order = np.argsort(places[:, 0], kind="stable")
    rows, kind = places[order, 1].astype(np.int64), kind[order].astype(np.int64)
    return Changes(first, starts, rows, kind, near_starts, np.nonzero(near)[1].astype(np.int64))
