"""A function taken out of the text where it stands, for a definition that calls it.

A function at the top level is called by its name. A lambda, or a function inside another one, has no
name there: it is written into the function that calls it, with the local variables that it uses.
"""

import ast
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.sweep.bindings import Module
from qtcore.sweep.own_text import lines_of, source_text, text_so_far
from qtcore.sweep.program import is_installed_module
from qtcore.sweep.syntax import parsed

LAMBDA = "<lambda>"

Written = ast.Lambda | ast.FunctionDef


@dataclass(frozen=True)
class Taken:
    """A function, and the text that defines it.

    Attributes
    ----------
    text : str
        Of the module around it.
    name : str
        By which it is called.
    inner : list of ast.stmt
        What stands before the call, in the function that calls it; nothing for a function of the
        module.
    """

    text: str
    name: str
    inner: list[ast.stmt]


def refuse_unless_written(function: Any, role: str) -> types.FunctionType:
    """Return a function that is written in Python, or raise InputError for anything else."""
    if isinstance(function, types.FunctionType):
        return function
    raise InputError(
        f"{role} must be a function that is written in Python, because workers execute its text; got "
        f"{brief(function)} ({type(function).__name__}): write `def {role}(width, energy): return ...`, which "
        "may call it, and give constants as keywords"
    )


def taken(function: types.FunctionType) -> Taken:
    """Return a function with the text that defines it.

    Raises
    ------
    InputError
        If its source cannot be had, or it needs something that no text has.
    """
    namespace, name = function.__globals__, function.__name__
    if namespace.get(name) is function:
        if is_installed_module(namespace):
            return Taken(f"from {namespace['__name__']} import {name}\n", name, [])
        so_far = text_so_far(function)
        # It may stand in the very statement that is executed, such as an `if`.
        is_there = name in Module(so_far, is_bare=True).binders
        return Taken(so_far if is_there else source_text(function), name, [])
    if is_installed_module(namespace):
        raise InputError(
            f"{_where(function)} is inside another function of an installed package: take one that "
            "the package has at its top level"
        )
    node = _found(function)
    values = _enclosed(function)
    _set_defaults(node, function)
    if isinstance(node, ast.Lambda):
        name = _unused("computed", _names(node))
        made: ast.stmt = ast.Assign([ast.Name(name, ast.Store())], node)
    else:
        made = node
    given = [ast.Assign([ast.Name(n, ast.Store())], _literal(v)) for n, v in values.items()]
    return Taken(text_so_far(function), name, [*given, made])


def names_in(statements: Iterable[ast.stmt]) -> set[str]:
    """Return all names in some statements."""
    return {name for statement in statements for name in _names(statement)}


def _refuse_another_text(function: types.FunctionType, text: str) -> None:
    """Raise InputError if a file no longer says what a function does that was loaded from it."""
    code = function.__code__
    if not Path(code.co_filename).is_file():  # a cell stays what it was
        return
    if not any(_of_code(one) == _of_code(code) for one in _codes(compile(text, "", "exec"))):
        raise InputError(
            f"{_where(function)} is no longer what its file says: the file was changed after it was "
            "read. Load it again"
        )


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _codes(one)


def _of_code(code: types.CodeType) -> tuple[Any, ...]:
    constants = [repr(one) for one in code.co_consts if not isinstance(one, types.CodeType)]
    return code.co_name, code.co_firstlineno, code.co_code, code.co_names, constants


def _where(function: types.FunctionType) -> str:
    code = function.__code__
    what = "the lambda" if code.co_name == LAMBDA else f"the function {code.co_name}"
    return f"{what} ({code.co_filename}, line {code.co_firstlineno})"


def _found(function: types.FunctionType) -> Written:
    """Return the syntax tree of a lambda, or of a function inside another one."""
    code, text = function.__code__, lines_of(function)
    try:
        tree = parsed(text)
    except SyntaxError:
        tree = ast.Module([], [])
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, Written)
        and getattr(node, "name", LAMBDA) == code.co_name
        and _first_line(node) == code.co_firstlineno
        and _holds(node, code)
    ]
    nodes = [n for n in nodes if not any(n is not o and _is_inside(o, n) for o in nodes)]
    if len(nodes) > 1:
        raise InputError(
            f"{_where(function)} stands on one line with another one, and Python does not say which of "
            f"them it is: write `def` in the place of one of them, or put them on lines of their own"
        )
    if not nodes:
        raise InputError(
            f"{_where(function)} is not found in its source: write it as `def` at the top level of a "
            "file or of a notebook's cell"
        )
    _refuse_another_text(function, text)
    node = nodes[0]
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        raise InputError(
            f"{_where(function)} has a decorator and stands inside another function: write it at the "
            "top level of a file or of a notebook's cell"
        )
    return node


def _first_line(node: ast.Lambda | ast.FunctionDef) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _holds(node: Any, code: types.CodeType) -> bool:
    """Whether all places of a code that Python knows lie inside a node of a tree."""
    begins, ends = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    for line, last_line, column, last_column in code.co_positions():
        if line is None or last_line is None:
            continue
        if column is None or last_column is None:
            inside = begins[0] <= line and last_line <= ends[0]
        elif last_line == line and column == last_column == 0:  # where the function begins
            continue
        else:
            inside = begins <= (line, column) and (last_line, last_column) <= ends
        if not inside:
            return False
    return True


def _is_inside(inner: ast.AST, outer: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _enclosed(function: types.FunctionType) -> dict[str, Any]:
    """Return the local variables of other functions that a function uses.

    Raises
    ------
    InputError
        If one is more than plain numbers, texts and tuples of them.
    """
    found = {}
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        try:
            value = cell.cell_contents
        except ValueError:
            value = function  # not bound yet
        if not _is_plain(value):
            raise InputError(
                f"{_where(function)} uses {name} ({type(value).__name__}), a local variable of the "
                "function around it, which workers do not have: numbers, texts and tuples of them "
                f"go along. Make {name} inside the function, or write both at the top level"
            )
        found[name] = value
    return found


def _set_defaults(node: Written, function: types.FunctionType) -> None:
    """Put the values of defaults in the place of the expressions that made them."""
    plain, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    for value in (*plain, *named.values()):
        if not _is_plain(value):
            raise InputError(
                f"a default of {_where(function)} is {brief(value)} ({type(value).__name__}); of a lambda, "
                "or a function inside another one, defaults are numbers, texts or tuples of them. "
                "Write the function as `def` at the top level"
            )
    node.args.defaults = [_literal(value) for value in plain]
    node.args.kw_defaults = [
        _literal(named[one.arg]) if one.arg in named else None for one in node.args.kwonlyargs
    ]


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return type(value) is tuple and all(map(_is_plain, value))
    if isinstance(value, np.generic):
        return value.dtype.kind in "biufc" and value.dtype.itemsize <= 16
    return value is None or type(value) in (bool, int, float, complex, str)


def _literal(value: Any) -> ast.expr:
    """Return an expression for a plain value."""
    if isinstance(value, tuple):
        return ast.Tuple([_literal(one) for one in value], ast.Load())
    value = value.item() if isinstance(value, np.generic) else value
    if (isinstance(value, float | complex) and value != value) or value in (np.inf, -np.inf):
        return ast.parse(f"{type(value).__name__}({str(value)!r})", mode="eval").body
    return ast.parse(repr(value), mode="eval").body


def _names(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _unused(name: str, names: set[str]) -> str:
    while name in names:
        name += "_"
    return name
