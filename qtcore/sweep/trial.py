"""What a program gives at a point, in little: one realization, or some numbers of a wire.

A process that does nothing else imports this module, so it imports little itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qtcore.sweep.point import Point

if TYPE_CHECKING:  # slow to import; who has a wire has imported it
    from qtcore.model.wire import Wire

SLICES = 4
"""So many slices are compared at both ends and in the middle of a wire."""


class Raised(NamedTuple):
    """A function that raised instead of giving something."""

    error: BaseException


def attempt(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function returns, or what it raises as `Raised`."""
    try:
        return function(*given)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what fails in both is met in the run
        return Raised(error)


def given(program: Mapping[str, Any], point: Point) -> Any:
    """Return the wire that a loaded program makes, or the numbers of one realization."""
    if program["wire"] is not None:
        return attempt(program["wire"], point)
    count = min(2, point.realizations)
    return attempt(program["solve"], shortened(point), range(count - 1, count))


def shortened(point: Point) -> Point:
    """Return the point with its shortest length alone."""
    if len(point.lengths) < 2:
        return point
    lo, _ = point.span
    return replace(point, span=(lo, lo + 1), lengths=point.lengths[:1])


def sampled(wire: "Wire", point: Point) -> dict[str, Any]:
    """Return numbers that a wire consists of: clean slices, and some of one realization."""
    last = point.lengths[-1]
    slices = min(SLICES, last)
    one = np.zeros(1, dtype=np.uint64)
    found: dict[str, Any] = {"clean slices": vars(wire.slices())}
    for first in sorted({0, (last - slices) // 2, last - slices}):
        where = f"from slice {first} on"
        found[f"on-site values {where}"] = wire.potential_of(one, first, slices, point.seed)
        if wire.random_hopping:
            found[f"hopping {where}"] = wire.hopping_of(one, first, slices, point.seed)
    return found
