"""Where numbers come from: versions and revision, written into every store."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path

from qtcore._version import __version__

LIBRARIES = ("numpy", "scipy", "numba", "llvmlite", "dask", "distributed", "zarr", "xarray")


def versions() -> dict[str, str]:
    """Return the versions of qtcore, Python and the libraries that the numbers pass through."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"qtcore": __version__, "python": platform.python_version(), **found}


def git_revision() -> str:
    """Return the commit of the checkout that qtcore runs from, or nothing for an installed one.

    A checkout with uncommitted changes to tracked files gets `+changes` appended.
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
