"""Defaults of a swept function that a sweep leaves as they are: they decide numbers as constants do.

They are read from the text of the definition that a call of `qtcore.sweep` has made, and nothing of it is
executed.
"""

import ast
from collections.abc import Iterator

from qtcore.errors import LONGEST
from qtcore.sweep.own_preset import SIZE


def defaults_in(text: object) -> dict[str, str]:
    """Return the defaults that the function of a sweep has for parameters that are no axis and no constant.

    Parameters
    ----------
    text : str
        The definition in a store. One that somebody has written by hand has none.

    Returns
    -------
    dict of str to str
        For each parameter its default as it is written; of a name that the text binds to a number or a text, that.
    """
    if not isinstance(text, str) or f"name='{SIZE} of " not in text:
        return {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # of somebody else's making
        return {}
    called = _called(tree)
    if called is None or not isinstance(called.func, ast.Name):
        return {}
    given = {one.arg for one in called.keywords}
    bound = _bound(tree)
    return {
        name: bound.get(written, written)[:LONGEST]
        for name, written in _defaults(tree, called.func.id)
        if name not in given
    }


def _called(tree: ast.Module) -> ast.Call | None:
    """Return the call of the user's function in the function of a point."""
    last = tree.body[-1] if tree.body else None
    if not (isinstance(last, ast.Assign) and isinstance(last.value, ast.Call)):
        return None
    roles = [one.value for one in last.value.keywords if one.arg in ("wire", "solve")]
    for one in tree.body:
        if isinstance(one, ast.FunctionDef) and [one.name] == [
            role.id for role in roles if isinstance(role, ast.Name)
        ]:
            end = one.body[-1]
            if isinstance(end, ast.Return) and isinstance(end.value, ast.Call):
                return end.value
    return None


def _defaults(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef) and one.name == name:
            own = one.args
        elif (
            isinstance(one, ast.Assign) and isinstance(one.value, ast.Lambda) and _binds(one, name)
        ):
            own = one.value.args
        else:
            continue
        plain = [*own.posonlyargs, *own.args]
        behind = plain[len(plain) - len(own.defaults) :]
        for argument, default in [
            *zip(behind, own.defaults, strict=True),
            *zip(own.kwonlyargs, own.kw_defaults, strict=True),
        ]:
            if default is not None:
                yield argument.arg, ast.unparse(default)
        return


def _binds(one: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in one.targets)


def _bound(tree: ast.Module) -> dict[str, str]:
    """Return the names that the text binds to a constant once, with what they are bound to."""
    found: dict[str, list[str]] = {}
    for one in ast.walk(tree):
        if isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Name):
                    is_plain = isinstance(one.value, ast.Constant | ast.UnaryOp)
                    found.setdefault(target.id, []).append(
                        ast.unparse(one.value) if is_plain else target.id
                    )
    return {name: values[0] for name, values in found.items() if len(values) == 1}
