"""Samples that are equal to earlier ones: where that is chance, and where it cannot be.

Nothing says how the numbers of a user's own function are distributed. They may take few values, and
then equal samples are chance. They are not where most samples differ from all others, or where all
repetitions have one distance, as those of `default_rng(realization // 2)` have.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_PATTERN = 3
"""So many repetitions with one distance are no chance."""


class Repeats(NamedTuple):
    """Samples of a point that are equal to earlier ones.

    Attributes
    ----------
    again : array of int
        Rows that are equal to an earlier one.
    first : array of int
        The first row that each of them is equal to.
    distance : array of int
        How many rows before each of them the last one that is equal stands.
    """

    again: NDArray[np.intp]
    first: NDArray[np.intp]
    distance: NDArray[np.intp]


def repeats(rows: NDArray[np.void]) -> Repeats:
    """Compare samples bit by bit, each as one value, (sample,)."""
    _, first, group = np.unique(rows, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[group] != np.arange(len(rows)))
    order = np.lexsort((np.arange(len(rows)), group))
    before = np.empty(len(rows), dtype=np.intp)
    before[order[1:]] = order[:-1]
    return Repeats(again, first[group[again]], again - before[again])


def are_no_chance(found: Repeats, samples: int, *, whole: bool) -> bool:
    """Whether equal samples of a user's own function come from equal random numbers.

    Parameters
    ----------
    found : Repeats
        At least one sample of the point differs from another one.
    samples : int
        How many were compared.
    whole : bool
        Whether all numbers are whole ones, of which samples may share some by chance.
    """
    has_pattern = len(found.again) >= LEAST_PATTERN and len(np.unique(found.distance)) == 1
    mostly_differ = not whole and 0 < len(found.again) < samples / 2
    return has_pattern or mostly_differ
