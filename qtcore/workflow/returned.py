"""Which quantities a stage returns, read from the text of its definition before it is called."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeGuard

from qtcore.errors import InputError
from qtcore.results.declare import Stage
from qtcore.sweep.own_text import source_text
from qtcore.sweep.syntax import parsed

Function = ast.FunctionDef | ast.Lambda


def returned_by(stage: Stage) -> set[str]:
    """Return the names that a stage gives a value to, as far as they are written out.

    They are keys of a dict that stands behind `return`, or of one with a name that is returned. A
    function whose text cannot be had, or that another function made, gives none.
    """
    function = _text_of(stage)
    return {*_keys(function)} if function is not None else set()


def asked_by(stage: Stage) -> set[str]:
    """Return the earlier quantities that a stage asks for, `at["NAME"]`, as far as they are written out."""
    function = _text_of(stage)
    if function is None or not function.args.args:
        return set()
    at = function.args.args[0].arg
    return {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == at
        for name in _text(node.slice)
    }


def _text_of(stage: Stage) -> Function | None:
    """Return the text of a stage's function; None if it cannot be had."""
    code = getattr(stage.function, "__code__", None)
    if code is None:
        return None
    try:
        known = _functions(source_text(stage.function))
    except (InputError, SyntaxError, UnicodeDecodeError):
        return None
    found = [node for *place, node in known if place == [code.co_name, code.co_firstlineno]]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=2)
def _functions(text: str) -> tuple[tuple[str, int, Function], ...]:
    """Return the functions in a text, each with its name and the line in which its code begins."""
    found: list[tuple[str, int, Function]] = []
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Lambda):
            found.append(("<lambda>", node.lineno, node))
        elif isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found.append((node.name, first, node))
    return tuple(found)


def _keys(function: Function) -> Iterator[str]:
    if isinstance(function, ast.Lambda):
        yield from _written(function.body)
        return
    own = [*_own(function)]
    returned = [node.value for node in own if isinstance(node, ast.Return)]
    names = {value.id for value in returned if isinstance(value, ast.Name)}
    for value in returned:
        yield from _written(value)
    for node in (one for one in own if isinstance(one, ast.Assign)):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in names:
                yield from _written(node.value)
            elif _is_entry(target, names) and not _is_none(node.value):
                yield from _text(target.slice)


def _is_entry(target: ast.expr, names: set[str]) -> TypeGuard[ast.Subscript]:
    """Whether a target of an assignment is an entry of a dict with one of some names."""
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id in names
    )


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions and classes inside it."""
    left: list[ast.AST] = [*function.body]
    while left:
        node = left.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            left += ast.iter_child_nodes(node)


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, ast.Dict):
        for key, given in zip(value.keys, value.values, strict=True):
            if not _is_none(given):
                yield from _text(key)


def _text(node: Any) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
