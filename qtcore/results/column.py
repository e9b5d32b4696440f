"""One quantity over the whole sweep, as the stages fill it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import GROUPS, Array, Estimate, as_estimate, paired, stack
from qtcore.estimate.missing import Missing

BUDGET = 2**28
"""Bytes of shares of one quantity above which realizations are folded into groups."""

Place = dict[str, Any]
"""Where something stands: a place or an array of places for some of the dimensions."""


class Column:
    """Numbers with the shares of the realizations, over the dimensions of one quantity.

    Attributes
    ----------
    dims : tuple of str
        Its dimensions.
    values, counts : (*shape) float arrays
        NaN where nothing was found, with infinite counts.
    asked : (*shape) bool array
        Whether a stage returned an entry, be it with a number or without.
    reasons : (*shape) object array
        Why an entry that was asked for has no number, or is as it is.
    has_error : bool
        Whether any entry came as an estimate.
    """

    def __init__(self, dims: tuple[str, ...], shape: tuple[int, ...]) -> None:
        self.dims = dims
        self.values: Array = np.full(shape, np.nan)
        self.counts: Array = np.full(shape, np.inf)
        self.asked: NDArray[np.bool_] = np.zeros(shape, dtype=bool)
        self.reasons: NDArray[Any] = np.full(shape, "", dtype=object)
        self.has_error = False
        self._shares: Array = np.zeros((1, *shape))
        self._folded = False

    @property
    def estimate(self) -> Estimate:
        """All of it."""
        return Estimate(self.values, self._shares, self.counts, folded=self._folded)

    def shape_at(self, place: Place) -> tuple[int, ...]:
        """Return the shape that a value has there: dimensions with one place are no dimensions."""
        return tuple(
            self.values.shape[n] if d not in place else len(place[d])
            for n, d in enumerate(self.dims)
            if not isinstance(place.get(d), int)
        )

    def put(self, place: Place, found: Any, name: str, stage: str) -> None:
        """Keep what a stage returned.

        Parameters
        ----------
        place : dict
            Places of dimensions, by name; a dimension that is not named is filled as a whole.
        found : Estimate, array, number or list
            Broadcast to the shape there. A list has one entry for each place along the first
            dimension; a `Missing` among them says why there is no number.
        name, stage : str
            For messages.

        Raises
        ------
        InputError
            If it is no real number, or does not have the dimensions of the quantity.
        """
        reasons: dict[int, str] = {}
        if isinstance(found, list | tuple):
            reasons = {n: str(one) for n, one in enumerate(found) if isinstance(one, Missing)}
            found = _side_by_side(found)
        self.has_error |= isinstance(found, Estimate)
        given = _as_numbers(found, name, stage)
        shape = self.shape_at(place)
        if given.shape != shape:
            given = _broadcast(given, shape, name, stage, self._words(place))
        if not self._folded and max(len(given.shares), len(self._shares)) * self.values.size * 8 > (
            BUDGET
        ):
            self._fold()
        if self._folded or given.folded:
            self._fold()
            given = given.fold()
        where = self._index(place)
        size = self.values[where].shape
        self.values[where] = given.values.reshape(size)
        self.counts[where] = given.counts.reshape(size)
        self.asked[where] = True
        self._grow(len(given.shares))
        rows = len(given.shares)
        self._shares[(slice(None), *where)] = 0.0
        self._shares[(slice(0, rows), *where)] = given.shares.reshape(rows, *size)
        if reasons:
            told = self.reasons[where].reshape(shape)
            for n, why in reasons.items():
                told[n] = why
            self.reasons[where] = told.reshape(size)

    def miss(self, place: Place, why: str) -> None:
        """Note that a stage was asked for an entry and has none."""
        where = self._index(place)
        self.values[where] = np.nan
        self.asked[where] = True
        self.reasons[where] = why

    def explain(self, place: Place, why: str) -> None:
        """Note a reason beside entries, and leave them as they are."""
        self.reasons[self._index(place)] = why

    def fill(self, place: Place, value: float) -> None:
        """Put one exact number everywhere there."""
        where = self._index(place)
        self.values[where] = value
        self.asked[where] = True

    def at(self, place: Mapping[str, int], first: tuple[str, ...], lengths: Any) -> Estimate:
        """Return a part of it: some dimensions first, the others in their order, some lengths."""
        left = [d for d in self.dims if d not in place]
        found = self.estimate[tuple(place.get(d, slice(None)) for d in self.dims)]
        if "length" in left and lengths is not None:
            found = found[(*[slice(None)] * left.index("length"), lengths)]
        wanted = [d for d in first if d in left]
        wanted += [d for d in left if d not in wanted]
        if wanted == left:
            return found
        return found.transpose(*(left.index(d) for d in wanted))

    def aligned(self, array: NDArray[Any], dims: tuple[str, ...]) -> NDArray[Any]:
        """Return an array over this column's dimensions over those of another, which has more."""
        order = [d for d in dims if d in self.dims]
        moved = np.transpose(array, [self.dims.index(d) for d in order])
        return moved[tuple(slice(None) if d in self.dims else None for d in dims)]

    def _grow(self, rows: int) -> None:
        if rows > len(self._shares):
            more = np.zeros((rows - len(self._shares), *self.values.shape))
            self._shares = np.concatenate([self._shares, more])

    def _fold(self) -> None:
        if not self._folded:
            folded = self.estimate.fold()
            self._shares, self._folded = np.array(folded.shares), True
            self._grow(min(GROUPS, len(self._shares)))

    def _index(self, place: Place) -> tuple[Any, ...]:
        # A place becomes a slice of one: beside at most one array of places the order stays.
        found = (place.get(d, slice(None)) for d in self.dims)
        return tuple(slice(one, one + 1) if isinstance(one, int) else one for one in found)

    def _words(self, place: Place) -> str:
        left = [d for d in self.dims if not isinstance(place.get(d), int)]
        return f"({', '.join(left)})" if left else "a single number"


def _side_by_side(found: list[Any] | tuple[Any, ...]) -> Any:
    """Return a list that has estimates or `Missing` in it as one Estimate; another one as it is."""
    if not any(isinstance(one, Estimate | Missing) for one in found):
        return found
    shapes = {one.shape for one in found if isinstance(one, Estimate)}
    empty = np.full(shapes.pop() if len(shapes) == 1 else (), np.nan)
    return stack([empty if isinstance(one, Missing) else one for one in found])


def _as_numbers(found: Any, name: str, stage: str) -> Estimate:
    try:
        return as_estimate(found)
    except (TypeError, ValueError):
        raise InputError(
            f"{stage} returned {brief(found)} for {name}; a quantity is an Estimate, real numbers, "
            "None or qt.Missing"
        ) from None


def _broadcast(
    given: Estimate, shape: tuple[int, ...], name: str, stage: str, words: str
) -> Estimate:
    """Return an estimate in another shape, as NumPy broadcasts."""
    sizes = zip(given.shape[::-1], shape[::-1], strict=False)
    if given.ndim > len(shape) or any(own not in (1, there) for own, there in sizes):
        raise InputError(
            f"{stage} returned {name} with shape {given.shape}, but it is {words}, here {shape}: "
            f"declare its dimensions in qt.Quantity({name!r}, dims=…), or return another shape"
        )
    filled = Estimate(np.zeros(shape), np.zeros((1, *shape)), np.inf) + given
    return filled if isinstance(filled, Estimate) else paired([given])[0]
