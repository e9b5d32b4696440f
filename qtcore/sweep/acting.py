"""Classes of a text whose objects act though nobody calls them: by their operators, or when they end."""

import ast
from collections.abc import Callable
from functools import cached_property

from qtcore.sweep.bindings import Module, bound
from qtcore.sweep.hooks import drops
from qtcore.sweep.quiet import BY_ITSELF, PLAIN_METHODS


class Acting:
    """What Python calls by itself of the classes of a text.

    Parameters
    ----------
    module : Module
        The text.
    is_quiet_body : callable(function) -> bool
        Whether executing the body of a function changes nothing but what is its own.
    call_quietly : callable(values) -> bool
        Whether calling some values changes nothing.
    """

    def __init__(
        self,
        module: Module,
        is_quiet_body: Callable[[ast.FunctionDef], bool],
        call_quietly: Callable[[list[ast.expr]], bool],
    ) -> None:
        self._module = module
        self._is_quiet_body = is_quiet_body
        self._call_quietly = call_quietly

    @cached_property
    def overloaded(self) -> set[str]:
        """Classes of the module whose objects may act when they are only looked at."""
        return {
            name
            for statement in self._module.statements
            if any(
                (isinstance(node, ast.ClassDef) and any(map(self._acts, node.body)))
                or self._lets_act(node)
                for node in ast.walk(statement)
            )
            for name in _changed_by(statement)
        }

    def _lets_act(self, node: ast.AST) -> bool:
        """Whether a node gives a class that is there already a method that Python calls by itself."""
        if isinstance(node, ast.Assign):
            return any(
                isinstance(target, ast.Attribute) and _is_called_by_python(target.attr)
                for target in node.targets
            ) and not self._call_quietly([node.value])
        return (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "setattr"
            and len(node.args) == 3
            and isinstance(node.args[1], ast.Constant)
            and _is_called_by_python(str(node.args[1].value))
            and not self._call_quietly(node.args[2:])
        )

    def _acts(self, node: ast.stmt) -> bool:
        """Whether a statement of a class may let its objects act when they are only looked at."""
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
            return any(
                isinstance(target, ast.Name)
                and _is_called_by_python(target.id)
                and target.id != "__slots__"
                for target in node.targets
            )
        return (
            isinstance(node, ast.FunctionDef)
            and (bool(node.decorator_list) or _is_called_by_python(node.name))
            and node.name not in PLAIN_METHODS
            and not self._is_quiet_body(node)
        )

    def ends_something(self, number: int) -> bool:
        """Whether a statement may let an object go whose class does something then."""
        if not self.dying or not drops(self._module, number):
            return False
        names = {name for name, _ in bound(self._module.statements[number])}
        return not self.dying.isdisjoint(self._module.reach(names))

    @cached_property
    def dying(self) -> set[str]:
        """Classes of the module whose objects do something when nobody names them any more."""
        return {
            name
            for statement in self._module.statements
            if any(
                isinstance(node, ast.FunctionDef)
                and node.name == "__del__"
                and not self._is_quiet_body(node)
                for node in ast.walk(statement)
            )
            for name, _ in bound(statement)
        }

    def called_by_enum(self, node: ast.ClassDef) -> list[ast.FunctionDef]:
        """Return the methods that are called while an enumeration is defined."""
        classes, is_enum = [node], False
        for made in classes:
            for base in made.bases:
                is_enum |= self._module.path(base).startswith("enum.")
                own = self._module.value_of(base.id) if isinstance(base, ast.Name) else None
                if isinstance(own, ast.ClassDef) and own not in classes:
                    classes.append(own)
        methods = [part for c in classes for part in c.body if isinstance(part, ast.FunctionDef)]
        return [m for m in methods if is_enum and m.name.startswith("_")]


def _is_called_by_python(name: str) -> bool:
    """Whether Python may call a method of this name though nobody names it."""
    return name.startswith("__") or name in BY_ITSELF


def _changed_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds or changes, those that `setattr` gets included."""
    given = {
        node.args[0].id
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "setattr"
        and node.args
        and isinstance(node.args[0], ast.Name)
    }
    return given | {name for name, _ in bound(statement)}
