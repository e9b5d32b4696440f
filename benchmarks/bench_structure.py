"""Strips with structure beside the plain strip, and beside Kwant with MUMPS at its best.

    python benchmarks/bench_structure.py --kwant ../kwant-env
    python benchmarks/bench_structure.py --quick

All wires are square strips with W = 1 at E = 0.5, one length; a billiard has narrow leads. Seconds of
the processor per realization, the fastest of some rounds; both programs solve the very same
Hamiltonian, and the exit code is 1 if a conductance differs by more than 1e-8 and the
certificate together. Wires with missing sites
are also solved by recursive Green's functions.
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
    x, y = (length - 1) / 2, (width - 1) / 2
    tube = qt.FluxTube(length // 2 + 0.5, width // 2 + 0.3, 0.3)
    hole = qt.MissingSites(lambda u, v: np.hypot((u - x) * width / length, v - y) < width / 4)
    round_hole = qt.MissingSites(lambda u, v: np.hypot(u - x, v - y) < width / 4)
    between = qt.MissingSites(
        lambda u, v: np.abs(v - y) > width / 10 + (4 * (u - x) / length) ** 2 * width
    )
    return {
        "plain": (),
        "both contacts": (qt.TunnelContact(0.5, "left"), qt.TunnelContact(0.5, "right")),
        "one plane": (qt.TunnelContact(0.5, length // 2 + 0.5),),
        "flux tube": (tube,),
        "strain everywhere": (qt.Strain(lambda x, y: (0.05 * np.sin(x / 9), 0 * y)),),
        "field everywhere": (qt.LocalField(lambda u, _: 0.005 * np.exp(-(((u - x) / x) ** 2))),),
        "hole": (round_hole,),
        "long hole": (hole,),
        "long hole with a flux": (hole, tube),
        "constriction": (between,),
    }


def billiard(width: int, length: int) -> qt.Wire:
    """Return an ellipse between leads of a sixth of its width."""
    lead = max(1, width // 6)

    def beyond(x: Any, y: Any) -> Any:
        across = (y - (width - 1) / 2) / (width / 2 + 1)
        return ((x - (length - 1) / 2) / (length / 2 + 1)) ** 2 + across**2 > 1

    return qt.Wire(
        qt.Square(width),
        qt.Box(1.0),
        lead_lattice=qt.Square(lead),
        lead_offset=-((width - lead) // 2),
        structure=[qt.MissingSites(beyond)],
    )


def wires(width: int, length: int) -> dict[str, qt.Wire]:
    """Return all wires of a size, by the name of their structure, the plain one first."""
    found = {
        name: qt.Wire(qt.Square(width), qt.Box(1.0), structure=structure)
        for name, structure in structures(width, length).items()
    }
    return {**found, "billiard": billiard(width, length)}


def fastest(
    wire: qt.Wire, length: int, realizations: int, rounds: int, method: str = "auto"
) -> tuple[float, qt.Scattering]:
    """Return the seconds per realization of the fastest round, and what was found."""
    numbers, took, found = range(realizations), float("inf"), None
    qt.scattering(wire, ENERGY, [length], range(8), SEED, method)  # compiles
    for _ in range(rounds):
        start = time.process_time()
        found = qt.scattering(wire, ENERGY, [length], numbers, SEED, method)
        took = min(took, time.process_time() - start)
    assert found is not None
    return took / realizations, found


def conductances(found: qt.Scattering) -> Any:
    """Return g, (realization,)."""
    return np.exp(found.ln_g[:, 0])


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
    sizes = [(6, 20)] if options.quick else [(16, 400), (40, 400), (20, 60), (60, 200)]
    cases: list[dict[str, Any]] = []
    with threadpool_limits(1):
        for width, length in sizes:
            plain = None
            for name, wire in wires(width, length).items():
                solver = qt.choose(wire).method
                count = 8 if options.quick or solver == "recursive" else 64
                seconds, found = fastest(wire, length, count, options.rounds)
                g = conductances(found)
                plain = plain or seconds
                case = {"wire": f"{width}x{length}", "structure": name, "solver": solver}
                case |= {"seconds": seconds, "over_plain": seconds / plain}
                case |= {"certificate": float(found.certificate.max())}
                if any(isinstance(part, qt.MissingSites) for part in wire.structure):
                    other, same = fastest(wire, length, 8, 1, "recursive")
                    case |= {"recursive_over": other / seconds}
                    case |= {"difference": float(np.abs(conductances(same) / g[:8] - 1).max())}
                if options.kwant:
                    with KwantPeer(options.kwant) as peer:
                        theirs, difference = beside_kwant(peer, wire, length, g, options.rounds)
                    case |= {"kwant": theirs, "kwant_over": theirs / seconds}
                    case |= {"difference": max(difference, case.get("difference", 0.0))}
                cases.append(case)
    show(cases)
    report = {"provenance": provenance(core, {"rounds": options.rounds}), "cases": cases}
    keep(report, options.json)
    return int(any(not agrees(case) for case in cases))


def agrees(case: dict[str, Any]) -> bool:
    """Whether solvers differ by no more than rounding and the certificate explain."""
    return bool(case.get("difference", 0.0) <= MOST_DIFFERENT + case["certificate"])


def show(cases: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table(
        *("wire", "structure", "solver", "ms", "/ plain", "recursive / qtcore"),
        *("Kwant tuned, ms", "Kwant / qtcore"),
    )
    table.add_column("difference of g")
    table.add_column("bound")
    for case in cases:
        kwant = ("–", "–")
        if "kwant" in case:
            kwant = f"{1e3 * case['kwant']:.1f}", f"{case['kwant_over']:.0f}"
        recursive = f"{case['recursive_over']:.0f}" if "recursive_over" in case else "–"
        difference = f"{case['difference']:.0e}" if "difference" in case else "–"
        table.add_row(
            *(case["wire"], case["structure"], case["solver"]),
            *(f"{1e3 * case['seconds']:.3f}", f"{case['over_plain']:.2f}", recursive),
            *kwant,
            difference,
            f"{case['certificate']:.0e}",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
