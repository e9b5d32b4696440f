"""Seconds per realization of qtcore's solvers beside Kwant with MUMPS, on one core.

    python benchmarks/bench_solver.py --kwant ../kwant-env --json results/solver.json
    python benchmarks/bench_solver.py --kwant ../kwant-env --curve --cases strip:16x1600
    python benchmarks/bench_solver.py --without-kwant --quick

Both solve the very same Hamiltonians, in turn on the same core, one thread each. See
benchmarks/README.md for what is measured and how Kwant is installed.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from comparison import Effort, compare
from machine import common_options, keep, pin, provenance
from peer_process import KwantPeer, PeerError
from rates import dgemm_rate
from rich.console import Console
from rich.progress import track
from systems import FAMILIES, cases
from tables import as_tables, disturbance, summary
from threadpoolctl import threadpool_limits

CASES = (
    "strip:1x100,strip:4x400,strip:8x800,strip:16x1600,strip:32x320,strip:64x640,strip:128x256,"
    "strip:256x256,field:16x1600,field:64x640,spin:8x800,spin:32x320,zeeman:16x1600,bar:8x200,"
    "ribbon:16x400,armchair:16x200,armchair:64x200,armchair:128x60,"
    "vacancies:16x400,armchair-vacancies:16x200,ribbon-spin:16x400,haldane:16x400,kane-mele:16x400,"
    "armchair-haldane:16x200,armchair-kane-mele:16x200,qwz:16x400,bhz:16x400"
)
QUICK = (
    "strip:1x20,strip:2x20,field:2x20,spin:2x20,zeeman:2x20,bar:2x20,ribbon:2x20,armchair:2x20,"
    "haldane:2x20,kane-mele:2x20,qwz:2x20,bhz:2x20,vacancies:4x20,armchair-vacancies:4x20,"
    "armchair-haldane:4x20,armchair-kane-mele:4x20,ribbon-spin:2x20"
)
WIDE = 132


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Compare the speed of qtcore's solvers with Kwant's (with MUMPS), on one core.",
        epilog="families: " + "; ".join(f"{name}: {what}" for name, (what, _) in FAMILIES.items()),
    )
    peer = parser.add_mutually_exclusive_group(required=True)
    peer.add_argument(
        "--kwant",
        type=Path,
        metavar="FOLDER",
        help="environment made by benchmarks/install_kwant.sh",
    )
    peer.add_argument("--without-kwant", action="store_true", help="time qtcore alone")
    parser.add_argument(
        "--cases",
        type=cases,
        metavar="FAMILY:MxL,...",
        help=f"wires to solve, lines across and slices (default: {CASES})",
    )
    parser.add_argument("--curve", action="store_true", help="twenty lengths of each wire too")
    parser.add_argument("--energy", type=float, default=0.5, help="in units of t (0.5)")
    parser.add_argument("--strength", type=float, default=1.0, help="full width W of the box (1)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the disorder (7)")
    parser.add_argument(
        "--tolerance",
        type=float,
        help="error of ln g that is asked of qtcore (none: its own default)",
    )
    parser.add_argument("--rounds", type=int, help="repetitions, in turn with Kwant (3; quick 2)")
    parser.add_argument(
        "--seconds", type=float, help="least duration of a repetition (0.3; quick 0.001)"
    )
    common_options(parser)
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run the comparison; return the exit code (1 if a conductance deviates)."""
    options = arguments(words)
    effort = Effort(
        energy=options.energy,
        strength=options.strength,
        seed=options.seed,
        rounds=options.rounds or (2 if options.quick else 3),
        seconds=options.seconds or (0.001 if options.quick else 0.3),
        curve=options.curve,
        tolerance=options.tolerance,
    )
    chosen = options.cases or cases(QUICK if options.quick else CASES)
    core = pin(options.core)
    # Into a file or a pipe the tables are as wide as they need to be.
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        try:
            kwant = None if options.without_kwant else KwantPeer(options.kwant)
        except PeerError as error:
            console.print(f"[red]{error}")
            return 2
        if kwant is not None:
            stack.enter_context(kwant)
        # Before and after: another program on the machine may take part of the core meanwhile.
        dgemm = dgemm_rate(effort.seconds)
        progress = track(chosen, "solving", console=console, transient=True)
        records = [compare(case, effort, kwant) for case in progress]
        dgemm = max(dgemm, dgemm_rate(effort.seconds))
        versions = None if kwant is None else kwant.versions
    report: dict[str, Any] = {
        "provenance": {**provenance(core, vars(options)), "kwant": versions},
        "dgemm_flops_per_second": dgemm,
        "cases": records,
        "summary": summary(records),
    }
    for table in as_tables(report):
        console.print(table)
    if (warning := disturbance(report)) is not None:
        console.print(f"[yellow]{warning}")
    keep(report, options.json)
    return 0 if report["summary"]["conductances_agree"] else 1


if __name__ == "__main__":
    sys.exit(main())
