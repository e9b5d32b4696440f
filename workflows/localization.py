"""Localization length of a disordered wire.

How does the conductance of a phase-coherent wire fall with its length, and does xi alone say it all?

Model. Square-lattice strip with hard walls, box disorder of full width W, clean leads of the same
width; a field in wire and leads, or Rashba coupling (g is then g_K, of one spin). <ln g> = -2 L / xi.

Theory. xi = (beta N + 2 - beta) l with N channels (beta = 4: Kramers pairs) and the l of the golden
rule; var(ln g) grows twice as fast as |<ln g>|. A field makes half of the step from N + 1 to 2N where
about one flux quantum goes through xi × width, less what cancels between the walls where l > width.
It is compared where pairs of modes slip by 1 / (number of pairs) within l (not at E = 0), the next order
is below 10 %, and thresholds (of the point's own field) farther than 3 sigma^(4/3): 0.16 t for M = 4.

Tolerances are what theory leaves out (`weak_strip`): the next order in W (half as much again for l),
the inequality of channels, 10 % of the step from N + 1, which may not be complete; 2 % in the variance
slope; a factor of 3 in the flux. In xi(field) / xi(0) the next order counts by its change in the field.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory import collapse, equivalent_channels, weak_strip

AXES = ("disorder", "width", "flux", "energy", "rashba")
SHORTEST, LONGEST, FIELDS, LADDER = 1 / 6, 16, 6, 7.731695131555766  # of l, xi; fluxes; a rung
WIDTHS, FLUX = (1, 2, 4, 8, 16, 32, 44), (0.0, 0.02, 0.05, 0.1, 0.15, 0.25, 0.45)
SCALED = qt.Axis(np.arange(4.0, 21.0, 2.0), long_name="L / ξ")
SHORT = "in a field short wires keep some weak localization, which the model of ⟨g⟩ leaves out"

QUANTITIES = (
    qt.Quantity("mean_free_path", (), "sites", "mean free path from ⟨g⟩ of short wires", "l",
                "golden rule, l₀", "mean", ("disorder",)),
    qt.Quantity("localization_length", (), "sites", "localization length, ⟨ln g⟩ = offset − 2 L/ξ",
                "ξ", "DMPK, (β N + 2 − β) l₀; width 1: Thouless", "mean", ("disorder",)),
    qt.Quantity("field_ratio", ("flux",), "", "ξ over ξ without field, same disorder", "ξ(B)/ξ(0)",
                "DMPK, 2N/(N + 1), golden rule", "mean", ("disorder",)),
    qt.Quantity("variance_slope", (), "", "d var(ln g) / d |⟨ln g⟩| from 8 ξ on", "slope of var(ln g)",
                "one parameter: 2; 2 % short at 16 ξ", "average", ("disorder", "width", "energy")),
    qt.Quantity("collapse_squared", (), "", "squared relative spread of ⟨ln g⟩ at equal L/ξ, without "
                "noise", "spread² of ⟨ln g⟩ beyond 4ξ", "DMPK, offsets 2/β (1 − 1/N)"),
    qt.Quantity("half_flux", (), "", "log₁₀ of the felt flux (h/e) that makes half of the step",
                "log₁₀ Φ½", "Altshuler, Aronov 1981; Beenakker, van Houten 1988"),
    qt.Quantity("suspects", (), "", "samples without certificate", "", "unitarity", "worst"),
    qt.Quantity("channels", (), "", "open channels", "open channels N"),
    qt.Quantity("xi_over_l", (), "", "ξ over the l of the golden rule", "ξ / l₀"),
    qt.Quantity("felt_flux", ("flux",), "h/e", "flux through ξ(0) × width, less what cancels", "Φ felt"),
    qt.Quantity("step", ("flux",), "", "part of the step of ξ from N + 1 to 2N", "part of the step"),
    qt.Quantity("mean_ln_g", ("length",), "", "mean of ln g, g in e²/h per spin", "⟨ln g⟩"),
    qt.Quantity("fall", ("length",), "", "minus the mean of ln g", "|⟨ln g⟩|"),
    qt.Quantity("var_ln_g", ("length",), "", "variance of ln g", "var(ln g)"),
    qt.Quantity("fitted", ("length",), "", "fit of ⟨ln g⟩", "fit from 4 ξ on"),
    qt.Quantity("length_over_xi", ("length",), "", "length over ξ", "L / ξ"),
    qt.Quantity("scaled_ln_g", ("scaled",), "", "mean of ln g at equal L/ξ", "⟨ln g⟩ at equal L/ξ"),
)  # fmt: skip


def wire(point):
    """Return a strip with box disorder; the flux goes through width × width sites."""
    terms = (qt.Rashba(point.rashba),) if point.rashba else ()
    flux = point.flux / point.width**2
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux, terms=terms)


def realizations(point, count):
    """Leave a field with spin–orbit coupling out; take an eighth with the latter, which is dear."""
    if point.rashba:
        return 0 if point.flux else max(min(count, 256), count // 8)
    return count


def theory(point):
    """Return what theory says of a point; a flux with spin–orbit coupling is not computed."""
    strip = replace(wire(point), flux=0.0) if point.rashba else wire(point)
    return qt.weak_strip(strip, point.energy, point.disorder)


def lengths(points):
    """Give every point its own window of one geometric grid, by the golden rule."""
    found = [(theory(point).mean_free_path, theory(point).localization_length) for point in points]
    return qt.windows([(max(1.0, SHORTEST * l_0), LONGEST * xi) for l_0, xi in found], 3, LADDER)


def measure(at):
    """Fit l, xi and the variance of a point."""
    law = theory(at)
    ln_g, length = at.ln_g - np.log(law.spins), at.length
    if law.why == weak_strip.CHAIN:
        return {"localization_length": qt.Missing(weak_strip.CHAIN)}
    mean, fit = estimate.mean(ln_g), estimate.attempt(estimate.fit_localization, ln_g, length)
    path = estimate.attempt(estimate.fit_mean_free_path, np.exp(ln_g), length, law.rates, law.beta)
    found = {"mean_ln_g": mean, "fall": -mean, "var_ln_g": estimate.variance(ln_g)} | {
        "mean_free_path": getattr(path, "mean_free_path", path),
        "suspects": float((at.suspect == 1).sum()),
        "channels": law.channels,
    }
    if isinstance(fit, qt.Missing):
        return found | dict.fromkeys(("localization_length", "variance_slope", "scaled_ln_g"), fit)
    xi = fit.localization_length
    scaled = estimate.attempt(estimate.at_scaled_lengths, length, mean, xi, SCALED.values)
    return found | {
        "localization_length": xi,
        "variance_slope": estimate.attempt(estimate.fit_variance_slope, ln_g, length, float(xi)),
        "xi_over_l": xi / law.mean_free_path,
        "fitted": fit.line(length),
        "length_over_xi": length / float(xi),
        "scaled_ln_g": qt.Missing(law.why) if law.why else scaled,
    }


@qt.together("flux")
def in_field(at):
    """Divide each xi by the one without field of the same disorder, realization by realization."""
    xi, zero = at["localization_length"], np.flatnonzero(at.flux == 0)
    if at.rashba or at.width == 1 or not len(zero):
        return {}
    ratio, law = xi / xi[zero], theory(at.point(flux=0.0))
    told = [one if np.isfinite(one) else qt.Missing("no ξ in or without field") for one in ratio]
    told[zero[0]] = np.nan
    found: dict[str, Any] = {"field_ratio": told}
    if law.channels < 2:
        return found
    found["felt_flux"] = law.felt * np.abs(at.flux) / at.width * float(xi[zero[0]])
    found["step"] = (ratio - 1) / (equivalent_channels.field_ratio(law.channels) - 1)
    if len(at.flux) >= FIELDS:
        half = estimate.attempt(estimate.half_width, found["felt_flux"], 1 - found["step"])
        found["half_flux"] = half if isinstance(half, qt.Missing) else np.log10(half)
    return found


@qt.together(*AXES)
def spread(at):
    """Find how far <ln g> of all points falls on one curve of L / xi."""
    return {"collapse_squared": estimate.attempt(estimate.squared_spread, at["scaled_ln_g"])}


def expect(at):
    """Say the golden rule, DMPK or Thouless, and one parameter for the variance."""
    law, l_0, xi_0 = theory(at), theory(at).mean_free_path, theory(at).localization_length
    has_l, holds = at.flux == 0 and not law.why, not law.why
    return {
        "mean_free_path": qt.Expected(l_0, 1.5 * law.next_order * l_0, has_l, law.why or SHORT),
        "localization_length": qt.Expected(xi_0, law.left_out * xi_0, holds, law.why),
        "variance_slope": qt.Expected(2.0, 0.04, holds, law.why),
        "suspects": 0.0,
    }


@qt.together("flux")
def expect_in_field(at):
    """Say 2N/(N + 1) times the ratio of the mean free paths of the golden rule."""
    if at.rashba or at.width == 1 or 0 not in at.flux:
        return {}
    laws = [theory(at.point(flux=flux)) for flux in at.flux]
    zero = laws[at.where("flux", 0.0)]
    rise, l_0 = equivalent_channels.field_ratio(zero.channels), zero.mean_free_path
    ratio = np.array([np.nan if law is zero else rise * law.mean_free_path / l_0 for law in laws])
    part = np.abs([law.formula_error - zero.formula_error for law in laws])
    left_out = (part + weak_strip.INCOMPLETE * (1 - 1 / rise)) * ratio
    there = np.isfinite((at["channels"] * at["channels"][at.where("flux", 0.0)]).values)
    holds = there & [law.beta == 2 and not (law.why or zero.why) for law in laws]
    why = next((law.why for law in (zero, *laws) if law.why), "")
    found = {"field_ratio": qt.Expected(ratio, left_out, holds, why)}
    if len(at.flux) >= FIELDS and zero.channels >= 3:
        found["half_flux"] = qt.Expected(0.0, np.log10(3), not zero.why, zero.why)
    return found


@qt.together(*AXES)
def expect_spread(at):
    """Say how far curves spread whose offsets are those of DMPK."""
    there = np.isfinite(at["channels"].values)
    values = zip(*(one[there].tolist() for one in at.grid(*AXES)), strict=True)
    laws = [theory(at.point(**dict(zip(AXES, one, strict=True)))) for one in values]
    holds = np.array([not law.why for law in laws], dtype=bool)
    scaled = np.isfinite(at["scaled_ln_g"].values[there][holds])
    if holds.sum() < 2:
        return {}
    if not scaled[:, 0].all():
        raise qt.Missing("there is no ⟨ln g⟩ at 4 ξ at a point where theory holds")
    told = np.array([(collapse.offset(law.channels, law.beta), law.formula_error) for law in laws])
    places = np.array(SCALED.values)[scaled.all(axis=0)]
    return {"collapse_squared": qt.Expected(*collapse.spread_of_offsets(places, *told[holds].T))}


def against_energy(point, energies):
    """Return the localization length of theory at energies of a curve, NaN where it does not hold."""
    laws = [theory(SimpleNamespace(**{**vars(point), "energy": one})) for one in energies]
    return [np.nan if law.why else law.localization_length for law in laws]


AT = {"rashba": "first", "flux": ("first", "last")}
NAMES = {"width": "width (sites)", "flux": "Φ  (h/e)", "rashba": "Rashba  (t)", "disorder": "W  (t)",
         "length": "L  (sites)"}  # fmt: skip
FALL = qt.Line("mean_ln_g", "length", colour="width", marker="flux", fill="disorder", labels=NAMES,
               at=AT, xlim=(0, None))  # fmt: skip
CHANNELS = replace(FALL, y="xi_over_l", x="channels", at={}, xlim=(0.5, None), ylim=(0, None))
COLLAPSE = replace(FALL, x="length_over_xi", slopes={"−2L/ξ": (0, -2)})
LAWS = (("N + 1  (β = 1)", (1, 1)), ("2N  (β = 2)", (0, 2)), ("4N − 2  (β = 4)", (-2, 4)))


def against_channels(axes, result):
    """Draw xi / l against N, strengths side by side so that equal values do not hide each other."""
    beside = 0.14 * (result.disorder.argsort() - (result.disorder.size - 1) / 2)
    moved = (result.channels + beside).assign_attrs(result.channels.attrs)
    colour, laws = ("rashba", LAWS) if result.rashba.size > 1 else ("width", LAWS[:2])
    replace(CHANNELS, colour=colour, slopes=dict(laws)).draw(axes, result.assign(channels=moved))


PANELS = (
    replace(FALL, at={**AT, "disorder": "first"}, line="fitted"),
    replace(COLLAPSE, inset_at=(0.52, 0.57, 0.46, 0.41), inset=replace(
        COLLAPSE, xscale="log", xlim=(0.01, 1), ylim=(-3, 2))),
    against_channels,
    replace(FALL, y="var_ln_g", x="fall", slopes={"slope 2": (0, 2)}, ylim=(0, None)),
    replace(FALL, y="localization_length", x="energy", yscale="log", xlim=(None, None), fill="rashba",
            needs={"energy": 4}, at={"flux": ("first", "last")}, law=against_energy),
    replace(FALL, y="step", x="felt_flux", marker="disorder", fill="", xscale="log", join=True,
            at={"rashba": "first"}, xlim=(None, None), guides={"half": 0.5}, needs={"flux": 4}),
)  # fmt: skip


def preset(disorder, width, flux, rashba, realizations, note):
    """Return a preset at E = 0.6."""
    flux = qt.Axis(flux, units="h/e through width × width sites", long_name="magnetic flux")
    rashba = qt.Axis(rashba, units="t", long_name="Rashba spin–orbit coupling")
    axes = dict(zip(AXES, (disorder, width, flux, (0.6,), rashba), strict=True))
    return qt.Preset(**axes, realizations=realizations, note=note)


workflow = qt.Workflow(
    name="localization",
    title="Localization length of a disordered wire",
    summary="How g of a phase-coherent wire falls with its length: ξ, l, fluctuations; fields and spin.",
    presets={
        "quick": preset((0.5, 0.7), WIDTHS[:4], FLUX[::6], (0.0,), 2000, "ξ to 0.6 %; half a minute"),
        "standard": preset((0.35, 0.5, 0.7), WIDTHS[:5], FLUX, (0.0, 0.3), 4000, "ξ to 0.4 %; half an hour"),
        "paper": preset((0.25, 0.35, 0.5, 0.7), WIDTHS, FLUX[::6], (0.0, 0.3), 100_000, "ξ to 0.1 %; a cluster"),
    },
    wire=wire, lengths=lengths, realizations=realizations, fewest=estimate.realizations_needed,
    dimensions={"scaled": SCALED}, quantities=QUANTITIES,
    measure=(measure, in_field, spread), expect=(expect, expect_in_field, expect_spread),
    panels=PANELS,
    planned_error=lambda sweep: f"⟨ln g⟩ to {45 / sweep.largest_count**0.5:.2g} % where it is −10",
)  # fmt: skip
