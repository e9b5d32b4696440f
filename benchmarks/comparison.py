"""One wire, solved by qtcore and by both variants of Kwant in turn."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from flops import counted
from numpy.typing import NDArray
from peer_process import KwantPeer
from rates import stencil_rate
from systems import Case

import qtcore as qt
from qtcore.solve.choice import choose
from qtcore.solve.portions import portions
from qtcore.units import LANES

VARIANTS = ("tuned", "expert")
CURVE_POINTS = 20
CURVE_TRIES = 3
"""Timed solutions of Kwant for each length of the curve, after one that is not timed."""
MOST_SITES = 2**23
"""On-site energies handed to Kwant at once, at most (64 MiB)."""
MOST_COUNTED = 64
"""Realizations whose renewals are counted, at most."""


@dataclass(frozen=True)
class Effort:
    """What all wires share (units of t), how long each is timed, and the error that is asked for."""

    energy: float
    strength: float
    seed: int
    rounds: int
    seconds: float
    curve: bool
    tolerance: float | None = None


def timing(per_realization: list[float], realizations: int) -> dict[str, Any]:
    """Return the record of some repetitions, seconds per realization each."""
    return {
        "seconds": min(per_realization),
        "median": float(np.median(per_realization)),
        "repetitions": per_realization,
        "realizations": realizations,
    }


class Solver:
    """qtcore's solver on one wire, for one set of lengths."""

    def __init__(self, wire: qt.Wire, effort: Effort, lengths: list[int]) -> None:
        self.wire, self.effort, self.lengths = wire, effort, lengths
        self.shares: list[float] = []
        self.solve(LANES)  # compiles
        self.realizations = LANES
        while (took := self.solve(self.realizations) * self.realizations) < effort.seconds:
            factor = 1.2 * effort.seconds / took
            self.realizations = LANES * -int(-self.realizations * min(factor, 16) // LANES)

    def found(self, realizations: int) -> qt.Scattering:
        """Return ln g and certificates, (realization, length)."""
        effort = self.effort
        asked = self.lengths, range(realizations), effort.seed
        return qt.scattering(self.wire, effort.energy, *asked, tolerance=effort.tolerance)

    def solve(self, realizations: int | None = None) -> float:
        """Solve that many realizations (default: enough to time); return the processor's seconds for each."""
        count = realizations or self.realizations
        start, cpu_start = time.perf_counter(), time.process_time()
        self.found(count)
        took = time.process_time() - cpu_start
        self.shares.append(took / (time.perf_counter() - start))
        return took / count


def ensemble(wire: qt.Wire, length: int, count: int, seed: int) -> NDArray[np.float64]:
    """Return the on-site energies of the first samples, (realization, slice, site)."""
    return np.stack([wire.onsite(r, range(length), seed) for r in range(count)])


def difference(ln_g: NDArray[np.float64], g: NDArray[np.float64]) -> float:
    """Return the largest relative difference of two sets of conductances."""
    return float(np.abs(np.expm1(ln_g - np.log(g))).max())


def single_length(
    wire: qt.Wire, case: Case, effort: Effort, kwant: KwantPeer | None
) -> dict[str, Any]:
    """Time one length; Kwant's fastest options are among the results."""
    solver = Solver(wire, effort, [case.length])
    measures: dict[str, Callable[[], float]] = {"qtcore": solver.solve}
    counts = {"qtcore": solver.realizations}
    record: dict[str, Any] = {}
    if kwant is not None:
        record |= kwant.prepare(wire, case.length, effort.energy, dict.fromkeys(VARIANTS))
        record["difference"] = {}
        for variant in VARIANTS:
            first = ensemble(wire, case.length, 3, effort.seed)
            seconds, _ = kwant.measure(variant, first)
            wanted = int(effort.seconds / seconds.min()) + 2
            counts[variant] = min(wanted, max(2, MOST_SITES // (wire.width * case.length)))
            sites = ensemble(wire, case.length, counts[variant], effort.seed)
            _, g = kwant.measure(variant, sites)
            found = solver.found(len(g))
            record["difference"][variant] = difference(found.ln_g[:, 0], g)
            certificate = max(record.get("certificate", 0.0), float(found.certificate.max()))
            record["certificate"] = certificate
            measures[variant] = lambda variant=variant, sites=sites: float(
                kwant.measure(variant, sites)[0].mean()
            )
    rounds = [{name: call() for name, call in measures.items()} for _ in range(effort.rounds)]
    for name in measures:
        record[name] = timing([each[name] for each in rounds], counts[name])
    record["core_share"] = float(np.mean(solver.shares[-effort.rounds :]))
    return record


def curve(
    wire: qt.Wire,
    case: Case,
    effort: Effort,
    kwant: KwantPeer | None,
    options: dict[str, dict[str, object] | None],
) -> dict[str, Any]:
    """Time the curve up to the length; Kwant's time is the sum over one solution per length."""
    points = np.linspace(0, case.length, CURVE_POINTS + 1)[1:]
    lengths = sorted({max(1, round(point)) for point in points})
    solver = Solver(wire, effort, lengths)
    record: dict[str, Any] = {"lengths": lengths}
    repetitions = []
    if kwant is None:
        repetitions = [solver.solve() for _ in range(effort.rounds)]
    else:
        tries = CURVE_TRIES + 1
        found = solver.found(tries)
        record["certificate"] = float(found.certificate.max())
        sites = ensemble(wire, case.length, tries, effort.seed)
        sums = {variant: np.zeros(CURVE_TRIES) for variant in VARIANTS}
        largest = dict.fromkeys(VARIANTS, 0.0)
        for point, length in enumerate(lengths):
            kwant.prepare(wire, length, effort.energy, options)
            for variant in VARIANTS:
                seconds, g = kwant.measure(variant, sites[:, :length])
                sums[variant] += np.sort(seconds[1:])
                largest[variant] = max(largest[variant], difference(found.ln_g[:, point], g))
            # qtcore in turn with Kwant, spread over the time that Kwant takes.
            if point % max(1, len(lengths) // effort.rounds) == 0:
                repetitions.append(solver.solve())
        record["difference"] = largest
        for variant in VARIANTS:
            record[variant] = timing(sums[variant].tolist(), 1)
    record["qtcore"] = timing(repetitions, solver.realizations)
    record["core_share"] = float(np.mean(solver.shares[-len(repetitions) :]))
    return record


def modes_seconds(wire: qt.Wire, energy: float) -> float:
    """Return how long the modes of the leads take, which are kept for all realizations."""
    # At energies that nobody has asked for yet: the latest modes are kept.
    return min(timed_modes(wire, energy + number * 1e-6) for number in (1, 2))


def timed_modes(wire: qt.Wire, energy: float) -> float:
    """Return the seconds of finding the modes at an energy."""
    start = time.process_time()
    portions(wire, energy)
    return time.process_time() - start


def compare(case: Case, effort: Effort, kwant: KwantPeer | None) -> dict[str, Any]:
    """Return all figures of one wire; `kwant` None leaves Kwant out."""
    wire = case.wire(effort.strength)
    solved = portions(wire, effort.energy)
    channels = qt.open_channels(wire, effort.energy)
    record: dict[str, Any] = {
        "case": str(case),
        **asdict(case),
        "components": len(wire.slices().h),
        "channels": channels,
        "method": "/".join(dict.fromkeys(choose(one.wire).method for one in solved)),
        "solved": [{"rows": len(one.wire.slices().h), "copies": one.copies} for one in solved],
        "modes_seconds": modes_seconds(wire, effort.energy),
        "single": single_length(wire, case, effort, kwant),
    }
    if effort.curve:
        options = record["single"].get("options", {})
        record["curve"] = curve(wire, case, effort, kwant, options)
    realizations = range(min(record["single"]["qtcore"]["realizations"], MOST_COUNTED))
    count = counted(wire, effort.energy, [case.length], realizations, effort.seed, effort.tolerance)
    if count is not None:
        record["work"], record["flops"] = asdict(count[0]), count[1]
    if case.family == "strip":
        record["stencil_flops_per_second"] = stencil_rate(case.width, channels, effort.seconds)
    return record
