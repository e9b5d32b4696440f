"""Whether a function that is handed on changes something when whoever got it calls it."""

import ast
from collections.abc import Callable, Iterator

from qtcore.sweep.bindings import Module
from qtcore.sweep.local import Local
from qtcore.sweep.quiet import CHANGERS
from qtcore.sweep.sources import Source, Sources


class Callbacks:
    """What values may do when they are called.

    Parameters
    ----------
    module : Module
        The text.
    methods : set of str
        Attributes that may be functions of the text's own.
    runs_quietly : callable(expression, local) -> bool
        Whether executing an expression changes nothing that was there before.
    is_called_quietly : callable(function or class) -> bool
        Whether calling one of the text's own changes nothing.
    """

    def __init__(
        self,
        module: Module,
        methods: set[str],
        runs_quietly: Callable[[ast.expr, Local], bool],
        is_called_quietly: Callable[[Source], bool],
    ) -> None:
        self._module = module
        self._methods = methods
        self._runs_quietly = runs_quietly
        self._is_called_quietly = is_called_quietly
        self._sources = Sources(module.statements)

    def are_quiet(self, given: list[ast.expr], local: Local) -> bool:
        """Whether a function that calls what it is given changes nothing by that."""
        return all(self._is_quiet(value, local, set()) for value in given)

    def have_quiet_methods(self, given: list[ast.expr], only: str = "") -> bool:
        """Whether nobody changes anything by calling methods of objects among some values.

        It is about objects of the text's own classes, and about all methods or only those of one
        name.
        """
        waiting, seen = [*given], set[int]()
        while waiting:
            for node in ast.walk(waiting.pop()):
                if not isinstance(node, ast.Name) or id(node) in seen:
                    continue
                seen.add(id(node))
                for source in self._sources.of(node):
                    if isinstance(source, ast.expr):
                        waiting.append(source)
                    elif isinstance(source, ast.ClassDef) and not all(
                        self._is_called_quietly(part)
                        for part in source.body
                        if isinstance(part, ast.FunctionDef) and only in ("", part.name)
                    ):
                        return False
        return True

    def _is_quiet(self, value: ast.expr, local: Local, seen: set[int]) -> bool:
        """Whether calling a value, or one that it holds, changes nothing."""
        if isinstance(value, ast.Constant | ast.Compare | ast.JoinedStr):
            return True
        if isinstance(value, ast.Lambda):
            return self._runs_quietly(value.body, local)
        if isinstance(value, ast.Attribute):
            return value.attr not in CHANGERS and value.attr not in self._methods
        if isinstance(value, ast.Call):
            return self._gives_quiet(value, local, seen)
        if isinstance(value, ast.Name):
            new = [source for source in self._sources.of(value) if id(source) not in seen]
            seen.update(map(id, new))
            return all(
                self._is_quiet(source, local, seen)
                if isinstance(source, ast.expr)
                else self._is_called_quietly(source)
                for source in new
            )
        return all(self._is_quiet(part, local, seen) for part in _parts(value))

    def _gives_quiet(self, call: ast.Call, local: Local, seen: set[int]) -> bool:
        """Whether calling what a call returns changes nothing."""
        called = call.func
        inside = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(called, ast.Attribute):
            inside.append(called.value)  # TABLE.get("key")
        if isinstance(called, ast.Call):
            inside.append(called)  # type("Tee", (), {"write": write})()
        if isinstance(called, ast.Name) and called.id in self._module.binders:
            made = self._module.value_of(called.id)
            if isinstance(made, ast.FunctionDef):
                inside += [] if id(made) in seen else _returned(made)
                seen.add(id(made))
            elif not isinstance(made, ast.ClassDef) and not self._module.path(called):
                return False
        return all(self._is_quiet(part, local, seen) for part in inside)


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that an expression may hold as its value."""
    for part in ast.iter_child_nodes(value):
        if isinstance(part, ast.comprehension):
            yield part.iter
        elif isinstance(part, ast.expr):
            yield part


def _returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
            yield node.value
