"""From a sweep and a folder to a filled store: check, plan, run, leave it resumable."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.solve.scattering import open_channels
from qtcore.store.create import consolidate, create, extend, update_attributes
from qtcore.store.finished import clean_partial, finished_blocks
from qtcore.store.header import Header, is_vacant, read_header
from qtcore.store.layout import AXES, Axis, Layout, event_log
from qtcore.store.lease import Lease
from qtcore.sweep.cost import Calibration, representatives, warm_up
from qtcore.sweep.events import EventLog, Listener, now, read_log
from qtcore.sweep.plan import Plan, block_length, make_plan
from qtcore.sweep.provenance import git_revision, versions
from qtcore.sweep.run import Outcome, execute
from qtcore.sweep.spec import Sweep, differences
from qtcore.sweep.task import calibrate

CALIBRATED_WORKERS = 16
"""So many workers measure the cost model; they also get their kernels ready by it."""

FLUX_UNITS = {"plaquette": "h/e per plaquette", "strip": "h/e through width × width sites"}


@dataclass(frozen=True)
class Circumstances:
    """How a run was started, for the store's attributes.

    Attributes
    ----------
    cluster : str
        The profile, as JSON.
    definition : str
        Path of the workflow's definition if it was given by path.
    preset : str
        Name of the preset that the sweep was made from.
    """

    cluster: str = ""
    definition: str = ""
    preset: str = ""


Connect = Callable[[], AbstractContextManager[Client]]


def layout(sweep: Sweep, block: int) -> Layout:
    """Return the store's layout for a sweep."""
    flux_unit = FLUX_UNITS[sweep.flux_unit]
    axes = {
        "disorder": Axis("disorder", sweep.disorder, "t", "full width W of the box disorder"),
        "width": Axis("width", sweep.width, "sites", "sites across", "int64"),
        "flux": Axis("flux", sweep.flux, flux_unit, "magnetic flux"),
        "energy": Axis("energy", sweep.energy, "t", "Fermi energy"),
    }
    length = Axis("length", sweep.lengths, "sites", "length of the wire", "int64")
    return Layout(tuple(axes[name] for name in AXES), length, sweep.realizations, block)


def channels(sweep: Sweep) -> NDArray[np.int32]:
    """Return the number of open channels of each point, (disorder, width, flux, energy).

    Raises
    ------
    InputError
        If a point has no open channel, or its wire is not allowed.
    """
    table = np.empty(sweep.points, dtype=np.int32)
    known: dict[tuple[int, float, float], int] = {}
    for point in sweep.all_points():
        leads = (point.width, point.flux, point.energy)
        if leads not in known:
            try:
                known[leads] = open_channels(sweep.wire(point), point.energy)
            except InputError as error:
                raise InputError(f"at {point.label}: {error}") from None
        table[point.number] = known[leads]
    return table.reshape(sweep.grid)


def compatible(sweep: Sweep, header: Header) -> Sweep:
    """Return the sweep with at least the realizations that a store already has.

    Raises
    ------
    InputError
        If the store was made for another sweep, with one line for each field that differs.
    """
    if header.spec_hash != sweep.hash:
        lines = differences(header.spec, sweep)
        listed = "\n  ".join(lines) or "the stored hash differs, although no field does"
        raise InputError(
            f"the store {header.path} was made for another sweep:\n  {listed}\n"
            "Choose another --store, or ask for what this one holds"
        )
    realizations = max(sweep.realizations, header.realizations)
    return sweep.model_copy(update={"realizations": realizations})


def preview(sweep: Sweep, store: Path, workers: int) -> Plan:
    """Return what a run would compute now; nothing is computed or written.

    Raises
    ------
    InputError
        If a run would be refused.
    """
    if is_vacant(store):
        channels(sweep)
        return make_plan(sweep, block_length(sweep), workers=workers)
    header = read_header(store)
    sweep = compatible(sweep, header)
    grown = Header(store, {**header.attributes, **_growth(header, sweep.realizations)})
    finished = finished_blocks(grown, sweep.grid)
    return make_plan(sweep, header.block, finished=finished, workers=workers)


def _growth(header: Header, realizations: int) -> dict[str, Any]:
    if realizations <= header.realizations:
        return {}
    earlier = [*header.earlier_realizations, header.realizations]
    return {"realizations": realizations, "earlier_realizations": earlier}


def drive(
    sweep: Sweep,
    store: Path,
    connect: Connect,
    *,
    circumstances: Circumstances | None = None,
    listeners: tuple[Listener, ...] = (),
    compile_here: bool = True,
) -> Outcome:
    """Compute what a store lacks of a sweep.

    Parameters
    ----------
    sweep : Sweep
        What the store shall hold in the end.
    store : Path
        Made if nothing is there; extended if it holds fewer realizations.
    connect : callable
        Returns a context manager that yields a connected client.
    circumstances : Circumstances, optional
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
    circumstances = circumstances or Circumstances()
    made = is_vacant(store)
    if made:
        open_modes = channels(sweep)
        started = _origin(sweep, circumstances)
        create(store, layout(sweep, block_length(sweep)), open_modes, started)
    else:
        sweep = compatible(sweep, read_header(store))
    with Lease(store) as lease:
        clean_partial(store)
        extend(store, sweep.realizations, {"spec": sweep.model_dump_json()})
        header = read_header(store)
        finished = finished_blocks(header, sweep.grid)
        if finished.all():
            return Outcome()
        if compile_here:
            warm_up(sweep, representatives(sweep))
        with ExitStack() as stack:
            with _nothing_left_behind(store if made else None):
                client = stack.enter_context(connect())
            workers = max(1, sum(client.nthreads().values()))
            measured = _calibration(client, sweep)
            plan = make_plan(
                sweep, header.block, calibration=measured, finished=finished, workers=workers
            )
            log = stack.enter_context(EventLog(event_log(store)))
            outcome = execute(
                client,
                store,
                plan,
                (log, *listeners),
                lambda: "another driver took over the store" if lease.lost else "",
            )
        if not lease.lost:
            still_missing = _conclude(store, sweep, circumstances)
            _believe_the_store(outcome, int((~finished).sum()), still_missing)
    return outcome


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
def _nothing_left_behind(store: Path | None) -> Iterator[None]:
    """Remove a store that was made a moment ago if the cluster for it does not come up."""
    try:
        yield
    except BaseException:
        if store is not None:
            shutil.rmtree(store, ignore_errors=True)
        raise


def _origin(sweep: Sweep, circumstances: Circumstances) -> dict[str, Any]:
    """Return the provenance that a new store starts with."""
    return {
        "workflow": sweep.workflow,
        "preset": circumstances.preset,
        "definition": circumstances.definition,
        "spec": sweep.model_dump_json(),
        "spec_hash": sweep.hash,
        "seed": sweep.seed,
        "versions": json.dumps(versions()),
        "git_revision": git_revision(),
        "cluster": circumstances.cluster,
        "created": now(),
        "updated": now(),
        "completed": "",
        "core_seconds": 0.0,
    }


def _calibration(client: Client, sweep: Sweep) -> Calibration:
    """Let workers measure the cost model; the mean over them for each width."""
    addresses = list(client.nthreads())[:CALIBRATED_WORKERS]
    fields = sweep.model_dump(mode="json")
    futures = [
        client.submit(calibrate, fields, workers=[address], pure=False, allow_other_workers=True)
        for address in addresses
    ]
    measured = client.gather(futures)
    keys = measured[0]
    return Calibration({key: float(np.mean([m[key] for m in measured])) for key in keys})


def _conclude(store: Path, sweep: Sweep, circumstances: Circumstances) -> int:
    """Write what is known at the end of a session into the store; return the missing blocks."""
    missing = int((~finished_blocks(read_header(store), sweep.grid)).sum())
    seconds = sum(
        line.get("seconds", 0.0)
        for line in read_log(event_log(store))
        if line.get("event") == "TaskDone"
    )
    try:
        update_attributes(
            store,
            {
                "updated": now(),
                "completed": "" if missing else now(),
                "core_seconds": round(seconds, 3),
                "versions": json.dumps(versions()),
                "git_revision": git_revision(),
                "cluster": circumstances.cluster,
            },
        )
        if not missing:
            consolidate(store)
    except OSError:  # a full disk; these attributes can wait for the next session
        pass
    return missing
