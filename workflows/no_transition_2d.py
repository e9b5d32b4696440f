"""No transition in two dimensions: states localize at any disorder, on one curve for all.

Question. Is there a disorder below which the states of a square lattice reach through samples of any
size? How far do they reach, and how does the conductance flow with the size?

Model. Square lattice, periodic across, box disorder of full width W, near the band centre. The
smallest Lyapunov exponent gamma of strips of M sites gives Lambda = 1 / (gamma M); a strip is cut into
pieces that have forgotten their start. With every piece come eight squares of M × M sites between
leads, and their mean ln g.

Theory. One-parameter scaling (Abrahams et al., Phys. Rev. Lett. 42, 673 (1979); MacKinnon and
Kramer, Phys. Rev. Lett. 47, 1546 (1981)): ln Lambda is one function of ln(M / xi), which falls at every
W, and xi(W) is the localization length of the plane. d ln Lambda / d ln M lies between 0 and -1. Of good
conductors Lambda is the conductance of a square in e²/h per spin, and falls by 1/pi per ln M (weak
localization); of localized ones Lambda = xi / M, ln g falls by 2/xi per site, and beta is a straight
line in ln g of slope 1. Between ideal leads 1/g holds their contact resistance 1/N, which lets g of small
squares grow; beta(g) is that of 1 / (1/g - 1/N), from 8 sites on, where squares are longer than l.

Tolerances. The reference for Lambda at M = 8 has an error of 0.0023, and is for E = 0; Lambda is even in E,
so that it holds up to 0.1 t. The straight
line in ln g bends by a power L^(1/3) (Prior, Somoza and Ortuno 2005), which moves xi of squares of a few
xi by 20 %. The common curve and weak localization leave out strips below 8 sites, and corrections that
fall with M: 0.1 in the loss of Lambda. beta(g) of good conductors from 12 sites on is -1/(pi g) to 35 %: so far apart are
slopes of squares of 12 to 48 sites in an independent program, as contacts and the scatter of ln g (0.19/g² of it) still
count. Its row (`quick`: 56 %) fails for a conductance that does not fall, and for one that falls twice as fast. For small g
beta is -2 L / xi, which the row of xi holds. Errors of 0.2 % see them in the common curve (chi² is 26, 6 and
4 sigma too large from M = 4, 8 and 12 on), so that chi² is compared only where errors are above 0.3 %, by
the number of slices. Where the rest is compared follows from W, near the band centre: weak localization up
to 4.5 t, squares from two xi on.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate

REFERENCE, AT_STRENGTH, AT_WIDTH = 0.9623, 6.0, 8  # of an independent program
AT_ENERGY = 0.1  # t, up to which it holds; it was computed at E = 0
NARROWEST, WIDE = 8, 12  # sites; strips of the common curve, and squares whose β(g) is compared
OPEN = 0.35  # of β(g): what squares of 12 to 48 sites leave open
GROUP = 8  # squares with each piece: the solver carries eight together
COARSE = 0.003  # relative error of Lambda that hides corrections of narrow strips
METAL = 4.5  # t, strength up to which strips of 8 to 128 sites are good conductors: Lambda > 0.7
DEEP = 2.0  # sizes of squares in xi from which ln g is compared
XI = ((5, 130), (6, 42), (7, 20), (8, 12), (10, 6), (12, 3.6), (15, 2.3))  # W (t), about xi (sites)
SCALING = "Abrahams et al. 1979"
TO = ("pair",)  # of neighbouring widths

QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "smallest Lyapunov exponent", "γ"),
    qt.Quantity("ratio", (), "", "localization length over M", "Λ", "transfer matrices"),
    qt.Quantity("ln_typical", (), "", "mean of ln g of squares", "⟨ln g⟩"),
    qt.Quantity("slope", TO, "", "d ln Λ / d ln M, below 0", "largest d ln Λ/d ln M", SCALING, "worst"),
    qt.Quantity("steepest", TO, "", "d ln Λ / d ln M, above −1", "smallest d ln Λ/d ln M", SCALING, "worst"),
    qt.Quantity("loss", TO, "", "dΛ/d ln M", "dΛ/d ln M", "weak localization", "mean"),
    qt.Quantity("middle", TO, "", "Λ between neighbouring sizes", "Λ"),
    qt.Quantity("beta", TO, "", "d ln g / d ln L of typical squares without their contacts", "β(g)",
                "weak localization, −1/(π g)", "mean"),
    qt.Quantity("typical", TO, "e²/h per spin", "typical conductance of squares without contacts", "g"),
    qt.Quantity("xi", ("disorder",), "sites", "localization length of the plane", "ξ"),
    qt.Quantity("xi_ratio", ("disorder",), "", "ξ of squares over ξ of strips", "ξ(g)/ξ", SCALING,
                "worst"),
    qt.Quantity("over_xi", ("disorder", "width"), "", "width of a strip over ξ", "M/ξ"),
    qt.Quantity("common", ("disorder", "width"), "", "common curve", "fit"),
    qt.Quantity("excess", (), "", "χ² above that of one curve, in σ", "χ²", "normal"),
)  # fmt: skip


def solve(point, realizations):
    """Return the smallest Lyapunov exponent of each piece, and the mean ln g of its squares."""
    strip = qt.Wire(qt.Square(point.width, periodic=True), qt.Box(point.disorder))
    found = qt.observe.lyapunov(
        strip, point.energy, point.slices, realizations, point.seed, skip="forgotten"
    )
    numbers = (GROUP * np.array(realizations)[:, None] + np.arange(GROUP)).ravel()
    ln_g = qt.ln_conductance(strip, point.energy, [point.width], numbers.tolist(), point.seed)
    return {"exponent": found.smallest, "ln_g": ln_g.reshape(-1, GROUP).mean(axis=1)}


def cost(point):
    """Return what a piece costs, in microseconds of a core, as measured from M = 8 to 64."""
    return point.slices * (0.08 + 0.0008 * point.width**2)


def realizations(point, count):
    """Return the pieces of a strip: `count` for the widest of a preset, in groups of eight."""
    return 8 * max(2, round(count * point.width / (8 * point.widest)))


def measure(at):
    """Average over pieces."""
    found = estimate.localization_ratio(at.exponent, at.width)
    return {**found, "ln_typical": estimate.mean(at.ln_g)}


@qt.together("width")
def flow(at):
    """Say how Λ and the conductance of squares change from one size to the next."""
    middle, slope = estimate.logarithmic_slope(at.width, at["ratio"])
    channels = [
        (np.abs(at.energy - 2 * np.cos(2 * np.pi * np.arange(M) / M)) < 2).sum() for M in at.width
    ]
    inside = 1 / (np.exp(-at["ln_typical"]) - 1 / np.array(channels))
    inside = inside.where(at.width >= NARROWEST)
    typical, beta = estimate.logarithmic_slope(at.width, inside)
    return {
        "slope": slope,
        "steepest": slope,
        "middle": middle,
        "loss": slope * middle,
        "beta": beta,
        "typical": typical,
    }


@qt.together("disorder", "width")
def scaling(at):
    """Shift the curves of all strengths on one another."""
    M = np.asarray(at.width, dtype=float)
    ln_ratio = np.log(at["ratio"])
    found = estimate.fit_common_curve(M, ln_ratio.where(M >= NARROWEST))
    shifted = np.log(M) - found.relative.values[:, None]
    sizes, ln_g = M[-2:], at["ln_typical"][:, -2:]
    fall = (ln_g[:, 0] - ln_g[:, 1]) / (sizes[1] - sizes[0])
    return {
        "xi": found.lengths,
        "xi_ratio": 2 / fall / found.lengths,
        "over_xi": M / found.lengths[:, None],
        "common": np.where(M >= NARROWEST, np.exp(found.value(shifted)), np.nan),
        "excess": found.fit.excess,
    }


def expect(at):
    """Say what an independent program found."""
    is_there = (at.disorder, at.width) == (AT_STRENGTH, AT_WIDTH) and abs(at.energy) <= AT_ENERGY
    return {"ratio": qt.Expected(REFERENCE, 0.005, is_there, "no reference is known there")}


@qt.together("width")
def expect_flow(at):
    """State the bounds of the flow, and weak localization in good conductors."""
    is_good = at.disorder <= METAL and abs(at.energy) <= AT_ENERGY
    is_metal = is_good & (at.width[:-1] >= NARROWEST)
    law = np.where(is_metal, -1 / np.pi, np.nan)
    is_wide = is_good & (at.width[:-1] >= WIDE)
    beta = (-1 / np.pi / at["typical"]).where(is_metal)
    return {
        "slope": qt.Expected(-1.0, 1.0),
        "steepest": qt.Expected(0.0, 1.0),
        "loss": qt.Expected(law, 0.1, is_metal, "a narrow strip, or no good conductor"),
        "beta": qt.Expected(
            beta, OPEN * abs(beta.values), is_wide, "a small square, or no good conductor"
        ),
    }


@qt.together("disorder", "width")
def expect_scaling(at):
    """Say that strips and squares have one localization length, and one curve."""
    strengths, lengths = np.array(XI).T
    xi = np.interp(at.disorder, strengths, lengths, left=np.inf)
    is_deep = (at.width[-2] >= DEEP * xi) & (abs(at.energy) <= AT_ENERGY)
    is_coarse = np.sqrt(0.9 * at.widest / (at.slices * at.realizations)) > COARSE
    return {
        "xi_ratio": qt.Expected(1.0, 0.2, is_deep, "squares shorter than 2 ξ"),
        "excess": qt.Expected(0.0, 0.0, is_coarse, "errors show corrections of narrow strips"),
    }


def preset(width, disorder, slices, pieces, note):
    """Return a preset near the band centre; `pieces` are those of the widest strips."""
    return qt.Preset(
        disorder=disorder,
        width=qt.Axis(width, units="sites", long_name="sites around", whole=True, least=3),
        energy=(0.1,),
        slices=qt.Constant(slices, least=16),
        widest=qt.Constant(max(width), least=1),
        realizations=pieces,
        note=note,
    )


def planned_error(sweep):
    """State the error of Lambda where it is 1: ln of a wave scatters by sqrt(L / xi) of itself."""
    return f"{qt.planned_ratio(sweep, 0.9)} where it is 1"


workflow = qt.Workflow(
    name="no_transition_2d",
    title="No transition in two dimensions",
    summary="Lyapunov exponents of strips and conductances of squares: one curve, ξ(W), β(g).",
    presets={
        "quick": preset((4, 8, 12, 16, 24, 32), (4, 4.5, 5, 5.5, 6, 7, 8, 10, 12, 15), 8192, 96,
                        "Λ to 0.6 %; half a minute"),
        "standard": preset((4, 8, 12, 16, 24, 32, 48, 64), (3.5, 4, 4.5, 5, 6, 7, 8, 10, 12, 15), 16384, 240,
                           "Λ to 0.4 %; ten minutes"),
        "paper": preset((8, 12, 16, 24, 32, 48, 64, 96, 128), (3, 3.5, 4, 4.5, 5, 6, 7, 8, 10, 12, 15), 65536, 1600,
                        "Λ to 0.1 %; for a cluster"),
    },
    solve=solve,
    variables=(
        qt.Variable("exponent", units="1/sites", long_name="Lyapunov exponent of a piece"),
        qt.Variable("ln_g", long_name="mean of ln g of eight squares"),
    ),
    dimensions={"pair": qt.neighbours("width")},
    cost=cost,
    realizations=realizations,
    requires={"width": 3, "disorder": 3},
    quantities=QUANTITIES,
    measure=(measure, flow, scaling),
    expect=(expect, expect_flow, expect_scaling),
    panels=(
        qt.Line("ratio", "width", colour="disorder", join=True, theory=False,
                xscale="log", yscale="log", labels={"x": "M  (sites)"}),
        qt.Line("ratio", "over_xi", colour="disorder", theory=False,
                xscale="log", yscale="log"),
        qt.Line("xi", "disorder", yscale="log"),
        qt.Line("loss", "middle", colour="disorder", xscale="log"),
        qt.Line("beta", "typical", colour="disorder", xscale="log", inset_at=(0.66, 0.2, 0.32, 0.32),
                inset=qt.Line("beta", "typical", colour="disorder", xlim=(0.5, 2), ylim=(-1, 0))),
    ),
    planned_error=planned_error,
)  # fmt: skip
