"""The Anderson transition in three dimensions without time reversal, from Lyapunov exponents of bars.

Question. Does the exponent of the transition change where a magnetic field, here one that differs
from plaquette to plaquette, breaks time reversal?

Model. Bars of M × M sites, periodic across, box disorder of full width W, and bonds whose phases are
independent and uniform; E = 0. All else is as in `transition_3d`: Lambda = 1 / (gamma M) from the smallest
Lyapunov exponent, and independent pieces of a bar that have forgotten their start.

Theory. ln Lambda = F(u M^(1/nu), v M^y), fitted at once to all points with W between 16.5 and 21.
nu = 1.443(6) (Slevin and Ohtsuki, J. Phys. Soc. Jpn. 85, 104712 (2016)), against 1.57 with time
reversal, for any way to break it.

Tolerances. W_c does depend on the way. In a uniform field of a quarter of a flux quantum it is 18.37
(Ujfalusi and Varga, Phys. Rev. B 91, 184206 (2015); bars of M = 4 and 8 in that field cross at 18.3
here). Random phases leave no time-reversed path at all, and have it some percent higher. No published
value for them was at hand, so that W_c is held to 5 % of that of the field, which tells it from the
16.54 of no field; corrections at M = 4 to 8 move crossings by as much. nu is compared from five
sizes on, to 0.05 besides its own error. With fewer sizes nu is shown with its interval and not
compared, and so is Lambda_c always, which depends on the boundary conditions.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

CRITICAL, NU = 18.37, 1.443
NEAREST, FARTHEST = 16.5, 21.0  # strengths that are fitted
SIZES = 5  # so many show the irrelevant variable
SOURCE = "Slevin and Ohtsuki 2016; uniform field"
WHY = "fewer than five sizes do not separate the irrelevant variable"
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
    gamma = estimate.mean(at.exponent)
    return {"gamma": gamma, "ratio": 1 / (gamma * at.width)}


@qt.together("disorder", "width")
def scaling(at):
    """Fit all points at once."""
    W, M = at.grid("disorder", "width")
    near = (W >= NEAREST) & (W <= FARTHEST)
    return estimate.transition_numbers(W, M, at["ratio"], ORDERS, near)


@qt.together("disorder", "width")
def expect(at):
    """State what much wider bars give."""
    shows = len(at.width) >= SIZES
    return {
        "critical": qt.Expected(CRITICAL, 0.05 * CRITICAL),
        "nu": qt.Expected(NU, 0.05, shows, WHY),
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
        slices=qt.Constant(slices, least=1),
        realizations=pieces,
        note=note,
    )


def planned_error(sweep):
    """State the error of Lambda: ln of a bar's wave scatters by sqrt(L / xi) of itself."""
    widest = max(axis.values for axis in sweep.axes if axis.name == "width")[-1]
    error = np.sqrt(0.46 * widest / (sweep.constants["slices"] * sweep.largest_count))
    return f"Λ to {100 * error:.2g} %"


workflow = qt.Workflow(
    name="transition_unitary_3d",
    title="The Anderson transition without time reversal",
    summary="Lyapunov exponents of bars with random phases: W_c and ν of the unitary class.",
    presets={
        "quick": preset((4, 6, 8), 2000, 72, 9, "Λ to 0.6 %, ν to 5 %; half a minute"),
        "standard": preset((4, 6, 8, 10), 4000, 200, 13, "Λ to 0.27 %, ν to 3 %; half an hour"),
        "paper": preset((4, 6, 8, 10, 12), 8000, 800, 16, "Λ to 0.1 %, ν to 1 %; eight core hours"),
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
        qt.Line("ratio", "disorder", colour="width", marker="width", line="fitted"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log"),
    ),
    planned_error=planned_error,
)
