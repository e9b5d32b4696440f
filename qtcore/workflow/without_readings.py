"""The text of a script without statements that only look at the clock, the host or the disk.

`start = time.time()` before a sweep, and `print(time.time() - start)` behind it, make no number. In a
definition such a statement is refused, because it might; here it is left out if nothing that stays
needs what it binds, and if it calls only what is known to change nothing.
"""

import ast

from qtcore.sweep.bindings import Module, bound

READING = (
    *("time.", "datetime.", "platform.", "os.path.", "pathlib.Path.cwd", "pathlib.Path.home"),
    *("os.getcwd", "os.getpid", "os.listdir", "os.cpu_count", "os.getenv", "socket.gethostname"),
)
"""Beginnings of the paths of functions that look at something and change nothing."""

SHOWING = ("print", "len", "str", "repr", "float", "int", "round", "abs", "format")
"""Functions of Python that change nothing, if they get numbers and texts."""


def without_readings(text: str) -> str:
    """Return a text without the statements that only read, unless others need what they bind."""
    module = Module(text, is_bare=False)
    dropped: set[int] = set()
    read: set[str] = set()  # numbers and texts
    for number, statement in enumerate(module.statements):
        if _only_reads(module, number, read):
            dropped.add(number)
            read |= _anew(statement)
    while True:
        needed = set().union(
            *(free for number, free in enumerate(module.free) if number not in dropped)
        )
        kept = {n for n in dropped if needed & _anew(module.statements[n])}
        if not kept:
            break
        dropped -= kept
    if not dropped:
        return text
    return ast.unparse(
        ast.Module([one for n, one in enumerate(module.statements) if n not in dropped], [])
    )


def _only_reads(module: Module, number: int, read: set[str]) -> bool:
    """Whether a statement binds names to what it reads, or prints it, and does nothing else."""
    statement = module.statements[number]
    if isinstance(statement, ast.Assign):
        if not all(isinstance(target, ast.Name) for target in statement.targets):
            return False
    elif not isinstance(statement, ast.Expr):
        return False
    known = read | {*module.paths}
    own = {name for name in module.free[number] if _is_bound(module, name)}
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return bool(calls) and own <= known and all(_reads(module, call) for call in calls)


def _reads(module: Module, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name) and not _is_bound(module, call.func.id):
        return call.func.id in SHOWING
    return module.path(call.func, even_if_changed=True).startswith(READING)


def _anew(statement: ast.stmt) -> set[str]:
    return {name for name, is_anew in bound(statement) if is_anew}


def _is_bound(module: Module, name: str) -> bool:
    return any(is_anew for _, is_anew in module.binders.get(name, ()))
