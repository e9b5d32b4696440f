"""How far the engine reaches: planning, the driver alone, a long run, the status of many chunks.

    python benchmarks/bench_scale.py --json results/scale.json --figure docs/figures/scale.png
    python benchmarks/bench_scale.py --quick

- **plan**: seconds and memory to plan sweeps of up to 10⁶ tasks of one block each;
- **driver alone**: the engine's own loop with its event log, on a client whose futures are done at
  once: what 10⁶ tasks cost the driver besides Dask;
- **real run**: no-op tasks through a scheduler and two workers, each a process of its own, with the
  memory of all of them over time;
- **status**: `qtcore status` of a store of 10⁵ finished blocks.

Each part runs in a process of its own, so that one's memory is not another's.
"""

import argparse
import gc
import json
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import machine
import psutil
from distributed import Client
from distributed.deploy.subprocess import SubprocessCluster
from engine_runs import BLOCK, Asleep, make_store, one_block_tasks, sweep_of
from rich.console import Console
from rich.table import Table

from qtcore.cluster.environment import SETTINGS
from qtcore.store.arrays import block_arrays, marker_array
from qtcore.store.header import read_header
from qtcore.store.journal import event_log
from qtcore.store.layout import MARKER
from qtcore.store.locate import place_of
from qtcore.sweep import plan as plan_module
from qtcore.sweep import run as run_module
from qtcore.sweep.events import Event, EventLog, TaskDone
from qtcore.sweep.plan import Plan, make_plan
from qtcore.sweep.status import read_status
from qtcore.sweep.task import Record

Report = dict[str, Any]

MIB = 2**20
SAMPLES = 200
"""Of a curve, about."""

SAMPLE_EVERY = 1.0
"""Seconds between two looks at the memory of a real run."""


def resident() -> float:
    """Return this process's memory (MiB)."""
    return float(psutil.Process().memory_info().rss / MIB)


def one_block_plan(blocks: int) -> Plan:
    """Plan a sweep of a hundred points so that no two blocks share a task."""
    plan_module.SHORTEST_TASK = plan_module.LONGEST_TASK = 1e-9
    return make_plan(sweep_of(max(1, blocks // 100), points=100), BLOCK)


def planning(blocks: int) -> Report:
    """Time `make_plan`, and see what it leaves in memory."""
    make_plan(sweep_of(1, points=100), BLOCK)  # looks at the wires, once
    gc.collect()
    before, start = resident(), time.process_time()
    plan = one_block_plan(blocks)
    seconds = time.process_time() - start
    return {"tasks": len(plan.tasks), "seconds": seconds, "mib": resident() - before}


class Done:
    """A future that has its result already."""

    status = "finished"

    def __init__(self, key: str, result: tuple[Any, ...]) -> None:
        self.key, self.result = key, result

    def release(self) -> None:
        """Nothing is held."""


class DoneAtOnce:
    """Stand in for a Dask client of 1000 threads, and for its `as_completed`; takes no pause."""

    loop = None

    def __init__(self, *_: Any, **__: Any) -> None:
        self.ready: list[Done] = []

    def nthreads(self) -> dict[str, int]:
        """As many as a large cluster has."""
        return {"nobody": 1000}

    def map(
        self, _: Any, stores: Any, digests: Any, tasks: Any, *, key: list[str], **__: Any
    ) -> list[Done]:
        """Return what workers would have answered."""
        del stores, digests
        estimates = ((pieces[0][0], BLOCK, -100.0, 200.0) for pieces in tasks)
        records = (tuple(Record(1e-3, 1e-3, "nobody:1", 0, (e,), ())) for e in estimates)
        return [Done(name, record) for name, record in zip(key, records, strict=True)]

    def gather(self, futures: dict[str, Done], **_: Any) -> dict[str, tuple[Any, ...]]:
        """Return the results of futures."""
        return {key: future.result for key, future in futures.items()}

    def cancel(self, futures: list[Done], *, force: bool) -> None:
        """Nothing is under way."""

    def update(self, futures: list[Done]) -> None:
        """Take futures to wait for."""
        self.ready += futures

    def next_batch(self, *, block: bool = True) -> list[Done]:
        """Return all that were given."""
        del block
        batch, self.ready = self.ready, []
        return batch

    def clear(self) -> None:
        """Forget them."""
        self.ready = []


class Curve:
    """Listener that notes something every so many tasks.

    Parameters
    ----------
    tasks : int
        How many there will be.
    """

    def __init__(self, tasks: int) -> None:
        self.done = 0
        self.every = max(1, tasks // SAMPLES)
        self.samples: list[tuple[int, float, float]] = []

    def __call__(self, event: Event) -> None:
        """Note tasks done, processor seconds and memory."""
        if isinstance(event, TaskDone):
            if self.done % self.every == 0:
                self.samples.append((self.done, time.process_time(), resident()))
            self.done += 1


def driver_alone(blocks: int) -> Report:
    """Run the driver's loop on futures that are done at once."""
    plan = one_block_plan(blocks)
    curve = Curve(len(plan.tasks))
    vars(run_module).update(as_completed=DoneAtOnce, PAUSE=0.0)
    client: Any = DoneAtOnce()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        make_store(store, plan.sweep, BLOCK)
        start = time.process_time()
        with EventLog(event_log(store)) as log:
            outcome = run_module.execute(client, store, plan, (log, curve))
        seconds = time.process_time() - start
        size = sum(path.stat().st_size for path in (store / "run").glob("events*"))
    if outcome.blocks_left:
        raise RuntimeError(f"the benchmark's own run failed: {outcome}")
    return {
        "tasks": len(plan.tasks),
        "seconds_per_task": seconds / len(plan.tasks),
        "log_bytes_per_task": size / len(plan.tasks),
        "curve": curve.samples,
    }


@contextmanager
def watched(pids: dict[str, int], curve: Curve) -> Iterator[list[Report]]:
    """Note the memory of processes every second, with the tasks that are done."""
    samples: list[Report] = []
    processes = {name: psutil.Process(pid) for name, pid in pids.items()}
    over = threading.Event()
    start = time.perf_counter()

    def look() -> None:
        while not over.wait(SAMPLE_EVERY):
            mib = {name: p.memory_info().rss / MIB for name, p in processes.items()}
            cpu = {name: sum(p.cpu_times()[:2]) for name, p in processes.items()}
            moment = time.perf_counter() - start
            samples.append({"seconds": moment, "tasks": curve.done, "mib": mib, "cpu": cpu})

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def real_run(blocks: int) -> Report:
    """Run no-op tasks through a scheduler and two workers in processes of their own."""
    plan = one_block_tasks(sweep_of(max(1, blocks // 100), points=100), 0.0)
    curve = Curve(len(plan.tasks))
    with (
        dask.config.set(SETTINGS),
        SubprocessCluster(n_workers=2, worker_kwargs={"nthreads": 1}) as cluster,
        Client(cluster, set_as_default=False) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        client.wait_for_workers(2)
        client.register_plugin(Asleep(0.0))
        pids = {"driver": os.getpid(), "scheduler": client.run_on_scheduler(os.getpid)}
        found = client.run(os.getpid).values()
        pids |= {f"worker {n}": pid for n, pid in enumerate(found, 1)}
        store = Path(folder) / "run.zarr"
        make_store(store, plan.sweep, BLOCK)
        start = time.perf_counter()
        with watched(pids, curve) as samples, EventLog(event_log(store)) as log:
            outcome = run_module.execute(client, store, plan, (log, curve))
        seconds = time.perf_counter() - start
    if outcome.blocks_left:
        raise RuntimeError(f"the benchmark's own run failed: {outcome}")
    return {"tasks": len(plan.tasks), "seconds_per_task": seconds / blocks, "samples": samples}


def status_of(blocks: int) -> Report:
    """Time `status` of a store whose markers are all there."""
    points = max(1, blocks // 1000)
    sweep = sweep_of(blocks // points, points=points)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        make_store(store, sweep, BLOCK)
        place = place_of(store)
        marker = marker_array(place)
        checksums = dict.fromkeys(
            (name for name in block_arrays(read_header(place)) if name != MARKER), 0
        )
        for point in range(sweep.points):
            for number in range(blocks // points):
                place.put(*marker.mark((*sweep.point(point).index, number), BLOCK, checksums))
        wall, cpu = time.perf_counter(), time.process_time()
        status = read_status(store)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if not status.complete:
        raise RuntimeError("the benchmark's own store is not complete")
    return {"blocks": status.blocks, "wall": wall, "cpu": cpu}


def apart(part: Callable[[int], Report], size: int) -> Report:
    """Run a part in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_answer, args=(there, part, size))
    process.start()
    there.close()
    try:
        report: Report = json.loads(here.recv())
    except EOFError:
        raise SystemExit(f"{part.__name__} of {size} failed; see above") from None
    finally:
        process.join()
    return report


def _answer(pipe: Any, part: Callable[[int], Report], size: int) -> None:
    pipe.send(json.dumps(part(size)))


def growth(curve: list[Sequence[float]], column: int = 2) -> float:
    """Return how much memory grew over the later nine tenths of a run (MiB)."""
    return curve[-1][column] - curve[len(curve) // 10][column]


def draw(report: Report, target: Path) -> None:
    """Draw memory over tasks: the real run on the left, the driver alone on the right."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    samples = report["real run"]["samples"]
    done = [sample["tasks"] for sample in samples]
    for name in samples[0]["mib"]:
        left.plot(done, [sample["mib"][name] for sample in samples], label=name)
    left.set_title(f"{report['real run']['tasks']:,} tasks through Dask")
    curve = report["driver alone"]["curve"]
    right.plot([n for n, _, _ in curve], [mib for _, _, mib in curve], label="driver alone")
    right.set_title(f"{report['driver alone']['tasks']:,} tasks, futures done at once")
    for axes in (left, right):
        axes.set(xlabel="tasks done", ylabel="resident memory (MiB)")
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=150)


def show(report: Report) -> None:
    """Print the figures."""
    table = Table("figure", "value", "aim")
    for plan in report["plan"]:
        value = f"{plan['seconds']:.2f} s, {plan['mib']:.0f} MiB"
        table.add_row(f"plan of {plan['tasks']:,} tasks", value, "≤ 10 s for 10⁶")
    alone = report["driver alone"]
    table.add_row(
        f"driver alone, {alone['tasks']:,} tasks",
        f"{1e6 * alone['seconds_per_task']:.0f} µs and {alone['log_bytes_per_task']:.0f} bytes of "
        f"log a task; memory grew by {growth(alone['curve']):.0f} MiB",
        "flat",
    )
    real = report["real run"]
    grown = {
        name: real["samples"][-1]["mib"][name]
        - real["samples"][len(real["samples"]) // 10]["mib"][name]
        for name in real["samples"][0]["mib"]
    }
    words = ", ".join(f"{name} {mib:+.1f}" for name, mib in grown.items())
    table.add_row(
        f"real run, {real['tasks']:,} tasks",
        f"{1e3 * real['seconds_per_task']:.2f} ms a task; memory (MiB): {words}",
        "flat",
    )
    status = report["status"]
    value = f"{status['wall']:.2f} s, {status['cpu']:.2f} s of the processor"
    table.add_row(f"status of {status['blocks']:,} blocks", value, "≤ 2 s for 10⁵")
    Console().print(table)


def main(words: Sequence[str] | None = None) -> None:
    """Take the figures, print and draw them."""
    parser = argparse.ArgumentParser(
        description="Measure how far the engine reaches.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    machine.common_options(parser)
    parser.add_argument("--tasks", type=int, default=100_000, help="of the real run")
    parser.add_argument("--most", type=int, default=1_000_000, help="tasks planned, and simulated")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the memory here")
    asked = parser.parse_args(words)
    most, tasks, blocks = (2000, 200, 1000) if asked.quick else (asked.most, asked.tasks, 100_000)
    report: Report = {
        "provenance": machine.provenance(None, vars(asked)),
        "plan": [apart(planning, n) for n in (most // 100, most // 10, most)],
        "driver alone": apart(driver_alone, most),
        "real run": apart(real_run, tasks),
        "status": apart(status_of, blocks),
    }
    show(report)
    if asked.figure is not None:
        draw(report, asked.figure)
    machine.keep(report, asked.json)


if __name__ == "__main__":
    main()
