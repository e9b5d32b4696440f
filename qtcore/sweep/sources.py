"""What a name may stand for: the expressions and definitions that a text binds it to, by scope."""

import ast
from collections.abc import Iterable, Iterator

from qtcore.sweep.quiet import CHANGERS

Source = ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

Scopes = tuple[int, ...]
"""Identities of the functions, classes and comprehensions around a node, innermost first; 0 last,
for the module."""

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Sources:
    """The values that names of a text are bound to, or hold.

    Parameters
    ----------
    statements : list of ast.stmt
        The text.
    """

    def __init__(self, statements: Iterable[ast.stmt]) -> None:
        self._found: dict[tuple[int, str], list[Source]] = {}
        self._around: dict[int, Scopes] = {}
        self._changes: list[tuple[Scopes, str, ast.expr]] = []
        for statement in statements:
            self._visit(statement, (0,))
        for scopes, name, value in self._changes:
            self._found.setdefault((self._binding(name, scopes), name), []).append(value)

    def of(self, name: ast.Name) -> list[Source]:
        """Return what a name may stand for where it is read; nothing for builtins and imports."""
        scope = self._binding(name.id, self._around.get(id(name), (0,)))
        return self._found.get((scope, name.id), [])

    def _binding(self, name: str, scopes: Scopes) -> int:
        """Return the innermost scope that binds a name."""
        return next((scope for scope in scopes if (scope, name) in self._found), 0)

    def _bind(self, scopes: Scopes, name: str, source: Source | None) -> None:
        known = self._found.setdefault((scopes[0], name), [])
        if source is not None:
            known.append(source)

    def _assign(self, scopes: Scopes, target: ast.expr, value: ast.expr) -> None:
        """Note that a value goes to a target, or into what the target is a part of."""
        if isinstance(target, ast.Name):
            self._bind(scopes, target.id, value)
        elif isinstance(target, ast.Starred):
            self._assign(scopes, target.value, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._assign(scopes, part, value)
        else:
            self._changes += [(scopes, name, value) for name in _root(target)]

    def _visit(self, node: ast.AST, scopes: Scopes) -> None:
        if isinstance(node, ast.Name):
            self._around[id(node)] = scopes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._function(node, scopes)
        elif isinstance(node, ast.ClassDef):
            self._bind(scopes, node.name, node)
            for part in [*node.decorator_list, *node.bases, *node.keywords]:
                self._visit(part, scopes)
            for part in node.body:
                self._visit(part, (id(node), *scopes))
        else:
            # What a comprehension names is its own; what it assigns by := is not.
            inner = (id(node), *scopes) if isinstance(node, COMPREHENSIONS) else scopes
            self._note(node, inner)
            for part in ast.iter_child_nodes(node):
                self._visit(part, inner)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scopes: Scopes
    ) -> None:
        given = node.args
        defaults = [*given.defaults, *(d for d in given.kw_defaults if d is not None)]
        outside: list[ast.AST] = [*defaults]
        if not isinstance(node, ast.Lambda):
            self._bind(scopes, node.name, node)
            outside += node.decorator_list
        for part in outside:
            self._visit(part, scopes)
        inner = (id(node), *scopes)
        for argument in ast.walk(given):
            if isinstance(argument, ast.arg):
                self._bind(inner, argument.arg, None)
        plain = [*given.posonlyargs, *given.args]
        for argument, value in zip(plain[::-1], given.defaults[::-1], strict=False):
            self._bind(inner, argument.arg, value)
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            self._bind(inner, argument.arg, default)
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self._visit(part, inner)

    def _note(self, node: ast.AST, scopes: Scopes) -> None:
        """Note what a node that is no definition binds or changes."""
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                # What this function assigns to them counts around it as well.
                for scope in scopes[1:]:
                    for name in names:
                        self._found[scope, name] = self._found.setdefault(
                            (scopes[0], name), self._found.get((scope, name), [])
                        )
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(scopes, target, value)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(scopes, target, value)
            case ast.AugAssign(target=target, value=value):
                self._assign(scopes, target, value)
            case ast.NamedExpr(target=target, value=value):
                for scope in scopes:  # a comprehension hands it on to what is around it
                    self._bind((scope,), target.id, value)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._assign(scopes, target, value)
            case ast.comprehension(target=target, iter=value):
                self._assign(scopes, target, value)
            case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
                self._assign(scopes, target, value)
            case ast.Match(subject=subject, cases=cases):
                for part in (part for case in cases for part in ast.walk(case.pattern)):
                    captured = getattr(part, "name", None) or getattr(part, "rest", None)
                    if captured:
                        self._bind(scopes, captured, subject)
            case ast.Call(func=ast.Attribute(value=holder, attr=attribute)):
                if attribute in CHANGERS:
                    given = [*node.args, *(keyword.value for keyword in node.keywords)]
                    self._changes += [(scopes, n, v) for n in _root(holder) for v in given]


def _root(target: ast.expr) -> Iterator[str]:
    """Yield the name whose object a change of a part of it changes."""
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
