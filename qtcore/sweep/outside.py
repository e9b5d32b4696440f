"""What a program may not take its numbers from: the place and the moment where it is loaded.

Workers run elsewhere and later. What they would read there is not what the author read, and it is in
no hash, so it is refused by name.
"""

import ast
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from qtcore.errors import InputError
from qtcore.sweep.bindings import Module, imported
from qtcore.sweep.reading import Reads
from qtcore.sweep.reads import TO_DO
from qtcore.sweep.syntax import parsed


def refuse_what_lies_outside(program: str, names: Iterable[str]) -> None:
    """Raise InputError if a program reads a file, its process, or the clock, or imports a file.

    Functions count as far as they are used: a program may be a whole text.

    Reading the clock inside a function, or a generator without a seed, is not refused unless the
    function is called while the program is loaded: whether it enters the numbers is found by
    calling it twice.
    """
    module = Module(program, is_bare=True)
    called = [
        name
        for number, statement in enumerate(module.statements)
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef)
        for name in module.free[number]
    ]
    used = module.reach([*names, *called])
    reads = Reads(module)
    for statement in module.statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name not in used:
            continue
        for read, what in reads.of(statement):
            raise InputError(
                f"{_named(statement)} reads {what} ({read}), where workers may find something "
                f"else: {TO_DO[what]}"
            )
    for node in ast.walk(ast.Module(module.statements, [])):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for _, path in imported(node):
                _refuse_unless_installed(path, node)


def _named(statement: ast.stmt) -> str:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return statement.name
    return f"`{ast.unparse(statement).splitlines()[0]}`"


def _refuse_unless_installed(path: str, node: ast.Import | ast.ImportFrom) -> None:
    top = path.partition(".")[0]
    if not top:
        raise InputError(
            f"`{ast.unparse(node)}` imports a file beside the definition, which workers do not "
            "have: give its whole name and install it as a package (`pip install -e .`)"
        )
    if not is_installed(top):
        raise InputError(
            f"{top} is no installed package but a file that this process finds on its path: "
            "workers may find none, or another one, and it is in no hash; write what makes the "
            "numbers into the definition, or install it as a package (`pip install -e .`)"
        )


@lru_cache(maxsize=256)
def is_installed(name: str) -> bool:
    """Whether a top-level module belongs to Python or to an installed package.

    A module that is not there at all counts as installed: importing it says so.
    """
    if name in sys.stdlib_module_names or name == "qtcore":
        return True
    found = sys.modules.get(name)
    spec = getattr(found, "__spec__", None)
    try:
        spec = spec or importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return True
    if spec is None:
        return True
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    folders = [Path(place).resolve() for place in places if place]
    if any({"site-packages", "dist-packages"} & {*folder.parts} for folder in folders):
        return True
    if name in importlib.metadata.packages_distributions():
        return True
    return any(root in folder.parents for root in _editable() for folder in folders)


@lru_cache(maxsize=1)
def _editable() -> tuple[Path, ...]:
    """Return the folders of packages that are installed in editable mode."""
    found = []
    for distribution in importlib.metadata.distributions():
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            found.append(Path(unquote(urlsplit(origin["url"]).path)).resolve())
    return tuple(found)


def packages_of(program: str) -> list[str]:
    """Return the installed packages that a program imports, apart from Python's own and qtcore."""
    try:
        tree = parsed(program)
    except SyntaxError:  # of a newer Python, in an older store
        return []
    tops = {
        path.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for _, path in imported(node)
    }
    return sorted(tops - {*sys.stdlib_module_names, "qtcore", ""})
