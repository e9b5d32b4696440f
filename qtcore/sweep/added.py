"""Values that are added to a stored sweep: their windows of the lengths and their realizations."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.sweep.axes import Axis
from qtcore.sweep.extension import scalar_if_uniform
from qtcore.sweep.lengths import window
from qtcore.sweep.preset import Constant, Preset
from qtcore.sweep.spec import Point, Sweep

log = logging.getLogger(__name__)


def preset_of(sweep: Sweep, realizations: int) -> Preset:
    """Return a preset with the axes and constants of a stored sweep.

    Lengths are those of the sweep where all points have them, and else the definition's to choose.

    Raises
    ------
    InputError
        If a name of an older store is one that a preset refuses.
    """
    axes = {axis.name: axis for axis in sweep.axes}
    named: dict[str, Any] = axes | {n: Constant(value) for n, value in sweep.constants.items()}
    lengths = sweep.lengths if sweep.spans is None else ()
    return Preset(lengths=lengths, realizations=realizations, **named)


def all_values(axis: Axis, given: Any) -> tuple[Any, ...]:
    """Return the values of an axis with those that are added behind them, each once.

    Cases may be added by their parameters, as `Axis.with_values` takes them.
    """
    others = [one for one in given if isinstance(one, dict) or one not in axis.values]
    plain = dict.fromkeys(one for one in others if not isinstance(one, dict))
    return (*axis.values, *plain, *(one for one in others if isinstance(one, dict)))


def grown(stored: Sweep, asked: Sweep, *, more: bool) -> Sweep:
    """Return what is asked for with the lengths of the store, and its counts unless more are wanted.

    Parameters
    ----------
    stored : Sweep
        As the store has it.
    asked : Sweep
        With more values on its axes, behind those of the store.
    more : bool
        Whether stored points shall have the realizations that are asked for; else they keep theirs.

    Raises
    ------
    InputError
        If a new point needs lengths that the store has not.
    """
    here = tuple(slice(0, n) for n in stored.grid)
    is_old = np.zeros(asked.grid, dtype=bool)
    is_old[here] = True
    fields: dict[str, Any] = {}
    if stored.spans is not None:
        fields["spans"] = _windows(stored, asked, is_old.ravel(), here)
        fields["lengths"] = stored.lengths
    if not more:
        counts = asked.counts.reshape(asked.grid).copy()
        counts[here] = stored.counts.reshape(stored.grid)
        fields["realizations"] = scalar_if_uniform(counts.ravel())
    return asked.changed(**fields) if fields else asked


def _windows(
    stored: Sweep, asked: Sweep, is_old: NDArray[np.bool_], here: tuple[slice, ...]
) -> tuple[tuple[int, int], ...]:
    """Return windows of the stored lengths: those of the store, and for new points the nearest ones."""
    spans = np.zeros((*asked.grid, 2), dtype=np.int64)
    spans[here] = np.array(stored.spans).reshape((*stored.grid, 2))
    spans = spans.reshape((asked.points, 2))
    lengths = stored.lengths
    late = []
    for number in np.flatnonzero(~is_old):
        point = asked.point(int(number))
        if not point.realizations:
            spans[number] = 0, len(lengths)
            continue
        first, last = point.lengths[0], point.lengths[-1]
        # The lengths that a definition chooses now lie on another grid, so that one step does not count.
        before, behind = (lengths[1], lengths[-2]) if len(lengths) > 1 else (lengths * 2)
        if last * behind > lengths[-1] ** 2:
            raise InputError(
                f"at {point.label} the definition asks for lengths up to {last:,} slices, and those of the "
                f"store end at {lengths[-1]:,}. Lengths cannot be added, because one pass along a wire "
                "makes all of them: run the new values into a store of their own, --store NEW.zarr"
            )
        if first * before < lengths[0] ** 2:
            late.append((first, point))
        spans[number] = window(lengths, first, last)
    _warn_of_short_lengths(late, lengths[0])
    return tuple((int(lo), int(hi)) for lo, hi in spans)


def _warn_of_short_lengths(late: list[tuple[int, Point]], shortest: int) -> None:
    if late:
        first, point = min(late, key=lambda one: one[0])
        log.warning(
            "at %s, such as %s, the definition asks for lengths from %s slices on, and those of the "
            "store begin at %s: what needs shorter wires is missing there",
            counted(len(late), "new points"),
            point.label,
            first,
            shortest,
        )


def count_of(
    stored: Sweep, chosen: Callable[[Point, int], int] | None, usual: Iterable[int]
) -> int:
    """Return the realizations per point that a stored sweep was made with, for its new points.

    Parameters
    ----------
    stored : Sweep
        As the store has it.
    chosen : function(point, count) -> int, optional
        By which the definition gives points other numbers.
    usual : iterable of int
        Numbers that may have been asked for, such as that of the preset.

    Raises
    ------
    InputError
        If the numbers in the store do not tell.
    """
    if isinstance(stored.realizations, int):
        return stored.realizations
    counts = stored.counts
    several = counts > 1  # where nothing is random there is one, whatever was asked for
    if chosen is None:
        if len({*counts[several].tolist()}) < 2:
            return stored.largest_count
    else:
        points = [stored.point(int(number)) for number in np.flatnonzero(several)]
        for count in dict.fromkeys((*usual, *sorted({*counts.tolist()}, reverse=True))):
            if count and all(chosen(point, count) == point.realizations for point in points):
                return int(count)
    least = int(counts[several].min()) if several.any() else 1
    raise InputError(
        f"points of this store have from {least:,} to {stored.largest_count:,} realizations, which do "
        "not tell how many new points shall have: give their number, --realizations N"
    )
