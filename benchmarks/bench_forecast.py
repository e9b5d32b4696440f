"""Does `--dry-run` tell how long a run takes? Predicted beside real, for some workflows.

    python benchmarks/bench_forecast.py
    python benchmarks/bench_forecast.py --workflows localization --sample 10

Each workflow is planned as `qtcore run --dry-run` does it, then run on as many local workers; the
real time is that from the first submission to the last answer. On a machine that others use, too,
`--sample N` computes N of its tasks in this process instead, in seconds of the processor. The exit
code is 1 if a prediction is off by more than a factor 1.5.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import machine
from engine_runs import make_store
from rich.console import Console
from rich.table import Table

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log
from qtcore.sweep.task import compute

Case = dict[str, Any]

FACTOR = 1.5


def forecast(workflow: str, preset: str, workers: int) -> Case:
    """Plan a workflow, run it, and compare."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        plan = qt.plan(workflow, preset=preset, store=store, workers=workers)
        qt.run(workflow, preset=preset, store=store, workers=workers, progress=False)
        log = read_log(event_log(store))
    started = next(line for line in log if line["event"] == "Started")
    ended = next(line for line in log if line["event"] == "Ended")
    span = datetime.fromisoformat(ended["time"]) - datetime.fromisoformat(started["time"])
    real, expected = span.total_seconds(), plan.wall_seconds(workers)
    return {"workflow": workflow, "predicted": expected, "real": real, "ratio": expected / real}


def work(workflow: str, preset: str, sample: int) -> Case:
    """Plan a workflow, and compute every so manieth task in this process."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        plan = qt.plan(workflow, preset=preset, store=store, workers=2)
        make_store(store, plan.sweep, plan.block)
        compute(str(store), plan.sweep.digest, ())  # opens the store, makes kernels ready
        expected = real = 0.0
        for task in plan.tasks[:: max(1, len(plan.tasks) // sample)]:
            pieces = tuple((piece.point, piece.first, piece.stop) for piece in task.pieces)
            start = time.process_time()
            compute(str(store), plan.sweep.digest, pieces)
            real += time.process_time() - start
            expected += task.seconds
    return {"workflow": workflow, "predicted": expected, "real": real, "ratio": expected / real}


def main(words: Sequence[str] | None = None) -> None:
    """Compare, print, and say by the exit code whether the promise holds."""
    parser = argparse.ArgumentParser(
        description="Compare predicted with real times.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--workflows", default="localization,channels,staircase")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument(
        "--sample", type=int, help="compute so many tasks here instead, in seconds of the processor"
    )
    asked = parser.parse_args(words)
    names = asked.workflows.split(",")
    if asked.sample:
        cases = [work(name, asked.preset, asked.sample) for name in names]
    else:
        cases = [forecast(name, asked.preset, asked.workers) for name in names]
    table = Table("workflow", "predicted", "real", "ratio")
    for case in cases:
        seconds = (machine.duration(case[name]) for name in ("predicted", "real"))
        table.add_row(case["workflow"], *seconds, f"{case['ratio']:.2f}")
    Console().print(table)
    machine.keep({"provenance": machine.provenance(None, vars(asked)), "cases": cases}, asked.json)
    sys.exit(not all(1 / FACTOR <= case["ratio"] <= FACTOR for case in cases))


if __name__ == "__main__":
    main()
