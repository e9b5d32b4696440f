"""Transmission from spin to spin: what it costs beside S, beside ln g alone, and beside Kwant.

    python benchmarks/bench_resolved.py
    python benchmarks/bench_resolved.py --kwant ../kwant-env
    python benchmarks/bench_resolved.py --quick

Two wires: one with Rashba coupling between leads without it, whose whole S is needed, and a strip in
a Zeeman field, which is solved spin by spin.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, times
from peer_process import ONE_THREAD
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt

SEED, ENERGY = 4, 0.5
SIGMA_X, SIGMA_Y = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
SIGMA_Z, ONE = np.diag([1.0, -1.0]), np.eye(2)


def turning(width: int, alpha: float = 0.3) -> qt.Wire:
    """Return a strip with Rashba coupling in the sample alone."""
    up = np.kron(np.eye(width, k=1), ONE - 1j * alpha * SIGMA_X)
    along = np.kron(np.eye(width), ONE + 1j * alpha * SIGMA_Y)
    sample = qt.Custom(up + up.conj().T, along, orbitals=2)
    leads = qt.Custom(np.kron(qt.Square(width).transverse(), ONE), np.eye(2 * width), orbitals=2)
    return qt.Wire(sample, qt.Box(1.0), lead_lattice=leads)


def split(width: int) -> qt.Wire:
    """Return a strip in a Zeeman field."""
    return qt.Wire(qt.Square(width), qt.Box(1.0), terms=(qt.Zeeman(bz=0.25),))


def best(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the seconds of the fastest of some calls, and the last result."""
    took, result = float("inf"), None
    for _ in range(rounds):
        start = time.process_time()
        result = call()
        took = min(took, time.process_time() - start)
    return took, result


def compare(wire: qt.Wire, quantity: Any, length: int, count: int, rounds: int) -> dict[str, Any]:
    """Time T_ab, S and ln g of one wire, seconds per realization."""
    asked = ENERGY, [length], range(count), SEED
    calls = {
        "resolved": lambda: qt.resolved_scattering(wire, *asked, quantity),
        "matrices": lambda: qt.scattering_matrices(wire, *asked),
        "ln_g": lambda: qt.scattering(wire, *asked),
    }
    found: dict[str, Any] = {}
    seconds = {}
    for name, call in calls.items():
        call()  # compiles
        took, found[name] = best(call, rounds)
        seconds[name] = took / count
    differ = np.abs(found["resolved"].ln_g - found["ln_g"].ln_g).max()
    return {**seconds, "difference": float(differ), "T": found["resolved"].T[:, 0].tolist()}


def of_kwant(folder: Path, wire: qt.Wire, length: int, count: int) -> dict[str, Any]:
    """Return Kwant's fastest realization of a wire and its T_ab, (realization, 2, 2)."""
    slices = wire.slices()
    eps = [wire.onsite(r, range(length), SEED) for r in range(count)]
    matrices = {name: getattr(slices, name) for name in ("h", "v", "lead_h", "lead_v")}
    with tempfile.TemporaryDirectory() as exchange:
        question, answer = Path(exchange) / "question.npz", Path(exchange) / "answer.json"
        np.savez(question, **matrices, Q=SIGMA_Z, energy=ENERGY, eps=np.array(eps))
        script = Path(__file__).with_name("kwant_sectors.py")
        command = [folder / "bin" / "python", script, question, answer]
        subprocess.run([str(word) for word in command], check=True, env=ONE_THREAD)
        told = json.loads(answer.read_text())
    return {"seconds": min(told["seconds"]), "T": told["T"]}


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them; the exit code is 1 if results differ."""
    parser = argparse.ArgumentParser(description="Transmission from spin to spin.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions")
    parser.add_argument("--kwant", type=Path, metavar="DIR", help="environment with Kwant")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    sizes = [(2, 10)] if options.quick else [(8, 200), (16, 200), (32, 200)]
    count = 8
    records, ok = {}, True
    table = Table(title="seconds per realization", title_justify="left")
    for head in ("wire", "T_ab", "S", "ln g", "T_ab / S", "Kwant", "Kwant / T_ab", "difference"):
        table.add_column(head, justify="right", no_wrap=True)
    with threadpool_limits(1):
        for width, length in sizes:
            for name, made, quantity in (("Rashba", turning, SIGMA_Z), ("Zeeman", split, "spin_z")):
                wire = made(width)
                record = compare(wire, quantity, length, count, options.rounds)
                ok &= record["difference"] < 1e-7
                peer, ratio, differ = "", "", ""
                if options.kwant is not None and name == "Rashba":
                    record["kwant"] = of_kwant(options.kwant, wire, length, count)
                    seconds = record["kwant"]["seconds"]
                    largest = float(np.abs(np.subtract(record["T"], record["kwant"]["T"])).max())
                    peer, ratio = duration(seconds), times(seconds / record["resolved"])
                    differ, ok = f"{largest:.1e}", ok and largest < 1e-8
                own = [record[key] for key in ("resolved", "matrices", "ln_g")]
                shown = [*map(duration, own), times(own[0] / own[1]), peer, ratio, differ]
                table.add_row(f"{name} {width} × {length}", *shown)
                records[f"{name}:{width}x{length}"] = record
    Console(width=120).print(table)
    keep({"provenance": provenance(core, vars(options)), "wires": records}, options.json)
    return int(not ok)


if __name__ == "__main__":
    sys.exit(main())
