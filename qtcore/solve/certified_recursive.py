"""Samples solved by recursive Green's functions, each with a bound on its error.

Samples that the solver doubts are solved again with small changes (`doubt`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.doubt import changes, weight_of_defect
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING, Problem, Solved, defect_of
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import PotentialOf, addressed
from qtcore.solve.shared import SharedDisorder
from qtcore.solve.smatrix import SMatrices
from qtcore.units import LANES


def recursive_family(family: Sequence[Problem], groups: Sequence[int]) -> list[Solved]:
    """Solve members group by group, as they share the making of their disorder; nothing is tightened.

    Returns
    -------
    list of Solved
        One for each member.
    """
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
    defect = defect_of(problem, ln_g, reflection)
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
