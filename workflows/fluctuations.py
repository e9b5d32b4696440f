"""Universal conductance fluctuations and magnetofingerprints of disordered wires.

Question. The conductance of a small sample fluctuates with field and energy. Is that noise? How
large is it, and how far must one go in energy or field for the sample to forget?

Model. Strips with hard walls and box disorder, clean leads of the same width and field. The same
samples at all energies and fields, on sparse rulers. One strong impurity, here or there.

Theory. A fingerprint is reproducible, even in the field, and another one when one impurity moves.
var g = 2/(15 beta) in wires, more in shorter samples, for any size and strength in l << L << xi,
and by known amounts less or more as L comes near xi. Half of the correlation is lost at 7.73 ħD/L²
in energy, near one flux quantum through the sample in field; D follows from the measured g.
"""

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import forgetting
from qtcore.estimate.diffusion import diffusive_mean_free_path
from qtcore.theory import strip_fluctuations as theory
from qtcore.theory.diffusion import golden_rule_diffusion
from qtcore.theory.field import warn_of_edge_states
from qtcore.theory.moved_impurity import scattering_strength

ENERGY_RULER = (0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50)
FIELD_RULER = (0, 1, 3, 6, 13, 20, 27, 31, 35, 36)
# Every whole distance up to the last mark lies between two marks (Wichmann 1963).
FERMI = 1.16  # away from thresholds
BACKGROUND = 0.004  # h/e per plaquette: breaks time reversal, keeps r_c above the width
SAMPLES = 8  # single samples whose fingerprints are computed
CLEAN, HERE, THERE = 0, 1, 2  # values of the axis `impurity`
MAIN = {"width": "main_width", "disorder": "main_disorder"}
G, LEE, COVARIANCE = "e²/h per spin", "Lee & Stone 1985", "⟨δg δg′⟩ / ⟨δg²⟩"
WIRE, OVER_E, OVER_B = ("beta", "length"), ("energy_shift", "length"), ("field_shift", "length")
QUANTITIES = (
    qt.Quantity("asymmetry", (), G, "largest asymmetry in field", "|g(B) − g(−B)|", "Onsager"),
    qt.Quantity("fingerprint", ("sample", "flux", "impurity"), G, "one sample", "δg, shifted"),
    qt.Quantity("moved", (), "", "one impurity moved", f"{COVARIANCE}, moved", "Feng, Lee & Stone 1986"),
    qt.Quantity("g", WIRE, G, "mean conductance", "⟨g⟩"),
    qt.Quantity("mean_free_path", ("beta",), "sites", "mean free path from ⟨g⟩", "l"),
    qt.Quantity("length_over_l", WIRE, "", "length over mean free path", "L / l"),
    qt.Quantity("aspect", WIRE, "", "length with what leads add, over width", "(L + z) / M"),
    qt.Quantity("var_g", WIRE, f"({G})²", "variance", "var g", LEE, "average", ("length",)),
    qt.Quantity("energy_shown", OVER_E, "", "ΔE over the Thouless energy", "ΔE / E_Th"),
    qt.Quantity("energy_correlation", OVER_E, "", "at two energies", COVARIANCE, LEE, "none"),
    qt.Quantity("energy_half", ("length",), "t", "at one half", "ΔE½", LEE, "average"),
    qt.Quantity("energy_power", (), "", "power", "power of L + z in ΔE½","Thouless energy ħD/L²"),
    qt.Quantity("field_shown", OVER_B, "h/e", "change of the flux through the wire", "ΔΦ"),
    qt.Quantity("field_correlation", OVER_B, "", "in two fields", COVARIANCE, LEE, "none"),
    qt.Quantity("field_half", ("length",), "h/e per plaquette", "at one half", "ΔB½", LEE, "average"),
)  # fmt: skip


def impurity_site(length, width, number):
    """Return slice and site of the impurity, half-way along: number 1 is here, 2 is there."""
    return length // 2, width * number // 3


def wire(point):
    """Return a strip with box disorder and perhaps one strong impurity, here or there."""
    gates = []
    if point.impurity:
        x0, y0 = impurity_site(point.fingerprint_length, point.width, point.impurity)

        def impurity(x, y):
            return np.where((x == x0) & (y == y0), point.potential, 0.0)

        gates.append(impurity)
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux, gates=gates)


def realizations(point, count):
    """Return `count` for ensembles, few for single samples with an impurity, none elsewhere."""
    is_main = (point.width, point.disorder) == (point.main_width, point.main_disorder)
    is_fermi = point.energy == point.fermi
    if point.impurity:
        single = count if point.flux == point.background else SAMPLES
        return single if is_main and is_fermi and abs(point.flux) <= point.background else 0
    if is_fermi and point.flux in (0, point.background):
        return count
    in_field = point.flux > point.background if is_fermi else point.flux == point.background
    return count if is_main and in_field else 0


def measured(at):
    """Return classical transport of a wire from the measured l, without and with a field."""
    paths, known = at["mean_free_path"].values, (at.width, at.fermi, at.disorder)
    if np.isnan(paths).any():
        raise qt.Missing("no mean free path was found")
    flows = [golden_rule_diffusion(*known, flux) for flux in (0.0, at.background)]
    return [flow.with_path(path) for flow, path in zip(flows, paths, strict=True)]


def in_field(values):
    """Return the fluxes over which correlations are measured."""
    return np.array([flux for flux in values.flux if flux >= values.background])


def validate(preset):
    """Refuse errors, fluxes and ranges that the analysis cannot do with; warn of edge states."""
    estimate.refuse_large_error("var_error", preset.var_error, preset.realizations)
    small = [flux for flux in preset.flux if abs(flux) < preset.background]
    if lonely := [-flux for flux in small if not np.isclose(small, -flux, 0, 1e-12).any()]:
        raise qt.InputError(f"fingerprints need both signs of the flux: add {lonely[0]:g}")
    if preset.fingerprint_length not in preset.lengths:
        raise qt.InputError(f"fingerprints need the length {preset.fingerprint_length}: add it")
    scattering_strength(preset.fermi, preset.potential)
    main = preset.main_width, preset.fermi, preset.main_disorder, preset.background
    strip = np.array(preset.lengths), golden_rule_diffusion(*main)
    forgetting.refuse_energies(preset.energy, theory.correlation_in_energy, *strip)
    forgetting.refuse_short_range("flux", in_field(preset), theory.correlation_in_field, *strip)
    warn_of_edge_states(preset.main_width, max(preset.flux), preset.fermi)
    warn_of_edge_states(max(preset.width), preset.background, preset.fermi)


@qt.together("flux", impurity=CLEAN, energy="fermi")
def variances(at):
    """Find mean, variance and mean free path of every wire, without and with a field."""
    found = []
    for flux in (0.0, at.background):
        g = np.exp(at.ln_g[:, at.where("flux", flux)])
        flow = golden_rule_diffusion(at.width, at.fermi, at.disorder, flux)
        path = diffusive_mean_free_path(g, at.length, flow.rates, flow.beta)
        aspect = (at.length + flow.contact * path) / at.width
        found.append((estimate.mean(g), estimate.variance(g), path, at.length / path, aspect))
    names = "g", "var_g", "mean_free_path", "length_over_l", "aspect"
    return dict(zip(names, map(estimate.stack, zip(*found, strict=True)), strict=True))


@qt.together("flux", impurity=CLEAN, energy="fermi")
def expect_variances(at):
    """Say what rectangles in a field and DMPK give."""
    laws = [theory.strip_variance(at.length, flow) for flow in measured(at)]
    value, left_out, holds = map(np.array, zip(*laws, strict=True))
    return {"var_g": qt.Expected(value, left_out, holds, "not diffusive, or near ξ")}


@qt.together("flux", "impurity", **MAIN, energy="fermi")
def fingerprints(at):
    """Take single samples over both signs of the field, and move an impurity."""
    g = np.exp(at.ln_g[..., list(at.length).index(at.fingerprint_length)])
    small, impure = np.abs(at.flux) < at.background, at.impurity > CLEAN
    single = g[:SAMPLES, small][..., impure]
    centred = g[:SAMPLES] - g[:SAMPLES, small].mean(axis=1, keepdims=True)
    shifted = centred + 1.6 * np.arange(SAMPLES)[:, None, None]
    return {
        "asymmetry": np.abs(single - single[:, ::-1]).max(),
        "fingerprint": np.where(small[:, None] & impure, shifted, np.nan),
        "moved": estimate.similarity(*g[:, at.where("flux", at.background), impure].T),
    }


@qt.together("flux", "impurity", **MAIN, energy="fermi")
def expect_fingerprints(at):
    """Say that g(B) = g(-B), and what one impurity changes."""
    sites = [impurity_site(at.fingerprint_length, at.width, number) for number in (HERE, THERE)]
    length, flow = at.fingerprint_length, measured(at)[1]
    moved = theory.correlation_of_moved(length, flow, sites, at.potential)
    return {"asymmetry": qt.Expected(0.0, 1e-8), "moved": qt.Expected(*moved)}


@qt.together("energy", **MAIN, impurity=CLEAN, flux="background")
def energies(at):
    """Find the correlation in energy, its half widths, and the power of the length in them."""
    energy, length, flow = forgetting.near(at.energy, at.fermi), at.length, measured(at)[1]
    curve, half = forgetting.measured(energy, np.exp(at.ln_g), length, flow)
    law = forgetting.expected(energy, theory.correlation_in_energy, length, flow)
    shown = estimate.distances(energy)[:, None] / theory.thouless_energy(length, flow)
    found = {"energy_correlation": curve, "energy_half": half, "energy_shown": shown}
    return found | {"energy_power": forgetting.power_law(half, law)}


@qt.together("energy", **MAIN, impurity=CLEAN, flux="background")
def expect_energies(at):
    """Say what diffusons forget in energy, and that it goes as ħD/(L + z)²."""
    found = forgetting.expected(at.energy, theory.correlation_in_energy, at.length, measured(at)[1])
    half, power = qt.Expected(*found.half_width), qt.Expected(*found.power(at["energy_half"]))
    return {"energy_correlation": found.correlation, "energy_half": half, "energy_power": power}


@qt.together("flux", **MAIN, impurity=CLEAN, energy="fermi")
def fields(at):
    """Find the correlation in field, and its half widths."""
    fluxes, g = in_field(at), np.exp(at.ln_g[:, at.flux >= at.background])
    curve, half = forgetting.measured(fluxes, g, at.length, measured(at)[1])
    shown = estimate.distances(fluxes)[:, None] * at.width * at.length
    return {"field_correlation": curve, "field_half": half, "field_shown": shown}


@qt.together("flux", **MAIN, impurity=CLEAN, energy="fermi")
def expect_fields(at):
    """Say what diffusons forget in field."""
    flow, law = measured(at)[1], theory.correlation_in_field
    found = forgetting.expected(in_field(at), law, at.length, flow)
    return {"field_correlation": found.correlation, "field_half": qt.Expected(*found.half_width)}


SIGNS = {"beta": "β", "width": "M  (sites)", "disorder": "W  (t)", "length": "L  (sites)",
         "sample": "sample", "impurity": "one strong impurity: 1 here, 2 there"}  # fmt: skip
PANELS = (
    qt.Line("fingerprint", "flux", at={"sample": (0, 1, 2), "flux": slice(-0.0012, 0.0012)},
            colour="impurity", marker="sample", join=True, labels=SIGNS),
    qt.Line("var_g", "aspect", colour="beta", marker="width", fill="disorder", xscale="log",
            ylim=(0, 0.5), guides={"2/15": 2 / 15, "1/15": 1 / 15}, labels=SIGNS),
    qt.Line("var_g", "length_over_l", colour="beta", marker="width", fill="disorder", xscale="log",
            ylim=(0.6, 2.2), ratio=True, join=True, labels=SIGNS),
    qt.Line("energy_correlation", "energy_shown", colour="length", xlim=(0, 40), labels=SIGNS),
    qt.Line("field_correlation", "field_shown", colour="length", xlim=(0, 5), legend=False),
    qt.Line(("energy_half", "field_half"), "length", xscale="log", yscale="log"),
)  # fmt: skip


def preset(width, realizations, var_error, note):
    """Return a preset with both rulers."""
    fields = [6e-5 * k for k in range(-20, 21)] + [BACKGROUND + 2.6e-5 * k for k in FIELD_RULER]
    return qt.Preset(
        width=width, disorder=(2.0, 2.5), lengths=(26, 36, 52, 74, 104, 147, 190, 255),
        impurity=qt.Axis((0, 1, 2), long_name="one strong impurity: none, here, there", whole=True),
        flux=tuple(round(flux, 8) for flux in fields),
        energy=tuple(round(FERMI + 2e-4 * k, 8) for k in ENERGY_RULER),
        realizations=realizations, var_error=var_error, main_width=40, main_disorder=2.5,
        background=BACKGROUND, fermi=FERMI, fingerprint_length=147, potential=3.9, note=note,
    )  # fmt: skip


workflow = qt.Workflow(
    name="fluctuations",
    title="Universal conductance fluctuations and magnetofingerprints",
    summary="Single samples against field, the universal variance, and how far it is correlated.",
    presets={"quick": preset((40, 60), 800, 0.05, "var g to 5 %; a minute"),
             "standard": preset((40, 60), 12_000, 0.013, "var g to 1.3 %; minutes"),
             "paper": preset((30, 40, 60, 80), 80_000, 0.005, "var g to 0.5 %")},
    wire=wire, realizations=realizations, observables=("ln_g", "suspect"),
    dimensions={
        "beta": qt.Axis((1, 2), whole=True, long_name="symmetry index β"),
        "sample": qt.Axis(range(SAMPLES), whole=True, long_name="number of the sample"),
        "energy_shift": lambda values: qt.Axis(estimate.distances(values.energy), units="t"),
        "field_shift": lambda values: qt.Axis(estimate.distances(in_field(values))),
    },
    quantities=QUANTITIES, panels=PANELS, fewest=200,
    measure=(variances, fingerprints, energies, fields),
    expect=(expect_variances, expect_fingerprints, expect_energies, expect_fields),
    requires={"flux": (0.0, "background"), "energy": ("fermi",), "impurity": (0, 1, 2)}
    | {axis: (name,) for axis, name in MAIN.items()},
    validate=validate,
    planned_error=lambda sweep: f"{100 * (2 / sweep.largest_count) ** 0.5:.1f} % of var g at each "
    "length, about as much of half widths",
)  # fmt: skip
