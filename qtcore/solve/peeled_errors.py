"""What a peeled slice makes of the rounding errors of its own steps.

The transfer solver knows how far its columns grow apart, and that every slice leaves an error of one
rounding of the largest number that it returns. The steps inside a slice may pass through larger
numbers, or carry an error of one step far, as through a chain of bonds across the wire. By how much,
relative to what the slice returns, depends on the program and hardly on the disorder.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.peeling import Peeled

_DRAWS = 3
"""Slices of random values that are looked at, and as many of equal ones, as a clean wire has."""

_REACH = 2.0
"""E - eps of these slices, at most, in the units that the wire is solved in."""

_QUICK = 32.0
"""Stretch by a slice from which on a direction counts as quick; see `quick_looks`."""


class Strain(NamedTuple):
    """What a program does to numbers of size one, and to their rounding errors.

    Attributes
    ----------
    growth : float
        Largest number that a slice returns.
    gain : float
        Error that it leaves, in units of one rounding of the largest number.
    quick : float
        Number of directions that a slice stretches by more than `_QUICK`.
    """

    growth: float
    gain: float
    quick: float = 0.0


def strain(program: Peeled) -> Strain:
    """Return the strain of a program in ordinary slices, random or clean: the larger of medians.

    A core may happen to be singular for a slice that is drawn. If it is in all clean ones, it is
    nearly so with weak disorder.
    """
    rng = np.random.default_rng(program.places)
    components = 1 + max(step.component for step in program.steps)
    draws = _DRAWS if program.free else 1
    mixed = rng.uniform(-_REACH, _REACH, (draws, components))
    equal = np.broadcast_to(rng.uniform(-_REACH, _REACH, (draws, 1)), mixed.shape)
    found = [[_strain_at(program, onsite) for onsite in kind] for kind in (mixed, equal)]
    return Strain(*np.median(found, axis=1).max(axis=0).tolist())


def _strain_at(program: Peeled, onsite: NDArray[np.float64]) -> Strain:
    """Return the strain for the on-site values E - eps of one slice, (component,)."""
    inputs, free = 2 * program.rank, program.free
    first, places = inputs + free, program.places
    terms = []
    for step in program.steps:
        row = dict(step.fixed)
        for at, value in step.onsite.items():
            row[at] = row.get(at, 0.0) + value * onsite[step.component]
        terms.append(row)
    values = np.zeros((places, first), dtype=np.complex128)
    values[:first] = np.eye(first)
    sizes = np.zeros((len(terms), first))
    for n, row in enumerate(terms):
        parts = np.array(list(row.values()))[:, None] * values[list(row)]
        values[first + n] = parts.sum(axis=0)
        sizes[n] = (np.abs(parts) ** 2).sum(axis=0)
    # How the results feel a change of each value, from the last step back to the first.
    felt = np.zeros((places, inputs + free), dtype=np.complex128)
    for result, row in enumerate(program.out):
        for at, value in row.items():
            felt[at, result] += value
    felt[places - free :, inputs:] = np.eye(free)
    for n in range(len(terms) - 1, -1, -1):
        for at, value in terms[n].items():
            felt[at] += value * felt[first + n]
    out = felt[:inputs, :inputs].T
    steps = felt[first:]
    if free:
        # The free unknowns fulfil the conditions, and their answers have errors too.
        core, seen = felt[inputs:first, inputs:].T, felt[:inputs, inputs:].T
        try:
            taken = np.linalg.solve(core, seen)
            through = np.linalg.solve(core.T, felt[inputs:first, :inputs]).T
        except np.linalg.LinAlgError:
            return Strain(np.inf, np.inf)
        out = out - through @ seen
        steps = steps[:, :inputs] - steps[:, inputs:] @ through.T
        sizes[:, :inputs] += sizes[:, inputs:] @ (np.abs(taken) ** 2)
    weight = (np.abs(steps[:, :inputs]) ** 2).sum(axis=1)
    error = np.sqrt((weight * sizes[:, :inputs].max(axis=1)).sum())
    stretched = np.linalg.svd(out, compute_uv=False)
    growth = float(stretched[0])
    return Strain(growth, float(error) / growth, float((stretched > _QUICK).sum()))
