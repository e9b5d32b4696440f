"""Which quantities a stage may return, read from its code.

A stage that gave up at every point has not said what it returns.
"""

from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any


def texts_in(function: Callable[..., Any]) -> set[str]:
    """Return the texts in a function, and in those of the same file that it uses.

    Keys of a dict that it returns are among them, if they are written out.
    """
    found: set[str] = set()
    seen: set[int] = set()
    left: list[Any] = [function]
    while left:
        one = left.pop()
        code = getattr(one, "__code__", None)
        if code is None or id(code) in seen:
            continue
        seen.add(id(code))
        own = list(_codes(code))
        found.update(text for part in own for text in _texts(part.co_consts))
        # What a function encloses, such as the stage around which another one was put.
        left += [_cell(cell) for cell in getattr(one, "__closure__", None) or ()]
        known = getattr(one, "__globals__", {})
        used = [known.get(name) for part in own for name in part.co_names]
        left += [f for f in used if isinstance(f, FunctionType) and f.__globals__ is known]
    return found


def _cell(cell: CellType) -> Any:
    """Return the function in a cell, also that of a stage; None if the cell is empty."""
    try:
        content = cell.cell_contents
    except ValueError:
        return None
    return getattr(content, "function", content)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code, and those of functions and comprehensions inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _texts(constants: Any) -> Iterator[str]:
    for one in constants:
        if isinstance(one, str):
            yield one
        elif isinstance(one, tuple | frozenset):
            yield from _texts(one)
