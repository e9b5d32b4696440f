"""What the sweep engine costs: overhead per task, overhead on tasks of a second, two workers to one.

    python benchmarks/bench_engine.py
    python benchmarks/bench_engine.py --tasks 100 --seconds 0.2 --realizations 500

Every figure is taken from a real run through plan, Dask, worker processes and a Zarr store; start-up
of the cluster and compilation are not counted. In the first two the solver is replaced by one that
returns at once or sleeps, inside the workers.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from distributed import Client, Worker, WorkerPlugin
from rich.console import Console
from rich.table import Table

from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.create import create
from qtcore.sweep import task as task_module
from qtcore.sweep.drive import channels, layout
from qtcore.sweep.plan import Piece, Plan, Task, make_plan
from qtcore.sweep.run import execute
from qtcore.sweep.spec import Sweep

BLOCK = 64
LENGTHS = tuple(range(10, 410, 20))


@dataclass(frozen=True)
class Result:
    """One figure, and what was aimed at."""

    name: str
    value: str
    aim: str


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


def sweep_of(blocks: int, width: int = 1) -> Sweep:
    """Return a sweep of one point with so many blocks."""
    return Sweep(
        workflow="benchmark",
        disorder=1.0,
        width=width,
        flux=0.0,
        energy=0.5,
        lengths=LENGTHS,
        realizations=BLOCK * blocks,
        seed=1,
    )


def one_block_tasks(sweep: Sweep, seconds: float) -> Plan:
    """Return a plan with one block in each task."""
    whole = make_plan(sweep, BLOCK)
    tasks = tuple(Task((Piece(0, n, n + 1),), seconds) for n in range(whole.blocks))
    return Plan(sweep, BLOCK, tasks, whole.blocks, whole.blocks, 0, 0, 0)


@contextmanager
def workers(count: int, seconds: float | None) -> Iterator[Client]:
    """Start workers that have run a task already; with a pretended solver unless None."""
    with connect(Local(kind="local", workers=count, dashboard=False)) as client:
        if seconds is not None:
            client.register_plugin(Asleep(seconds))
        timed_run(client, one_block_tasks(sweep_of(8 * count), 0.0))
        yield client


def timed_run(client: Client, plan: Plan) -> tuple[float, float]:
    """Return the seconds that a plan takes on a fresh store, and those that workers spent in it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        sweep = plan.sweep
        attributes = {"spec": sweep.model_dump_json(), "spec_hash": sweep.hash}
        create(store, layout(sweep, BLOCK), channels(sweep), attributes)
        start = time.perf_counter()
        outcome = execute(client, store, plan)
        seconds = time.perf_counter() - start
    if outcome.blocks_left:
        raise RuntimeError(f"the benchmark's own run failed: {outcome}")
    return seconds, outcome.core_seconds


def overhead_per_task(tasks: int) -> Result:
    """Time tasks that do nothing but write their block."""
    with workers(2, 0.0) as client:
        seconds, _ = timed_run(client, one_block_tasks(sweep_of(tasks), 0.0))
    per_task = f"{1e3 * seconds / tasks:.2f} ms ({tasks} tasks, 2 workers, five chunks each)"
    return Result("overhead of a no-op task", per_task, "")


def overhead_share(task_seconds: float, tasks: int) -> Result:
    """Compare the workers' time with what the tasks slept."""
    count = 2
    with workers(count, task_seconds) as client:
        wall, _ = timed_run(client, one_block_tasks(sweep_of(tasks), task_seconds))
    share = wall * count / (tasks * task_seconds) - 1
    words = f"{100 * share:.2f} % ({tasks} tasks, {count} workers)"
    return Result(f"overhead on tasks of {task_seconds:g} s", words, "≤ 2 % at 1 s")


def speed_up(realizations: int) -> Result:
    """Run the same real sweep on one worker and on two."""
    blocks = max(8, realizations // BLOCK)
    plan = make_plan(sweep_of(blocks, width=16), BLOCK, workers=2)
    seconds = {}
    for count in (1, 2):
        with workers(count, None) as client:
            seconds[count], busy = min(timed_run(client, plan) for _ in range(2))
    # The share does not suffer when other programs slow the tasks down, the ratio does.
    share = f"the two busy for {100 * busy / (2 * seconds[2]):.1f} % of the time"
    words = f"{seconds[1] / seconds[2]:.2f}× ({seconds[1]:.1f} s, {seconds[2]:.1f} s; {share})"
    return Result("two workers to one", words, "≥ 1.9×")


def main(words: Sequence[str] | None = None) -> None:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(
        description="Measure what the sweep engine costs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--tasks", type=int, default=1000, help="no-op tasks")
    parser.add_argument("--seconds", type=float, default=1.0, help="duration of a sleeping task")
    parser.add_argument("--sleepers", type=int, default=40, help="sleeping tasks")
    parser.add_argument(
        "--realizations", type=int, default=100_000, help="of the sweep on one and two workers"
    )
    asked = parser.parse_args(words)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    table = Table("figure", "value", "aim")
    for result in (
        overhead_per_task(asked.tasks),
        overhead_share(asked.seconds, asked.sleepers),
        speed_up(asked.realizations),
    ):
        table.add_row(result.name, result.value, result.aim)
    Console().print(table)


if __name__ == "__main__":
    main()
