"""What a program gives at a point, in little: one realization, or some numbers of a wire.

A process that does nothing else imports this module, so it imports little itself.
"""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qtcore.sweep.point import Point

if TYPE_CHECKING:  # slow to import; who has a wire has imported it
    from qtcore.model.terminals import Bar
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


def attempt_numbers(solve: Callable[..., Any], point: Point, realizations: range) -> Any:
    """Return what a `solve` gives, as arrays and lists that belong to nobody else, or `Raised`.

    The function may return a view of an array of its own, which its next call fills anew.
    """
    found = attempt(solve, point, realizations)
    return attempt(_own_copy, found) if isinstance(found, Mapping) else found


def _own_copy(found: Any) -> Any:
    """Return a copy of arrays, also in mappings and lists; anything else as it came."""
    if isinstance(found, Mapping):
        return {name: _own_copy(value) for name, value in found.items()}
    if type(found) in (list, tuple):
        return type(found)(map(_own_copy, found))
    if hasattr(found, "dims") and hasattr(found, "copy"):  # its dimensions have names
        return found.copy(deep=True)
    if hasattr(found, "__array__") or isinstance(found, memoryview | array):
        return np.array(found, copy=True, subok=True)
    return found


def given(program: Mapping[str, Any], point: Point) -> Any:
    """Return the wire that a loaded program makes, or the numbers of one realization."""
    if program["wire"] is not None:
        return attempt(program["wire"], point)
    count = min(2, point.realizations)
    return attempt_numbers(program["solve"], shortened(point), range(count - 1, count))


def shortened(point: Point) -> Point:
    """Return the point with its shortest length alone."""
    if len(point.lengths) < 2:
        return point
    lo, _ = point.span
    return replace(point, span=(lo, lo + 1), lengths=point.lengths[:1])


def sampled(device: "Wire | Bar", point: Point) -> dict[str, Any]:
    """Return numbers that a wire, or the sample of a bar, consists of.

    They are its clean slices, and some of one realization.
    """
    wire: Wire = device.wire if hasattr(device, "wire") else device
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
