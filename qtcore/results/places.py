"""Places in a sweep, as keys and in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qtcore.results.cases import case_words
from qtcore.results.dimensions import coordinates
from qtcore.results.swept import Swept

Mask = NDArray[np.bool_]

NAMED = 3
"""More places than this are counted instead of named."""


class Dimensions(Protocol):
    """What has dimensions: a `Table`."""

    @property
    def swept(self) -> Swept:
        """The sweep, with its axes."""

    @property
    def own(self) -> Mapping[str, Any]:
        """Dimensions that only results have, by name."""


def labels(
    table: Dimensions, dims: Sequence[str], place: Sequence[int], *, parameters: bool = True
) -> tuple[str, str]:
    """Return a place as a key, `[width=40,length=176]`, and in words, `, width 40, length 176`.

    The words leave out what has one value in the whole sweep, and name what cases stand for, if asked for.
    """
    keys, words = [], []
    for d, n in zip(dims, place, strict=True):
        own = table.own.get(d)
        values = table.swept.values(d) if own is None else coordinates(own)
        value = values[int(n)]
        is_text = values.dtype.kind in "OUT"
        keys.append(f"{d}={value if is_text else number_text(float(value))}")
        if len(values) > 1:
            told = _case_text(table.swept, d, value) if own is None and parameters else ""
            shown = str(value) if is_text else told_apart(float(value), values)
            words.append(f"{d} {shown}{told}")
    return (f"[{','.join(keys)}]" if keys else ""), "".join(f", {one}" for one in words)


def _case_text(swept: Swept, axis: str, number: Any) -> str:
    """Return what a case stands for, in brackets."""
    if not swept.has_cases(axis):
        return ""
    numbers = [int(n) for n in swept.values(axis)]
    told = case_words([swept.case(axis, n) for n in numbers])[numbers.index(int(number))]
    return f" ({told})" if told else ""


def named_places(
    table: Dimensions, dims: Sequence[str], mask: Mask, others: Mask, known: int
) -> str:
    """Return which places a mask marks, in words: by name if they are few.

    Parameters
    ----------
    table : Dimensions
        Of the sweep.
    dims : sequence of str
        Dimensions of the masks.
    mask, others : bool arrays
        What is marked, and what it must be told from. An axis that is not needed for this is not
        named.
    known : int
        How many places there are in all.
    """
    marked = int(mask.sum())
    if marked == known:
        return f"all of {known:,} points" if known > 1 else "the only point"
    kept = []
    for n, d in enumerate(dims):
        yes = np.asarray(mask.any(axis=n, keepdims=True))
        no = np.asarray(others.any(axis=n, keepdims=True))
        if (yes & no).any():
            kept.append((n, d))
        else:
            mask, others = yes, no
    places = np.argwhere(mask)
    if len(places) > NAMED or not kept:
        return f"{marked:,} of {known:,} points"
    names = [d for _, d in kept]
    words = [
        labels(table, names, [place[n] for n, _ in kept], parameters=False)[1] for place in places
    ]
    return " and at ".join(one.removeprefix(", ") for one in words)


def told_apart(value: float, values: NDArray[Any]) -> str:
    """Return a number with six digits, or with all of them where six do not tell it from other values."""
    alike = np.count_nonzero(np.abs(values - value) <= 1e-5 * abs(value))
    return f"{value:g}" if alike < 2 else number_text(value)


def number_text(value: float) -> str:
    """Return a number as short as it can be without becoming another one."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
