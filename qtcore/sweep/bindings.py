"""Which names the statements at the top level of a module bind, read and reach."""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator
from functools import cached_property

from qtcore.sweep.syntax import parsed

BUILTINS = frozenset(dir(builtins))

BY_NAME = frozenset(
    {"__builtins__", "__import__", "eval", "exec", "globals", "locals", "vars"}
    | {"__globals__", "_getframe", "currentframe", "f_globals", "import_module", "inspect"}
    | {"ForwardRef", "evaluate_forward_ref", "get_annotations", "get_type_hints"}
    | {"__subclasses__", "get_objects", "get_referrers"}
)
"""Names and attributes that reach anything in a module, whatever its name: some of them evaluate
annotations that are texts, others find what nobody names."""

SEVERED = frozenset(
    f"qtcore.{name}"
    for name in (
        *("check", "extend", "figure", "open", "plan", "reproduce"),
        *("rerun", "run", "status", "sweep"),
    )
)
"""What these return has nothing in common with the definition."""


class Module:
    """The statements of a module with the names that they bind and read.

    Attributes
    ----------
    statements : list of ast.stmt
        In order.
    binders : dict of str to list of (int, bool)
        For each name the statements that bind or change it, and whether they bind it anew.
    free : list of set of str
        For each statement the names that it takes from the module, its functions' bodies included.

    Parameters
    ----------
    text : str
        Of the module.
    is_bare : bool
        Whether docstrings, and annotations that no decorator might read, are taken away.
    """

    def __init__(self, text: str, *, is_bare: bool) -> None:
        self.statements = parsed(text).body
        if is_bare:
            self.statements = [bare(statement) for statement in self.statements]
        self.binders: dict[str, list[tuple[int, bool]]] = {}
        for number, statement in enumerate(self.statements):
            for name, is_anew in bound(statement):
                self.binders.setdefault(name, []).append((number, is_anew))
        self.free = [free(statement) for statement in self.statements]

    @cached_property
    def paths(self) -> dict[str, set[str]]:
        """For each name that an import binds the dotted paths that it stands for."""
        found: dict[str, set[str]] = {}
        for statement in self.statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    for name, path in imported(node):
                        found.setdefault(name, set()).add(path)
        return found

    @cached_property
    def _declared_global(self) -> set[str]:
        return set().union(*map(_declared_global, self.statements))

    @cached_property
    def stars(self) -> set[str]:
        """Modules all of whose names are imported."""
        return {
            "." * node.level + (node.module or "")
            for node in self.statements
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        }

    def free_of(self, statement: ast.stmt) -> set[str]:
        """Return the names that one of the statements takes from the module."""
        return self.free[self.statements.index(statement)]

    def value_of(self, name: str) -> ast.stmt | None:
        """Return the only statement that binds a name; None if there are several, or none."""
        numbers = {number for number, _ in self.binders.get(name, ())}
        return self.statements[numbers.pop()] if len(numbers) == 1 else None

    def is_fixed(self, name: str) -> bool:
        """Whether a name stands for a number, a text, or a tuple of them, which nobody can change."""
        statement = None if name in self._declared_global else self.value_of(name)
        return (
            isinstance(statement, ast.Assign | ast.AnnAssign)
            and statement.value is not None
            and self._is_fixed(statement.value)
        )

    def _is_fixed(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Name):
            return self.is_fixed(value.id)
        if isinstance(value, ast.UnaryOp | ast.BinOp | ast.Tuple):
            parts = [node for node in ast.iter_child_nodes(value) if isinstance(node, ast.expr)]
            return all(self._is_fixed(part) for part in parts)
        return isinstance(value, ast.Constant)

    def reach(self, names: Iterable[str]) -> set[str]:
        """Return the names whose objects can be got at from some names."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found or self.is_fixed(name):
                continue
            found.add(name)
            for number, _ in self.binders.get(name, ()):
                statement = self.statements[number]
                if not self._is_severed(statement):
                    waiting += self.free[number] | _declared_global(statement)
                if isinstance(statement, ast.Assign):  # A = B = []
                    waiting += [other for other, _ in bound(statement)]
        return found

    def _is_severed(self, statement: ast.stmt) -> bool:
        value = statement.value if isinstance(statement, ast.Assign) else None
        return isinstance(value, ast.Call) and self.path(value.func) in SEVERED

    def touched(self, number: int) -> set[str]:
        """Return the names whose objects a statement may change when it is executed."""
        statement = self.statements[number]
        own = {name for name, _ in bound(statement)}
        return own | self.reach(self.free[number] | own | _declared_global(statement))

    def path(self, node: ast.expr, *, even_if_changed: bool = False) -> str:
        """Return the dotted path of an imported name or its attribute; nothing for others.

        Nothing either where other statements bind the name or, unless told otherwise, change
        what it stands for, such as `np.random.seed(3)` and `os.environ["A"] = "1"`.
        """
        behind: list[str] = []
        while isinstance(node, ast.Attribute):
            behind.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or len(self.paths.get(node.id, ())) != 1:
            return ""
        if any(
            not isinstance(self.statements[n], ast.Import | ast.ImportFrom | ast.Try | ast.If)
            and not (even_if_changed and not _stores(self.statements[n], node.id))
            for n, _ in self.binders.get(node.id, ())
        ):
            return ""
        (start,) = self.paths[node.id]
        return ".".join([start, *behind])


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, each with its dotted path."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (top, top)
    else:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            yield alias.asname or alias.name, f"{module}.{alias.name}"


def bound(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield the names that a statement binds or changes, and whether it binds them anew."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, True
        inside: list[ast.AST] = [*statement.decorator_list]
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            # `import a.b` and `import a.c` both bind a.
            yield (alias.asname or alias.name).partition(".")[0], "." not in alias.name
        return
    elif isinstance(statement, ast.Expr):
        if isinstance(statement.value, ast.Call):
            root: ast.expr = statement.value.func
            while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name):
                yield root.id, False
        inside = [statement.value]
    else:
        inside = [statement]
    is_plain = isinstance(statement, ast.Assign | ast.AnnAssign)
    for node in walk_outside_functions(inside):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, False
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((name, False) for name, _ in bound(node))
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, False
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id, is_plain and isinstance(node.ctx, ast.Store)
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield from (
                (part.id, False) for part in ast.walk(node.value) if isinstance(part, ast.Name)
            )


def walk_outside_functions(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk trees without the bodies of functions and classes, whose names are their own."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        waiting += ast.iter_child_nodes(node)


def _stores(statement: ast.stmt, name: str) -> bool:
    """Whether a statement may bind a name to something else than an import does."""
    return any(
        (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.name == name
        )
        for node in ast.walk(statement)
    )


def free(statement: ast.stmt) -> set[str]:
    """Return the names that a statement takes from the module around it."""
    found: set[str] = set()
    tables = [symtable.symtable(ast.unparse(statement), "definition", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        at_top = table.get_type() == "module"
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (at_top or symbol.is_global())
        }
    return found


def _declared_global(statement: ast.stmt) -> set[str]:
    """Return the names of the module that a statement's functions bind."""
    return {
        name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names
    }


def reaches_by_name(statement: ast.stmt) -> bool:
    """Whether a statement may reach names of the module that do not stand in it."""
    return any(
        (isinstance(node, ast.Name) and node.id in BY_NAME)
        or (isinstance(node, ast.Attribute) and node.attr in BY_NAME)
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.modules")
        or (isinstance(node, ast.alias) and node.name in (*BY_NAME, "modules"))
        for node in ast.walk(statement)
    )


class _Bare(ast.NodeTransformer):
    """Take docstrings away, and annotations of functions that no decorator might read."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        if not node.decorator_list and not _calls_something(node):
            node.returns = None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node


def bare(statement: ast.stmt) -> ast.stmt:
    """Return a statement without docstrings and annotations of functions."""
    found = _Bare().visit(statement)
    assert isinstance(found, ast.stmt)
    return found


def _calls_something(node: ast.FunctionDef) -> bool:
    """Whether an annotation of a function calls something, which happens when it is defined."""
    found = [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
    return any(
        isinstance(part, ast.Call)
        for annotation in [*found, node.returns]
        if annotation is not None
        for part in ast.walk(annotation)
    )


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    return (body[1:] or [ast.Pass()]) if is_text(body[0]) else body


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is nothing but a constant, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
