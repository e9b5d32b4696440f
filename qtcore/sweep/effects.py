"""Whether a statement, when executed, may change anything besides the names that it binds.

A statement is quiet if nothing in it can change an object or a setting that was there before. What
cannot be decided is not quiet.
"""

import ast
from collections.abc import Iterable
from functools import cached_property

from qtcore.sweep.acting import Acting
from qtcore.sweep.bindings import BY_NAME, Module
from qtcore.sweep.callbacks import Callbacks
from qtcore.sweep.hooks import Hooks
from qtcore.sweep.local import Local, attributes
from qtcore.sweep.quiet import (
    CHANGED_BY_READING,
    LAZY,
    OF_TWO,
    OF_WORKFLOWS,
    ONLY_READING,
    QUIET_BASES,
    QUIET_BUILTINS,
    QUIET_DECORATORS,
    QUIET_METHODS,
    STORING,
    is_quiet_path,
)


class Effects:
    """What the statements of a module may do when they are executed."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[int, bool] = {}
        self._bodies: dict[int, bool] = {}
        self._acting = Acting(module, self._body, lambda v: self._calls_quietly(v, Local(module)))
        self._methods = {
            node.name
            for statement in module.statements
            for part in ast.walk(statement)
            if isinstance(part, ast.ClassDef)
            for node in part.body
            if isinstance(node, ast.FunctionDef)
        } | {name for statement in module.statements for name in attributes(statement)}
        self._once = {
            name
            for name, binders in module.binders.items()
            for number, _ in binders
            if self._goes_through_once(module.statements[number])
        }

    def is_quiet(self, number: int) -> bool:
        """Whether a statement changes nothing but the names that it binds."""
        statement = self._module.statements[number]
        if id(statement) not in self._known:
            plain = isinstance(statement, ast.FunctionDef | ast.Import | ast.ImportFrom)
            names = set() if plain else self._module.reach(self._module.free[number])
            if self._is_handed_over(statement):
                names &= self._module.free[number] - self._acting.overloaded
            self._known[id(statement)] = (
                not names & (self._once | self._acting.overloaded)
                and self._statement(statement, Local(self._module))
                and not self._acting.ends_something(number)
            )
        return self._known[id(statement)]

    def hooks(self) -> Hooks:
        """Return what the text hands over to be called later."""
        return Hooks(self._module, self._may_act)

    def _may_act(self, values: list[ast.expr]) -> bool:
        """Whether calling some values, or methods of theirs, may change something."""
        quiet = self._calls_quietly(values, Local(self._module))
        return not (quiet and self._callbacks.have_quiet_methods(values))

    def _is_handed_over(self, statement: ast.stmt) -> bool:
        """Whether a statement gives what it names to qtcore, which only keeps it."""
        value = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        return isinstance(value, ast.Call) and self._module.path(value.func).startswith("qtcore.")

    def _goes_through_once(self, statement: ast.stmt) -> bool:
        """Whether a statement may bind a name to something that reading changes, as an iterator."""
        if not isinstance(
            statement, ast.Assign | ast.AnnAssign | ast.For | ast.With | ast.AugAssign
        ):
            return False
        value = getattr(statement, "value", None)
        if isinstance(value, ast.GeneratorExp):
            return True
        if not isinstance(value, ast.Call):
            return False
        if isinstance(value.func, ast.Name):
            made = self._module.value_of(value.func.id)
            yields = isinstance(made, ast.FunctionDef) and any(
                isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(made)
            )
            return value.func.id in LAZY or yields
        return self._module.path(value.func).startswith(CHANGED_BY_READING)

    # Statements -----------------------------------------------------------------------------------

    def _statements(self, body: Iterable[ast.stmt], local: Local) -> bool:
        return all(self._statement(statement, local) for statement in body)

    def _statement(self, node: ast.stmt, local: Local) -> bool:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._function(node, local)
        if isinstance(node, ast.ClassDef):
            return self._class(node, local)
        if isinstance(node, ast.Global | ast.Nonlocal):
            return False
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Break | ast.Continue):
            return True
        if isinstance(node, ast.With | ast.AsyncWith | ast.Delete):
            return False
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call | ast.Constant):
            return False  # nobody writes such a line unless it does something
        if isinstance(node, ast.Raise):  # of a class Python makes the object by itself
            classes = [part for part in (node.exc, node.cause) if part is not None]
            if not self._calls_quietly(
                [part for part in classes if not isinstance(part, ast.Call)], local
            ):
                return False
        if isinstance(node, ast.AugAssign):
            target = node.target
            is_own = isinstance(target, ast.Name) and target.id in local.fresh
            return is_own and self._expression(node.value, local)
        return all(self._part(part, local) for part in ast.iter_child_nodes(node))

    def _part(self, part: ast.AST, local: Local) -> bool:
        if isinstance(part, ast.stmt):
            return self._statement(part, local)
        if isinstance(part, ast.expr):
            return self._expression(part, local)
        return all(self._part(inner, local) for inner in ast.iter_child_nodes(part))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, local: Local) -> bool:
        """Whether it is quiet to define a function; its body is not executed."""
        given = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        annotations = [a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)]
        seen = [*given, *(a for a in [*annotations, node.returns] if a is not None)]
        return all(self._expression(value, local) for value in seen) and all(
            self._decorator(decorator, local, QUIET_DECORATORS) for decorator in node.decorator_list
        )

    def _decorator(self, node: ast.expr, local: Local, quiet: Iterable[str]) -> bool:
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call) and not all(
            self._expression(part, local)
            for part in [*node.args, *(k.value for k in node.keywords)]
        ):
            return False
        if isinstance(called, ast.Name) and called.id in (
            "property",
            "staticmethod",
            "classmethod",
        ):
            return called.id not in self._module.binders
        if isinstance(called, ast.Attribute) and called.attr in ("setter", "getter", "deleter"):
            return True
        return self._module.path(called).startswith(tuple(quiet))

    def _class(self, node: ast.ClassDef, local: Local) -> bool:
        return (
            not node.keywords
            and all(self._is_quiet_base(base) for base in node.bases)
            and all(
                self._decorator(d, local, ("dataclasses.", "enum.")) for d in node.decorator_list
            )
            and self._statements(node.body, local)
            and all(map(self._body, self._acting.called_by_enum(node)))
        )

    def _is_quiet_base(self, base: ast.expr) -> bool:
        if isinstance(base, ast.Subscript):
            base = base.value
        if isinstance(base, ast.Name) and base.id in self._module.binders:
            made = self._module.value_of(base.id)
            if isinstance(made, ast.ClassDef):
                hooks = {"__init_subclass__", "__class_getitem__", "__mro_entries__"}
                has_hook = any(getattr(part, "name", "") in hooks for part in made.body)
                return not has_hook and self._class(made, Local(self._module))
        elif isinstance(base, ast.Name):
            return base.id in ("object", "Exception", "ValueError", "float", "int", "str", "tuple")
        return self._module.path(base).startswith(QUIET_BASES)

    # Expressions ----------------------------------------------------------------------------------

    def _expression(self, node: ast.expr, local: Local) -> bool:
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom):
            return not local.at_top
        if isinstance(node, ast.Name):
            return node.id not in BY_NAME
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            root: ast.expr = node
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            parts = [node.slice] if isinstance(node, ast.Subscript) else []
            is_own = isinstance(root, ast.Name) and root.id in local.fresh
            return is_own and all(self._expression(part, local) for part in parts)
        if isinstance(node, ast.Attribute) and node.attr in BY_NAME:
            return False
        if isinstance(node, ast.Lambda):
            given = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
            return all(self._expression(value, local) for value in given)
        if isinstance(node, ast.Call):
            return self._call(node, local)
        return all(self._part(part, local) for part in ast.iter_child_nodes(node))

    def _call(self, node: ast.Call, local: Local) -> bool:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not all(self._expression(value, local) for value in given):
            return False
        if any(keyword.arg in ("out", "file") for keyword in node.keywords):
            return False
        called = node.func
        if isinstance(called, ast.Name) and called.id in local.names:
            return False
        path = self._module.path(called)
        if not path.startswith("qtcore.") and self._may_write(node, path, local):
            return False
        if path.startswith("numpy.") and not self._callbacks.have_quiet_methods(
            given, path.rpartition(".")[2]
        ):
            return False  # np.sqrt of an object calls its method sqrt
        if path:
            return is_quiet_path(path) and (
                path.startswith(STORING) or self._calls_quietly(given, local)
            )
        if isinstance(called, ast.Name):
            if called.id in self._module.binders:
                return self._own_call(called.id) and self._calls_quietly(given, local)
            return called.id in QUIET_BUILTINS and self._calls_quietly(given, local)
        if isinstance(called, ast.Attribute):
            if not self._expression(called.value, local) or called.attr in BY_NAME:
                return False
            if called.attr in QUIET_METHODS and called.attr not in self._methods:
                return True
            if called.attr in OF_WORKFLOWS and called.attr not in self._methods:
                return True
            return isinstance(called.value, ast.Name) and called.value.id in local.fresh
        return False

    def _may_write(self, node: ast.Call, path: str, local: Local) -> bool:
        """Whether a function of NumPy or SciPy, or a method, may write into what it is given."""
        if not path and not isinstance(node.func, ast.Attribute):
            return False
        if any(
            keyword.arg == "output"
            or (keyword.arg or "").startswith("overwrite_")
            or (keyword.arg == "copy" and ast.unparse(keyword.value) != "True")
            or (keyword.arg is None and path.startswith(("numpy", "scipy")))
            for keyword in node.keywords
        ):
            return True
        name = path.removeprefix("numpy.")
        if not path:
            read = 2 if isinstance(node.func, ast.Attribute) and node.func.attr == "replace" else 1
        elif not path.startswith(("numpy.", "scipy.")) or name in ONLY_READING:
            return False
        else:
            read = 2 if name in OF_TWO else 1
        behind = node.args[read:]
        if path.startswith("scipy.linalg") and any(ast.unparse(a) == "True" for a in behind):
            return True  # it may be the argument that lets the function overwrite others
        return any(self._is_changeable(value, local) for value in behind) or any(
            isinstance(value, ast.Starred) for value in node.args
        )

    def _is_changeable(self, value: ast.expr, local: Local) -> bool:
        """Whether an argument is a name for an object that was there before, or a part of one."""
        while isinstance(value, ast.Attribute | ast.Subscript):
            value = value.value
        if not isinstance(value, ast.Name) or value.id in local.fresh:
            return False
        if value.id in local.names:
            return True
        made = self._module.value_of(value.id)
        is_code = isinstance(made, ast.FunctionDef | ast.ClassDef)
        return (
            value.id in self._module.binders
            and value.id not in self._module.paths
            and not is_code
            and not self._module.is_fixed(value.id)
        )

    def _calls_quietly(self, given: list[ast.expr], local: Local) -> bool:
        """Whether a function that calls what it is given changes nothing by that."""
        return self._callbacks.are_quiet(given, local)

    @cached_property
    def _callbacks(self) -> Callbacks:
        return Callbacks(self._module, self._methods, self._expression, self._made_is_quiet)

    def _own_call(self, name: str) -> bool:
        """Whether calling a function or class of the module changes nothing."""
        made = self._module.value_of(name)
        return isinstance(made, ast.FunctionDef | ast.ClassDef) and self._made_is_quiet(made)

    def _made_is_quiet(self, made: ast.AST) -> bool:
        """Whether calling a function or class changes nothing."""
        if isinstance(made, ast.FunctionDef):
            return not made.decorator_list and self._body(made)
        if isinstance(made, ast.ClassDef):
            constructors = [
                part
                for part in made.body
                if isinstance(part, ast.FunctionDef)
                and part.name in ("__init__", "__post_init__", "__new__", "__set_name__")
            ]
            factories = [
                node.value
                for node in ast.walk(made)
                if isinstance(node, ast.keyword) and node.arg in ("default_factory", "factory")
            ]
            bases = [base.id for base in made.bases if isinstance(base, ast.Name)]
            return (
                self._class(made, Local(self._module))
                and all(map(self._body, constructors))
                and self._calls_quietly(factories, Local(self._module))
                and all(
                    self._own_call(base)
                    for base in bases
                    if base in self._module.binders and not self._module.paths.get(base)
                )
            )
        return False

    def _body(self, node: ast.FunctionDef) -> bool:
        """Whether executing a function's body changes nothing but what is its own."""
        if id(node) not in self._bodies:
            self._bodies[id(node)] = True  # while its own calls of itself are looked at
            local = Local(self._module, node)
            quiet = not local.names & self._once and self._statements(node.body, local)
            self._bodies[id(node)] = quiet
        return self._bodies[id(node)]
