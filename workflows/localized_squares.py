"""Conductance of localized squares between point contacts: the laws of Tracy and Widom.

Question. How do the fluctuations of ln g grow with the size of a localized square, and which law do
they follow?

Model. L × L sites of the square lattice, hard walls, box disorder of full width W. The contacts are
clean chains, which continue one site each: two opposite corners. Between corners there are as many
shortest paths as ways to order L - 1 steps up and L - 1 steps ahead. Between the middles of two edges
there is one, which few others compete with at strong disorder.

Theory. A current through a localized square follows the best of many paths, as a directed polymer
in a random potential does: ln g = c - 2 d / xi + a L^(1/3) chi, where d = √2 (L - 1) is the distance
of the contacts. Between two points chi has the law of Tracy and Widom of complex matrices (GUE): variance
as L^(2/3), skewness 0.2241, excess kurtosis 0.0934 (Somoza, Ortuño and Prior, PRL 99, 116602 (2007);
Prior, Somoza and Ortuño, Eur. Phys. J. B 70, 513 (2009)). Other contacts have other members of the
class: GSE on the edge of a half plane (Somoza, Le Doussal and Ortuño, PRB 91, 155413 (2015)); real
matrices (GOE) would have 0.2935. Nothing is asserted for wide leads.

Corrections. Cumulants of fluctuations of this class are a_n L^(n/3) (1 + b_n L^(-2/3)) (Ferrari and Frings,
J. Stat. Phys. 144, 1123 (2011)), so that a bare power is not asymptotic at these sizes: the variance
has a constant, and the bare exponent, which is shown, is too large. The exponent is fitted with and
without a constant, and compared with one. The skewness and the kurtosis of the limit are
a_3 / a_2^(3/2) and a_4 / a_2^2 of such fits, and chi² says whether the form holds. Squares whose contacts are
14 xi apart and more are fitted.

Power. With 100,000 samples of each size (`standard`) the exponent is known to 0.020 and the skewness of the
limit to 0.008: exponents of 0.60 and 0.75 are three and four errors away from 2/3, 1/2 and 1 are eight and
sixteen, and GOE is eight from GUE.

W = 64. Two corrections to the skewness have opposite signs. Where shortest paths alone count, as for W
without limit, it comes down to its limit from above (0.32 between 16 × 16 sites). Paths that return cut off
what single sites near resonance contribute, and weaker disorder comes up from below: 0.14 for 16 × 16 and 0.18
for 64 × 64 at W = 24, 0.08 and more at W = 16, where xi is 1.7 sites. In pilots with other seeds
and up to 40,000 samples both nearly cancelled at W = 64, and the variance was a constant and L^(2/3) for
every W from 16 on.
"""

from functools import cache

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.tracy_widom import tracy_widom, tracy_widom_density, tracy_widom_shape

DEEP, DEEP_SIZES = 14.0, 4  # least distance of the contacts over xi in a fit, and squares in it
XI = (
    (8, 10, 12, 16, 24, 40, 64, 100),
    (11.0, 5.5, 3.3, 1.7, 1.02, 0.62, 0.45, 0.35),
)  # W (t), about xi (sites)
SOURCE = "Prior, Somoza, Ortuño 2009; GUE"
BINS = qt.Bins(np.linspace(-6.0, 3.0, 37), long_name="ln g in units of the law", symbol="χ")

QUANTITIES = (
    qt.Quantity("fall", (), "", "mean of −ln g", "−⟨ln g⟩"),
    qt.Quantity("xi", (), "sites", "localization length", "ξ"),
    qt.Quantity("length_over_xi", ("size",), "", "distance of the contacts over localization length", "d / ξ"),
    qt.Quantity("variance", (), "", "variance of ln g", "var ln g"),
    qt.Quantity("skew", (), "", "skewness of ln g", "skewness"),
    qt.Quantity("excess_kurtosis", (), "", "excess kurtosis of ln g", "kurtosis"),
    qt.Quantity("exponent", (), "", "exponent of var ln g, with a constant", "p (c + a L^p)", "2/3",
                interval="exponent_ends"),
    qt.Quantity("exponent_ends", ("end",), "", "its 95 % interval", "p"),
    qt.Quantity("bare_exponent", (), "", "exponent of var ln g, without a constant", "p (a L^p)",
                interval="bare_ends"),
    qt.Quantity("bare_ends", ("end",), "", "its 95 % interval", "p"),
    qt.Quantity("bare_excess", (), "", "χ² of the bare power above that of a right law, in σ",
                "χ² (a L^p)"),
    qt.Quantity("excess", (), "", "χ² of 2/3 and a constant above that of a right law, in σ", "χ² (c + a L^{2/3})",
                "normal"),
    qt.Quantity("third_excess", (), "", "χ² of the third cumulant above that of a right law, in σ",
                "χ² of κ₃", "normal"),
    qt.Quantity("fitted", ("size",), "", "constant and L^(2/3), fitted", "c + a L^{2/3}"),
    qt.Quantity("limit_skew", (), "", "skewness for large L", "skewness, limit", SOURCE),
    qt.Quantity("limit_kurtosis", (), "", "excess kurtosis for large L", "kurtosis, limit",
                SOURCE),
    qt.Quantity("density", ("chi",), "", "density of ln g in units of the law", "P(χ)", SOURCE,
                "none"),
    qt.Quantity("away", ("beta",), "", "squared distance from the law, of the largest", "ω²"),
)  # fmt: skip


def wire(point):
    """Return a square between chains at two opposite corners."""
    chains = {"lead_lattice": qt.Chain(), "lead_offset": 0, "right_lead_offset": 1 - point.size}
    return qt.Wire(qt.Square(point.size), qt.Box(point.disorder), **chains)


def distance(size):
    """Return how far two opposite corners are apart, in lattice constants."""
    return np.sqrt(2) * (size - 1)


def lengths(points):
    """Give every point the length of its square."""
    found = sorted({point.size for point in points})
    places = [found.index(point.size) for point in points]
    return found, [(place, place + 1) for place in places]


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    return 0.03 + 4e-6 * point.size**3 * (1 + (point.size / 40) ** 2)


def measure(at):
    """Find the moments of ln g."""
    ln_g = at.ln_g[:, 0]
    shape = {"skew": estimate.skewness(ln_g), "excess_kurtosis": estimate.kurtosis(ln_g)}
    return {"fall": -estimate.mean(ln_g), "variance": estimate.variance(ln_g), **shape}


@qt.together("size")
def growth(at):
    """Fit how mean, variance and higher cumulants grow with the size."""
    L, fall, variance = at.size.astype(float), at["fall"], at["variance"]
    d = distance(L)
    xi = 2 / estimate.fit_line(d[-3:], fall[-3:]).coefficients[1]
    found = {"xi": xi, "length_over_xi": d / xi}
    if not float(xi) > 0:
        raise qt.Missing("ln g does not fall with the size: nothing is localized; add disorder")
    deep = DEEP * float(xi) <= d
    if deep.sum() < DEEP_SIZES:
        raise qt.Missing(
            f"fewer than four squares with contacts {DEEP * float(xi):.0f} sites apart and more; add larger ones"
        )
    law = estimate.fit_power(L[deep], variance[deep], constant=True)
    bare = estimate.fit_power(L[deep], variance[deep])
    cumulants = ((2, variance), (3, at["skew"] * variance**1.5))
    second, third = (grown(L[deep], one[deep], n) for n, one in cumulants)
    rate, constant = second.coefficients
    return found | {
        "exponent": law.exponent,
        "exponent_ends": ends(law.exponent),
        "bare_exponent": bare.exponent,
        "bare_ends": ends(bare.exponent),
        "bare_excess": bare.fit.excess,
        "excess": second.excess,
        "third_excess": third.excess,
        "fitted": np.where(deep, float(constant) + float(rate) * L ** (2 / 3), np.nan),
        "limit_skew": third.coefficients[0] / rate**1.5,
        "limit_kurtosis": estimate.attempt(kurtosis_of_limit, at, deep, rate),
    }


def kurtosis_of_limit(at, deep, rate):
    """Return the excess kurtosis of large squares; it needs more samples than all else."""
    fourth = (at["excess_kurtosis"] * at["variance"] ** 2)[deep]
    return grown(at.size[deep].astype(float), fourth, 4).coefficients[0] / rate**2


def grown(L, cumulant, order):
    """Fit a cumulant by a L^(n/3) + b L^((n - 2)/3); sizes are independent of each other."""
    powers = L[:, None] ** (np.array([order, order - 2]) / 3)
    return estimate.fit(lambda p: powers @ p, cumulant, (1.0, 0.0), slope=lambda _: powers)


def ends(number):
    """Return the ends of a 95 % interval."""
    return float(number) + 1.96 * float(number.error) * np.array([-1.0, 1.0])


def law(at):
    """Compare ln g, in units in which mean and variance are those of the law, with its members."""
    ln_g = at.ln_g[:, 0]
    z = (ln_g + float(at["fall"])) / np.sqrt(float(at["variance"]))
    chi = tracy_widom_shape(2).mean + np.sqrt(tracy_widom_shape(2).variance) * z
    away = [estimate.compare_with_law(z, standard(beta)).squared for beta in BETAS.values]
    return {"density": estimate.histogram(chi, BINS.edges), "away": estimate.stack(away)}


@cache
def standard(beta):
    """Return the distribution function of a member with the mean 0 and the variance 1."""
    from scipy.interpolate import PchipInterpolator  # a list of workflows loads no SciPy
    from scipy.special import ndtr

    if not beta:
        return ndtr
    shape = tracy_widom_shape(beta)
    grid = np.linspace(-8, 10, 145)  # each place takes determinants; between them right to 1e-6
    heights = tracy_widom(shape.mean + np.sqrt(shape.variance) * grid, beta)
    return PchipInterpolator(grid, np.clip(heights, 0, 1))


BETAS = qt.Axis((0, 1, 2, 4), whole=True, long_name="0 normal, 1 GOE, 2 GUE, 4 GSE")


@qt.together("size")
def expect(_):
    """Say the exponent of the class, and the shape of its member for two points."""
    return {
        "exponent": qt.Expected(2 / 3),
        "excess": qt.Expected(0.0),
        "third_excess": qt.Expected(0.0),
        "limit_skew": qt.Expected(tracy_widom_shape(2).skewness),
        "limit_kurtosis": qt.Expected(tracy_widom_shape(2).excess_kurtosis),
    }


def expect_law(_):
    """Say the density of the law."""
    return {"density": tracy_widom_density(BINS.centres, 2)}


def preset(size, realizations, note):
    """Return a preset of squares of one strength of disorder."""
    axis = qt.Axis(size, units="sites", long_name="edge of the square", whole=True, least=5)
    where = {"disorder": (64.0,), "energy": (0.1,), "tolerance": 1e-4}
    return qt.Preset(size=axis, realizations=realizations, note=note, **where)


def validate(preset):
    """Refuse sizes of which too few are long enough, by what is about known of xi."""
    for W in preset.disorder:
        xi = np.exp(np.interp(W, XI[0], np.log(XI[1])))
        deep = 1 + DEEP * xi / np.sqrt(2)
        if sum(size >= deep for size in preset.size) < DEEP_SIZES:
            raise qt.InputError(
                f"at W = {W:g} t squares are fitted from about {deep:.0f} sites on (contacts {DEEP:g} ξ apart), and the fits need "
                f"{DEEP_SIZES} such sizes, got {preset.size}: add larger ones (--set size=), or disorder"
            )


def planned_error(sweep):
    """State the error of the skewness, that of a normal law."""
    return f"skewness to {np.sqrt(6 / sweep.largest_count):.2g}, var ln g to {100 * np.sqrt(2 / sweep.largest_count):.2g} %"


workflow = qt.Workflow(
    name="localized_squares",
    title="Localized squares between point contacts",
    summary="Growth of the fluctuations of ln g with size, and their law: Tracy and Widom.",
    presets={
        "quick": preset((8, 12, 16, 24, 32, 48), 40_000, "skewness to 0.015; half a minute on two cores"),
        "standard": preset((16, 24, 32, 48, 64, 80), 100_000, "skewness to 0.008; ten minutes"),
        "paper": preset((24, 32, 48, 64, 80, 96, 128), 1_000_000, "skewness to 0.003; a cluster"),
    },
    wire=wire, observables=("ln_g",), cost=cost,
    lengths=lengths, fixed_lengths=True, validate=validate,
    dimensions={"chi": BINS, "end": 2, "beta": BETAS}, requires={"size": 4}, fewest=4000,
    quantities=QUANTITIES, measure=(measure, growth, law), expect=(expect, expect_law),
    panels=(
        qt.Line("variance", "size", line="fitted", xscale="log", yscale="log"),
        qt.Line("skew", "length_over_xi", guides={"GUE": 0.2241, "GOE": 0.2935}),
        qt.Steps("density", at={"size": "last"}, yscale="log"),
    ),
    planned_error=planned_error,
)  # fmt: skip
