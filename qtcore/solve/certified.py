"""Samples solved by the solver of their wire, each with a bound on its error.

A sample whose bound is above the threshold is solved again, with tighter re-orthogonalisation, and
by the other solver if that does not help. What the recursive solver doubts is solved again with
small changes (`doubt`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES
from qtcore.model.wire import Wire
from qtcore.solve.arguments import Side, checked_wire
from qtcore.solve.doubt import changes
from qtcore.solve.lead_errors import Nudged, lead_errors
from qtcore.solve.modes import Modes, general_modes, lead_modes
from qtcore.solve.parts import drowned, hardly_coupled
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import PotentialOf, addressed
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.smatrix import SMatrices
from qtcore.solve.transfer import (
    TIGHT,
    USUAL,
    Member,
    Tightness,
    transfer_family,
)

THRESHOLD = 1e-6
"""Certificate above which a sample is solved again, and flagged if that does not help."""

ROUNDING = 2.0**-48
"""Error of ln g that an amplification of one stands for: sixteen units in the last place, with
which the certificate covers the error of 998 samples in 1,000 from W = 0.5 to 30."""

CONDITION = 2.0**-40
"""Error of ln g relative to its own size plus four: what an exact solver leaves in double precision,
since every on-site value carries its own rounding error."""

NOTHING = 2.0**20
"""Largest certificate: ln g is not known at all, whatever its bound."""

NOISE = 1e-6
"""Change of ln T_n by other rounding errors above which it is not given."""

SURE = 25.0
"""ln T_1 - ln T_n up to which rounding errors of a coupling of 1e-16 change T_n by less than 1e-10."""

_OF_DEFECT = 4.0
"""Error of ln g that a unitarity defect of the transfer solver stands for: errors of T and of R
that nearly cancel in T + R leave a defect that is smaller than each."""


def wire_modes(wire: Wire, energy: float, absorption: float = 0.0, nudge: float = 0.0) -> Modes:
    """Return the modes of the wire's leads at an energy (units of t), nudged by rounding errors.

    In the gauge that the transfer solver takes for such a sample with this absorption.
    """
    strip = checked_wire(wire).strip
    if strip is not None and absorption == 0:
        phase = wire.phase if wire.field_in_leads else 0.0
        return lead_modes(strip, energy, phase, nudge)
    slices = wire.slices()
    return general_modes(slices.lead_h, slices.lead_v, energy, nudge)


class Asked(NamedTuple):
    """A checked request: whole groups, and the rows in them that were asked for."""

    wire: Wire
    modes: Modes
    energy: float
    lengths: list[int]
    groups: list[int]
    rows: NDArray[np.intp]
    seed: int
    method: str
    absorption: float
    incidence: Side
    free: bool
    nudge: float = 0.0

    @property
    def turned(self) -> bool:
        """Whether it matters that the waves come from the left, unlike in the solvers' own pass."""
        return self.incidence == "left" and self.absorption > 0


class Solved(NamedTuple):
    """ln g, reflection, certificate (realization, length); ln T_n (..., channel) where asked for."""

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    ln_T: NDArray[np.float64]

    @property
    def suspect(self) -> NDArray[np.bool_]:
        """Where the certificate stays above the threshold, (realization, length)."""
        return ~(self.certificate <= THRESHOLD)


def solved_family(family: Sequence[Asked], *, eigenvalues: bool) -> list[Solved]:
    """Solve every member; those that share a solver share the making of their disorder."""
    fast = [k for k, asked in enumerate(family) if asked.method == "transfer"]
    slow = [k for k, asked in enumerate(family) if asked.method == "recursive"]
    solved: dict[int, Solved] = {}
    if fast:
        members = [family[k] for k in fast]
        found = _transferred(members, members[0].groups, USUAL, eigenvalues=eigenvalues)
        for k, one in zip(fast, found, strict=True):
            noise = _noise(family[k], one, eigenvalues=eigenvalues)
            solved[k] = _mended(family[k], one, eigenvalues=eigenvalues)
            if noise is not None:
                solved[k] = _with_noise(solved[k], noise)
    if slow:
        solved.update(zip(slow, _recursive([family[k] for k in slow]), strict=True))
    found = [_with_lead_errors(asked, solved[k]) for k, asked in enumerate(family)]
    return [one._replace(certificate=np.minimum(one.certificate, NOTHING)) for one in found]


def _with_lead_errors(asked: Asked, found: Solved) -> Solved:
    """Add to the certificate what rounding errors of the energy do; see `lead_errors`."""

    def nudged(nudge: float) -> Nudged:
        modes = wire_modes(asked.wire, asked.energy, asked.absorption, nudge)
        moved = asked._replace(modes=modes, nudge=nudge)
        other = (
            _transferred([moved], moved.groups, USUAL, eigenvalues=False)
            if asked.method == "transfer"
            else _recursive([moved])
        )[0]
        return Nudged(modes.channels, other.ln_g, other.reflection)

    if not asked.modes.delicate:
        return found
    here = Nudged(asked.modes.channels, found.ln_g, found.reflection)
    return found._replace(certificate=found.certificate + lead_errors(here, nudged))


def _noise(asked: Asked, found: Solved, *, eigenvalues: bool) -> Solved | None:
    """Return by how much the results differ with other rounding errors, where those may be all.

    Of a wire whose parts are hardly coupled, rounding errors of 1e-16 may couple them more. Modes
    that are mixed have other ones, and the same T_n.
    """
    if asked.wire.strip is not None:
        return None
    slices = asked.wire.slices()
    sample, leads = [slices.h, slices.v], [slices.lead_h, slices.lead_v]
    if not hardly_coupled(sample, leads):
        return None
    mixed = asked._replace(modes=asked.modes.mixed())
    other = _transferred([mixed], asked.groups, USUAL, eigenvalues=eigenvalues)[0]
    with np.errstate(invalid="ignore"):
        noise = Solved(*(np.abs(x - y) for x, y in zip(found, other, strict=True)))
        if eigenvalues and drowned(sample, leads):
            # Both times alike: the small ones may be of another part than they seem.
            noise.ln_T[found.ln_T < found.ln_T[..., :1] - SURE] = np.inf
    return noise


def _with_noise(found: Solved, noise: Solved) -> Solved:
    """Add to the certificate what rounding errors do, and drop the T_n that are made of them."""
    certificate = found.certificate + _OF_DEFECT * np.nan_to_num(noise.ln_g)
    ln_T = np.where(noise.ln_T > NOISE, np.nan, found.ln_T)
    return found._replace(certificate=certificate, ln_T=ln_T)


def _mended(asked: Asked, found: Solved, *, eigenvalues: bool) -> Solved:
    """Solve samples in doubt again, with tighter re-orthogonalisation."""
    doubtful = ~(found.certificate.max(axis=1).reshape(-1, LANES).max(axis=1) <= THRESHOLD)
    if doubtful.any():
        again = [group for group, bad in zip(asked.groups, doubtful, strict=True) if bad]
        tighter = _transferred([asked], again, TIGHT, eigenvalues=eigenvalues)[0]
        lanes = np.flatnonzero(np.repeat(doubtful, LANES))
        # Only the samples in doubt are replaced: the others keep the bits that they have alone.
        replace = ~(found.certificate[lanes].max(axis=1) <= THRESHOLD)
        for kept, new in zip(found, tighter, strict=True):
            kept[lanes[replace]] = new[replace]
    return _refereed(asked, found, eigenvalues=eigenvalues)


def _refereed(asked: Asked, found: Solved, *, eigenvalues: bool) -> Solved:
    """Take the recursive solver for samples that stay in doubt, if it knows them better."""
    doubtful = ~(found.certificate.max(axis=1) <= THRESHOLD)
    if not (asked.free and doubtful.any()):
        return found
    in_group = doubtful.reshape(-1, LANES).any(axis=1)
    groups = [group for group, bad in zip(asked.groups, in_group, strict=True) if bad]
    other = _recursive([asked._replace(groups=groups)])[0]
    lanes = np.flatnonzero(np.repeat(in_group, LANES))
    better = doubtful[lanes] & ~(
        other.certificate.max(axis=1) >= found.certificate[lanes].max(axis=1)
    )
    for one, new in zip(found if eigenvalues else found[:3], other, strict=False):
        one[lanes[better]] = new[better]
    return found


def _transferred(
    family: Sequence[Asked], groups: Sequence[int], tightness: Tightness, *, eigenvalues: bool
) -> list[Solved]:
    lengths, seed = family[0].lengths, family[0].seed
    members = [
        _mirrored(asked)
        if asked.turned
        else Member(asked.wire, asked.modes, asked.energy, asked.absorption)
        for asked in family
    ]
    passes = transfer_family(members, lengths, groups, seed, tightness, eigenvalues=eigenvalues)
    solved = []
    for asked, found in zip(family, passes, strict=True):
        rounding = ROUNDING * found.amplification + CONDITION * (4 + np.abs(found.ln_g))
        defect = _defect(found.ln_g, found.reflection, asked)
        certificate = np.maximum(_OF_DEFECT * defect, rounding)
        solved.append(Solved(found.ln_g, found.reflection, certificate, found.ln_T))
    return solved


def _mirrored(asked: Asked) -> Member:
    slices = asked.wire.slices().mirrored
    modes = general_modes(slices.lead_h, slices.lead_v, asked.energy, asked.nudge)
    return Member(asked.wire, modes, asked.energy, asked.absorption, mirrored=True)


def _recursive(family: Sequence[Asked]) -> list[Solved]:
    """Solve group by group by recursive Green's functions; there is nothing to tighten."""
    blocks: list[list[list[SMatrices]]] = [[] for _ in family]
    errors: list[list[NDArray[np.float64]]] = [[] for _ in family]
    for group in family[0].groups:
        numbers = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        shared = SharedDisorder(family[0].wire, numbers, family[0].seed, keep=len(family) > 1)
        for asked, found, error in zip(family, blocks, errors, strict=True):
            found.append(_of_group(asked, numbers, shared.potential(asked.wire)))
            if asked.nudge == 0:
                error.append(_changes(asked, numbers, shared, found[-1]))
    return [
        _gathered(asked, found, np.concatenate(error) if error else 0.0)
        for asked, found, error in zip(family, blocks, errors, strict=True)
    ]


def _of_group(
    asked: Asked, numbers: NDArray[np.uint64], potential: PotentialOf, shake: int = 0
) -> list[SMatrices]:
    """Solve some realizations by recursive Green's functions."""
    wire = asked.wire
    _, hopping = addressed(wire, numbers, asked.seed)
    return scattering_matrices(
        wire.slices(),
        asked.energy,
        asked.lengths,
        potential,
        asked.absorption,
        hopping,
        asked.nudge,
        shake,
    )


def _changes(
    asked: Asked,
    numbers: NDArray[np.uint64],
    shared: SharedDisorder,
    found: Sequence[SMatrices],
) -> NDArray[np.float64]:
    """Return what rounding errors may do to doubtful samples of a group; see `doubt`."""
    every = shared.potential(asked.wire)

    def solve(rows: NDArray[np.intp], shake: int) -> list[SMatrices]:
        def potential(first: int, count: int) -> NDArray[np.float64]:
            return every(first, count)[:, :, rows]

        return _of_group(asked, numbers[rows], potential, shake)

    return changes(found, solve)


def _gathered(
    asked: Asked, blocks: Sequence[Sequence[SMatrices]], error: NDArray[np.float64] | float
) -> Solved:
    """Return the results of all groups, realization by realization, and add to their errors."""
    # Waves from the right are what the transfer solver has too; without absorption it is all one.
    read = [[S if asked.turned else S.turned for S in block] for block in blocks]

    def gathered(name: str) -> NDArray[Any]:
        return np.concatenate(
            [np.stack([getattr(S, name) for S in block], axis=1) for block in read]
        )

    ln_g, reflection = gathered("ln_g"), gathered("reflection")
    # Where nothing passes at all, nothing of it is lost.
    size = np.where(np.isfinite(ln_g), np.abs(ln_g), 0.0)
    rounding = ROUNDING * gathered("amplification") + CONDITION * (4 + size)
    # An error of g alone is all of the defect, but for other errors.
    certificate = np.hypot(np.hypot(_defect(ln_g, reflection, asked), rounding), error)
    return Solved(ln_g, reflection, certificate, gathered("ln_eigenvalues"))


def _defect(
    ln_g: NDArray[np.float64], reflection: NDArray[np.float64], asked: Asked
) -> NDArray[np.float64]:
    """Return by how much T + R misses N, per channel; of an absorbing wire, what it has too much."""
    channels = asked.modes.channels
    excess = (np.exp(ln_g) + reflection - channels) / channels
    return np.maximum(excess, 0.0) if asked.absorption else np.abs(excess)
