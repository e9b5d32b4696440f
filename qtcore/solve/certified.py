"""Samples solved by the solver of their wire, each with a bound on its error.

A sample whose bound is above the threshold is solved again, with tighter re-orthogonalisation, and
by the other solver if that does not help. What the recursive solver doubts is solved again with
small changes (`doubt`).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.certified_recursive import recursive_family
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.front_strip import eliminated
from qtcore.solve.lead_errors import Nudged, lead_errors
from qtcore.solve.lead_modes import general_modes
from qtcore.solve.parts import drowned, hardly_coupled
from qtcore.solve.passes import Member
from qtcore.solve.problem import (
    CONDITION,
    NOTHING,
    ROUNDING,
    Problem,
    Solved,
    defect_of,
    wire_modes,
)
from qtcore.solve.tightness import TIGHT, TIGHTEST, USUAL, Tightness, tightness_for
from qtcore.solve.transfer import transfer_family
from qtcore.units import LANES

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


def tightness_of(ensemble: Ensemble) -> Tightness:
    """Return how far columns may grow apart at first."""
    return USUAL if ensemble.tolerance is None else tightness_for(ensemble.tolerance)


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
    for k, problem in enumerate(family):
        if problem.solver == "front":
            solved[k] = _refereed(problem, eliminated(problem, groups))
    if slow:
        found = recursive_family([family[k] for k in slow], groups)
        solved.update(zip(slow, found, strict=True))
    found = [_with_lead_errors(problem, solved[k]) for k, problem in enumerate(family)]
    return [one._replace(certificate=np.minimum(one.certificate, NOTHING)) for one in found]


def _with_lead_errors(problem: Problem, found: Solved) -> Solved:
    """Add to the certificate what rounding errors of the energy do; see `lead_errors`."""
    groups = problem.ensemble.groups

    def nudged(nudge: float) -> Nudged:
        modes = wire_modes(problem.wire, problem.energy, problem.ensemble.absorption, nudge)
        moved = problem._replace(modes=modes, eigenvalues=False, nudge=nudge)
        if problem.solver == "front":
            other = eliminated(moved, groups)
        elif problem.solver == "transfer":
            (other,) = _transferred([moved], groups, tightness_of(problem.ensemble))
        else:
            (other,) = recursive_family([moved], groups)
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
    if len(slices.h) != len(slices.lead_h):
        return None
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
    """Take the recursive solver for samples that stay in doubt, if it knows them better.

    Before it, where a strip has narrower leads, a front: it takes a small part of that time.
    """
    if problem.ensemble.method != "auto":
        return found
    wire = problem.wire
    if problem.solver == "transfer" and wire.lead_lattice is not None and wire.strip is not None:
        found = _refereed_by(eliminated, problem, found)
    return _refereed_by(lambda one, groups: recursive_family([one], groups)[0], problem, found)


def _refereed_by(
    solve: Callable[[Problem, Sequence[int]], Solved], problem: Problem, found: Solved
) -> Solved:
    doubtful = problem.doubted(found.certificate)
    if not doubtful.any():
        return found
    in_group: NDArray[np.bool_] = np.asarray(
        doubtful.reshape(-1, LANES, doubtful.shape[1]).any((1, 2))
    )
    other = solve(problem, _some(problem.ensemble.groups, in_group))
    lanes = np.flatnonzero(np.repeat(in_group, LANES))
    # Length by length, so that the numbers of one do not depend on which others are asked for.
    better = doubtful[lanes] & ~(other.certificate >= found.certificate[lanes])
    rows, lengths = np.nonzero(better)
    for one, new in zip(found if problem.eigenvalues else found[:4], other, strict=False):
        one[lanes[rows], lengths] = new[rows, lengths]
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
        defect = defect_of(problem, found.ln_g, found.reflection)
        certificate = np.maximum(_OF_DEFECT * defect, rounding)
        solved.append(Solved(found.ln_g, found.reflection, certificate, of_before, found.ln_T))
    return solved


def _member(problem: Problem) -> Member:
    if not problem.turned:
        return Member(problem.wire, problem.modes, problem.energy)
    slices = problem.wire.slices().mirrored
    modes = general_modes(slices.lead_h, slices.lead_v, problem.energy, problem.nudge)
    return Member(problem.wire, modes, problem.energy, mirrored=True)
