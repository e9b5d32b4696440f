"""Strips with structure beside the plain strip, and beside Kwant with MUMPS at its best.

    python benchmarks/bench_structure.py --kwant ../kwant-env
    python benchmarks/bench_structure.py --quick

All wires are square strips with W = 1 at E = 0.5, one length. Seconds of the processor per
realization, the fastest of some rounds; both programs solve the very same Hamiltonian, and the
exit code is 1 if a conductance differs by more than 1e-8.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import common_options, keep, pin, provenance
from peer_process import KwantPeer
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt

ENERGY, SEED, MOST_DIFFERENT = 0.5, 4, 1e-8


def structures(width: int, length: int) -> dict[str, tuple[Any, ...]]:
    """Return the kinds of structure of a strip, by name."""
    x, y = length / 2, width / 2
    return {
        "plain": (),
        "both contacts": (qt.TunnelContact(0.5, "left"), qt.TunnelContact(0.5, "right")),
        "one plane": (qt.TunnelContact(0.5, length // 2 + 0.5),),
        "flux tube": (qt.FluxTube(length // 2 + 0.5, width // 2 + 0.3, 0.3),),
        "strain everywhere": (qt.Strain(lambda x, y: (0.05 * np.sin(x / 9), 0 * y)),),
        "field everywhere": (qt.LocalField(lambda u, _: 0.005 * np.exp(-(((u - x) / x) ** 2))),),
        "hole": (qt.MissingSites(lambda u, v: np.hypot(u - x, v - y) < width / 4),),
    }


def fastest(wire: qt.Wire, length: int, realizations: int, rounds: int) -> tuple[float, Any]:
    """Return the seconds per realization of the fastest round, and g."""
    numbers, took, found = range(realizations), float("inf"), None
    qt.scattering(wire, ENERGY, [length], range(8), SEED)  # compiles
    for _ in range(rounds):
        start = time.process_time()
        found = qt.scattering(wire, ENERGY, [length], numbers, SEED)
        took = min(took, time.process_time() - start)
    assert found is not None
    return took / realizations, np.exp(found.ln_g[:, 0])


def beside_kwant(
    peer: KwantPeer, wire: qt.Wire, length: int, g: Any, rounds: int
) -> tuple[float, float]:
    """Return Kwant's seconds per realization, and the largest relative difference of g."""
    peer.prepare(wire, length, ENERGY, {"tuned": None})
    count = min(3, len(g))
    onsite = np.stack([wire.onsite(number, range(length), SEED) for number in range(count)])
    took = float("inf")
    for _ in range(rounds):
        seconds, theirs = peer.measure("tuned", onsite)
        took = min(took, float(seconds.min()))
    return took, float(np.abs(theirs / g[:count] - 1).max())


def main() -> int:
    """Time all cases, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    common_options(parser)
    parser.add_argument("--kwant", type=Path, metavar="FOLDER", help="environment with Kwant")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions (default 3)")
    options = parser.parse_args()
    core = pin(options.core)
    sizes = [(6, 20)] if options.quick else [(16, 400), (40, 400)]
    cases: list[dict[str, Any]] = []
    with threadpool_limits(1):
        for width, length in sizes:
            plain = None
            for name, structure in structures(width, length).items():
                wire = qt.Wire(qt.Square(width), qt.Box(1.0), structure=structure)
                solver = qt.choose(wire).method
                count = 8 if options.quick or solver == "recursive" else 64
                seconds, g = fastest(wire, length, count, options.rounds)
                plain = plain or seconds
                case = {"wire": f"{width}x{length}", "structure": name, "solver": solver}
                case |= {"seconds": seconds, "over_plain": seconds / plain}
                if options.kwant:
                    with KwantPeer(options.kwant) as peer:
                        theirs, difference = beside_kwant(peer, wire, length, g, options.rounds)
                    case |= {"kwant": theirs, "kwant_over": theirs / seconds}
                    case |= {"difference": difference}
                cases.append(case)
    show(cases)
    report = {"provenance": provenance(core, {"rounds": options.rounds}), "cases": cases}
    keep(report, options.json)
    return int(any(case.get("difference", 0.0) > MOST_DIFFERENT for case in cases))


def show(cases: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table(
        "wire", "structure", "solver", "ms", "/ plain", "Kwant tuned, ms", "Kwant / qtcore"
    )
    table.add_column("difference of g")
    for case in cases:
        kwant = ("–", "–", "–")
        if "kwant" in case:
            kwant = (
                f"{1e3 * case['kwant']:.1f}",
                f"{case['kwant_over']:.0f}",
                f"{case['difference']:.0e}",
            )
        table.add_row(
            *(case["wire"], case["structure"], case["solver"]),
            *(f"{1e3 * case['seconds']:.3f}", f"{case['over_plain']:.2f}"),
            *kwant,
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
