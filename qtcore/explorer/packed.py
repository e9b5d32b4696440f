"""Numbers on their way to a browser."""

import base64
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def packed(numbers: ArrayLike, *, short: bool = False) -> str:
    """Return numbers as text that a browser turns into an array: base64, little endian.

    Parameters
    ----------
    numbers : array_like of float
        Any shape; the last index runs fastest.
    short : bool
        Four bytes a number instead of eight: enough for a picture, not for arithmetic.
    """
    array = np.ascontiguousarray(numbers, dtype="<f4" if short else "<f8")
    return base64.b64encode(array.tobytes()).decode("ascii")


def plain(value: Any) -> Any:
    """Return a value as JSON has it: no NaN, no infinity, no types of NumPy."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def unpacked(text: str, *, short: bool = False) -> NDArray[np.float64]:
    """Return what `packed` was given, flat."""
    found = np.frombuffer(base64.b64decode(text), dtype="<f4" if short else "<f8")
    return found.astype(np.float64)
