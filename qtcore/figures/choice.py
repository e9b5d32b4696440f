"""Which values of a dimension a panel shows."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, listed
from qtcore.figures.accepted import is_number, is_text

if TYPE_CHECKING:
    import xarray as xr


WORDS = ("first", "middle", "last")
"""Values by their place among those where something was measured."""

ROUNDING = 1e-9
"""So far apart, relative to the largest value of the dimension, two numbers are still the same."""


class AbsentValueError(InputError):
    """A panel asks for a value of a dimension that the result does not have."""


def refuse_choice(panel: str, at: Mapping[Any, Any]) -> None:
    """Raise InputError for a value of `at` that no result can have.

    Parameters
    ----------
    panel : str
        The panel in words, for the message.
    at : mapping
        Values by the name of the dimension.
    """
    for name, value in at.items():
        if not is_text(name) or not _is_choice(value):
            raise InputError(
                f"{panel}: at[{name!r}] is {brief(value)}; allowed are a value, {', '.join(WORDS)}, "
                "a tuple of values, or a slice(from, to)"
            )
        if isinstance(value, str) and value not in WORDS and value.strip().lower() in WORDS:
            raise InputError(
                f"{panel}: at[{name!r}] is {value!r}; did you mean {value.strip().lower()!r}?"
            )


def chosen(
    result: "xr.Dataset", at: Mapping[str, Any], measured: Sequence[str], panel: str
) -> "xr.Dataset":
    """Return the part of a result at some values; no dimension is lost.

    Parameters
    ----------
    result : xarray.Dataset
    at : mapping
        Values by the name of a dimension, or of a coordinate along one. A text is a label of the
        dimension, or "first", "middle" or "last" of the values where one of `measured` is finite,
        or the name of a constant of the result.
    measured : sequence of str
        Names of variables.
    panel : str
        The panel in words, for messages.

    Raises
    ------
    AbsentValueError
        A value that is not there; the message lists those that are.
    InputError
        A coordinate along several dimensions.
    """
    # Places ("last") are counted when all values are chosen.
    for name, value in sorted(at.items(), key=lambda pair: pair[1] in WORDS):
        along = result[name]
        if along.ndim > 1:
            raise InputError(
                f"{panel}: {name} has the dimensions {', '.join(map(str, along.dims))}, and at "
                "chooses along one; name one of these"
            )
        values = np.atleast_1d(along.to_numpy())
        places = _places(result, name, values, value, measured)
        if not len(places):
            near = get_close_matches(str(value), [*WORDS, *map(str, values)], n=1)
            hint = f"; did you mean {near[0]!r}?" if isinstance(value, str) and near else ""
            raise AbsentValueError(
                f"{panel}: at[{name!r}] is {brief(value)}, which the result does not have; there "
                f"are {listed([v.item() if hasattr(v, 'item') else v for v in values])}{hint}"
            )
        if along.ndim:
            result = result.isel({along.dims[0]: places})
    return result


def middle(result: "xr.Dataset", dim: str, measured: Sequence[str]) -> int:
    """Return the middle one of the places of a dimension where something was measured."""
    there = measured_places(result, dim, measured)
    return int(there[len(there) // 2])


def measured_places(result: "xr.Dataset", dim: str, measured: Sequence[str]) -> NDArray[np.intp]:
    """Return the places along a dimension where a variable is finite; all, if none is anywhere."""
    there = np.zeros(result.sizes[dim], dtype=bool)
    for name in measured:
        array = result[name]
        if dim in array.dims and array.dtype.kind in "fiub":
            finite = array.copy(data=np.isfinite(array.to_numpy()))
            there |= finite.any([d for d in array.dims if d != dim]).to_numpy()
    return np.flatnonzero(there if there.any() else ~there)


def _is_choice(value: Any) -> bool:
    if isinstance(value, slice):
        return value.step is None and all(
            end is None or is_number(end) for end in (value.start, value.stop)
        )
    if isinstance(value, tuple | list):
        return bool(value) and all(is_number(v) or isinstance(v, str) for v in value)
    return isinstance(value, str) or is_number(value)


def _places(
    result: "xr.Dataset", name: str, values: NDArray[Any], value: Any, measured: Sequence[str]
) -> Sequence[int]:
    """Return the places of what was chosen; none if one of them is not there."""
    if isinstance(value, slice):
        if values.dtype.kind not in "fiub":
            return []
        low = -np.inf if value.start is None else value.start
        high = np.inf if value.stop is None else value.stop
        return [int(n) for n in np.flatnonzero((values >= low) & (values <= high))]
    if isinstance(value, tuple | list):
        each = [_places(result, name, values, one, measured) for one in value]
        return sorted({n for found in each for n in found}) if all(each) else []
    if isinstance(value, str):
        labels = values.astype(str)
        if values.dtype.kind not in "fiub" and value in labels:
            return [int(n) for n in np.flatnonzero(labels == value)]
        if value in WORDS:
            dims = result[name].dims
            there = measured_places(result, str(dims[0]), measured) if dims else np.zeros(1, int)
            number = {"first": 0, "middle": len(there) // 2, "last": -1}[value]
            return [int(there[number])]
        if value not in result.coords or result[value].ndim:
            return []
        value = result[value].item()
    if values.dtype.kind not in "fiub" or not is_number(value):
        return []
    largest = np.nanmax(np.abs(values), initial=0.0)
    near = np.abs(values - value) <= ROUNDING * max(float(largest), abs(float(value)))
    return [int(n) for n in np.flatnonzero(near)]
