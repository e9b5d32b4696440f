"""What a function gives or raises, beside what it gave elsewhere, in words."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtcore.errors import InputError
from qtcore.sweep.spec import Point
from qtcore.sweep.trial import Raised

log = logging.getLogger(__name__)

ROUNDING = 1e-9
"""Of the largest number. Twice the same call may differ in the last digits, where a library adds up
in another order in memory that lies elsewhere; other functions or random numbers differ by more.
Below it a difference is only said."""


@dataclass(frozen=True)
class Author:
    """Functions as the author has them.

    Attributes
    ----------
    functions : mapping of str to function
        Those of `wire`, `solve`, `cost` that there are.
    repeatable : bool
        Whether `solve` gives the same numbers whenever it is called.
    distinct : bool
        Whether the realizations of `solve` differ from each other.
    """

    functions: Mapping[str, Callable[..., Any]]
    repeatable: bool = True
    distinct: bool = True


def complain(author: Author | None, message: str) -> None:
    """Refuse; where nobody is there to mend the functions, say it and go on."""
    if author is not None:
        raise InputError(message)
    log.warning("%s", message)


OF_MODULES = re.compile(r"\b__(name|module|qualname|file|package|spec)__\b")
"""What shows in which module a text is executed."""


def apart(name: str, point: Point, words: str, program: str) -> str:
    """Say that a function makes something else in this process than on workers."""
    return (
        f"workers would not compute what this process computes: {name}() at {point.label}: {words}. "
        f"They execute the text of the definition alone{called_otherwise(program)}; let it depend on "
        "nothing else"
    )


def called_otherwise(program: str) -> str:
    """Say that workers have the text under another name, if a program may show that name."""
    found = OF_MODULES.search(program)
    if found is None:
        return ""
    return f", in a module of another name, which {found[0]} may show"


def raised_difference(what: str, mine: Any, other: Any) -> str:
    """Say which of two attempts raised, if it was one of them alone."""
    kinds = [
        f"{type(found.error).__name__}: {found.error}" if isinstance(found, Raised) else ""
        for found in (mine, other)
    ]
    if bool(kinds[0]) == bool(kinds[1]):
        return ""
    here, there = (f"raises {kind}" if kind else "works" for kind in kinds)
    return f"{what} {here} in this process and {there} on workers"


def rows_of(found: Any, row: int) -> Any:
    """Return one realization of what a function gave, or what it gave if that is no such thing."""
    if not isinstance(found, Mapping):
        return found
    arrays = {name: np.asarray(value) for name, value in found.items()}
    if not all(array.ndim and row < len(array) for array in arrays.values()):
        return found
    return {name: array[row] for name, array in arrays.items()}


def numbers_differ(mine: Any, other: Any) -> str:
    """Say in which numbers two attempts differ; nothing where they do not."""
    if isinstance(mine, Raised) or isinstance(other, Raised):
        return raised_difference("it", mine, other)
    if not isinstance(mine, Mapping) or not isinstance(other, Mapping):
        return ""  # refused block by block
    if [*mine] != [*other]:
        return f"it returns {', '.join(map(str, mine))} and {', '.join(map(str, other))}"
    for name in mine:
        a, b = np.asarray(mine[name]), np.asarray(other[name])
        if a.dtype.kind not in "fiubc" or b.dtype.kind not in "fiubc":
            continue
        if a.shape != b.shape:
            return f"{name} has the shape {a.shape} and {b.shape}"
        finite = np.abs(a[np.isfinite(a)])
        largest = float(finite.max()) if finite.size else 0.0
        same = np.isclose(a, b, rtol=0, atol=ROUNDING * largest, equal_nan=True)
        if not same.all():
            return f"{name} is {a[~same].flat[0]:g} and {b[~same].flat[0]:g}"
        if not np.array_equal(a, b, equal_nan=True):
            log.warning(
                "solve() does not give the same bits when it is called again: %s differs by up to "
                "%.1g; a block that is computed twice may differ as much",
                name,
                np.nanmax(np.abs(a - b)),
            )
    return ""
