"""Checks of single numbers, with the words that every message uses."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief

LARGEST_NUMBER = 1e30
"""Of whatever a model or a solver is given: some powers of it still fit into double precision."""

MOST_FLUX = 1e6
"""Fluxes and widths of random phases in h/e: of a greater one the part after the point loses its digits."""

HERMITIAN = 1e-12
"""Largest skew part of a matrix, relative to its largest entry."""

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
        raise InputError(
            f"{name} must be a whole number >= {least}, got {brief(value)}{_whole_hint(value)}"
        )
    try:
        number = int(value.__index__())
    except TypeError:  # an array, say
        raise InputError(f"{name} must be a whole number >= {least}, got {brief(value)}") from None
    if number < least:
        raise InputError(f"{name} must be >= {least}, got {number}")
    return number


def _whole_hint(value: Any) -> str:
    """Return what to do about a float that stands for a whole number, as values of axes do."""
    is_whole = isinstance(value, float | np.floating) and float(value).is_integer()
    if not is_whole:
        return ""
    return (
        f", a float; write {int(value)}, int(...) around it, or whole=True in its qt.Axis if it is "
        "the value of an axis"
    )


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
    if abs(number) > LARGEST_NUMBER:
        raise InputError(
            f"{name} must be at most {LARGEST_NUMBER:g} in size ({unit}), got {number:g}: powers of "
            "greater numbers overflow"
        )
    return number


def finite_complex(name: str, value: Any, unit: str) -> complex:
    """Return `value` as a finite complex number, or say that it is none.

    Raises
    ------
    InputError
        If `value` is no number, infinite or NaN.
    """
    if isinstance(value, complex | np.complexfloating):
        parts = (finite_number(name, part, unit) for part in (value.real, value.imag))
        return complex(*parts)
    return complex(finite_number(name, value, unit))


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


def square_matrix(name: str, given: Any, numbers: str, unit: str) -> NDArray[np.complex128]:
    """Return a copy of a square array of finite numbers.

    Parameters
    ----------
    name, numbers, unit : str
        Words of the message: what it is, what it may hold, and the unit.
    given : anything
        What came.

    Raises
    ------
    InputError
        If it is something else, or an entry is masked.
    """
    unmasked(name, given)
    try:
        matrix = np.array(given, dtype=np.complex128)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must be a square array of {numbers}, got {brief(given)}"
        ) from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise InputError(f"{name} must be a square array, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(matrix))[0])
        raise InputError(f"{name} must be finite ({unit}), got {matrix[where]} at {where}")
    refuse_too_large(name, matrix, unit)
    return matrix


def refuse_too_large(name: str, numbers: NDArray[Any], unit: str) -> None:
    """Raise InputError if finite numbers of an array are above `LARGEST_NUMBER` in size."""
    sizes = np.abs(numbers)
    if sizes.max(initial=0.0) > LARGEST_NUMBER:
        where = tuple(int(i) for i in np.unravel_index(int(sizes.argmax()), sizes.shape))
        raise InputError(
            f"{name} must be at most {LARGEST_NUMBER:g} in size ({unit}), got {numbers[where]:g} at "
            f"{where}: powers of greater numbers overflow"
        )


def refuse_too_small(name: str, numbers: NDArray[Any], unit: str) -> None:
    """Raise InputError if the largest number of an array is below 1 / `LARGEST_NUMBER`, and not 0."""
    size = float(np.abs(numbers).max(initial=0.0))
    if 0 < size < 1 / LARGEST_NUMBER:
        raise InputError(
            f"the largest element of {name} must be at least {1 / LARGEST_NUMBER:g} ({unit}), got {size:g}: "
            "powers of smaller numbers vanish"
        )


def hermitian_matrix(name: str, given: Any, numbers: str, unit: str) -> NDArray[np.complex128]:
    """Return the Hermitian part of a square array that is Hermitian up to rounding.

    Parameters
    ----------
    name, numbers, unit : str
        Words of the message: what it is, what it may hold, and the unit.
    given : anything
        What came.

    Raises
    ------
    InputError
        If it is something else, or differs from its adjoint by more than 1e-12 of its largest entry.
    """
    matrix = square_matrix(name, given, numbers, unit)
    skew = float(np.abs(matrix - matrix.conj().T).max())
    if skew > HERMITIAN * np.abs(matrix).max():
        raise InputError(
            f"{name} must be Hermitian: m[i, j] = conj(m[j, i]); an element differs from that by {skew:.3g}"
        )
    hermitian: NDArray[np.complex128] = (matrix + matrix.conj().T) / 2 + 0.0
    return hermitian


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


def phase_number(name: str, value: Any, unit: str) -> float:
    """Return a flux or phase as a finite float of at most `MOST_FLUX` in size, or raise InputError."""
    number = finite_number(name, value, unit)
    if abs(number) > MOST_FLUX:
        raise InputError(
            f"{name} must be at most {MOST_FLUX:g} in size ({unit}), got {number:g}: whole turns change "
            "nothing, and of many more the phase loses its digits"
        )
    return number


def flux_width(name: str, value: Any) -> float:
    """Return the full width of random phases as a float from 0 to `MOST_FLUX`, or raise InputError."""
    if isinstance(value, int | float) and MOST_FLUX < value < math.inf:
        raise InputError(
            f"{name} must be at most {MOST_FLUX:g} (full width in h/e), got {float(value):g}: 1 is as random "
            "as can be, and of much greater ones the phases lose their digits"
        )
    return not_negative(name, value, "full width in h/e")


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
