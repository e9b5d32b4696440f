"""What is wanted of a parameter: numbers, ranges that may be open at either end, or texts."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtcore.errors import InputError, brief

Range = tuple[float, float]

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
"""A number as people type it."""

FORMS = (
    "a number, several (4,8), a text, or a range LOW:HIGH that may be open at one end, such as 0.1:0.6, "
    "4: or :8"
)
"""What may be asked for, in words."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a parameter: one of these ranges, or one of these texts.

    Attributes
    ----------
    ranges : tuple of (low, high)
        Both ends belong to a range; a number is a range from itself to itself.
    texts : tuple of str
        "true" and "false" stand for truth values.
    """

    ranges: tuple[Range, ...] = ()
    texts: tuple[str, ...] = ()

    def met_by(self, value: Any) -> bool:
        """Whether a parameter has a wanted value; of several values, whether one of them is."""
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
            return any(bool(((value >= low) & (value <= high)).any()) for low, high in self.ranges)
        if isinstance(value, list | tuple | np.ndarray):
            return any(map(self.met_by, value))
        if isinstance(value, bool | str):
            return (str(value).lower() if isinstance(value, bool) else value) in self.texts
        return isinstance(value, int | float) and any(a <= value <= b for a, b in self.ranges)


def wanted_of(name: str, given: Any) -> Wanted:
    """Return what somebody wants of a parameter.

    Parameters
    ----------
    name : str
        The parameter, for messages.
    given : number, str, bool, slice, or a sequence of these
        A text is a number, several, a range or a word: `"0.5"`, `"4,8"`, `"0.1:0.6"`, `"4:"`, `"zigzag"`.

    Raises
    ------
    InputError
        If it is none of these, or a range has no end or is empty.
    """
    if isinstance(given, str):
        return _typed(name, given)
    if isinstance(given, bool | np.bool_):
        return Wanted(texts=(str(given).lower(),))
    if isinstance(given, slice):
        if given.step is not None or given.start is given.stop is None:
            raise _wrong(name, given)
        return _range(name, given.start, given.stop, given)
    if isinstance(given, Sequence | np.ndarray) and len(given):
        all_of = [wanted_of(name, one) for one in given]
        return Wanted(
            tuple(one for each in all_of for one in each.ranges),
            tuple(one for each in all_of for one in each.texts),
        )
    return _range(name, given, given, given)


def of_numbers(value: Any) -> bool:
    """Whether a parameter holds numbers alone, so that no text can be one of its values."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    if isinstance(value, list | tuple):
        return all(map(of_numbers, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def no_number(name: str, text: str) -> InputError:
    """Return the refusal of a text where a parameter holds numbers."""
    return InputError(f"{name} holds numbers: allowed is {FORMS}; got {brief(text)}")


def _typed(name: str, text: str) -> Wanted:
    several = text.split(",")
    if len(several) > 1 and all(NUMBER.fullmatch(one.strip()) for one in several):
        return wanted_of(name, [one.strip() for one in several])
    ends = text.strip().split(":")
    if len(ends) == 1 and not _is_number(ends[0]):
        if not ends[0]:
            raise _wrong(name, text)
        return Wanted(texts=(ends[0],))
    typed = [end.strip() for end in ends]
    if len(ends) > 2 or not any(typed) or not all(NUMBER.fullmatch(one) for one in typed if one):
        raise _wrong(name, text)
    return _range(name, typed[0] or None, typed[-1] or None, text)


def _range(name: str, low: Any, high: Any, given: Any) -> Wanted:
    try:
        ends = (-math.inf if low is None else float(low), math.inf if high is None else float(high))
    except (TypeError, ValueError):
        raise _wrong(name, given) from None
    if any(map(math.isnan, ends)) or (low is not None and math.isinf(ends[0])):
        raise _wrong(name, given)
    if ends[0] > ends[1]:
        raise InputError(f"{name}: a range goes from low to high, got {brief(given)}")
    return Wanted((ends,))


def _is_number(text: str) -> bool:
    """Whether Python takes a text for a number: one that is not finite, or written in its own way."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wrong(name: str, given: Any) -> InputError:
    return InputError(f"{name}: allowed is {FORMS}; got {brief(given)}")
