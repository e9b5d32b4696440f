"""What a store answers: a table of statistics, and a file for another program."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from qtcore.answers.asked import Names, asked, needs_results
from qtcore.answers.selection import Wanted
from qtcore.errors import InputError
from qtcore.reports.conclusion import results_in, warn_if_incomplete
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.workflow import Workflow

if TYPE_CHECKING:
    import pandas

    from qtcore.answers.table import AnswerTable

log = logging.getLogger(__name__)


def export(
    store: Location,
    to: str | Path,
    *,
    of: Names | None = None,
    stat: Names | None = None,
    select: Mapping[str, Wanted] | None = None,
    by: Names | None = None,
    analysis: bool = False,
    force: bool = False,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> Path:
    """Write samples, statistics or results of a store to a file for another program; return its path.

    Parameters
    ----------
    store : str or Path
        The store.
    to : str or Path
        The file. Its end says the format: `.csv`, `.txt` (as Origin reads it), `.parquet`, `.xlsx`, `.nc` (NetCDF). The last three
        need `pip install 'qtcore[export]'`.
    of : str or sequence of str, optional
        Variables, such as `"ln_g"`; all if left out. Also what `qtcore plot` knows by name: estimates and results
        (`"localization_length"`), and single statistics (`"mean(ln_g)"`).
    stat : str or sequence of str, optional
        Statistics over the finished realizations, such as `("mean", "var")`: "count", "mean", "sem", "std", "var", "median",
        "quantile(0.25)". Each has its standard error beside it. Samples if left out.
    select : mapping, optional
        Values of axes, lengths and constants: `{"width": 16, "disorder": "1:2", "length": "100:"}`.
    by : str or sequence of str, optional
        Dimensions whose values make the rows; the others become columns. All make rows if left out.
    analysis : bool
        Write the results of the store's definition, instead of samples or statistics.
    force : bool
        Whether a file of that name may be replaced.
    workflow, trust
        As in `check`; used where results are asked for.

    Raises
    ------
    InputError
        If there is no such store, variable, statistic or value, or the file exists or cannot be written.
    CannotWriteError
        If the disk is full; nothing is left of the file then.
    """
    from qtcore.answers.export.file import target_of

    place = place_of(store)
    target = target_of(to, force=force, store=place)
    if analysis and stat is not None:
        raise InputError(
            "the analysis holds results with their errors, and no realizations to take statistics of: "
            "leave one of both out"
        )
    result: xr.Dataset | None = None
    if analysis:
        dataset = results_in(place, workflow=workflow, trust=trust)
    else:
        dataset, result = _with_results(place, of, workflow, trust=trust)
    found = asked(dataset, of=of, stat=stat, selected=select, result=result)
    target.write(found, place, by)
    warn_if_incomplete(place)
    return target.path


def table(
    store: Location,
    *,
    of: Names | None = None,
    stat: Names = ("mean", "var"),
    select: Mapping[str, Wanted] | None = None,
    by: Names | None = None,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> "pandas.DataFrame":
    """Return statistics of a store over its finished realizations as a table, as `qtcore show` prints them.

    Parameters
    ----------
    store : str or Path
        The store.
    of : str or sequence of str, optional
        Variables, estimates, results or single statistics, as in `export`; `ln_g`, or else the first one, if left out.
    stat, select, by, workflow, trust
        As in `export`; `stat` says which statistics variables have.

    Returns
    -------
    pandas.DataFrame
        A column for each axis, statistic (`ln_g_mean`) and standard error (`ln_g_mean_error`); their units in
        `frame.attrs["units"]`. Points of which nothing is finished have no row.

    Raises
    ------
    InputError
        If there is no such store, variable, statistic or value.
    """
    place = place_of(store)
    found = answer_table(
        place, of=of, stat=stat, select=select, by=by, workflow=workflow, trust=trust
    )
    if found.nothing:
        log.warning("The table has no row: %s.", found.nothing)
    warn_if_incomplete(place)
    return found.frame


def answer_table(
    place: Place,
    *,
    of: Names | None = None,
    stat: Names = ("mean", "var"),
    select: Mapping[str, Wanted] | None = None,
    by: Names | None = None,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> "AnswerTable":
    """Return what `table` returns, with what the columns are; parameters and errors as in `table`."""
    from qtcore.answers.table import table_of

    dataset, result = _with_results(place, of, workflow, trust=trust)
    return table_of(dataset, of=of, stat=stat, selected=select, by=by, result=result)


def _with_results(
    place: Place, of: Names | None, workflow: str | Path | Workflow | None, *, trust: bool
) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Return the samples of a store, and its results if a name asks for them."""
    dataset = open_dataset(place)
    if not needs_results(of, dataset):
        return dataset, None
    return dataset, results_in(place, workflow=workflow, trust=trust)
