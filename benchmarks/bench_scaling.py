"""Time and memory against length and against width, beside what the count of operations says.

    python benchmarks/bench_scaling.py
    python benchmarks/bench_scaling.py --quick

Every size is solved in a process of its own, so that its peak memory is its own: what it takes above
the interpreter with its libraries and kernels, that is after a tiny wire of the family. Times are
seconds of the processor. A slope is that of
time or memory over size on doubly logarithmic paper, from the larger half of the sizes. The last
rows are as large as qtcore promises to go.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flops import counted
from machine import common_options, duration, keep, pin, provenance, slope
from peer_process import ONE_THREAD
from rich.console import Console
from rich.table import Table
from systems import Case, cases

import qtcore as qt

ENERGY, STRENGTH, SEED = 0.5, 1.0, 5

SERIES = {
    "length of a strip": [Case("strip", 32, n) for n in (500, 1000, 2000, 4000, 8000)],
    "length of a bar": [Case("bar", 4, n) for n in (250, 500, 1000, 2000)],
    "length of a ribbon": [Case("ribbon", 8, n) for n in (50, 100, 200, 400)],
    "width of a strip": [Case("strip", m, 200) for m in (16, 32, 64, 128, 256)],
    "width in a field": [Case("field", m, 200) for m in (8, 16, 32, 64)],
    "width with spin": [Case("spin", m, 200) for m in (4, 8, 16, 32)],
    "width of a ribbon": [Case("ribbon", m, 100) for m in (4, 8, 16, 32)],
    "largest": [Case("strip", 1024, 40), Case("bar", 20, 40)],
}
QUICK = {
    "length of a strip": [Case("strip", 4, n) for n in (20, 40)],
    "width of a strip": [Case("strip", m, 20) for m in (2, 4)],
}


def solve(case: Case) -> dict[str, Any]:
    """Solve one group of eight realizations; return time, memory and operations of each."""
    wire = case.wire(STRENGTH)
    tiny = Case(case.family, 2, 2).wire(STRENGTH)
    qt.ln_conductance(tiny, ENERGY, [2], range(8), SEED)  # compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    qt.open_channels(wire, ENERGY)  # lead modes, kept for all realizations
    best = float("inf")
    spent, tries = 0.0, 0
    while tries < 2 or spent < 0.2:
        start = time.process_time()
        found = qt.scattering(wire, ENERGY, [case.length], range(8), SEED)
        took = time.process_time() - start
        best, spent, tries = min(best, took), spent + took, tries + 1
        if took > 20:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = counted(wire, ENERGY, [case.length], range(8), SEED)
    operations = None if count is None else sum(count[1].values())
    return {
        "case": str(case),
        "seconds": best / 8,
        "peak_mib": peak / 1024,
        "own_mib": max(peak - before, 100) / 1024,
        "operations": operations,
        "worst_certificate": float(found.certificate.max()),
        "suspects": int(found.suspect.sum()),
    }


def in_a_process(case: Case) -> dict[str, Any]:
    """Solve a case in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--one", str(case)],
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD},
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{case} failed:\n{done.stderr}")
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return record


def slopes(name: str, members: list[Case], records: list[dict[str, Any]]) -> dict[str, float]:
    """Return the slopes of a series, from the larger half of its sizes."""
    half = len(members) // 2 if len(members) > 2 else 0
    sizes = [case.length if name.startswith("length") else case.width for case in members][half:]
    found = {}
    for quantity in ("seconds", "operations", "own_mib"):
        values = [record[quantity] for record in records][half:]
        if None not in values:
            found[quantity] = slope(sizes, values)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Time and memory against length and width.")
    parser.add_argument("--one", type=str, metavar="FAMILY:MxL", help=argparse.SUPPRESS)
    common_options(parser)
    options = parser.parse_args(words)
    if options.one:
        print(json.dumps(solve(cases(options.one)[0])))
        return 0
    core = pin(options.core)
    console = Console(width=100)
    report: dict[str, Any] = {"provenance": provenance(core, vars(options)), "series": {}}
    for name, members in (QUICK if options.quick else SERIES).items():
        records = [in_a_process(case) for case in members]
        found = {} if name == "largest" else slopes(name, members, records)
        report["series"][name] = {"cases": records, "slopes": found}
        table = Table(title=name, title_justify="left")
        for head in ("wire", "per realization", "operations", "Gflop/s", "peak memory", "its own"):
            table.add_column(head, justify="right", no_wrap=True)
        for record in records:
            work = record["operations"]
            table.add_row(
                record["case"],
                duration(record["seconds"]),
                "" if work is None else f"{work:.3g}",
                "" if work is None else f"{work / record['seconds'] / 1e9:.1f}",
                f"{record['peak_mib']:.0f} MiB",
                f"{record['own_mib']:.1f} MiB",
            )
        if found:
            table.add_section()
            words_of = [f"{found[q]:.2f}" if q in found else "" for q in ("seconds", "operations")]
            table.add_row("slope", *words_of, "", "", f"{found['own_mib']:.2f}")
        console.print(table)
    keep(report, options.json)
    records = [record for part in report["series"].values() for record in part["cases"]]
    return int(any(record["suspects"] for record in records))


if __name__ == "__main__":
    sys.exit(main())
