"""Slices per second of the Lyapunov solver beside a plain NumPy loop of transfer matrices and QR.

    python benchmarks/bench_lyapunov.py
    python benchmarks/bench_lyapunov.py --quick

The loop is what one writes at first: psi_{n+1} = (E - eps_n - h) psi_n - psi_{n-1} by a product of
matrices for one bar, with np.linalg.qr as often as the solver needs it (the interval that lets
solutions grow apart by the same factor). Both carry all M solutions, in turn on one core. Where
bonds are random the loop takes h_n and v_n from an array that is made outside its time; the solver
makes them on the way.
"""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, times
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from systems import Case
from threadpoolctl import threadpool_limits

import qtcore as qt
from qtcore.model.disorder import BondDisorder
from qtcore.solve.bars import GROWTH, LONGEST_RUN
from qtcore.solve.lyapunov import BLOCKS, lyapunov

ENERGY, STRENGTH, SEED = 0.0, 6.0, 3

KINDS: dict[str, BondDisorder] = {
    "su2": qt.RandomSU2(),
    "phase": qt.RandomPhase(),
    "flux": qt.RandomFlux(),
    "hopping": qt.RandomHopping(1.0),
}


@dataclass(frozen=True)
class Bonds:
    """A strip with random bonds beside the box disorder, or a bar (su2bar) of width × width sites."""

    family: str
    width: int

    def wire(self, strength: float) -> qt.Wire:
        """Return the wire with box disorder of full width `strength` (units of t)."""
        kind = KINDS[self.family.removesuffix("bar")]
        lattice = (
            qt.Cubic(self.width, self.width) if "bar" in self.family else qt.Square(self.width)
        )
        return qt.Wire(lattice, (qt.Box(strength), kind))


CASES = (
    *(Case("strip", width, 0) for width in (1, 4, 16, 64)),
    *(Case("bar", width, 0) for width in (2, 4, 8)),
    *(Case("field", width, 0) for width in (4, 16, 64)),
    *(Bonds("su2", width) for width in (4, 16, 32)),
    Bonds("su2bar", 4),
    *(Bonds(family, 16) for family in ("phase", "flux", "hopping")),
    Bonds("phasebar", 4),
)
QUICK = (Case("strip", 2, 0), Case("bar", 2, 0), Case("field", 2, 0), Bonds("su2", 2))


def every(exponents: NDArray[np.float64]) -> int:
    """Return how many slices let solutions grow apart by the factor that the solver allows."""
    spread = float(exponents[0] - exponents[-1])
    return int(max(1, min(LONGEST_RUN, math.log(GROWTH) / max(spread, 1e-3))))


Matrices = tuple[NDArray[np.complex128], NDArray[np.complex128]]
"""h_n and v_n of every slice, (slice, M, M) each."""


def random_matrices(wire: qt.Wire, slices: int) -> Matrices:
    """Return h_n and v_n of bar 0."""
    M = len(wire.slices().h)
    hopping = wire.hopping_of(np.zeros(1, dtype=np.uint64), 0, slices, SEED)
    return hopping.inside.dense(M)[:, 0], hopping.ahead.dense(M)[:, 0]


def plain_loop(
    wire: qt.Wire, onsite: NDArray[np.float64], interval: int, bonds: Matrices | None = None
) -> tuple[float, NDArray[np.float64]]:
    """Return the seconds and the exponents of the loop, over `onsite` (slice, component)."""
    slices = wire.slices()
    M = len(slices.h)
    is_real = bonds is None and not (slices.h.imag.any() or slices.v.imag.any())
    h = slices.h.real if is_real else slices.h
    back, ahead = slices.v.conj().T, np.linalg.inv(slices.v)
    is_unit = bonds is None and np.array_equal(slices.v, np.eye(M))
    psi, before = np.linalg.qr(np.random.default_rng(1).standard_normal((2 * M, M)))[0].reshape(
        2, M, M
    )
    total = np.zeros(M)
    start = time.process_time()
    for n, eps in enumerate(onsite, start=1):
        if bonds is not None:
            h, v = bonds[0][n - 1], bonds[1][n - 1]
            new = np.linalg.solve(v, (ENERGY - eps)[:, None] * psi - h @ psi - back @ before)
            back = v.conj().T
        elif is_unit:
            new = (ENERGY - eps)[:, None] * psi - h @ psi - before
        else:
            new = ahead @ ((ENERGY - eps)[:, None] * psi - h @ psi - back @ before)
        psi, before = new, psi
        if n % interval == 0:
            Q, R = np.linalg.qr(np.vstack([psi, before]))
            psi, before = Q.reshape(2, M, M)
            total += np.log(np.abs(np.diag(R)))
    seconds = time.process_time() - start
    return seconds, total / (len(onsite) // interval * interval)


def compare(case: Case | Bonds, seconds: float, rounds: int) -> dict[str, Any]:
    """Time both on one bar; the solver carries eight side by side, its time is for one."""
    wire, bars = case.wire(STRENGTH), range(8)
    length = 20 * BLOCKS

    def solve() -> tuple[float, NDArray[np.float64]]:
        start = time.process_time()
        found = lyapunov(wire, ENERGY, length, bars, SEED, skip=0)
        return (time.process_time() - start) / length / len(bars), found.exponents

    solve()  # compiles
    while (took := solve()[0]) * length * len(bars) < seconds:
        length = BLOCKS * -int(-1.3 * seconds / took / len(bars) // BLOCKS)
    interval = every(solve()[1])
    slices = interval * max(4, min(4000, length) // interval)
    onsite = np.repeat(wire.onsite(0, range(slices), SEED), wire.orbitals, axis=1)
    bonds = random_matrices(wire, slices) if wire.random_hopping else None
    own, plain, exponents = [], [], np.zeros(0)
    for _ in range(rounds):
        own.append(solve()[0])
        spent, exponents = plain_loop(wire, onsite, interval, bonds)
        plain.append(spent / slices)
    return {
        "case": f"{case.family}:{case.width}",
        "solutions": len(wire.slices().h),
        "slices_between_qr": interval,
        "qtcore": min(own),
        "numpy": min(plain),
        "ratio": min(plain) / min(own),
        "largest_exponents": [float(solve()[1][0]), float(exponents[0])],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(description="Compare the Lyapunov solver with a NumPy loop.")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, in turn")
    common_options(parser)
    options = parser.parse_args(words)
    core = pin(options.core)
    chosen, seconds = (QUICK, 0.001) if options.quick else (CASES, 0.5)
    with threadpool_limits(1):
        records = [compare(case, seconds, options.rounds) for case in chosen]
    table = Table(title=f"time per slice and bar, E = {ENERGY:g}, W = {STRENGTH:g}")
    heads = ("wire", "solutions", "slices between QR", "qtcore", "NumPy loop", "ratio", "γ₁")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for record in records:
        table.add_row(
            record["case"],
            str(record["solutions"]),
            str(record["slices_between_qr"]),
            duration(record["qtcore"]),
            duration(record["numpy"]),
            times(record["ratio"]),
            " / ".join(f"{value:.3f}" for value in record["largest_exponents"]),
        )
    Console(width=110).print(table)
    keep({"provenance": provenance(core, vars(options)), "cases": records}, options.json)
    # One bar of the loop against eight of the solver: their largest exponent is the same.
    pairs = [record["largest_exponents"] for record in records]
    agree = all(abs(own - plain) < 0.1 * own for own, plain in pairs)
    return 0 if options.quick or agree else 1


if __name__ == "__main__":
    sys.exit(main())
