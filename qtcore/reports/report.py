"""The command that writes the report of a run, as a Python call: `qt.report`."""

from pathlib import Path

from qtcore.errors import writing_to
from qtcore.reports.files import beside
from qtcore.reports.gathered import gather
from qtcore.reports.page import page
from qtcore.reports.targets import path_named, refuse_unwritable
from qtcore.store.aside import put_whole
from qtcore.store.locate import Location, place_of
from qtcore.threads import one_thread
from qtcore.workflow import Workflow

ENDING = ".report.html"
"""Behind the name of a store, the name of its report."""


@one_thread
def report(
    store: Location,
    to: str | Path | None = None,
    *,
    force: bool = False,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> Path:
    """Write the report of a run: one HTML file that needs no network; return its path.

    It holds what was swept and how far it is, the figure, results with errors, the table of checks,
    provenance, failures, the timeline of the workers, and the commands that repeat the run.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    to : str or Path, optional
        The file; `NAME.report.html` beside the store if left out.
    force : bool
        Whether a file of that name may be replaced.
    workflow : str, Path or Workflow, optional
        Definition to analyse with, instead of the one that the store was made with.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows it (see
        `qtcore.trust`). If it may not, the report holds what lies beside the store of an earlier analysis.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If there is no qtcore store, or the file exists or cannot be written.
    DamagedStoreError
        If samples of the store disagree with their checksums.
    CannotWriteError
        If the disk does not take the file.
    """
    place = place_of(store)
    path = beside(place, ENDING) if to is None else path_named(to)
    refuse_unwritable(path, force=force, store=place)
    text = page(gather(place, workflow=workflow, trust=trust))
    with writing_to(place):
        put_whole(path, text.encode("utf-8", "replace"))
    return path
