"""Programs: the text of the functions that make the numbers, cut out of a definition.

A program is what a worker executes and what identifies a sweep, see docs/decisions/0007. It holds
the functions and the module-level names that they use, in the order of the definition.
"""

import ast
import hashlib
import linecache
import platform
import symtable
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from qtcore.errors import InputError, QtcoreError, is_fault, kind_and_text
from qtcore.sweep.normal_form import normal_form
from qtcore.sweep.trusted import refuse_untrusted, vouch

SOURCE = "__qtcore_source__"
"""Under this name a definition's module keeps the text that it was made from."""


class ProgramError(QtcoreError):
    """The functions of a definition raised; carries their own traceback."""


def program(functions: Mapping[str, Callable[..., Any]]) -> str:
    """Return the program of some functions, in which they bear the names of the mapping.

    Parameters
    ----------
    functions : mapping of str to function
        Each at the top level of a file, or of the cells of a notebook.

    Raises
    ------
    InputError
        If a function has no name at the top level, or its source cannot be had.
    """
    parts: list[str] = []
    texts: dict[str, list[tuple[str, str]]] = {}
    for role, function in functions.items():
        name = getattr(function, "__name__", "")
        namespace = getattr(function, "__globals__", {})
        if namespace.get(name) is not function:
            raise InputError(
                f"{role} must be a function with a name at the top level of a file or of a "
                f"notebook's cells, got {function!r}: write `def {role}(point): ...` there"
            )
        module = namespace.get("__name__", "")
        if _is_installed(namespace):
            parts.append(f"from {module} import {name} as {role}")
        else:
            texts.setdefault(source_text(function), []).append((role, name))
    for text, names in texts.items():
        cut = cut_out(text, [name for _, name in names])
        aliases = [f"{role} = {name}" for role, name in names if role != name]
        parts.append("\n".join([cut, *aliases]))
    made = "\n".join(parts)
    vouch(made)  # the functions live in this process already
    return made


def source_text(function: Callable[..., Any]) -> str:
    """Return the text that a function's module was made from: its file, or a notebook's cells.

    Raises
    ------
    InputError
        If it cannot be had, with what to do.
    """
    namespace: Mapping[str, Any] = function.__globals__
    if isinstance(namespace.get(SOURCE), str):
        return str(namespace[SOURCE])
    cells = namespace.get("In")
    if isinstance(cells, list):
        return "\n".join(cell for cell in cells if _parses(cell))
    try:
        return Path(function.__code__.co_filename).read_text(encoding="utf-8")
    except OSError:
        raise InputError(
            f"the source of {function.__name__} cannot be had, so workers could not be told what "
            "to compute: write the definition into a file and give its path"
        ) from None


def _parses(cell: str) -> bool:
    """Whether a notebook's cell is plain Python; cells with magics define nothing for workers."""
    try:
        ast.parse(cell)
    except SyntaxError:
        return False
    return True


def _is_installed(namespace: Mapping[str, Any]) -> bool:
    """Whether a module can be imported on any worker: it belongs to an installed package."""
    if SOURCE in namespace or not namespace.get("__package__"):
        return False
    folders = Path(namespace.get("__file__") or "").resolve().parts
    package = Path(__file__).resolve().parents[1]
    return "site-packages" in folders or package in Path(*folders).parents


def cut_out(text: str, names: list[str]) -> str:
    """Return what a module's text needs to define some names, in normal form.

    Comments, docstrings, the layout and the annotations of functions do not enter.

    Raises
    ------
    InputError
        If a needed name is bound nowhere in the text.
    """
    statements = ast.parse(text).body
    binders: dict[str, list[int]] = {}
    for number, statement in enumerate(statements):
        for name, is_anew in _bound(statement):
            # What is bound anew forgets what stood there before, as in cells that run again.
            binders[name] = [number] if is_anew else [*binders.get(name, []), number]
    needed: set[str] = set()
    chosen: set[int] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for number in set(binders.get(name, ())) - chosen:
            chosen.add(number)
            waiting += [free for free in _free(_bare(statements[number])) if free in binders]
    missing = [name for name in names if name not in binders]
    if missing:
        raise InputError(f"{', '.join(missing)} is not defined at the top level of its source")
    kept = [
        _bare(_narrowed(statement, needed))
        for number, statement in enumerate(statements)
        if number in chosen or _is_for_all(statement)
    ]
    return normal_form(ast.Module(kept, []))


def _is_for_all(statement: ast.stmt) -> bool:
    """Whether a statement acts on all that follows: a star import, or one from the future."""
    return isinstance(statement, ast.ImportFrom) and (
        statement.module == "__future__" or statement.names[0].name == "*"
    )


def _bound(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield the names that a statement binds or changes, and whether it binds them anew."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, True
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            # `import a.b` and `import a.c` both bind a.
            yield (alias.asname or alias.name).partition(".")[0], "." not in alias.name
    elif isinstance(statement, ast.Expr):
        if isinstance(statement.value, ast.Call):
            root: ast.expr = statement.value.func
            while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name):
                yield root.id, False
    else:
        is_plain = isinstance(statement, ast.Assign | ast.AnnAssign)
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name, False
            elif isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((name, False) for name, _ in _bound(node))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, is_plain
            elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(
                node.ctx, ast.Store
            ):
                yield from (
                    (part.id, False) for part in ast.walk(node.value) if isinstance(part, ast.Name)
                )


def _free(statement: ast.stmt) -> set[str]:
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


def _narrowed(statement: ast.stmt, needed: set[str]) -> ast.stmt:
    """Return an import of only those names that are needed; any other statement as it is."""
    if not isinstance(statement, ast.Import | ast.ImportFrom) or _is_for_all(statement):
        return statement
    names = [a for a in statement.names if (a.asname or a.name).partition(".")[0] in needed]
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


class _Bare(ast.NodeTransformer):
    """Take docstrings away, and annotations of functions that no decorator might read."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        if not node.decorator_list:
            node.returns = None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (body[1:] or [ast.Pass()]) if is_text else body


def _bare(statement: ast.stmt) -> ast.stmt:
    bare = _Bare().visit(statement)
    assert isinstance(bare, ast.stmt)
    return bare


@lru_cache(maxsize=64)
def load_program(text: str) -> Mapping[str, Any]:
    """Execute a program, once in a process, and return what it defines.

    Raises
    ------
    UntrustedProgramError
        If nobody vouched for it.
    ProgramError
        If it raises, such as for a package that is not installed here.
    """
    refuse_untrusted(text)
    name = f"qtcore_program_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    file = f"<{name}>"
    # Tracebacks show the program's lines, and dataclasses look their module up.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[name]
        if not is_fault(error):
            raise
        raise ProgramError(
            f"the functions of this sweep cannot be loaded on {platform.node()}: "
            f"{kind_and_text(error)}\n{own_traceback(error, file)}"
        ) from error
    return module.__dict__


def own_traceback(error: BaseException, file: str) -> str:
    """Format a traceback from the first line of a file on, without the machinery before it."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != file:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()


def program_differences(stored: str, asked: str) -> list[str]:
    """Return the names whose definition differs between two programs, in words."""
    try:
        old, new = _definitions(stored), _definitions(asked)
    except SyntaxError as error:
        ours = platform.python_version()
        return [f"Python {ours} cannot read those of the store ({error.msg}): take a newer Python"]
    words = {
        name: "is new" if name not in old else "is gone" if name not in new else "was changed"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }
    if not words and _statements(stored) != _statements(asked):
        return ["a statement that binds no name was changed, is new or is gone"]
    return [f"{name} {word}" for name, word in words.items()]


def _statements(text: str) -> list[str]:
    """Return all top-level statements of a program, in an order that does not depend on its own."""
    return sorted(ast.unparse(statement) for statement in ast.parse(text).body)


def _definitions(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in ast.parse(text).body:
        for name, _ in _bound(statement):
            found[name] = found.get(name, "") + ast.unparse(statement) + "\n"
    return found
