"""What the functions of a program keep from call to call."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from qtcore.sweep.pictures import pictured
from qtcore.sweep.quiet import CHANGERS
from qtcore.sweep.syntax import parsed

AS_LOADED = "__qtcore_as_loaded__"
"""Under this name a definition's module keeps what its functions write into, as it was before any call."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def changed_by_functions(program: str) -> set[str]:
    """Return the names whose objects functions change while they are called.

    Such a memory of functions depends on what was called before.
    """
    functions = [node for node in ast.walk(parsed(program)) if isinstance(node, Function)]
    return {name for function in functions for name in _changed(function)}


def remember_as_loaded(namespace: dict[str, Any], text: str) -> None:
    """Keep pictures of what the functions of a definition write into, straight after it was loaded.

    Later these objects depend on what was called, so that a rehearsal could not compare them.

    Parameters
    ----------
    namespace : dict of str to object
        Of the module that was made from the text; the pictures stand in it under `AS_LOADED`.
    text : str
        The definition.
    """
    seen: dict[str, Any] = {}
    for name in sorted(changed_by_functions(text) & {*namespace}):
        with suppress(Exception):  # what cannot be copied cannot be compared
            seen[name] = pictured(namespace[name], namespace["__name__"])
    namespace[AS_LOADED] = seen


def kept_from_call_to_call(program: str) -> list[str]:
    """Return, sorted, those of these names that are not of a call's own."""
    found: set[str] = set()
    for node in ast.walk(parsed(program)):
        if isinstance(node, Function):
            found |= {*_changed(node)} - _own(node)
    return sorted(found)


def _changed(function: Function) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        changed: ast.AST | None = None
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed = node.func.value if node.func.attr in CHANGERS else None
        while isinstance(changed, ast.Subscript | ast.Attribute):
            changed = changed.value
        if isinstance(changed, ast.Name):
            yield changed.id


def _own(function: Function) -> set[str]:
    """Return the names that stand for something new, or for what is given, at each call."""
    declared = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    without = plain[: len(plain) - len(given.defaults)] + [
        argument
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if default is None
    ]
    is_constructor = getattr(function, "name", "") in ("__init__", "__new__", "__post_init__")
    bound = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    given_anew = {argument.arg for argument in without}
    return (bound | given_anew) - declared - (set() if is_constructor else {"self"})
