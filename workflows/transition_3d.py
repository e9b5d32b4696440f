"""The Anderson transition in three dimensions, from Lyapunov exponents of long bars.

Question. At which disorder do the states at the band centre of a cubic lattice localize, and with
which exponent does their localization length diverge?

Model. Bars of M × M sites, periodic across, box disorder of full width W, E = 0. The smallest
Lyapunov exponent gamma of a bar gives Lambda = 1 / (gamma M).

Theory. One parameter: Lambda = F((W/W_c - 1) M^(1/nu)), so that Lambda of all M is equal at W_c.
W_c = 16.54, nu = 1.57, Lambda_c = 0.576 (Slevin and Ohtsuki, New J. Phys. 16, 015012 (2014)).

Fit. ln Lambda is a polynomial of third order in (W/W_c - 1) M^(1/nu) for W within a quarter of
16.54. Points are weighted by their errors; errors of nu and W_c come from the bars, with all that
bars of one number have in common, and chi² is divided by what it should be for these bars.

Tolerances. The fit knows no irrelevant variable, whose part falls as M^-1.7 or so: at M = 4 to 8 it
moves crossings by up to 5 %, with them Lambda_c by 10 %, and nu by 15 % (Slevin and Ohtsuki, PRL
82, 382 (1999), with and without it). Lambda of single bars: published reference points.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

CRITICAL, NU, RATIO = 16.54, 1.571, 0.576
WINDOW, ORDER = 0.25, 3  # part of W_c within which the fit runs, and order of its polynomial
SOURCE = "Slevin and Ohtsuki 2014"

QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "smallest Lyapunov exponent", "γ"),
    qt.Quantity("ratio", (), "", "localization length over M", "Λ"),
    qt.Quantity("fitted", ("disorder", "width"), "", "scaling function, fitted", "fit"),
    qt.Quantity("critical", (), "t", "critical disorder", "W_c", SOURCE),
    qt.Quantity("nu", (), "", "exponent of the localization length", "ν", SOURCE),
    qt.Quantity("ratio_c", (), "", "Λ at the critical disorder", "Λ_c", SOURCE),
    qt.Quantity("misfit", (), "", "χ² of the fit over its expectation", "χ²/⟨χ²⟩", "one parameter"),
    qt.Quantity("shift", (), "", "scaling variable", "(W/W_c − 1) M^{1/ν}"),
)


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each bar."""
    lattice = qt.Cubic(width=point.width, height=point.width, periodic=True)
    bar = qt.Wire(lattice, qt.Box(point.disorder))
    found = qt.observe.lyapunov(bar, point.energy, point.slices, realizations, point.seed)
    return {"exponent": found.blocks[:, :, -1].mean(axis=1)}


def cost(point):
    """Return what a bar costs, in any unit: products of M² × M² matrices."""
    return point.slices * point.width**6


def measure(at):
    """Average over bars."""
    gamma = estimate.mean(at.exponent)
    return {"gamma": gamma, "ratio": 1 / (gamma * at.width)}


@qt.together("disorder", "width")
def scaling(at):
    """Fit all points at once: W_c, nu and the coefficients of ln F."""
    W, M = at.grid("disorder", "width")
    near = np.abs(W / CRITICAL - 1) < WINDOW

    def ln_ratio(p, W=W[near], M=M[near]):
        return np.polyval(p[:1:-1], (W / p[0] - 1) * M ** (1 / p[1]))

    start = [CRITICAL, NU, np.log(RATIO), -1.0, *[0.0] * (ORDER - 1)]
    fit = estimate.fit(ln_ratio, np.log(at["ratio"])[near], start)
    p = fit.coefficients
    return {
        "critical": p[0],
        "nu": p[1],
        "ratio_c": np.exp(p[2]),
        "misfit": fit.reduced,
        "fitted": np.where(near, np.exp(ln_ratio(p.values, W, M)), np.nan),
    }


def place(at):
    """Put every point on the scaling variable, with the fitted W_c and nu."""
    critical, nu = float(at["critical"]), float(at["nu"])
    return {"shift": (at.disorder / critical - 1) * at.width ** (1 / nu)}


@qt.together("disorder", "width")
def expect(_):
    """State what much wider bars give, and what the irrelevant variable does to narrow ones."""
    # chi² of n numbers scatters by sqrt(2/n); bars that share their disorder make that a few times more.
    return {
        "critical": qt.Expected(CRITICAL, 0.05 * CRITICAL),
        "nu": qt.Expected(NU, 0.15 * NU),
        "ratio_c": qt.Expected(RATIO, 0.1 * RATIO),
        "misfit": qt.Expected(1.0, 1.0),
    }


def preset(width, slices, realizations, note):
    """Return a preset at the band centre."""
    size = {"slices": slices, "realizations": realizations, "note": note}
    return qt.Preset(
        disorder=qt.Axis("13:20:8", units="t", long_name="full width W of the box"),
        width=width,
        energy=(0.0,),
        **size,
    )


def planned_error(sweep):
    """State the error of Lambda: ln of a bar's wave scatters by sqrt(L / xi) of itself."""
    slices = sweep.constants["slices"]
    widest = max(axis.values for axis in sweep.axes if axis.name == "width")[-1]
    error = np.sqrt(0.6 * widest / (slices * sweep.largest_count))
    return f"Λ to {100 * error:.2g} %"


workflow = qt.Workflow(
    name="transition_3d",
    title="The Anderson transition in three dimensions",
    summary="Lyapunov exponents of bars, their crossing, and a fit of one-parameter scaling.",
    presets={
        "quick": preset((4, 6, 8), 1000, 64, "Λ to 0.6 %, ν to 4 %; half a minute"),
        "standard": preset((4, 6, 8, 10), 4000, 256, "Λ to 0.2 %; an hour"),
        "paper": preset((6, 8, 10, 12, 16), 20_000, 512, "Λ to 0.05 %; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("exponent", units="1/sites", long_name="Lyapunov exponent of a bar"),),
    cost=cost,
    requires={"width": 2, "disorder": 6},
    quantities=QUANTITIES,
    measure=(measure, scaling, place),
    expect=expect,
    panels=(
        qt.Line("ratio", "disorder", colour="width", marker="width", line="fitted"),
        qt.Line("ratio", "shift", colour="width", marker="width", line="fitted", yscale="log"),
    ),
    planned_error=planned_error,
)
