"""Programs: the text of the functions that make the numbers, cut out of a definition.

A program is what a worker executes and what identifies a sweep, see docs/decisions/0007. It holds
the functions and the module-level names that they use, in the order of the definition.
"""

import ast
import hashlib
import inspect
import linecache
import platform
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import Context
from functools import lru_cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from qtcore.errors import InputError, QtcoreError, brief, is_fault, kind_and_text
from qtcore.sweep.bindings import bound
from qtcore.sweep.cut import cut_out
from qtcore.sweep.lines import in_own_lines, remember_origin
from qtcore.sweep.outside import refuse_what_lies_outside
from qtcore.sweep.own_text import SOURCE, source_text
from qtcore.sweep.syntax import parsed
from qtcore.sweep.trusted import refuse_untrusted, vouch

NEXT_FILE = "# qtcore: the functions of another file"
"""This line stands before each file of a program that comes from several."""

ROLES = ("wire", "solve", "cost", "estimate")
"""What a program may define for the engine."""

_of_thread = threading.local()

_executing = threading.RLock()
"""Held while a text is executed: modules are found by name meanwhile, and threads load the same ones."""


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
    paths: dict[str, str] = {}
    for role, function in functions.items():
        name = getattr(function, "__name__", "")
        namespace = getattr(function, "__globals__", {})
        if namespace.get(name) is not function:
            raise InputError(
                f"{role} must be a function with a name at the top level of a file or of a "
                f"notebook's cells, got {_called(function)}: write `def {role}(point): ...` there"
            )
        module = namespace.get("__name__", "")
        if is_installed_module(namespace):
            parts.append(f"from {module} import {name} as {role}")
        else:
            text = source_text(function)
            texts.setdefault(text, []).append((role, name))
            paths[text] = function.__code__.co_filename
    imported = len(parts)
    meets = False
    for text, names in texts.items():
        wanted = [name for _, name in names]
        cut = _cut(text, tuple(wanted))
        refuse_what_lies_outside(cut, wanted)
        own = _bound_in(cut)
        meets |= bool(imported and own & {*functions} - {role for role, _ in names})
        parts.append("\n".join([cut, *_aliases(names, own)]))
    made = _with_files_apart(parts) if len(texts) > 1 or meets else "\n".join(parts)
    vouch(made)  # the functions live in this process already
    _remember_origins(made, paths)
    return made


@lru_cache(maxsize=32)
def _cut(text: str, names: tuple[str, ...]) -> str:
    """Return `cut_out`, which takes some tenths of a second, for each text and its names once."""
    return cut_out(text, [*names])


def _called(function: object) -> str:
    """Return what was given in the place of a function with a name, and where it stands."""
    code = getattr(function, "__code__", None)
    if code is None:
        return brief(function)
    what = "a lambda" if code.co_name == "<lambda>" else f"the function {code.co_name}"
    return f"{what} ({code.co_filename}, line {code.co_firstlineno})"


def _bound_in(text: str) -> set[str]:
    return {name for statement in parsed(text).body for name, _ in bound(statement)}


def _aliases(names: list[tuple[str, str]], own: set[str]) -> list[str]:
    """Return the lines that give functions the names of their roles.

    Where the text has something else of that name, which its functions may use, the role gets a
    name that no text has.
    """
    given = dict(names)
    lines = []
    for role, name in names:
        if role != name:
            lines.append(f"{_aside(role) if role in own else role} = {name}")
    return [*lines, *(f"{_aside(role)} = None" for role in ROLES if role in own - {*given})]


def _aside(role: str) -> str:
    return f"__qtcore_{role}__"


def _with_files_apart(parts: list[str]) -> str:
    """Return one text of several files, each of which keeps its names to itself."""
    whole = "\n".join(f"{NEXT_FILE}\n{part}" for part in parts)
    if len(files_of(whole)) != len(parts):
        raise InputError(f"no line of a definition may be {NEXT_FILE!r}")
    return whole


def files_of(text: str) -> list[str]:
    """Return the files that a program is made of."""
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.rstrip("\n") == NEXT_FILE]
    if not starts or starts[0] > 0:
        return [text]
    return [
        "".join(lines[first + 1 : stop])
        for first, stop in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


def is_installed_module(namespace: Mapping[str, Any]) -> bool:
    """Whether a module can be imported on any worker: it belongs to an installed package."""
    if SOURCE in namespace or not namespace.get("__package__"):
        return False
    folders = Path(namespace.get("__file__") or "").resolve().parts
    package = Path(__file__).resolve().parents[1]
    return "site-packages" in folders or package in Path(*folders).parents


def load_program(text: str) -> Mapping[str, Any]:
    """Execute a program, once in a thread, and return what it defines; see `loaded_anew`.

    No two threads share one: they would meet in what functions keep at module level, such as an
    array that they fill, and none of them would find what another one has set for itself alone.
    """
    if not hasattr(_of_thread, "load"):
        _of_thread.load = lru_cache(maxsize=64)(loaded_anew)
    loaded: Mapping[str, Any] = _of_thread.load(text)
    return loaded


def loaded_anew(text: str) -> Mapping[str, Any]:
    """Execute a program and return what it defines.

    What it does not define of `ROLES` is None there. Functions with these roles find the context
    variables as the program has set them while it was executed, whoever calls them: among these are
    NumPy's `seterr` and the precision of `decimal`. What a function sets lasts until it returns.

    Raises
    ------
    UntrustedProgramError
        If nobody vouched for it.
    ProgramError
        If it raises, such as for a package that is not installed here.
    """
    context = Context()
    made = context.run(namespaces, text)
    found: dict[str, Any] = {}
    for defined in made:
        given = {role: defined.get(_aside(role), defined.get(role)) for role in ROLES}
        roles = {role: _called_in(context, function) for role, function in given.items()}
        if len(made) == 1:
            return {**defined, **roles}
        found |= {role: function for role, function in roles.items() if function is not None}
    return {role: found.get(role) for role in ROLES}


def _called_in(context: Context, function: Any) -> Any:
    """Return a function that is called in a copy of a context, each time in a new one."""
    if not callable(function):
        return function

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        return context.copy().run(function, *given, **named)

    return call


def file_of(function: Callable[..., Any]) -> str:
    """Return what tracebacks show as the file of a function; nothing if it is not Python's."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "" if code is None else str(code.co_filename)


def namespaces(text: str) -> list[dict[str, Any]]:
    """Execute a program and return what each file of it defines; errors as in `load_program`."""
    refuse_untrusted(text)
    with _executing:
        return [
            _execute(file, _module_name(text, number)) for number, file in enumerate(files_of(text))
        ]


def _module_name(text: str, number: int) -> str:
    """Return the name of the module that a file of a program becomes."""
    name = f"qtcore_program_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return f"{name}_{number}" if number else name


def _file_name(module: str) -> str:
    """Return what tracebacks show for a module of a program."""
    return f"<{module}>"


def remember_origin_of(program: str, definition: str, path: str) -> None:
    """Let tracebacks of a program show the lines of the definition that it was cut from."""
    _remember_origins(program, {definition: path})


def _remember_origins(program: str, paths: Mapping[str, str]) -> None:
    files = files_of(program)
    imported = len(files) - len(paths) if len(files) > 1 else 0
    for number, (definition, path) in enumerate(paths.items(), imported):
        if number < len(files):
            name = _file_name(_module_name(program, number))
            remember_origin(name, files[number], definition, path)


def _execute(text: str, name: str) -> dict[str, Any]:
    file = _file_name(name)
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
    return in_own_lines("".join(traceback.format_exception(type(error), error, frames))).rstrip()


def program_differences(stored: str, asked: str) -> list[str]:
    """Return the names whose definition differs between two programs, in words."""
    try:
        old, new = _definitions(stored), _definitions(asked)
    except SyntaxError as error:
        ours = platform.python_version()
        return [f"Python {ours} cannot read those of the store ({error.msg}): take a newer Python"]
    except (MemoryError, RecursionError, ValueError):
        return ["those of the store are no text that Python can read"]
    words = {
        name: "is new" if name not in old else "is gone" if name not in new else "was changed"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }
    if not words and _statements(stored) != _statements(asked):
        return ["a statement that binds no name was changed, is new or is gone"]
    if not words and _in_order(stored) != _in_order(asked):
        return ["the order of the statements at the top level was changed"]
    return [f"{name} {word}" for name, word in words.items()]


def _statements(text: str) -> list[str]:
    """Return all top-level statements of a program, in an order that does not depend on its own."""
    return sorted(ast.unparse(statement) for statement in parsed(text).body)


def _in_order(text: str) -> list[str]:
    """Return the top-level statements whose order decides what a program does, in their order.

    Those are left out that only bind names, which nothing else binds, to what runs nothing.
    """
    body = parsed(text).body
    names = Counter(name for statement in body for name, _ in bound(statement))
    return [
        ast.unparse(statement)
        for statement in body
        if not _runs_nothing(statement) or any(names[name] > 1 for name, _ in bound(statement))
    ]


def _runs_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is an import, a plain function or class, or binds a constant."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef(decorator_list=[]) | ast.AsyncFunctionDef(decorator_list=[]):
            given = statement.args
            return all(_is_constant(value) for value in (*given.defaults, *given.kw_defaults))
        case ast.ClassDef(decorator_list=[], bases=[], keywords=[]):
            return all(map(_runs_nothing, statement.body))
        case ast.Assign() | ast.AnnAssign():
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            named = all(isinstance(target, ast.Name) for target in targets)
            return named and _is_constant(statement.value)
        case ast.Expr() | ast.Pass():
            return isinstance(statement, ast.Pass) or _is_constant(statement.value)
    return False


def _is_constant(value: ast.expr | None) -> bool:
    """Whether an expression is written out as a literal, or is not there at all."""
    try:
        if value is not None:
            ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _definitions(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in parsed(text).body:
        for name, _ in bound(statement):
            found[name] = found.get(name, "") + ast.unparse(statement) + "\n"
    return found
