"""Lines of a program, told as lines of the definition that it was cut from.

A program has the statements of a definition in normal form (decision 13), so that its lines are
others. Whoever reads a traceback wants to see the file that was written.
"""

import ast
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from qtcore.sweep.bindings import Module
from qtcore.sweep.normal_form import normal_form
from qtcore.sweep.syntax import parsed

FRAME = re.compile(
    r'^ +File "(<qtcore_program_\w+>)", line (\d+)(.*)\n(?: +(?!File ).*\n)?(?:[ ~^]+\n)?',
    re.MULTILINE,
)
"""A place in a program, as tracebacks tell it: file, line and function, the line itself, marks."""


class _Origin(NamedTuple):
    """Where a program comes from: its own text, that of the definition, and the path of it."""

    program: str
    definition: str
    path: str


_origins: dict[str, _Origin] = {}
"""By the file names that tracebacks show for programs."""


def remember_origin(file: str, program: str, definition: str, path: str) -> None:
    """Let `in_own_lines` know what a program was cut from, in this process.

    Parameters
    ----------
    file : str
        What tracebacks call the program.
    program, definition : str
        The texts.
    path : str
        Where the definition lies.
    """
    _origins[file] = _Origin(program, definition, path)


def in_own_lines(trace: str) -> str:
    """Return a traceback in which programs are told as lines of their definitions.

    What is not known, or is not found in the definition, stays as it is.
    """
    return FRAME.sub(_own_frame, trace)


@contextmanager
def noted_in_own_lines() -> Iterator[None]:
    """Add to an exception that leaves this block where it was raised in its definition."""
    try:
        yield
    except Exception as error:
        trace = "".join(traceback.format_tb(error.__traceback__))
        frames = [_own_frame(found) for found in FRAME.finditer(trace)]
        if frames:
            error.add_note("In the lines of the definition:\n" + "".join(frames).rstrip())
        raise


def _own_frame(found: re.Match[str]) -> str:
    origin = _origins.get(found[1])
    line = None if origin is None else _lines(origin).get(int(found[2]))
    if origin is None or line is None:
        return found[0]
    text = origin.definition.splitlines()[line - 1].strip()
    return f'  File "{origin.path}", line {line}{found[3]}\n    {text}\n'


def _lines(origin: _Origin) -> dict[int, int]:
    """Return the line of the definition for every line of a program at which a statement begins."""
    try:
        cut = parsed(origin.program).body
        modules = [Module(origin.definition, is_bare=is_bare) for is_bare in (True, False)]
    except (SyntaxError, ValueError, RecursionError):
        return {}
    lines: dict[int, int] = {}
    for module in modules:
        own = [(normal_form(statement), statement) for statement in module.statements]
        for statement in cut:
            text = normal_form(statement)
            at = next((n for n, (written, _) in enumerate(own) if written == text), None)
            if at is None or statement.lineno in lines:
                continue
            pairs = zip(_statements(statement), _statements(own[at][1]), strict=True)
            lines |= {theirs.lineno: mine.lineno for theirs, mine in pairs}
            del own[: at + 1]  # both have their statements in the same order
    return lines


def _statements(tree: ast.stmt) -> Iterator[ast.stmt | ast.ExceptHandler]:
    """Yield a statement and those inside it, in the order of the text."""
    yield tree
    for node in ast.walk(tree):
        if node is not tree and isinstance(node, ast.stmt | ast.ExceptHandler):
            yield node
