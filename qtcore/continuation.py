"""From a store alone to the request of a run that repeats it, completes it or extends it."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from qtcore.cluster.profile import load_profile, with_workers
from qtcore.errors import InputError, command
from qtcore.request import RunRequest
from qtcore.store.header import Header, read_header
from qtcore.store.locate import place_of
from qtcore.sweep.added import all_values, count_of, grown, preset_of
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.part import Part
from qtcore.sweep.precision import Precision
from qtcore.sweep.preset import Preset, parse_settings
from qtcore.sweep.program import remember_origin_of
from qtcore.sweep.ranges import values_of
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.sweep.spec import Sweep
from qtcore.sweep.standings import stored_precision
from qtcore.sweep.stored_cases import with_stored_cases
from qtcore.sweep.validation import is_many
from qtcore.trust import definition_that_made, vouch_for
from qtcore.workflow import Workflow, called

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster


def sweep_in_own_lines(header: Header) -> Sweep:
    """Return the sweep of a store; tracebacks of its functions show the definition's lines."""
    sweep = stored_sweep(header)
    names = ("definition_source", "definition", "workflow")
    text, path, workflow = (str(header.attributes.get(name) or "") for name in names)
    remember_origin_of(sweep.program, text, path or f"<definition of {workflow}>")
    return sweep


def continuation(
    store: str | Path,
    target: str | Path | None = None,
    *,
    add: Mapping[str, Any] | Sequence[str] | None = None,
    realizations: int | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    part: str | None = None,
    trust: bool = False,
) -> RunRequest:
    """Return a request for the sweep of a store, with what is added to it.

    Without anything to add the store's own functions suffice. Which lengths and how many
    realizations new points have, only the definition knows: it is the one that the store was made
    with, if that may run here.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    target : str or Path, optional
        Another store for the numbers; `store` itself if left out.
    add : mapping of str to values, or sequence of str, optional
        Values of axes, such as `{"energy": (0.87, 1.85)}` or `["energy=0.87,1.85"]`.
    realizations : int, optional
        Of each point, in all; points that have more keep them. With a number of realizations a
        precision goal of the store is not pursued.
    cluster, workers, part
        As in `qtcore.api.run`.
    trust : bool
        Whether what the store holds may run if neither this installation nor this user knows it
        (see `qtcore.trust`).

    Raises
    ------
    InputError
        If there is no qtcore store, or it cannot be extended so.
    UntrustedDefinitionError
        If the store's functions or its definition may not run here.
    """
    source = place_of(store)
    header = read_header(source)
    profile = with_workers(load_profile(cluster), workers)
    sweep, workflow = sweep_in_own_lines(header), None
    # How many realizations a goal takes follows from the data of all parts.
    goal = stored_precision(header.attributes) if part is None and realizations is None else None
    if add or realizations is not None:
        workflow = definition_that_made(header, trust=trust)
        sweep = _extended(sweep, workflow, header, add or {}, realizations, goal)
    if workflow is None or goal is not None:
        vouch_for(header, trust=trust)
    names = ("definition", "preset", "precision")
    kept = {name: header.attributes.get(name, "") for name in names}
    provenance = RunProvenance(
        cluster=profile.model_dump_json(),
        source=header.attributes.get("definition_source", ""),
        distinct=header.attributes.get("distinct") is not False,
        **kept,
    )
    return RunRequest(
        sweep,
        source if target is None else place_of(target),
        profile,
        provenance,
        None if part is None else Part.parse(part),
        workflow,
        goal,
    )


def extension(
    store: str | Path,
    *,
    add: Mapping[str, Any] | Sequence[str] | None = None,
    realizations: int | None = None,
    **options: Any,
) -> RunRequest:
    """Return the same where something must be added; parameters as in `continuation`."""
    if not add and realizations is None:
        raise InputError(
            f"nothing is to be added to {store}: give values of axes (--add energy=0.87,1.85; in "
            "Python add={'energy': (0.87, 1.85)}), or --realizations. What a store lacks of its own "
            f"sweep is computed by `{command('rerun', store)}`"
        )
    return continuation(store, add=add, realizations=realizations, **options)


def _extended(
    stored: Sweep,
    workflow: Workflow,
    header: Header,
    add: Mapping[str, Any] | Sequence[str],
    realizations: int | None,
    goal: Precision | None,
) -> Sweep:
    """Return a stored sweep with more values of its axes, or with more realizations."""
    present = preset_of(stored, 1)
    settings = _settings(present, add)
    count = realizations
    if count is None:
        count = _count(stored, workflow, header, goal)
    others = workflow.presets.values()
    wanted = with_stored_cases(present, settings, header.place, others)
    wanted = {name: all_values(present.axes[name], given) for name, given in wanted.items()}
    asked = workflow.sweep(present.changed(wanted, count), stored.seed)
    return grown(stored, asked, more=realizations is not None)


def _settings(present: Preset, add: Mapping[str, Any] | Sequence[str]) -> dict[str, Any]:
    """Return the values that are added to each axis; refuse what is no axis."""
    if isinstance(add, Mapping):
        given: dict[str, Any] = {**add}
    else:
        given = parse_settings(add, present, option="--add")
    for name, values in given.items():
        if name not in present.axes:
            _refuse(name, present)
        if isinstance(values, str):
            given[name] = values_of(values, name, whole=present.axes[name].whole)
        elif isinstance(values, Mapping) or not is_many(values):
            given[name] = (values,)
    return given


def _refuse(name: str, present: Preset) -> NoReturn:
    if name == "lengths":
        why = "lengths cannot be added, because one pass along a wire makes all of them"
    elif name in present.constants:
        why = f"{name} is a constant of this store, {present.constants[name]}, and no axis"
    else:
        why = f"this store has no axis {name!r}"
    axes = ", ".join(present.axes) or "none"
    raise InputError(f"{why}. Values can be added to its axes: {axes}")


def _count(stored: Sweep, workflow: Workflow, header: Header, goal: Precision | None) -> int:
    """Return the realizations per point that new points begin with."""
    several = stored.counts[stored.counts > 1]
    if goal is not None and several.size:  # its rounds add what the new points need
        return int(several.min())
    name = str(header.attributes.get("preset", ""))
    usual = [np.max(workflow.presets[name].realizations)] if name in workflow.presets else []
    chosen = workflow.realizations
    if chosen is not None:
        chosen = partial(called, workflow, "realizations(point, count)", chosen)
    return count_of(stored, chosen, map(int, usual))
