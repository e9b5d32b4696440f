"""Where a text reads what is not in it: files, its process, the clock, chance."""

import ast
import re
from collections.abc import Iterable, Iterator

from qtcore.sweep.bindings import Module
from qtcore.sweep.quiet import STORING
from qtcore.sweep.reads import (
    ADDING,
    CHANCE,
    DAY,
    ENOUGH,
    EXACT,
    FILE,
    HASH,
    LOADING,
    MEMORY,
    METHODS,
    NAMES,
    OF_PATHS,
    READS,
    SEEDED,
    SEEDING,
)
from qtcore.sweep.sources import Sources

DATES = re.compile(r"[<>=]?(M8|datetime64)\b.*")
"""Types of NumPy that turn the texts `now` and `today` into a moment."""

LINES = ("numpy.genfromtxt", "numpy.loadtxt")
"""These take lines as well as a file."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Reads:
    """What the statements of a module read from outside.

    Parameters
    ----------
    module : Module
        The text.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._sources = Sources(module.statements)
        nodes = [node for statement in module.statements for node in ast.walk(statement)]
        self._parents = {id(c): node for node in nodes for c in ast.iter_child_nodes(node)}
        self._own = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        paths = {path for found in module.paths.values() for path in found} | module.stars
        self._has_paths = any(path.partition(".")[0] == "pathlib" for path in paths)
        self._has_dates = any(
            path.startswith(("numpy.datetime64", "numpy.busday", "numpy.is_busday"))
            for node in nodes
            for path in self._paths(node)
        ) or any(
            isinstance(node, ast.Constant) and DATES.fullmatch(str(node.value)) for node in nodes
        )
        called = [self._path(node.func) for node in nodes if isinstance(node, ast.Call)]
        self._seeded = {
            package
            for package, by in SEEDING.items()
            if any(f"{package}.{name}" in called for name in by)
        }
        self._loading = self._when_loaded(nodes)

    def of(self, statement: ast.stmt) -> Iterator[tuple[str, str]]:
        """Yield what a statement reads, in its words, and what kind of thing that is."""
        for node in ast.walk(statement):
            for what in self._read(node, statement):
                if what not in LOADING or id(node) in self._loading:
                    yield ast.unparse(node), what

    def nodes(self, statement: ast.stmt, kind: str) -> Iterator[ast.AST]:
        """Yield the nodes of a statement that read one kind of thing, whenever they are executed."""
        for node in ast.walk(statement):
            if kind in self._read(node, statement):
                yield node

    def _read(self, node: ast.AST, statement: ast.stmt) -> Iterator[str]:
        """Yield the kinds of things that a node reads."""
        call = self._parents.get(id(node))
        given = call if isinstance(call, ast.Call) and call.func is node else None
        for path in self._paths(node):
            for begins, what in READS.items():
                is_it = path == begins or (begins not in EXACT and path.startswith(begins))
                if is_it and not self._is_harmless(node, given, path, what):
                    yield what
            if self._is_chance(path, given):
                yield CHANCE
        if isinstance(node, ast.Constant) and node.value in ("now", "today") and self._has_dates:
            yield DAY
        if isinstance(node, ast.Name):
            if (
                node.id in NAMES
                and node.id not in self._module.binders
                and node.id in self._module.free_of(statement)
                and not (NAMES[node.id] == HASH and self._is_hash_of_numbers(given))
            ):
                yield NAMES[node.id]
        elif isinstance(node, ast.Attribute) and node.attr not in self._own:
            path = self._path(node)
            if node.attr in METHODS:
                yield METHODS[node.attr]
            is_called = given is not None and not path
            if node.attr in OF_PATHS and self._has_paths and (is_called or "pathlib" in path):
                yield OF_PATHS[node.attr]
            if node.attr == "open" and given is not None and path != "qtcore.open":
                yield FILE

    def _path(self, node: ast.expr) -> str:
        return self._module.path(node, even_if_changed=True)

    def _paths(self, node: ast.AST) -> Iterator[str]:
        """Yield the dotted paths that an expression may stand for."""
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "getattr"
            and len(node.args) > 1
            and isinstance(node.args[1], ast.Constant)
        ):
            yield f"{self._path(node.args[0])}.{node.args[1].value!s}"
        if isinstance(node, ast.Attribute | ast.Name):
            if path := self._path(node):
                yield path
            elif isinstance(node, ast.Name) and node.id not in self._module.binders:
                yield from (f"{star}.{node.id}" for star in self._module.stars)

    # What is harmless after all -------------------------------------------------------------------

    def _is_harmless(self, node: ast.AST, call: ast.Call | None, path: str, what: str) -> bool:
        """Whether a function reads only what it is given, or a setting is only written."""
        around = self._parents.get(id(node))
        if isinstance(around, ast.Subscript) and not isinstance(around.ctx, ast.Load):
            return True  # os.environ["OMP_NUM_THREADS"] = "1"
        if isinstance(around, ast.Attribute) and around.attr in ADDING:
            called = self._parents.get(id(around))
            return isinstance(self._parents.get(id(called)), ast.Expr)
        if isinstance(node, ast.Attribute) and node.attr in ADDING:
            return isinstance(self._parents.get(id(call)), ast.Expr)
        if call is None:
            return False
        if len(call.args) + len(call.keywords) >= ENOUGH.get(path, 10**9):
            return True
        return (
            what == FILE
            and bool(call.args)
            and self._is_in_memory(call.args[0], path in LINES, set())
        )

    def _is_in_memory(self, value: ast.expr, is_lines: bool, seen: set[int]) -> bool:
        """Whether an argument is no name of a file but a text, or lines, that are there."""
        if isinstance(value, ast.Call):
            called = value.func
            name = getattr(called, "attr", None) or getattr(called, "id", "")
            return name in MEMORY and (is_lines or name.endswith("IO"))
        if isinstance(value, ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp):
            return is_lines
        if not isinstance(value, ast.Name) or id(value) in seen:
            return False
        sources = self._sources.of(value)
        return bool(sources) and all(
            isinstance(source, ast.expr)
            and self._is_in_memory(source, is_lines, {*seen, id(value)})
            for source in sources
        )

    def _is_chance(self, path: str, call: ast.Call | None) -> bool:
        """Whether a call draws, or makes a generator, without a seed."""
        if call is None:
            return False
        if path in SEEDED:
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            return not given or ast.unparse(given[0]) == "None"
        package, _, name = path.rpartition(".")
        return (
            package in SEEDING
            and package not in self._seeded
            and name[:1].islower()
            and name not in (*SEEDING[package], "get_state", "getstate")
        )

    def _is_hash_of_numbers(self, call: ast.Call | None) -> bool:
        """Whether a hash is of plain numbers, or one that a class needs."""
        if call is not None and all(
            isinstance(part, ast.Constant) and not isinstance(part.value, str | bytes)
            for part in call.args
        ):
            return True
        around: ast.AST | None = call
        while around is not None:
            if getattr(around, "name", "") == "__hash__":
                return True
            around = self._parents.get(id(around))
        return False

    # What is executed while the module is loaded --------------------------------------------------

    def _when_loaded(self, nodes: Iterable[ast.AST]) -> set[int]:
        """Return the nodes that are executed, or may be, while the module is loaded."""
        definitions: dict[str, list[Definition]] = {}
        for node in nodes:
            if isinstance(node, Definition):
                definitions.setdefault(node.name, []).append(node)
        found: set[int] = set()
        waiting: list[ast.AST] = [*self._module.statements]
        while waiting:
            for node in _executed(waiting.pop()):
                if id(node) in found:
                    continue
                found.add(id(node))
                for name in self._called(node):
                    for made in definitions.get(name, ()):
                        waiting += _bodies(made)
        return found

    def _called(self, node: ast.AST) -> Iterator[str]:
        """Yield the names, of methods too, that executing a node may call."""
        called: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called.append(node.func)
            if not self._path(node.func).startswith(STORING):
                called += [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, Definition):
            called += node.decorator_list
        for value in called:
            if isinstance(value, ast.Attribute):
                yield value.attr
            if isinstance(value, ast.Name):
                yield value.id


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what executing a node executes: of a function what stands in its head."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: list[ast.AST] = [node.args, *node.decorator_list]
        parts += [] if node.returns is None else [node.returns]
    else:
        parts = [*ast.iter_child_nodes(node)]
    for part in parts:
        yield from _executed(part)


def _bodies(made: Definition) -> list[ast.stmt]:
    """Return what calling a function or a class executes."""
    if not isinstance(made, ast.ClassDef):
        return made.body
    return [
        statement
        for part in made.body
        if isinstance(part, ast.FunctionDef)
        and part.name in ("__init__", "__new__", "__post_init__")
        for statement in part.body
    ]
