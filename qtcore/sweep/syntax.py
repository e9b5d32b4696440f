"""The syntax tree of a text, also where two threads ask for one at the same time."""

import ast
from contextlib import suppress

TRIES = 5


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a text.

    Python before 3.11.8 counts the depth of all trees that are under way together
    (python/cpython issue 106905). Two threads at once then get a SystemError now and then, whatever
    the text is, and the next try succeeds.

    Raises
    ------
    SyntaxError
        If the text is no Python.
    """
    for _ in range(TRIES - 1):
        with suppress(SystemError):
            return ast.parse(text)
    return ast.parse(text)
