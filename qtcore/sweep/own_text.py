"""The text that a function's module was made from: a file, the cells of a notebook, what was typed."""

import ast
import linecache
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from qtcore.errors import InputError
from qtcore.sweep.syntax import parsed

SOURCE = "__qtcore_source__"
"""Under this name a definition's module keeps the text that it was made from."""

TYPED = re.compile(r"<(?:python-input-(\d+)>|stdin>-(\d+))")
"""Under these names Python 3.13 and later keep what was typed at their prompt, one after the other."""

COMMAND = "<string>"
"""File name of the text behind `python -c`, and of any other text that is executed."""


def source_text(function: Callable[..., Any]) -> str:
    """Return the text that a function's module was made from: its file, or a notebook's cells.

    Raises
    ------
    InputError
        If it cannot be had, with what to do.
    """
    return _put_together(_pieces(function))


def text_so_far(function: Callable[..., Any]) -> str:
    """Return that part of the text which was executed before the statement that is executed now.

    What follows has not happened yet, such as the next sweep of a script. If the module is not being
    executed, that is the whole text. Errors as in `source_text`.
    """
    pieces = _pieces(function)
    place = _place_now(function.__globals__)
    if place is None or not _parses(pieces[-1]):
        return _put_together(pieces)
    return _put_together([*pieces[:-1], _before(pieces[-1], place)])


def _pieces(function: Callable[..., Any]) -> list[str]:
    """Return the texts that a function's module was made from, one after the other."""
    namespace: Mapping[str, Any] = function.__globals__
    if isinstance(namespace.get(SOURCE), str):
        return [str(namespace[SOURCE])]
    cells = namespace.get("In")
    if isinstance(cells, list):
        return cells
    file = function.__code__.co_filename
    if TYPED.fullmatch(file):
        return ["".join(linecache.getlines(name)) for name in _typed()]
    if file.startswith(COMMAND) and namespace is vars(sys.modules["__main__"]):
        command = _behind_c()
        if command:
            return [command]
    try:
        return [Path(file).read_text(encoding="utf-8")]
    except OSError:
        raise InputError(
            f"the source of {function.__name__} cannot be had ({file}), so workers could not be told what "
            "to compute: write it into a file or a cell of a notebook, and take it from there. Python "
            "keeps what is typed at its prompt from version 3.13 on; what it reads from a pipe it "
            "does not keep"
        ) from None


def lines_of(function: Callable[..., Any]) -> str:
    """Return the text in which the lines of a function are counted: its file, or its cell alone."""
    namespace: Mapping[str, Any] = function.__globals__
    if isinstance(namespace.get(SOURCE), str):
        return str(namespace[SOURCE])
    found = "".join(linecache.getlines(function.__code__.co_filename, {}))
    return found or source_text(function)


def _place_now(namespace: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return line and column of a module, or of its last cell, that is being executed; None if none is."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_name
        if frame.f_globals is namespace and name.startswith(("<module>", "<cell line")):
            column = [*frame.f_code.co_positions()][frame.f_lasti // 2][2]
            return frame.f_lineno, 0 if column is None else column
        frame = frame.f_back
    return None


def _before(text: str, place: tuple[int, int]) -> str:
    """Return what stands in a text before the statement at a line and a column."""
    found: ast.stmt | None = None
    for statement in parsed(text).body:
        decorators = getattr(statement, "decorator_list", ())
        if min([statement.lineno, *(one.lineno for one in decorators)]) > place[0]:
            break
        if (statement.lineno, statement.col_offset) <= place or found is None:
            found = statement
    if found is None:
        return text
    lines = text.split("\n")
    begun = lines[found.lineno - 1].encode()[: found.col_offset].decode()
    return "\n".join([*lines[: found.lineno - 1], begun])


def _typed() -> list[str]:
    """Return the names of all that was typed at Python's prompt, in its order."""
    found = {}
    for name in map(str, linecache.cache):
        if typed := TYPED.fullmatch(name):
            found[int(typed[1] or typed[2])] = name
    return [found[number] for number in sorted(found)]


def _behind_c() -> str:
    """Return the text of `python -c`; nothing if this process was started otherwise."""
    if sys.argv[:1] != ["-c"]:
        return ""
    text = sys.orig_argv[-len(sys.argv)]
    return text if _parses(text) else ""


def _put_together(pieces: list[str]) -> str:
    """Return pieces as one text; cells with magics define nothing for workers."""
    return "\n".join(piece for piece in pieces if _parses(piece))


def _parses(piece: str) -> bool:
    """Whether a text is plain Python."""
    try:
        parsed(piece)
    except SyntaxError:
        return False
    return True
