"""Validated values: bad fields are refused in the words of the fields."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from qtcore.errors import InputError, brief, first_lines


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
    if isinstance(values, np.ndarray):
        return values.tolist()
    if isinstance(values, str) or not isinstance(values, Sequence):
        return (values,)
    return values


def increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths if they increase strictly; for validators."""
    for before, after in itertools.pairwise(values):
        if after <= before:
            word = "repeated" if after == before else "not sorted"
            raise ValueError(f"{after} after {before} is {word}")
    return values


def number(value: Any) -> float:
    """Return a finite float, or raise ValueError; never the negative zero."""
    if isinstance(value, str | bool | np.bool_):
        raise ValueError("no number")  # noqa: TRY004 - one kind of error for all that is no number
    try:
        found = float(value)
    except TypeError:
        raise ValueError("no number") from None
    if not math.isfinite(found):
        raise ValueError("not finite")
    # -0.0 == 0.0, but they read differently and would hash differently.
    return found + 0.0


def whole(value: Any) -> int:
    """Return an int, or raise ValueError unless the value is a whole number."""
    found = number(value)
    if found != int(found):
        raise ValueError("not whole")
    return int(found)
