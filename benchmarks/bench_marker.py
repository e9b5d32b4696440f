"""Time of invariants of a disordered Chern insulator, and of interactions, against the size.

    python benchmarks/bench_marker.py
    python benchmarks/bench_marker.py --quick

Beside them stands the marker as its definition says it, with dense matrices in NumPy, whose values are
compared (exit code 1 if they differ by more than 1e-6). Hartree and Fock shifts are those of a metal of as
many orbitals. All run in turn on one core.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import common_options, duration, keep, pin, provenance, slope
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

import qtcore as qt
from qtcore import observe
from qtcore.solve.chern_marker import Markers

STRENGTH, SEED, RESOLUTION, AGREE = 2.0, 1, 0.3, 1e-6


def fastest(run: Callable[[], Any], rounds: int) -> float:
    """Return the seconds of the processor of the fastest run."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def sample(size: int, *, periodic: bool = False, shift: float = 0.0) -> qt.Wire:
    """Return a square Chern insulator with box disorder."""
    lattice = qt.Square(size, periodic=periodic)
    return qt.Wire(lattice, qt.Box(STRENGTH), terms=(qt.QWZ(1.0, -1.0),), lead_shift=shift)


def places_of(size: int) -> list[tuple[int, int]]:
    """Return four sites in the middle: sixteen vectors of a complex H with two orbitals."""
    half = size // 2
    return [(half, half), (half - 1, half), (half, half - 1), (half - 1, half - 1)]


def plain_markers(wire: qt.Wire, size: int) -> Any:
    """Return the markers of the four sites as the definition says, with dense matrices."""
    H = qt.closed_sample(wire, size, 0, SEED).H.toarray()
    levels, psi = np.linalg.eigh(H)
    P = psi[:, levels < 0.0] @ psi[:, levels < 0.0].conj().T
    x = np.repeat(np.arange(size), 2 * size)
    y = np.tile(np.repeat(np.arange(size), 2), size)
    PxP, PyP = P @ (x[:, None] * P), P @ (y[:, None] * P)
    markers = (-2j * np.pi * np.diag(PxP @ PyP - PyP @ PxP)).real.reshape(size, size, 2)
    return np.array([markers[place].sum() for place in places_of(size)])


def local(size: int, method: str) -> Markers:
    """Return the markers of the four sites."""
    return observe.local_chern_marker(
        sample(size), 0.0, size, [0], SEED, places_of(size), resolution=RESOLUTION, method=method
    )


def bulk(size: int) -> Markers:
    """Return the mean over the bulk, from sixteen random vectors."""
    return observe.chern_marker(
        sample(size), 0.0, size, [0], SEED, resolution=RESOLUTION, method="polynomials"
    )


def measured(size: int, largest: int, rounds: int) -> dict[str, Any]:
    """Time one size; what takes all states of a sample ends at the largest one."""
    case: dict[str, Any] = {"size": size, "orbitals": 2 * size**2}
    case["four_sites"] = fastest(lambda: local(size, "polynomials"), rounds)
    case["bulk"] = fastest(lambda: bulk(size), rounds)
    mean = bulk(size)
    case["bulk_value"], case["bulk_error"] = float(mean.values[0]), float(mean.errors[0])
    if size > largest:
        return case
    case["dense"] = fastest(lambda: local(size, "dense"), rounds)
    case["numpy"] = fastest(lambda: plain_markers(sample(size), size), rounds)
    case["bott"] = fastest(
        lambda: observe.bott_index(sample(size, periodic=True), 0.0, size, [0], SEED), rounds
    )
    tube = sample(size, periodic=True, shift=1.5)
    case["pumped"] = fastest(
        lambda: observe.charge_pumped(tube, 0.0, size, [0], SEED, fluxes=8), rounds
    )
    metal = qt.Wire(qt.Square(size), qt.Box(STRENGTH))
    U = qt.CoulombInteraction(0.5, onsite=1.0)
    case["shifts"] = fastest(
        lambda: observe.interaction_shifts(metal, U, 2 * size, [0], SEED, electrons=size**2), rounds
    )
    H = qt.closed_sample(metal, 2 * size, 0, SEED).H
    case["states"] = fastest(lambda: observe.eigenstates(H), rounds)
    exact = plain_markers(sample(size), size)
    case["dense_differs"] = float(np.abs(local(size, "dense").values[0] - exact).max())
    # The same step on both sides: edge states at the Fermi energy hardly reach the middle.
    case["polynomials_differ"] = float(np.abs(local(size, "polynomials").values[0] - exact).max())
    return case


COLUMNS = {
    "four_sites": "four sites, polynomials",
    "bulk": "bulk, 16 vectors",
    "dense": "four sites, all states",
    "numpy": "NumPy, by definition",
    "bott": "Bott index",
    "pumped": "pumped charge, 8 fluxes",
    "shifts": "Hartree and Fock shifts",
    "states": "real states alone",
}


def show(cases: list[dict[str, Any]], slopes: dict[str, float]) -> None:
    """Print the table."""
    table = Table(title="Chern insulator, W = 2 t, one sample: seconds of the processor")
    for head in ("edge", "orbitals", *COLUMNS.values(), "bulk marker"):
        table.add_column(head, justify="right")
    for case in cases:
        table.add_row(
            str(case["size"]),
            f"{case['orbitals']:,}",
            *(duration(case[name]) if name in case else "" for name in COLUMNS),
            f"{case['bulk_value']:.4f} ± {case['bulk_error']:.4f}",
        )
    table.add_row("slope", "", *(f"{slopes[name]:.2f}" for name in COLUMNS), "")
    Console(width=190).print(table)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    common_options(parser)
    parser.add_argument("--rounds", type=int, default=3, help="repetitions; the fastest counts")
    options = parser.parse_args()
    core = pin(options.core)
    sizes, largest, rounds = (
        ([8, 12], 12, 1) if options.quick else ([16, 24, 32, 64, 128, 256], 32, options.rounds)
    )
    with threadpool_limits(1):
        local(8, "polynomials")
        cases = [measured(size, largest, rounds) for size in sizes]
    slopes = {}
    for name in COLUMNS:
        some = [case for case in cases if name in case]
        slopes[name] = slope([case["orbitals"] for case in some], [case[name] for case in some])
    show(cases, slopes)
    worst = max(case["dense_differs"] for case in cases if "dense_differs" in case)
    print(f"all states differ from the definition by {worst:.2g}")
    report = {
        "provenance": provenance(core, vars(options)),
        "cases": cases,
        "slopes": slopes,
        "largest_difference": worst,
    }
    keep(report, options.json)
    if worst > AGREE:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
