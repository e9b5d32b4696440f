"""How often does a wave come home? Classical walks, diffusing waves, and paths that run both ways.

Model. Walks on the chain, the square and the cubic lattice, with equally likely steps; they are home after even numbers of
steps only. Waves start on one site of closed samples with box disorder, with a filter of their energy: a chain, strips, squares
and cubes. P is |⟨0|f exp(−iHt)|0⟩|² / ⟨0|f²|0⟩, averaged over disorder and starting sites. Strips and squares come without and
with a magnetic field, in the same disorder. Plane waves k scatter in squares, and momenta close to −k are counted.

Theory. P = (4 π D t)^(−d/2) for diffusion, with D of the golden rule. Walks come home with certainty in one and two
dimensions, with 0.3405 in three (Pólya 1921). With time-reversal symmetry each closed path interferes with the one that runs
the other way, and a wave comes home twice as often (coherent backscattering; Bergmann, Phys. Rep. 107, 1 (1984)). Popular texts
say four: that is the intensity |2a|² of two equal amplitudes over |a|² of one path alone. Without interference both paths count,
2|a|², so that the return is doubled. Momenta show the same as a cone, n(−k + q) ≈ n (1 + exp(−D q² t)), with n that of momenta
that the symmetries of the lattice make of −k + q. A chain does not diffuse, since its localization length is of the order
of its mean free path: P saturates.

Window. 4 tau < t < the time at which weak localization is 0.3, which is the band of theory (`theory.return_probability.Packet` has
it, and what is known of early times and higher orders). Packets must not have met themselves around the sample.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.return_probability import Packet
from qtcore.theory.walks import COME_HOME, ever_home, home_probability

STEPS, STARTS, WALKS = 12, 8, 8192  # times or momenta; sites where packets start; walks
SIGMA = 0.25  # standard deviation of the energy of a packet, t
SATURATED = (
    0.0398  # P(0, t) of a chain with W = 1, t = 10 to 3000; tests find it by diagonalisation
)
COUNTED, WAVES = ("walk", "ever"), ("strip", "square", "cube")
K = (22, 14)  # times 2 π over the extent; OFFSETS are the distances from −k
OFFSETS = (
    (0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (1, 2), (2, 2), (3, 0), (0, 3), (4, 0),
)  # fmt: skip
Q = 2 * np.pi * np.array(OFFSETS)  # over the extent
KINDS = ("kind", "d", "edge", "across", "disorder", "energy", "flux", "first", "last", "part")
SAMPLES = (
    *(("walk", d, 0, 0, 0.0, 0.0, 0.0, 8.0, 128.0, 1.0) for d in (1, 2, 3)),
    *(("ever", d, 0, 0, 0.0, 0.0, 0.0, 8.0, 128.0, 1.0) for d in (1, 2, 3)),
    ("chain", 1, 2048, 1, 1.0, 0.0, 0.0, 10.0, 3000.0, 0.4),
    *(("strip", 1, 300, 30, 1.5, 1.5, flux, 28.0, 112.0, part) for flux, part in ((0.0, 3.0), (1 / 300, 1.5))),
    *(("square", 2, 200, 200, 1.5, 1.5, flux, 28.0, 100.0, part) for flux, part in ((0.0, 1.0), (1 / 200, 0.75))),
    ("cube", 3, 40, 40, 3.5, 0.5, 0.0, 8.0, 30.0, 1.0),
    ("cone", 2, 96, 96, 2.0, 1.5, 0.0, 16.0, 40.0, 6.0),
)  # fmt: skip
QUANTITIES = (
    qt.Quantity("time", ("step",), "ħ/t, or steps", "time", "t"),
    qt.Quantity("P", ("step",), "", "probability to be at the start", "P(0, t)", "diffusion; both ways", "mean", ("step",)),
    qt.Quantity("exponent", (), "", "exponent p of P ∝ t^(−p)", "p", "d/2 for long times; 0 of a chain"),
    qt.Quantity("ever", ("step",), "", "part of the walks that have been home", "F", "Pólya 1921; Feller", "mean", ("step",)),
    qt.Quantity("home", (), "", "part of the walks that come home, for long times", "F(∞)", "Pólya 1921"),
    qt.Quantity("doubling", ("sample", "step"), "", "P without field over P in a field", "P₁/P₂", "coherent backscattering", "mean"),
    qt.Quantity("q", ("step",), "1/site", "distance of the momentum from −k", "|q|"),
    qt.Quantity("cone", ("step",), "", "weight of −k + q over that of equivalent momenta", "n(−k + q)/n", "coherent backscattering", "mean"),
    qt.Quantity("peak", (), "", "weight of −k over that of equivalent momenta", "n(−k)/n", "coherent backscattering"),
)  # fmt: skip


def times(at):
    """Return the times of a sample, ħ/t; even numbers of steps of a walk."""
    found = np.geomspace(at.first, at.last, STEPS)
    return 2 * np.rint(found / 2) if at.kind in COUNTED else found


def wire_of(point):
    """Return the wire that a closed sample is cut out of."""
    box, M = qt.Box(point.disorder), point.across
    if point.kind == "chain":
        return qt.Wire(qt.Chain(), box)
    if point.kind == "cube":
        return qt.Wire(qt.Cubic(M, M, periodic=True), box)
    return qt.Wire(qt.Square(M, periodic=point.kind != "strip"), box, flux=point.flux)


def walked(point, number):
    """Return which walks of a realization are at home after each step, (walk, step)."""
    rng = np.random.default_rng([point.seed, number, point.d])
    reach = int(times(point)[-1])
    turns = rng.integers(0, 2 * point.d, (WALKS, reach), dtype=np.int8)
    moves = np.array([1, -1, 2000, -2000, 4_000_000, -4_000_000], dtype=np.int32)[turns]
    return np.cumsum(moves, axis=1, dtype=np.int32) == 0


def solve(point, realizations):
    """Return what came home, (realization, step), and what it is divided by."""
    t = times(point)
    if point.kind in COUNTED:
        homes = [walked(point, number) for number in realizations]
        if point.kind == "ever":
            homes = [np.logical_or.accumulate(one, axis=1) for one in homes]
        came = np.array([one[:, t.astype(int) - 1].mean(axis=0) for one in homes])
        return {"came": came, "over": np.ones_like(came)}
    wire = wire_of(point)
    if point.kind == "cone":
        k = 2 * np.pi * np.array(K) / point.across
        given = (point.edge, realizations, point.seed)
        found = qt.observe.momentum_distribution(wire, k, t[::2], *given)
        n = found.weights.mean(axis=1)
        places, turned = np.array(OFFSETS) - K, np.array(OFFSETS)[:, ::-1] - K[::-1]
        equal = (places, ((1, -1), (-1, 1))), (turned, ((1, 1), (1, -1), (-1, 1), (-1, -1)))
        other = [n[:, *(one * s % point.across).T] for one, signs in equal for s in signs]
        return {"came": n[:, *places.T], "over": np.mean(other, axis=0)}
    width = point.across ** (2 if point.kind == "cube" else 1)
    states = np.zeros((point.edge * width, STARTS))
    start = np.arange(STARTS)
    rows = start * point.edge // STARTS * width + (2 * start + 1) * width // (2 * STARTS)
    states[rows, start] = 1
    window = {} if point.kind == "chain" else {"energy": point.energy, "energy_width": SIGMA}
    there = (point.edge, realizations, point.seed)
    home = qt.observe.survival_amplitude(wire, states, t, *there, **window)
    over = home.weight.mean(axis=1, keepdims=True)
    return {"came": home.probability.mean(axis=1), "over": np.repeat(over, len(t), axis=1)}


def realizations(point, count):
    """Return the part of the realizations that a sample needs."""
    return max(8, round(count * point.part))


def packet(point):
    """Return the theory of a packet."""
    kind = "square" if point.kind == "cone" else point.kind
    sizes = point.edge, point.across, point.disorder, point.energy
    return Packet(kind, *sizes, 0.0 if point.kind == "cone" else SIGMA, point.flux)


def measure(at):
    """Divide what came home by the weight of the packets."""
    t, came, over = times(at), estimate.mean(at.came), estimate.mean(at.over)
    ratio = came / over
    if at.kind == "cone":
        return {"cone": ratio, "peak": ratio[0], "q": np.linalg.norm(Q, axis=1) / at.across}
    if at.kind == "ever":
        home = line(1 / np.sqrt(t), ratio)[0]
        return {"time": t, "ever": ratio} | ({} if at.d == 2 else {"home": home})
    return {"time": t, "P": ratio, "exponent": -line(np.log(t), np.log(ratio))[1]}


def line(x, y):
    """Fit a line to numbers of equal weight; weights by their covariance would take many realizations."""
    return y.linear(np.linalg.pinv(np.stack([np.ones(STEPS), x], axis=1)))


@qt.together("sample")
def compare_fields(at):
    """Divide P without a field by P in a field, of the same disorder."""
    rows = [at["P"][0] * np.nan] * len(at.sample)
    for first, second in pairs(at):
        rows[first] = at["P"][first] / at["P"][second]
    return {"doubling": estimate.stack(rows)}


def pairs(at):
    """Return places of samples without and with a field that are equal otherwise."""
    made = [at.point(sample=number) for number in at.sample]
    same = [[getattr(one, name) for name in KINDS if name not in ("flux", "part")] for one in made]
    places = [(n, m) for n in range(len(made)) for m in range(len(made)) if same[n] == same[m]]
    return [(n, m) for n, m in places if made[m].flux and not made[n].flux]


def slope_of(t, P):
    """Return the exponent of a law over the times, as a fit finds it."""
    return -np.polyfit(np.log(t), np.log(P), 1)[0]


def expect(at):
    """Say what walks and diffusing waves do, and where a chain saturates."""
    t = times(at)
    if at.kind == "cone":
        cone, rest = packet(at).cone(t[::2], Q / at.across)
        return {"cone": qt.Expected(cone, rest), "peak": qt.Expected(cone[0], rest[0])}
    if at.kind == "ever":
        known = ever_home(at.d, int(t[-1]))[t.astype(int) // 2]
        left_out = abs(line(1 / np.sqrt(t), estimate.exact(known)).values[0] - COME_HOME[at.d])
        home = {"home": qt.Expected(COME_HOME[at.d], left_out)}
        return {"ever": known} | ({} if at.d == 2 else home)  # 1 - π / ln t: nobody waits that long
    if at.kind == "walk":
        known = home_probability(at.d, int(t[-1]))[t.astype(int) // 2]
        return {"P": known, "exponent": slope_of(t, known)}
    if at.kind == "chain":
        flat = qt.Expected(np.full(STEPS, SATURATED), 0.002)
        return {"P": flat, "exponent": qt.Expected(0.0, 0.02)}
    P, rest = packet(at).home(t)
    drift = abs(slope_of(t, P * (1 + rest)) - slope_of(t, P))
    return {"P": qt.Expected(P, rest * P), "exponent": qt.Expected(slope_of(t, P), drift)}


@qt.together("sample")
def expect_doubling(at):
    """Say that paths which run both ways double P."""
    law, rest = np.full((2, len(at.sample), STEPS), np.nan)
    for first, second in pairs(at):
        without, within = (at.point(sample=at.sample[n]) for n in (first, second))
        (one, left), (other, _) = (packet(point).home(times(point)) for point in (without, within))
        law[first], rest[first] = one / other, left * one / other
    return {"doubling": qt.Expected(law, rest, np.isfinite(law), "no sample in a field")}


def validate(preset):
    """Refuse times before waves diffuse, after they are localized, or after they have gone around the sample."""
    for number, case in preset.axes["sample"].by_number.items():
        point = SimpleNamespace(**case)
        if point.kind in (*WAVES, "cone"):
            about = f"sample {number} ({point.kind}, W = {point.disorder:g} t)"
            packet(point).refuse_outside_window(times(point), about)


def preset(realizations, note):
    """Return a preset."""
    cases = (dict(zip(KINDS, one, strict=True)) for one in SAMPLES)
    axis = qt.Cases(list(cases), long_name="number of the sample")
    return qt.Preset(sample=axis, realizations=realizations, note=note)


def planned_error(sweep):
    """State the error of P at one time, which is distributed exponentially."""
    worst = min(point.realizations for point in sweep.all_points() if point.kind in WAVES)
    return f"P(0, t) of packets at one time to {100 / np.sqrt(STARTS * worst):.2g} %"


SHOWN: Any = {"xscale": "log", "yscale": "log", "labels": {"d": "dimension", "flux": "Φ  (h/e)"}}
workflow = qt.Workflow(
    name="return_probability",
    title="How often a walk and a wave come home",
    summary="P(0, t) of walks, packets and a chain; paths that run both ways double it.",
    presets={
        "quick": preset(64, "P at one time to 5 %; half a minute on two cores"),
        "standard": preset(4000, "P at one time to 0.7 %; half an hour"),
        "paper": preset(100_000, "P at one time to 0.14 %; a cluster"),
    },
    variables=(
        qt.Variable("came", dims=("step",), long_name="probability to be home, or part of walks"),
        qt.Variable("over", dims=("step",), long_name="what it is divided by"),
    ),
    solve=solve, realizations=realizations, dimensions={"step": STEPS}, validate=validate,
    quantities=QUANTITIES, measure=(measure, compare_fields), expect=(expect, expect_doubling),
    panels=(
        qt.Line("P", "time", at={"kind": "walk"}, colour="d", **SHOWN),
        qt.Line("P", "time", at={"kind": ("chain", *WAVES)}, colour="kind", fill="flux", ylim=(1e-5, 0.1), **SHOWN),
        qt.Line("cone", "q", at={"kind": "cone"}, ylim=(0.8, 2.3)),
        qt.Line("ever", "time", at={"kind": "ever"}, colour="d", guides={"0.3405": 0.3405}, ylim=(0, 1), **{**SHOWN, "yscale": "linear"}),
    ),
    planned_error=planned_error,
)  # fmt: skip
