"""The transition of two-dimensional systems with spin–orbit coupling, from Lyapunov exponents.

Question. Without spin–orbit coupling two dimensions have no metal. At which disorder does the metal
end that they have with it, and with which exponent?

Model. Strips of M sites, periodic across, box disorder of full width W. `coupling` 0: bonds turn the
spin by independent random SU(2) matrices, E = 1. `coupling` 1: Ando's bonds, which all turn it by
the same angle (V_2 = 1/2), E = 0. The smallest Lyapunov exponent gamma gives Lambda = 1 / (gamma M). A
strip is cut into independent pieces that have forgotten their start.

Theory. ln Lambda = F(u M^(1/nu), v M^y), fitted at once to all points of a coupling; W_c,
nu and Lambda_c are averages over expansions (decision 46). SU(2): W_c = 5.95,
nu = 2.73(2), Lambda_c = 1.843, without corrections to be seen (Asada, Slevin and Ohtsuki, Phys. Rev. Lett.
89, 256601 (2002); Phys. Rev. B 70, 035115 (2004)). Ando: W_c = 5.838, nu of about 2.75, the same Lambda_c.
Strips of M = 4 have some: with them nu came out 2.57(4), and with M >= 8 2.70(5). Fits begin at M = 8.

Tolerances. W_c of SU(2) is known to 0.01; Ando's bonds are all alike, and
strips need M >= 8 until Lambda scales; crossings still move by 5 % up to M = 16, by 2 % up to M = 32. Lambda_c follows, times the slope
d ln Lambda / d ln W at M = 16, about 2. nu of SU(2) is compared to 0.1 where five sizes up to M = 32 are there,
elsewhere to 15 %, as in bars of three dimensions; that of Ando's bonds is shown with its interval.
"""

from typing import NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate


class Coupling(NamedTuple):
    """A case of the axis `coupling`."""

    energy: float  # t
    angle: float  # of Ando's bonds, radians; 0 for random SU(2) bonds
    known: float  # published W_c, t


COUPLINGS = (Coupling(1.0, 0.0, 5.95), Coupling(0.0, np.pi / 6, 5.838))
NARROWEST = 8  # sites; strips that are fitted
NU, RATIO = 2.73, 1.843
SIZES, WIDE = 5, 32  # so many, up to that width, suffice for nu
SOURCE = "Asada et al. 2002, 2004"
WHY = "correlated bonds need much wider strips"
ORDERS = tuple(
    estimate.ScalingOrders(n_R, n_I, m_R, 0)
    for n_I in (0, 1)
    for n_R in (1, 2, 3)
    for m_R in (1, 2)
)

QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "smallest Lyapunov exponent", "γ"),
    qt.Quantity("ratio", (), "", "localization length over M", "Λ"),
    *qt.transition_quantities("disorder", "width", SOURCE),
)


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each piece of a strip."""
    box = qt.Box(point.disorder)
    disorder = box if point.angle else (box, qt.RandomSU2())
    terms = (qt.Ando(point.angle),) if point.angle else ()
    strip = qt.Wire(qt.Square(point.width, periodic=True), disorder, terms=terms)
    found = qt.observe.lyapunov(
        strip, point.energy, point.slices, realizations, point.seed, skip="forgotten"
    )
    return {"exponent": found.smallest}


def cost(point):
    """Return what a piece costs, in microseconds of a core, as measured from M = 4 to 32."""
    M = point.width
    return point.slices * (0.012 * M**2.1 if point.angle else 0.2 + 0.008 * M**2)


def realizations(point, count):
    """Return the pieces of a strip: `count` for M = 32, in groups of eight."""
    return 8 * max(1, round(count * point.width / 256))


def measure(at):
    """Average over pieces."""
    return estimate.localization_ratio(at.exponent, at.width)


@qt.together("disorder", "width")
def scaling(at):
    """Fit all points of a coupling at once."""
    W, M = at.grid("disorder", "width")
    wide = NARROWEST <= M
    return estimate.transition_numbers(W, M, at["ratio"], ORDERS, wide, irrelevant_from=SIZES)


@qt.together("disorder", "width")
def expect(at):
    """State what wide strips give."""
    is_wide = at.width.max() >= WIDE
    shift = (0.02 if is_wide else 0.05) * at.known
    if not at.angle:
        shift = 0.05 if is_wide else 0.1
    suffices = is_wide and len(at.width) >= SIZES
    return {
        "critical": qt.Expected(at.known, shift),
        "ratio_c": qt.Expected(RATIO, 2 * RATIO * shift / at.known),
        "nu": qt.Expected(NU, 0.1 if suffices else 0.15 * NU, not at.angle, WHY),
        "excess": qt.Expected(0.0),
    }


def preset(width, slices, pieces, strengths, note):
    """Return a preset of both couplings; `pieces` are those of strips with M = 32."""
    return qt.Preset(
        coupling=qt.Cases(COUPLINGS, long_name="coupling (0 SU(2), 1 Ando)"),
        disorder=qt.Axis(
            f"5:6.8:{strengths}", units="t", long_name="full width W of the box", least=0
        ),
        width=width,
        slices=qt.Constant(slices, least=16),
        realizations=pieces,
        note=note,
    )


def validate(preset):
    """Refuse a sweep of which too few strips are fitted."""
    wide = np.array(preset.width) >= NARROWEST
    near = np.tile(wide, (len(preset.disorder), 1))
    estimate.refuse_few_fitted(near, f"strips of {NARROWEST} sites or more")


def planned_error(sweep):
    """State the error of Lambda: ln of a strip's wave scatters by sqrt(L / xi) of itself."""
    return qt.planned_ratio(sweep, 2.0)


workflow = qt.Workflow(
    name="transition_symplectic",
    title="The symplectic transition in two dimensions",
    summary="Lyapunov exponents of strips with spin–orbit coupling: W_c and ν of two models.",
    presets={
        "quick": preset((8, 12, 16), 3000, 400, 7, "Λ to 0.7 %; a minute"),
        "standard": preset((8, 12, 16, 24, 32), 4000, 800, 10, "Λ to 0.45 %; half an hour"),
        "paper": preset((8, 12, 16, 32, 48, 64), 8000, 4000, 13, "Λ to 0.2 %; for a cluster"),
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
                at={"coupling": 0}, note="random SU(2) bonds: W_c = {critical}, ν = {nu}"),
        qt.Line("ratio", "disorder", colour="width", marker="width", line="fitted",
                at={"coupling": 1}, note="Ando's bonds: W_c = {critical}, ν = {nu}"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log", at={"coupling": 0},
                note="random SU(2) bonds"),
        qt.Line("corrected", "shift", colour="width", marker="width", yscale="log", at={"coupling": 1},
                note="Ando's bonds"),
    ),
    planned_error=planned_error,
    validate=validate,
)  # fmt: skip
