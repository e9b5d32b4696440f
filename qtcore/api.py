"""Every command as one Python call with the same name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from qtcore.continuation import continuation, extension, sweep_in_own_lines
from qtcore.errors import InputError
from qtcore.report.conclusion import conclude, judged, warn_if_incomplete
from qtcore.report.files import USUAL, save_figure
from qtcore.request import RunOptions, choose_workflow, names_settings, resolve_run
from qtcore.results.check import Check
from qtcore.session import IncompleteSweepError as IncompleteSweepError
from qtcore.session import compute, plan_request
from qtcore.store.header import read_header, source_in
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.sweep.console import console_on
from qtcore.sweep.lines import noted_in_own_lines
from qtcore.sweep.observables import Arrays
from qtcore.sweep.plan import Plan
from qtcore.sweep.status import Status, read_status
from qtcore.sweep.timeline import timeline as read_timeline
from qtcore.trust import vouch_for
from qtcore.workflow import Workflow

if TYPE_CHECKING:  # takes seconds to import
    from matplotlib.figure import Figure

    from qtcore.cluster.kinds import AnyCluster
    from qtcore.figures.style import Style


@names_settings
def plan(
    workflow: str | Path | Workflow,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    precision: str | float | None = None,
) -> Plan:
    """Return what `run` with the same parameters would compute; nothing is computed or written."""
    options = RunOptions(
        choose_workflow(workflow),
        preset=preset,
        settings=settings,
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
        part=part,
        precision=precision,
    )
    return plan_request(resolve_run(options))


@names_settings
def run(
    workflow: str | Path | Workflow,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    precision: str | float | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Run a workflow's sweep into a store, or what the store lacks of it.

    Parameters
    ----------
    workflow : str, Path or Workflow
        Name, path of a definition, or the workflow itself.
    preset : str, optional
        Size; the workflow's first one if left out.
    settings : mapping, optional
        Axes that differ from the preset, such as `{"width": (4, 8, 16)}`.
    realizations : int, optional
        Disorder realizations per point. More than the store holds extends it.
    seed : int, optional
        Seed of the disorder, 1 if left out.
    store : str or Path, optional
        Folder of the store, `results/WORKFLOW-PRESET.zarr` if left out.
    cluster : str, Path, distributed.Client or distributed.deploy.Cluster
        Profile by name or path, the address of a Dask scheduler, or a client or cluster that runs
        already, such as `LocalCluster`, which is left running.
    workers : int, optional
        Number of workers, instead of the profile's.
    part : str, optional
        Compute part I of N, `"I/N"`, while others compute the others into the same store.
    precision : str or float, optional
        Standard error of the workflow's main quantity that every point shall reach, `"1%"` of it
        or a number in its unit. Realizations are added in rounds, `realizations` of them per point
        at most (100 times the preset's if left out).
    progress : bool
        Whether to draw a progress bar.

    Returns
    -------
    xarray.Dataset
        As `open` returns it.

    Raises
    ------
    InputError
        If something is not allowed; nothing was computed or written then.
    IncompleteSweepError
        If blocks are missing in the end; running again computes them.
    """
    options = RunOptions(
        choose_workflow(workflow),
        preset=preset,
        settings=settings,
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
        part=part,
        precision=precision,
    )
    run_request = resolve_run(options)
    compute(run_request, console=console_on("stderr", quiet=not progress))
    return open(run_request.store)


def rerun(
    store: str | Path,
    target: str | Path | None = None,
    *,
    add: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    progress: bool = True,
    trust: bool = False,
) -> xr.Dataset:
    """Repeat the sweep of a store from the store alone.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    target : str or Path, optional
        Another store for the numbers; what `store` itself lacks is computed if left out.
    add, realizations
        As in `extend`.
    cluster, workers, part, progress
        As in `run`.
    trust : bool
        Whether the functions that the store holds may run if neither this installation nor this
        user knows them (see `qtcore.trust`).

    Raises
    ------
    InputError
        If there is no qtcore store, or the target holds another sweep.
    UntrustedDefinitionError
        If the store's functions may not run here.
    IncompleteSweepError
        If blocks are missing in the end.
    """
    run_request = continuation(
        store,
        target,
        add=add,
        realizations=realizations,
        cluster=cluster,
        workers=workers,
        part=part,
        trust=trust,
    )
    compute(run_request, console=console_on("stderr", quiet=not progress))
    return open(run_request.store)


def extend(
    store: str | Path,
    *,
    add: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    progress: bool = True,
    trust: bool = False,
) -> xr.Dataset:
    """Add values of axes and realizations to a store; all else stays as the store has it.

    No realization that is there is computed again. Axes, constants, seed and functions are read
    from the store. New points get the lengths of the store, and as many realizations as the
    definition of the store gives them.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    add : mapping of str to values, optional
        Values of axes, such as `{"energy": (0.87, 1.85)}`, `{"width": "4:32:x2"}` or
        `{"sample": {"like": 3, "width": 20}}`; those that are there already may be among them.
    realizations : int, optional
        Of each point, in all. Points that have more keep them; a precision goal of the store is
        not pursued in this run.
    cluster, workers, part, progress
        As in `run`.
    trust : bool
        Whether the definition that the store holds may run if neither this installation nor this
        user knows it (see `qtcore.trust`).

    Returns
    -------
    xarray.Dataset
        As `open` returns it.

    Raises
    ------
    InputError
        If there is no qtcore store, nothing is to be added, or what is asked for is not allowed;
        nothing was computed or written then.
    UntrustedDefinitionError
        If the store's definition may not run here.
    IncompleteSweepError
        If blocks are missing in the end; the same call goes on.
    """
    run_request = extension(
        store,
        add=add,
        realizations=realizations,
        cluster=cluster,
        workers=workers,
        part=part,
        trust=trust,
    )
    compute(run_request, console=console_on("stderr", quiet=not progress))
    return open(run_request.store)


def plan_extension(
    store: str | Path,
    *,
    add: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    trust: bool = False,
) -> Plan:
    """Return what `extend` with the same parameters would compute; nothing is computed or written."""
    return plan_request(
        extension(
            store,
            add=add,
            realizations=realizations,
            cluster=cluster,
            workers=workers,
            part=part,
            trust=trust,
        )
    )


def reproduce(
    store: Location, point: Mapping[str, float], realizations: range, *, trust: bool = False
) -> Arrays:
    """Compute some realizations of one point of a store once more, here; nothing is written.

    Parameters
    ----------
    store : str or Path
        The store.
    point : mapping of str to number
        Value of each axis.
    realizations : range
        Numbers of the realizations.
    trust : bool
        As in `rerun`.

    Returns
    -------
    dict of arrays
        As they are stored, (realization, ...), at the lengths that the point computes.

    Raises
    ------
    InputError
        If there is no such store or point.
    UntrustedDefinitionError
        If the store's functions may not run here.
    """
    header = read_header(store)
    vouch_for(header, trust=trust)
    sweep = sweep_in_own_lines(header)
    with noted_in_own_lines():
        return sweep.solve(sweep.point_at(point), realizations)


def open(store: Location) -> xr.Dataset:
    """Open a store as a lazy dataset, complete or not.

    Returns
    -------
    xarray.Dataset
        Dimensions: the swept axes, `realization`, then what a variable has of its own, such as
        `length`; NaN where nothing has been computed. The coordinate `finished` counts the
        realizations of each point.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    return open_dataset(store)


def status(store: Location) -> Status:
    """Return how far the run in a store is.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    return read_status(store)


def source(store: Location) -> str:
    """Return the text of the definition of the last run into a store, to be read and not executed.

    Texts of earlier runs lie in `run/definitions` of the store.

    Raises
    ------
    InputError
        If there is no qtcore store, or it holds no such text.
    """
    return source_in(read_header(store))


def check(
    store: Location, *, workflow: str | Path | Workflow | None = None, trust: bool = False
) -> list[Check]:
    """Analyse a store and compare with theory; parameters as in `conclude`."""
    found = judged(store, workflow=workflow, trust=trust)
    warn_if_incomplete(store)
    return found.checks


def figure(
    store: Location,
    *,
    workflow: str | Path | Workflow | None = None,
    style: "Style" = "page",
    formats: Sequence[str] = USUAL,
    trust: bool = False,
) -> "Figure":
    """Analyse a store and draw its figure, write it beside the store, and return it.

    A notebook shows it. Beside the store lie then `NAME.png` and `NAME.pdf`, what the panels show in
    words (`NAME.caption.txt`), the numbers behind them (`NAME.panels`, a CSV table for each panel) and the
    analysis (`NAME.analysis.zarr`).

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.
    style : {"page", "column", "two-columns", "slides"}
        What it is for: a page of any width, one or both columns of a journal, a talk.
    formats : sequence of str
        Of "png", "pdf" and "svg".
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows
        it (see `qtcore.trust`).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no qtcore store, or no such style or format.
    IncompleteError
        If no realization is finished.
    """
    from qtcore.figures.drawing import showing

    found = conclude(store, workflow=workflow, trust=trust, style=style, formats=formats)
    assert found.drawing is not None  # `conclude` has raised what it failed with
    return showing(found.drawing)


def plot(
    store: Location,
    y: str = "",
    *,
    x: str = "",
    hue: str = "",
    facet: str = "",
    of: str = "",
    hist: str = "",
    bins: int | None = None,
    select: Mapping[str, Any] | None = None,
    xscale: str = "",
    yscale: str = "",
    style: "Style" = "page",
    to: str | Path | None = None,
    data: str | Path | None = None,
    force: bool = False,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> "Figure":
    """Draw a result or a statistic of a store over any axis, a histogram of its samples, or a map.

    Points have bars of one standard error, and theory is drawn where the definition has one.

    Parameters
    ----------
    store : str or Path
        The store.
    y, x : str
        What stands upwards and across: a result of the analysis (`localization_length`), a statistic of a stored
        quantity (`mean(ln_g)`, `var(ln_g)`, `quantile(ln_g, 0.25)`), or (x, and both of a map) an axis.
    hue, facet : str
        Axes whose values have a colour, and a panel, each.
    of : str
        What a map over x and y shows as colour.
    hist, bins : str, int
        A stored quantity whose histogram is drawn instead, and how many bins it has.
    select : mapping
        Values of axes: `{"width": 16, "energy": "0.1:0.6"}`, as in `qtcore.answers.selection.select`.
    xscale, yscale : str
        "linear" or "log"; by the range of the numbers if left out.
    style : {"page", "column", "two-columns", "slides"}
        What it is for.
    to, data : str or Path, optional
        Files for the picture (.png, .pdf or .svg) and for the numbers behind it (.csv; beside the picture if left
        out). Nothing is written without `to` and `data`.
    force : bool
        Whether files that exist are replaced.
    workflow, trust
        As in `figure`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If something is unknown (the message lists what there is), a selection matches nothing, or a file exists.
    IncompleteError
        If no realization is finished.
    """
    from qtcore.answers.plot import Asked
    from qtcore.report.plot import paths_of, plotted

    asked = Asked(
        y, x, hue, facet, of, hist, bins, select or {}, xscale=xscale, yscale=yscale, style=style
    )
    if to is None and data is not None:
        raise InputError("data goes with `to`, the file of the picture")
    files = None if to is None else paths_of(store, asked, to, data, force=force)
    found = plotted(store, asked, workflow=workflow, trust=trust)
    if files is not None:
        found.saved(*files)
    warn_if_incomplete(store)
    return found.drawing


def timeline(store: Location) -> list[Path]:
    """Draw what every worker did when, from a store's event log; return the files (PNG, PDF).

    The numbers behind it are `qtcore.sweep.timeline.timeline(store)`.

    Raises
    ------
    InputError
        If there is no qtcore store, or no task has come back yet.
    """
    from qtcore.figures.timeline import draw

    place = place_of(store)
    return save_figure(draw(read_timeline(place)), place, ".timeline")
