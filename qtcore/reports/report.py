"""The command that writes the report of a run, as a Python call: `qt.report`."""

from pathlib import Path

from qtcore.errors import InputError, brief, writing_to
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


def report(
    store: Location,
    to: str | Path | None = None,
    *,
    crate: str | Path | None = None,
    license: str = "",
    with_samples: bool = False,
    force: bool = False,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> Path:
    """Write the report of a run: one HTML file that needs no network; or an RO-Crate; return its path.

    The page holds what was swept and how far it is, the figure, results with errors, the table of checks,
    provenance, failures, the timeline of the workers, and the commands that repeat the run.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    to : str or Path, optional
        The page; `NAME.report.html` beside the store if left out and no crate is asked for.
    crate : str or Path, optional
        A file `.zip` for the run as a Workflow Run RO-Crate: the definition, the page, results, checks, figures
        and provenance. It needs `pip install 'qtcore[crate]'`.
    license : str
        Licence of the crate: an SPDX identifier such as "CC-BY-4.0", or a URL. The crate says that none is stated
        if left out.
    with_samples : bool
        Whether the crate holds the store itself.
    force : bool
        Whether files of these names may be replaced.
    workflow : str, Path or Workflow, optional
        Definition to analyse with, instead of the one that the store was made with.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows it (see
        `qtcore.trust`). If it may not, the report holds what lies beside the store of an earlier analysis.

    Returns
    -------
    Path
        The crate if there is one, else the page.

    Raises
    ------
    InputError
        If there is no qtcore store, a file exists or cannot be written, the name of a crate does not end in `.zip`, or
        the store holds no text of a definition for a crate.
    DamagedStoreError
        If samples of the store disagree with their checksums.
    CannotWriteError
        If the disk does not take a file.
    """
    return written(
        store,
        to,
        crate=crate,
        license_name=license,
        with_samples=with_samples,
        force=force,
        workflow=workflow,
        trust=trust,
    )[-1]


@one_thread
def written(
    store: Location,
    to: str | Path | None,
    *,
    crate: str | Path | None,
    license_name: str,
    with_samples: bool,
    force: bool,
    workflow: str | Path | Workflow | None,
    trust: bool,
) -> list[Path]:
    """Write page and crate as far as they are asked for; return the files. Parameters as in `report`."""
    place = place_of(store)
    if crate is None and (license_name or with_samples):
        raise InputError("a licence and samples go into a crate: give its file, --crate FILE.zip")
    files = []
    if to is not None or crate is None:
        files.append(beside(place, ENDING) if to is None else path_named(to))
    if crate is not None:
        files.append(path_named(crate))
        if files[-1].suffix.lower() != ".zip":
            raise InputError(f"a crate is one file .zip, got {brief(str(crate))}")
        _refuse_without_package()
    for path in files:
        refuse_unwritable(path, force=force, store=place)
    found = gather(place, workflow=workflow, trust=trust)
    for path in files:
        if path is files[-1] and crate is not None:
            from qtcore.reports.crate import write_crate

            write_crate(found, path, license_name=license_name, with_samples=with_samples)
            continue
        with writing_to(place):
            put_whole(path, page(found).encode("utf-8", "replace"))
    return files


def _refuse_without_package() -> None:
    """Raise InputError if the package that writes crates is not installed."""
    from importlib.util import find_spec

    if find_spec("rocrate") is None:
        raise InputError("a crate needs the package rocrate: pip install 'qtcore[crate]'")
