"""Every command as one Python call with the same name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from distributed import Client
from rich.console import Console

from qtcore.cluster.connect import (
    connect,
    is_here,
    with_workers,
    worker_count,
)
from qtcore.cluster.profile import Profile, load_profile
from qtcore.cluster.shipped import is_path, known
from qtcore.errors import QtcoreError
from qtcore.store.header import read_header
from qtcore.store.open import open_dataset
from qtcore.sweep.drive import Circumstances, drive, preview
from qtcore.sweep.plan import Plan
from qtcore.sweep.progress import ProgressBar
from qtcore.sweep.run import Outcome
from qtcore.sweep.spec import Sweep
from qtcore.sweep.status import Status, read_status
from qtcore.workflow import Check, Workflow, load

if TYPE_CHECKING:  # takes longer to import than everything that `qtcore status` needs
    from matplotlib.figure import Figure

DEFAULT_SEED = 1

RESULTS = Path("results")
"""Folder below the current one for stores whose place was not chosen."""


class IncompleteSweepError(QtcoreError):
    """A run ended with blocks missing; what is finished is in the store.

    Attributes
    ----------
    outcome : Outcome
        What was done, what failed and how to reproduce it.
    """

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass(frozen=True)
class Request:
    """A run as it was asked for: workflow, specification, place.

    Attributes
    ----------
    workflow : Workflow
        The definition.
    sweep : Sweep
        What to compute.
    store : Path
        Where to.
    circumstances : Circumstances
        For the store's attributes.
    """

    workflow: Workflow
    sweep: Sweep
    store: Path
    circumstances: Circumstances


@dataclass(frozen=True)
class Definition:
    """A workflow that can be run by name, or why it cannot."""

    name: str
    path: Path
    workflow: Workflow | None
    error: str


@dataclass(frozen=True)
class Conclusion:
    """What came out of a store.

    Attributes
    ----------
    result : xarray.Dataset
        The analysis.
    checks : list of Check
        Numbers beside theory.
    files : list of Path
        The figure (PNG, PDF) and the analysis (Zarr), as written.
    """

    result: xr.Dataset
    checks: list[Check]
    files: list[Path]


def list_workflows() -> list[Definition]:
    """Return the workflows that can be run by name, broken definitions included."""
    definitions = []
    for name, path in known("workflows", ".py").items():
        try:
            definitions.append(Definition(name, path, load(path), ""))
        except QtcoreError as error:
            definitions.append(Definition(name, path, None, str(error)))
    return definitions


def request(
    workflow: str | Path | Workflow,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: str | Path = "local",
    workers: int | None = None,
) -> Request:
    """Check what a run is asked for; parameters as in `run`.

    Raises
    ------
    InputError
        If something in it is not allowed.
    """
    if isinstance(workflow, Workflow):
        definition, origin = workflow, ""
    else:
        definition = load(workflow)
        origin = str(Path(workflow).resolve()) if is_path(str(workflow), ".py") else ""
    chosen = preset if preset is not None else next(iter(definition.presets))
    size = definition.preset(chosen).changed(settings, realizations)
    sweep = definition.sweep(size, DEFAULT_SEED if seed is None else seed)
    place = Path(store) if store is not None else RESULTS / f"{definition.name}-{chosen}.zarr"
    profile = with_workers(load_profile(cluster), workers)
    return Request(
        definition,
        sweep,
        place.expanduser(),
        Circumstances(cluster=profile.model_dump_json(), definition=origin, preset=chosen),
    )


def plan(
    workflow: str | Path | Workflow,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: str | Path = "local",
    workers: int | None = None,
) -> Plan:
    """Return what `run` with the same parameters would compute; nothing is computed or written."""
    asked = request(
        workflow,
        preset=preset,
        settings=settings,
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
    )
    count = worker_count(with_workers(load_profile(cluster), workers))
    return preview(asked.sweep, asked.store, count or 1)


def run(
    workflow: str | Path | Workflow,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: str | Path = "local",
    workers: int | None = None,
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
    cluster : str or Path
        Profile by name or path, or the address of a Dask scheduler.
    workers : int, optional
        Number of workers, instead of the profile's.
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
    asked = request(
        workflow,
        preset=preset,
        settings=settings,
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
    )
    console = Console(stderr=True, quiet=not progress)
    compute(asked, cluster=cluster, workers=workers, console=console)
    return open(asked.store)


def compute(
    asked: Request, *, cluster: str | Path, workers: int | None, console: Console
) -> Outcome:
    """Compute what the store of a request lacks, with progress on a console.

    Raises
    ------
    IncompleteSweepError
        If blocks are missing in the end.
    """
    profile = with_workers(load_profile(cluster), workers)
    with ProgressBar(console) as bar:
        outcome = drive(
            asked.sweep,
            asked.store,
            lambda: _announced(profile, console),
            circumstances=asked.circumstances,
            listeners=(bar,),
            compile_here=is_here(profile),
        )
    if outcome.blocks_left:
        raise IncompleteSweepError(_why_incomplete(asked.store, outcome), outcome)
    return outcome


@contextmanager
def _announced(profile: Profile, console: Console) -> Iterator[Client]:
    """Connect, and say where the cluster can be watched."""
    with connect(profile) as client:
        if getattr(profile, "dashboard", True):
            console.print(f"Dask dashboard: {client.dashboard_link}", style="dim", highlight=False)
        yield client


def _why_incomplete(store: Path, outcome: Outcome) -> str:
    lines = []
    if outcome.stopped:
        lines.append(f"The sweep stopped: {outcome.stopped}.")
    if outcome.failures:
        first = outcome.failures[0]
        lines += [
            f"{len(outcome.failures)} pieces of the sweep failed {first.attempts} times; the first:",
            f"  {first.parameters}: {first.error}",
            f"  to see it alone: {first.reproduce}",
            f"  all of them: qtcore status {store}",
        ]
    lines.append(
        f"{outcome.blocks_left} blocks are missing, {outcome.blocks_done} were computed and are "
        f"safe in {store}. The same command goes on from there."
    )
    return "\n".join(lines)


def open(store: str | Path) -> xr.Dataset:
    """Open a store as a lazy dataset, complete or not.

    Returns
    -------
    xarray.Dataset
        Dimensions (disorder, width, flux, energy, realization, length); NaN where nothing has
        been computed. The coordinate `finished` counts the realizations of each point.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    return open_dataset(Path(store).expanduser())


def status(store: str | Path) -> Status:
    """Return how far the run in a store is.

    Raises
    ------
    InputError
        If there is no qtcore store.
    """
    return read_status(Path(store).expanduser())


def check(store: str | Path, *, workflow: str | Path | Workflow | None = None) -> list[Check]:
    """Analyse a store and compare with theory; parameters as in `conclude`."""
    definition = _definition_of(Path(store).expanduser(), workflow)
    return definition.check(definition.analyse(open(store)))


def figure(store: str | Path, *, workflow: str | Path | Workflow | None = None) -> list[Path]:
    """Analyse a store and draw its figure; return the files; parameters as in `conclude`."""
    return conclude(store, workflow=workflow).files


def conclude(store: str | Path, *, workflow: str | Path | Workflow | None = None) -> Conclusion:
    """Analyse a store, draw its figure and compare with theory.

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.

    Returns
    -------
    Conclusion
        Its files lie beside the store: `NAME.png`, `NAME.pdf`, `NAME.analysis.zarr`.

    Raises
    ------
    InputError
        If there is no qtcore store, or its workflow is not found.
    """
    place = Path(store).expanduser()
    definition = _definition_of(place, workflow)
    dataset = open(place)
    result = definition.analyse(dataset)
    drawing = definition.draw(dataset, result)
    files = [*_save_figure(drawing, place), _save_analysis(result, place)]
    return Conclusion(result, definition.check(result), files)


def _definition_of(store: Path, workflow: str | Path | Workflow | None) -> Workflow:
    if isinstance(workflow, Workflow):
        return workflow
    if workflow is not None:
        return load(workflow)
    attributes = read_header(store).attributes
    return load(attributes.get("definition") or attributes["workflow"])


def _beside(store: Path, suffix: str) -> Path:
    return store.with_name(store.name.removesuffix(".zarr") + suffix)


def _save_figure(drawing: "Figure", store: Path) -> list[Path]:
    paths = [_beside(store, suffix) for suffix in (".png", ".pdf")]
    for path in paths:
        drawing.savefig(path)
    return paths


def _save_analysis(result: xr.Dataset, store: Path) -> Path:
    path = _beside(store, ".analysis.zarr")
    result.to_zarr(path, mode="w", zarr_format=3, consolidated=False)
    return path
