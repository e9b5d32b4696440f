"""What a realization costs: a model in seconds, and its calibration on the machine that runs.

The transfer solver spends, for one realization of a wire of L slices and M orbitals across at n
lengths,

    L · M · (a + b · M) + n · c · M³ + d      (twice that where the arithmetic is complex)

and recursive Green's functions L · r · M³ instead of the first term (lead modes are found once per
worker and do not count). A front takes f · L · M · min(L, M)² for each length. A bar whose leads besides those at the ends touch K orbitals has M + K in the
place of M. All states of a closed sample take s · (L · M)³ for each length, and the Chern marker of a
large one u · L · M. The built-in constants were fitted to one core of an AMD EPYC server
(`dgemm` at 56 GF/s); `Calibration` holds what the workers measured instead, as a factor for each
kind of wire. A block costs more besides, which is measured too: its wire is made, the modes of the
leads are looked up, and a file is written for each variable. A user's own function has no model: it costs what its `cost(point)` says or the same
everywhere, times what the workers measured at the ends of the axes.
"""

import logging
import math
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from tempfile import TemporaryDirectory

import numpy as np

from qtcore.errors import InputError
from qtcore.solve.chern_marker import DENSE
from qtcore.store.chunks import encode_chunk, encode_marker
from qtcore.store.locate import place_of
from qtcore.sweep.kind import Kind
from qtcore.sweep.observables import solve_wire
from qtcore.sweep.point import energy, settings
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stand_in import StandIn, TooLongError
from qtcore.sweep.stopwatch import undisturbed_seconds
from qtcore.threads import one_thread
from qtcore.units import LANES

log = logging.getLogger(__name__)

SLICE_SITE = 1.8e-9
"""a: seconds per slice and orbital, for what does not depend on the number of columns."""

SLICE_SITE_COLUMN = 0.36e-9
"""b: seconds per slice, orbital and column: the stencil and its share of re-orthogonalisation."""

CLOSING = 0.45e-9
"""c: seconds per length and M³, to match to the far lead."""

FIXED = 2.0e-6
"""d: seconds per realization, whatever its size."""

FRONT = 2e-10
"""f: seconds per site and square of the sites in the front."""

RECURSIVE, RECURSIVE_SLICE = 4.0e-9, 20e-6
"""r: seconds per slice and M³ of recursive Green's functions, and what a slice takes anyway."""

STATES, SERIES = 2e-9, 1e-4
"""s: seconds per D³ of all states of a closed sample of D orbitals; u: seconds per orbital of a marker
by polynomials."""

COMPLEX = 2.0
"""Factor for complex arithmetic."""

CALL = 0.3e-3
"""Seconds per call of the solver, whatever the wire."""

BLOCK = 2e-3
"""Seconds per block besides its realizations: to make the wire, look up the modes of its leads, and
write a file for each variable and the mark."""

PROBE, LEAST_PROBE = 0.05, 0.02
"""Seconds aimed at for one probe of the calibration, in a sweep that takes long enough; and in any:
a shorter one sees more of the call than of the arithmetic."""

PROBES_SHARE = 0.02
"""All probes together take at most this share of a short sweep's time, or `LEAST_PROBE` each."""

MOST_GROUPS = 64
"""Groups of lanes in a probe, at most."""

SHORTEST_CLOSED = 4
"""Slices of a closed sample that is timed, at least: it must be a ring, and have a bulk."""

QUICK = 1.0
"""Seconds below which a call of a user's function is timed once more, and a block is solved."""

BLOCKS = 16
"""Blocks of one realization that are solved and written for `BLOCK`, at most."""

AT_ONCE, MOST_AT_ONCE = 0.25, 256
"""Then it is called for as many realizations as take so many seconds one by one, at most so many
realizations, in whole groups of lanes."""

SHARED = 1.5
"""Two realizations that take less than so many times what one takes share a call."""

LEAST, MOST = 1e-12, 1e12
"""Seconds that a realization is taken to cost, at least and at most: a plan stays finite."""

PATIENCE = 15.0
"""Seconds in which a process that only plans times a user's function; what takes longer is not timed."""

OWN = 1e-3
"""Seconds of a realization of a user's function that has not been timed and says nothing."""


def model_seconds(kind: Kind, length: int, lengths: int) -> float:
    """Return the seconds for one realization by the built-in constants."""
    M = kind.size
    if kind.solver in CLOSED:
        D = length * M
        in_series = kind.solver == "marker" and D > DENSE
        return FIXED + max(1, lengths) * (SERIES * D if in_series else STATES * D**3)
    if kind.solver in ("recursive", "eliminated"):
        return FIXED + length * (RECURSIVE_SLICE + RECURSIVE * M**3)
    if kind.solver == "front":
        return FIXED + lengths * FRONT * length * M * min(length, M) ** 2
    slices = length * M * (SLICE_SITE + SLICE_SITE_COLUMN * M)
    seconds = slices + lengths * CLOSING * M**3
    return FIXED + seconds * (COMPLEX if kind.is_complex else 1.0)


CLOSED = ("closed", "marker")
"""Kinds of closed samples, whose cost does not grow evenly with their length."""

A_BLOCK = Kind("block", 0, is_complex=False)
"""Stands for `BLOCK` among the factors of a calibration."""


@dataclass(frozen=True)
class Calibration:
    """Measured over modelled seconds for each kind; empty for the built-in constants."""

    factors: dict[Kind, float] = field(default_factory=dict)

    @property
    def block_seconds(self) -> float:
        """What a block takes besides its realizations."""
        return BLOCK * self.factors.get(A_BLOCK, 1.0)

    def factor(self, kind: Kind) -> float:
        """Return the factor of the measured size nearest on a logarithmic scale."""
        if kind in self.factors:
            return self.factors[kind]
        alike = [k for k in self.factors if k.solver == kind.solver]
        near = [k for k in alike if k.is_complex == kind.is_complex] or alike
        if not near or kind.solver == "own":
            return 1.0
        return self.factors[min(near, key=lambda k: abs(math.log(k.size / kind.size)))]

    def seconds(self, sweep: Sweep) -> list[float]:
        """Return the seconds that one realization of each point takes."""
        from qtcore.sweep.survey import survey

        kinds = survey(sweep).kinds
        factors = {kind: self.factor(kind) for kind in set(kinds)}
        return [
            # A cost in any unit may leave all floats, and a clock may stand still.
            min(max(factors[kind] * modelled, LEAST), MOST)
            for kind, modelled in zip(kinds, _all_modelled(sweep), strict=True)
        ]


@lru_cache(maxsize=4)
def _all_modelled(sweep: Sweep) -> tuple[float, ...]:
    """Return the modelled seconds of a realization of each point; a plan needs them several times."""
    from qtcore.sweep.survey import survey

    kinds = survey(sweep).kinds
    return tuple(
        _modelled(sweep, point, kind) for point, kind in zip(sweep.all_points(), kinds, strict=True)
    )


def _modelled(sweep: Sweep, point: Point, kind: Kind) -> float:
    if kind.solver == "own":
        return OWN * (sweep.cost(point) or 1.0)
    stated = sweep.cost(point)
    if stated is not None:
        return OWN * stated
    return model_seconds(kind, point.lengths[-1], len(point.lengths))


def representatives(sweep: Sweep) -> dict[Kind, Point]:
    """Return one point for each kind that occurs in the sweep."""
    from qtcore.sweep.survey import survey

    chosen: dict[Kind, int] = {}
    for number, kind in enumerate(survey(sweep).kinds):
        chosen.setdefault(kind, kind.size if kind.solver == "own" else number)
    return {kind: sweep.point(number) for kind, number in chosen.items()}


def warm_up(sweep: Sweep, points: Iterable[Point]) -> None:
    """Run the kernels that these points need once, on tiny wires.

    The first run compiles them or loads them from the disk cache; what is timed afterwards is
    arithmetic. A user's own function is called for one realization.
    """
    for point in points:
        if sweep.is_of_wires:
            with suppress(Exception):  # its task will raise it again, and record it
                short = tuple(range(1, _allowed(sweep, point, min(2, point.lengths[-1])) + 1))[-2:]
                _solve(sweep, point, short, range(LANES))


@one_thread  # as workers have it
def measure(sweep: Sweep, longest: float = math.inf) -> Calibration:
    """Time a probe of each kind of the sweep against the model, on the calling process.

    Parameters
    ----------
    sweep : Sweep
        What is planned.
    longest : float
        Seconds that the calls of a user's own function may take together. Points that are not timed
        for want of time cost what those that are timed say of them, which the log tells.
    """
    points = representatives(sweep)
    warm_up(sweep, points.values())
    if not sweep.is_of_wires:
        return Calibration(_own_factors(sweep, points, longest))
    total = float((sweep.counts * Calibration().seconds(sweep)).sum())
    goal = min(PROBE, max(LEAST_PROBE, PROBES_SHARE * total / len(points)))
    factors: dict[Kind, float] = {}
    for kind, point in points.items():
        with suppress(Exception):  # its task will raise it again, and record it
            factors[kind] = _measured_factor(sweep, point, kind, goal)
    with suppress(OSError):  # there may be no room for temporary files
        factors[A_BLOCK] = _measured_block(sweep, Calibration(factors), goal) / BLOCK
    return Calibration(factors)


def _measured_block(sweep: Sweep, known: Calibration, goal: float) -> float:
    """Solve and write blocks of one realization; return what they take beyond the realizations.

    Written are files as a store has them, in a temporary folder. The points are cheap ones: where a
    realization takes long, the rest does not matter, and nothing is solved for it.
    """
    expected = LANES * np.array(known.seconds(sweep))
    # A whole wire is solved, which nothing can end: one of 10¹² slices would take years.
    longest = max(goal, min(float(expected.min()), QUICK))
    cheap = np.flatnonzero((sweep.counts > 0) & (expected <= longest))
    beyond: list[float] = []
    begun = time.thread_time()
    with TemporaryDirectory() as folder:
        place = place_of(folder)
        for number in cheap[:BLOCKS].tolist():
            point, start = sweep.point(number), time.thread_time()
            try:
                found = sweep.solve_on_worker(point, range(1))
                place.put_all(
                    {f"{v.name}/{number}": encode_chunk(found[v.name]) for v in sweep.outputs}
                )
                place.put(f"marks/{number}", encode_marker(1))
            except Exception:  # noqa: BLE001 - its task will raise it again, and record it
                continue
            now = time.thread_time()
            beyond.append(now - start - expected[number])
            if now - begun > goal and len(beyond) > 1:
                break
    return max(float(np.median(beyond)), 0.1 * BLOCK) if beyond else BLOCK


def _measured_factor(sweep: Sweep, point: Point, kind: Kind, goal: float) -> float:
    """Time a probe of about `goal` seconds; return measured over modelled seconds."""
    length = _allowed(sweep, point, _probe_length(kind, point.lengths[-1], goal))
    # As many lengths as the point has, so that matching to the far lead weighs as it will.
    lengths = (*(x for x in point.lengths if x < length), length)
    one = model_seconds(kind, length, len(lengths))
    count = LANES * max(1, min(MOST_GROUPS, int(goal / (LANES * one))))
    # Of the processor: workers that start beside this one, or other users, must not count.
    start = time.thread_time()
    _solve(sweep, point, lengths, range(count))
    seconds = time.thread_time() - start
    measured = max(seconds - CALL, 0.1 * seconds) / (count * one)
    return (
        measured
        * model_seconds(kind, point.lengths[-1], len(point.lengths))
        / _modelled(sweep, point, kind)
    )


def _probe_length(kind: Kind, longest: int, goal: float) -> int:
    """Return how many slices a group of lanes passes in about `goal` seconds, at most the longest."""
    if kind.solver in CLOSED:
        length = longest
        while length > SHORTEST_CLOSED and LANES * model_seconds(kind, length, 1) > goal:
            length = max(SHORTEST_CLOSED, length // 2)
        return length
    return max(1, min(longest, int(goal / (LANES * model_seconds(kind, 1, 0)))))


def _allowed(sweep: Sweep, point: Point, length: int) -> int:
    """Return a length, or a longer one if the wire's disorder or the bar's leads need that to exist."""
    device = sweep.device(point)
    while length < point.lengths[-1]:
        try:
            device.check_length(length)
        except InputError:
            length = min(2 * length, point.lengths[-1])
        else:
            break
    return length


def _solve(sweep: Sweep, point: Point, lengths: tuple[int, ...], rows: range) -> None:
    asked = lengths, rows, sweep.seed, sweep.observables, settings(point)
    solve_wire(sweep.device(point), energy(point), *asked)


def _own_factors(sweep: Sweep, points: dict[Kind, Point], longest: float) -> dict[Kind, float]:
    """Time a user's function at all points that stand for others, those of the least cost first.

    Returned are measured over modelled seconds of a realization.
    """
    modelled = np.array(Calibration().seconds(sweep))
    whole = float((sweep.counts * modelled).sum())
    factors: dict[Kind, float] = {}
    deadline = time.perf_counter() + longest
    late: list[Point] = []
    known = 0.0  # the largest factor that was found
    with StandIn() as beside:
        for kind, point in sorted(points.items(), key=lambda pair: modelled[pair[1].number]):
            one = float(modelled[point.number])
            left = deadline - time.perf_counter()
            if late or 2 * known * one > left:
                factors[kind] = known
                if late or sweep.cost(point) is None:  # else it is known by what it costs
                    late.append(point)
                continue
            factors[kind] = 1.0
            seen: dict[int, float] = {}
            asked = sweep, point, whole / one / len(points), seen
            try:
                if longest < math.inf:
                    seconds = beside.call(_seconds_of_one, *asked, limit=left)
                else:
                    seconds = _seconds_of_one(*asked)
            except TooLongError:
                if not seen or sweep.cost(point) is None:
                    late.append(point)
                seconds = _seconds_from(seen, known * one) if seen else max(known * one, left)
            except Exception:  # noqa: BLE001 - its task will raise it again, and record it
                continue
            factors[kind] = seconds / one
            known = max(known, factors[kind])
    if late:
        log.warning(
            "solve() was not timed at %d of %d points, first at %s: in all it takes longer than the %.0f s "
            "for that. Work and time of the plan are too small, perhaps by far",
            len(late),
            len(points),
            late[0].label or "the only point",
            longest,
        )
    return factors


def _seconds_from(seen: dict[int, float], expected: float) -> float:
    """Return what a realization takes in a block, as far as calls for one and for two of them tell.

    A third call, for a group, was left for want of time. It would follow only where two share a call,
    and then a group of lanes does.
    """
    if 2 in seen:
        return seen[2] / LANES
    return min(max(expected, seen[1] / LANES), seen[1])


def _seconds_of_one(sweep: Sweep, point: Point, ones: float, seen: dict[int, float]) -> float:
    """Return what a realization takes in a block: one alone may cost as much as a whole group.

    The first call may import and compile; where it was quick another one counts. Functions that
    compute many realizations at once are asked for many. Where one takes long, two show whether
    they share a call, and only then a group is asked for; one must do where the sweep, which costs
    as much as `ones` of them times the number of probes, is too short for that. `seen` gets the
    seconds of calls for one and for two, for the case that nobody waits for the rest.
    """
    seconds = seen[1] = _timed(sweep, point, 1)
    if seconds < QUICK:
        seconds = seen[1] = _timed(sweep, point, 1)
    count = min(MOST_AT_ONCE, int(AT_ONCE / max(seconds, 1e-9))) // LANES * LANES
    group = min(max(LANES, count), point.realizations)
    is_long = count < LANES
    if group < 2 or (is_long and 2.0 * seconds > max(QUICK, PROBES_SHARE * ones * seconds / LANES)):
        return seconds
    if is_long:
        pair = seen[2] = _timed(sweep, point, 2)
        if group == 2 or pair > SHARED * seconds:
            return pair / 2
    return _timed(sweep, point, group) / group


def _timed(sweep: Sweep, point: Point, count: int) -> float:
    # Workers that start beside this process, or other users, must not count; what a function waits for does.
    start = undisturbed_seconds()
    sweep.solve_on_worker(point, range(count))
    return undisturbed_seconds() - start
