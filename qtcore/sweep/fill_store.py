"""From a sweep and a folder to a filled store: check, plan, run, leave it resumable."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import numpy as np
from distributed import Client, KilledWorker

from qtcore.errors import why_unwritable
from qtcore.store.arrays import marker_array
from qtcore.store.create import consolidate, update_attributes
from qtcore.store.finished import held_realizations, proven_realizations
from qtcore.store.header import Header
from qtcore.store.journal import event_log
from qtcore.store.lease import Lease
from qtcore.store.locate import Location
from qtcore.store.open_store import OpenStore, open_store
from qtcore.store.place import Place
from qtcore.sweep.cost import LEAST_PROBE, Calibration, measure, representatives, warm_up
from qtcore.sweep.cost import PATIENCE as PATIENCE_OF_PLANS
from qtcore.sweep.events import EventLog, Listener, now, read_logs, spent_seconds
from qtcore.sweep.extension import begins, continued
from qtcore.sweep.kind import Kind
from qtcore.sweep.listening import InBackground
from qtcore.sweep.outcome import Outcome
from qtcore.sweep.part import Part
from qtcore.sweep.plan import AS_THE_COST_SAYS, Cutting, Plan, block_length, make_plan
from qtcore.sweep.prepare_store import (
    PATIENCE,
    prepared_store,
    refuse_names,
    refuse_what_no_chunk_can_hold,
)
from qtcore.sweep.provenance import git_revision, versions
from qtcore.sweep.run import execute
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.sweep.spec import Sweep
from qtcore.sweep.survey import channels
from qtcore.sweep.task import calibrate
from qtcore.sweep.trusted import remember

CALIBRATED_WORKERS = 16
"""So many workers measure the cost model; they also get their kernels ready by it."""

Connect = Callable[[], AbstractContextManager[Client]]


def plan_sweep(
    sweep: Sweep,
    store: Location | OpenStore,
    workers: int,
    part: Part | None = None,
    cutting: Cutting = AS_THE_COST_SAYS,
) -> Plan:
    """Return what a run would compute now; nothing is stored.

    The cost model is calibrated on the calling process.

    Raises
    ------
    InputError
        If a run would be refused.
    """
    opened = open_store(store)
    refuse_names(sweep, opened)
    channels(sweep)
    held, block = None, cutting.block
    if not begins(sweep, opened):
        header = opened.header
        target = continued(sweep, header)
        sweep = target.sweep
        refuse_what_no_chunk_can_hold(sweep, header)
        known = [*header.earlier_realizations, *target.earlier]
        grown = Header(header.place, {**header.attributes, **_counts(sweep, known)})
        block, held = header.block, held_realizations(grown, sweep.grid)
    return make_plan(
        sweep,
        block or block_length(sweep),
        calibration=measure(sweep, PATIENCE_OF_PLANS),
        held=held,
        workers=workers,
        part=part,
        shortest_task=cutting.shortest_task,
    )


def _counts(sweep: Sweep, earlier: list[int]) -> dict[str, Any]:
    """Return the attributes from which finished blocks are told."""
    return {
        "spec": sweep.json_text,
        "realizations": sweep.largest_count,
        "earlier_realizations": earlier,
    }


def fill_store(
    sweep: Sweep,
    store: Location,
    connect: Connect,
    *,
    part: Part | None = None,
    provenance: RunProvenance | None = None,
    listeners: tuple[Listener, ...] = (),
    compile_here: bool = True,
    cutting: Cutting = AS_THE_COST_SAYS,
) -> Outcome:
    """Compute what a store lacks of a sweep.

    Parameters
    ----------
    sweep : Sweep
        What the store shall hold in the end.
    store : str, Path or Place
        Folder or URL; made if nothing is there; extended if it holds fewer realizations or values of an axis.
    connect : callable
        Returns a context manager that yields a connected client.
    part : Part, optional
        Compute this part only; other drivers may compute other parts meanwhile.
    provenance : RunProvenance, optional
        How the run was started.
    listeners : tuple of Listener
        Told of every event; the store's own log listens anyway.
    compile_here : bool
        Whether to fill the kernels' disk cache from this process before workers start, which then
        load them instead of each compiling their own. For workers on this machine.
    cutting : Cutting
        How long blocks and tasks are; a store that exists keeps its blocks.

    Raises
    ------
    InputError
        If the sweep or the store is refused; nothing was changed then.
    """
    provenance = provenance or RunProvenance()
    with ExitStack() as stack:
        opened, made = prepared_store(sweep, store, part, provenance, cutting.block, stack)
        sweep, identity = Sweep.from_fields(opened.header.spec), opened.header.identity
        remember(sweep.program)
        if not _what_is_left(sweep, opened, part).blocks_left:
            outcome = Outcome()
            if part is None and not opened.header.attributes.get("completed"):
                _conclude(opened, sweep, provenance, part, outcome)
            return outcome
        if compile_here:
            warm_up(sweep, representatives(sweep).values())
        with ExitStack() as cluster:
            with _nothing_left_behind(opened, is_new=made and part is None):
                client = cluster.enter_context(connect())
            opened = opened.reread()  # it may have taken hours until a worker came
            plan = _planned_with(client, sweep, opened, part, cutting)
            journal = event_log(opened.place, part.name if part else "", identity)
            log = cluster.enter_context(InBackground(EventLog(journal)))
            outcome = execute(client, opened.place, plan, (log, *listeners), opened.held.why_lost)
            outcome.identity = identity
        _end_session(opened, sweep, provenance, part, plan, outcome)
    return outcome


def _planned_with(
    client: Client, sweep: Sweep, opened: OpenStore, part: Part | None, cutting: Cutting
) -> Plan:
    """Plan for the workers that are there, by what they measure."""
    workers = max(1, sum(client.nthreads().values()))
    return _what_is_left(sweep, opened, part, _calibration(client, sweep), workers, cutting)


def _what_is_left(
    sweep: Sweep,
    opened: OpenStore,
    part: Part | None,
    calibration: Calibration | None = None,
    workers: int = 1,
    cutting: Cutting = AS_THE_COST_SAYS,
) -> Plan:
    """Plan for what a store lacks."""
    return make_plan(
        sweep,
        opened.header.block,
        calibration=calibration,
        held=proven_realizations(opened.header, sweep.grid),
        workers=workers,
        part=part,
        shortest_task=cutting.shortest_task,
    )


@contextmanager
def _nothing_left_behind(opened: OpenStore, *, is_new: bool) -> Iterator[None]:
    """Remove a store that was made a moment ago if the cluster for it does not come up.

    Unless another driver has taken it over: a computer may sleep for hours while workers start.
    """
    try:
        yield
    except BaseException:
        lease = opened.held
        if is_new and lease.is_held():
            opened.place.remove_if(lambda place: lease.is_held_in(place) and _is_empty(place))
        raise


def _is_empty(place: Place) -> bool:
    """Whether no block was written into a store."""
    return next(iter(marker_array(place).chunks.listed(place)), None) is None


def _calibration(client: Client, sweep: Sweep) -> Calibration:
    """Let workers measure the cost model; the mean over them for each kind of point.

    Workers that die of it, as they will of the tasks, measure nothing. Nor does anybody where the
    shortest probe would take longer than the whole sweep.
    """
    as_modelled = Calibration()
    if sweep.is_of_wires and (sweep.counts * as_modelled.seconds(sweep)).sum() < LEAST_PROBE:
        return as_modelled
    workers = min(len(client.nthreads()), CALIBRATED_WORKERS)
    fields = sweep.model_dump(mode="json")
    # Dask gives each idle worker one. Those that name a worker would wait for it for ever if it
    # dies: https://github.com/dask/distributed/issues/7346
    futures = [client.submit(calibrate, fields, pure=False) for _ in range(workers)]
    measured: list[dict[Kind, float]] = []
    for future in futures:
        with suppress(KilledWorker):
            measured.append(future.result())
    keys = {key for found in measured for key in found}
    return Calibration(
        {key: float(np.mean([m[key] for m in measured if key in m])) for key in keys}
    )


def _end_session(
    opened: OpenStore,
    sweep: Sweep,
    provenance: RunProvenance,
    part: Part | None,
    plan: Plan,
    outcome: Outcome,
) -> None:
    """Conclude what was computed, as far as the lease allows, and say in the outcome what is there."""
    if not opened.held.is_held():
        opened.held.lost = True
        outcome.stopped = outcome.stopped or opened.held.why_lost()
        return
    with ExitStack() as stack:
        if part is not None:
            opened = opened.reread(stack.enter_context(Lease(opened.place, patience=PATIENCE)))
        missing = _conclude(opened, sweep, provenance, part, outcome)
    _believe_the_store(outcome, plan.blocks_left, missing)


def _believe_the_store(outcome: Outcome, missing_before: int, missing: int) -> None:
    """Correct an outcome by what the store lists: done is what is there, not what was reported."""
    if missing > outcome.blocks_left and not outcome.stopped:
        outcome.stopped = (
            "workers reported blocks that are not in the store; do all of them see the same "
            "folder under its path?"
        )
    outcome.blocks_left = missing
    outcome.blocks_done = missing_before - missing


def _conclude(
    opened: OpenStore,
    sweep: Sweep,
    provenance: RunProvenance,
    part: Part | None,
    outcome: Outcome,
) -> int:
    """Write what is known at the end of a session into the store; return the missing blocks."""
    place, lease = opened.place, opened.held
    header = opened.header
    held = proven_realizations(header, sweep.grid)  # listed once, for the whole and for the part
    missing = make_plan(sweep, header.block, held=held).blocks_left
    mine = missing
    if part is not None:
        mine = make_plan(sweep, header.block, held=held, part=part).blocks_left
    seconds = spent_seconds(header.attributes, read_logs(place))
    try:
        lease.confirm()
        update_attributes(
            place,
            {
                "updated": now(),
                "completed": "" if missing else now(),
                "core_seconds": seconds,
                "versions": json.dumps(versions(sweep.program)),
                "git_revision": git_revision(),
                "cluster": provenance.cluster,
                "precision": provenance.precision or header.attributes.get("precision", ""),
            },
        )
        if not missing:
            lease.confirm()
            consolidate(place)
    except OSError as error:  # these attributes can wait for the next session
        outcome.stopped = outcome.stopped or why_unwritable(error)
    return mine
