"""The distribution of g and of ln g, from metal to insulator: chains, wires, and critical cubes.

Question. What becomes of the normal g of a metal when it localizes, and at the Anderson transition?

Model. A chain and a strip of square lattice, box disorder, clean leads of the same width, at lengths
from far below to far above xi; cubes of the cubic lattice, periodic across, at W_c = 16.54, E = 0.

Theory. One channel: Abrikosov's distribution at every length (Solid State Commun. 37, 997 (1981)). A wire of
many channels has a normal g with the moments of DMPK where L << xi, and a normal ln g where L >> xi, whose
variance grows by 2 for each 1 by which its mean falls. In between a single channel carries the
current, g > 1 takes a second one, and P(g) has a kink at g = 1 (Muttalib and Wölfle, PRL 83, 3013 (1999)).
At the transition of cubes the distribution is the same for all large sizes (Slevin, Markos and Ohtsuki,
PRL 86, 3594 (2001)); what is left at small ones dies as L^y, y = -2.8(5) (PRL 82, 382 (1999)).

What is compared. Chain: all of the distribution, by Anderson and Darling. Kink: the slope of ln P
just below g = 1, less that just above, in windows of two sizes; a bent curve without a kink has half of it in
windows half as large, a kink has the same. Where L = xi; in shorter wires several channels are open, in
longer ones P falls within the smaller window. Half of the way to a smooth curve, 0.25, is allowed.
Log-normal: var ln g against <ln g> between 4 and 6 xi (1.98 for one channel), to 1/kl = 3 %. Cubes: how much more slowly <ln g> moves with ln L between the two largest sizes
than between the two before them, with 2 errors of y. In a metal or an insulator this ratio is near 1 or above.

Squares have a definition of their own, `localized_squares`, with other contacts, sizes and fits.
"""

import itertools

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.dmpk import conductance_moments
from qtcore.theory.localized import ln_g_density
from qtcore.theory.one_channel import ln_transmission_distribution, ln_transmission_variance

CRITICAL, IRRELEVANT, UNKNOWN = 16.54, -2.8, 1.0  # W_c in t, y, and two of its errors
PARTS = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0)  # lengths over xi
HALF = 0.2  # half of the larger window of the kink
G_BINS = qt.Bins(np.linspace(0, 3, 61), symbol="g", long_name="conductance, e²/h per spin")
LN_BINS = qt.Bins(np.linspace(-22, 2, 49), symbol="ln g", long_name="ln g")
CHAIN = {"kind": "chain", "edge": 1, "disorder": 0.15, "energy": 0.6}
WIRE = {"kind": "wire", "edge": 9, "disorder": 1.6, "energy": 0.94}  # channels least unequal
EMPTY = "too few samples: a window of P(g) beside g = 1 is empty"
KNOWN = 100_000  # samples of the chain: more would see that l = 12 (4 - E²) / W² leaves out 0.1 %

QUANTITIES = (
    qt.Quantity("length_over_xi", ("length",), "", "length over localization length", "L / ξ"),
    qt.Quantity("g", ("length",), "e²/h per spin", "mean conductance", "⟨g⟩"),
    qt.Quantity("fall", ("length",), "", "mean of −ln g", "−⟨ln g⟩"),
    qt.Quantity("variance", ("length",), "", "variance of ln g", "var ln g"),
    qt.Quantity("away", ("length",), "", "distance from the law, in σ", "A²", "Abrikosov 1981"),
    qt.Quantity("growth", (), "", "var ln g against −⟨ln g⟩", "d var/d⟨−ln g⟩", "one parameter"),
    qt.Quantity("kink", ("length",), "", "change of the slope of ln P at g = 1", "kink"),
    qt.Quantity("sharpness", ("length",), "", "kink in half the window over kink", "kink(h/2)/kink(h)",
                "Muttalib, Wölfle 1999"),
    qt.Quantity("density", ("length", "conductance"), "", "density of g", "P(g)", "DMPK", "none"),
    qt.Quantity("ln_density", ("length", "logarithm"), "", "density of ln g", "P(ln g)",
                "Abrikosov; log-normal", "none"),
    qt.Quantity("cube_density", ("conductance",), "", "density of g of cubes", "P(g)"),
    qt.Quantity("cube_ln_density", ("logarithm",), "", "density of ln g of cubes", "P(ln g)"),
    qt.Quantity("typical", (), "", "mean of ln g of cubes", "⟨ln g⟩"),
    qt.Quantity("approach", (), "", "d⟨ln g⟩/d ln L of the last two sizes over that before",
                "drift", "Slevin and Ohtsuki 1999"),
)  # fmt: skip


def wire(point):
    """Return the wire that a sample is a piece of."""
    box = qt.Box(point.disorder)
    if point.kind == "cube":
        return qt.Wire(qt.Cubic(width=point.edge, height=point.edge, periodic=True), box)
    return qt.Wire(qt.Square(point.edge) if point.edge > 1 else qt.Chain(), box)


def xi_of(point):
    """Return the localization length and the channels of a chain or a wire, by the golden rule."""
    rates = qt.scattering_rates(qt.Square(point.edge), point.energy, point.disorder)
    return qt.localization_length(float(rates.channels), rates.mean_free_path, 1), rates.channels


def lengths(points):
    """Give cubes their edge, and wires lengths through the crossover."""
    wanted = [
        [p.edge] if p.kind == "cube" else [round(part * xi_of(p)[0]) for part in PARTS]
        for p in points
    ]
    grid = sorted({length for own in wanted for length in own})
    return grid, [(grid.index(own[0]), grid.index(own[-1]) + 1) for own in wanted]


def realizations(point, count):
    """Return `count`, and fewer for the chain, whose l is known to 0.1 %."""
    return min(count, KNOWN) if point.kind == "chain" else count


def measure(at):
    """Find moments and densities, the distance of a chain from its law, and the kink of a wire."""
    ln_g = at.ln_g
    if at.kind == "cube":
        return {
            "cube_density": estimate.histogram(np.exp(ln_g), G_BINS.edges),
            "cube_ln_density": estimate.histogram(ln_g, LN_BINS.edges),
            "typical": estimate.mean(ln_g[:, 0]),
            "kink": kinks(np.exp(ln_g), HALF / 2),
        }
    xi, _ = xi_of(at)
    each = [ln_g[:, n] for n in range(len(at.length))]
    found = {
        "length_over_xi": at.length / xi,
        "g": estimate.mean(np.exp(ln_g)),
        "fall": -estimate.mean(ln_g),
        "variance": estimate.variance(ln_g),
        "density": estimate.stack([estimate.histogram(np.exp(x), G_BINS.edges) for x in each]),
        "ln_density": estimate.stack([estimate.histogram(x, LN_BINS.edges) for x in each]),
    }
    if at.kind == "chain":
        away = [from_law(x, 2 * L / xi) for x, L in zip(each, at.length, strict=True)]
        return found | {"away": estimate.independent(np.array(away), 1.0)}
    fall, variance = found["fall"], found["variance"]
    wide, small = kinks(np.exp(ln_g), HALF), kinks(np.exp(ln_g), HALF / 2)
    return found | {
        "growth": (variance[-1] - variance[-2]) / (fall[-1] - fall[-2]),
        "kink": small,
        "sharpness": [x if np.isfinite(x) else qt.Missing(EMPTY) for x in small / wide],
    }


def from_law(ln_T, s):
    """Return the normal number that is as improbable as the distance from Abrikosov's law."""
    from scipy.special import ndtri  # a list of workflows loads no SciPy

    return -ndtri(estimate.compare_with_law(ln_T, lambda x: law_of(x, s)).anderson)


def law_of(ln_T, s):
    """Return Abrikosov's law; rounding may leave ln T a little above 0."""
    return ln_transmission_distribution(np.minimum(ln_T, 0.0), s)


def kinks(g, half):
    """Return the slope of ln P(g) below g = 1 less that above, (length,), in windows ±2 `half`."""
    edges = 1 + half * np.arange(-2, 3)
    bounds = itertools.pairwise(edges)
    P = [estimate.mean(np.where(np.isnan(g), np.nan, (g >= a) & (g < b))) for a, b in bounds]
    lg = [np.log(one.where(one.values > 0)) for one in P]
    return ((lg[1] - lg[0]) - (lg[3] - lg[2])) / half


def cubes(at):
    """Return places and edges of the three largest cubes."""
    places = np.flatnonzero(at.kind == "cube")
    last = places[np.argsort(at.edge[places])][-3:]
    if len(last) < 3:
        raise qt.Missing(f"three sizes of cubes show what dies with the size, got {len(last)}")
    return last, at.edge[last].astype(float)


@qt.together("sample")
def irrelevant(at):
    """Find how much more slowly <ln g> still moves at the larger cubes."""
    if "cube" not in at.kind:
        return {}
    places, edges = cubes(at)
    last, before = (at["typical"][places][n + 1] - at["typical"][places][n] for n in (1, 0))
    return {"approach": last / before * (np.log(edges[1] / edges[0]) / np.log(edges[2] / edges[1]))}


def expect(at):
    """Say the law of one channel, the kink and the variance of a wire, and its densities."""
    if at.kind == "cube":
        return {}
    xi, channels = xi_of(at)
    parts = at.length / xi
    if at.kind == "chain":
        law = [np.diff(law_of(LN_BINS.edges, 2 * part)) for part in parts]
        width = np.diff(LN_BINS.edges)
        return {"away": np.zeros(len(parts)), "ln_density": np.array(law) / width}
    metal, insulator = parts < 0.4, parts > 1.9
    # One parameter: the mean is measured, and the rest follows from it.
    g, fall = at["g"].values, at["fall"].values
    s = np.linspace(0, 4, 401)
    moments = conductance_moments(s, channels, 1)
    variance = np.interp(-g, -moments.mean, moments.variance)
    width = np.sqrt(np.maximum(variance, 1e-3))[:, None]
    normal = np.exp(-(((G_BINS.centres - g[:, None]) / width) ** 2) / 2) / (
        np.sqrt(2 * np.pi) * width
    )
    log_normal = np.array([ln_g_density(LN_BINS.centres, -mean) for mean in np.maximum(fall, 0.1)])
    near, far = 2 * PARTS[-2], 2 * PARTS[-1]
    growth = (ln_transmission_variance(far) - ln_transmission_variance(near)) / (far - near)
    why = "several channels are open, or P falls within the window"
    return {
        "growth": qt.Expected(growth, 0.03 * growth),
        "sharpness": qt.Expected(np.ones(len(parts)), 0.25, np.abs(parts - 1) < 0.05, why),
        "density": np.where(metal[:, None], normal, np.nan),
        "ln_density": np.where(insulator[:, None], log_normal, np.nan),
    }


@qt.together("sample")
def expect_irrelevant(at):
    """Say how the irrelevant variable dies between the middles of two pairs of sizes."""
    if "cube" not in at.kind:
        return {}
    farther = np.sqrt(cubes(at)[1][2] / cubes(at)[1][0])
    low, value, high = farther ** (IRRELEVANT + UNKNOWN * np.array([-1, 0, 1]))
    return {"approach": qt.Expected(value, max(high - value, value - low))}


def validate(preset):
    """Refuse samples of an unknown kind."""
    for kind, edge in zip(preset.kind, preset.edge, strict=True):
        if kind not in ("wire", "cube") and (kind, edge) != ("chain", 1):
            got = f"kind {kind!r} with edge {edge}"
            raise qt.InputError(f"a sample is a chain (of edge 1), a wire or a cube, got {got}")


def preset(edges, realizations, note):
    """Return a preset of the chain, the wire, and critical cubes."""
    same = {"kind": "cube", "disorder": CRITICAL, "energy": 0.0}
    cases = [CHAIN, WIRE, *({**same, "edge": edge} for edge in edges)]
    sample = qt.Cases(cases, long_name="number of the sample")
    return qt.Preset(sample=sample, realizations=realizations, note=note)


CHAINS, WIRES = ({"kind": kind, "sample": "first"} for kind in ("chain", "wire"))
CUBES, EDGE = {"kind": "cube"}, {"edge": "edge of a cube  (sites)"}
PANELS = (
    qt.Steps("ln_density", at=CHAINS, colour="length", note="a chain, and Abrikosov's law"),
    qt.Steps("ln_density", at=WIRES, colour="length", note="a wire, and log-normal laws"),
    qt.Steps("density", at=WIRES, colour="length", yscale="log", ylim=(1e-3, 10),
             note="the same, and the normal law of DMPK"),
    qt.Line("kink", "length_over_xi", at=WIRES, note="the kink of the wire"),
    qt.Steps("cube_density", at=CUBES, colour="edge", yscale="log", ylim=(1e-3, 10), note="cubes at W_c",
             labels=EDGE),
    qt.Steps("cube_ln_density", at=CUBES, colour="edge", xlim=(-10, 2), note="cubes at W_c", labels=EDGE),
)  # fmt: skip
workflow = qt.Workflow(
    name="conductance_distribution",
    title="Distributions of the conductance, from metal to insulator",
    summary="P(g) and P(ln g) of a chain, of a wire with its kink at g = 1, and of critical cubes.",
    presets={
        "quick": preset((4, 6, 8), 20_000, "P to 3 %; half a minute on two cores"),
        "standard": preset((4, 6, 8, 10), 100_000, "P to 1.4 %; five minutes"),
        "paper": preset((4, 6, 8, 10, 12, 14), 1_000_000, "P to 0.5 %; a cluster"),
    },
    wire=wire, observables=("ln_g",), lengths=lengths, fixed_lengths=True, realizations=realizations,
    dimensions={"conductance": G_BINS, "logarithm": LN_BINS}, fewest=200, validate=validate,
    quantities=QUANTITIES, measure=(measure, irrelevant), expect=(expect, expect_irrelevant), panels=PANELS,
)  # fmt: skip
