"""Names that a text binds once more, by a statement that makes no numbers."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from qtcore.sweep.bindings import BY_NAME, Module, bare, bound, walk_outside_functions
from qtcore.sweep.normal_form import normal_form
from qtcore.sweep.own_text import SOURCE
from qtcore.sweep.program import ROLES
from qtcore.sweep.syntax import parsed


def bound_otherwise(namespace: Mapping[str, Any], program: str) -> set[str]:
    """Return the names of a program that stand for something else in the author's module.

    In `x = fill(TABLE)` and, later, `x = 1` the first statement counts for what it changes, and the
    second one does not count where no function uses x. So x need not be the same on workers.

    Parameters
    ----------
    namespace : mapping of str to object
        Of the author's module. Nothing is known where its text is not at hand.
    program : str
        One file of it, as it was cut out.
    """
    text = namespace.get(SOURCE)
    if not isinstance(text, str):
        return set()
    kept = parsed(program).body
    counted = {_written(statement) for statement in kept}
    imports = {name for statement in kept for name in _imports(statement)}
    is_left_out: dict[str, bool] = {}
    for statement, other in zip(parsed(text).body, parsed(text).body, strict=True):
        is_counted = not {_written(statement), _written(bare(other))}.isdisjoint(counted)
        is_left_out |= {name: name not in imports for name in _imports(statement)}
        is_left_out |= dict.fromkeys(_binds(statement), not is_counted)
    return {name for name, is_so in is_left_out.items() if is_so}


def may_be_used(text: str, name: str) -> bool:
    """Whether functions that the engine calls may get at the object of a name.

    Parameters
    ----------
    text : str
        One file of a program. Of a file without such functions nothing is known.
    name : str
        At its top level.
    """
    module = Module(text, is_bare=True)
    roles = {f"__qtcore_{role}__" for role in ROLES}.union(ROLES) & {*module.binders}
    used = module.reach(roles)
    return not roles or name in used or not BY_NAME.isdisjoint(_words(text))


def _words(text: str) -> Iterator[str]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def place_of_name(namespace: Mapping[str, Any], name: str) -> str:
    """Return in words where the author's module binds a name."""
    text, file = namespace.get(SOURCE), namespace.get("__file__")
    statement = Module(text, is_bare=False).value_of(name) if isinstance(text, str) else None
    where = "the definition" if file is None else str(file)
    return where if statement is None else f"{where}, line {statement.lineno}"


def _imports(statement: ast.stmt) -> set[str]:
    is_import = isinstance(statement, ast.Import | ast.ImportFrom)
    return {name for name, _ in bound(statement)} if is_import else set()


def _binds(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, if the cut takes it for one that does."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif not isinstance(statement, ast.Expr):
        for node in walk_outside_functions([statement]):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
                yield node.name


def _written(statement: ast.stmt) -> str:
    return normal_form(ast.Module([statement], []))
