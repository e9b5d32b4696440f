"""From the options of a run to a checked request."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from qtcore.cluster import forked
from qtcore.cluster.kinds import Local
from qtcore.cluster.lookup import is_path
from qtcore.cluster.profile import Profile, load_profile, with_workers
from qtcore.errors import InputError, QtcoreError, listed
from qtcore.store.header import is_vacant, read_header
from qtcore.store.locate import place_of
from qtcore.store.place import Place
from qtcore.sweep.attempts import Author
from qtcore.sweep.counts import MOST_REALIZATIONS
from qtcore.sweep.part import Part
from qtcore.sweep.plan import AS_THE_COST_SAYS, Cutting
from qtcore.sweep.precision import FIRST_ROUND, MOST_ROUND, Precision
from qtcore.sweep.preset import Preset
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stored_cases import with_stored_cases
from qtcore.units import DEFAULT_SEED
from qtcore.workflow import Workflow, load

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster

P = ParamSpec("P")
R = TypeVar("R")

RESULTS = Path("results")
"""Folder below the current one for stores whose place was not chosen."""


@dataclass(frozen=True)
class ChosenWorkflow:
    """The workflow of a run, read once: sweep, analysis and provenance are all of this text.

    Attributes
    ----------
    workflow : Workflow
        As its definition says.
    path : str
        Absolute path of the definition if the user gave a path; else empty.
    """

    workflow: Workflow
    path: str = ""


def choose_workflow(workflow: str | Path | Workflow) -> ChosenWorkflow:
    """Return the workflow that a user names, or gives as it is.

    Raises
    ------
    InputError
        If there is no such definition, or the file defines no `workflow`.
    DefinitionError
        If the definition raises.
    """
    if isinstance(workflow, Workflow):
        return ChosenWorkflow(workflow)
    found = load(workflow)
    path = str(Path(workflow).resolve()) if is_path(str(workflow), ".py") else ""
    return ChosenWorkflow(found, path)


@dataclass(frozen=True)
class RunOptions:
    """What a user gives to a run, not yet checked: the parameters of `run`, by their names.

    Attributes
    ----------
    chosen : ChosenWorkflow
        What to run.
    preset, settings, realizations, seed, store, cluster, workers, part, precision
        As in `qtcore.api.run`.
    """

    chosen: ChosenWorkflow
    preset: str | None = None
    settings: Mapping[str, Any] | None = None
    realizations: int | None = None
    seed: int | None = None
    store: str | Path | None = None
    cluster: "AnyCluster" = "local"
    workers: int | None = None
    part: str | None = None
    precision: str | float | None = None


@dataclass(frozen=True)
class RunRequest:
    """A run that is asked for, checked: what to compute, where to, and by which workers.

    Attributes
    ----------
    sweep : Sweep
        What to compute.
    store : Place
        Where to.
    profile : Profile
        Where the workers come from. The run uses this value and records it; the profile's file is
        not read again.
    provenance : RunProvenance
        How the run was started, for the store's attributes; its cluster is this profile.
    part : Part or None
        Which part of it this driver computes.
    workflow : Workflow or None
        The definition, unless the sweep was read from a store.
    precision : Precision or None
        What standard error every point shall reach; `sweep` is the first round then.
    cutting : Cutting
        How long blocks and tasks are, which is for the cost model to say.
    """

    sweep: Sweep
    store: Place
    profile: Profile
    provenance: RunProvenance
    part: Part | None = None
    workflow: Workflow | None = None
    precision: Precision | None = None
    cutting: Cutting = AS_THE_COST_SAYS

    @property
    def author(self) -> Author | None:
        """The definition's functions as they are in this process; None without a definition."""
        return None if self.workflow is None else self.workflow.author


def names_settings(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that takes settings say so when it is given an axis as a parameter.

    Raises
    ------
    InputError
        If it is called with parameters that it has not.
    """
    known = [*signature(function).parameters]

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if unknown := [name for name in kwargs if name not in known]:
            raise InputError(
                f"{function.__name__}() has no parameter {listed(unknown)}. Values of axes, constants "
                "and lengths go into settings, such as settings={'width': (4, 8), 'energy': 0.5}; its "
                f"parameters are {', '.join(known)}"
            )
        return function(*args, **kwargs)

    return checked


def resolve_run(options: RunOptions) -> RunRequest:
    """Check what a run is asked for, and read what it names: its profile, once.

    Raises
    ------
    InputError
        If something in it is not allowed.
    """
    definition = options.chosen.workflow
    chosen = options.preset if options.preset is not None else next(iter(definition.presets))
    size = definition.preset(chosen)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    usual = RESULTS / f"{definition.name}-{chosen}.zarr"
    store = place_of(options.store if options.store is not None else usual)
    settings = with_stored_cases(size, options.settings, store, definition.presets.values())
    goal = None
    if options.precision is None:
        size = size.changed(settings, options.realizations)
        sweep = definition.sweep(size, seed)
    else:
        _refuse_parts(options.part)
        size, most = first_round(size.changed(settings), options.realizations)
        sweep = definition.sweep(size, seed)
        goal = Precision.asked(options.precision, most, definition.goal, sweep)
    profile = with_workers(load_profile(options.cluster), options.workers)
    provenance = RunProvenance(
        profile.model_dump_json(),
        options.chosen.path,
        definition.source,
        chosen,
        "" if goal is None else goal.model_dump_json(),
        definition.distinct,
        in_use=True,
    )
    part = None if options.part is None else Part.parse(options.part)
    return RunRequest(sweep, store, profile, provenance, part, definition, goal)


def prepare_workers(run_request: RunRequest) -> None:
    """Let workers on this machine import while this process imports and plans, if any are needed.

    A store that is complete needs none unless the run extends it, and then they begin later.
    """
    if not isinstance(run_request.profile, Local):
        return
    with suppress(QtcoreError, OSError):  # met again, and told, when the store is opened
        store = run_request.store
        if is_vacant(store) or not read_header(store).attributes.get("completed"):
            forked.begin()


def first_round(size: Preset, most: int | None) -> tuple[Preset, int]:
    """Return the preset of the first round towards a precision goal, and the cap.

    Parameters
    ----------
    size : Preset
        What a run without a goal computes.
    most : int, optional
        Realizations of a point, at most; 100 times the preset's if left out.
    """
    counts = np.asarray(size.realizations)
    usual = min(MOST_ROUND * max(FIRST_ROUND, int(counts.max())), MOST_REALIZATIONS)
    cap = usual if most is None else most
    if counts.ndim:  # the preset's own choice, in which a point may be left out
        given = tuple(min(int(n), cap) for n in counts)
        return size.changed(realizations=given), cap
    return size.changed(realizations=min(max(int(counts), FIRST_ROUND), cap)), cap


def _refuse_parts(part: str | None) -> None:
    if part is not None:
        raise InputError(
            "--precision cannot be given together with --part: how many realizations a point gets "
            "depends on the data of all parts; give --realizations to the parts"
        )
