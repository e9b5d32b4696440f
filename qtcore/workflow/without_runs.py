"""The text of a script or a notebook without the statements that start runs.

A script defines a function, sweeps it, looks at the result and sweeps it again. What its runs return
has nothing to do with what the function computes. Where it has, the numbers of the module differ
from those of the text, and the rehearsal before a run says so.
"""

import ast
from collections.abc import Iterator

from qtcore.errors import InputError, listed
from qtcore.sweep.bindings import SEVERED, Module, bound

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def without_runs(text: str) -> tuple[str, set[str]]:
    """Return a text without the statements that start runs, and the names that these bind.

    Functions stay, whatever they do when they are called.
    """
    module = Module(text, is_bare=False)
    starting = _functions_that_run(module)
    plain = [n for n, one in enumerate(module.statements) if not isinstance(one, Definition)]
    lasting = {
        n
        for n, one in enumerate(module.statements)
        if isinstance(one, Definition | ast.Import | ast.ImportFrom)
    }
    dropped = {
        n
        for n in plain
        if _runs(module, module.statements[n]) or not starting.isdisjoint(module.free[n])
    }
    while dropped:
        # What uses a result cannot be executed either. Packages and functions are what they were.
        lost = _bound_by(module, dropped) - _bound_by(module, lasting)
        more = {n for n in plain if n not in dropped and not lost.isdisjoint(module.free[n])}
        if not more:
            kept = [one for n, one in enumerate(module.statements) if n not in dropped]
            return ast.unparse(ast.Module(kept, [])), lost
        dropped |= more
    return text, set()


def _bound_by(module: Module, numbers: set[int]) -> set[str]:
    return {name for n in numbers for name, _ in bound(module.statements[n])}


def refuse_what_comes_from_runs(cut: str, bound_by_runs: set[str], title: str) -> None:
    """Raise InputError if a function uses what a run has returned."""
    module = Module(cut, is_bare=True)
    used = set().union(*module.free) - {*module.binders}
    if found := sorted(used & bound_by_runs):
        raise InputError(
            f"{title} uses {listed(found)}, which a statement binds that starts a run itself; workers "
            "would have to start that run. Write the value into the text, or give it as a constant"
        )


def _functions_that_run(module: Module) -> set[str]:
    """Return the names of functions that start a run when they are called, or call one that does."""
    own = {
        statement.name: (number, statement)
        for number, statement in enumerate(module.statements)
        if isinstance(statement, Definition)
    }
    found = {name for name, (_, statement) in own.items() if _runs(module, statement)}
    while True:
        more = {
            name
            for name, (number, _) in own.items()
            if name not in found and not found.isdisjoint(module.free[number])
        }
        if not more:
            return found
        found |= more


def _runs(module: Module, statement: ast.stmt) -> bool:
    return any(
        module.path(node.func, even_if_changed=True) in SEVERED for node in _calls(statement)
    )


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    return (node for node in ast.walk(statement) if isinstance(node, ast.Call))
