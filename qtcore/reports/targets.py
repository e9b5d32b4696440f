"""Files that somebody names to be written: whether they may be, found out before anything is computed."""

from pathlib import Path

from qtcore.errors import InputError, brief, why_unwritable
from qtcore.store.aside import made_aside
from qtcore.store.folder import Folder
from qtcore.store.place import Place


def path_named(to: str | Path) -> Path:
    """Return the path of a file that somebody named.

    Raises
    ------
    InputError
        If no file of this machine can have that name.
    """
    if "\0" in str(to):
        raise InputError(f"the name of a file has no zero byte, got {brief(str(to))}")
    if "://" in str(to):
        raise InputError(
            f"a file is written to a folder of this machine, got the URL {brief(str(to))}"
        )
    return Path(to).expanduser()


def refuse_unwritable(
    path: Path, *, force: bool, store: Place | None = None, meant: str = ""
) -> None:
    """Raise InputError if a file may not be written; nothing is left of the trial.

    Parameters
    ----------
    path : Path
        The file.
    force : bool
        Whether a file of that name may be replaced.
    store : Place, optional
        The store that it is made from. Nothing is written into it.
    meant : str
        What the file is for, and which option puts it elsewhere, where nobody named it.

    Raises
    ------
    InputError
        If the file exists, its folder does not, it lies in the store, or the folder takes no file.
    """
    try:
        reason = _why_not(path, force=force, store=store)
    except (OSError, ValueError) as error:
        why = why_unwritable(error) if isinstance(error, OSError) else str(error)
        raise InputError(f"{brief(str(path))} cannot be written: {why}") from error
    if reason:
        raise InputError(f"{reason}; {meant}" if meant else reason)


def exists(path: Path) -> str:
    """Return the refusal of a file that exists and may not be replaced."""
    return (
        f"{path} exists, and is not replaced: give another name, or --force (in Python force=True)"
    )


def lies_in(path: Path, store: Place) -> bool:
    """Whether a file would lie in a store."""
    return isinstance(store, Folder) and path.resolve().is_relative_to(store.path.resolve())


def inside(path: Path, store: Place) -> str:
    """Return the refusal of a file that would lie in a store."""
    return (
        f"{path} lies in the store {store}, which holds what its runs have written and nothing else; "
        "give a path outside of it"
    )


def _why_not(path: Path, *, force: bool, store: Place | None) -> str:
    """Return why a file may not be written; "" if it may."""
    if path.is_dir():
        return f"{path} is a folder; give the name of a file"
    if not force and (path.exists() or path.is_symlink()):
        return exists(path)
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} to write {path.name} to; make it first"
    if store is not None and lies_in(path, store):
        return inside(path, store)
    with made_aside(path) as aside:
        aside.rmdir()
    return ""
