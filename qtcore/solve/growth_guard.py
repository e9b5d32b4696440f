"""Slices that stretch solutions more than those before: vacancies, walls, the foot of a barrier.

How fast columns grow is measured, and sets how many slices they go until the next look. That says
nothing of a slice which is higher than those that it was measured on: a solution can grow by up to
1 + |E - eps| there, by 2^20 at a vacancy. So heights are watched on the way, and columns looked at
before such slices take them too far apart.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np
from numpy.typing import NDArray

from qtcore.solve.kernel import inner

KNOWN, SUM, GATHERED, TERRAIN = range(4)
"""Places in the terrain of a group: mean height of the slices that the growth was measured on, sum
of the heights since the last look, those of slices among them that were higher; TERRAIN is their
number."""

_SCATTER = 0.35
"""By how much heights of ordinary disorder exceed their mean (a factor 1.4 of 1 + |E - eps|)."""


def heights(onsite: NDArray[np.float64], layers: int = 1) -> NDArray[np.float64]:
    """Return ln (1 + |E - eps|), at its largest, of each slice of (slice, site, lane) values.

    Where a solution passes several `layers` of a slice, sites whose values are factors one behind the
    other, it is as many times that.
    """
    highest = np.maximum(onsite.max(axis=(1, 2)), -onsite.min(axis=(1, 2)))
    return np.asarray(layers * np.log1p(highest))


@inner
def safe_until(high, n, stop, looked, interval, limit, terrain):
    """Return up to which slice, at most `stop`, columns can go from slice `n` before a look.

    `high` holds the heights from slice `n` on; the last look was at slice `looked`, since when the
    columns gather `limit` (logarithm of their growth) in `interval` slices, unless there is more.
    """
    for s in range(n, stop):
        height = high[s - n]
        added = terrain[GATHERED]
        if height > terrain[KNOWN] + _SCATTER:
            added += height
        if s > looked and added > 0.0 and added + limit * (s - looked) / interval > limit:
            return s
        terrain[GATHERED] = added
        terrain[SUM] += height
    return stop


@inner
def looked_back(terrain, slices, measured):
    """Start anew behind a look, at which the growth over `slices` slices was `measured`, or not."""
    if measured:
        terrain[KNOWN] = terrain[SUM] / slices
    terrain[SUM], terrain[GATHERED] = 0.0, 0.0
