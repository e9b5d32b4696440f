"""The Thouless energy by three ways.

Question. Over which energy does the conductance of a sample change? How strongly do levels of a ring feel a flux
through it? And what have both to do with the time that an electron needs to cross the sample?

Model. Strips of square lattice with hard walls and box disorder between clean leads of their own width, in a
field that breaks time reversal: g of the same samples at energies on a sparse ruler. Rings of the same disorder
without field: curvatures c = d²E/d phi² of the levels near the same energy.

Theory. E_Th = hbar D / L² (D. J. Thouless, Phys. Rep. 13, 93 (1974)), with the D of the conductance.
- Correlation: half of <dg(E) dg(E + dE)> is left at 7.73 hbar D / (L + z)² in a wire, z being what the leads
  add (P. A. Lee and A. D. Stone 1985).
- Curvatures: pi <|c|> / Delta is the conductance of the ring, so that E_Th = <|c|> / 2 (D. Braun, E. Hofstetter,
  G. Montambaux and A. MacKinnon, PRB 55, 7557 (1997)). The square of c has no mean, and <|c|> a large error:
  levels of random matrices have <|c|> = 2 exp<ln|c|> (F. von Oppen, PRL 73, 798 (1994)), whose mean is safe. The
  distribution is shown, and half of all |c| must lie below <|c|> / sqrt(3).

Tolerances. D: by how much disorder and walls change the density of states (self-consistent Born approximation).
Correlation: ladders in the place of diffusons, the next orders in 1/g. Rings have time reversal: weak
localization, of relative size 1/3g.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import forgetting
from qtcore.estimate.diffusion import diffusive_mean_free_path
from qtcore.theory import strip_delays
from qtcore.theory.diffusion import golden_rule_diffusion
from qtcore.theory.levels import curvature_density
from qtcore.theory.self_consistent import strip_density_of_states
from qtcore.theory.strip_delays import Stay
from qtcore.theory.strip_fluctuations import correlation_in_energy

LADDER = (18, 26, 36, 52, 74, 104, 147, 190, 255)  # slices
RULER = (0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50)
# Every whole distance up to the last mark lies between two marks (Wichmann 1963).
FERMI = 1.19  # between thresholds of the modes
WINDOW = 0.25  # half width of the energies whose levels count, t
LEAST = 12  # rings: a fit over four lengths needs ten
KEPT = 20  # curvatures of a ring that are stored
STRIPS, RINGS = 0, 1  # places of the axis `system`
WIDTH, DISORDER, BACKGROUND = 40, 2.5, 0.004  # of strips: sites, t, h/e per plaquette
OPEN, CLOSED = {"kind": ("strip",)}, {"kind": ("ring",)}
BINS = qt.Bins(np.linspace(-4, 4, 33), symbol="c / ⟨|c|⟩", long_name="curvature over its mean size")
OPPEN = "von Oppen 1994"
QUANTITIES = (
    qt.Quantity("path", (), "sites", "mean free path, of g", "l"),
    qt.Quantity("diffusion", (), "sites² t/ħ", "diffusion constant, of g", "D"),
    qt.Quantity("felt", ("length",), "sites", "length, with what leads add", "L + z"),
    qt.Quantity("thouless", ("length",), "t", "Thouless energy", "E_Th", "ħD/(L + z)²", "average", ("length",)),
    qt.Quantity("power", (), "", "power of the length in E_Th", "power", "ħD/(L + z)²"),
    qt.Quantity("ring_g", ("length",), "e²/h per spin", "conductance of a ring, π⟨|c|⟩/Δ", "g"),
    qt.Quantity("curvatures", ("curvature_bin",), "", "density of curvatures", "P", OPPEN, "none"),
    qt.Quantity("below", (), "", "curvatures below ⟨|c|⟩/√3", "share", OPPEN),
)  # fmt: skip


def wire(point):
    """Return the wire of a strip, or the one that a ring is made of."""
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


def solve(point, realizations):
    """Return conductances of strips, or curvatures of the levels of rings."""
    E, given = point.energy, (realizations, point.seed)
    if point.kind == "strip":
        return {"g": np.exp(qt.ln_conductance(wire(point), E, point.lengths, *given))}
    curvature = np.full((len(realizations), len(point.lengths), KEPT), np.nan)
    typical, spacing = np.empty((2, len(realizations), len(point.lengths)))
    for place in np.ndindex(typical.shape):
        where = point.lengths[place[1]], realizations[place[0]], point.seed
        window = E - WINDOW, E + WINDOW
        ring = qt.observe.level_curvatures(wire(point), *where, window)
        nearest = np.argsort(np.abs(ring.levels - E))[:KEPT]
        curvature[place][: len(nearest)] = ring.curvatures[nearest]
        typical[place] = np.log(np.abs(ring.curvatures)).mean()
        spacing[place] = 2 * WINDOW / len(ring.levels)
    return {"curvature": curvature, "ln_curvature": typical, "spacing": spacing}


def lengths(points):
    """Give both their part of the ladder."""
    ends = [(LADDER.index(p.shortest), LADDER.index(p.longest) + 1) for p in points]
    return list(LADDER), ends


def realizations(point, count):
    """Return `count` for strips, and a part for rings, which need one energy only."""
    if point.kind == "strip":
        return count
    return max(round(count * point.share), min(count, LEAST)) if point.energy == point.fermi else 0


def cost(point):
    """Return what a realization costs, in milliseconds of a core."""
    if point.kind == "strip":
        return 1.2e-4 * point.width * max(point.lengths)
    return 1.6e-7 * sum((point.width * length) ** 3 for length in point.lengths)


def golden(at):
    """Return classical transport of the strips by the golden rule."""
    return golden_rule_diffusion(WIDTH, at.fermi, DISORDER, BACKGROUND)


def measured(at):
    """Return classical transport of the strips with the l of their conductance, as numbers."""
    path = float(at["path"])
    if np.isnan(path):
        raise qt.Missing("no mean free path was found")
    return golden(at).with_path(path)


@qt.together("energy", system=STRIPS)
def transport(at):
    """Find l and D of the conductance at the Fermi energy."""
    flow, g = golden(at), at.g[:, at.where("energy", at.fermi)]
    path = diffusive_mean_free_path(g, at.length, flow.rates, flow.beta)
    return {"path": path, "diffusion": path * (flow.constant / flow.mean_free_path)}


def in_theory(at):
    """Return what diffusons say of the correlation in energy."""
    return forgetting.expected(at.energy, correlation_in_energy, at.length, measured(at))


@qt.together("energy")
def thouless(at):
    """Find the Thouless energy of strips and of rings, and the power of the length in it."""
    flow, felt = measured(at), 1.0 * at.length
    if at.kind == "strip":
        felt, energies = felt + flow.outside, forgetting.near(at.energy, at.fermi)
        _, halves = forgetting.measured(energies, at.g, at.length, flow)
        known = [np.nan if isinstance(one, qt.Missing) else one for one in halves]
        law = in_theory(at)
        value = estimate.stack(known) * (flow.constant / felt**2 / law.half)
        return {"thouless": value, "felt": felt, "power": forgetting.power_law(halves, law)}
    here = at.where("energy", at.fermi)
    ln_value = estimate.mean(at.ln_curvature[:, here])
    value = np.exp(ln_value)  # <|c|> / 2
    slope = estimate.fit_line(np.log(felt), ln_value, np.eye(len(felt))).coefficients[1]
    g = value * (2 * np.pi / estimate.mean(at.spacing[:, here]).values)
    return {"thouless": value, "felt": felt, "power": slope, "ring_g": g}


@qt.together("energy")
def expect_thouless(at):
    """Say D / L² with the D of the conductance, and the power -2."""
    flow, felt = measured(at), at["felt"].values
    if np.isnan(felt).any():
        raise qt.Missing("no Thouless energy was found")
    if at.kind == "strip":
        law = in_theory(at)
        value = flow.constant / felt**2
        stay = Stay(value, value * law.left_out / law.half, law.holds, law.why)
        power = law.power(at["thouless"])
    else:
        density = strip_density_of_states(at.width, at.fermi, at.disorder, at.flux)
        smear = strip_delays.smear(density, at.fermi)
        stay = strip_delays.thouless_of_ring(felt, at.width, flow, smear)
        power = strip_delays.power(stay, felt)
    return {
        "thouless": qt.Expected(at["diffusion"] / felt**2, *stay[1:]),
        "power": qt.Expected(*power),
    }


@qt.together("energy", system=RINGS)
def shape(at):
    """Find how curvatures are distributed around their mean size, which the mean logarithm says."""
    here = at.where("energy", at.fermi)
    size = 2 * np.exp(estimate.mean(at.ln_curvature[:, here]).values)
    k = (at.curvature[:, here] / size[:, None]).reshape(len(at.curvature), -1)
    count, small = np.isfinite(k).sum(axis=1), (np.abs(k) < 1 / np.sqrt(3)).sum(axis=1)
    share = np.where(count > 0, small / np.maximum(count, 1), np.nan)
    return {"below": estimate.mean(share), "curvatures": estimate.histogram(k, BINS.edges)}


@qt.together("energy", system=RINGS)
def expect_shape(_at):
    """Say what levels of random matrices do; rings are as large as theirs within 2 %."""
    return {"below": qt.Expected(0.5, 0.02), "curvatures": curvature_density(BINS.centres)}


def validate(preset):
    """Refuse energies from which no half width can be found, or that theory does not know."""
    strips = np.array([length for length in LADDER if length >= SHORTEST])
    forgetting.refuse_energies(preset.energy, correlation_in_energy, strips, golden(preset))


SHORTEST = 26  # slices of a strip
PANELS = (
    qt.Line("thouless", "felt", colour="kind", marker="kind", xscale="log", yscale="log"),
    qt.Line("thouless", "felt", colour="kind", marker="kind", xscale="log", ratio=True),
    qt.Steps("curvatures", at={"kind": "ring"}),
)


def preset(realizations, note):
    """Return a preset: strips at energies on a ruler, and rings of the same disorder."""
    strip = {"width": WIDTH, "disorder": DISORDER, "flux": BACKGROUND}
    ring = {"width": 32, "disorder": DISORDER, "flux": 0.0}
    cases = (
        {"kind": "strip", **strip, "shortest": SHORTEST, "longest": 255, "share": 1.0},
        {"kind": "ring", **ring, "shortest": 18, "longest": 52, "share": 0.045},
    )
    systems = qt.Cases(cases, long_name="number of the system")
    energy = tuple(round(FERMI + 2e-4 * k, 8) for k in RULER)
    return qt.Preset(
        system=systems, energy=energy, realizations=realizations, fermi=FERMI, note=note
    )


workflow = qt.Workflow(
    name="thouless_energy",
    title="The Thouless energy by three ways",
    summary="Correlation of g in energy, curvatures of levels of rings, and ħD/L².",
    presets={"quick": preset(700, "E_Th to 3 %; half a minute on two cores"),
             "standard": preset(12_000, "E_Th to 1 %; a quarter of an hour"),
             "paper": preset(120_000, "E_Th to 0.3 %; a cluster")},
    solve=solve,
    variables=(
        qt.Variable("g", dims=("length",), only=OPEN, units="e²/h per spin", long_name="conductance"),
        qt.Variable("curvature", dims=("length", "level"), only=CLOSED, units="t",
                    long_name="curvature of a level near the energy"),
        qt.Variable("ln_curvature", dims=("length",), only=CLOSED, long_name="mean ln(|c|/t) of levels"),
        qt.Variable("spacing", dims=("length",), only=CLOSED, units="t", long_name="mean spacing of levels"),
    ),
    dimensions={"level": KEPT, "curvature_bin": BINS},
    lengths=lengths, fixed_lengths=True, realizations=realizations, cost=cost, validate=validate,
    quantities=QUANTITIES, panels=PANELS, fewest=8,
    measure=(transport, thouless, shape), expect=(expect_thouless, expect_shape),
    requires={"energy": ("fermi",), "system": (STRIPS, RINGS)},
)  # fmt: skip
