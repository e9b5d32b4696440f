"""Statements that hand something of a text's own to Python, which calls it later by itself.

After `sys.stdout = Tee()` every `print` calls `Tee.write`; after `warnings.showwarning = record` a
division by zero may call `record`. Statements that follow then change more than what stands in them.
"""

import ast
from collections.abc import Callable, Iterator

from qtcore.sweep.bindings import Module, bound
from qtcore.sweep.quiet import is_quiet_path

CALLING_LATER = frozenset(
    [
        "builtins",
        "codecs",
        "contextlib",
        "copyreg",
        "gc",
        "io",
        "logging",
        "numpy",
        "os",
        "scipy",
        "signal",
        "sys",
        "threading",
        "warnings",
        "weakref",
    ]
)
"""Packages that keep what they get and call it while other statements are executed."""


class Hooks:
    """What a text hands over to be called later.

    Attributes
    ----------
    numbers : list of int
        Statements that hand over what may change something when it is called.
    touched : set of str
        The names whose objects that may change.
    keeping : list of int
        Statements that hand over functions or classes of the text, whether they change something or
        not: these find what stands in the text when they are called.

    Parameters
    ----------
    module : Module
        The text.
    may_act : callable(values) -> bool
        Whether calling some values, or methods of theirs, may change something.
    """

    def __init__(self, module: Module, may_act: Callable[[list[ast.expr]], bool]) -> None:
        self._module = module
        self._may_act = may_act
        self.numbers = [n for n, s in enumerate(module.statements) if self._hands_over(n, s)]
        self.keeping = [n for n, s in enumerate(module.statements) if self._keeps_code(s)]
        self.touched = set[str]().union(*(module.touched(n) for n in self.numbers))

    def may_run(self, number: int) -> bool:
        """Whether a statement may have something called that was handed over before."""
        if not self.numbers or number <= self.numbers[0]:
            return False
        return not self._does_nothing(number)

    def _hands_over(self, number: int, statement: ast.stmt) -> bool:
        """Whether a statement, or a function that it may call, hands something over."""
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return False
        if any(self._is_handing(node) for node in ast.walk(statement)):
            return True
        value = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        if isinstance(value, ast.Call) and self._module.path(value.func).startswith("qtcore."):
            return False
        if not any(isinstance(node, ast.Call) for node in ast.walk(statement)):
            return False
        made = [
            self._module.statements[n]
            for name in self._module.reach(self._module.free[number])
            for n, _ in self._module.binders.get(name, ())
        ]
        return any(
            self._is_handing(node)
            for definition in made
            if isinstance(definition, ast.FunctionDef | ast.ClassDef)
            for node in ast.walk(definition)
        )

    def _keeps_code(self, statement: ast.stmt) -> bool:
        """Whether a statement hands over a function or a class of the text."""
        return any(
            isinstance(part, ast.Lambda)
            or (
                isinstance(part, ast.Name)
                and isinstance(self._module.value_of(part.id), ast.FunctionDef | ast.ClassDef)
            )
            for node in ast.walk(statement)
            for value in self._handed(node)
            for part in ast.walk(value)
        )

    def _is_handing(self, node: ast.AST) -> bool:
        given = self._handed(node)
        return bool(given) and self._may_act(given)

    def _handed(self, node: ast.AST) -> list[ast.expr]:
        """Return the values that a node hands over to one of the packages."""
        if isinstance(node, ast.Assign):
            targets = [part for target in node.targets for part in _single(target)]
            is_theirs = any(
                isinstance(target, ast.Attribute | ast.Subscript) and self._is_of_python(target)
                for target in targets
            )
            return [node.value] if is_theirs else []
        if not isinstance(node, ast.Call):
            return []
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(given) > 2:
            return given[2:] if self._is_of_python(given[0]) else []
        path = self._module.path(node.func)
        if not self._is_of_python(node.func) or (path and is_quiet_path(path)):
            return []
        return given

    def _is_of_python(self, node: ast.expr) -> bool:
        """Whether an expression is a part of one of the packages that call later."""
        root = node
        while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
            root = root.func if isinstance(root, ast.Call) else root.value
        paths = self._module.paths.get(root.id, ()) if isinstance(root, ast.Name) else ()
        return any(path.partition(".")[0] in CALLING_LATER for path in paths)

    def _does_nothing(self, number: int) -> bool:
        """Whether a statement only binds names, for the first time, to what is there already."""
        statement = self._module.statements[number]
        if drops(self._module, number):
            return False
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
            return True
        value = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        if isinstance(value, ast.Call) and self._module.path(value.func).startswith("qtcore."):
            return True
        if isinstance(statement, ast.FunctionDef):
            return not statement.decorator_list and not any(
                isinstance(node, ast.Call) for node in ast.walk(statement.args)
            )
        return isinstance(value, ast.Constant | ast.Name)


def drops(module: Module, number: int) -> bool:
    """Whether a statement takes a name away from an object that an earlier one gave it to."""
    return any(_former(module, name, number) for name, _ in bound(module.statements[number]))


def _former(module: Module, name: str, number: int) -> list[int]:
    return [n for n, _ in module.binders.get(name, ()) if n < number]


def _single(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _single(part)
    elif isinstance(target, ast.Starred):
        yield from _single(target.value)
    else:
        yield target
