"""How long answers from large stores take: opening, a mean, a selection with statistics, a median.

    python benchmarks/bench_answers.py --json results/answers.json
    python benchmarks/bench_answers.py --quick

- **points**: 10⁵ points of 100 samples each, one block a point, as a run leaves them, and compacted;
- **samples**: 10⁷ samples, 100 points of 10⁴ realizations at 10 lengths.

"Its files alone" is what opening and reading all files of marks and samples takes, by calls of the system; compare a mean with it.
Each store is asked in a process of its own, so that its peak memory is that of its answers. Seconds are those of the processor, of
all threads together; those of the clock stand beside them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import common_options, keep, pin, provenance
from rich.console import Console
from rich.table import Table

import qtcore as qt
from qtcore.store.compact import compact
from qtcore.store.create import consolidate, create, update_attributes
from qtcore.store.header import read_header
from qtcore.store.layout import MARKER, Coordinate, Layout
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES

WIDTHS = 10
LN_G = (OBSERVABLES["ln_g"],)


def make(place: Path, energies: int, realizations: int, lengths: int, block: int) -> None:
    """Make a finished store of noise, (width, energy, realization, length)."""
    widths = Coordinate("width", tuple(range(1, WIDTHS + 1)), "sites", "sites across", "int64")
    values = tuple(np.linspace(0.0, 1.0, energies).tolist())
    energy = Coordinate("energy", values, "t", "Fermi energy")
    places = tuple(range(10, 10 * lengths + 10, 10))
    length = Coordinate("length", places, "sites", "length of the wire", "int64")
    layout = Layout((widths, energy), (length,), LN_G, realizations, block)
    channels = np.ones(layout.grid, dtype=np.int32)
    create(place, layout, channels, {"spec": "{}", "spec_hash": "bench", "seed": 1})
    writer = BlockWriter(read_header(place), LN_G)
    writer._confirm = lambda: None  # type: ignore[method-assign]  # nobody else is here
    rng = np.random.default_rng(1)
    for point in np.ndindex(layout.grid):
        writer.write(point, 0, {"ln_g": rng.normal(-5.0, 1.0, (realizations, lengths))})
    update_attributes(place, {"completed": "2026-01-01T00:00:00+00:00"})
    consolidate(place)


def timed(question: Callable[[], Any]) -> dict[str, float]:
    """Return seconds of processor and clock, and the peak memory of the process (MiB) after it."""
    cpu, clock = time.process_time(), time.perf_counter()
    question()
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - clock}
    return {**spent, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def read_files(place: Path) -> None:
    """Open, read and close each file of marks and samples, which no answer from all samples can do without."""
    for name in (MARKER, "ln_g"):
        for path in filter(Path.is_file, (place / name).rglob("*")):
            number = os.open(path, os.O_RDONLY)
            while os.read(number, 2**20):
                pass
            os.close(number)


def ask(place: Path) -> dict[str, dict[str, float]]:
    """Ask a store; for a process of its own."""
    found = {"imports": timed(lambda: qt.open)}
    found["its files alone"] = timed(lambda: read_files(place))
    opened: list[Any] = []
    found["open"] = timed(lambda: opened.append(qt.open(place)))
    ds = opened[0]
    found["mean"] = timed(lambda: ds.qt.mean("ln_g").compute())
    stats = ("mean", "var", "sem", "median")
    part = ds.qt.select(width=3, energy="0.2:0.8")
    found["selection"] = timed(lambda: part.qt.statistics("ln_g", stats).compute())
    found["median"] = timed(lambda: ds.qt.median("ln_g").compute())
    found["one point"] = timed(lambda: ds.isel(width=0, energy=0)["ln_g"].load())
    return found


def asked_alone(place: Path) -> Any:
    """Return what a process of its own says of a store."""
    words = [sys.executable, __file__, "--ask", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Make the stores, ask them, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    common_options(parser)
    options = parser.parse_args()
    if options.ask:
        print(json.dumps(ask(options.ask)))
        return
    core = pin(options.core)
    few = 100 if options.quick else 1
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        points, samples = Path(folder) / "points.zarr", Path(folder) / "samples.zarr"
        energies = 10_000 // few
        make(points, energies, 100, 1, 100)
        about = f"{WIDTHS * energies:,} points of 100 samples"
        cases.append({"store": about, "answers": asked_alone(points)})
        compact(points)
        cases.append({"store": f"{about}, compacted", "answers": asked_alone(points)})
        realizations = 10_000 // few
        make(samples, 10, realizations, 10, max(1, realizations // 10))
        about = f"{WIDTHS * 10 * realizations * 10:,} samples of {WIDTHS * 10} points"
        cases.append({"store": about, "answers": asked_alone(samples)})
    show(cases)
    keep({"provenance": provenance(core, vars(options)), "cases": cases}, options.json)


def show(cases: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table("store", "question", "processor, s", "clock, s", "peak memory, MiB")
    for case in cases:
        for question, spent in case["answers"].items():
            numbers = (f"{spent[name]:.2f}" for name in ("cpu_s", "wall_s"))
            table.add_row(case["store"], question, *numbers, f"{spent['peak_mib']:.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
