"""The explorer as calls of Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from qtcore.answers.selection import Wanted
from qtcore.errors import InputError, brief, writing_to
from qtcore.explorer.offline import offline
from qtcore.explorer.server import LOOPBACK, Explorer, Runs
from qtcore.store.aside import put_whole
from qtcore.store.locate import Location


def explore(
    location: Location,
    *,
    html: str | Path | None = None,
    select: Mapping[str, Wanted] | None = None,
    host: str = LOOPBACK,
    port: int | None = None,
    force: bool = False,
    trust: bool = False,
) -> Explorer | Path:
    """Show runs in a browser, or write them as one file.

    Parameters
    ----------
    location : str or Path
        A store, or a folder or URL with stores below it.
    html : str or Path, optional
        File to write, at most 5 MB, that needs no network; nothing is served then.
    select : mapping, optional
        Only a part of each run, such as `{"width": 16, "disorder": "1:2"}`.
    host, port : str, int, optional
        Where to listen; a free port of this machine if left out.
    force : bool
        Whether `html` may replace a file.
    trust : bool
        Whether a definition that a store holds may run if neither this installation nor this user knows it.

    Returns
    -------
    Explorer or Path
        A server whose `url` a browser opens and whose `close` ends it (it is a context manager too); or the file.

    Raises
    ------
    InputError
        If there is no run, the port is taken, the file exists, or the numbers do not fit into one file.
    CannotWriteError
        If the file cannot be written.
    """
    if html is not None:
        return write_html(location, Path(html), select=select, force=force, trust=trust)
    return Explorer(location, select=select, host=host, port=port, trust=trust)


def write_html(
    location: Location,
    path: Path,
    *,
    select: Mapping[str, Wanted] | None = None,
    force: bool = False,
    trust: bool = False,
) -> Path:
    """Write the explorer with its numbers into one file; parameters and errors as in `explore`."""
    if path.exists() and not force:
        raise InputError(f"{path} exists and is not replaced; --force (force=True) replaces it")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent} to write {path.name} into")
    text = offline(Runs(location, select=select, trust=trust).all())
    with writing_to(path):
        put_whole(path, text.encode())
    return path


def parsed_selection(given: Sequence[str]) -> dict[str, str]:
    """Return what `--select NAME=VALUES` options ask for.

    Raises
    ------
    InputError
        If one has no name or no values, or a name comes twice.
    """
    found: dict[str, str] = {}
    for one in given:
        name, sign, values = (part.strip() for part in one.partition("="))
        if not (name and sign and values):
            raise InputError(
                f"--select: allowed is NAME=VALUES, such as width=16, got {brief(one)}"
            )
        if name in found:
            raise InputError(f"--select: {name} is given twice; several values are {name}=4,8")
        found[name] = values
    return found
