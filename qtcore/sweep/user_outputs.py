"""What a user's own function returns, checked against what it has declared."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError, brief, counted
from qtcore.sweep.observables import LENGTH, Arrays, Variable
from qtcore.sweep.point import Point
from qtcore.sweep.validation import InexactError

EXACT = ("realization", LENGTH)
"""Dimensions of which none may be missing; along others what is not returned stays NaN."""

SEQUENCES = (list, tuple, range)
"""What may stand for an array, besides arrays."""


def checked_arrays(
    found: Any, variables: Sequence[Variable], sizes: Mapping[str, int], point: Point
) -> Arrays:
    """Return what a function gave as arrays.

    Masked entries are missing: they become NaN. So do variables that are declared for other points only.

    Parameters
    ----------
    found : mapping of str to array
        What it gave.
    variables : sequence of Variable
        What it has declared.
    sizes : mapping of str to int
        Sizes of all dimensions, `realization` and `length` as they were asked for.
    point : Point
        Where it was called.

    Raises
    ------
    QtcoreError
        If a variable is missing, or is returned where it is not declared, has another shape, no numbers, or numbers that its type cannot
        hold: whole ones exactly, others within its range.
    """
    where = f"solve() at {point.label}"
    here = {variable.name for variable in variables if variable.is_at(point)}
    wanted = [variable.name for variable in variables if variable.name in here]
    if not isinstance(found, Mapping) or set(found) != set(wanted):
        gave = ", ".join(map(str, found)) if isinstance(found, Mapping) else _kind(found)
        raise QtcoreError(
            f"{where}: it must return a dict of {', '.join(wanted)}, it gave "
            f"{gave or 'an empty dict'}"
        )
    return {
        variable.name: _checked_array(found[variable.name], variable, sizes, where)
        if variable.name in here
        else np.full(
            [sizes[name] for name in ("realization", *variable.dims)], np.nan, variable.dtype
        )
        for variable in variables
    }


def _checked_array(
    given: Any, variable: Variable, sizes: Mapping[str, int], where: str
) -> NDArray[Any]:
    """Return what was given for one variable, as it is stored; parameters as in `checked_arrays`."""

    def refuse(what: str) -> NoReturn:
        raise QtcoreError(f"{where}: {variable.name} {what}")

    dims = ("realization", *variable.dims)
    shape = tuple(sizes[name] for name in dims)
    xarray = sys.modules.get("xarray")  # what was made with it has loaded it
    if xarray is not None and isinstance(given, xarray.DataArray):
        if set(given.dims) != set(dims):
            refuse(f"must have the dimensions {dims}, got {given.dims}")
        given = given.transpose(*dims).data
    try:
        array = _filled(given)
    except InexactError:
        refuse("has masked entries, and whole numbers that no float64 holds")
    except (ValueError, TypeError):  # rows of different lengths
        refuse(
            f"must have the shape {shape} ({', '.join(dims)}), got "
            f"{_kind(given)} that is no array: {brief(given)}"
        )
    kinds = "fiubc" if variable.dtype.startswith("complex") else "fiub"
    if array.dtype.kind not in kinds:
        refuse(f"must be numbers of {variable.dtype}, got {_kind(given)} of type {array.dtype}")
    if array.ndim != len(shape) or not all(
        n == size or (n < size and name not in EXACT)
        for name, n, size in zip(dims, array.shape, shape, strict=True)
    ):
        refuse(
            f"must have the shape {shape} ({', '.join(dims)}), got {array.shape}; it was asked for "
            f"{counted(shape[0], 'realizations')} and must return a row for each"
        )
    stored, lost = _stored(array, variable.dtype)
    if lost.any():
        refuse(
            f"is stored as {variable.dtype}, which cannot hold {brief(array[lost][0])}; declare a "
            "larger dtype, or return another unit"
        )
    return stored


def _kind(given: Any) -> str:
    name = type(given).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _filled(given: Any) -> NDArray[Any]:
    """Return an array with NaN where it is masked, at any depth of lists."""
    if isinstance(given, np.ma.MaskedArray) and given.dtype.kind in "fiubc":
        if not np.ma.is_masked(given):
            return np.asarray(given.data)
        if given.dtype.kind in "iub":  # these have no NaN, and a float does not hold them all
            made, lost = _stored(given.compressed(), "float64")
            if lost.any():
                raise InexactError
            full = np.full(given.shape, np.nan)
            full[~np.ma.getmaskarray(given)] = made
            return full
        return np.asarray(given.filled(np.nan))
    if isinstance(given, SEQUENCES) and any(
        isinstance(one, (np.ma.MaskedArray, *SEQUENCES)) for one in given
    ):
        return np.asarray([_filled(one) for one in given])
    return np.asarray(given)


def _stored(array: NDArray[Any], dtype: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return numbers as they are stored, and which of them that type cannot hold."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        stored = array.astype(dtype)
        if array.dtype.kind in "iu":
            largest = 2 ** (np.finfo(dtype).nmant + 1)
            doubtful = (array > largest) | (array < -largest if array.dtype.kind == "i" else False)
            lost = np.zeros(array.shape, dtype=bool)
            lost[doubtful] = [
                int(made) != int(came)
                for made, came in zip(stored.real[doubtful], array[doubtful], strict=True)
            ]
            return stored, lost
        return stored, np.asarray(np.isinf(stored) & ~np.isinf(array))
