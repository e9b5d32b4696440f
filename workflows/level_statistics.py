"""Statistics of the energy levels of closed disordered cubes, from metal to insulator.

Question. Do neighbouring levels of a disordered cube repel each other, and at which disorder does
that end?

Model. L × L × L sites of the cubic lattice, periodic in all directions, box disorder of full width W,
no leads. Every level of a sample is computed; those around the band centre are kept.

Theory. r is the smaller over the larger of two neighbouring spacings; it needs no unfolding
(Oganesyan and Huse, PRB 75, 155111 (2007)). In a metal levels repel as those of real random matrices
(GOE): <r> = 0.5307. In an insulator they do not: P(r) = 2/(1 + r)², <r> = 2 ln 2 - 1 = 0.3863 (Atas
et al., PRL 110, 084101 (2013)). <r> of two sizes is equal at the transition, W_c = 16.54 (Slevin and
Ohtsuki, New J. Phys. 16, 015012 (2014)); larger metals come nearer to the one limit, larger
insulators to the other.

Tolerances. Metal: levels repel as those of GOE within a Thouless energy, which holds more than ten
levels for W = 7 and L >= 6: 0.01. Insulator: states of a site or so still touch 6 / L³ of the
others: 0.01 for L >= 6. Crossing: an irrelevant variable moves it by O(L^-1.7), some 5 % for L = 6
to 10, and a straight line through a window of 5 t by as much: 1.5 t. Slopes at the crossing grow as
L^(1/nu), nu = 1.57.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

GOE, POISSON = 0.5307, 2 * np.log(2) - 1
CRITICAL, NU = 16.54, 1.57
NEAR = 5.0  # from W_c, in t: where <r> is fitted by a straight line
BINS = qt.Bins(np.linspace(0, 1, 21), symbol="r", long_name="ratio of neighbouring spacings")

QUANTITIES = (
    qt.Quantity("r", (), "", "mean ratio of neighbouring spacings", "⟨r⟩", "GOE; Poisson"),
    qt.Quantity("density", ("spacing",), "", "density of r", "P(r)", "Atas et al. 2013", "none"),
    qt.Quantity("fitted", ("size", "disorder"), "", "straight lines with one crossing", "fit"),
    qt.Quantity("slope", ("size",), "1/t", "slope of ⟨r⟩ at the crossing", "−d⟨r⟩/dW"),
    qt.Quantity("crossing", (), "t", "disorder at which ⟨r⟩ of all sizes is equal", "W_c",
                "Slevin and Ohtsuki 2014"),
    qt.Quantity("steeper", (), "", "slope of the largest over that of the smallest cube",
                "slope(L)/slope(L')", "(L/L')^(1/ν)"),
)  # fmt: skip


def solve(point, realizations):
    """Return the ratios of spacings of levels around the band centre."""
    lattice = qt.Cubic(width=point.size, height=point.size, periodic=True)
    cube = qt.Wire(lattice, qt.Box(point.disorder))
    found = np.empty((len(realizations), point.kept))
    for row, number in enumerate(realizations):
        H = qt.closed_sample(cube, point.size, number, point.seed, periodic=True).H
        levels = np.linalg.eigvalsh(H.toarray())
        first = (len(levels) - point.kept - 2) // 2
        gaps = np.diff(levels[first : first + point.kept + 2])
        found[row] = np.minimum(gaps[1:], gaps[:-1]) / np.maximum(gaps[1:], gaps[:-1])
    return {"ratio": found}


def cost(point):
    """Return what a cube costs, in seconds of a core: all levels of L³ sites."""
    return 3e-10 * point.size**9


def measure(at):
    """Average over the levels of a sample first: a sample is one number."""
    return {
        "r": estimate.mean(at.ratio.mean(-1)),
        "density": estimate.histogram(at.ratio, BINS.edges),
    }


@qt.together("size", "disorder")
def crossing(at):
    """Fit <r> = r_c - a_L (W - W_c) near the transition; W_c and r_c are common to all sizes."""
    near = np.abs(at.disorder - CRITICAL) < NEAR
    if near.sum() < 2 or len(at.size) < 2:
        raise qt.Missing(f"two sizes and two strengths within {NEAR:g} of {CRITICAL:g} are needed")

    def lines(p, W=at.disorder[near]):
        return p[0] - p[2:, None] * (W - p[1])

    start = [(GOE + POISSON) / 2, CRITICAL, *(0.001 * at.size)]
    found = estimate.fit(lines, at["r"][:, near], start).coefficients
    fitted = np.where(near, lines(found.values, at.disorder), np.nan)
    slope = found[2:]
    return {
        "crossing": found[1],
        "slope": slope,
        "steeper": slope[-1] / slope[0],
        "fitted": fitted,
    }


def expect(at):
    """Hold <r> against random matrices in weak, against independent levels in strong disorder."""
    is_metal = at.disorder < CRITICAL
    is_deep = (at.disorder <= 8 or at.disorder >= 60) and at.size >= 6
    r = BINS.centres
    surmise = 27 / 4 * (r + r**2) / (1 + r + r**2) ** 2.5  # P(r) of 3 × 3 real matrices
    why = "neither metal nor insulator, or a small cube"
    return {
        "r": qt.Expected(GOE if is_metal else POISSON, 0.01, is_deep, why),
        "density": surmise if is_metal else 2 / (1 + r) ** 2,
    }


@qt.together("size", "disorder")
def expect_crossing(at):
    """Say where large cubes cross, and how their slopes grow."""
    steeper = (at.size[-1] / at.size[0]) ** (1 / NU)
    return {
        "crossing": qt.Expected(CRITICAL, 1.5),
        "steeper": qt.Expected(steeper, 0.1 * steeper),
    }


def preset(size, disorder, realizations, note):
    """Return a preset; the edge of the cube is an axis."""
    axis = qt.Axis(size, units="sites", long_name="edge of the cube", whole=True, least=5)
    return qt.Preset(size=axis, disorder=disorder, realizations=realizations, kept=40, note=note)


def planned_error(sweep):
    """State the error of <r>, whose single values spread by 0.25."""
    kept = sweep.constants["kept"]
    return f"⟨r⟩ to {0.25 / np.sqrt(kept * sweep.largest_count):.2g}"


STRENGTHS = (7.0, 12.0, 14.0, 16.0, 18.0, 20.0, 80.0)

workflow = qt.Workflow(
    name="level_statistics",
    title="Level statistics of disordered cubes",
    summary="Ratios of level spacings against disorder: GOE, Poisson, and their crossing.",
    presets={
        "quick": preset((6, 8), STRENGTHS, 250, "⟨r⟩ to 0.003; a minute on two cores"),
        "standard": preset((6, 8, 10), STRENGTHS, 2000, "⟨r⟩ to 0.001; an hour"),
        "paper": preset((8, 10, 12, 14), (*STRENGTHS, 10.0, 24.0), 10_000, "W_c to 0.5 %; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("ratio", dims=("level",), long_name="ratio of neighbouring spacings"),),
    dimensions={"level": 40, "spacing": BINS},
    cost=cost,
    requires={"size": 2},
    quantities=QUANTITIES,
    measure=(measure, crossing),
    expect=(expect, expect_crossing),
    panels=(
        qt.Line("r", "disorder", colour="size", marker="size", line="fitted", xscale="log",
                theory=False, guides={"GOE": GOE, "Poisson": POISSON}),
        qt.Steps("density", at={"size": "last", "disorder": ("first", "last")}, colour="disorder"),
    ),
    planned_error=planned_error,
)  # fmt: skip
