"""The Anderson transition in three dimensions without time reversal, from Lyapunov exponents of bars.

Question. Does the exponent of the transition change where a magnetic field, here one that differs
from plaquette to plaquette, breaks time reversal?

Model. Bars of M × M sites, periodic across, box disorder of full width W, and bonds whose phases are
independent and uniform; E = 0. All else is as in `transition_3d`: Lambda = 1 / (gamma M) from the smallest
Lyapunov exponent, and independent pieces of a bar that have forgotten their start.

Theory. ln Lambda = F(u M^(1/nu), v M^y), fitted at once to all points with W between 16.5 and 21;
W_c and nu are averages over expansions (decision 46).
nu = 1.443(6) (Slevin and Ohtsuki, J. Phys. Soc. Jpn. 85, 104712 (2016)), against 1.57 with time
reversal, for any way to break it.

W_c does depend on the way: random phases have 18.80(4), and Lambda_c = 0.558(3) in bars that are periodic
across (Kawarabayashi, Kramer and Ohtsuki, Phys. Rev. B 57, 11842 (1998)); a uniform field of a quarter of a
flux quantum has 18.37 (Ujfalusi and Varga, Phys. Rev. B 91, 184206 (2015); bars of M = 4 and 8 in that
field cross at 18.3 here).

Tolerances. From five sizes on the irrelevant variable shows, and what is published is known to 0.04 (W_c), 0.006 (nu) and
0.003 (Lambda_c). Fewer do not show it; as in `transition_3d` crossings may be off by 5 % then, Lambda_c by 10 % and nu by 15 %.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

CRITICAL, NU, RATIO = 18.80, 1.443, 0.558
NEAREST, FARTHEST = 16.5, 21.0  # strengths that are fitted
SIZES = 5  # so many show the irrelevant variable
SOURCE = "Kawarabayashi et al. 1998; ν: Slevin, Ohtsuki 2016"
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
)


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each piece of a bar."""
    lattice = qt.Cubic(width=point.width, height=point.width, periodic=True)
    bar = qt.Wire(lattice, (qt.Box(point.disorder), qt.RandomPhase()))
    found = qt.observe.lyapunov(
        bar, point.energy, point.slices, realizations, point.seed, skip="forgotten"
    )
    return {"exponent": found.smallest}


def cost(point):
    """Return what a piece costs, in seconds of a core, as measured from M = 4 to 12."""
    return point.slices * (3e-7 + 8e-10 * point.width**4.95)


def realizations(point, count):
    """Return the pieces of a bar: `count` for M = 12, in groups of eight."""
    return 8 * max(1, round(count * point.width / 96))


def measure(at):
    """Average over pieces."""
    return estimate.localization_ratio(at.exponent, at.width)


@qt.together("disorder", "width")
def scaling(at):
    """Fit all points at once."""
    W, M = at.grid("disorder", "width")
    near = (W >= NEAREST) & (W <= FARTHEST)
    return estimate.transition_numbers(W, M, at["ratio"], ORDERS, near, irrelevant_from=SIZES)


@qt.together("disorder", "width")
def expect(at):
    """State what much wider bars give."""
    shows, is_centre = len(at.width) >= SIZES, at.energy == 0
    return {
        "critical": qt.Expected(CRITICAL, 0.1 if shows else 0.05 * CRITICAL, is_centre, WHY),
        "nu": qt.Expected(NU, 0.05 if shows else 0.15 * NU, is_centre, WHY),
        "ratio_c": qt.Expected(RATIO, 0.01 if shows else 0.1 * RATIO, is_centre, WHY),
        "excess": qt.Expected(0.0),
    }


def preset(width, slices, pieces, strengths, note):
    """Return a preset at the band centre; `pieces` are those of bars with M = 12."""
    return qt.Preset(
        disorder=qt.Axis(
            f"17.25:20.25:{strengths}", units="t", long_name="full width W of the box", least=0
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
    return qt.planned_ratio(sweep, 0.46)


workflow = qt.Workflow(
    name="transition_unitary_3d",
    title="The Anderson transition without time reversal",
    summary="Lyapunov exponents of bars with random phases: W_c and ν of the unitary class.",
    presets={
        "quick": preset((4, 6, 8), 2000, 72, 9, "Λ to 0.6 %; half a minute"),
        "standard": preset((4, 6, 8, 10), 4000, 200, 13, "Λ to 0.27 %; half an hour"),
        "paper": preset((4, 6, 8, 10, 12), 8000, 800, 16, "Λ to 0.1 %; eight core hours"),
    },
    solve=solve,
    variables=(qt.Variable("exponent", units="1/sites", long_name="Lyapunov exponent of a piece"),),
    dimensions=qt.transition_dimensions(ORDERS),
    cost=cost,
    realizations=realizations,
    requires={"width": 2, "disorder": 6},
    quantities=QUANTITIES,
    measure=(measure, scaling),
    expect=expect,
    panels=(
        qt.Line("ratio", "disorder", colour="width", marker="width", line="fitted",
                note="W_c = {critical}, ν = {nu}"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log"),
    ),
    planned_error=planned_error,
    validate=validate,
)  # fmt: skip
