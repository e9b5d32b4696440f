"""Electrons and holes of wires with pairing: the transfer solver beside recursive Green's functions.

python benchmarks/bench_andreev.py
python benchmarks/bench_andreev.py --quick
"""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from machine import common_options, duration, keep, pin, provenance, times
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt
from qtcore import observe

SEED = 4


def nanowire(lattice: qt.Square, **keywords: Any) -> qt.Wire:
    """Return a proximity wire with Rashba coupling and a Zeeman field."""
    terms = (qt.SWavePairing(0.25), qt.ChemicalPotential(-2.0), qt.Rashba(0.3), qt.Zeeman(bz=0.5))
    return qt.Wire(lattice, qt.Box(0.1), terms=terms, **keywords)


def proximity(width: int, **keywords: Any) -> qt.Wire:
    """Return an s-wave strip."""
    terms = (qt.SWavePairing(0.2, **keywords), qt.ChemicalPotential(0.5))
    return qt.Wire(qt.Square(width), qt.Box(1.0), terms=terms)


def wires(longest: int) -> dict[str, tuple[qt.Wire, float, int]]:
    """Return wires with energy and length, by name."""
    kitaev = (qt.PWavePairing(0.6), qt.ChemicalPotential(1.0))
    chiral = (qt.PWavePairing(0.3, 1), qt.ChemicalPotential(0.5))
    chain = qt.Wire(qt.Chain(), qt.Box(0.5), terms=kitaev, lead_shift=1.0)
    return {
        "Kitaev chain": (chain, 0.0, 2 * longest),
        "nanowire": (nanowire(qt.Chain(), lead_shift=-1.5), 0.0, 4 * longest),
        "s-wave, 4 wide": (proximity(4), 0.05, longest),
        "s-wave, 10 wide": (proximity(10), 0.05, longest),
        "s-wave, 20 wide": (proximity(20), 0.05, longest),
        "junction, 10 wide": (proximity(10, in_leads="right"), 0.05, longest),
        "p + ip, 10 wide": (qt.Wire(qt.Square(10), qt.Box(1.0), terms=chiral), 0.05, longest),
    }


def best(wire: qt.Wire, energy: float, length: int, asked: tuple[str, int, int]) -> float:
    """Return the seconds per realization of the fastest of some calls: method, samples, rounds."""
    method, realizations, rounds = asked
    took = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        observe.andreev(wire, energy, [length], range(realizations), SEED, method=method)
        took = min(took, time.process_time() - start)
    return took / realizations


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Electrons and holes of wires with pairing.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    rounds = 1 if options.quick else options.rounds
    report: dict[str, Any] = {"provenance": provenance(core, vars(options)), "wires": {}}
    table = Table(title="seconds per realization", title_justify="left")
    for head in ("wire", "slices", "transfer", "recursive", "ratio"):
        table.add_column(head, justify="right", no_wrap=True)
    with threadpool_limits(1):
        for name, (wire, energy, length) in wires(10 if options.quick else 100).items():
            if options.quick and len(wire.slices().h) > 20:
                continue
            best(wire, energy, length, ("transfer", 1, 1))  # compiles, and keeps the modes
            many = 8 if options.quick else 64
            took = best(wire, energy, length, ("transfer", many, rounds))
            other = best(wire, energy, length, ("recursive", 8, rounds))
            report["wires"][name] = {"slices": length, "transfer": took, "recursive": other}
            table.add_row(name, str(length), duration(took), duration(other), times(other / took))
    Console(width=110).print(table)
    keep(report, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
