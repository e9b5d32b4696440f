"""Whether a time that functions read from the clock may reach the numbers that they make.

Calling a function twice does not show that it reads a clock so coarsely that both calls get the same,
such as `int(time.time()) // 7200`. A time that is only printed, logged or kept for that is no harm.
"""

import ast
from collections.abc import Iterable, Iterator

from qtcore.sweep.bindings import Module
from qtcore.sweep.quiet import CHANGERS
from qtcore.sweep.reading import Reads
from qtcore.sweep.reads import CLOCK

MAKERS = frozenset({"wire", "solve", "__qtcore_wire__", "__qtcore_solve__"})
"""Names under which a program has the functions that make its numbers."""

TELLING = frozenset(
    {
        *("debug", "info", "warning", "error", "critical", "exception", "log", "write"),
        *("set_description", "set_postfix", "set_postfix_str"),
    }
)
"""Methods of loggers, streams and progress bars, whose result nobody takes."""

TELLING_PATHS = ("logging.", "warnings.warn", "time.sleep", "sys.stdout.", "sys.stderr.")

PLAIN = frozenset(
    {
        *("abs", "bool", "divmod", "float", "format", "int", "len", "list"),
        *("max", "min", "repr", "round", "sorted", "str", "sum", "tuple"),
    }
)
"""Functions of Python's own whose result says what they were given, and that do nothing else."""

PASSING = (
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Tuple, ast.List, ast.Dict),
    *(
        ast.Set,
        ast.Starred,
        ast.JoinedStr,
        ast.FormattedValue,
        ast.Attribute,
        ast.Slice,
        ast.Lambda,
    ),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""Expressions whose value says what a part of theirs is."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def clock_that_may_matter(text: str) -> tuple[str, str] | None:
    """Return the first reading of a clock that may reach what `wire` or `solve` gives.

    Parameters
    ----------
    text : str
        One file of a program.

    Returns
    -------
    (statement, reading) : tuple of str, or None
        The name of the function or class at the top level, and what it reads.
    """
    module = Module(text, is_bare=True)
    reads = Reads(module)
    used = module.reach(MAKERS)
    ends = _Ends(module)
    for statement in module.statements:
        if isinstance(statement, Function | ast.ClassDef) and statement.name in used:
            for node in reads.nodes(statement, CLOCK):
                if not ends.of(node):
                    return statement.name, ast.unparse(node)
    return None


class _Ends:
    """Follows values to where they end."""

    def __init__(self, module: Module) -> None:
        self._module = module
        nodes = [node for statement in module.statements for node in ast.walk(statement)]
        self._parents = {id(c): node for node in nodes for c in ast.iter_child_nodes(node)}
        self._defined: dict[str, list[Function]] = {}
        for node in nodes:
            if isinstance(node, Function):
                self._defined.setdefault(node.name, []).append(node)
        self._nodes = nodes
        self._followed: set[tuple[str, str, int]] = set()

    def of(self, node: ast.AST) -> bool:
        """Whether the value of an expression ends without any number being made of it."""
        parent = self._parents.get(id(node))
        match parent:
            case ast.Expr() | ast.Raise() | ast.Assert():
                return True
            case ast.Call(func=called) if called is node:
                return self.of(parent)
            case ast.Call():
                return self._as_argument(parent, node)
            case ast.keyword():
                call = self._parents.get(id(parent))
                return isinstance(call, ast.Call) and self._as_argument(call, parent)
            case ast.Subscript(ctx=ast.Load()):
                return self.of(parent)
            case ast.Assign():
                return all(map(self._kept_in, parent.targets))
            case ast.AnnAssign() | ast.AugAssign():
                return self._kept_in(parent.target)
            case ast.NamedExpr():
                return self._kept_in(parent.target) and self.of(parent)
            case ast.If() | ast.While():
                return all(map(self._is_quiet, [*parent.body, *parent.orelse]))
            case ast.Return() | ast.Yield():
                return self._given_back(parent)
        return isinstance(parent, PASSING) and self.of(parent)

    def _as_argument(self, call: ast.Call, argument: ast.AST) -> bool:
        """Whether a value ends that a function is given."""
        called = call.func
        path = self._module.path(called, even_if_changed=True)
        around = self._parents.get(id(call))
        if isinstance(around, ast.Raise):
            return True
        is_dropped = isinstance(around, ast.Expr)
        if is_dropped and self._tells(called, path):
            return True
        if isinstance(called, ast.Name) and called.id not in self._module.binders:
            return called.id in PLAIN and self.of(call)
        if isinstance(called, ast.Attribute) and not path:
            if called.attr in CHANGERS and is_dropped:
                return self._kept_in(called.value)
            if called.attr in ("format", "join"):
                return self.of(call)
        if path.startswith("numpy.") and not path.startswith("numpy.random"):
            return self.of(call)
        name = str(getattr(called, "attr", getattr(called, "id", "")))
        defined = self._defined.get(name, [])
        return bool(defined) and all(self._in_function(f, call, argument) for f in defined)

    def _tells(self, called: ast.expr, path: str) -> bool:
        if isinstance(called, ast.Name) and called.id == "print":
            return "print" not in self._module.binders
        is_method = isinstance(called, ast.Attribute) and called.attr in TELLING
        return is_method or path.startswith(TELLING_PATHS)

    def _in_function(self, function: Function, call: ast.Call, argument: ast.AST) -> bool:
        """Whether a value ends within a function that is called with it, and what that returns."""
        given = function.args
        names = [parameter.arg for parameter in (*given.posonlyargs, *given.args)]
        if isinstance(argument, ast.keyword):
            name = argument.arg or ""
        elif isinstance(argument, ast.Starred):
            return False
        else:
            is_method = isinstance(call.func, ast.Attribute) and names[:1] in (["self"], ["cls"])
            place = next(n for n, one in enumerate(call.args) if one is argument) + is_method
            name = names[place] if place < len(names) else getattr(given.vararg, "arg", "")
        return bool(name) and self._name(name, function)

    def _kept_in(self, target: ast.expr) -> bool:
        """Whether all ends that is taken from what a value is kept in."""
        match target:
            case ast.Name(id=name):
                return self._name(name, target)
            case ast.Attribute(attr=name):
                return self._everywhere(ast.Attribute, "attr", name, self._nodes, 0)
            case ast.Subscript(value=inner) | ast.Starred(value=inner):
                return self._kept_in(inner)
            case ast.Tuple(elts=inners) | ast.List(elts=inners):
                return all(map(self._kept_in, inners))
        return False

    def _name(self, name: str, at: ast.AST) -> bool:
        """Whether all ends that is taken from a name, in its function or in the whole module."""
        if name in MAKERS:
            return False
        top = self._top(at)
        is_own = isinstance(top, Function | ast.ClassDef) and name not in self._module.free_of(top)
        declared = any(isinstance(n, ast.Global) and name in n.names for n in ast.walk(top))
        nodes = ast.walk(top) if is_own and not declared else self._nodes
        return self._everywhere(ast.Name, "id", name, nodes, id(top) if is_own else 0)

    def _everywhere(
        self, kind: type[ast.AST], field: str, name: str, nodes: Iterable[ast.AST], where: int
    ) -> bool:
        """Whether all values end that are read under a name."""
        if (field, name, where) in self._followed:
            return True
        self._followed.add((field, name, where))
        return all(map(self.of, _loads(kind, field, name, nodes)))

    def _given_back(self, statement: ast.AST) -> bool:
        """Whether all ends that callers take from a function."""
        function: ast.AST | None = statement
        while function is not None and not isinstance(function, Function):
            function = self._parents.get(id(function))
        if function is None or function.name in MAKERS or function.decorator_list:
            return False
        name = function.name
        return self._everywhere(ast.Name, "id", name, self._nodes, 0) and self._everywhere(
            ast.Attribute, "attr", name, self._nodes, 0
        )

    def _is_quiet(self, statement: ast.stmt) -> bool:
        """Whether executing a statement, or not, changes no number."""
        match statement:
            case ast.Pass() | ast.Raise() | ast.Assert():
                return True
            case ast.Expr(value=ast.Call(func=called)):
                path = self._module.path(called, even_if_changed=True)
                return self._tells(called, path)
            case ast.Assign(targets=targets):
                return all(map(self._kept_in, targets))
            case ast.AugAssign(target=target):
                return self._kept_in(target)
            case ast.If():
                return all(map(self._is_quiet, [*statement.body, *statement.orelse]))
        return False

    def _top(self, node: ast.AST) -> ast.stmt:
        """Return the statement at the top level that a node is in."""
        while id(node) in self._parents:
            node = self._parents[id(node)]
        assert isinstance(node, ast.stmt)
        return node


def _loads(
    kind: type[ast.AST], field: str, name: str, nodes: Iterable[ast.AST]
) -> Iterator[ast.AST]:
    for node in nodes:
        is_read = isinstance(getattr(node, "ctx", None), ast.Load)
        if isinstance(node, kind) and is_read and getattr(node, field) == name:
            yield node
