"""What came as a field of a panel: whoever writes a definition may have written anything."""

from typing import Any, TypeGuard

import numpy as np


def is_number(value: Any) -> TypeGuard[float]:
    """Whether something is a finite number."""
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def is_count(value: Any) -> TypeGuard[int]:
    """Whether something is a whole number from 1 on."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def is_text(value: Any) -> TypeGuard[str]:
    """Whether something is a text, "" too."""
    return isinstance(value, str)


def is_row(value: Any, length: int) -> bool:
    """Whether something is a row of so many things."""
    return isinstance(value, tuple | list) and len(value) == length


def as_row(value: Any) -> tuple[Any, ...]:
    """Return one name or several as several; nothing for an empty name."""
    if isinstance(value, tuple | list):
        return tuple(value)
    return (value,) if value != "" else ()
