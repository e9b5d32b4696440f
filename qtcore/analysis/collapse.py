"""Data collapse: how far <ln g> of all points falls on one curve of L / xi."""

from collections.abc import Sequence

import numpy as np

from qtcore.analysis.statistics import Array

COLLAPSE_FROM = 4.0
"""Shortest length of the comparison, over xi: shorter wires differ by their contacts and N."""

_GRID = 32


def collapse_spread(curves: Sequence[tuple[Array, Array]]) -> float:
    """Return the spread of <ln g> at equal L / xi, relative to |<ln g>|.

    The curves are interpolated to common values of L / xi, from 4 to where the first one ends;
    at each the standard deviation across curves is divided by their mean; the root mean square
    over the values is returned. Perfect collapse is 0. In quasi-one dimension the offset of
    <ln g> = offset - 2 L / xi depends on N and beta (0 to 1.6), so that a few per cent remain.

    Parameters
    ----------
    curves : sequence of (L / xi, <ln g>)
        Two arrays over length for each point of the sweep, increasing in L / xi.

    Returns
    -------
    float
        NaN if fewer than two curves reach beyond 4 xi.
    """
    long = [(x, y) for x, y in curves if len(x) > 1 and x[-1] > COLLAPSE_FROM]
    if len(long) < 2:
        return float("nan")
    grid = np.linspace(COLLAPSE_FROM, min(float(x[-1]) for x, _ in long), _GRID)
    table = np.array([np.interp(grid, x, y) for x, y in long])
    relative = table.std(axis=0, ddof=1) / np.abs(table.mean(axis=0))
    return float(np.sqrt((relative**2).mean()))
