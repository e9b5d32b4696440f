"""Statistics of the energy levels of closed cubes, tori and rings, from metal to insulator.

Question. Do neighbouring levels of a disordered sample repel each other, how strongly, and at which
disorder does that end?

Model. Cubes of L × L × L sites, periodic in all directions, box disorder of full width W, no leads.
Beside them cubes with random phases on their bonds (no time reversal), cubes with a random SU(2)
matrix on each bond (every level twice, of which one counts), tori of the square lattice and rings of
a chain, all of about L³ sites. Every level of a sample is computed; those around the band centre are kept.

Theory. r is the smaller over the larger of two neighbouring spacings; it needs no unfolding
(Oganesyan and Huse, PRB 75, 155111 (2007)). In a metal levels repel as those of random matrices: <r> =
0.5307, 0.5996 and 0.6744 for real, complex and quaternionic ones (beta = 1, 2, 4); in an insulator
they do not, 2 ln 2 - 1 = 0.3863 (Atas et al., PRL 110, 084101 (2013)). Spacings over their mean
follow Wigner's surmise, or exp(-s). <r> of all sizes is equal at the transition of cubes, W_c = 16.54,
and depends on (W / W_c - 1) L^(1/nu), nu = 1.571 (Slevin and Ohtsuki, New J. Phys. 16, 015012 (2014)).
It saturates on both sides, which no polynomial does: points within 1 of that variable are fitted, by up
to five powers; W_c and nu are averages over expansions (decision 46).

Tolerances. Metal: levels repel as those of random matrices within a Thouless energy, which holds more
than ten levels for W = 7 and L >= 5: 0.01; the surmise misses <s²> by 1 %, as much again is allowed.
Insulator: states still keep those at a distance that they touch, 6 of L³ in cubes with W = 300, 4 in tori, 3 in
rings with W = 20, where xi = 0.75; twice 6 / L³ of the way to random matrices is allowed. Rings know no metal. Transition: four sizes and
more show an irrelevant variable; at fewer, of L = 5 to 10, it moves crossings by up to 5 %, and nu by
15 %, as for bars of these widths (PRL 82, 382 (1999), with and without it). Two sizes do not show nu.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.levels import mean_ratio, mean_square, ratio_density, spacing_density

CRITICAL, NU = 16.54, 1.571  # W_c in t, and the exponent
NEAR = 1.0  # scaled distances |W / W_c - 1| L^(1/nu) that are fitted: farther ones saturate
METAL, INSULATOR, RING = 8.0, 200.0, 19.0  # up to and from which strength theory holds, t
TOUCHED = 12  # states that one keeps at a distance in an insulator, at most
FEW, MANY = 3, 4  # sizes that show the exponent, and those that show an irrelevant variable
PART = 0.2  # of the spectrum whose ratios are averaged
ORDERS = tuple(estimate.ScalingOrders(n, 0, 1, 0) for n in range(1, 6))
FULL = (*ORDERS, *(estimate.ScalingOrders(n, 1, 1, 0) for n in (1, 2, 3)))
SOURCE, SCALING = "Atas et al. 2013", "Slevin and Ohtsuki 2014"
R_BINS = qt.Bins(np.linspace(0, 1, 21), symbol="r", long_name="ratio of neighbouring spacings")
S_BINS = qt.Bins(np.linspace(0, 4, 41), symbol="s", long_name="spacing over its mean")
SYSTEMS = qt.Cases(
    [
        {"kind": "cube", "beta": 1},
        {"kind": "cube", "beta": 2},
        {"kind": "cube", "beta": 4},
        {"kind": "torus", "beta": 1},
        {"kind": "ring", "beta": 1},
    ],
    long_name="number of the system",
)

QUANTITIES = (
    qt.Quantity("r", (), "", "mean ratio of neighbouring spacings", "⟨r⟩", SOURCE),
    qt.Quantity("square", (), "", "mean squared spacing over its mean", "⟨s²⟩", "Wigner; Poisson"),
    qt.Quantity("density", ("ratio_bin",), "", "density of r", "P(r)", SOURCE, "none"),
    qt.Quantity(
        "spacings", ("spacing",), "", "density of spacings", "P(s)", "Wigner's surmise", "none"
    ),
    qt.Quantity("critical", (), "t", "disorder at which ⟨r⟩ of all sizes is equal", "W_c", SCALING,
                interval="critical_ends"),
    qt.Quantity("critical_ends", ("end",), "t", "95 % interval of W_c", "W_c"),
    qt.Quantity("nu", (), "", "exponent of the localization length", "ν", SCALING, interval="nu_ends"),
    qt.Quantity("nu_ends", ("end",), "", "95 % interval of ν", "ν"),
    qt.Quantity("r_c", (), "", "⟨r⟩ at the transition", "⟨r⟩_c"),
    qt.Quantity("excess", (), "", "χ² of the scaling function, in σ", "χ²", "normal"),
    qt.Quantity("fitted", ("size", "disorder"), "", "scaling function, fitted", "fit"),
)  # fmt: skip


def sample(point):
    """Return the wire that a closed sample is cut out of, and its length."""
    if point.kind == "ring":
        return qt.Wire(qt.Chain(), qt.Box(point.disorder)), point.size**3
    if point.kind == "torus":
        edge = round(point.size**1.5)
        return qt.Wire(qt.Square(edge, periodic=True), qt.Box(point.disorder)), edge
    lattice = qt.Cubic(width=point.size, height=point.size, periodic=True)
    bonds = {1: (), 2: (qt.RandomPhase(1.0),), 4: (qt.RandomSU2(),)}[point.beta]
    return qt.Wire(lattice, (qt.Box(point.disorder), *bonds)), point.size


def solve(point, realizations):
    """Return <r> of a fifth of the levels, and spacings and ratios of the most central ones."""
    wire, length = sample(point)
    gaps, ratios = np.empty((2, len(realizations), point.kept))
    means = np.empty(len(realizations))
    for row, number in enumerate(realizations):
        H = qt.closed_sample(wire, length, number, point.seed, periodic=True).H
        levels = np.linalg.eigvalsh(H.toarray())[:: 2 if point.beta == 4 else 1]
        low, high = np.diff(levels)[:-1], np.diff(levels)[1:]
        ratio = np.minimum(low, high) / np.maximum(low, high)
        means[row] = central(ratio, round(PART * len(levels))).mean()
        gaps[row], ratios[row] = central(low, point.kept), central(ratio, point.kept)
    return {"mean_ratio": means, "gap": gaps, "ratio": ratios}


def central(values, count):
    """Return the middle ones."""
    first = (len(values) - count) // 2
    return values[first : first + count]


def cost(point):
    """Return what a sample costs, in seconds of a core: all levels of L³ sites."""
    return 3e-10 * point.size**9 * {1: 1, 2: 3, 4: 24}[point.beta]


def realizations(point, count):
    """Return equal numbers of levels for cubes, `count` samples of L = 10, and a few of the others."""
    if point.kind == "cube" and point.beta == 1:
        return round(count * 1000 / point.size**3)
    is_wanted = holds(point) or (point.kind == "torus" and point.disorder <= METAL)
    return point.others if point.size == point.others_size and is_wanted else 0


def holds(at):
    """Whether the levels of a sample are those of random matrices, or independent."""
    if at.kind == "ring":
        return at.disorder >= RING
    is_metal = at.kind == "cube" and at.disorder <= METAL
    return is_metal or (at.beta == 1 and at.disorder >= INSULATOR)


def measure(at):
    """Average over the levels of a sample first: a sample is one number."""
    gap = estimate.mean(at.gap)
    squares = (
        estimate.mean(at.gap**2) / gap**2
    )  # its error knows that the mean is of the same samples
    s = at.gap / gap.values
    return {
        "r": estimate.mean(at.mean_ratio),
        "square": squares.sum() / len(squares),
        "density": estimate.histogram(at.ratio, R_BINS.edges),
        "spacings": estimate.histogram(s, S_BINS.edges),
    }


@qt.together("size", "disorder", system=0)
def transition(at):
    """Fit one scaling function to all cubes near the transition."""
    W, L = at.grid("size", "disorder")[::-1]
    near = np.abs(W / CRITICAL - 1) * L ** (1 / NU) < NEAR
    if not near.any():
        raise qt.Missing(f"no disorder lies near {CRITICAL} t; add strengths from 12 to 20 t")
    r, orders = at["r"].where(near), FULL if len(at.size) >= MANY else ORDERS
    found = estimate.fit_scaling(W, L, r, orders)
    return {
        "critical": estimate.average_expansions(found, "critical"),
        "critical_ends": np.array(estimate.average_interval(found, "critical")),
        "nu": estimate.average_expansions(found, "nu"),
        "nu_ends": np.array(estimate.average_interval(found, "nu")),
        "r_c": estimate.average_expansions(found, "a00"),
        "excess": found.fit.excess,
        "fitted": np.where(near, found.value(W, L), np.nan),
    }


def expect(at):
    """Hold weak disorder against random matrices, strong disorder against independent levels."""
    is_metal = at.kind == "cube" and at.disorder < CRITICAL
    beta = at.beta if is_metal else 0
    why = "neither metal nor insulator"
    touch = 0.0 if is_metal else TOUCHED / at.size**3
    square = mean_square(beta)
    rest = touch * (mean_ratio(1) - mean_ratio(0)) if touch else 0.01
    rest_square = touch * (2 - mean_square(1)) if touch else 0.02 * square
    return {
        "r": qt.Expected(mean_ratio(beta), rest, holds(at), why),
        "square": qt.Expected(square, rest_square, holds(at), why),
        "density": ratio_density(R_BINS.centres, beta),
        "spacings": spacing_density(S_BINS.centres, beta),
    }


@qt.together("size", "disorder", system=0)
def expect_transition(at):
    """Say where large cubes cross, and with which exponent."""
    shown, why = len(at.size) >= FEW, "two sizes do not show it"
    return {
        "critical": qt.Expected(CRITICAL, 0.05 * CRITICAL),
        "nu": qt.Expected(NU, 0.15 * NU, shown, why),
        "excess": qt.Expected(0.0),
    }


def preset(size, disorder, realizations, others, note):
    """Return a preset; the edge of the cube is an axis."""
    axis = qt.Axis(size, units="sites", long_name="edge of the cube", whole=True, least=5)
    own = {"others": (others, 8), "others_size": (size[0], axis.least), "kept": (KEPT, KEPT)}
    given = {name: qt.Constant(number, least=least) for name, (number, least) in own.items()}
    axes = {"system": SYSTEMS, "size": axis, "disorder": disorder}
    return qt.Preset(**axes, realizations=realizations, note=note, **given)


def validate(preset):
    """Refuse clean samples, and other numbers of stored levels than the results have."""
    if 0 in preset.disorder:
        raise qt.InputError("levels of clean samples are degenerate: disorder must be > 0, got 0")
    if preset.kept != KEPT:
        raise qt.InputError(f"kept is {KEPT}, got {preset.kept}: for others change KEPT in a copy")


def planned_error(sweep):
    """State the error of <r>, whose single values spread by 0.25."""
    point = next(iter(sweep.all_points()))
    levels = PART * point.size**3 * point.realizations
    return f"⟨r⟩ of cubes to {0.25 / np.sqrt(levels):.2g}"


KEPT = 24  # levels whose spacings are stored
STRENGTHS = (7.0, 12.0, 14.0, 15.0, 16.0, 17.0, 18.0, 20.0, 300.0)
CUBES = {"system": 0}
BETA = {"beta": "β"}

workflow = qt.Workflow(
    name="level_statistics",
    title="Level statistics of disordered cubes, tori and rings",
    summary="Spacings of levels against disorder: random matrices, Poisson, and their crossing.",
    presets={
        "quick": preset((5, 8), STRENGTHS, 130, 300, "⟨r⟩ to 0.002; a minute on two cores"),
        "standard": preset((6, 8, 10), STRENGTHS, 300, 600, "⟨r⟩ to 0.001; ten minutes"),
        "paper": preset((6, 8, 10, 12, 14), (*STRENGTHS, 10.0, 16.5, 19.0, 24.0), 10_000, 5000,
                        "⟨r⟩ to 0.0002; a cluster"),
    },
    solve=solve, planned_error=planned_error,
    variables=(
        qt.Variable("mean_ratio", long_name="mean ratio of neighbouring spacings of a sample"),
        qt.Variable("gap", dims=("level",), units="t", long_name="spacing of neighbouring levels"),
        qt.Variable("ratio", dims=("level",), long_name="ratio of neighbouring spacings"),
    ),
    dimensions={"level": KEPT, "ratio_bin": R_BINS, "spacing": S_BINS, "end": 2},
    cost=cost, realizations=realizations, requires={"size": 2, "system": (0,)}, validate=validate,
    quantities=QUANTITIES, measure=(measure, transition), expect=(expect, expect_transition),
    panels=(
        qt.Line("r", "disorder", at=CUBES, colour="size", marker="size", line="fitted", xscale="log",
                theory=False, labels=BETA, ylim=(0.38, 0.54), guides={"GOE": mean_ratio(1), "Poisson": mean_ratio(0)}),
        qt.Line("r", "disorder", at=CUBES | {"disorder": slice(11.0, 21.0)}, colour="size",
                marker="size", line="fitted", theory=False, note="cubes near the transition: W_c = {critical}"),
        qt.Steps("spacings", at=CUBES | {"size": "last", "disorder": ("first", "last")},
                 colour="disorder", labels=BETA),
        qt.Steps("spacings", at={"size": "first", "disorder": "first", "kind": "cube"}, colour="beta",
                 labels={"beta": "symmetry index β"}),
    ),
)  # fmt: skip
