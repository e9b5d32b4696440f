"""A number that cannot be had, and why."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, listed

Array = NDArray[np.float64]

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Missing(InputError):
    """Why a number cannot be had at a point; the table of checks shows it."""


class MissingNumbers(Missing):
    """Why a number cannot be had: some of those that it is made of are missing."""


def refuse_missing(values: Array, errors: Array) -> None:
    """Raise MissingNumbers if numbers that are fitted have no value, or no error.

    Parameters
    ----------
    values, errors : (n,) float arrays
        The numbers and their standard errors.
    """
    lacking = np.flatnonzero(~np.isfinite(values) | ~np.isfinite(errors) | ~(errors > 0))
    if lacking.size:
        why = ""
        if (np.isfinite(values) & np.isnan(errors))[lacking].all():
            why = _TOO_FEW
        elif (np.isfinite(values) & (errors == 0))[lacking].all():
            why = _ALL_EQUAL
        raise MissingNumbers(
            f"{lacking.size} of the {len(values)} numbers of a fit have no value or no error, namely "
            f"(counted from 0) {listed([str(n) for n in lacking])}{why}"
        )


_TOO_FEW = (
    "; they have values without errors, because there are too few realizations: a variance takes 200, a skewness 1000 and "
    "a kurtosis 4000, more for long tails"
)

_ALL_EQUAL = (
    "; their errors are exactly 0, as those of samples that are all equal (no disorder acts on them), and a fit weighs "
    "numbers by their errors"
)


def attempt(
    function: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
) -> Found | Missing:
    """Return what a function returns, or the `Missing` that it raises.

    A stage of `measure` returns it in the place of one number, and goes on with the others.
    """
    try:
        return function(*args, **kwargs)
    except Missing as why:
        return why
