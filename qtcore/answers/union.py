"""Several sweeps as one: axes with all values, all lengths, and what each seed gives at each point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.store.draws import Draw
from qtcore.sweep.axes import Axis
from qtcore.sweep.extension import scalar_if_uniform
from qtcore.sweep.spec import Sweep


@dataclass(frozen=True)
class Union:
    """Several sweeps with the same fields, as one.

    Attributes
    ----------
    sweep : Sweep
        All points, lengths and realizations; its seed is that of the first sweep.
    parts : tuple of Sweep
        The sweeps.
    seeds : tuple of int
        All seeds, in the order in which they come.
    draw_of : tuple of int
        For each part the place of its seed.
    places : tuple
        For each part and axis, the places of its values on the axis of the union.
    lengths : tuple of int array
        For each part, the places of its lengths among those of the union.
    counts : (seed, *grid) int array
        Realizations.
    """

    sweep: Sweep
    parts: tuple[Sweep, ...]
    seeds: tuple[int, ...]
    draw_of: tuple[int, ...]
    places: tuple[tuple[NDArray[np.intp], ...], ...]
    lengths: tuple[NDArray[np.intp], ...]
    counts: NDArray[np.int64]

    def index(self, part: int, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index of a point of a part on the axes of the union."""
        return tuple(int(of[i]) for of, i in zip(self.places[part], index, strict=True))

    def draws(self, rows: Sequence[int]) -> list[Draw]:
        """Return what each seed gives, from some rows on."""
        return [
            Draw(seed, rows[number], scalar_if_uniform(self.counts[number].ravel()))
            for number, seed in enumerate(self.seeds)
        ]


def union_of(parts: Sequence[Sweep]) -> Union:
    """Return sweeps with the same fields as one.

    Raises
    ------
    InputError
        If the lengths of a point would not stand side by side among all lengths, or differ between two
        sweeps that both have the point.
    """
    axes: list[Axis] = list(parts[0].axes)
    for part in parts[1:]:
        axes = [one.joined(other) for one, other in zip(axes, part.axes, strict=True)]
    grid = tuple(len(axis.values) for axis in axes)
    places = tuple(
        tuple(
            np.array([axis.values.index(value) for value in own.values], dtype=np.intp)
            for axis, own in zip(axes, part.axes, strict=True)
        )
        for part in parts
    )
    seeds = tuple(dict.fromkeys(part.seed for part in parts))
    draw_of = tuple(seeds.index(part.seed) for part in parts)
    counts = np.zeros((len(seeds), *grid), dtype=np.int64)
    for part, of, here in zip(parts, draw_of, places, strict=True):
        counts[of][np.ix_(*here)] += part.counts.reshape(part.grid)
    lengths = tuple(sorted({length for part in parts for length in part.lengths}))
    known = {length: place for place, length in enumerate(lengths)}
    moved = tuple(np.array([known[n] for n in part.lengths], dtype=np.intp) for part in parts)
    spans = _spans(parts, grid, places, moved) if lengths else None
    total = counts.sum(axis=0).ravel()
    sweep = parts[0].changed(
        axes=tuple(axes),
        lengths=lengths,
        spans=spans,
        realizations=scalar_if_uniform(total),
    )
    return Union(sweep, tuple(parts), seeds, draw_of, places, moved, counts)


def _spans(
    parts: Sequence[Sweep],
    grid: tuple[int, ...],
    places: Sequence[tuple[NDArray[np.intp], ...]],
    moved: Sequence[NDArray[np.intp]],
) -> tuple[tuple[int, int], ...] | None:
    """Return the window of each point; None if every sweep has all lengths everywhere."""
    if all(part.spans is None and part.lengths == parts[0].lengths for part in parts):
        return None
    windows: dict[tuple[int, ...], tuple[int, int]] = {}
    for part, here, lengths in zip(parts, places, moved, strict=True):
        for point in part.all_points():
            own = lengths[slice(*point.span)]
            window = int(own[0]), int(own[-1]) + 1
            index = tuple(int(of[i]) for of, i in zip(here, point.index, strict=True))
            if window[1] - window[0] != len(own) or windows.setdefault(index, window) != window:
                raise InputError(
                    f"the sweeps have other lengths: at {point.label} one has {len(own)} from "
                    f"{point.lengths[0]} to {point.lengths[-1]}, and another one has others between. "
                    "Lengths cannot be added to samples, because one pass along a wire makes all of them: "
                    "give both runs the same lengths"
                )
    return tuple(windows.get(index, (0, 1)) for index in np.ndindex(grid))


def refuse_duplicates(union: Union, names: Sequence[str]) -> None:
    """Raise InputError if two sweeps have the same realizations of the same point and seed.

    Parameters
    ----------
    union : Union
        The sweeps.
    names : sequence of str
        What to call each of them.
    """
    for number, part in enumerate(union.parts):
        earlier = [n for n in range(number) if union.parts[n].seed == part.seed]
        for other in earlier:
            before = np.zeros(union.sweep.grid, dtype=np.int64)
            before[np.ix_(*union.places[other])] = union.parts[other].counts.reshape(
                union.parts[other].grid
            )
            mine = np.zeros_like(before)
            mine[np.ix_(*union.places[number])] = part.counts.reshape(part.grid)
            twice = np.minimum(before, mine)
            if twice.any():
                first = union.sweep.point(int(np.flatnonzero(twice.ravel())[0]))
                many = counted(int((twice > 0).sum()), "points")
                raise InputError(
                    f"{names[other]} and {names[number]} hold the same realizations of seed {part.seed} at "
                    f"{many}, such as 0 to {int(twice.ravel()[first.number]) - 1} of "
                    f"{first.label or 'the only point'}. They would count twice: merge runs with other seeds, "
                    "or with other points"
                )
