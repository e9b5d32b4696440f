"""Whether two ensembles follow one law: whole realizations are exchanged between them.

If both ensembles follow one law, it makes no difference which realization belongs to which of them.
So the labels of whole realizations are drawn anew, and everything is compared again. All lengths of
a realization, and all points that share its disorder, keep together. Their correlations therefore
need no model. Of each comparison only the largest deviation counts, over everything that is compared
(the largest statistic of Westfall and Young, Resampling-Based Multiple Testing, Wiley 1993). The
probability of an entry is how often the largest deviation of all would be as large by chance. It is
thereby corrected for the number of entries, and more exactly than by the rules of Bonferroni and Holm,
which lose power where entries are correlated. The rule of Benjamini and Hochberg would bound the
share of false ones among the differences that are found, while one false difference must be rare here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array
from qtcore.estimate.moments import FEWEST_REALIZATIONS

DRAWS = 999
"""Exchanges that are drawn: probabilities are multiples of 1/1000."""

MOST_GROUPS = 2048
"""Of an ensemble: more realizations than this are exchanged in groups of neighbours."""

ROUNDING = 1e-6
"""A difference of means by this, relative to the larger of 1 and the number, is none: what another
processor and the certificates of samples account for."""

KINDS = ("mean", "spread", "numbers")
"""What is compared: the mean, the mean square about the common mean, and how many samples have a
finite number."""


@dataclass(frozen=True)
class Deviation:
    """The largest deviation among entries that were compared together.

    Attributes
    ----------
    size : float
        The difference of two ensembles over its standard error.
    kind : str
        What differs most: "mean", "spread" or "numbers".
    entry : int
        In which entry.
    first, second : float
        The numbers that differ: means, mean squares about the common mean, or shares of samples.
    error : float
        Standard error of their difference.
    """

    size: float
    kind: str
    entry: int
    first: float
    second: float
    error: float


class Exchange:
    """Compares two ensembles entry by entry, with one correction for all entries.

    Parameters
    ----------
    first, second : int
        Realizations of the two ensembles.
    paired : bool
        Whether realization r of one has the disorder of realization r of the other. The two of a pair
        are exchanged then.
    draws : int
        Exchanges.
    seed : int
        Of their random numbers.

    Raises
    ------
    InputError
        If there are too few realizations.
    """

    def __init__(
        self, first: int, second: int, *, paired: bool = False, draws: int = DRAWS, seed: int = 0
    ) -> None:
        if min(first, second) < FEWEST_REALIZATIONS:
            raise InputError(
                f"a comparison needs at least {FEWEST_REALIZATIONS} realizations of each ensemble, got "
                f"{first} and {second}"
            )
        if paired and first != second:
            raise InputError(f"pairs need as many realizations of each, got {first} and {second}")
        self.paired, self._sizes = paired, (first, second)
        # One size of group for both: groups of another size are no equals.
        self._per_group = -(-max(first, second) // MOST_GROUPS)
        groups = [-(-n // self._per_group) for n in self._sizes]
        generator = np.random.default_rng(seed)
        if paired:
            labels = generator.integers(0, 2, (draws, groups[0])) * 2.0 - 1.0
            labels = np.concatenate([np.ones((1, groups[0])), labels])
        else:
            own = np.repeat([1.0, 0.0], groups)
            labels = np.stack([own, *(generator.permutation(own) for _ in range(draws))])
        self._labels = labels
        self._largest = np.zeros(draws)

    def add(self, first: Array, second: Array) -> Deviation | None:
        """Compare some entries, and remember the largest deviation of each exchange.

        Parameters
        ----------
        first, second : (realization, entry) float arrays
            Samples of the two ensembles: NaN where nothing was computed, infinite where there is no
            finite number. An entry that one of them lacks is left out.

        Returns
        -------
        Deviation or None
            The largest one; None if nothing can be compared, because an ensemble has fewer than eight
            samples of each entry.
        """
        both = [np.asarray(a, dtype=np.float64) for a in (first, second)]
        for samples, size in zip(both, self._sizes, strict=True):
            if samples.ndim != 2 or len(samples) != size:
                raise InputError(
                    f"samples are (realization, entry) with {size} realizations, got shape "
                    f"{samples.shape}"
                )
        there = [(~np.isnan(samples)).sum(axis=0) for samples in both]
        kept = np.flatnonzero(np.minimum(*there) >= FEWEST_REALIZATIONS)
        if not kept.size:
            return None
        one, other = (samples[:, kept] for samples in both)
        found = self._of_pairs(one, other) if self.paired else self._of_kinds(one, other)
        deviations, numbers = found
        sizes = np.abs(deviations)
        self._largest = np.maximum(self._largest, sizes[1:].max(axis=(1, 2)))
        kind, entry = np.unravel_index(int(sizes[0].argmax()), sizes[0].shape)
        a, b, error = (float(of[kind, entry]) for of in numbers)
        return Deviation(float(sizes[0].max()), KINDS[kind], int(kept[entry]), a, b, error)

    def probability(self, size: float) -> float:
        """Return how often the largest deviation of all entries would be as large by chance.

        The deviations of all entries must have been added. One below a standard error, in which rounding
        is counted, is none.
        """
        if size < 1:
            return 1.0
        return float((1 + (self._largest >= size).sum()) / (1 + len(self._largest)))

    def critical(self, level: float) -> float:
        """Return the deviation (standard errors) from which on a probability is at most `level`."""
        return max(1.0, float(np.quantile(self._largest, 1 - level, method="higher")))

    def _summed(self, rows: Array) -> Array:
        """Return sums over groups of realizations, (group, entry)."""
        if self._per_group == 1:
            return rows
        starts = np.arange(0, len(rows), self._per_group)
        return np.asarray(np.add.reduceat(rows, starts, axis=0))

    def _of_kinds(self, one: Array, other: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """Compare independent ensembles; return deviations (1 + draws, kind, entry), and numbers."""
        rows = np.concatenate([one, other])
        finite = np.isfinite(rows)
        rows = np.where(finite, rows, np.nan)
        centre = _mean(rows, finite)
        away = np.where(finite, rows - centre, 0.0)
        counts, present, sums, squares, fourths = (
            self._of_labels(columns, len(one))
            for columns in (
                finite.astype(float),
                (~np.isnan(np.concatenate([one, other]))).astype(float),
                away,
                away**2,
                away**4,
            )
        )
        scale = ROUNDING * np.maximum(1.0, np.abs(centre))
        means, spreads, shares = [], [], []
        for k in range(2):
            n = np.maximum(counts[k], 1.0)
            mean, square = sums[k] / n, squares[k] / n
            means.append((mean, _error2(square - mean**2, counts[k])))
            spreads.append((square, _error2(fourths[k] / n - square**2, counts[k])))
            rows_there = np.maximum(present[k], 1.0)
            share = counts[k] / rows_there
            shares.append((share, _error2(share * (1 - share), rows_there)))
        floors = (
            scale,
            scale**2 + scale * np.sqrt(_mean(away**2, finite)),
            np.full(len(centre), 1 / len(rows)),
        )
        found, numbers = [], []
        for (a, b), floor in zip((means, spreads, shares), floors, strict=True):
            error = np.sqrt(a[1] + b[1] + floor**2)
            found.append((a[0] - b[0]) / error)
            numbers.append((a[0][0], b[0][0], error[0]))
        first, second, error = (np.stack(of) for of in zip(*numbers, strict=True))
        first[0] += centre
        second[0] += centre
        return np.stack(found, axis=1), (first, second, error)

    def _of_labels(self, rows: Array, first: int) -> tuple[Array, Array]:
        """Return sums over both ensembles as labelled, each (1 + draws, entry)."""
        groups = np.concatenate([self._summed(rows[:first]), self._summed(rows[first:])])
        ours = self._labels @ groups
        return ours, groups.sum(axis=0) - ours

    def _of_pairs(self, one: Array, other: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """Compare ensembles pair by pair; as `_of_kinds`."""
        finite = np.isfinite(one) & np.isfinite(other)
        pair = [np.where(finite, samples, np.nan) for samples in (one, other)]
        centre = 0.5 * (_mean(pair[0], finite) + _mean(pair[1], finite))
        a, b = (np.where(finite, samples - centre, 0.0) for samples in pair)
        scale = ROUNDING * np.maximum(1.0, np.abs(centre))
        spread = np.sqrt(0.5 * (_mean(a**2, finite) + _mean(b**2, finite)))
        are_there = ~(np.isnan(one) | np.isnan(other))
        has = [(np.isfinite(s) & are_there).astype(float) for s in (one, other)]
        found, numbers = [], []
        kinds = (
            (a, b, finite, scale),
            (a**2, b**2, finite, scale**2 + scale * spread),
            (has[0], has[1], are_there, np.full(len(centre), 1 / len(one))),
        )
        for x, y, there, floor in kinds:
            n = np.maximum(there.sum(axis=0), 1.0)
            difference = np.where(there, x - y, 0.0)
            mean = self._labels @ self._summed(difference) / n
            square = (difference**2).sum(axis=0) / n  # which no exchange changes
            error = np.sqrt(_error2(square - mean**2, n) + floor**2)
            found.append(mean / error)
            sums = [np.where(there, of, 0.0).sum(axis=0) / n for of in (x, y)]
            numbers.append((*sums, error[0]))
        first, second, error = (np.stack(of) for of in zip(*numbers, strict=True))
        first[0] += centre
        second[0] += centre
        return np.stack(found, axis=1), (first, second, error)


def _mean(rows: Array, there: NDArray[np.bool_]) -> Array:
    """Return means over the rows that are there; 0 where none is."""
    return np.asarray(np.where(there, rows, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1))


def _error2(variance: Array, counts: Array) -> Array:
    """Return the squared error of a mean from the mean square about it."""
    return np.asarray(np.maximum(variance, 0.0) / np.maximum(counts - 1.0, 1.0))
