"""Levels of a real slice and its functions, with all digits where levels are nearly degenerate.

Rounding errors mix the functions of two levels at a distance d by 1e-16 / d. Their levels are nearly
the same, so that h comes out right all the same. But close to a band edge one of the two waves may
be much slower than the other one, or closed, and then the mixture matters.

A cluster of close levels has a matrix psi^T (h - d0) psi, with d0 one of its levels, which is as
small as the distances in it. In twice the digits (`twofold`) it has no rounding errors, and its
eigenvectors tell the functions apart. Some levels may be closer still than others, and make a
cluster of their own. What (h - d0) psi contains of other functions had been mixed in by rounding.

Golub and Van Loan, Matrix Computations (2013), section 8.1.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.parts import parts
from qtcore.solve.twofold import Twofold, exact

_CLOSE = 1e-4
"""Distance of levels, relative to the largest one or to the size of their cluster, below which they
count as nearly degenerate. Functions of other levels are right to 1e-12."""

_SAME = 2.0**-84
"""Distance of levels, relative to the largest one, below which they are equal: twice the digits, with
room for sums over a slice."""

_MIXED = 8.0
"""By how many rounding errors of h functions are mixed to see what that does: with four of them one
certificate of 1,202 leads whose functions were not told apart was 1.9 times too small."""


class _Told(NamedTuple):
    """Functions of a cluster, told apart.

    Attributes
    ----------
    cluster, others : (n,), (mode - n,) int arrays
        Which functions these are, and the other ones.
    distances : (n,) float array
        Of their levels from the first level that the cluster had before, in ascending order.
    mixture : (n, n) float array
        What they are made of, in terms of those before.
    mixed : (mode - n, n) float array
        How much of the others was mixed into those before.
    """

    cluster: NDArray[np.intp]
    others: NDArray[np.intp]
    distances: NDArray[np.float64]
    mixture: NDArray[np.float64]
    mixed: NDArray[np.float64]

    @property
    def spread(self) -> float:
        """Distance of the last level from the first one."""
        return float(self.distances[-1] - self.distances[0])


def slice_levels(
    h: NDArray[np.float64], nudge: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the eigenvalues of a slice and its eigenvectors, each of a single part of the lead.

    Parameters
    ----------
    h : (width, width) float array
        H inside a slice, symmetric, units of t.
    nudge : float
        If it is not zero, functions are mixed by as much as rounding errors may have mixed them.

    Returns
    -------
    energies : (mode,) float array
        In ascending order, units of t.
    functions : (width, mode) float array
        Orthonormal, a column each.
    """
    apart = parts([h])
    energies, functions = np.empty(len(h)), np.zeros(h.shape)
    start = 0
    for part in apart:
        levels, found = _of_part(h[np.ix_(part, part)].tobytes())
        columns = slice(start, start + len(part))
        energies[columns] = levels
        functions[part, columns] = found + found @ _mixing(levels) if nudge else found
        start += len(part)
    if len(apart) == 1:
        return energies, functions
    order = np.argsort(energies, kind="stable")
    return energies[order], functions[:, order]


@lru_cache(maxsize=16)
def _of_part(h_bytes: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return levels and functions of a part; the latest are kept, for other energies."""
    flat = np.frombuffer(h_bytes)
    M = math.isqrt(len(flat))
    h = flat.reshape(M, M)
    energies, functions = np.linalg.eigh(h)
    size = float(np.abs(energies).max())
    levels, H = exact(energies[None], np.float64), exact(h, np.float64)
    clusters = _clusters(energies, np.arange(M), _CLOSE * size)
    while clusters:
        rests = _rests(H, levels, functions, clusters)
        told = [_told_apart(levels, functions, *one) for one in zip(clusters, rests, strict=True)]
        # Functions of equal levels are right whatever they are.
        told = [one for one in told if one.spread > _SAME * size]
        functions = _unmixed(functions, told)
        _set_levels(levels, told)
        clusters = [
            closer
            for one in told
            for closer in _clusters(one.distances, one.cluster, _CLOSE * one.spread)
        ]
    return levels.high[0], functions


def _clusters(
    levels: NDArray[np.float64], indices: NDArray[np.intp], close: float
) -> list[NDArray[np.intp]]:
    """Return the indices of ascending levels that follow each other within a distance."""
    gaps = np.flatnonzero(np.diff(levels) > close) + 1
    return [cluster for cluster in np.split(indices, gaps) if len(cluster) > 1]


def _rests(
    H: Twofold, levels: Twofold, functions: NDArray[np.float64], clusters: list[NDArray[np.intp]]
) -> list[NDArray[np.float64]]:
    """Return (h - d0) psi, (width, n), for each cluster, with d0 the first of its levels."""
    psi = exact(functions[:, np.concatenate(clusters)], np.float64)
    first = np.concatenate([np.full(len(cluster), cluster[0]) for cluster in clusters])
    d0 = Twofold(np.diag(levels.high[0, first]), np.diag(levels.low[0, first]))
    rest = H.times(psi).minus(psi.times(d0)).high
    return np.split(rest, np.cumsum([len(cluster) for cluster in clusters])[:-1], axis=1)


def _told_apart(
    levels: Twofold,
    functions: NDArray[np.float64],
    cluster: NDArray[np.intp],
    rest: NDArray[np.float64],
) -> _Told:
    others = np.setdiff1d(np.arange(len(functions)), cluster)
    high, low = (part[0, others, None] - part[0, cluster] for part in levels)
    distance, overlap = high + low, functions.T @ rest
    mixed = overlap[others] / distance
    # What is mixed in makes the levels wrong in second order.
    inside = overlap[cluster] - mixed.T @ (distance[:, :1] * mixed)
    distances, mixture = np.linalg.eigh((inside + inside.T) / 2)
    return _Told(cluster, others, distances, mixture, mixed)


def _unmixed(functions: NDArray[np.float64], told: list[_Told]) -> NDArray[np.float64]:
    """Return the functions after those of some clusters have been told apart."""
    if not told:
        return functions
    mixed = np.zeros(functions.shape)
    for one in told:
        mixed[np.ix_(one.others, one.cluster)] = one.mixed
        mixed[np.ix_(one.cluster, one.others)] = -one.mixed.T
    functions = functions - functions @ mixed
    for one in told:
        functions[:, one.cluster] = functions[:, one.cluster] @ one.mixture
    return functions


def _set_levels(levels: Twofold, told: list[_Told]) -> None:
    for one in told:
        first = Twofold(*(part[:, one.cluster[:1]] for part in levels))
        found = first.plus(exact(one.distances[None], np.float64))
        levels.high[:, one.cluster], levels.low[:, one.cluster] = found


def _mixing(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how rounding errors may have mixed functions, as far as those are not told apart.

    The same whether a nudge moves the energy up or down, so that in one of them both add up.
    """
    size, count = float(np.abs(levels).max()), np.arange(len(levels))
    distance = np.abs(levels[:, None] - levels) + _CLOSE * size
    signs = np.sign(np.sin(count[:, None] + count + 1.0))
    mixed = np.triu(signs / np.where(distance > 0, distance, np.inf), k=1)
    return np.asarray(_MIXED * float(np.finfo(float).eps) * size * (mixed - mixed.T))
