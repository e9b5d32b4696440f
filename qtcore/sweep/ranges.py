"""Values of an axis as people type them: numbers, evenly spaced ranges, powers of a factor."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from qtcore.errors import InputError, brief

TYPED_WHOLE = re.compile(r"[-+]?\d+")
"""A whole number as it is typed."""

RANGE = re.compile(r"\d\s*(:|\.\.|…)\s*[-+.\d]")
"""What people type who mean a range."""

MOST = 10**6
"""Values that a range may stand for."""

FORMS = (
    "{name}=4,8,16 lists values, {name}={spaced} evenly spaced ones with both ends, "
    "{name}=4:32:x2 for 4, 8, 16, 32: from 4 on, each twice the one before, up to 32"
)
"""What may be typed, in words."""


def values_of(text: str, name: str, *, whole: bool) -> tuple[int, ...] | tuple[float, ...]:
    """Return the values that a text such as `4,8,16`, `-1.8:1.8:25` or `4:32:x2` stands for.

    Parameters
    ----------
    text : str
        Numbers and ranges, separated by commas. `first:last:count` is evenly spaced with both ends;
        `first:last:xfactor` multiplies by the factor up to `last`. Each value is the number nearest
        to the exact decimal one: `0:1:11` has 0.3, as if it were typed.
    name : str
        What takes the values, for messages.
    whole : bool
        Whether they are whole numbers.

    Raises
    ------
    InputError
        If a part is no number or range, with what is allowed.
    """
    found: list[int | float] = []
    for part in text.split(","):
        found += _part(part.strip(), name, whole)
    return tuple(found)


def _part(text: str, name: str, whole: bool) -> list[int | float]:
    words = text.split(":")
    if len(words) == 1:
        return [_typed(_decimal(text, text, name, whole), text, name, whole)]
    if len(words) != 3:
        raise _wrong(text, name, whole, "a range has three parts")
    first, last = (_decimal(word, text, name, whole) for word in words[:2])
    step = words[2].strip()
    exact = (
        _multiplied(first, last, _decimal(step[1:], text, name, whole), text, name, whole)
        if step[:1] in ("x", "×")
        else _spaced(first, last, step, text, name, whole)
    )
    return [_typed(value, text, name, whole) for value in exact]


def _spaced(
    first: Decimal, last: Decimal, step: str, text: str, name: str, whole: bool
) -> Iterator[Decimal]:
    if not step.isdecimal() or not 2 <= int(step) <= MOST:
        reason = f"the third part counts the values, from 2 to {MOST:,}, or is a factor such as x2"
        raise _wrong(text, name, whole, reason)
    if first == last:
        raise _wrong(text, name, whole, "both ends are the same")
    parts = int(step) - 1
    return (first + (last - first) * n / parts for n in range(parts + 1))


def _multiplied(
    first: Decimal, last: Decimal, factor: Decimal, text: str, name: str, whole: bool
) -> Iterator[Decimal]:
    if not 0 < first <= last or not factor > 1:
        reason = "a geometric range grows: 0 < first <= last, and a factor above 1"
        raise _wrong(text, name, whole, reason)
    if (last / first).ln() / factor.ln() > MOST:
        raise _wrong(text, name, whole, f"a range stands for at most {MOST:,} values")
    value = first
    # The last value may miss the bound by the rounding of a factor with many digits.
    while value <= last * (1 + Decimal("1e-15")):
        yield value
        value *= factor


def _decimal(word: str, text: str, name: str, whole: bool) -> Decimal:
    try:
        value = Decimal(word.strip())
    except InvalidOperation:
        raise _wrong(text, name, whole, f"{brief(word.strip())} is no number") from None
    if ":" in text and not value.is_finite():
        raise _wrong(text, name, whole, "the ends of a range are finite")
    return value


def _typed(value: Decimal, text: str, name: str, whole: bool) -> int | float:
    is_integer = value.is_finite() and value == value.to_integral_value()
    if whole and not is_integer:
        raise _wrong(text, name, whole, f"{value.normalize():f} is no whole number")
    if value and not float(value):
        raise _wrong(text, name, whole, f"{value} is too small to be told from 0")
    # A whole number stays one until it is known that a float holds it exactly.
    return int(value) if is_integer and (whole or TYPED_WHOLE.fullmatch(text)) else float(value)


def _wrong(text: str, name: str, whole: bool, why: str) -> InputError:
    takes = f"{name} takes {'whole numbers' if whole else 'numbers'}, got {brief(text)}"
    is_range = ":" in text or RANGE.search(text)
    reason = f": {why}" if is_range or why.endswith("from 0") else ""
    spaced = "10:50:5 stands for 5" if whole else "-1.8:1.8:25 stands for 25"
    return InputError(f"{takes}{reason}. {FORMS.format(name=name, spaced=spaced)}")
