"""Whether two runs say the same: bit by bit, or as two samples of one law, point by point."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.differences import Difference, differences
from qtcore.answers.meeting import Meeting, Point, meeting
from qtcore.answers.results_beside import ResultComparison, results_beside
from qtcore.errors import InputError, brief
from qtcore.estimate.exchange import ROUNDING, Deviation, Exchange
from qtcore.estimate.moments import FEWEST_REALIZATIONS
from qtcore.store.header import read_header
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset

LEVEL = 0.01
"""How often two runs that follow one law are called different, over all that is compared."""

METHOD = (
    "Labels of whole realizations are exchanged, together at all points and lengths, and the largest "
    "deviation of all decides (Westfall and Young): each p-value is corrected for everything that is "
    "compared, and correlated lengths and points need no model."
)


@dataclass(frozen=True)
class PointComparison:
    """One point of both runs.

    Attributes
    ----------
    values : dict
        Values of the axes.
    realizations : (int, int)
        Finished realizations in the first and in the second run.
    samples, equal : int
        Numbers of realizations with the same seed and number that both runs have, and how many of them
        have the same bits.
    farthest : float
        The largest difference of such numbers, relative to the larger of 1 and the number.
    variable : str
        Where the deviation is largest; "" if nothing could be compared.
    place : dict
        Labels of that number, such as its length.
    deviation : Deviation or None
        The largest one in units of its standard error; None if there are too few realizations.
    probability : float
        How often chance makes the largest deviation of all points as large; NaN without one.
    reason : str
        Why the point differs without any chance, or why it was not compared; else "".
    differs : bool
        Whether the point differs.
    """

    values: dict[str, float]
    realizations: tuple[int, int]
    samples: int
    equal: int
    farthest: float
    variable: str
    place: dict[str, Any]
    deviation: Deviation | None
    probability: float
    reason: str
    differs: bool


@dataclass(frozen=True)
class Comparison:
    """What a comparison of two runs has found.

    Attributes
    ----------
    first, second : str
        The stores.
    differences : tuple of Difference
        Fields of the sweeps, functions and provenance that are not the same.
    left_out : tuple of str
        What only one of the runs has.
    paired : bool
        Whether realizations of the same seed and number were compared with each other.
    points : tuple of PointComparison
        Each common point.
    results : tuple of ResultComparison
        Results that differ; `results_compared` counts all that were compared.
    results_compared : int
        How many.
    level : float
        How often runs of one law are called different.
    critical : float
        The deviation, in standard errors, from which on a point differs; NaN if all bits are the same.
    same_bits : bool
        Whether every number that both runs have, and every finished realization, is bitwise the same.
    """

    first: str
    second: str
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]
    paired: bool
    points: tuple[PointComparison, ...]
    results: tuple[ResultComparison, ...]
    results_compared: int
    level: float
    critical: float
    same_bits: bool

    @property
    def compared(self) -> int:
        """How many points were compared."""
        return sum(point.deviation is not None or point.samples > 0 for point in self.points)

    @property
    def differing(self) -> tuple[PointComparison, ...]:
        """The points that differ, the farthest first."""
        found = [point for point in self.points if point.differs]
        return tuple(sorted(found, key=lambda point: (point.probability, -_size(point))))

    @property
    def same(self) -> bool:
        """Whether nothing that both runs have differs by more than chance."""
        return not (self.differing or self.results)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        held = [point for point in self.points if point.samples]
        if self.same and held and all(point.equal == point.samples for point in held):
            return "The numbers are the same, bit by bit, wherever both runs have them."
        if self.same and self.paired and all(p.farthest <= ROUNDING for p in self.points):
            return "The numbers are the same but for rounding errors, wherever both runs have them."
        if self.same:
            return "The runs are statistically the same, wherever both have numbers."
        return "The runs differ by more than chance."


def compare(first: Location, second: Location, *, level: float = LEVEL) -> Comparison:
    """Compare two runs where they meet; nothing that the stores hold is executed.

    Realizations of the same seed and number are compared with each other, others as samples of one law.

    Parameters
    ----------
    first, second : str or Path
        The stores.
    level : float
        How often two runs that follow one law may be called different. Half of it is for the samples, half
        for the results beside the stores.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If there is no such store, or the runs have no point, variable or finished realizations in common.
    """
    if not 0.002 <= level < 1:
        raise InputError(f"level is a probability from 0.002 to 1, got {brief(level)}")
    places = [place_of(first), place_of(second)]
    headers = [read_header(place) for place in places]
    found = differences(*headers)
    met = meeting(*(open_dataset(place) for place in places))
    points, critical = _points(met, level / 2)
    if not any(point.deviation is not None or point.samples for point in points):
        raise InputError(
            f"{places[0]} and {places[1]} have no point at which both hold {FEWEST_REALIZATIONS} "
            "finished realizations at a common length, or the same realization; nothing can be compared"
            + (f". Only one of them has: {'; '.join(met.left_out)}" if met.left_out else "")
        )
    counted, results = results_beside(places[0], places[1], level / 2)
    return Comparison(
        str(places[0]),
        str(places[1]),
        tuple(found),
        met.left_out,
        bool(met.pairs.size),
        tuple(points),
        tuple(results),
        counted,
        level,
        critical,
        all(
            point.samples
            and point.equal == point.samples
            and point.realizations[0] == point.realizations[1]
            for point in points
            if any(point.realizations)
        ),
    )


def _points(met: Meeting, level: float) -> tuple[list[PointComparison], float]:
    """Compare point by point; return also the deviation from which on one differs."""
    rows = (
        met.pairs
        if met.pairs.size
        else tuple(np.arange(run.sizes["realization"]) for run in (met.first, met.second))
    )
    sizes = [len(of) for of in rows]
    exchange = None
    if min(sizes) >= FEWEST_REALIZATIONS:
        exchange = Exchange(*sizes, paired=bool(met.pairs.size))
    looked = [_look(met, point, rows, exchange) for point in met.points()]
    critical = exchange.critical(level) if exchange is not None else math.nan
    found = []
    for point in looked:
        chance = math.nan
        if point.deviation is not None and exchange is not None:
            chance = exchange.probability(point.deviation.size)
        differs = point.differs or chance <= level
        found.append(PointComparison(**{**vars(point), "probability": chance, "differs": differs}))
    return found, critical


def _look(met: Meeting, point: Point, rows: Any, exchange: Exchange | None) -> PointComparison:
    """Compare one point; probabilities are known when all points have been looked at."""
    samples = equal = 0
    farthest, best = 0.0, None
    where: tuple[str, dict[str, Any]] = ("", {})
    held = [0, 0]
    for name in met.variables:
        both = met.samples(point, name)
        columns = [_columns(array.to_numpy()) for array in both]
        held = [
            max(h, int((~np.isnan(c)).any(axis=1).sum()))
            for h, c in zip(held, columns, strict=True)
        ]
        one, other = (of[taken] for of, taken in zip(columns, rows, strict=True))
        if met.pairs.size:
            there = ~(np.isnan(one) | np.isnan(other))
            same = (one == other) & there
            samples, equal = samples + int(there.sum()), equal + int(same.sum())
            farthest = max(farthest, _farthest(one[there], other[there]))
            if same.sum() == there.sum():
                continue
        if exchange is None:
            continue
        deviation = exchange.add(one, other)
        if deviation is not None and (best is None or deviation.size > best.size):
            best, where = deviation, (name, _labels(both[0], deviation.entry))
    reason = ""
    if best is None and samples == 0:
        reason = f"fewer than {FEWEST_REALIZATIONS} realizations of each run are finished"
    few = best is None and farthest > ROUNDING
    if few:
        reason = "numbers of the same realizations differ"
    return PointComparison(
        dict(point),
        (held[0], held[1]),
        samples,
        equal,
        farthest,
        *where,
        best,
        math.nan,
        reason,
        few,
    )


def _columns(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return samples as (realization, entry); complex numbers as two entries."""
    flat = samples.reshape(len(samples), -1)
    if np.iscomplexobj(flat):
        flat = np.concatenate([flat.real, flat.imag], axis=1)
    return flat.astype(np.float64)


def _farthest(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest difference relative to the larger of 1 and the number; infinite ones count."""
    apart = one != other
    if not apart.any():
        return 0.0
    one, other = one[apart], other[apart]
    if not (np.isfinite(one) & np.isfinite(other)).all():
        return math.inf
    return float((np.abs(one - other) / np.maximum(1.0, np.abs(other))).max())


def _labels(samples: xr.DataArray, entry: int) -> dict[str, Any]:
    """Return the labels of an entry of `_columns`, by dimension."""
    shape = samples.shape[1:]
    places = np.unravel_index(entry % max(1, math.prod(shape)), shape) if shape else ()
    dims = [str(dim) for dim in samples.dims[1:]]
    return {
        dim: samples[dim].to_numpy()[place].item() if dim in samples.coords else int(place)
        for dim, place in zip(dims, places, strict=True)
    }


def _size(point: PointComparison) -> float:
    return math.inf if point.deviation is None else point.deviation.size
