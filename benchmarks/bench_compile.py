"""How long the compiler takes on a worker that has nothing cached, and how long with a cache.

    python benchmarks/bench_compile.py
    python benchmarks/bench_compile.py --quick

Every step runs in a fresh interpreter, first with an empty cache of compiled kernels (a temporary
folder), then again with what the first one left there. The time is that of the first tiny solution
less that of a second one, in seconds of the processor, so that other programs do not count.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from machine import common_options, duration, keep, pin, provenance
from peer_process import ONE_THREAD
from rich.console import Console
from rich.table import Table

BOUND = 10.0
"""Seconds, cold, for what a workflow uses."""


def _scattering(family: str) -> Callable[[], object]:
    from systems import Case

    import qtcore as qt

    wire = Case(family, 2, 10).wire(1.0)
    return lambda: qt.scattering(wire, 0.5, [5, 10], range(8), 1)


def _ribbon_in_field() -> Callable[[], object]:
    import qtcore as qt

    wire = qt.Wire(qt.Honeycomb(2), qt.Box(1.0), 0.01)
    return lambda: qt.scattering(wire, 0.5, [5, 10], range(8), 1)


def _eigenvalues() -> Callable[[], object]:
    import qtcore as qt
    from qtcore.solve.scattering import ln_transmission_eigenvalues

    wire = qt.Wire(qt.Square(2), qt.Box(1.0))
    return lambda: ln_transmission_eigenvalues(wire, 0.5, [5, 10], range(8), 1)


def _lyapunov() -> Callable[[], object]:
    import qtcore as qt
    from qtcore.solve.lyapunov import lyapunov

    wire = qt.Wire(qt.Square(2), qt.Box(1.0))
    return lambda: lyapunov(wire, 0.5, 32, range(8), 1)


def _lyapunov_of_bonds() -> Callable[[], object]:
    import qtcore as qt
    from qtcore.solve.lyapunov import lyapunov

    wire = qt.Wire(qt.Square(2), qt.RandomSU2())
    return lambda: lyapunov(wire, 0.5, 32, range(8), 1)


STEPS: dict[str, Callable[[], Callable[[], object]]] = {
    "strip": lambda: _scattering("strip"),
    "strip in a field": lambda: _scattering("field"),
    "bar": lambda: _scattering("bar"),
    "spin": lambda: _scattering("spin"),
    "ribbon": lambda: _scattering("ribbon"),
    "ribbon in a field": _ribbon_in_field,
    "transmission eigenvalues": _eigenvalues,
    "Lyapunov": _lyapunov,
    "Lyapunov, SU(2)": _lyapunov_of_bonds,
}


def one_step(name: str) -> float:
    """Solve twice; return the processor's seconds of compilation."""
    call = STEPS[name]()
    took = []
    for _ in range(2):
        start = time.process_time()
        call()
        took.append(time.process_time() - start)
    return took[0] - took[1]


def import_seconds() -> float:
    """Return the processor's seconds of importing qtcore into a fresh interpreter."""
    words = "import time; s = time.process_time(); import qtcore; print(time.process_time() - s)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    return float(done.stdout)


def fresh(name: str, cache: str) -> float:
    """Take a step in a fresh interpreter whose kernels are cached in a folder."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", name],
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD, "NUMBA_CACHE_DIR": cache},
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them; the exit code is 1 if a step compiles too long."""
    parser = argparse.ArgumentParser(description="Compilation, cold and from the cache.")
    parser.add_argument("--one", choices=STEPS, help=argparse.SUPPRESS)
    common_options(parser)
    options = parser.parse_args(words)
    if options.one:
        print(one_step(options.one))
        return 0
    core = pin(options.core)
    records = []
    for name in ("strip",) if options.quick else STEPS:
        with tempfile.TemporaryDirectory(prefix="qtcore-kernels-") as cache:
            cold, warm = fresh(name, cache), fresh(name, cache)
        records.append({"step": name, "cold": cold, "warm": warm})
    imported = import_seconds()
    title = f"compilation (≤ {BOUND:g} s); importing qtcore takes {duration(imported)}"
    table = Table("what", "cold", "from the cache", title=title, title_justify="left")
    for record in records:
        table.add_row(record["step"], duration(record["cold"]), duration(record["warm"]))
    Console(width=100).print(table)
    report: dict[str, Any] = {
        "provenance": provenance(core, vars(options)),
        "import": imported,
        "steps": records,
    }
    keep(report, options.json)
    return int(any(record["cold"] > BOUND for record in records))


if __name__ == "__main__":
    sys.exit(main())
