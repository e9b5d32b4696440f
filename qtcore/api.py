"""Every command as one Python call with the same name."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from qtcore.continuation import continuation, extension, sweep_in_own_lines
from qtcore.reports.conclusion import judged, warn_if_incomplete
from qtcore.reports.drawn import figure as figure
from qtcore.reports.files import save_figure
from qtcore.request import RunOptions, choose_workflow, names_settings, resolve_run
from qtcore.results.check import Check
from qtcore.run_result import RunResult
from qtcore.session import IncompleteSweepError as IncompleteSweepError
from qtcore.session import plan_request
from qtcore.store.header import read_header, source_in
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.sweep.lines import noted_in_own_lines
from qtcore.sweep.observables import Arrays
from qtcore.sweep.plan import Plan
from qtcore.sweep.status import Status, read_status
from qtcore.sweep.timeline import timeline as read_timeline
from qtcore.sweep_call import filled
from qtcore.sweep_call import sweep as sweep
from qtcore.trust import vouch_for
from qtcore.workflow import Workflow

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster


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
) -> RunResult:
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
    RunResult
        What the store holds: `.data` (as `open` returns it), `.results`, `.checks`, `.figure()`.

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
    return filled(run_request, progress=progress)


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
) -> RunResult:
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
    return filled(run_request, progress=progress)


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
) -> RunResult:
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
    RunResult
        What the store holds: `.data` (as `open` returns it), `.results`, `.checks`, `.figure()`.

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
    return filled(run_request, progress=progress)


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
