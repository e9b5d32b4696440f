"""Find files that have a name: workflow definitions and cluster profiles.

They live in top-level folders (`workflows/`, `cluster/`) that are no packages. A name is looked up
in that folder below the current one, then in the checkout that qtcore runs from, then in the copy
that the wheel ships.
"""

import os
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def folders(kind: str) -> list[Path]:
    """Return the existing folders of a kind (`workflows`, `cluster`), nearest first."""
    here = Path.cwd() / kind
    nearest = [here] if here.is_dir() else []
    return list(dict.fromkeys([*nearest, *shipped_folders(kind)]))


def shipped_folders(kind: str) -> list[Path]:
    """Return those of them that belong to this installation, whatever the current folder is."""
    candidates = [PACKAGE.parent / kind, PACKAGE / "_shipped" / kind]
    # Installed, the package's parent is site-packages, where a folder of that name would belong to
    # another distribution.
    is_checkout = (PACKAGE.parent / "pyproject.toml").exists()
    if not is_checkout:
        candidates.remove(PACKAGE.parent / kind)
    return [path for path in candidates if path.is_dir()]


def known(kind: str, suffix: str, places: Sequence[Path] | None = None) -> dict[str, Path]:
    """Return every named file of a kind; a nearer one hides others of its name.

    Parameters
    ----------
    kind, suffix : str
        Which files.
    places : sequence of Path, optional
        Where to look, instead of in all of `folders(kind)`.
    """
    found: dict[str, Path] = {}
    for folder in folders(kind) if places is None else places:
        for path in sorted(folder.glob(f"*{suffix}")):
            if not path.name.startswith(("_", ".")):
                found.setdefault(path.stem, path)
    return found


def file_at(text: str) -> Path | None:
    """Return the path of a file that a user names, `~` expanded; None if there is no such file."""
    # Unlike their namesakes of pathlib these two take any text, and know no errors.
    path = os.path.expanduser(text)  # noqa: PTH111
    return Path(path) if os.path.isfile(path) else None  # noqa: PTH113


def is_path(name: str, suffix: str) -> bool:
    """Whether `name` is meant as a path rather than as a name."""
    return name.endswith(suffix) or "/" in name
