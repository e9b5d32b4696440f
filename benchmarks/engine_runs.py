"""What the engine's benchmarks share: sweeps of blocks that cost nothing, workers, timed runs."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import psutil
from distributed import Client, Worker, WorkerPlugin

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.create import create
from qtcore.store.journal import event_log
from qtcore.store.locate import Location
from qtcore.sweep import task as task_module
from qtcore.sweep.build import make_sweep
from qtcore.sweep.events import EventLog, read_log
from qtcore.sweep.plan import Plan, make_plan
from qtcore.sweep.prepare_store import layout
from qtcore.sweep.run import execute
from qtcore.sweep.spec import Sweep
from qtcore.sweep.survey import channels
from qtcore.sweep.tasks import Piece, Task, Tasks

BLOCK = 64
LENGTHS = tuple(range(10, 410, 20))

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not find this file


class Asleep(WorkerPlugin):
    """Replace the solver of each worker by one that sleeps and returns zeros.

    Parameters
    ----------
    seconds : float
        Duration of one call; 0 returns at once.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def setup(self, worker: Worker) -> None:
        """Replace it; called on every worker."""
        del worker
        task_module.solve = partial(pretend, self.seconds)


def pretend(seconds: float, sweep: Sweep, point: Any, realizations: range) -> dict[str, Any]:
    """Stand in for the solver."""
    del sweep
    if seconds:
        time.sleep(seconds)
    zeros = np.zeros((len(realizations), len(point.lengths)))
    names = ("ln_g", "reflection", "certificate", "suspect")
    return dict.fromkeys(names, zeros)


def strip(point: qt.Point) -> qt.Wire:
    """Return the wire that is swept."""
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


def sweep_of(blocks: int, width: tuple[int, ...] = (1,), points: int = 1) -> Sweep:
    """Return a sweep with so many blocks at each of some disorders and widths."""
    preset = qt.Preset(
        disorder=tuple(1 + n / points for n in range(points)),
        width=width,
        energy=0.5,
        lengths=LENGTHS,
        realizations=BLOCK * blocks,
    )
    return make_sweep("benchmark", preset, 1, wire=strip)


def one_block_tasks(sweep: Sweep, seconds: float) -> Plan:
    """Return a plan with one block in each task."""
    whole = make_plan(sweep, BLOCK)
    per_point = whole.blocks // sweep.points
    tasks = Tasks.of(
        [
            Task((Piece(point, n, n + 1),), seconds)
            for point in range(sweep.points)
            for n in range(per_point)
        ]
    )
    return Plan(sweep, BLOCK, tasks, whole.blocks, whole.blocks, 0, 0, 0)


@contextmanager
def workers(count: int, seconds: float | None) -> Iterator[Client]:
    """Start workers that have run a task already; with a pretended solver unless None."""
    with connect(Local(kind="local", workers=count, dashboard=False)) as client:
        if seconds is not None:
            client.register_plugin(Asleep(seconds))
        timed_run(client, one_block_tasks(sweep_of(8 * count), 0.0))
        yield client


def make_store(store: Location, sweep: Sweep, block: int) -> None:
    """Make an empty store for a sweep."""
    attributes = {"spec": sweep.json_text, "spec_hash": sweep.hash, "common_disorder": "[]"}
    create(store, layout(sweep, block), channels(sweep), attributes)


@dataclass(frozen=True)
class Timed:
    """What a run took.

    Attributes
    ----------
    wall : float
        Seconds by the clock.
    busy : float
        Seconds that workers spent in tasks.
    driver_cpu, workers_cpu : float
        Seconds of the processor; the scheduler lives in the driver's process.
    log : list of dict
        The event log.
    """

    wall: float
    busy: float
    driver_cpu: float
    workers_cpu: float
    log: list[dict[str, Any]]


def timed_run(client: Client, plan: Plan) -> Timed:
    """Run a plan on a fresh store, with its event log."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        make_store(store, plan.sweep, plan.block)
        before = processor_seconds(client)
        start = time.perf_counter()
        with EventLog(event_log(store)) as log:
            outcome = execute(client, store, plan, (log,))
        wall = time.perf_counter() - start
        after = processor_seconds(client)
        lines = read_log(event_log(store))
    if outcome.blocks_left:
        raise RuntimeError(f"the benchmark's own run failed: {outcome}")
    return Timed(wall, outcome.core_seconds, after[0] - before[0], after[1] - before[1], lines)


def processor_seconds(client: Client) -> tuple[float, float]:
    """Return the seconds of the processor of this process, and of all workers together."""
    here = psutil.Process().cpu_times()
    others = [psutil.Process(pid).cpu_times() for pid in client.run(os.getpid).values()]
    return here.user + here.system, sum(times.user + times.system for times in others)
