"""Ensembles of Kwant systems: qtcore beside Kwant itself, in one run.

    python benchmarks/bench_kwant.py --kwant ../kwant-env

A strip and a disc between two leads (g), and Hall bars with six leads (T between all of them). Both
programs get the same sites, leads and on-site energies. Without `--kwant` qtcore is timed alone.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import machine
import numpy as np
from numpy.typing import NDArray
from peer_process import KwantPeer
from rich.console import Console
from rich.table import Table
from scipy import sparse

import qtcore as qt

ENERGY, STRENGTH, SEED = 0.5, 1.0, 1
WRONG = 1e-8

Site = tuple[int, int]


class Shape(NamedTuple):
    """A system: its sites, and the side on which each lead leaves, with the sites that it touches."""

    name: str
    sites: list[Site]
    leads: list[tuple[str, list[Site]]]


def strip(width: int, length: int) -> Shape:
    """Return a rectangle between leads of its own width."""
    sites = [(x, y) for x in range(length) for y in range(width)]
    ends = [("left", sites[:width]), ("right", sites[-width:])]
    return Shape(f"strip {width}×{length}", sites, ends)


def disc(radius: int) -> Shape:
    """Return a disc with a lead on the left and another on top, half a radius wide."""
    sites = [
        (x + radius, y + radius)
        for x in range(-radius, radius + 1)
        for y in range(-radius, radius + 1)
        if x * x + y * y < radius * radius
    ]
    near = range(radius - radius // 4, radius + radius // 4)
    there = set(sites)
    # The disc is filled up to the leads.
    for n in near:
        reach = next(x for x in range(radius) if (x, n) in there)
        sites += [(x, n) for x in range(1, reach)]
        top = 2 * radius - reach
        sites += [(n, y) for y in range(top + 1, 2 * radius)]
    left = [(1, n) for n in near]
    above = [(n, 2 * radius - 1) for n in near]
    return Shape(f"disc {radius}", sorted(sites), [("left", left), ("top", above)])


def hall(width: int, length: int, probe: int) -> Shape:
    """Return a rectangle between two leads, with four probes on its edges."""
    bar = strip(width, length)
    leads = list(bar.leads)
    for first in (length // 4, 2 * length // 3):
        for side, y in (("bottom", 0), ("top", width - 1)):
            leads.append((side, [(x, y) for x in range(first, first + probe)]))
    return Shape(f"Hall bar {width}×{length}", bar.sites, leads)


class Lead:
    """A lead as a finalized system has it."""

    parameters: frozenset[str] = frozenset()

    def __init__(self, width: int) -> None:
        self.h = -np.eye(width, k=1) - np.eye(width, k=-1)
        self.hop = -np.eye(width)

    def cell_hamiltonian(self, params: Any = None) -> NDArray[np.float64]:  # noqa: ARG002
        """Return H inside a cell."""
        return self.h

    def inter_cell_hopping(self, params: Any = None) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the coupling to the next cell towards the system."""
        return self.hop


class System:
    """A shape as Kwant would finalize it: what qtcore asks of a system, without Kwant."""

    parameters: frozenset[str] = frozenset()

    def __init__(self, shape: Shape) -> None:
        place = {site: n for n, site in enumerate(shape.sites)}
        bonds = [
            (place[x, y], place[near])
            for x, y in shape.sites
            for near in ((x + 1, y), (x, y + 1))
            if near in place
        ]
        a, b = np.array(bonds).T
        upper = sparse.coo_array((-np.ones(len(a)), (a, b)), shape=(len(place),) * 2)
        self._H = sparse.coo_array(upper + upper.T)
        self.norbs = [1] * len(place)
        self.leads = [Lead(len(cell)) for _, cell in shape.leads]
        self.lead_interfaces = [np.array([place[site] for site in cell]) for _, cell in shape.leads]

    def hamiltonian_submatrix(
        self, *, sparse: bool, return_norb: bool, params: Any
    ) -> tuple[Any, list[int], list[int]]:
        """Return H and the numbers of orbitals."""
        assert sparse
        assert return_norb
        assert not params
        return self._H, self.norbs, self.norbs


def fastest(call: Callable[[], Any], rounds: int, seconds: float) -> float:
    """Return the least seconds of the processor that a call takes."""
    found = []
    for _ in range(rounds):
        start, count = time.process_time(), 0
        while count == 0 or time.process_time() - start < seconds:
            call()
            count += 1
        found.append((time.process_time() - start) / count)
    return min(found)


def timed(shape: Shape, peer: KwantPeer | None, asked: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one system."""
    every = len(shape.leads) > 2
    ensemble = qt.KwantEnsemble(System(shape), qt.Box(STRENGTH))
    solve = qt.kwant_terminals if every else qt.kwant_scattering
    start = time.process_time()
    solve(ensemble, ENERGY, [0], SEED)
    first = time.process_time() - start
    found: Any = solve(ensemble, ENERGY, range(asked.realizations), SEED)
    alone = fastest(
        lambda: solve(ensemble, ENERGY, range(asked.realizations), SEED),
        asked.rounds,
        asked.seconds,
    )
    case: dict[str, Any] = {
        "system": shape.name,
        "sites": len(shape.sites),
        "leads": len(shape.leads),
        "plan_seconds": first,
        "qtcore_ms": 1e3 * alone / asked.realizations,
        "suspect": int(found.suspect.sum()),
        "certificate": float(found.certificate.max()),
    }
    if peer is None:
        return case
    answer = peer.ask(
        "prepare",
        sites=shape.sites,
        leads=[[side, cell] for side, cell in shape.leads],
        energy=ENERGY,
        every=every,
    )
    numbers = range(min(asked.realizations, asked.peer_realizations))
    (part,) = ensemble.entries(ensemble.clean.matrices, numbers, SEED)
    eps = np.zeros((len(numbers), len(shape.sites)))
    eps[:, part.rows] = part.values.real.T
    path = peer.folder / "onsite.npy"
    np.save(path, eps)
    own = found.T if every else np.exp(found.ln_g)
    away = ~np.eye(len(shape.leads), dtype=bool) if every else ...
    case["options"] = answer["options"]
    for variant in ("tuned", "expert"):
        seconds, differences = [], []
        for _ in range(asked.rounds):
            measured = peer.ask("measure", variant=variant, onsite=str(path))
            seconds.append(min(measured["seconds"]))
            T = np.array(measured["T"])
            ratio = own[: len(numbers)] / T - 1
            differences.append(np.abs(ratio[:, away] if every else ratio).max())
        case[f"{variant}_ms"] = 1e3 * min(seconds)
        case[f"{variant}_ratio"] = case[f"{variant}_ms"] / case["qtcore_ms"]
        case[f"{variant}_difference"] = float(max(differences))
    return case


def main(words: Sequence[str] | None = None) -> int:
    """Take the figures, print them side by side; 1 if the programs differ by more than 1e-8."""
    parser = argparse.ArgumentParser(
        description="Ensembles of Kwant systems beside Kwant.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    machine.common_options(parser)
    parser.add_argument("--kwant", type=Path, help="environment with Kwant; none: qtcore alone")
    parser.add_argument("--realizations", type=int, default=16)
    parser.add_argument("--peer-realizations", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    asked = parser.parse_args(words)
    core = machine.pin(asked.core)
    shapes = [strip(20, 100), strip(40, 200), disc(30), hall(20, 100, 4), hall(40, 200, 8)]
    if asked.quick:
        asked.rounds, asked.seconds = 2, 0.01
        shapes = [strip(4, 10), disc(6), hall(5, 16, 2)]
    if asked.kwant is None:
        cases = [timed(shape, None, asked) for shape in shapes]
    else:
        with KwantPeer(asked.kwant, "kwant_system_peer.py") as peer:
            cases = [timed(shape, peer, asked) for shape in shapes]
    table = Table("system", "leads", "qtcore, ms", "Kwant tuned, ms", "expert, ms", "difference")
    for case in cases:
        numbers = [
            ""
            if name not in case
            else f"{case[name]:.3g}"
            + (f" ({case[name[:-2] + 'ratio']:.1f}×)" if name != "qtcore_ms" else "")
            for name in ("qtcore_ms", "tuned_ms", "expert_ms")
        ]
        worst = max(case.get("tuned_difference", 0.0), case.get("expert_difference", 0.0))
        table.add_row(case["system"], str(case["leads"]), *numbers, f"{worst:.1g}")
    Console().print(table)
    machine.keep({"provenance": machine.provenance(core, vars(asked)), "cases": cases}, asked.json)
    differences = [
        case.get(f"{one}_difference", 0.0) for case in cases for one in ("tuned", "expert")
    ]
    return int(max(differences) > WRONG)


if __name__ == "__main__":
    raise SystemExit(main())
