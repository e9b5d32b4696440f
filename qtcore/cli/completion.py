"""What a shell may complete: names of workflows, presets, axes and clusters, and stores.

Definitions are read as text and never executed: a shell asks at each press of a key, and executing
one takes seconds. So what a definition computes while it is loaded is not found.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qtcore.cluster.lookup import is_path, known

if TYPE_CHECKING:
    import ast

FORMS = ("", "FIRST:LAST:COUNT")
"""What may stand behind `AXIS=`. With two forms a shell puts no space behind the sign."""

OWN = frozenset(("note", "realizations"))
"""Fields of a preset that are not set."""

DEPTH = 3
"""Stores are looked for in so many folders below the one that is typed."""

MOST_FOLDERS = 400
"""So many folders are looked into, at most."""

FIRST_BYTES = 4096
"""The metadata of a store say there what it is."""

MOST_BYTES = 2**24
"""Larger metadata are not read for the names of axes."""

Items = list[tuple[str, str]]


def workflows(incomplete: str) -> Items:
    """Return workflows by name with their first line, and definitions by path."""
    found = [(name, _first_line(path)) for name, path in known("workflows", ".py").items()]
    found += [(path, "") for path in _files(incomplete, ".py")]
    return [one for one in found if one[0].startswith(incomplete)]


def clusters(incomplete: str) -> Items:
    """Return cluster profiles by name and by path."""
    found = [(name, "") for name in known("cluster", ".yaml")]
    found += [(path, "") for path in _files(incomplete, ".yaml")]
    return [one for one in found if one[0].startswith(incomplete)]


def stores(incomplete: str) -> Items:
    """Return the stores in and below the folder that is typed."""
    folder = os.path.dirname(incomplete)  # noqa: PTH120 - "results/" has its end, unlike a Path
    found = (str(path) for path in _stores_below(Path(folder).expanduser()))
    typed = str(Path(incomplete).expanduser()) if incomplete.startswith("~") else incomplete
    dot = "./" if folder.startswith(".") and not folder.startswith("..") else ""
    named = ((dot + path if dot and not path.startswith("/") else path) for path in found)
    return [
        (incomplete + path[len(typed) :], "") for path in sorted(named) if path.startswith(typed)
    ]


def presets(ctx: typer.Context, incomplete: str) -> Items:
    """Return the presets of the workflow that is typed before."""
    tree = _definition(ctx)
    return [] if tree is None else [(n, "") for n in presets_in(tree) if n.startswith(incomplete)]


def axes(ctx: typer.Context, incomplete: str) -> Items:
    """Return what `--set` takes of the workflow that is typed before."""
    tree = _definition(ctx)
    return [] if tree is None else _assignments([*axes_in(tree), "lengths"], incomplete)


def stored_axes(ctx: typer.Context, incomplete: str) -> Items:
    """Return the axes of the store that is typed before."""
    import json

    path = next(
        (path for path in map(_metadata, _typed(ctx, "store")) if path.is_file()), Path("zarr.json")
    )
    try:
        if path.stat().st_size > MOST_BYTES:
            return []
        spec = json.loads(path.read_bytes())["attributes"]["spec"]
        names = [str(axis["name"]) for axis in json.loads(spec)["axes"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []  # no store, or a damaged one
    return _assignments([name for name in names if name.isidentifier()], incomplete)


def presets_in(tree: "ast.Module") -> list[str]:
    """Return the names of presets that a definition states."""
    import ast

    for call in _calls(tree, "Workflow"):
        given = {word.arg: word.value for word in call.keywords}
        found = call.args[3] if len(call.args) > 3 else given.get("presets")
        if isinstance(found, ast.Name):
            found = _assigned(tree, found.id)
        if isinstance(found, ast.Dict):
            return _texts(found.keys)
    return []


def axes_in(tree: "ast.Module") -> list[str]:
    """Return the names of axes, and of constants that are numbers, in all presets of a definition."""
    import ast

    names: dict[str, None] = {}
    for call in _calls(tree, "Preset"):
        for word in call.keywords:
            if word.arg is None and isinstance(word.value, ast.Name):
                names |= dict.fromkeys(_keys(tree, word.value.id))
            elif word.arg is not None and _may_be_set(word.value):
                names[word.arg] = None
    return [name for name in names if name not in OWN and name != "lengths"]


def _keys(tree: "ast.Module", name: str, depth: int = 0) -> Iterator[str]:
    """Yield the keys of a dict that is assigned to a name, those of dicts inside it included."""
    import ast

    found = _assigned(tree, name)
    if isinstance(found, ast.Call):  # dict(width=…), dict(zip(AXES, …))
        yield from (w.arg for w in found.keywords if w.arg is not None and _may_be_set(w.value))
        if found.args and isinstance(found.args[0], ast.Call) and found.args[0].args:
            named = found.args[0].args[0]
            listed = _assigned(tree, named.id) if isinstance(named, ast.Name) else named
            yield from _texts(getattr(listed, "elts", []))
    elif isinstance(found, ast.DictComp):  # {name: … for name, … in others.items()}
        others = [
            node.id for node in ast.walk(found.generators[0].iter) if isinstance(node, ast.Name)
        ]
        for other in others:
            yield from _texts(getattr(_assigned(tree, other), "keys", []))
    elif isinstance(found, ast.Dict) and depth < DEPTH:
        for key, value in zip(found.keys, found.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and _may_be_set(value):
                yield key.value
            elif key is None and isinstance(value, ast.Name):
                yield from _keys(tree, value.id, depth + 1)


def _may_be_set(value: "ast.expr") -> bool:
    """Whether a value may be an axis or a number, as far as the text tells."""
    import ast

    if isinstance(value, ast.Constant):
        return isinstance(value.value, int | float) and not isinstance(value.value, bool)
    if isinstance(value, ast.Call):
        called = value.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        # A constant list cannot be set; one with a smallest value is a number.
        return name != "Constant" or any(word.arg == "least" for word in value.keywords)
    return not isinstance(value, ast.Dict | ast.JoinedStr)


def _calls(tree: "ast.Module", name: str) -> Iterator["ast.Call"]:
    """Yield calls of `name(…)` or `qt.name(…)`."""
    import ast

    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            found = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if found == name:
                yield node


def _assigned(tree: "ast.Module", name: str) -> Any:
    """Return what is assigned to a name anywhere, or None."""
    import ast

    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Name) and target.id == name:
                return value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for one, its in zip(target.elts, value.elts, strict=False):
                    if isinstance(one, ast.Name) and one.id == name:
                        return its
    return None


def _texts(found: "Iterable[ast.expr | None]") -> list[str]:
    import ast

    values = (one.value for one in found if isinstance(one, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _definition(ctx: typer.Context) -> "ast.Module | None":
    """Return the text of the workflow that is typed before, parsed."""
    import ast

    for name in _typed(ctx, "workflow"):
        named = known("workflows", ".py")
        path = Path(name).expanduser() if is_path(name, ".py") else named.get(name)
        if path is None:
            continue
        try:
            return ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
    return None


def _typed(ctx: typer.Context, name: str) -> Iterator[str]:
    """Yield what may be an argument: before an option without its value, words are left unread."""
    if ctx.params.get(name):
        yield str(ctx.params[name])
    yield from (word for word in ctx.args if not word.startswith("-"))


def _metadata(store: str) -> Path:
    return Path(store).expanduser() / "zarr.json"


def _assignments(names: list[str], incomplete: str) -> Items:
    found = (f"{name}={form}" for name in dict.fromkeys(names) for form in FORMS)
    return [(one, "") for one in found if one.startswith(incomplete)]


def _first_line(path: Path) -> str:
    """Return what the first line of a definition says."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(200).strip().strip('"').rstrip(".")
    except (OSError, ValueError):
        return ""


def _files(incomplete: str, suffix: str) -> Iterator[str]:
    """Yield files with a suffix in the folder that is typed, and its folders."""
    if "/" not in incomplete:
        yield from (path.name for path in _listed(Path()) if path.name.endswith(suffix))
        return
    folder = incomplete[: incomplete.rindex("/") + 1]
    for path in _listed(Path(folder).expanduser()):
        if path.is_dir():
            yield f"{folder}{path.name}/"
        elif path.name.endswith(suffix):
            yield f"{folder}{path.name}"


def _stores_below(folder: Path) -> Iterator[Path]:
    """Yield stores in a folder and below it, as far as that takes little time."""
    waiting, seen = [(folder, 0)], 0
    while waiting and seen < MOST_FOLDERS:
        place, depth = waiting.pop(0)
        seen += 1
        for path in _listed(place):
            if not path.is_dir():
                continue
            if (path / "zarr.json").is_file():
                if _is_store(path):
                    yield path
            elif depth < DEPTH and not path.is_symlink():
                waiting.append((path, depth + 1))


def _is_store(path: Path) -> bool:
    try:
        with (path / "zarr.json").open("rb") as file:
            return b'"qtcore_format"' in file.read(FIRST_BYTES)
    except OSError:
        return False


def _listed(folder: Path) -> list[Path]:
    """Return what a folder holds, apart from what is hidden."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
