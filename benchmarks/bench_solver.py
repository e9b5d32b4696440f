"""Seconds per realization of qtcore's transfer solver beside Kwant with MUMPS, on one core.

    python benchmarks/bench_solver.py --kwant ../kwant-env --json results/solver.json
    python benchmarks/bench_solver.py --without-kwant --sizes 1x100,16x1600

Both solve strips of the very same on-site energies, in turn on the same core, one thread each.
See benchmarks/README.md for what is measured and how Kwant is installed.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from comparison import Case, Effort, compare
from peer_process import KwantPeer, PeerError
from rates import dgemm_rate
from rich.console import Console
from rich.progress import track
from tables import as_tables, disturbance, provenance, summary
from threadpoolctl import threadpool_limits

SIZES = ((1, 100), (4, 400), (8, 800), (16, 1600), (32, 320), (64, 640), (128, 256))
FIELD_SIZES = ((16, 1600), (64, 640))
FLUX = 0.005
WIDE = 110


def sizes(text: str) -> tuple[tuple[int, int], ...]:
    """Read "16x1600,32x320" as ((16, 1600), (32, 320)); "none" is empty."""
    if text == "none":
        return ()
    pairs = []
    for word in text.split(","):
        width, cross, length = word.partition("x")
        if not (cross and width.isdecimal() and length.isdecimal() and int(width) * int(length)):
            raise argparse.ArgumentTypeError(
                f"sizes are WIDTHxLENGTH, separated by commas, such as 16x1600,32x320; got {text!r}"
            )
        pairs.append((int(width), int(length)))
    return tuple(pairs)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Compare the speed of qtcore's solver with Kwant's (with MUMPS), on one core.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
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
        "--sizes",
        type=sizes,
        default=SIZES,
        metavar="MxL,...",
        help="widths and lengths, in sites, without a field ('none' for no such case)",
    )
    parser.add_argument(
        "--field-sizes",
        type=sizes,
        default=FIELD_SIZES,
        metavar="MxL,...",
        help="the same with a field, leads included ('none' for no such case)",
    )
    parser.add_argument("--flux", type=float, default=FLUX, help="its flux per plaquette, in h/e")
    parser.add_argument("--energy", type=float, default=0.5, help="in units of the hopping")
    parser.add_argument("--strength", type=float, default=1.0, help="full width W of the box")
    parser.add_argument("--seed", type=int, default=7, help="seed of the disorder")
    parser.add_argument("--no-curve", action="store_true", help="leave out the 20 lengths")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions, in turn with Kwant")
    parser.add_argument("--seconds", type=float, default=0.3, help="least duration of a repetition")
    parser.add_argument("--core", type=int, help="processor to run on (default: any allowed one)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    return parser.parse_args(words)


def pin(core: int | None) -> int | None:
    """Keep this process and the peers it starts on one processor; return its number.

    Where the system cannot do that (macOS), nothing is pinned.
    """
    can_pin = hasattr(os, "sched_setaffinity")
    if core is None and not can_pin:
        return None
    allowed = os.sched_getaffinity(0) if can_pin else set()
    chosen = max(allowed) if core is None else core
    if chosen not in allowed:
        raise SystemExit(f"--core must be one of {sorted(allowed)} on this machine, got {chosen}")
    os.sched_setaffinity(0, {chosen})
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    """Run the comparison; return the exit code (1 if a conductance deviates)."""
    options = arguments(words)
    effort = Effort(
        energy=options.energy,
        strength=options.strength,
        seed=options.seed,
        rounds=options.rounds,
        seconds=options.seconds,
        curve=not options.no_curve,
    )
    cases = [Case(width, length) for width, length in options.sizes]
    cases += [Case(width, length, options.flux) for width, length in options.field_sizes]
    if not cases:
        raise SystemExit("nothing to solve: --sizes and --field-sizes are both none")
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
        progress = track(cases, "solving", console=console, transient=True)
        records = [compare(case, effort, kwant) for case in progress]
        dgemm = max(dgemm, dgemm_rate(effort.seconds))
        versions = None if kwant is None else kwant.versions
    report: dict[str, Any] = {
        "provenance": provenance(core, versions, vars(options)),
        "dgemm_flops_per_second": dgemm,
        "cases": records,
        "summary": summary(records),
    }
    for table in as_tables(report):
        console.print(table)
    if (warning := disturbance(report)) is not None:
        console.print(f"[yellow]{warning}")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(report, indent=1) + "\n")
        console.print(f"all figures: {options.json}")
    return 0 if report["summary"]["conductances_agree"] else 1


if __name__ == "__main__":
    sys.exit(main())
