"""From a sweep and a folder to a filled store: check, plan, run, leave it resumable."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import numpy as np
from distributed import Client, KilledWorker

from qtcore.errors import InputError, why_unwritable
from qtcore.store.arrays import marker_array
from qtcore.store.create import consolidate, create, extend, update_attributes
from qtcore.store.document import MOST_BYTES
from qtcore.store.duplicate import refuse_contradictions
from qtcore.store.finished import clean_partial, held_realizations, proven_realizations
from qtcore.store.header import Header, identity_of, is_vacant, read_header
from qtcore.store.journal import event_log
from qtcore.store.layout import Coordinate, Layout
from qtcore.store.lease import Lease, refuse_if_parts_are_held
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.sweep.axes import Axis
from qtcore.sweep.cost import Calibration, measure, representatives, warm_up
from qtcore.sweep.events import EventLog, Listener, now, read_logs, worker_seconds
from qtcore.sweep.extension import continued
from qtcore.sweep.listening import InBackground
from qtcore.sweep.names import refuse_taken, refuse_twins
from qtcore.sweep.observables import CHANNEL, LENGTH
from qtcore.sweep.part import Part
from qtcore.sweep.plan import (
    Plan,
    block_length,
    dimension_sizes,
    make_plan,
    refuse_too_many_blocks,
)
from qtcore.sweep.provenance import git_revision, versions
from qtcore.sweep.run import Outcome, execute
from qtcore.sweep.run_provenance import RunProvenance, origin
from qtcore.sweep.spec import Sweep
from qtcore.sweep.survey import Kind, channels, common_axes, survey
from qtcore.sweep.task import calibrate
from qtcore.sweep.trusted import remember

CALIBRATED_WORKERS = 16
"""So many workers measure the cost model; they also get their kernels ready by it."""

PATIENCE = 120.0
"""Seconds that the driver of a part waits for another one to make, extend or conclude the store."""


Connect = Callable[[], AbstractContextManager[Client]]


def layout(sweep: Sweep, block: int) -> Layout:
    """Return the store's layout for a sweep.

    Raises
    ------
    InputError
        If it would have more blocks than a driver can plan.
    """
    refuse_too_many_blocks(sweep, block)
    declared = {axis.name: axis for axis in sweep.dimensions}
    sizes = dimension_sizes(sweep)
    known = {
        LENGTH: Coordinate(LENGTH, sweep.lengths, "sites", "length of the wire", "int64"),
        CHANNEL: Coordinate(
            CHANNEL, tuple(range(sizes.get(CHANNEL, 0))), "", "number of the eigenchannel", "int64"
        ),
    }
    behind = [known[n] if n in known else _coordinate(declared[n]) for n in sizes]
    axes = tuple(_coordinate(axis) for axis in sweep.axes)
    return Layout(axes, tuple(behind), sweep.outputs, sweep.largest_count, block)


def _refuse_names(sweep: Sweep, store: Location) -> None:
    """Refuse names that a preset refuses too; a sweep read from an earlier store may have them.

    There they stood for something else at every point, and going on would mix the two.
    """
    refuse_taken((*sweep.names, *sweep.constants), "an axis or a constant")
    if is_vacant(store):
        own = [*sweep.names, *(axis.name for axis in sweep.dimensions)]
        refuse_twins([*own, *(variable.name for variable in sweep.outputs)])


def _coordinate(axis: Axis) -> Coordinate:
    return Coordinate(axis.name, axis.values, axis.units, axis.long_name or axis.name, axis.dtype)


def plan_sweep(sweep: Sweep, store: Location, workers: int, part: Part | None = None) -> Plan:
    """Return what a run would compute now; nothing is stored.

    The cost model is calibrated on the calling process.

    Raises
    ------
    InputError
        If a run would be refused.
    """
    _refuse_names(sweep, store)
    channels(sweep)
    held, block = None, 0
    if not is_vacant(store):
        header = read_header(store)
        target = continued(sweep, header)
        sweep = target.sweep
        _refuse_what_no_chunk_can_hold(sweep, header)
        known = [*header.earlier_realizations, *target.earlier]
        grown = Header(header.place, {**header.attributes, **_counts(sweep, known)})
        block, held = header.block, held_realizations(grown, sweep.grid)
    return make_plan(
        sweep,
        block or block_length(sweep),
        calibration=measure(sweep),
        held=held,
        workers=workers,
        part=part,
    )


def _counts(sweep: Sweep, earlier: list[int]) -> dict[str, Any]:
    """Return the attributes from which finished blocks are told."""
    return {
        "spec": sweep.json_text,
        "realizations": sweep.largest_count,
        "earlier_realizations": earlier,
    }


def _refuse_what_no_chunk_can_hold(sweep: Sweep, header: Header) -> None:
    """Refuse an extension that needs more room inside a chunk than the store has."""
    refuse_too_many_blocks(sweep, header.block)
    for name, size in dimension_sizes(sweep).items():
        if size > header.sizes[name]:
            raise InputError(
                f"the new points have up to {size} values along {name}, the store {header.place} "
                f"has room for {header.sizes[name]}, which cannot grow; choose another --store"
            )


def fill_store(
    sweep: Sweep,
    store: Location,
    connect: Connect,
    *,
    part: Part | None = None,
    provenance: RunProvenance | None = None,
    listeners: tuple[Listener, ...] = (),
    compile_here: bool = True,
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

    Raises
    ------
    InputError
        If the sweep or the store is refused; nothing was changed then.
    """
    provenance = provenance or RunProvenance()
    with ExitStack() as stack:
        lease, made = _prepare(sweep, store, part, provenance, stack)
        sweep = Sweep.from_fields(read_header(store).spec)
        identity = identity_of(place_of(store).get(ROOT_METADATA, MOST_BYTES))
        remember(sweep.program)
        if not _what_is_left(sweep, store, part).blocks_left:
            outcome = Outcome()
            if part is None and not read_header(store).attributes.get("completed"):
                _conclude(store, sweep, provenance, part, lease, outcome)
            return outcome
        if compile_here:
            warm_up(sweep, representatives(sweep).values())
        with ExitStack() as cluster:
            with _nothing_left_behind(store, lease if made and part is None else None):
                client = cluster.enter_context(connect())
            workers = max(1, sum(client.nthreads().values()))
            plan = _what_is_left(sweep, store, part, _calibration(client, sweep), workers)
            journal = event_log(store, part.name if part else "", identity)
            log = cluster.enter_context(InBackground(EventLog(journal)))
            outcome = execute(
                client,
                store,
                plan,
                (log, *listeners),
                lease.why_lost,
            )
        if lease.is_held():
            whole = lease
            if part is not None:
                whole = stack.enter_context(Lease(store, patience=PATIENCE))
            missing = _conclude(store, sweep, provenance, part, whole, outcome)
            _believe_the_store(outcome, plan.blocks_left, missing)
        else:
            lease.lost = True
            outcome.stopped = outcome.stopped or lease.why_lost()
    return outcome


def _what_is_left(
    sweep: Sweep,
    store: Location,
    part: Part | None,
    calibration: Calibration | None = None,
    workers: int = 1,
) -> Plan:
    """Plan for what a store lacks now."""
    header = read_header(store)
    held = proven_realizations(header, sweep.grid)
    return make_plan(
        sweep,
        header.block,
        calibration=calibration,
        held=held,
        workers=workers,
        part=part,
    )


def _prepare(
    sweep: Sweep,
    store: Location,
    part: Part | None,
    provenance: RunProvenance,
    stack: ExitStack,
) -> tuple[Lease, bool]:
    """Make or extend the store; return the lease to work under, and whether it was made.

    The driver of a part holds the whole store only for as long as this takes.
    """
    _refuse_names(sweep, store)
    made = is_vacant(store)
    if made:
        attributes = origin(sweep, provenance)
        try:
            create(store, layout(sweep, block_length(sweep)), channels(sweep), attributes)
        except InputError:
            if part is None or is_vacant(store):
                raise  # else another part has made it a moment ago
    else:
        refuse_contradictions(place_of(store))
        continued(sweep, read_header(store))  # refused before anything is touched
    patience = PATIENCE if part is not None else 0.0
    whole = stack.enter_context(Lease(store, patience=patience))
    header = read_header(store)
    refuse_contradictions(header.place)
    target = continued(sweep, header)
    if part is None or target.grows:
        refuse_if_parts_are_held(store)
        clean_partial(store)
    _extend(store, header, target.sweep, target.earlier)
    if part is None:
        return whole, made
    own = stack.enter_context(Lease(store, part.name))
    whole.release()
    return own, made


def _extend(store: Location, header: Header, sweep: Sweep, earlier: list[int]) -> None:
    """Make room in a store, or finish doing so."""
    _refuse_what_no_chunk_can_hold(sweep, header)
    attributes = {
        "spec": sweep.json_text,
        "spec_hash": sweep.hash,
        "common_disorder": json.dumps(common_axes(sweep, survey(sweep).keys)),
    }
    extend(store, layout(sweep, header.block), channels(sweep), earlier, attributes)


def _believe_the_store(outcome: Outcome, missing_before: int, missing: int) -> None:
    """Correct an outcome by what the store lists: done is what is there, not what was reported."""
    if missing > outcome.blocks_left and not outcome.stopped:
        outcome.stopped = (
            "workers reported blocks that are not in the store; do all of them see the same "
            "folder under its path?"
        )
    outcome.blocks_left = missing
    outcome.blocks_done = missing_before - missing


@contextmanager
def _nothing_left_behind(store: Location, lease: Lease | None) -> Iterator[None]:
    """Remove a store that was made a moment ago if the cluster for it does not come up.

    Unless another driver has taken it over: a computer may sleep for hours while workers start.
    """
    try:
        yield
    except BaseException:
        if lease is not None and lease.is_held():
            place_of(store).remove_if(lambda place: lease.is_held_in(place) and _is_empty(place))
        raise


def _is_empty(place: Place) -> bool:
    """Whether no block was written into a store."""
    return next(iter(marker_array(place).chunks.listed(place)), None) is None


def _calibration(client: Client, sweep: Sweep) -> Calibration:
    """Let workers measure the cost model; the mean over them for each kind of point.

    Workers that die of it, as they will of the tasks, measure nothing.
    """
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


def _conclude(
    store: Location,
    sweep: Sweep,
    provenance: RunProvenance,
    part: Part | None,
    lease: Lease,
    outcome: Outcome,
) -> int:
    """Write what is known at the end of a session into the store; return the missing blocks."""
    header = read_header(store)
    held = proven_realizations(header, sweep.grid)  # listed once, for the whole and for the part
    missing = make_plan(sweep, header.block, held=held).blocks_left
    mine = missing
    if part is not None:
        mine = make_plan(sweep, header.block, held=held, part=part).blocks_left
    seconds = worker_seconds(read_logs(store))
    try:
        lease.confirm()
        update_attributes(
            store,
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
            consolidate(store)
    except OSError as error:  # these attributes can wait for the next session
        outcome.stopped = outcome.stopped or why_unwritable(error)
    return mine
