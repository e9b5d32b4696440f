"""What of a module's text makes the numbers: see docs/decisions/0013.

Every statement counts that binds a needed name, and every one that may change what a needed name
stands for. What cannot be decided counts too.
"""

import ast
import sys

from qtcore.errors import InputError, listed
from qtcore.sweep.bindings import (
    BUILTINS,
    SEVERED,
    Module,
    bound,
    imported,
    is_text,
    reaches_by_name,
)
from qtcore.sweep.effects import Effects
from qtcore.sweep.normal_form import normal_form
from qtcore.sweep.quiet import QUIET_PACKAGES, is_quiet_path

DRAWING = frozenset(
    [
        "IPython",
        "PIL",
        "bokeh",
        "cycler",
        "matplotlib",
        "mpl_toolkits",
        "pandas",
        "plotly",
        "rich",
        "seaborn",
        "xarray",
    ]
)
"""Packages for results: what is set in them changes no number of a sweep."""

INSTALLED_FOR_NAMES = QUIET_PACKAGES | DRAWING
"""Importing one of these changes nothing, so that it counts only where its name is used."""

READS_TEXT = frozenset(
    {"__doc__", "__annotations__", "getdoc", "get_annotations", "get_type_hints", "inspect"}
    | {"getsource", "signature"}
)
"""Names and attributes by which docstrings and annotations are read."""

END = 10**9
"""Position after all statements."""


def cut_out(text: str, names: list[str]) -> str:
    """Return what a module's text needs to define some names, in normal form.

    Comments and the layout do not enter, nor do docstrings and annotations that nobody reads.

    Raises
    ------
    InputError
        If a needed name is bound nowhere in the text, or workers would have to start a run.
    """
    module = Module(text, is_bare=True)
    missing = [name for name in names if name not in module.binders]
    if missing:
        raise InputError(f"{', '.join(missing)} is not defined at the top level of its source")
    chosen, needed = _chosen(module, names)
    if _is_read([module.statements[number] for number in chosen]):
        module = Module(text, is_bare=False)
        chosen, needed = _chosen(module, names)
    kept = [statement for n, statement in enumerate(module.statements) if n in chosen]
    for statement in kept:
        _refuse_a_run(module, statement)
    if len(kept) < len(_everything(module)):
        kept = [_narrowed(statement, needed) for statement in kept]
    return normal_form(ast.Module(kept, []))


def _chosen(module: Module, names: list[str]) -> tuple[set[int], set[str]]:
    """Return which statements count, and the names that they need."""
    effects = Effects(module)
    hooks = effects.hooks()
    chosen: set[int] = set()
    asked: set[tuple[str, int]] = set()
    waiting = [(name, END) for name in names]
    loud = [
        number
        for number, statement in enumerate(module.statements)
        if not _is_for_main_only(statement)
        and (not effects.is_quiet(number) or hooks.may_run(number))
    ]
    forced = {n for n, s in enumerate(module.statements) if _is_for_all(s)}
    forced |= _for_their_effects(module)
    while True:
        while waiting:
            name, at = waiting.pop()
            if (name, at) in asked:
                continue
            asked.add((name, at))
            if name == "__doc__":
                forced |= {0} if is_text(module.statements[0]) else set()
            for number in _binders(module, effects, name, at):
                chosen.add(number)
                # Once where it is executed, and once where functions in it are called.
                waiting += [(other, n) for other in module.free[number] for n in (number, at)]
        needed = {name for name, _ in asked}
        new = {
            number
            for number in [*forced, *loud]
            if number not in chosen
            and (
                number in forced
                or (hooks.may_run(number) and not hooks.touched.isdisjoint(needed))
                or _may_matter(module, number, needed)
            )
        }
        if any(reaches_by_name(module.statements[n]) for n in {*chosen, *new}):
            return _everything(module), needed
        if not new:
            return chosen, needed
        chosen |= new
        waiting += [
            (name, number)
            for number in new
            for name in (module.free[number] | _own(module, number))
        ]
        # What is handed over is called later, and finds what stands there then.
        waiting += [(name, END) for n in new.intersection(hooks.keeping) for name in module.free[n]]


def _everything(module: Module) -> set[int]:
    return {
        number
        for number, statement in enumerate(module.statements)
        if not _is_for_main_only(statement)
    }


def _own(module: Module, number: int) -> set[str]:
    """Return the names that a statement binds or changes, so that they are there before it."""
    return {name for name, is_anew in bound(module.statements[number]) if not is_anew}


def _binders(module: Module, effects: Effects, name: str, at: int) -> list[int]:
    """Return the statements that make what a name stands for at some position.

    What is bound anew forgets what stood there before, as in cells of a notebook that run again.
    """
    found: list[int] = []
    for number, is_anew in module.binders.get(name, ()):
        statement = module.statements[number]
        if number >= at or (isinstance(statement, ast.Expr) and effects.is_quiet(number)):
            continue
        if _is_for_main_only(statement):
            continue
        found = [number] if is_anew else [*found, number]
    return found


def _may_matter(module: Module, number: int, needed: set[str]) -> bool:
    """Whether a statement may change what a needed name stands for, or a setting for all."""
    statement = module.statements[number]
    if isinstance(statement, ast.FunctionDef) and _is_for_packages(module, statement):
        return _decorators_matter(module, statement, needed)
    touched = module.touched(number)
    if touched & (needed - set(module.paths)):
        return True
    reached = {number, *(n for name in touched for n, _ in module.binders.get(name, ()))}
    executed = [module.statements[n] for n in sorted(reached)]
    return any(
        reaches_by_name(statement)
        or (
            not isinstance(statement, ast.Import | ast.ImportFrom)
            and _disturbs_a_package(module, statement)
        )
        for statement in executed
    )


def _is_for_packages(module: Module, function: ast.FunctionDef) -> bool:
    """Whether a function is decorated by packages alone, such as a test or a kernel."""
    roots: list[ast.expr] = []
    for decorator in function.decorator_list:
        root = decorator
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        roots.append(root)
    return bool(roots) and all(isinstance(r, ast.Name) and r.id in module.paths for r in roots)


def _decorators_matter(module: Module, function: ast.FunctionDef, needed: set[str]) -> bool:
    """Whether decorators of packages may change what a needed name stands for.

    A package gets the function and what the decorator names; it does not know what the function
    uses. It may keep it somewhere, which matters where the same package makes the numbers.
    """
    named = {
        node.id
        for part in [*function.decorator_list, function.args]
        for node in ast.walk(part)
        if isinstance(node, ast.Name)
    }
    touched = {function.name} | module.reach(named - set(module.paths))
    used = {p.partition(".")[0] for name in needed for p in module.paths.get(name, ())}
    packages = {p.partition(".")[0] for name in named for p in module.paths.get(name, ())}
    return bool(touched & (needed - set(module.paths)) or (packages - QUIET_PACKAGES) & used)


def _disturbs_a_package(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement may change a package, or calls one of which nothing is known."""
    parents = {id(c): node for node in ast.walk(statement) for c in ast.iter_child_nodes(node)}
    for node in ast.walk(statement):
        if not isinstance(node, ast.Name) or node.id in BUILTINS:
            continue
        if node.id not in module.binders and module.stars and node.id in module.free_of(statement):
            return True  # of one of the modules that are imported with a star
        chain: ast.AST = node
        while isinstance(parents.get(id(chain)), ast.Attribute):
            chain = parents[id(chain)]
        for path in module.paths.get(node.id, ()):
            if path.partition(".")[0] in DRAWING:
                continue
            behind = ast.unparse(chain)[len(node.id) :]
            is_called = isinstance(parents.get(id(chain)), ast.Call) and chain in (
                getattr(parents[id(chain)], "func", None),
            )
            is_module = not is_called and path + behind in sys.modules
            is_read = isinstance(getattr(chain, "ctx", None), ast.Load)
            if is_module or not is_read or not is_quiet_path(path + behind):
                return True
    return False


def _for_their_effects(module: Module) -> set[int]:
    """Return the imports of unknown packages whose names nobody uses: they act by themselves."""
    used = set().union(*module.free) if module.free else set()
    return {
        number
        for number, statement in enumerate(module.statements)
        if isinstance(statement, ast.Import | ast.ImportFrom)
        and all(
            name not in used and path.partition(".")[0] not in INSTALLED_FOR_NAMES
            for name, path in imported(statement)
        )
    }


def _is_for_all(statement: ast.stmt) -> bool:
    """Whether a statement acts on all that follows: a star import, or one from the future."""
    return isinstance(statement, ast.ImportFrom) and (
        statement.module == "__future__" or statement.names[0].name == "*"
    )


def _is_for_main_only(statement: ast.stmt) -> bool:
    """Whether a statement is executed only where the module is a script."""
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return ast.unparse(statement.test) in ("__name__ == '__main__'", "'__main__' == __name__")


def _refuse_a_run(module: Module, statement: ast.stmt) -> None:
    """Raise InputError if workers would have to start or open a run themselves."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and module.path(node.func) in SEVERED:
            line = f"line {statement.lineno}: {listed(ast.unparse(statement).splitlines()[:1])}"
            raise InputError(
                f"what makes the numbers may depend on a run that the same text starts ({line}): "
                "write the definition into a file of its own, and start the run somewhere else"
            )


def _narrowed(statement: ast.stmt, needed: set[str]) -> ast.stmt:
    """Return an import of only those names that are needed; any other statement as it is."""
    if not isinstance(statement, ast.Import | ast.ImportFrom) or _is_for_all(statement):
        return statement
    names = [a for a in statement.names if (a.asname or a.name).partition(".")[0] in needed]
    if not names:  # imported for what it does
        return statement
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


def _is_read(statements: list[ast.stmt]) -> bool:
    """Whether docstrings and annotations are read by some of the statements."""
    return any(
        (isinstance(node, ast.Name) and node.id in READS_TEXT)
        or (isinstance(node, ast.Attribute) and node.attr in READS_TEXT)
        or (isinstance(node, ast.alias) and node.name in READS_TEXT)
        for statement in statements
        for node in ast.walk(statement)
    )
