"""Hall bars with six leads beside Kwant with MUMPS, in one run; largest difference of T.

    python benchmarks/bench_terminals.py --kwant ../kwant-env
    python benchmarks/bench_terminals.py --without-kwant

Both solve the same on-site values (W = 1, E = 0.5) for T between all six leads. qtcore's time is that of
a call for an ensemble, divided by the number of realizations, random numbers included; Kwant's is that
of `smatrix` alone, tuned as `kwant_terminals.py` says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, times
from peer_process import ONE_THREAD, PeerError
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt

ENERGY, STRENGTH, SEED = 0.5, 1.0, 3
COMPARED = 2  # realizations whose T are compared with Kwant's
AGREE = 1e-10


@dataclass(frozen=True)
class Case:
    """A Hall bar: sites across, slices, slices of each side lead, first slices of the pairs, flux."""

    width: int
    length: int
    lead_width: int
    places: tuple[int, int]
    flux: float = 0.0

    @property
    def bar(self) -> qt.Bar:
        """The bar; its ends have no field, in Kwant's gauge and here."""
        return qt.HallBar(
            self.width,
            self.places,
            self.lead_width,
            qt.Box(STRENGTH),
            flux=self.flux,
            field_in_leads=False,
        )


CASES = (
    Case(20, 100, 8, (20, 65)),
    Case(40, 200, 16, (40, 135)),
    Case(60, 300, 24, (60, 200)),
    Case(40, 200, 16, (40, 135), 0.005),
)
QUICK = (Case(4, 12, 2, (2, 8)),)


def own(case: Case, seconds: float, rounds: int) -> tuple[float, Any]:
    """Return the seconds of the processor per realization, and what was found."""
    bar = case.bar

    def solve(count: int) -> tuple[float, Any]:
        start = time.process_time()
        found = qt.terminal_scattering(bar, ENERGY, [case.length], range(count), SEED)[0]
        return (time.process_time() - start) / count, found

    took, found = min((solve(8) for _ in range(2)), key=lambda pair: pair[0])
    count = 8 * max(1, round(seconds / took / 8))
    best = min(solve(count)[0] for _ in range(rounds))
    return best, found


def kwant(case: Case, folder: Path, rounds: int) -> dict[str, Any]:
    """Return what Kwant finds, and its seconds per realization."""
    python = folder / "bin" / "python"
    if not python.exists():
        raise PeerError(f"no Kwant environment in {folder}; see benchmarks/install_kwant.sh")
    wire = case.bar.wire
    onsite = np.stack([wire.onsite(r, range(case.length), SEED) for r in range(COMPARED)])
    with tempfile.TemporaryDirectory() as exchange:
        name = Path(exchange) / "onsite.npy"
        np.save(name, onsite)
        numbers = (case.lead_width, *case.places, ENERGY, case.flux, rounds)
        done = subprocess.run(
            [python, Path(__file__).with_name("kwant_terminals.py"), name, *map(str, numbers)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, **ONE_THREAD},
        )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """Time both, in turn."""
    seconds = 0.01 if options.quick else 0.5
    before, found = own(case, seconds, options.rounds)
    record: dict[str, Any] = {**asdict(case), "channels": list(found.channels)}
    if options.kwant is not None:
        peer = kwant(case, options.kwant, options.rounds)
        record["kwant"], record["kwant_options"] = peer["seconds"], peer["options"]
        record["difference"] = float(np.abs(found.T[:COMPARED] - peer["T"]).max())
    record["qtcore"] = min(before, own(case, seconds, options.rounds)[0])
    record["certificate"] = float(found.certificate.max())
    return record


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Compare six-terminal bars with Kwant.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--kwant", type=Path, metavar="FOLDER", help="Kwant's environment")
    where.add_argument("--without-kwant", action="store_true", help="qtcore alone")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, in turn")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    with threadpool_limits(1):
        records = [compare(case, options) for case in (QUICK if options.quick else CASES)]
    table = Table(title=f"T between six leads, per realization; E = {ENERGY:g}, W = {STRENGTH:g}")
    for head in ("bar", "channels", "qtcore", "Kwant, tuned", "ratio", "largest difference of T"):
        table.add_column(head, justify="right", no_wrap=True)
    for record in records:
        peer = record.get("kwant")
        table.add_row(
            f"{record['width']}×{record['length']}" + (", field" if record["flux"] else ""),
            f"2×{record['channels'][0]} + 4×{record['channels'][2]}",
            duration(record["qtcore"]),
            duration(peer) if peer else "–",
            times(peer / record["qtcore"]) if peer else "–",
            f"{record['difference']:.1e}" if peer else "–",
        )
    Console(width=110).print(table)
    keep({"provenance": provenance(core, vars(options)), "cases": records}, options.json)
    return int(any(record.get("difference", 0.0) > AGREE for record in records))


if __name__ == "__main__":
    sys.exit(main())
