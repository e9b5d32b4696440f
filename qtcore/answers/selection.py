"""Parts of a dataset by the values of axes, lengths and constants, as people type them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.named import unknown
from qtcore.errors import InputError, brief, listed
from qtcore.results.swept import SAME
from qtcore.store.layout import REALIZATION
from qtcore.sweep.ranges import values_of

Wanted = str | float | Sequence[float] | slice
"""What may be asked of an axis: a value, several, or a range."""

FINISHED = "finished"
"""Coordinate that counts the finished realizations of a point; nothing to select by."""

NEAREST = 2
"""So many of the nearest values on each side are told where nothing matches."""

FORMS = (
    "a value (16), several (4,8,16), a range with both ends (0.1:0.6), an open one (:4 or 8:), "
    "evenly spaced values (1:21:5) or powers (4:32:x2)"
)
"""What may be typed, in words."""


def select(dataset: xr.Dataset, wanted: Mapping[str, Wanted]) -> xr.Dataset:
    """Return the part of a dataset that has the wanted values.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or what was computed of one.
    wanted : mapping of str to value, values or range
        For each axis, length, further dimension, parameter of cases or constant: a number, a sequence of
        numbers, a text, or a `slice(low, high)` with both ends included and None for an open end.
        A text holds a value (`"16"`, `"zigzag"`), several (`"4,8,16"`), a range with both ends included
        (`"0.1:0.6"`), an open one (`":4"`, `"8:"`), evenly spaced values (`"1:21:5"` for 1, 6, 11, 16,
        21) or powers of a factor (`"4:32:x2"`). Numbers are those of the dataset if they differ by less than 1e-9 of
        their size.

    Returns
    -------
    xarray.Dataset
        In the order of the dataset. One value of a dimension takes the dimension away and leaves a scalar
        coordinate, as in xarray; several values and ranges keep it. A parameter of cases keeps the cases
        that have it. Where realizations are selected the coordinate `finished` goes, since it counts all of
        them.

    Raises
    ------
    InputError
        If there is no such axis, or a value or range matches nothing; the message tells the axes, or the
        nearest values.
    """
    found = dataset
    for name, one in wanted.items():
        if name not in selectable(dataset):
            raise unknown("axis, dimension or constant", name, selectable(dataset))
        found = _selected(found, name, one)
    if REALIZATION in wanted and FINISHED in found.coords:
        found = found.drop_vars(FINISHED)
    return found


def select_both(
    dataset: xr.Dataset, result: xr.Dataset | None, wanted: Mapping[str, Wanted]
) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Return the part of samples and that of their results that a selection is about.

    Results may have axes that samples have not, and the other way round: each is cut along its own.

    Parameters
    ----------
    dataset : xarray.Dataset
        Samples.
    result : xarray.Dataset, optional
        Results of an analysis of them.
    wanted : mapping
        As in `select`.

    Raises
    ------
    InputError
        As in `select`; a name is unknown if neither has it.
    """
    known = [*selectable(dataset), *([] if result is None else selectable(result))]
    for name in wanted:
        if name not in known:
            raise unknown("axis, dimension or constant", name, [*dict.fromkeys(known)])

    def part(given: xr.Dataset) -> xr.Dataset:
        return select(given, {n: one for n, one in wanted.items() if n in selectable(given)})

    return part(dataset), None if result is None else part(result)


def selectable(dataset: xr.Dataset) -> list[str]:
    """Return the names that a selection may use: dimensions, parameters of cases, constants."""
    dims = [str(name) for name in dataset.dims]
    beside = [
        str(n) for n, c in dataset.coords.items() if c.ndim < 2 and n not in (*dims, FINISHED)
    ]
    return [*dims, *beside]


def _selected(dataset: xr.Dataset, name: str, wanted: Wanted) -> xr.Dataset:
    labels = dataset[name]
    values = np.atleast_1d(labels.to_numpy())
    places, alone = _places(values, wanted, name)
    if labels.ndim == 0:
        return dataset  # a constant that has the value
    along = str(labels.dims[0])
    if alone and along == name:
        return dataset.isel({along: int(places[0])})
    return dataset.isel({along: places})


def _places(values: NDArray[Any], wanted: Any, name: str) -> tuple[NDArray[np.int64], bool]:
    """Return the places of wanted values, in the order of the axis, and whether one value was asked for."""
    if values.dtype.kind not in "iuf":
        return _places_of_texts(values, wanted, name)
    asked = _parsed(wanted, name) if isinstance(wanted, str) else wanted
    if isinstance(asked, slice):
        return _inside(values, asked, name), False
    alone = np.ndim(asked) == 0
    try:
        numbers = np.atleast_1d(np.asarray(asked, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(f"{name} takes {FORMS}; got {brief(wanted)}") from None
    if numbers.ndim != 1 or not numbers.size:
        raise InputError(f"{name} takes {FORMS}; got {brief(wanted)}")
    found = [_matching(values, number, name) for number in numbers.tolist()]
    return np.unique(np.concatenate(found)), alone


def _parsed(text: str, name: str) -> float | list[float] | slice:
    """Return what a text about numbers asks for."""
    try:
        if text.count(":") == 1 and "," not in text:
            ends = [float(word) if word.strip() else None for word in text.split(":")]
            return slice(*ends)
        numbers = [float(value) for value in values_of(text, name, whole=False)]
    except ValueError:  # an InputError is one
        raise InputError(f"{name} takes {FORMS}; got {brief(text)}") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _matching(values: NDArray[Any], number: float, name: str) -> NDArray[np.int64]:
    away = np.abs(values.astype(np.float64) - number)
    # The slack of a number that is not finite would hold every value.
    slack = SAME * max(1.0, abs(number)) if np.isfinite(number) else 0.0
    found = np.flatnonzero(away <= slack)
    if not found.size:
        raise InputError(f"there is no {name} = {number:.12g}; {_nearest(values, number)}")
    return found


def _inside(values: NDArray[Any], asked: slice, name: str) -> NDArray[np.int64]:
    if asked.step is not None:
        raise InputError(
            f"a range of {name} has two ends, slice(low, high); got the step {brief(asked.step)}. "
            f'Evenly spaced values are "first:last:count"'
        )
    try:
        low = -np.inf if asked.start is None else float(asked.start)
        high = np.inf if asked.stop is None else float(asked.stop)
    except (TypeError, ValueError):
        raise InputError(f"the ends of a range of {name} are numbers, got {brief(asked)}") from None
    if not low <= high:
        raise InputError(f"a range of {name} goes from low to high, got {low:.12g} to {high:.12g}")
    numbers = values.astype(np.float64)
    slack = [SAME * max(1.0, abs(end)) if np.isfinite(end) else 0.0 for end in (low, high)]
    found = np.flatnonzero((numbers >= low - slack[0]) & (numbers <= high + slack[1]))
    if not found.size:
        near = low if np.isfinite(low) else high
        raise InputError(f"no {name} lies from {low:.12g} to {high:.12g}; {_nearest(values, near)}")
    return found


def _nearest(values: NDArray[Any], number: float) -> str:
    """Return in words which values there are around a number."""
    there = np.unique(values)
    place = int(np.searchsorted(there, number))
    near = there[max(0, place - NEAREST) : place + NEAREST]
    among = f", of {listed(there.tolist())}" if len(near) < len(there) else ""
    return f"the nearest are {listed(near.tolist())}{among}"


def _places_of_texts(
    values: NDArray[Any], wanted: Any, name: str
) -> tuple[NDArray[np.int64], bool]:
    """Return the places of wanted texts, or of true and false."""
    if isinstance(wanted, slice):
        raise InputError(f"{name} holds {_kind(values)}, which have no range; got {brief(wanted)}")
    alone = (isinstance(wanted, str) and "," not in wanted) or np.ndim(wanted) == 0
    asked = wanted.split(",") if isinstance(wanted, str) else np.atleast_1d(wanted).tolist()
    texts = [_text(value) for value in values.tolist()]
    places = []
    for one in map(_text, asked):
        found = [n for n, text in enumerate(texts) if text == one]
        if not found:
            raise InputError(
                f"there is no {name} = {one}; there is {listed(list(dict.fromkeys(texts)))}"
            )
        places += found
    return np.unique(np.asarray(places, dtype=np.int64)), alone


def _kind(values: NDArray[Any]) -> str:
    return "true and false" if values.dtype.kind == "b" else "texts"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
