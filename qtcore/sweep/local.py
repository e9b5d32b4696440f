"""Names that a statement or a function makes: those of its own, and those of attributes."""

import ast
from collections.abc import Iterable

from qtcore.sweep.bindings import Module, bound
from qtcore.sweep.quiet import FRESH, MAKERS


def attributes(statement: ast.stmt) -> Iterable[str]:
    """Yield the names of attributes that may stand for functions that a statement makes."""
    for node in ast.walk(statement):
        if isinstance(node, ast.keyword) and not isinstance(node.value, ast.Constant):
            yield node.arg or ""
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        if isinstance(node, ast.ClassDef):
            yield from (name for part in node.body for name, _ in bound(part))
        if isinstance(node, ast.Dict):
            yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("namedtuple", "make_dataclass", "setattr")
        ):
            yield from ast.unparse(node).replace("'", " ").replace(",", " ").split()


class Local:
    """The names of a function's own, and those among them that nobody else can know.

    Attributes
    ----------
    names : set of str
        Parameters, and what is bound in the body.
    fresh : set of str
        Names that are only ever bound to objects that the body makes itself.
    """

    def __init__(self, module: Module, node: ast.FunctionDef | None = None) -> None:
        self.at_top = node is None
        self.names: set[str] = set()
        self.fresh: set[str] = set()
        if node is None:
            return
        parameters = [part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)]
        made: dict[str, list[bool]] = {}
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                made.setdefault(part.id, []).append(False)
            if isinstance(part, ast.Assign) and len(part.targets) == 1:
                target = part.targets[0]
                if isinstance(target, ast.Name) and _is_fresh(module, part.value):
                    made.setdefault(target.id, []).append(True)
            if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                made.setdefault(part.target.id, []).append(True)
        self.names = {*parameters, *made}
        # Each binding was met twice where it is of something fresh, and once where it is not.
        self.fresh = {
            name
            for name, found in made.items()
            if 2 * sum(found) == len(found) and name not in parameters
        }
        if node.name in ("__init__", "__post_init__", "__new__") and parameters:
            self.fresh.add(parameters[0])


def _is_fresh(module: Module, value: ast.expr) -> bool:
    """Whether an expression makes an object of its own."""
    if isinstance(value, ast.Call):
        where, _, name = module.path(value.func).rpartition(".")
        return where.startswith("numpy") and name in MAKERS
    return isinstance(value, (*FRESH, ast.Constant))
