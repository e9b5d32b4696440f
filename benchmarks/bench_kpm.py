"""Kernel polynomials and time evolution beside SciPy's sparse product, KITE, pybinding and Kwant.

    python benchmarks/bench_kpm.py
    python benchmarks/bench_kpm.py --kite ../kite-env --kwant ../kwant-env
    python benchmarks/bench_kpm.py --quick

SciPy's variant is the same algorithm with two moments for each product: a CSR matrix times the vectors
side by side. Its moments are compared with qtcore's, for the same vectors. All run in turn on one core.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, times
from numpy.typing import NDArray
from peer_process import ONE_THREAD
from rich.console import Console
from rich.table import Table
from scipy import sparse
from threadpoolctl import threadpool_limits

import qtcore as qt
from qtcore import observe
from qtcore.lanes import LANES
from qtcore.solve.closed_ensemble import ClosedEnsemble
from qtcore.solve.evolution import _weights, advanced, states_at_once
from qtcore.solve.expansion import random_vectors

STRENGTH, SEED, AGREE = 2.0, 1, 1e-12

LATTICES: dict[str, Callable[[int], tuple[qt.Wire, int]]] = {
    "square": lambda n: (qt.Wire(qt.Square(n, periodic=True), qt.Box(STRENGTH)), n),
    "chain": lambda n: (qt.Wire(qt.Chain(), qt.Box(STRENGTH)), n**2),
    "cubic": lambda n: (
        qt.Wire(qt.Cubic(*2 * (round(n ** (2 / 3)),), True), qt.Box(STRENGTH)),
        round(n ** (2 / 3)),
    ),
    "honeycomb": lambda n: (
        qt.Wire(qt.Honeycomb(n // 4 * 2, periodic=True), qt.Box(STRENGTH)),
        n,
    ),
    "square in a field": lambda n: (
        qt.Wire(qt.Square(n, periodic=True), qt.Box(STRENGTH), flux=1 / n),
        n,
    ),
    "square with Rashba coupling": lambda n: (
        qt.Wire(qt.Square(n // 2, periodic=True), qt.Box(STRENGTH), terms=(qt.Rashba(0.3),)),
        n,
    ),
}


def fastest(run: Callable[[], Any], rounds: int) -> float:
    """Return the seconds of the fastest run."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def scaled(H: Any, interval: Any) -> Any:
    """Return H as SciPy's variant takes it."""
    one = sparse.eye_array(H.shape[0], format="csr")
    return (sparse.csr_array(H) - interval.center * one) / interval.half


def plain_moments(H: Any, x: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Return <x|T_n(H)|x>, (count, vector), by SciPy's product, two of them for each product."""

    def product(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.einsum("dv,dv->v", a.conj(), b).real)

    found = np.empty((count, x.shape[1]))
    before, now = x, H @ x
    found[0], found[1] = product(x, x), product(now, x)
    for n in range(1, count // 2):
        found[2 * n] = 2 * product(now, now) - found[0]
        before, now = now, 2 * (H @ now) - before
        found[2 * n + 1] = 2 * product(now, before) - found[1]
    return found


def lattice(name: str, size: int, moments: int, rounds: int) -> dict[str, Any]:
    """Time eight random vectors of one sample, moments and time evolution."""
    wire, length = LATTICES[name](size)
    sample = next(iter(ClosedEnsemble(wire, length, [0], SEED, True)))
    H, frame, recursion = sample.H(), sample.frame, sample.recursion
    D, is_complex = frame.size, frame.planes == 2
    (x,) = random_vectors(D, is_complex, [SEED], LANES)
    matrix = scaled(H, recursion.interval)
    few = min(moments, 32)
    own = recursion.moments(recursion.start(x), few)
    difference = np.abs(own - plain_moments(matrix, x, few)).max() / D
    seconds = fastest(lambda: recursion.moments(recursion.start(x), moments), rounds)
    plain = fastest(lambda: plain_moments(matrix, x, few), rounds)
    psi = x[:, : states_at_once(frame)] / math.sqrt(D) + 0j
    duration_of_step = 20.0 if moments > 32 else 1.0
    terms = _weights(recursion.interval.half * duration_of_step).shape[1]
    evolved = fastest(lambda: advanced(recursion, frame.planes, psi, duration_of_step), rounds)
    vector = psi[:, 0].copy()
    step = fastest(lambda: 2 * (matrix @ vector) - vector + 0.3 * vector, rounds)
    return {
        "lattice": name,
        "orbitals": D,
        "complex": is_complex,
        "ns_per_orbital_and_moment": seconds / (D * LANES * moments) * 1e9,
        "scipy_ns_per_orbital_and_moment": plain / (D * LANES * few) * 1e9,
        # A complex state of a real H is two real vectors.
        "evolution_ns_per_orbital_and_term": evolved / (D * LANES * terms) * 1e9,
        "scipy_ns_per_orbital_and_term_of_a_state": step / D * 1e9,
        "relative_difference": float(difference),
    }


def density(
    size: int, moments: int, vectors: int, rounds: int, peers: dict[str, Path]
) -> dict[str, Any]:
    """Time the density of states of one disordered square, all from the wire on, beside others."""
    wire, _ = LATTICES["square"](size)

    def own() -> Any:
        return observe.bulk_density_ensemble(
            wire, [0.0, 1.0], size, [0], SEED, moments=moments, vectors=vectors
        )

    H = qt.closed_sample(wire, size, 0, SEED, periodic=True).H

    def of_matrix() -> Any:
        return observe.bulk_density_of_states(H, [0.0, 1.0], moments, vectors, SEED)

    own()
    of_matrix()
    sample = next(iter(ClosedEnsemble(wire, size, [0], SEED, True)))
    matrix = scaled(H, sample.recursion.interval)
    x = np.hstack([*random_vectors(size**2, False, [SEED], vectors)])
    found = {
        "qtcore, from the wire": fastest(own, rounds),
        "qtcore, from H": fastest(of_matrix, rounds),
        "SciPy": fastest(lambda: plain_moments(matrix, x, moments), 1),
    }
    for name, folder in peers.items():
        found[name] = asked(name, folder, size, moments, vectors, rounds)
    return found


def asked(name: str, folder: Path, size: int, moments: int, vectors: int, rounds: int) -> float:
    """Return the seconds of another program, run in its own environment."""
    python = folder / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"no environment in {folder} (no {python}); see benchmarks/README.md")
    words = (name, size, STRENGTH, moments, vectors, rounds)
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("kpm_peer.py")), *map(str, words)],
        capture_output=True, text=True, env={**os.environ, **ONE_THREAD}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name} failed: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout)["seconds"])


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Time kernel polynomials beside other programs.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the fastest")
    parser.add_argument("--kite", type=Path, help="environment with quantum-kite (and pybinding)")
    parser.add_argument("--kwant", type=Path, help="environment with Kwant")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    size, moments, vectors = (32, 32, 8) if options.quick else (512, 256, 16)
    peers = {"kite": options.kite, "pybinding": options.kite, "kwant": options.kwant}
    peers = {name: folder for name, folder in peers.items() if folder}
    with threadpool_limits(1):
        whole = density(size, moments, vectors, options.rounds, peers)
        records = [lattice(name, size, moments, options.rounds) for name in LATTICES]
    console = Console(width=110)
    table = Table(title=f"density of states, {size} × {size}, {moments} moments, {vectors} vectors")
    for head in ("program", "time", "over qtcore"):
        table.add_column(head, justify="right")
    for name, seconds in whole.items():
        over = seconds / whole["qtcore, from the wire"]
        table.add_row(name, duration(seconds), times(over))
    console.print(table)
    table = Table(
        title="eight vectors side by side: ns per orbital and moment, or term of a series"
    )
    heads = ("lattice", "orbitals", "moment", "SciPy", "term", "SciPy, a state", "difference")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for record in records:
        table.add_row(
            record["lattice"],
            f"{record['orbitals']:,}",
            f"{record['ns_per_orbital_and_moment']:.3f}",
            f"{record['scipy_ns_per_orbital_and_moment']:.2f}",
            f"{record['evolution_ns_per_orbital_and_term']:.2f}",
            f"{record['scipy_ns_per_orbital_and_term_of_a_state']:.1f}",
            f"{record['relative_difference']:.0e}",
        )
    console.print(table)
    report = {"provenance": provenance(core, vars(options)), "density": whole, "lattices": records}
    keep(report, options.json)
    return 0 if all(record["relative_difference"] < AGREE for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
