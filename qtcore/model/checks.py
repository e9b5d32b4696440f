"""Checks of single numbers, with the words that every message uses."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from qtcore.errors import InputError, brief

_NO_REALS = (str, bytes, bool, complex, np.complexfloating, np.datetime64, np.timedelta64)
"""What may turn into a float and is no real number."""


def whole_number(name: str, value: Any, least: int) -> int:
    """Return `value` as an int, or say that it is not a whole number >= `least`.

    Raises
    ------
    InputError
        If `value` is no whole number or too small.
    """
    if isinstance(value, bool | str) or value is np.ma.masked or not hasattr(value, "__index__"):
        raise InputError(f"{name} must be a whole number >= {least}, got {brief(value)}")
    try:
        number = int(value.__index__())
    except TypeError:  # an array, say
        raise InputError(f"{name} must be a whole number >= {least}, got {brief(value)}") from None
    if number < least:
        raise InputError(f"{name} must be >= {least}, got {number}")
    return number


def finite_number(name: str, value: Any, unit: str) -> float:
    """Return `value` as a finite float, or say that it is none.

    Raises
    ------
    InputError
        If `value` is no number, complex, infinite or NaN.
    """
    if isinstance(value, _NO_REALS) or value is np.ma.masked:
        raise InputError(f"{name} must be a number ({unit}), got {brief(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a number ({unit}), got {brief(value)}") from None
    if not math.isfinite(number):
        raise InputError(f"{name} must be finite ({unit}), got {number}")
    return number


def unmasked(what: str, given: Any) -> Any:
    """Return what came, or say that entries of it are masked, which have no value.

    Raises
    ------
    InputError
        If an entry is masked.
    """
    if np.ma.is_masked(given):
        raise InputError(f"{what} has masked entries; give every entry a number")
    return given


def positive_number(name: str, value: Any, unit: str) -> float:
    """Return `value` as a finite float > 0, or raise InputError."""
    number = finite_number(name, value, unit)
    if number <= 0:
        raise InputError(f"{name} must be > 0 ({unit}), got {number}")
    return number


def not_negative(name: str, value: Any, unit: str) -> float:
    """Return `value` as a finite float >= 0, or raise InputError."""
    number = finite_number(name, value, unit)
    if number < 0:
        raise InputError(f"{name} must be >= 0 ({unit}), got {number}")
    return number


def fraction(name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1], or raise InputError."""
    number = finite_number(name, value, "a fraction of the sites")
    if not 0 <= number <= 1:
        raise InputError(f"{name} must lie between 0 and 1 (a fraction of the sites), got {number}")
    return number


def truth(name: str, value: Any) -> bool:
    """Return `value` as a bool, or say that it is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} must be True or False, got {brief(value)}")
    return bool(value)


def as_tuple(name: str, given: Any) -> tuple[Any, ...]:
    """Return a sequence as a tuple, or raise InputError if it is none (nor is text)."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(
            f"{name} must be a sequence, such as {name}=(one, other), got {brief(given)}"
        )
    return tuple(given)
