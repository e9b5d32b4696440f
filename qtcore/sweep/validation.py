"""Validated values: bad fields are refused in the words of the fields."""

import math
from collections.abc import Mapping, Sequence, Set
from numbers import Integral, Number
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from qtcore.errors import InputError, brief, first_lines

INT64 = range(-(2**63), 2**63)
"""Whole numbers that a store can hold."""

DEEPEST = 32
"""Levels of lists and dicts in a constant; one that contains itself has no end."""


class InexactError(ValueError):
    """A number that cannot be stored as it came; the message says why."""


class UnorderedError(ValueError):
    """A set where a sequence belongs."""

    def __init__(self) -> None:
        super().__init__("a set has no order: give a list or a tuple, such as sorted(…)")


class Checked(BaseModel):
    """A frozen value whose fields are checked when it is made.

    Raises
    ------
    InputError
        Naming each wrong field, what is allowed and what came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise InputError(readable(error, type(self))) from None


def readable(error: ValidationError, model: type[BaseModel]) -> str:
    """Say a pydantic error in the words of the fields: what is allowed, what came."""
    lines = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = model.model_fields.get(name)
        came = problem.get("input")
        reason = str(problem["msg"]).removeprefix("Value error, ")
        if not name:
            lines.append(reason)
        elif problem["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            lines.append(f"unknown field {name!r}; allowed are {known}")
        elif problem["type"] == "missing":
            hint = f" ({field.description})" if field and field.description else ""
            lines.append(f"{name} is missing{hint}")
        else:
            allowed = field.description if field and field.description else None
            took = f"{name} takes {allowed}" if allowed else f"{name}: {reason.lower()}"
            detail = f" ({reason})" if problem["type"] == "value_error" else ""
            lines.append(f"{took}, got {brief(came)}{detail}")
    return first_lines(list(dict.fromkeys(lines)))


def several(values: Any) -> Any:
    """Let a single number stand for a sequence of one, and an array for its numbers."""
    if not is_many(values):
        return (values,)
    if hasattr(values, "__array__"):
        # A masked array keeps its mask: its entries are refused one by one.
        array = values if isinstance(values, np.ndarray) else np.asarray(values)
        # Dates would become counts of nanoseconds, and masked entries None.
        plain = array.dtype.kind in "iuf" and not np.ma.is_masked(array)
        return array.tolist() if plain else list(array)
    return values


def is_many(values: Any) -> bool:
    """Whether something is a sequence or an array with axes, and no text."""
    if isinstance(values, Sequence):
        return not isinstance(values, str | bytes | bytearray)
    return hasattr(values, "__array__") and getattr(values, "ndim", 0) > 0


def number(value: Any) -> float:
    """Return a finite float, or raise ValueError; never the negative zero.

    A whole number that a float does not hold exactly raises InexactError.
    """
    # Axes may have a million values, nearly all of them plain.
    plain = value if type(value) is float else _plain(value)
    try:
        found = float(plain)
    except TypeError:
        raise ValueError("no number") from None
    except OverflowError:
        raise InexactError("which is too large for a float64") from None
    if not math.isfinite(found):
        raise ValueError("not finite")
    if type(plain) is not float and isinstance(plain, Integral) and int(found) != plain:
        raise InexactError("which a float64 cannot hold exactly")
    # -0.0 == 0.0, but they read differently and would hash differently.
    return found + 0.0


def whole(value: Any) -> int:
    """Return an int, or raise ValueError unless the value is a whole number.

    One that does not fit into 64 bits raises InexactError.
    """
    plain = _plain(value)
    if not isinstance(plain, Integral):
        try:
            is_whole = math.isfinite(plain) and plain == int(plain)
        except OverflowError:  # of a Fraction or Decimal beyond all floats
            is_whole = plain == int(plain)
        except TypeError:
            raise ValueError("no number") from None
        if not is_whole:
            raise ValueError("not whole")
    found = int(plain)
    if found not in INT64:
        raise InexactError("which does not fit into 64 bits")
    return found


def _plain(value: Any) -> Any:
    """Return what may be a number, without NumPy around it; raise ValueError for what is none."""
    if isinstance(value, Set):
        raise UnorderedError
    if value is np.ma.masked or isinstance(value, str | bytes | bytearray | bool | np.bool_):
        raise ValueError("no number")
    if isinstance(value, np.generic | np.ndarray):
        # Complex numbers and dates have a float too, which is not what they are.
        if value.ndim or value.dtype.kind not in "iuf" or np.ma.is_masked(value):
            raise ValueError("no number")
        return value.item()
    return value


def json_value(value: Any, depth: int = 0) -> Any:
    """Return a constant as a JSON value that stands for exactly what came.

    Raises
    ------
    ValueError
        If it is none: a number that is not finite or beyond 64 bits, a masked entry, an object.
    """
    if depth > DEEPEST:
        raise ValueError(f"lists and dicts within each other {DEEPEST} times, at most")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("names in a dict are texts")
        return {_text(name): json_value(one, depth + 1) for name, one in value.items()}
    if is_many(value):
        return [json_value(one, depth + 1) for one in several(value)]
    plain = _plain(value)
    if isinstance(plain, Integral):
        return whole(plain)
    if not isinstance(plain, Number) and not hasattr(plain, "__float__"):
        raise ValueError("no JSON value")
    number(plain)
    return float(plain)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("a text that is no Unicode") from None
    return str(value)
