"""Which points of a sweep a rehearsal tries, and in which order."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from qtcore.sweep.program import load_program
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stand_in import StandIn
from qtcore.sweep.survey import probes, survey
from qtcore.sweep.trial import attempt

MOST_LOOKED_AT = 5000
"""So many points of a large sweep are looked at to find those that cost least."""


def cheapest_first(sweep: Sweep, worker: StandIn) -> Iterator[Point]:
    """Yield one point of each kind, those first that cost least, then the others."""
    kinds = survey(sweep).kinds if sweep.is_of_wires else probes(sweep).tolist()
    computed = [int(n) for n in np.flatnonzero(sweep.counts)]

    cost = worker.call(load_program, sweep.program).get("cost")

    def size(number: int) -> float:
        point = sweep.point(number)
        said = None if cost is None else worker.call(attempt, cost, point)
        if isinstance(said, int | float):
            return float(said)
        return point.lengths[0] if point.lengths else 0.0

    first: dict[Any, int] = {}
    for number in computed:
        first.setdefault(kinds[number], number)
    looked_at = sorted({*first.values(), *computed[:: 1 + len(computed) // MOST_LOOKED_AT]})
    sizes = {number: size(number) for number in looked_at}
    for number in looked_at:
        if sizes[number] < sizes[first[kinds[number]]]:
            first[kinds[number]] = number
    of_each = sorted(first.values(), key=sizes.__getitem__)
    others = [number for number in looked_at if number not in first.values()]
    # Making further wires costs nothing; solving further points does.
    numbers = [*of_each, *others] if sweep.is_of_wires else of_each
    yield from (sweep.point(number) for number in numbers)


def along_axes(sweep: Sweep, tried: Sequence[Point]) -> Iterator[Point]:
    """Yield the points along each axis through the one that costs least, but for those that were tried."""
    seen = {point.number for point in tried}
    for axis, size in enumerate(sweep.grid):
        for place in range(size):
            index = [*tried[0].index]
            index[axis] = place
            number = int(np.ravel_multi_index(index, sweep.grid))
            if number not in seen and sweep.counts[number]:
                seen.add(number)
                yield sweep.point(number)
