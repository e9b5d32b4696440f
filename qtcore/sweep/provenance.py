"""Where numbers come from: versions and revision, written into every store."""

import importlib.metadata
import json
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from qtcore._version import __version__
from qtcore.sweep.outside import packages_of

LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "dask", "distributed", "zarr", "xarray")


def versions(program: str = "") -> dict[str, str]:
    """Return the versions of qtcore, Python and the libraries that the numbers pass through.

    Parameters
    ----------
    program : str
        Functions that make the numbers; the packages that they import are listed too.
    """
    found = {name: _version_of_library(name) for name in LIBRARIES}
    found |= {name: _version(name) for name in packages_of(program) if name not in found}
    return {"qtcore": __version__, "python": platform.python_version(), **found}


@cache
def _version_of_library(name: str) -> str:
    """Return what this process has loaded: an upgrade reaches the next process, and reading takes time."""
    return importlib.metadata.version(name)


def distributions_of(program: str) -> list[str]:
    """Return the distributions of the packages that a program imports, as they are installed."""
    found = []
    for package in packages_of(program):
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            names = importlib.metadata.packages_distributions().get(package, ())  # slow
            found += [*names][:1] or [package]
        else:
            found.append(package)
    return found


def _version(package: str) -> str:
    """Return the version of an imported package, or nothing if it has none."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    names = importlib.metadata.packages_distributions().get(package, ())  # slow: it reads them all
    if names:
        return importlib.metadata.version(names[0])
    return str(getattr(sys.modules.get(package), "__version__", ""))


def other_versions(stored: str, program: str) -> list[str]:
    """Return in words which packages of a program have another version than a store has kept."""
    try:
        before = json.loads(stored)
    except ValueError:
        return []
    return [
        f"{name} {before[name]}, now {version}"
        for name, version in versions(program).items()
        if before.get(name, version) != version and name in {"qtcore", *packages_of(program)}
    ]


@cache
def git_revision() -> str:
    """Return the commit of the checkout that qtcore runs from, or nothing for an installed one.

    A checkout with uncommitted changes to tracked files gets `+changes` appended. It is that of the
    first call: what is edited or committed later does not reach a process that has loaded qtcore.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    revision = _git(root, "rev-parse", "HEAD")
    if not revision:
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{revision}+changes" if changed else revision


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
