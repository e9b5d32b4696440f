"""What a program may not take its numbers from: the place and the moment where it is loaded.

Workers run elsewhere and later. What they would read there is not what the author read, and it is in
no hash, so it is refused by name.
"""

import ast
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from qtcore.errors import InputError
from qtcore.sweep.bindings import Module, imported

FILE, PLACE, CLOCK = "a file", "the process or host that it runs in", "the clock"

READS = {
    "csv.": FILE,
    "glob.": FILE,
    "bz2.BZ2File": FILE,
    "bz2.open": FILE,
    "codecs.open": FILE,
    "configparser.": FILE,
    "dbm.": FILE,
    "fileinput.": FILE,
    "gzip.GzipFile": FILE,
    "gzip.open": FILE,
    "h5py.": FILE,
    "importlib.": FILE,
    "io.FileIO": FILE,
    "io.open": FILE,
    "joblib.load": FILE,
    "linecache.": FILE,
    "lzma.LZMAFile": FILE,
    "lzma.open": FILE,
    "mmap.": FILE,
    "json.load": FILE,
    "numpy.DataSource": FILE,
    "numpy.fromfile": FILE,
    "numpy.fromregex": FILE,
    "numpy.genfromtxt": FILE,
    "numpy.lib.format": FILE,
    "numpy.lib.npyio": FILE,
    "numpy.load": FILE,
    "numpy.memmap": FILE,
    "os.access": FILE,
    "os.listdir": FILE,
    "os.lstat": FILE,
    "os.path.exists": FILE,
    "os.path.getatime": FILE,
    "os.path.getctime": FILE,
    "os.path.getmtime": FILE,
    "os.path.getsize": FILE,
    "os.path.is": FILE,
    "os.path.lexists": FILE,
    "os.path.samefile": FILE,
    "os.readlink": FILE,
    "os.scandir": FILE,
    "os.stat": FILE,
    "os.walk": FILE,
    "pkgutil.": FILE,
    "pandas.read_": FILE,
    "pickle.load": FILE,
    "requests.": FILE,
    "runpy.": FILE,
    "shelve.": FILE,
    "tarfile.": FILE,
    "scipy.io.": FILE,
    "sqlite3.": FILE,
    "tomllib.load": FILE,
    "urllib.": FILE,
    "xml.dom.": FILE,
    "xml.etree.ElementTree.iterparse": FILE,
    "xml.etree.ElementTree.parse": FILE,
    "xml.sax.": FILE,
    "xarray.load_": FILE,
    "xarray.open_": FILE,
    "zarr.": FILE,
    "zipfile.": FILE,
    "zipimport.": FILE,
    "ctypes.": PLACE,
    "getpass.": PLACE,
    "locale.": PLACE,
    "multiprocessing.cpu_count": PLACE,
    "os.cpu_count": PLACE,
    "os.environ": PLACE,
    "os.getcwd": PLACE,
    "os.getenv": PLACE,
    "os.getlogin": PLACE,
    "os.getgid": PLACE,
    "os.getloadavg": PLACE,
    "os.getpid": PLACE,
    "os.getppid": PLACE,
    "os.getuid": PLACE,
    "os.path.abspath": PLACE,
    "os.path.expand": PLACE,
    "os.path.realpath": PLACE,
    "os.popen": PLACE,
    "os.process_cpu_count": PLACE,
    "os.sched_getaffinity": PLACE,
    "os.sysconf": PLACE,
    "os.system": PLACE,
    "os.times": PLACE,
    "os.uname": PLACE,
    "pathlib.Path.cwd": PLACE,
    "pathlib.Path.home": PLACE,
    "platform.": PLACE,
    "posix.": PLACE,
    "psutil.": PLACE,
    "pwd.": PLACE,
    "resource.": PLACE,
    "shutil.": PLACE,
    "socket.": PLACE,
    "subprocess.": PLACE,
    "sys.argv": PLACE,
    "sys.executable": PLACE,
    "sys.orig_argv": PLACE,
    "sys.path": PLACE,
    "sys.prefix": PLACE,
    "sys.stdin": PLACE,
    "tempfile.": PLACE,
    "datetime.date.today": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "os.urandom": CLOCK,
    "secrets.": CLOCK,
    "time.": CLOCK,
    "uuid.": CLOCK,
}
"""Beginnings of the paths of what reads these."""

EXACT = {"json.load", "pickle.load", "tomllib.load"}
"""Of these the whole path counts: `json.loads` reads a text."""

NAMES = {"open": FILE, "input": PLACE, "__file__": PLACE, "__import__": FILE}

METHODS = {"read_text": FILE, "read_bytes": FILE}

OF_PATHS = {
    "exists": FILE,
    "expanduser": PLACE,
    "glob": FILE,
    "is_dir": FILE,
    "is_file": FILE,
    "iterdir": FILE,
    "lstat": FILE,
    "rglob": FILE,
    "stat": FILE,
}
"""Methods of paths. Classes of the definition may have methods of the same names."""

TO_DO = {
    FILE: "write its numbers into the definition, or put it into an installed package, whose "
    "version is kept in the store",
    PLACE: "make it a constant of the preset (`qt.Preset(..., name=value)`, `--set name=value`), "
    "which functions find in their point",
    CLOCK: "make it a constant of the preset, which functions find in their point; random numbers "
    "come from `np.random.default_rng([point.seed, realization])`",
}


def refuse_what_lies_outside(program: str, names: Iterable[str]) -> None:
    """Raise InputError if a program reads a file, its process, or the clock, or imports a file.

    Functions count as far as they are used: a program may be a whole text.

    Reading the clock inside a function is not refused: whether it enters the numbers is found by
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
    for statement in module.statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name not in used:
            continue
        for read, what in _read(module, statement):
            if what == CLOCK and isinstance(statement, ast.FunctionDef | ast.ClassDef):
                continue
            raise InputError(
                f"{_named(statement)} reads {what} ({read}), where workers may find something "
                f"else: {TO_DO[what]}"
            )
    for node in ast.walk(ast.Module(module.statements, [])):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for _, path in imported(node):
                _refuse_unless_installed(path, node)


def _read(module: Module, statement: ast.stmt) -> Iterator[tuple[str, str]]:
    own = {
        part.name
        for other in module.statements
        for part in ast.walk(other)
        if isinstance(part, ast.FunctionDef)
    }
    for node in ast.walk(statement):
        for path in _paths(module, node):
            yield from (
                (ast.unparse(node), what)
                for begins, what in READS.items()
                if (path == begins if begins in EXACT else path.startswith(begins))
            )
            if path == "numpy.datetime64" and _has_moment(statement):
                yield ast.unparse(node), CLOCK
        if (
            isinstance(node, ast.Name)
            and node.id in NAMES
            and node.id not in module.binders
            and node.id in module.free_of(statement)
        ):
            yield node.id, NAMES[node.id]
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield ast.unparse(node), METHODS[node.attr]
        if (
            isinstance(node, ast.Attribute)
            and node.attr in OF_PATHS.keys() - own
            and module.path(node).partition(".")[0] in ("", "pathlib")
        ):
            yield ast.unparse(node), OF_PATHS[node.attr]
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "open"
            and module.path(node.func) != "qtcore.open"
        ):
            yield ast.unparse(node.func), FILE


def _paths(module: Module, node: ast.AST) -> Iterator[str]:
    """Yield the dotted paths that an expression may stand for."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    ):
        yield f"{module.path(node.args[0])}.{node.args[1].value!s}"
    if isinstance(node, ast.Attribute | ast.Name):
        if path := module.path(node):
            yield path
        elif isinstance(node, ast.Name) and node.id not in module.binders:
            yield from (f"{star}.{node.id}" for star in module.stars)


def _has_moment(statement: ast.stmt) -> bool:
    """Whether a statement holds a word that stands for the present in `numpy.datetime64`."""
    return any(
        isinstance(node, ast.Constant) and node.value in ("now", "today")
        for node in ast.walk(statement)
    )


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
        tree = ast.parse(program)
    except SyntaxError:  # of a newer Python, in an older store
        return []
    tops = {
        path.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for _, path in imported(node)
    }
    return sorted(tops - {*sys.stdlib_module_names, "qtcore", ""})
