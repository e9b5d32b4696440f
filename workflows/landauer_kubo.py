"""The same samples by Landauer's and by Kubo's formula: through any two cross-sections, and in bulk.

Question. Landauer counts waves that pass, Kubo correlates two currents. Do both give the same conductance?

Model. Short wires with box disorder between clean leads: a strip in a field, one with Rashba coupling, a ring with a
flux, a zigzag ribbon. In bulk the same impurities are a torus without leads, and a tube of two lengths between leads.

Theory. T = Tr[Gamma_L G Gamma_R G^+] = 2 Tr[J_x Im G J_x' Im G] for any cross-sections x and x', equal or not (Fisher and
Lee, PRB 23, 6851 (1981); Baranger and Stone, PRB 40, 8169 (1989)): current is the same through all of them. Where it is
not, since the sample absorbs, pairs differ; that is drawn. In bulk sigma = 2 pi² Tr[v delta(E - H) v delta(E - H)] /
area of the torus, and (L2 - L1) / M / (1/g2 - 1/g1) of the tube, where contacts drop out; both are near 2 pi rho D.

Tolerances. Pairs: rounding, 1e-10. Bulk: interference takes at most ln(L2 / l) / pi from sigma of the longer tube, and
less from that of the torus, whose levels are blurred; the golden rule leaves out W² / 4 over the bandwidth besides.
"""

from types import SimpleNamespace

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory.diffusion import density_of_states, diffusion_constant, mean_square_velocity

CUTS = 11  # cross-sections of a wire of twelve slices
LOST = 0.02  # absorption of the samples that lose current, t
MOMENTS, VECTORS = 256, 8  # of the kernel polynomials: levels are blurred by 0.06 t
EXACT = 1e-10
SOURCE, STONE, GREENWOOD = "Fisher and Lee 1981", "Baranger and Stone 1989", "Kubo; Greenwood"
SIGMA = "e²/h per spin"
SYSTEMS = ("strip", "spins", "ring", "ribbon")
WIRES, BULK = {"system": SYSTEMS}, {"system": ("bulk",)}

QUANTITIES = (
    qt.Quantity("T", (), "e²/h", "mean conductance by Landauer", "⟨T⟩"),
    qt.Quantity("solvers", (), "", "largest difference of both solvers", "|T_G/T − 1|", SOURCE),
    qt.Quantity("pairs", (), "", "largest difference of any pair from Landauer", "|T_xx′/T − 1|", STONE),
    qt.Quantity("digits", ("cut", "other"), "", "decimal logarithm of the largest difference of a pair",
                "lg |T_xx′/T − 1|"),
    qt.Quantity("lossy", ("cut", "other"), "", "pairs over Landauer where current is lost", "T_xx′/T"),
    qt.Quantity("sigma", (), SIGMA, "conductivity of the torus (Kubo)", "σ", "golden rule"),
    qt.Quantity("landauer", (), SIGMA, "conductivity of the tube (Landauer)", "σ_L", "golden rule"),
    qt.Quantity("ratio", (), "", "Kubo over Landauer in bulk", "σ / σ_L", GREENWOOD),
)  # fmt: skip


def speed(energy):
    """Return the root of the mean squared velocity, sites t/ħ."""
    return np.sqrt(2 * mean_square_velocity(energy))


def outside(x, y):
    """Return where no ring is: in its hole, and in the corners."""
    r = np.hypot(x - 5.5, y - 5.5)
    return (r < 2.5) | ((r > 6.2) & (np.abs(y - 5.5) > 2))


def wire(point):
    """Return a short wire with leads."""
    box = qt.Box(point.disorder)
    if point.system == "strip":
        return qt.Wire(qt.Square(6), box, flux=0.03)
    if point.system == "spins":
        return qt.Wire(qt.Square(5), box, terms=[qt.Rashba(0.4)])
    if point.system == "ribbon":
        return qt.Wire(qt.Honeycomb(4), box)
    parts = [qt.MissingSites(outside), qt.FluxTube(5.5, 5.5, 0.2)]
    return qt.Wire(qt.Square(12), box, structure=parts, lead_lattice=qt.Square(4), lead_offset=-4)


def solve(point, realizations):
    """Return T of two solvers and of all pairs; in bulk sigma of the torus and g of the tube."""
    if point.system == "bulk":
        return bulk(point, realizations)
    sample, given = wire(point), (point.energy, CUTS + 1, list(realizations), point.seed)
    ln_g = qt.ln_conductance(sample, point.energy, [CUTS + 1], realizations, point.seed)
    blocks = qt.sample_with_leads(sample, *given)
    lossy = qt.sample_with_leads(sample, *given, absorption=LOST)
    return {
        "through": np.exp(ln_g[:, 0]),
        "green": qt.observe.caroli(blocks),
        "kubo": qt.observe.kubo(blocks).transpose(2, 0, 1),
        "kubo_lossy": (qt.observe.kubo(lossy) / qt.observe.caroli(lossy)).transpose(2, 0, 1),
    }


def bulk(point, realizations):
    """Return sigma of a torus, and g of a tube of half its length and of its length, of the same impurities."""
    M, sigma = point.edge, np.empty(len(realizations))
    tube = qt.Wire(qt.Square(M, periodic=True), qt.Box(point.disorder))
    ln_g = qt.ln_conductance(tube, point.energy, [M // 2, M], realizations, point.seed)
    for row, number in enumerate(realizations):
        torus = qt.closed_sample(tube, M, number, point.seed, periodic=True)
        area, energies = qt.observe.area_of(tube, M), [point.energy]
        found = qt.observe.kubo_conductivity(
            torus.H, torus.velocity, area, energies, MOMENTS, VECTORS, number
        )
        sigma[row] = found.values[0]
    return {"conductivity": sigma, "tube": np.exp(ln_g)}


def cost(point):
    """Return what a sample costs, in seconds of a core."""
    return 0.01 if point.system != "bulk" else 0.02 * (point.edge / 40) ** 2


def realizations(point, count):
    """Return `count` for the bulk, and a tenth for wires, which are exact one by one."""
    return count if point.system == "bulk" else max(8, count // 10)


def measure(at):
    """Take the largest differences of wires, and both conductivities of the bulk."""
    if at.system == "bulk":
        g = estimate.mean(at.tube)
        landauer = (at.edge - at.edge // 2) / at.edge / (1 / g[1] - 1 / g[0])
        sigma = estimate.mean(at.conductivity)
        return {"sigma": sigma, "landauer": landauer, "ratio": sigma / landauer}
    away = np.abs(at.kubo / at.through[:, None, None] - 1)
    lost = np.isnan(away[~np.isnan(at.through)]).any()
    return {
        "T": estimate.mean(at.through),
        "solvers": np.nanmax(np.abs(at.green / at.through - 1)),
        "pairs": qt.Missing("a pair misses T by more than 1e-3") if lost else np.nanmax(away),
        "digits": np.log10(np.maximum(np.nanmax(away, axis=0), 1e-16)),
        "lossy": np.nanmean(at.kubo_lossy, axis=0),
    }


def expect(at):
    """Say that all pairs agree, and what the golden rule gives for the bulk."""
    if at.system != "bulk":
        return {"solvers": qt.Expected(0.0, EXACT), "pairs": qt.Expected(0.0, EXACT)}
    D = diffusion_constant(at.energy, at.disorder)
    sigma = 2 * np.pi * density_of_states(at.energy) * D
    path = 2 * D / speed(at.energy)
    interference = np.log(max(at.edge / path, 1.0)) / np.pi / sigma
    born = at.disorder**2 / 4 / 8
    known = qt.Expected(sigma, (interference + born) * sigma)
    return {"sigma": known, "landauer": known, "ratio": qt.Expected(1.0, interference)}


def validate(preset):
    """Refuse an energy at which leads have no channel, and tubes in which electrons do not diffuse."""
    for system, disorder, edge in zip(preset.system, preset.disorder, preset.edge, strict=True):
        if system != "bulk":
            qt.open_channels(wire(SimpleNamespace(system=system, disorder=disorder)), preset.energy)
            continue
        path = 2 * diffusion_constant(preset.energy, disorder) / speed(preset.energy)
        if not path < edge / 4:
            raise qt.InputError(
                f"the mean free path at W = {disorder:g} t is {path:.1f} sites, and a bulk of {edge} sites diffuses "
                f"below {edge / 4:g}; take stronger disorder, or a larger edge"
            )


def preset(bulk, realizations, note):
    """Return a preset of all wires, and of bulk samples (disorder, edge)."""
    wires = [{"system": name, "disorder": 2.0, "edge": 0} for name in SYSTEMS]
    cases = wires + [{"system": "bulk", "disorder": W, "edge": edge} for W, edge in bulk]
    sample = qt.Cases(cases, long_name="number of the sample")
    return qt.Preset(sample=sample, energy=0.9, realizations=realizations, note=note)


CUT = qt.Axis(range(CUTS), whole=True, long_name="cross-section behind slice")
OTHER = qt.Axis(range(CUTS), whole=True, long_name="other cross-section behind slice")
PANELS = (
    qt.Map("digits", "cut", up="other", at={"sample": 0}, note="strip in a field: difference from Landauer"),
    qt.Line("lossy", "cut", at={"sample": 0, "other": (0, 5, 10)}, colour="other", join=True, guides={"Landauer": 1.0},
            note="with absorption; other cross-section at 0, 5, 10", legend=False),
    qt.Line(("sigma", "landauer"), "disorder", at={"system": "bulk"}, note="bulk", labels={"disorder": "W  (t)"}),
)  # fmt: skip

workflow = qt.Workflow(
    name="landauer_kubo",
    title="The same samples by Landauer's and by Kubo's formula",
    summary="All pairs of cross-sections of wires, and the conductivity of the bulk.",
    presets={
        "quick": preset(
            ((1.8, 40), (2.2, 40)), 400, "pairs to rounding, σ to 1 %; half a minute on two cores"
        ),
        "standard": preset(((1.4, 64), (1.8, 64), (2.2, 64)), 4000, "σ to 0.3 %; ten minutes"),
        "paper": preset(
            ((1.2, 96), (1.4, 96), (1.8, 96), (2.2, 96)), 40_000, "σ to 0.1 %; a cluster"
        ),
    },
    solve=solve,
    variables=(
        qt.Variable("through", units="e²/h", long_name="T of the transfer solver", only=WIRES),
        qt.Variable("green", units="e²/h", long_name="T by Green's functions", only=WIRES),
        qt.Variable(
            "kubo",
            dims=("cut", "other"),
            units="e²/h",
            long_name="T of two cross-sections",
            only=WIRES,
        ),
        qt.Variable(
            "kubo_lossy",
            dims=("cut", "other"),
            long_name="the same over T, with absorption",
            only=WIRES,
        ),
        qt.Variable("conductivity", units=SIGMA, long_name="conductivity of the torus", only=BULK),
        qt.Variable(
            "tube",
            dims=("half",),
            units=SIGMA,
            long_name="g of the tube, half and whole",
            only=BULK,
        ),
    ),
    dimensions={"cut": CUT, "other": OTHER, "half": 2},
    cost=cost,
    realizations=realizations,
    validate=validate,
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=PANELS,
    planned_error=lambda sweep: f"σ to {0.15 / sweep.largest_count**0.5:.2g} of itself",
)
