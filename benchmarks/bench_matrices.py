"""Wires whose disorder acts on orbitals, and wires with pairing, beside the plain strip.

    python benchmarks/bench_matrices.py
    python benchmarks/bench_matrices.py --quick

Each is timed in turn with the plain strip of its width, and with the wire that has the same terms and
box disorder without a matrix: what the matrix costs beside the spin and the coupling themselves.
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

SEED, ENERGY = 4, 0.1
W = 1.0


def wires(width: int) -> dict[str, tuple[qt.Wire, qt.Wire]]:
    """Return wires by name, each with the one of scalar disorder that it is compared with."""
    lattice = qt.Square(width) if width > 1 else qt.Chain()
    box, along_z = qt.Box(W), qt.WithMatrix(qt.Box(W), "sigma_z")
    any_direction = qt.MagneticImpurities(W / 2, 0.5)
    rashba = (qt.Rashba(0.3),)
    plain, spin = qt.Wire(lattice, box), qt.Wire(lattice, box, terms=rashba)
    mu = qt.ChemicalPotential(0.5)
    kitaev, nanowire = (qt.PWavePairing(0.3), mu), (qt.SWavePairing(0.3), mu)
    return {
        "strip": (plain, plain),
        "random Zeeman energy along z": (qt.Wire(lattice, along_z), plain),
        "the same with Rashba coupling": (qt.Wire(lattice, along_z, terms=rashba), spin),
        "along x with Rashba coupling": (
            qt.Wire(lattice, (box, qt.WithMatrix(qt.Box(W), "sigma_x")), terms=rashba),
            spin,
        ),
        "magnetic impurities of any direction": (qt.Wire(lattice, any_direction), plain),
        "the same with Rashba coupling, any": (
            qt.Wire(lattice, (box, any_direction), terms=rashba),
            spin,
        ),
        "p-wave pairing": (qt.Wire(lattice, box, terms=kitaev), plain),
        "s-wave pairing": (qt.Wire(lattice, box, terms=nanowire), plain),
        "s-wave, Rashba, Zeeman": (
            qt.Wire(lattice, box, terms=(*nanowire, *rashba, qt.Zeeman(bz=0.4))),
            spin,
        ),
    }


def best(wire: qt.Wire, length: int, realizations: int, rounds: int) -> float:
    """Return the seconds per realization of the fastest of some calls."""
    took = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        qt.scattering(wire, ENERGY, [length], range(realizations), SEED)
        took = min(took, time.process_time() - start)
    return took / realizations


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Matrices on the sites and pairing.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    sizes = [(2, 20)] if options.quick else [(1, 400), (8, 400), (24, 240)]
    realizations = 8 if options.quick else 16
    report: dict[str, Any] = {"provenance": provenance(core, vars(options)), "sizes": {}}
    with threadpool_limits(1):
        for width, length in sizes:
            table = Table(
                title=f"seconds per realization, {width} × {length}", title_justify="left"
            )
            for head in ("wire", "rows", "time", "/ strip", "/ without the matrix"):
                table.add_column(head, justify="right", no_wrap=True)
            records = {}
            every = wires(width)
            strip = every["strip"][0]
            for name, (wire, beside) in every.items():
                for one in (wire, beside, strip):
                    best(one, length, 1, 1)  # compiles, and keeps the modes
                took, other, least = (
                    best(one, length, realizations, options.rounds) for one in (wire, beside, strip)
                )
                rows = len(wire.slices().h)
                records[name] = {"rows": rows, "time": took, "without": other, "strip": least}
                ratios = times(took / least), times(took / other)
                table.add_row(name, str(rows), duration(took), *ratios)
            report["sizes"][f"{width}x{length}"] = records
            Console(width=110).print(table)
    keep(report, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
