"""Whether the stored ensemble is the one that the store says: samples differ, and are those asked for.

An analysis believes that the samples of a point are independent draws from the ensemble of its seed.
A store in which every sample occurs twice, or that another seed made, passes every comparison with
theory: means stay what they are, and only the errors are wrong.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import counted
from qtcore.store.finished import finished_blocks
from qtcore.store.header import Header, read_header
from qtcore.store.lazy import checked_array
from qtcore.store.locate import Location
from qtcore.sweep.blocks import block_sizes
from qtcore.sweep.build import is_continuous
from qtcore.sweep.invariants import DISCRETE
from qtcore.sweep.observables import LENGTH, placed
from qtcore.sweep.repeats import Repeats, are_no_chance, repeats
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stored_draws import stored_draws

MOST_POINTS = 512
"""So many points are compared, at most, spread evenly over all."""

MOST_NUMBERS = 2**25
"""So many stored numbers of a user's own function are compared, at most, but for the first point's."""

MOST_SAMPLES = 12
"""So many samples are computed once more, unless another number is asked for."""

SECONDS = 2.0
"""After so many seconds no further sample is computed once more."""

BY_CHANCE = 1e-3
"""Samples of a point are compared only if fewer than so many pairs would be equal by chance."""

FOLLOWING = ("certificate", "certificate_ij", "suspect")
"""What is stored of a sample besides its numbers: rounding changes it by more than itself."""

SAME = 1e-6
"""A sample that is computed once more may differ by this, relative to the larger of 1 and itself: what
another processor and the certificates of samples account for. Another seed changes ln g by about one
standard deviation, which for all but the weakest disorder is more."""


@dataclass
class Ensemble:
    """What was found out about the samples of a store.

    Attributes
    ----------
    compared, points : int
        Samples that were compared with the others of their point, and how many points those are.
    repeated : int
        Samples, among those, that are equal to an earlier one of their point.
    constant : list of str
        Points of a user's own function, among those, all of whose samples are equal.
    without_number : dict of list of Point
        By variable, the points at which it is NaN in every sample.
    missing : list of str
        Variables that are NaN in every sample of some points, in words.
    recomputed : int
        Samples that were computed once more.
    different : int
        Samples, among those, whose numbers are not those of the store.
    examples : list of str
        The first few that are wrong, in words.
    """

    compared: int = 0
    points: int = 0
    repeated: int = 0
    constant: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    without_number: dict[str, list[Point]] = field(default_factory=dict)
    recomputed: int = 0
    different: int = 0
    examples: list[str] = field(default_factory=list)


def examine(location: Location, *, samples: int | None = None) -> Ensemble:
    """Compare the samples of a store with each other, and some of them with new ones.

    Samples of one point are compared bit by bit over all lengths, for wires whose disorder takes any
    value (with `Binary` or `Vacancies` alone two samples may well be equal), and over all variables for
    a user's own function, where equal ones count if they are no chance.

    Parameters
    ----------
    location : str, Path or Place
        The store; somebody must have vouched for its program.
    samples : int, optional
        How many samples are computed once more, spread over all points, however long it takes; all
        that are finished, if they are fewer. If left out, a few of the cheaper half of the points,
        until some seconds have passed, and one in any case.

    Raises
    ------
    InputError
        If there is no qtcore store.
    UntrustedProgramError
        If nobody vouched for its program.
    """
    header = read_header(location)
    draws = stored_draws(header)
    ends = np.linspace(0, samples or 0, len(draws) + 1).round().astype(int)
    parts = [
        _of_draw(
            Drawn(header.place, header.attributes, first),
            sweep,
            None if samples is None else int(share),
        )
        for (sweep, first), share in zip(draws, np.diff(ends), strict=True)
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


@dataclass(frozen=True)
class Drawn(Header):
    """A store, of which the rows of one seed are looked at; `first` is the first of them."""

    first: int = 0


def _joined(parts: list[Ensemble]) -> Ensemble:
    """Return what was found of all seeds; a point counts once for each seed."""
    found = Ensemble()
    for part in parts:
        for name in ("compared", "points", "repeated", "recomputed", "different"):
            setattr(found, name, getattr(found, name) + getattr(part, name))
        found.constant += part.constant
        found.missing += [said for said in part.missing if said not in found.missing]
        found.examples += part.examples
        for name, points in part.without_number.items():
            found.without_number.setdefault(name, []).extend(points)
    return found


def _of_draw(header: Drawn, sweep: Sweep, samples: int | None) -> Ensemble:
    sizes = block_sizes(sweep, header.block)
    here = slice(header.first // header.block, header.first // header.block + sizes.shape[-1])
    finished = finished_blocks(header, sweep.grid).reshape(sweep.points, -1)[:, here]
    found = Ensemble()
    compare = _compare if sweep.is_of_wires else _compare_own
    several = np.flatnonzero((finished * sizes).sum(axis=-1) > (1 if sweep.is_of_wires else 0))
    looked_at = [sweep.point(number) for number in _spread(several, _most_points(header, sweep))]
    for point in looked_at:
        compare(found, header, sweep, point, finished[point.number])
    found.missing = [
        f"{name} is NaN in every sample at {_shared(points, looked_at)}"
        for name, points in found.without_number.items()
    ]
    if samples is None:
        _recompute(found, header, sweep, _few(sweep, header.block, finished), SECONDS)
    else:
        wanted = _spread_over_all(sweep, header.block, finished, samples)
        _recompute(found, header, sweep, wanted, math.inf)
    return found


def _compare(
    found: Ensemble, header: Drawn, sweep: Sweep, point: Point, finished: NDArray[np.bool_]
) -> None:
    """Count the samples of a point that are equal to an earlier one."""
    if not is_continuous(sweep.wire(point)):
        return
    variable = next((one for one in sweep.outputs if one.name not in DISCRETE), None)
    if variable is None:
        return
    rows = _stored(header, variable.name, point, slice(0, point.realizations))
    if variable.dims[:1] == (LENGTH,):
        rows = rows[:, slice(*point.span)]
    numbers = np.flatnonzero(np.repeat(finished, header.block)[: point.realizations])
    rows = np.ascontiguousarray(rows[numbers].reshape(len(numbers), -1))
    if not _are_distinguishable(rows[:, -1]):
        return
    found.points += 1
    found.compared += len(rows)
    again = repeats(_whole(rows))
    if len(again.again):
        _count_repeats(found, point, numbers, again)


def _most_points(header: Drawn, sweep: Sweep) -> int:
    """Return how many points are compared."""
    if sweep.is_of_wires:
        return MOST_POINTS
    of_sample = sum(
        int(np.prod([header.sizes[name] for name in variable.dims], dtype=float))
        for variable in sweep.outputs
    )
    return max(1, min(MOST_POINTS, MOST_NUMBERS // max(1, of_sample * sweep.largest_count)))


def _compare_own(
    found: Ensemble, header: Drawn, sweep: Sweep, point: Point, finished: NDArray[np.bool_]
) -> None:
    """Do the same for a point of a user's own function; note what is NaN in all of its samples."""
    numbers = np.flatnonzero(np.repeat(finished, header.block)[: point.realizations])
    parts = []
    for variable in sweep.variables:
        rows = _stored(header, variable.name, point, slice(0, point.realizations))[numbers]
        rows = rows.reshape(len(numbers), -1)
        if np.isnan(rows).all() and variable.is_at(point):
            found.without_number.setdefault(variable.name, []).append(point)
        parts.append(rows.astype(complex) + 0.0)  # of -0.0 it makes 0.0
    rows = np.concatenate(parts, axis=1)
    if len(rows) < 2 or np.isnan(rows).all():
        return
    found.points += 1
    found.compared += len(rows)
    again = repeats(_whole(rows))
    if len(again.again) == len(rows) - 1:
        found.constant.append(point.label)
        return
    there = rows[np.isfinite(rows)]
    if are_no_chance(again, len(rows), whole=bool((there == np.round(there)).all())):
        _count_repeats(found, point, numbers, again)


def _shared(points: list[Point], looked_at: list[Point]) -> str:
    """Say where some points lie: by the values that they and no others share, or by an example."""
    first = points[0]
    shared = [name for name in first.axes if len({point.values[name] for point in points}) == 1]
    alike = [p for p in looked_at if all(p.values[n] == first.values[n] for n in shared)]
    if shared and len(alike) == len(points):
        return ", ".join(f"{name} {first.values[name]:g}" for name in shared)
    if len(points) == len(looked_at):
        return "every point"
    return f"{len(points)} of {counted(len(looked_at), 'points')}, such as {first.label}"


def _whole(rows: NDArray[Any]) -> NDArray[np.void]:
    """Return each row as one value, so that all of it is compared at once and bit by bit."""
    rows = np.ascontiguousarray(rows)
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def _count_repeats(
    found: Ensemble, point: Point, numbers: NDArray[np.intp], again: Repeats
) -> None:
    found.repeated += len(again.again)
    found.examples.append(
        f"at {point.label}, samples that are equal to an earlier one: {len(again.again)} of "
        f"{len(numbers)}, such as realizations {numbers[again.first[0]]} and {numbers[again.again[0]]}"
    )


def _stored(header: Drawn, name: str, point: Point, rows: slice) -> NDArray[Any]:
    """Return some realizations of a point as the store holds them, (realization, *dims)."""
    here = slice(header.first + rows.start, header.first + rows.stop)
    return np.asarray(checked_array(header.place, name)[(*point.index, here)])


def _are_distinguishable(values: NDArray[np.float64]) -> bool:
    """Whether independent samples would hardly ever be equal by chance.

    Numbers that spread over a width s, with a resolution u, take s/u values: R samples have about
    R²/2 · u/s equal pairs. Weak disorder leaves g within rounding of the number of channels.
    """
    finite = values[np.isfinite(values)]
    if len(finite) < 2:
        return False
    # ln g near 0 comes from a g near 1, which is known to its own rounding.
    resolution = 16 * np.spacing(max(1.0, np.abs(finite).max()))
    spread = float(np.ptp(finite))
    return spread > 0 and len(finite) ** 2 / 2 * resolution / spread < BY_CHANCE


def _recompute(
    found: Ensemble,
    header: Drawn,
    sweep: Sweep,
    samples: Iterator[tuple[Point, int]],
    seconds: float,
) -> None:
    """Compute some samples once more and compare them with those of the store."""
    begin = time.perf_counter()
    for point, number in samples:
        if found.recomputed and time.perf_counter() - begin > seconds:
            return
        new = sweep.solve(point, range(number, number + 1))
        found.recomputed += 1
        wrong = [
            variable.name
            for variable in sweep.outputs
            if variable.name not in FOLLOWING
            and not _agree(
                _stored(header, variable.name, point, slice(number, number + 1)),
                placed(variable, new[variable.name], header.sizes, point.span),
            )
        ]
        if wrong:
            found.different += 1
            found.examples.append(
                f"at {point.label}, {', '.join(wrong)} of realization {number} is not what seed "
                f"{sweep.seed} gives"
            )


def _agree(old: NDArray[Any], new: NDArray[Any]) -> bool:
    """Whether two arrays are equal within what another processor may change."""
    old, new = old.astype(complex), new.astype(complex)
    there = np.isfinite(old)
    if not np.array_equal(there, np.isfinite(new)):
        return False
    allowed = SAME * np.maximum(1.0, np.abs(new[there]))
    return bool((np.abs(old[there] - new[there]) <= allowed).all())


def _few(sweep: Sweep, block: int, finished: NDArray[np.bool_]) -> Iterator[tuple[Point, int]]:
    """Yield (point, realization) of the cheaper half of the points, always the same ones for a sweep."""
    lengths = [sweep.lengths[hi - 1] for _, hi in sweep.spans] if sweep.spans else None
    weight = np.zeros(sweep.points) if lengths is None else np.asarray(lengths, dtype=float)
    if "width" in sweep.names:
        weight = np.maximum(weight, 1) * [sweep.point(n).width ** 2 for n in range(sweep.points)]
    there = np.flatnonzero(finished.any(axis=-1))
    cheap = there[np.argsort(weight[there], kind="stable")][: max(1, -(-len(there) // 2))]
    draw = _generator(sweep)
    for n in _spread(cheap, MOST_SAMPLES):
        point = sweep.point(n)
        number = int(draw.choice(np.flatnonzero(finished[n]))) * block + int(draw.integers(block))
        yield point, min(number, point.realizations - 1)


def _spread_over_all(
    sweep: Sweep, block: int, finished: NDArray[np.bool_], count: int
) -> Iterator[tuple[Point, int]]:
    """Yield `count` different (point, realization), as many of each point, or all that there are."""
    held = (block_sizes(sweep, block) * finished).sum(axis=-1)
    shares = _shares(held, count)
    draw = _generator(sweep)
    for n in np.flatnonzero(shares):
        point = sweep.point(int(n))
        numbers = np.flatnonzero(np.repeat(finished[n], block)[: point.realizations])
        chosen = draw.choice(numbers, size=shares[n], replace=False)
        yield from ((point, int(number)) for number in np.sort(chosen))


def _shares(held: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return how many of each point are taken: equally many, as far as it has them."""
    shares = np.zeros_like(held)
    while count > 0 and (shares < held).any():
        open_points = np.flatnonzero(shares < held)
        if count < len(open_points):  # the last few, spread evenly
            shares[_spread(open_points, count)] += 1
            break
        equal = count // len(open_points)
        taken = np.minimum(equal, held[open_points] - shares[open_points])
        shares[open_points] += taken
        count -= int(taken.sum())
    return shares


def _generator(sweep: Sweep) -> np.random.Generator:
    return np.random.default_rng(int(sweep.hash[:16], 16))


def _spread(numbers: NDArray[np.intp], count: int) -> list[int]:
    """Return at most `count` of some numbers, evenly spread."""
    if len(numbers) <= count:
        return [int(n) for n in numbers]
    return [int(numbers[i]) for i in np.linspace(0, len(numbers) - 1, count).round().astype(int)]
