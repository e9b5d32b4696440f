"""Energies and fields of one impurity configuration in one call, against one call for each.

    python benchmarks/bench_family.py
    python benchmarks/bench_family.py --quick

One call makes the disorder once for all of them, which counts where it costs much: correlated
disorder, remote impurities, many disorders at once. The results are the same bits.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, times
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt
from qtcore.model.disorder import Correlated
from qtcore.solve.scattering import Scattering, scattering_family

SEED = 4
Members = list[tuple[qt.Wire, float]]


def families(width: int, count: int) -> dict[str, Members]:
    """Return families of `count` wires with one impurity configuration."""
    box = qt.Wire(qt.Square(width), qt.Box(1.0))
    smooth = qt.Wire(qt.Square(width), (qt.Box(0.5), Correlated(0.4, 2.0)))
    energies = np.linspace(0.2, 0.8, count)
    fields = np.linspace(0.001, 0.02, count)
    return {
        "energies, box": [(box, float(E)) for E in energies],
        "fields, box": [(replace(box, flux=float(B)), 0.5) for B in fields],
        "energies, correlated": [(smooth, float(E)) for E in energies],
        "fields, correlated": [(replace(smooth, flux=float(B)), 0.5) for B in fields],
    }


def best(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the seconds of the fastest of some calls, and the last result."""
    took, result = float("inf"), None
    for _ in range(rounds):
        start = time.process_time()
        result = call()
        took = min(took, time.process_time() - start)
    return took, result


def compare(members: Members, length: int, realizations: int, rounds: int) -> dict[str, Any]:
    """Time both ways on one family; lead modes are kept from the first round on."""
    numbers = range(realizations)

    def together() -> list[Scattering]:
        return scattering_family(members, [length], numbers, SEED)

    def one_by_one() -> list[Scattering]:
        return [qt.scattering(wire, energy, [length], numbers, SEED) for wire, energy in members]

    together()  # compiles
    one, found = best(together, rounds)
    many, expected = best(one_by_one, rounds)
    same = all(np.array_equal(a.ln_g, b.ln_g) for a, b in zip(found, expected, strict=True))
    each = len(members) * realizations
    return {"together": one / each, "one_by_one": many / each, "same_bits": same}


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them; the exit code is 1 if the results differ."""
    parser = argparse.ArgumentParser(description="Many energies and fields in one call.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    width, count, length, realizations = (2, 2, 10, 8) if options.quick else (16, 12, 800, 16)
    records = {}
    with threadpool_limits(1):
        for name, members in families(width, count).items():
            records[name] = compare(members, length, realizations, options.rounds)
    title = f"seconds per realization, {width} × {length}, {count} members"
    table = Table(title=title, title_justify="left")
    for head in ("family", "in one call", "one by one", "ratio"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, record in records.items():
        one, many = record["together"], record["one_by_one"]
        table.add_row(name, duration(one), duration(many), times(many / one))
    Console(width=100).print(table)
    keep({"provenance": provenance(core, vars(options)), "families": records}, options.json)
    return int(not all(record["same_bits"] for record in records.values()))


if __name__ == "__main__":
    sys.exit(main())
