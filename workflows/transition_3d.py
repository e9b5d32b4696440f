"""The Anderson transition in three dimensions, from Lyapunov exponents of long bars.

Question. At which disorder do the states at the band centre of a cubic lattice localize, and with
which exponent does their localization length diverge?

Model. Bars of M × M sites, periodic across, box disorder of full width W, E = 0. The smallest
Lyapunov exponent gamma of a bar gives Lambda = 1 / (gamma M). A long bar is cut into independent
pieces: each begins anew and is measured from where it has forgotten its start, which leaves no bias
(decision 37). Wider bars get more pieces, so that Lambda is equally exact for all.

Theory. ln Lambda = F(u M^(1/nu), v M^y): one relevant variable, and an irrelevant one with y < 0.
W_c = 16.54, nu = 1.571, Lambda_c = 0.576 (Slevin and Ohtsuki, New J. Phys. 16, 015012 (2014)).

Fit. All points with W from 14.5 to 18.6 at once, weighted by their errors. W_c, nu and Lambda_c are averages over
expansions of several orders, weighted by how well each predicts (decision 46); the curves are those of the
fewest parameters whose chi² is good and that larger ones do not better. All that were tried are results. The
relevant variable is bent (m_R >= 2), as nothing makes it straight over a fifth of W_c. Errors know what bars
have in common; intervals of 95 % are averages of profiles of chi².

Tolerances. Published values are known to 0.01 (W_c, nu) and 0.002 (Lambda_c). Five sizes show the
irrelevant variable; what is left out there is its second order, below 0.02 in nu. Fewer do not, and no expansion
with it is tried: at M = 4 to 8 it moves crossings by up to 5 %, with them Lambda_c by 10 %, and nu by 15 % (Slevin
and Ohtsuki, PRL 82, 382 (1999), with and without it), which errors do not contain. It dies as M^y with
y = -2.8(5), and crossings as M^(y - 1/nu).
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

CRITICAL, NU, RATIO, IRRELEVANT = 16.54, 1.571, 0.576, -2.8
NEAREST, FARTHEST = 14.5, 18.6  # strengths that are fitted
SIZES = 5  # so many show the irrelevant variable
SOURCE = "Slevin and Ohtsuki 2014"
WHY = "published for E = 0"
ORDERS = tuple(
    estimate.ScalingOrders(n_R, n_I, m_R, 0)
    for n_I in (0, 1)
    for n_R in (1, 2, 3)
    for m_R in (2, 3)
)

QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "smallest Lyapunov exponent", "γ"),
    qt.Quantity("ratio", (), "", "localization length over M", "Λ"),
    *qt.transition_quantities("disorder", "width", SOURCE),
    qt.Quantity("crossing", ("pair",), "t", "crossing of neighbouring sizes", "W"),
)


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each piece of a bar."""
    lattice = qt.Cubic(width=point.width, height=point.width, periodic=True)
    bar = qt.Wire(lattice, qt.Box(point.disorder))
    found = qt.observe.lyapunov(
        bar, point.energy, point.slices, realizations, point.seed, skip="forgotten"
    )
    return {"exponent": found.smallest}


def cost(point):
    """Return what a piece costs, in seconds of a core, as measured from M = 4 to 16."""
    return point.slices * max(1.4e-9 * point.width**4.15, 1.6e-11 * point.width**6)


def realizations(point, count):
    """Return the pieces of a bar: `count` for M = 12, in groups of eight."""
    return 8 * max(1, round(count * point.width / 96))


def measure(at):
    """Average over pieces."""
    return estimate.localization_ratio(at.exponent, at.width)


def near(W):
    """Return which strengths are fitted."""
    return (W >= NEAREST) & (W <= FARTHEST)


@qt.together("disorder", "width")
def crossings(at):
    """Find where the curves of neighbouring sizes cross."""
    fitted = near(at.disorder)
    ln_ratio = np.log(at["ratio"])[fitted].transpose(1, 0)
    return {"crossing": estimate.size_crossings(at.disorder[fitted], at.width, ln_ratio).place}


@qt.together("disorder", "width")
def scaling(at):
    """Fit all points at once."""
    W, M = at.grid("disorder", "width")
    return estimate.transition_numbers(W, M, at["ratio"], ORDERS, near(W), irrelevant_from=SIZES)


@qt.together("disorder", "width")
def expect(at):
    """State what much wider bars give, and what the irrelevant variable does to narrow ones."""
    shows, is_centre = len(at.width) >= SIZES, at.energy == 0
    dying = (at.width.min() / 4) ** IRRELEVANT
    crossing = 0.05 * dying * (at.width.min() / 4) ** (-1 / NU)
    return {
        "critical": qt.Expected(CRITICAL, 0.1 if shows else crossing * CRITICAL, is_centre, WHY),
        "nu": qt.Expected(NU, 0.03 if shows else 0.15 * dying * NU, is_centre, WHY),
        "ratio_c": qt.Expected(RATIO, 0.01 if shows else 0.1 * dying * RATIO, is_centre, WHY),
        "excess": qt.Expected(0.0),
    }


def preset(width, slices, pieces, strengths, note):
    """Return a preset at the band centre; `pieces` are those of bars with M = 12."""
    return qt.Preset(
        disorder=qt.Axis(
            f"15:18:{strengths}", units="t", long_name="full width W of the box", least=0
        ),
        width=width,
        energy=(0.0,),
        slices=qt.Constant(slices, least=16),
        realizations=pieces,
        note=note,
    )


def validate(preset):
    """Refuse a sweep of which too few strengths are fitted."""
    W = np.array(preset.disorder)
    fitted = (W >= NEAREST) & (W <= FARTHEST)
    estimate.refuse_few_fitted(
        np.tile(fitted[:, None], len(preset.width)),
        f"strengths from {NEAREST:g} to {FARTHEST:g} t",
    )


def planned_error(sweep):
    """State the error of Lambda: ln of a bar's wave scatters by sqrt(L / xi) of itself."""
    return qt.planned_ratio(sweep, 0.58)


workflow = qt.Workflow(
    name="transition_3d",
    title="The Anderson transition in three dimensions",
    summary="Lyapunov exponents of bars, and finite-size scaling with an irrelevant variable.",
    presets={
        "quick": preset((6, 8, 10), 2000, 120, 9, "Λ to 0.6 %; half a minute"),
        "standard": preset((4, 6, 8, 10, 12), 4000, 880, 16, "Λ to 0.15 %; half an hour"),
        "paper": preset((4, 6, 8, 10, 12), 8000, 1000, 16, "Λ to 0.09 %, ν to 1 %; two core hours"),
    },
    solve=solve,
    variables=(qt.Variable("exponent", units="1/sites", long_name="Lyapunov exponent of a piece"),),
    dimensions={
        **qt.transition_dimensions(ORDERS),
        "pair": qt.neighbours("width"),
    },
    cost=cost,
    realizations=realizations,
    requires={"width": 2, "disorder": 6},
    quantities=QUANTITIES,
    measure=(measure, crossings, scaling),
    expect=expect,
    panels=(
        qt.Line("ratio", "disorder", colour="width", marker="width", line="fitted",
                note="W_c = {critical}, ν = {nu}"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log"),
    ),
    planned_error=planned_error,
    validate=validate,
)  # fmt: skip
