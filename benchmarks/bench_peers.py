"""Overhead for each point that computes nothing: qtcore beside other sweep engines, in one run.

    python benchmarks/bench_peers.py --peers ../peers

qtcore sweeps a function of the user's own over as many points and stores what it returns, resumable
and labelled, by its own plan on two Dask workers. `engine_peers.py` says how to make the peers'
environment.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import machine
import numpy as np
from distributed import Client
from engine_runs import make_store
from rich.console import Console
from rich.table import Table

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.store.journal import event_log
from qtcore.sweep.build import make_sweep
from qtcore.sweep.events import EventLog
from qtcore.sweep.plan import make_plan
from qtcore.sweep.run import execute


def nothing(point: qt.Point, realizations: range) -> dict[str, Any]:
    """Compute nothing."""
    return {"y": np.full(len(realizations), point.x)}


def own(client: Client, points: int) -> float:
    """Return milliseconds for each point of a sweep of qtcore, by the clock."""
    preset = qt.Preset(x=qt.Axis(tuple(float(n) for n in range(points))), realizations=1)
    sweep = make_sweep("nothing", preset, 1, solve=nothing, variables=(qt.Variable("y"),))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "run.zarr"
        start = time.perf_counter()
        make_store(store, sweep, 8)
        with EventLog(event_log(store)) as log:
            outcome = execute(client, store, make_plan(sweep, 8, workers=2), (log,))
        seconds = time.perf_counter() - start
    if outcome.blocks_left:
        raise RuntimeError(f"the benchmark's own run failed: {outcome}")
    return 1e3 * seconds / points


def main(words: Sequence[str] | None = None) -> None:
    """Take the figures, print them side by side."""
    parser = argparse.ArgumentParser(
        description="Compare the overhead of sweep engines.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--peers", type=Path, help="environment with the peers; none: qtcore alone")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    asked = parser.parse_args(words)
    with connect(Local(kind="local", workers=2, dashboard=False)) as client:
        own(client, 20)
        found = {"qtcore (stored)": min(own(client, asked.points) for _ in range(asked.rounds))}
    if asked.peers is not None:
        script = Path(__file__).with_name("engine_peers.py")
        command = [str(asked.peers / "bin" / "python"), str(script)]
        command += ["--points", str(asked.points), "--rounds", str(asked.rounds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found |= json.loads(done.stdout.splitlines()[-1])
    table = Table("engine, two workers", "ms for each point")
    for name, value in found.items():
        table.add_row(name, value if isinstance(value, str) else f"{value:.3f}")
    Console().print(table)
    report = {"provenance": machine.provenance(None, vars(asked)), "ms_per_point": found}
    machine.keep(report, asked.json)


if __name__ == "__main__":
    main()
