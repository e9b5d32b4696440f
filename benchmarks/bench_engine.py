"""What the sweep engine costs: overhead per task, on long tasks, idle time, writing.

    python benchmarks/bench_engine.py
    python benchmarks/bench_engine.py --only overhead,write --tasks 300 --json engine.json

Every figure is taken from a real run through plan, Dask, worker processes and a Zarr store; start-up
of the cluster and compilation are not counted. In the first two the solver is replaced by one that
returns at once or sleeps, inside the workers. The first and the last also show seconds of the
processor, which other programs on the machine disturb less.
"""

import argparse
import logging
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import machine
import numpy as np
from engine_runs import (
    BLOCK,
    LENGTHS,
    Timed,
    make_store,
    one_block_tasks,
    sweep_of,
    timed_run,
    workers,
)
from rich.console import Console
from rich.table import Table

from qtcore.store.header import read_header
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES, USUAL
from qtcore.sweep.plan import block_length, make_plan

Figure = dict[str, Any]

WIDTHS = (2, 4, 8, 16, 32, 64, 128)


def overhead_per_task(asked: argparse.Namespace) -> Figure:
    """Time tasks that do nothing but write their block; the best of some rounds."""
    tasks = asked.tasks
    with workers(2, 0.0) as client:
        plan = one_block_tasks(sweep_of(tasks), 0.0)
        runs = [timed_run(client, plan) for _ in range(asked.rounds)]
    best = min(runs, key=lambda run: run.wall)
    figure = {
        "wall": best.wall / tasks,
        "driver and scheduler": min(run.driver_cpu for run in runs) / tasks,
        "worker": min(run.workers_cpu for run in runs) / tasks,
    }
    words = ", ".join(f"{name} {1e3 * seconds:.2f} ms" for name, seconds in figure.items())
    return {
        "name": "overhead of a no-op task",
        "value": f"{words} of the processor ({tasks} tasks, 2 workers, five chunks each)",
        "aim": "≤ 2 ms",
        "seconds": figure,
    }


def overhead_share(asked: argparse.Namespace) -> Figure:
    """Compare the workers' time with what the tasks slept."""
    count, tasks, task_seconds = 2, asked.sleepers, asked.seconds
    with workers(count, task_seconds) as client:
        wall = timed_run(client, one_block_tasks(sweep_of(tasks), task_seconds)).wall
    share = wall * count / (tasks * task_seconds) - 1
    return {
        "name": f"overhead on tasks of {task_seconds:g} s",
        "value": f"{100 * share:.2f} % ({tasks} tasks, {count} workers)",
        "aim": "≤ 2 % at 1 s",
        "share": share,
    }


def speed_up(asked: argparse.Namespace) -> Figure:
    """Run the same real sweep on one worker and on two."""
    blocks = max(8, asked.realizations // BLOCK)
    plan = make_plan(sweep_of(blocks, width=(16,)), BLOCK, workers=2)
    wall, busy = {}, 0.0
    for count in (1, 2):
        with workers(count, None) as client:
            best = min((timed_run(client, plan) for _ in range(2)), key=lambda run: run.wall)
        wall[count], busy = best.wall, best.busy
    # The share does not suffer when other programs slow the tasks down, the ratio does.
    share = busy / (2 * wall[2])
    words = f"{wall[1]:.1f} s, {wall[2]:.1f} s; the two busy for {100 * share:.1f} % of the time"
    return {
        "name": "two workers to one",
        "value": f"{wall[1] / wall[2]:.2f}× ({words})",
        "aim": "≥ 1.9×",
        "ratio": wall[1] / wall[2],
        "busy": share,
    }


def uneven(asked: argparse.Namespace) -> Figure:
    """Sweep widths from 2 to 128 at once, and read from the event log how long workers waited."""
    count = 2
    widths = tuple(width for width in WIDTHS if width <= asked.widest)
    sweep = sweep_of(max(1, asked.uneven // BLOCK), width=widths)
    plan = make_plan(sweep, block_length(sweep), workers=count)
    with workers(count, None) as client:
        run = timed_run(client, plan)
    share, tail = idle(run, count)
    return {
        "name": f"idle time, widths {widths[0]} to {widths[-1]}",
        "value": (
            f"{100 * share:.1f} % of {run.wall:.1f} s, {100 * tail:.1f} % of it at the end "
            f"({len(plan.tasks)} tasks, {count} workers)"
        ),
        "aim": "≤ 5 %",
        "share": share,
        "tail": tail,
        "tasks": len(plan.tasks),
    }


def idle(run: Timed, count: int) -> tuple[float, float]:
    """Return the share of the workers' time in no task; and of that after a worker's last one."""
    started, ended = (_time(run.log, name) for name in ("Started", "Ended"))
    done = [line for line in run.log if line["event"] == "TaskDone"]
    last: dict[str, float] = {}
    for line in done:
        last[line["worker"]] = _clock(line)
    tail = sum(ended - moment for moment in last.values()) + (count - len(last)) * (ended - started)
    whole = count * (ended - started)
    return 1 - sum(line["seconds"] for line in done) / whole, tail / whole


def _time(log: list[dict[str, Any]], name: str) -> float:
    return next(_clock(line) for line in log if line["event"] == name)


def _clock(line: dict[str, Any]) -> float:
    return float(np.datetime64(line["time"].removesuffix("+00:00"), "ms").astype(float)) / 1e3


def writing(asked: argparse.Namespace) -> Figure:
    """Write blocks of noise, one after the other, to a folder and through an S3 server."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        found["folder"] = throughput(f"{folder}/run.zarr", asked.tasks)
    try:
        with s3_bucket() as url:
            found["S3 (moto on loopback)"] = throughput(url, max(1, asked.tasks // 10))
    except ImportError:
        Console(stderr=True).print("S3 left out: it needs moto[server] and obstore")
    words = [
        f"{place}: {1e3 * figure['wall']:.2f} ms a block, {figure['rate'] / 1e6:.1f} MB/s"
        for place, figure in found.items()
    ]
    return {"name": "writing, one worker", "value": "; ".join(words), "aim": "", "places": found}


def throughput(place: str, blocks: int) -> dict[str, float]:
    """Return seconds per block, by the clock and of the processor, and bytes per second."""
    variables = [OBSERVABLES[name] for name in USUAL]
    noise = np.random.default_rng(1).normal(size=(BLOCK, len(LENGTHS)))
    values = {v.name: np.zeros_like(noise) if v.dtype == "int8" else noise for v in variables}
    size = sum(np.dtype(v.dtype).itemsize * noise.size for v in variables)
    make_store(place, sweep_of(blocks), BLOCK)
    writer = BlockWriter(read_header(place), variables)
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(blocks):
        writer.write((0, 0), number, values)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / blocks, "cpu": cpu / blocks, "rate": size * blocks / wall}


@contextmanager
def s3_bucket() -> Iterator[str]:
    """Start a server of the S3 protocol on loopback; yield the URL of a store in it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        url = f"http://{host}:{port}/bucket"
        with urllib.request.urlopen(urllib.request.Request(url, method="PUT")):
            yield "s3://bucket/run.zarr"
    finally:
        server.stop()


PARTS: dict[str, Callable[[argparse.Namespace], Figure]] = {
    "overhead": overhead_per_task,
    "share": overhead_share,
    "speed-up": speed_up,
    "uneven": uneven,
    "write": writing,
}


def main(words: Sequence[str] | None = None) -> None:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(
        description="Measure what the sweep engine costs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--only", default=",".join(PARTS), help="which figures")
    parser.add_argument("--tasks", type=int, default=1000, help="no-op tasks; blocks written")
    parser.add_argument("--rounds", type=int, default=3, help="runs of no-op tasks")
    parser.add_argument("--seconds", type=float, default=1.0, help="duration of a sleeping task")
    parser.add_argument("--sleepers", type=int, default=40, help="sleeping tasks")
    parser.add_argument(
        "--realizations", type=int, default=100_000, help="of the sweep on one and two workers"
    )
    parser.add_argument("--uneven", type=int, default=6400, help="realizations of each width")
    parser.add_argument("--widest", type=int, default=WIDTHS[-1], help="of the uneven sweep")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    asked = parser.parse_args(words)
    names = asked.only.split(",")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        parser.error(f"--only takes some of {','.join(PARTS)}, got {unknown[0]}")
    figures = [PARTS[name](asked) for name in names]
    table = Table("figure", "value", "aim")
    for figure in figures:
        table.add_row(figure["name"], figure["value"], figure["aim"])
    Console().print(table)
    report = {"provenance": machine.provenance(None, vars(asked)), "figures": figures}
    machine.keep(report, asked.json)


if __name__ == "__main__":
    main()
