"""The explorer as calls of Python."""

from collections.abc import Mapping
from pathlib import Path

from qtcore.answers.selection import Wanted
from qtcore.errors import InputError, writing_to
from qtcore.explorer.offline import offline
from qtcore.explorer.runs import Runs
from qtcore.explorer.server import LOOPBACK, Explorer
from qtcore.reports.targets import inside, lies_in, refuse_unwritable
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
        If there is no run, the port is taken, the file exists or would lie in a store, or the numbers do not fit
        into one file.
    DamagedStoreError, DamagedMetadataError
        If a file is asked for, and no run can be read.
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
    refuse_unwritable(path, force=force)
    runs = Runs(location, select=select, trust=trust)
    for store in runs.places():
        if lies_in(path, store):
            raise InputError(inside(path, store))
    text = offline(runs.all(), unread=runs.unread())
    with writing_to(path):
        put_whole(path, text.encode())
    return path
