"""Samples solved by the solver of their wire, each with a bound on its error.

A sample whose bound is above the threshold is solved again, with tighter re-orthogonalisation, and
by the other solver if that does not help. What the recursive solver doubts is solved again with
small changes (`doubt`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_wire
from qtcore.solve.doubt import changes, weight_of_defect
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.lead_errors import Nudged, lead_errors
from qtcore.solve.lead_modes import general_modes, lead_modes
from qtcore.solve.modes import Modes
from qtcore.solve.parts import drowned, hardly_coupled
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import PotentialOf, addressed
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.smatrix import SMatrices
from qtcore.solve.tightness import TIGHT, TIGHTEST, USUAL, Tightness, tightness_for
from qtcore.solve.transfer import Member, transfer_family
from qtcore.units import LANES

THRESHOLD = 1e-6
"""Certificate above which a sample is solved again, and flagged if that does not help, unless
another error is asked for."""

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

_OF_CHANGE = 4.0
"""Error of ln g that a change of it by tighter re-orthogonalisation stands for."""

_OF_VELOCITY = 4.0
"""Error of ln g that an error of the slowest wave's velocity stands for: both leads have it, and
each velocity counts in the waves that come and that leave."""


_FELT = 2.0**-41
"""Error of the slowest wave's velocity from which on a sample is asked what it makes of it: a dip of g
feels it more than others, and below it is less than an eighth of `CONDITION`, four times."""


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


def doubted(certificate: NDArray[np.float64], ensemble: Ensemble) -> NDArray[np.bool_]:
    """Return which certificates are too large, those that are no number among them."""
    allowed = THRESHOLD if ensemble.tolerance is None else ensemble.tolerance
    found: NDArray[np.bool_] = ~(certificate <= allowed)
    return found


def tightness_of(ensemble: Ensemble) -> Tightness:
    """Return how far columns may grow apart at first."""
    return USUAL if ensemble.tolerance is None else tightness_for(ensemble.tolerance)


class Problem(NamedTuple):
    """A wire at an energy, and what is to be solved for it; all of it is checked.

    Attributes
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    modes : Modes
        From `wire_modes`.
    ensemble : Ensemble
        The samples and lengths, the same for all members of a family.
    solver : str
        "transfer" or "recursive".
    eigenvalues : bool
        Whether the transmission eigenvalues are wanted too.
    nudge : float
        By how many of its rounding errors the energy of the modes is moved.
    """

    wire: Wire
    energy: float
    modes: Modes
    ensemble: Ensemble
    solver: str
    eigenvalues: bool
    nudge: float = 0.0

    def doubted(self, certificate: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which certificates are too large; see `doubted`."""
        return doubted(certificate, self.ensemble)

    @property
    def turned(self) -> bool:
        """Whether it matters that the waves come from the left, unlike in the solvers' own pass."""
        return self.ensemble.incidence == "left" and self.ensemble.absorption > 0


class Solved(NamedTuple):
    """What a solver has found, and what it knows of its errors.

    Attributes
    ----------
    ln_g, reflection, certificate : (realization, length) float arrays
        The certificate counts errors of long before as if they had faded, until `_mended`.
    of_before : (realization, length) float array
        Bound on the error of ln g where they have not. The recursive solver has none.
    ln_T : (realization, length, channel) float array
        Without channels unless they were asked for.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    of_before: NDArray[np.float64]
    ln_T: NDArray[np.float64]


def solved_family(family: Sequence[Problem]) -> list[Solved]:
    """Solve every member; those that share a solver share the making of their disorder.

    What is too large for a number has a certificate that is none, and counts as in doubt.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _solved(family)


def _solved(family: Sequence[Problem]) -> list[Solved]:
    groups = family[0].ensemble.groups
    fast = [k for k, problem in enumerate(family) if problem.solver == "transfer"]
    slow = [k for k, problem in enumerate(family) if problem.solver == "recursive"]
    solved: dict[int, Solved] = {}
    if fast:
        found = _transferred([family[k] for k in fast], groups, tightness_of(family[0].ensemble))
        for k, one in zip(fast, found, strict=True):
            noise = _noise(family[k], one)
            solved[k] = _mended(family[k], one)
            if noise is not None:
                solved[k] = _with_noise(solved[k], noise)
    if slow:
        found = _recursive([family[k] for k in slow], groups)
        solved.update(zip(slow, found, strict=True))
    found = [_with_lead_errors(problem, solved[k]) for k, problem in enumerate(family)]
    return [one._replace(certificate=np.minimum(one.certificate, NOTHING)) for one in found]


def _with_lead_errors(problem: Problem, found: Solved) -> Solved:
    """Add to the certificate what rounding errors of the energy do; see `lead_errors`."""
    groups = problem.ensemble.groups

    def nudged(nudge: float) -> Nudged:
        modes = wire_modes(problem.wire, problem.energy, problem.ensemble.absorption, nudge)
        moved = problem._replace(modes=modes, eigenvalues=False, nudge=nudge)
        if problem.solver == "transfer":
            (other,) = _transferred([moved], groups, tightness_of(problem.ensemble))
        else:
            (other,) = _recursive([moved], groups)
        return Nudged(modes.channels, other.ln_g, other.reflection)

    error: NDArray[np.float64] | float = 0.0
    if not problem.modes.delicate:
        error = _OF_VELOCITY * problem.modes.velocity_error
    if problem.modes.delicate or problem.modes.velocity_error > _FELT:
        here = Nudged(problem.modes.channels, found.ln_g, found.reflection)
        error = np.maximum(error, lead_errors(here, nudged))
    return found._replace(certificate=found.certificate + error)


def _noise(problem: Problem, found: Solved) -> Solved | None:
    """Return by how much the results differ with other rounding errors, where those may be all.

    Of a wire whose parts are hardly coupled, rounding errors of 1e-16 may couple them more. Modes
    that are mixed have other ones, and the same T_n.
    """
    if problem.wire.strip is not None:
        return None
    slices = problem.wire.slices()
    sample, leads = [slices.h, slices.v], [slices.lead_h, slices.lead_v]
    if not hardly_coupled(sample, leads):
        return None
    mixed = problem._replace(modes=problem.modes.mixed())
    (other,) = _transferred([mixed], problem.ensemble.groups, tightness_of(problem.ensemble))
    with np.errstate(invalid="ignore"):
        noise = Solved(*(np.abs(x - y) for x, y in zip(found, other, strict=True)))
        if problem.eigenvalues and drowned(sample, leads):
            # Both times alike: the small ones may be of another part than they seem.
            noise.ln_T[found.ln_T < found.ln_T[..., :1] - SURE] = np.inf
    return noise


def _with_noise(found: Solved, noise: Solved) -> Solved:
    """Add to the certificate what rounding errors do, and drop the T_n that are made of them."""
    certificate = found.certificate + _OF_DEFECT * np.nan_to_num(noise.ln_g)
    ln_T = np.where(noise.ln_T > NOISE, np.nan, found.ln_T)
    return found._replace(certificate=certificate, ln_T=ln_T)


def _mended(problem: Problem, found: Solved) -> Solved:
    """Solve samples in doubt again, with tighter re-orthogonalisation."""
    first = found
    found = first._replace(certificate=np.maximum(first.certificate, first.of_before))
    doubtful = problem.doubted(found.certificate.max(axis=1).reshape(-1, LANES).max(axis=1))
    if doubtful.any():
        lanes = np.flatnonzero(np.repeat(doubtful, LANES))
        # Only the samples in doubt are replaced: the others keep the bits that they have alone.
        replace = problem.doubted(found.certificate[lanes].max(axis=1))
        tighter = _tighter(problem, _some(problem.ensemble.groups, doubtful), first, lanes)
        for kept, new in zip(found, tighter, strict=True):
            kept[lanes[replace]] = new[replace]
    return _refereed(problem, found)


def _tighter(
    problem: Problem, groups: Sequence[int], first: Solved, lanes: NDArray[np.intp]
) -> Solved:
    """Solve groups with tighter re-orthogonalisation; `lanes` are their rows in what was found first.

    What errors of long before may have grown to is a bound, which is far too large beside missing
    sites and other strong scatterers. Where they have grown, other ones change the result: the first
    pass had larger ones.
    """

    def change(other: Solved) -> NDArray[np.float64]:
        reflects = np.abs(other.reflection - first.reflection[lanes]) / problem.modes.channels
        return np.fmax(np.abs(other.ln_g - first.ln_g[lanes]), reflects)

    (tighter,) = _transferred([problem], groups, TIGHT)
    measured = change(tighter)
    if not measured.any():
        # The first pass was as tight.
        (tighter,) = _transferred([problem], groups, TIGHTEST)
        measured = change(tighter)
    of_before = np.fmin(tighter.of_before, _OF_CHANGE * measured)
    certificate = np.maximum(tighter.certificate, of_before)
    return tighter._replace(certificate=certificate, of_before=of_before)


def _refereed(problem: Problem, found: Solved) -> Solved:
    """Take the recursive solver for samples that stay in doubt, if it knows them better."""
    doubtful = problem.doubted(found.certificate.max(axis=1))
    if not (problem.ensemble.method == "auto" and doubtful.any()):
        return found
    in_group: NDArray[np.bool_] = np.asarray(doubtful.reshape(-1, LANES).any(axis=1))
    (other,) = _recursive([problem], _some(problem.ensemble.groups, in_group))
    lanes = np.flatnonzero(np.repeat(in_group, LANES))
    better = doubtful[lanes] & ~(
        other.certificate.max(axis=1) >= found.certificate[lanes].max(axis=1)
    )
    for one, new in zip(found if problem.eigenvalues else found[:4], other, strict=False):
        one[lanes[better]] = new[better]
    return found


def _some(groups: Sequence[int], wanted: NDArray[np.bool_]) -> list[int]:
    return [group for group, is_wanted in zip(groups, wanted, strict=True) if is_wanted]


def _transferred(
    family: Sequence[Problem], groups: Sequence[int], tightness: Tightness
) -> list[Solved]:
    """Solve some groups by the transfer solver, with the errors that it knows of."""
    ensemble, eigenvalues = family[0].ensemble, family[0].eigenvalues
    members = [_member(problem) for problem in family]
    passes = transfer_family(members, ensemble, groups, tightness, eigenvalues=eigenvalues)
    solved = []
    for problem, found in zip(family, passes, strict=True):
        least = CONDITION * (4 + np.abs(found.ln_g))
        rounding, of_before = (
            ROUNDING * each + least for each in (found.amplification, found.of_before)
        )
        defect = _defect(problem, found.ln_g, found.reflection)
        certificate = np.maximum(_OF_DEFECT * defect, rounding)
        solved.append(Solved(found.ln_g, found.reflection, certificate, of_before, found.ln_T))
    return solved


def _member(problem: Problem) -> Member:
    if not problem.turned:
        return Member(problem.wire, problem.modes, problem.energy)
    slices = problem.wire.slices().mirrored
    modes = general_modes(slices.lead_h, slices.lead_v, problem.energy, problem.nudge)
    return Member(problem.wire, modes, problem.energy, mirrored=True)


def _recursive(family: Sequence[Problem], groups: Sequence[int]) -> list[Solved]:
    """Solve group by group by recursive Green's functions; there is nothing to tighten."""
    seed = family[0].ensemble.seed
    blocks: list[list[list[SMatrices]]] = [[] for _ in family]
    errors: list[list[NDArray[np.float64]]] = [[] for _ in family]
    for group in groups:
        numbers = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        shared = SharedDisorder(family[0].wire, numbers, seed, keep=len(family) > 1)
        for problem, found, error in zip(family, blocks, errors, strict=True):
            found.append(_of_group(problem, numbers, shared.potential(problem.wire)))
            if problem.nudge == 0:
                error.append(_changes(problem, numbers, shared, found[-1]))
    return [
        _gathered(problem, found, np.concatenate(error) if error else 0.0)
        for problem, found, error in zip(family, blocks, errors, strict=True)
    ]


def _of_group(
    problem: Problem, numbers: NDArray[np.uint64], potential: PotentialOf, shake: int = 0
) -> list[SMatrices]:
    """Solve some realizations by recursive Green's functions."""
    wire, ensemble = problem.wire, problem.ensemble
    _, hopping = addressed(wire, numbers, ensemble.seed)
    return scattering_matrices(
        wire.slices(),
        problem.energy,
        ensemble.lengths,
        potential,
        ensemble.absorption,
        hopping,
        problem.nudge,
        shake,
    )


def _changes(
    problem: Problem,
    numbers: NDArray[np.uint64],
    shared: SharedDisorder,
    found: Sequence[SMatrices],
) -> NDArray[np.float64]:
    """Return what rounding errors may do to doubtful samples of a group; see `doubt`."""
    every = shared.potential(problem.wire)

    def solve(rows: NDArray[np.intp], shake: int) -> list[SMatrices]:
        def potential(first: int, count: int) -> NDArray[np.float64]:
            return every(first, count)[:, :, rows]

        return _of_group(problem, numbers[rows], potential, shake)

    return changes(found, solve)


def _gathered(
    problem: Problem, blocks: Sequence[Sequence[SMatrices]], error: NDArray[np.float64] | float
) -> Solved:
    """Return the results of all groups, realization by realization, and add to their errors."""
    # Waves from the right are what the transfer solver has too; without absorption it is all one.
    read = [[S if problem.turned else S.turned for S in block] for block in blocks]

    def gathered(name: str) -> NDArray[Any]:
        return np.concatenate(
            [np.stack([getattr(S, name) for S in block], axis=1) for block in read]
        )

    ln_g, reflection = gathered("ln_g"), gathered("reflection")
    # Where nothing passes at all, nothing of it is lost, unless it may have been too small for a number.
    lost = NOTHING / CONDITION if problem.wire.slices().has_tiny_elements else 0.0
    size = np.where(np.isfinite(ln_g), np.abs(ln_g), lost)
    rounding = ROUNDING * gathered("amplification") + CONDITION * (4 + size)
    # An error of g alone is all of the defect, but for other errors.
    defect = _defect(problem, ln_g, reflection)
    defect *= weight_of_defect(gathered("doubt"), problem.modes.channels)
    certificate = np.hypot(np.hypot(defect, rounding), error)
    if not problem.ensemble.absorption:
        certificate = np.hypot(certificate, _mismatch(blocks))
    none = np.zeros_like(certificate)
    return Solved(ln_g, reflection, certificate, none, gathered("ln_eigenvalues"))


def _mismatch(blocks: Sequence[Sequence[SMatrices]]) -> NDArray[np.float64]:
    """Return by how much ln g differs between waves from both sides, (realization, length).

    They are found apart from each other, and are equal where nothing is absorbed.
    """
    with np.errstate(invalid="ignore"):
        differences = [
            np.stack([np.abs(S.ln_g - S.turned.ln_g) for S in block], axis=1) for block in blocks
        ]
    # Where nothing passes at all, both are infinite.
    found: NDArray[np.float64] = np.concatenate(differences)
    return np.where(np.isfinite(found), found, 0.0)


def _defect(
    problem: Problem, ln_g: NDArray[np.float64], reflection: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return by how much T + R misses N, per channel; of an absorbing wire, what it has too much."""
    channels = problem.modes.channels
    excess = (np.exp(ln_g) + reflection - channels) / channels
    return np.maximum(excess, 0.0) if problem.ensemble.absorption else np.abs(excess)
