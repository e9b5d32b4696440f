"""How long commands take to begin, and what a small sweep costs besides solving.

    python benchmarks/bench_startup.py
    python benchmarks/bench_startup.py --quick

Each command runs in a process of its own; the fastest of several repetitions counts, in seconds of
the processor and of the clock. A small sweep is the quick preset of localization, as `make demo`
runs it. Its overhead is the wall time less the seconds that workers solved, divided by their number;
it means something only on an idle machine, the seconds of the processor do everywhere.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from machine import common_options, keep, provenance
from rich.console import Console
from rich.table import Table

QTCORE = [sys.executable, "-c", "from qtcore.cli import main; main()"]

AIMS = {"--version": 0.3, "--help": 0.3, "run --help": 0.3, "run": 0.3, "import qtcore": 0.3}
AIMS |= {"list": 0.8, "status a.zarr": 0.8, "query .": 0.8}
"""Seconds that the issue of start-up has set, of an idle machine."""

REST = ("clusters", "source a.zarr", "check a.zarr", "run localization --preset quick --dry-run")
"""Commands that need more."""

QUICK = ("--version", "--help", "status a.zarr", "check a.zarr")
"""Commands of `--quick`."""

SWEEP = ("run", "localization", "--preset", "quick", "--store", "a.zarr")

SMALL = ("--set", "width=1", "--set", "flux=0", "--realizations", "64")
"""Of the sweep with `--quick`."""


def timed(words: list[str], folder: Path, repetitions: int) -> tuple[float, float]:
    """Return the fastest seconds of the processor, and of the clock, of a command."""
    found = []
    for _ in range(repetitions):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, cwd=folder, capture_output=True, check=False)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((used, wall))
    return min(cpu for cpu, _ in found), min(wall for _, wall in found)


def swept(folder: Path, more: tuple[str, ...]) -> dict[str, float]:
    """Run a small sweep; return its seconds of the clock, and of the processor by kind of process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*QTCORE, *SWEEP, *more], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    driver = psutil.Process(process.pid)
    used: dict[int, float] = {}
    while process.poll() is None:
        with suppress(psutil.Error):
            for one in (driver, *driver.children(recursive=True)):
                times = one.cpu_times()
                used[one.pid] = times.user + times.system
        time.sleep(0.05)
    wall = time.perf_counter() - start
    told = subprocess.run(
        [*QTCORE, "status", "a.zarr", "--json"], cwd=folder, capture_output=True, check=True
    )
    solving = float(json.loads(told.stdout)["core_seconds"])
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    mine = used.pop(process.pid, 0.0)
    return {
        "wall": wall,
        "cores": cores,
        "solving": solving,
        "overhead": wall - solving / cores,
        "driver": mine,
        "others": sum(used.values()),
    }


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    common_options(parser)
    arguments = parser.parse_args()
    repetitions = 1 if arguments.quick else 5
    commands: list[dict[str, Any]] = []
    table = Table("command", "processor (s)", "wall (s)", "aim (s)", title="start-up")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sweep = swept(folder, SMALL if arguments.quick else ())
        for words in QUICK if arguments.quick else (*AIMS, *REST):
            command = [*QTCORE, *words.split()]
            if words == "import qtcore":
                command = [sys.executable, "-c", words]
            cpu, wall = timed(command, folder, repetitions)
            aim = AIMS.get(words)
            commands.append({"command": words, "processor": cpu, "wall": wall, "aim": aim})
            table.add_row(words, f"{cpu:.2f}", f"{wall:.2f}", f"{aim:g}" if aim else "")
    console = Console()
    console.print(table)
    console.print(
        f"small sweep: {sweep['wall']:.1f} s of wall time with {sweep['cores']} workers, which solved "
        f"for {sweep['solving']:.1f} s; overhead {sweep['overhead']:.1f} s. Processor: driver "
        f"{sweep['driver']:.1f} s, other processes {sweep['others']:.1f} s."
    )
    keep(
        {
            "provenance": provenance(None, vars(arguments)),
            "commands": commands,
            "sweep": sweep,
        },
        arguments.json,
    )


if __name__ == "__main__":
    main()
