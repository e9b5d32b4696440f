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
is closed with its lead (`lead_matching`) on a copy.

Pichard and Sarma, J. Phys. C 14, L127 (1981); MacKinnon and Kramer, Z. Phys. B 53, 1 (1983).
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned
from qtcore.model.address import round_keys
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.graded import COLUMNS, ORDERED
from qtcore.solve.growth_guard import TERRAIN, heights
from qtcore.solve.kernel_arguments import Addresses, BoxDisorder, Kit, Limits, Progress
from qtcore.solve.lead_matching import match
from qtcore.solve.passes import Member, Transferred
from qtcore.solve.preparation import LONGEST_RUN, prepare, workspace
from qtcore.solve.renewal import project_fast_out, renew_fast, renew_ordered, renew_slow
from qtcore.solve.shaped_transfer import ShapedPass
from qtcore.solve.shaped_wires import is_shaped
from qtcore.solve.shared import SharedDisorder, less_potential, onsite_of
from qtcore.solve.singular import ln_singular_values
from qtcore.solve.slice_loop import (
    AMPLIFIED,
    FOUND,
    LOOKS,
    OF_BEFORE,
    PASSED,
    REFLECTED,
    RENEWALS,
    SCALE_OF_PASSED,
    STATE,
    box_groups,
    some_slices,
)
from qtcore.solve.tightness import (
    IN_SECTIONS,
    TIGHT,
    USUAL,
    Tightness,
    for_quick_looks,
    tightness_for,
)

POTENTIAL_SLICES = 256
"""Slices whose potential is made at once, where it is not box disorder made on the way."""


_STEEP = 4.0
"""Steepness, see `Prepared`, above which columns are kept close together."""


_MILD = 2.0
"""By how much bonds may stretch a solution (logarithm) without a look before them."""


_OF_BEFORE = 1.5
"""Factor of errors of long before in other wires than strips with box disorder, for which the parts that
count were measured."""


class _Pass:
    """One member's pass over the slices: its arrays, its state, what it has found."""

    def __init__(
        self,
        member: Member,
        ensemble: Ensemble,
        lengths: Sequence[int],
        groups: int,
        tightness: Tightness,
        *,
        eigenvalues: bool,
    ) -> None:
        self.member, self._seed = member, ensemble.seed
        wire, modes, energy, mirrored = member
        prepared = prepare(wire, modes, energy, ensemble.absorption, mirrored=mirrored)
        is_strip = wire.strip is not None and ensemble.absorption == 0
        # The kernel makes box disorder in units of t, and reads slices forwards.
        readable = prepared.layers > 0 and prepared.unit == 1 and not mirrored
        self._hopping, self._unit = prepared.hopping, prepared.unit
        mild = sum(part.stretch for part in wire.structure) <= _MILD
        in_kernel = is_strip or readable or (prepared.structured and mild)
        self.makes_disorder = wire.own_box is not None and in_kernel
        if prepared.steepness > _STEEP and tightness.growth > TIGHT.growth:
            # Rounding errors count so much more where the lead is matched.
            asked = ensemble.tolerance
            tightness = TIGHT if asked is None else tightness_for(asked / prepared.steepness)
        if len(prepared.sections) > 1 and tightness.growth >= IN_SECTIONS.growth:
            tightness = IN_SECTIONS
        if prepared.quick:
            tightness = for_quick_looks(tightness, ensemble.tolerance)
        self._kept = prepared.shape.slow if eigenvalues else 0
        # To the kernels every section of a slice is a slice.
        self._sections = prepared.sections
        self._times = max(1, len(self._sections))
        self._lengths = self._times * np.asarray(lengths, dtype=np.int64)
        self._found = np.empty((groups, len(lengths), FOUND, LANES))
        room = self._kept * (4 * self._kept + 1) * LANES
        self._factors = np.empty((groups, len(lengths), room))
        self._renewals = np.zeros((groups, 2), dtype=np.int64)
        self._state = np.zeros(STATE, dtype=np.int64)
        self._on_orbitals = prepared.on_orbitals
        self._layers, self._gain = prepared.layers, prepared.gain
        self.chunk = POTENTIAL_SLICES if self._hopping is None else self._hopping.slices
        scales = np.zeros((COLUMNS + 6 * prepared.shape.slow_tiles, LANES))
        # All sites of a strip with box disorder are coupled alike, also to leads of its own: its
        # columns keep their order.
        ordered = not (self.makes_disorder and is_strip and wire.lead_lattice is None)
        scales[ORDERED] = ordered
        self._of_before = _OF_BEFORE if ordered else 1.0
        kernels = (
            *(prepared.advance, prepared.expand, match),
            *(renew_fast, project_fast_out, renew_ordered if ordered else renew_slow),
        )
        self._kit = Kit(
            prepared.start,
            prepared.first_interval(tightness.growth),
            prepared.medium,
            prepared.shape,
            prepared.lead,
            Limits(tightness.growth, tightness.slow_growth, prepared.steepness, prepared.quick),
            Progress(self._state, scales, np.zeros(TERRAIN)),
            workspace(prepared.shape, prepared.room),
            Addresses(*(each.address for each in kernels)),
        )

    def solve_box(self, groups: Sequence[int]) -> None:
        """Solve all groups of a wire with box disorder, which is made on the way."""
        wire, energy = self.member.wire, self.member.energy
        assert wire.own_box is not None
        strength = wire.own_box.strength
        keys, realizations = round_keys(wire.key(self._seed)), np.zeros(LANES, dtype=np.uint64)
        onsite = aligned(LONGEST_RUN * wire.width + 2)
        box = BoxDisorder(True, keys, realizations, strength, energy)
        if self._hopping is not None:
            self._solve_structured(groups, onsite, box)
            return
        numbers = np.asarray(groups, dtype=np.int64)
        found = (self._found, self._factors, self._renewals)
        box_groups(numbers, self._lengths, onsite, box, self._kit, *found)

    def _solve_structured(
        self, groups: Sequence[int], onsite: NDArray[np.float64], box: BoxDisorder
    ) -> None:
        """Solve all groups of a strip with structure, which is filled in some slices at a time."""
        assert self._hopping is not None
        wire, longest = self.member.wire, int(self._lengths[-1])
        for g, group in enumerate(groups):
            samples = _samples(group)
            self._state[:] = 0
            of_group = box._replace(realizations=samples)
            for first in range(0, longest, self.chunk):
                slices = min(self.chunk, longest - first)
                self._hopping.fill(wire, samples, first, slices, self._seed)
                found = (self._found[g], self._factors[g])
                until, rest = first + slices, (onsite, onsite[:0], of_group, self._kit)
                some_slices(until, self._lengths, *rest, *found)
            self._renewals[g] = self._state[LOOKS], self._state[RENEWALS]

    def carry_on(
        self,
        g: int,
        samples: NDArray[np.uint64],
        first: int,
        disorder: NDArray[np.float64],
    ) -> None:
        """Carry group number `g` through some slices, from the sum of its disorder there on."""
        self._carry_on(g, samples, first, self._potential(disorder, first))

    def carry_back(self, g: int, samples: NDArray[np.uint64]) -> None:
        """Carry group number `g` from the last slice to the first: a mirrored wire of one length."""
        wire, length = self.member.wire, int(self._lengths[-1]) // self._times
        shared = SharedDisorder(wire, samples, self._seed, keep=False)
        for first in range(0, length, self.chunk):
            count = min(self.chunk, length - first)
            start = length - first - count
            potential = self._potential(shared.chunk(start, count), start)[::-1]
            self._carry_on(g, samples, first, potential)

    def _potential(self, disorder: NDArray[np.float64], first: int) -> NDArray[np.float64]:
        """Return the potential from slice `first` on, or what stands for it on the orbitals."""
        return onsite_of(self.member.wire, disorder, first, on_orbitals=self._on_orbitals)

    def _carry_on(
        self,
        g: int,
        samples: NDArray[np.uint64],
        first: int,
        potential: NDArray[np.float64],
    ) -> None:
        wire, energy, slices = self.member.wire, self.member.energy, len(potential)
        if self._hopping is not None:
            self._hopping.fill(wire, samples, first, slices, self._seed)
        if first == 0:
            self._state[:] = 0
        onsite = less_potential(wire, potential, energy, self._unit, on_orbitals=self._on_orbitals)
        box = BoxDisorder(False, np.zeros(0, dtype=np.uint64), samples, 0.0, energy)
        found = (self._found[g], self._factors[g])
        high = self._heights(onsite)
        if self._hopping is not None and wire.structure:
            # Weak bonds of a contact stretch solutions as high slices do.
            high += self._hopping.stretches(slices)
        values, until = (onsite.ravel(), high), self._times * (first + slices)
        some_slices(until, self._lengths, *values, box, self._kit, *found)
        self._renewals[g] = self._state[LOOKS], self._state[RENEWALS]

    def _heights(self, onsite: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the heights of the sections of some slices; see `growth_guard`."""
        layers = max(1, self._layers)
        if self._times == 1:
            return heights(onsite, layers)
        each = [heights(onsite[:, sites], layers) for sites in self._sections]
        return np.stack(each, axis=1).ravel()

    def result(self) -> Transferred:
        """Return what has been found, realization by realization."""
        groups, lengths, _, _ = self._found.shape
        N = self._kept
        by_realization = np.moveaxis(self._found, 3, 1).reshape(groups * LANES, lengths, FOUND)
        found = np.moveaxis(by_realization, 2, 0)
        with np.errstate(divide="ignore"):
            ln_g = np.log(found[PASSED]) + 2 * found[SCALE_OF_PASSED]
        ln_T = np.empty((groups, LANES, lengths, N))
        for g in range(groups if N else 0):
            lanes = np.moveaxis(self._factors[g].reshape(lengths, -1, LANES), 2, 0)
            amplitudes, logs = np.split(lanes, [4 * N * N], axis=2)
            parts = np.ascontiguousarray(amplitudes).view(np.complex128)
            P, Q = np.moveaxis(parts.reshape(LANES, lengths, 2, N, N), 2, 0)
            ln_T[g] = 2 * ln_singular_values(P, logs, Q)
        by_length = ln_T.reshape(groups * LANES, lengths, N)
        amplified = self._gain * found[AMPLIFIED]
        of_before = self._gain * self._of_before * found[OF_BEFORE]
        return Transferred(ln_g, found[REFLECTED], amplified, of_before, self._renewals, by_length)


def transfer_family(
    members: Sequence[Member],
    ensemble: Ensemble,
    groups: Sequence[int],
    tightness: Tightness = USUAL,
    *,
    eigenvalues: bool = False,
) -> list[Transferred]:
    """Solve whole groups of realizations of several wires of the same disorder at every length.

    The disorder is made once for all of them.

    Parameters
    ----------
    members : sequence of Member
        Wires with the same impurities, all of them mirrored or none. Mirrored ones take a pass for
        each length: what comes in from the right there comes from the left.
    ensemble : Ensemble
        Lengths, seed and absorption.
    groups : sequence of int
        Some of its groups, or all.
    tightness : Tightness
        How far columns may grow apart.
    eigenvalues : bool
        Whether to return the transmission eigenvalues too.

    Returns
    -------
    list of Transferred
        One for each member, the same bits as it has alone.
    """

    def passes_over(member: Member) -> _Pass | ShapedPass:
        if is_shaped(member.wire):
            return ShapedPass(member, ensemble, len(groups), tightness, eigenvalues=eigenvalues)
        lengths = ensemble.lengths
        return _Pass(member, ensemble, lengths, len(groups), tightness, eigenvalues=eigenvalues)

    if members[0].mirrored:
        # Read from right to left, the first slice is another one for each length.
        alone = [
            [
                _Pass(member, ensemble, [length], len(groups), tightness, eigenvalues=eigenvalues)
                for length in ensemble.lengths
            ]
            for member in members
        ]
        for g, group in enumerate(groups):
            for one in chain.from_iterable(alone):
                one.carry_back(g, _samples(group))
        return [_joined([one.result() for one in each]) for each in alone]
    passes = [passes_over(member) for member in members]
    chunked: list[_Pass | ShapedPass] = []
    for each in passes:
        if isinstance(each, _Pass) and each.makes_disorder:
            each.solve_box(groups)
        else:
            chunked.append(each)
    if chunked:
        _carry_together(chunked, ensemble, groups)
    return [one.result() for one in passes]


def _carry_together(
    passes: Sequence[_Pass | ShapedPass], ensemble: Ensemble, groups: Sequence[int]
) -> None:
    """Carry members through the slices, some at a time, whose disorder is made for all of them."""
    wire, step = passes[0].member.wire, min(one.chunk for one in passes)
    for g, group in enumerate(groups):
        samples = _samples(group)
        shared = SharedDisorder(wire, samples, ensemble.seed, keep=False)
        for first in range(0, ensemble.longest, step):
            disorder = shared.chunk(first, min(step, ensemble.longest - first))
            for one in passes:
                one.carry_on(g, samples, first, disorder)


def _samples(group: int) -> NDArray[np.uint64]:
    return np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)


def _joined(found: Sequence[Transferred]) -> Transferred:
    """Return the results of passes for one length each as those of a single pass."""
    renewals = np.sum([each.renewals for each in found], axis=0)
    parts = {
        name: np.concatenate([getattr(each, name) for each in found], axis=1)
        for name in Transferred._fields
        if name != "renewals"
    }
    return Transferred(renewals=renewals, **parts)
