"""Localization length of a disordered wire.

Question. How fast does the conductance of a phase-coherent wire fall with its length, how does that
depend on width, disorder and magnetic field, and does one number, xi, say it all?

Model. Square-lattice strip with hard walls, box disorder of full width W, clean leads of the same
width, perpendicular field in wire and leads. g is per spin, <ln g> = -2 L / xi.

Theory. xi = (beta N + 2 - beta) l with N open channels and the mean free path l of the golden rule;
a field that breaks time-reversal symmetry (beta = 1 -> 2) raises xi by 2N / (N + 1); var(ln g) grows
twice as fast as |<ln g>|; for a single chain xi = 24 (4 - E²) / W² (Thouless).

E = 0.6 keeps widths 1, 2, 4, 8, 16 away from the band centre, from thresholds, where channels become
unequal, and from k_m + k_n = pi, where phases lock. The field puts more than ten flux quanta through
xi × width and tells a quarter of collisions from their time-reversed copies, short of edge states.

Tolerances are what the theory leaves out, computed and not chosen (`formula_error`): the next order
in W (half as much again for l, whose estimate is rough) and the inequality of the channels for xi;
10 % of the step from N + 1 to 2N in a field, which may not be complete; 2 % in the variance slope.
In xi(field) / xi(0) the next order drops out; of the inequality its change by the field is left.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.estimate import Missing, attempt
from qtcore.theory import born, collapse, field, quasi_1d

AXES = ("disorder", "width", "flux", "energy")
INCOMPLETE = 0.1  # of the step of xi from N + 1 to 2N in the field; so much is missing at width 4
SHORTEST, LONGEST = 1 / 6, 16  # of l, of xi: from nearly ballistic to where the variance is linear
SCALED = qt.Axis(np.arange(4.0, 21.0, 2.0), long_name="L / ξ")

CHAIN = "a chain encloses no flux: the same numbers as without a field"
LOCKED = "phases lock or disorder is strong: (β N + 2 − β) l does not hold"
BETWEEN = "in a field between those of β = 1 and of β = 2"
SHORT = "in a field short wires keep some weak localization, which the model of ⟨g⟩ leaves out"

QUANTITIES = (
    qt.Quantity("mean_free_path", (), "sites", "mean free path l from ⟨g⟩ of short wires", "l",
                "golden rule, l₀", "mean", ("disorder",)),
    qt.Quantity("localization_length", (), "sites", "localization length, ⟨ln g⟩ = offset − 2 L/ξ",
                "ξ", "DMPK, (β N + 2 − β) l₀; width 1: Thouless", "mean", ("disorder",)),
    qt.Quantity("field_ratio", ("flux",), "", "ξ over ξ without field, same disorder", "ξ(B)/ξ(0)",
                "DMPK, 2N/(N + 1), golden rule", "mean", ("disorder",)),
    qt.Quantity("variance_slope", (), "", "d var(ln g) / d |⟨ln g⟩| from 8 ξ on", "slope of var(ln g)",
                "one parameter: 2; 2 % short at 16 ξ", "mean", ("disorder", "width", "energy")),
    qt.Quantity("collapse_squared", (), "", "squared relative spread of ⟨ln g⟩ at equal L/ξ, without "
                "noise", "spread² of ⟨ln g⟩ beyond 4ξ", "DMPK, offsets 2/β (1 − 1/N)"),
    qt.Quantity("suspects", (), "", "samples whose certificate stayed above its threshold",
                "number of samples without certificate", "unitarity", "worst"),
    qt.Quantity("certificate_bound", (), "", "largest bound on the relative error of g",
                "error bound of g", "unitarity", "worst"),
    qt.Quantity("channels", (), "", "open channels", "open channels N"),
    qt.Quantity("xi_over_l", (), "", "ξ over the l of the golden rule", "ξ / l₀"),
    qt.Quantity("mean_ln_g", ("length",), "", "mean of ln g, g in e²/h per spin", "⟨ln g⟩"),
    qt.Quantity("fall", ("length",), "", "minus the mean of ln g", "|⟨ln g⟩|"),
    qt.Quantity("var_ln_g", ("length",), "", "variance of ln g", "var(ln g)"),
    qt.Quantity("fitted", ("length",), "", "fit of ⟨ln g⟩", "fit from 4 ξ on"),
    qt.Quantity("length_over_xi", ("length",), "", "length over ξ", "L / ξ"),
    qt.Quantity("scaled_ln_g", ("scaled",), "", "mean of ln g at equal L/ξ", "⟨ln g⟩ at equal L/ξ"),
)  # fmt: skip


def wire(point):
    """Return a strip with box disorder; the flux goes through width × width sites."""
    flux = point.flux / point.width**2
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def lengths(points):
    """Give every point its own window of one geometric grid, by the golden rule."""
    bounds = []
    for point in points:
        flux = wire(point).flux
        born = qt.scattering_rates(qt.Square(point.width), point.energy, point.disorder, flux)
        beta = 1.0 if flux == 0 or point.width == 1 else 2.0
        xi = qt.localization_length(float(born.channels), born.mean_free_path, beta)
        bounds.append((max(1.0, SHORTEST * born.mean_free_path), LONGEST * xi))
    return qt.windows(bounds, per_octave=3)


def theory(point):
    """Return what theory says of a point, and why it does not hold there, if so."""
    lattice, flux = qt.Square(point.width), wire(point).flux
    where = (lattice, point.energy, point.disorder)
    rates, beta = born.scattering_rates(*where, flux), field.symmetry_index(*where, flux)
    path, N, rough = rates.mean_free_path, float(rates.channels), born.next_order(*where)
    locked = born.is_anomalous(lattice, point.energy, path) or rough > born.LARGEST_NEXT_ORDER
    # Between 1 and 2 there is no formula; that of 2 is drawn, and not compared.
    xi = quasi_1d.localization_length(N, path, 2.0 if np.isnan(beta) else beta)
    if point.width == 1:
        xi = quasi_1d.thouless_localization_length(point.energy, point.disorder)
    why = LOCKED if locked else BETWEEN if np.isnan(beta) else ""
    why = CHAIN if point.width == 1 and point.flux != 0 else why
    rise, formula = quasi_1d.field_ratio(N), born.formula_error(*where, flux)
    return SimpleNamespace(rates=rates, path=path, N=N, beta=beta, xi=xi, why=why, rough=1.5 * rough,
                           formula=formula, rise=rise, step=INCOMPLETE * (1 - 1 / rise))  # fmt: skip


def measure(at):
    """Fit l, xi and the variance of a point."""
    law, mean, length = theory(at), estimate.mean(at.ln_g), at.length
    if law.why == CHAIN:
        return {"localization_length": Missing(CHAIN)}
    path = attempt(estimate.fit_mean_free_path, np.exp(at.ln_g), length, law.rates, law.beta)
    fit = attempt(estimate.fit_localization, at.ln_g, length)
    found = {
        "mean_free_path": getattr(path, "mean_free_path", path),
        "suspects": float((at.suspect == 1).sum()),
        "certificate_bound": np.nanmax(at.certificate),
        "channels": law.N,
        "mean_ln_g": mean,
        "fall": -mean,
        "var_ln_g": estimate.variance(at.ln_g),
    }
    if isinstance(fit, Missing):
        return found | dict.fromkeys(("localization_length", "variance_slope", "scaled_ln_g"), fit)
    xi = fit.localization_length
    scaled = attempt(estimate.at_scaled_lengths, length, mean, xi, SCALED.values)
    return found | {
        "localization_length": xi,
        "variance_slope": attempt(estimate.fit_variance_slope, at.ln_g, length, float(xi)),
        "xi_over_l": xi / law.path,
        "fitted": fit.line(length),
        "length_over_xi": length / float(xi),
        "scaled_ln_g": Missing(law.why) if law.why else scaled,
    }


@qt.together("flux")
def in_field(at):
    """Divide each xi by the one without field of the same disorder, realization by realization."""
    xi, zero = at["localization_length"], np.flatnonzero(at.flux == 0)
    return {"field_ratio": (xi / xi[zero]).where(at.flux != 0)} if len(zero) else {}


@qt.together(*AXES)
def spread(at):
    """Find how far <ln g> of all points falls on one curve of L / xi."""
    return {"collapse_squared": attempt(estimate.squared_spread, at["scaled_ln_g"])}


def expect(at):
    """Say the golden rule, DMPK or Thouless, and one parameter for the variance."""
    law, names = theory(at), ("mean_free_path", "localization_length", "variance_slope")
    path, xi, slope = (bool(np.isfinite(at[name].values)) for name in names)
    band = law.formula + (law.step if law.beta == 2 else 0.0)
    has_l = path and at.flux == 0 and not law.why
    has_xi = not law.why or (not xi and law.why != CHAIN)  # a fit that failed is told anywhere
    return {
        "mean_free_path": qt.Expected(law.path, law.rough * law.path, has_l, law.why or SHORT),
        "localization_length": qt.Expected(law.xi, band * law.xi, has_xi, law.why),
        "variance_slope": qt.Expected(2.0, 0.04, slope and not np.isnan(law.beta), BETWEEN),
        "suspects": 0.0,
        "certificate_bound": qt.Expected(0.0, 1e-6),
    }


@qt.together("flux")
def expect_in_field(at):
    """Say 2N/(N + 1) times the ratio of the mean free paths of the golden rule."""
    if 0 not in at.flux:
        return {}
    laws = [theory(at.point(flux=flux)) for flux in at.flux]
    zero = laws[at.where("flux", 0.0)]
    ratio = np.array([np.nan if law is zero else zero.rise * law.path / zero.path for law in laws])
    band = np.array([abs(law.formula - zero.formula) + zero.step for law in laws])
    holds = [law.beta == 2 and not law.why for law in laws] & np.isfinite(at["field_ratio"].values)
    return {"field_ratio": qt.Expected(ratio, band * ratio, holds, zero.why or BETWEEN)}


@qt.together(*AXES)
def expect_spread(at):
    """Say how far curves spread whose offsets are those of DMPK."""
    there = np.isfinite(at["scaled_ln_g"].values.reshape(-1, len(SCALED.values)))
    points, places = there[:, 0], np.array(SCALED.values)[there[there[:, 0]].all(axis=0)]
    if points.sum() < 2:
        return {}
    values = zip(*(one.ravel()[points].tolist() for one in at.grid(*AXES)), strict=True)
    laws = [theory(at.point(**dict(zip(AXES, one, strict=True)))) for one in values]
    offsets, rest = np.array([(collapse.offset(law.N, law.beta), law.formula) for law in laws]).T
    return {"collapse_squared": qt.Expected(*collapse.spread_of_offsets(places, offsets, rest))}


FALL = qt.Line("mean_ln_g", "length", colour="width", marker="flux", fill="disorder", labels={
    "width": "width (sites)", "flux": "flux", "disorder": "W", "length": "L  (sites)",
}, xlim=(0, None))  # fmt: skip
COLLAPSE = replace(FALL, x="length_over_xi", slopes={"−2L/ξ": (0, -2)})
CHANNELS = replace(FALL, y="xi_over_l", x="channels", xlim=(0.5, None), ylim=(0, None))
LAWS = {"N + 1  (β = 1)": (1, 1), "2N  (β = 2)": (0, 2)}


def against_channels(axes, result):
    """Draw xi / l against N, strengths side by side so that equal values do not hide each other."""
    beside = 0.14 * (result.disorder.argsort() - (result.disorder.size - 1) / 2)
    moved = (result.channels + beside).assign_attrs(result.channels.attrs)
    replace(CHANNELS, slopes=LAWS, legend=False).draw(axes, result.assign(channels=moved))
    N = 0.6 * float(result.channels.max())
    for (law, (offset, slope)), shift in zip(LAWS.items(), ((6, -12), (-72, 4)), strict=True):
        axes.annotate(law, (N, offset + slope * N), shift, textcoords="offset points")


PANELS = (
    replace(FALL, at={"disorder": "first"}, line="fitted"),
    replace(COLLAPSE, inset_at=(0.52, 0.57, 0.46, 0.41), inset=replace(
        COLLAPSE, xscale="log", xlim=(0.01, 1), ylim=(-3, 2))),
    against_channels,
    replace(FALL, y="var_ln_g", x="fall", slopes={"slope 2": (0, 2)}, ylim=(0, None)),
)  # fmt: skip


def planned_error(sweep):
    """Say the error where the wire is long: var(ln g) = 2 |<ln g>| in the localized regime."""
    relative = np.sqrt(2 / (10 * sweep.largest_count))
    return f"⟨ln g⟩ to {100 * relative:.2g} % where ⟨ln g⟩ = −10 (√(2|⟨ln g⟩| / realizations))"


def preset(disorder, width, realizations, note):
    """Return a preset with and without field."""
    flux = qt.Axis((0.0, 0.45), units="h/e through width × width sites", long_name="magnetic flux")
    size = {"realizations": realizations, "note": note}
    return qt.Preset(disorder=disorder, width=width, flux=flux, energy=(0.6,), **size)


workflow = qt.Workflow(
    name="localization",
    title="Localization length of a disordered wire",
    summary="How g of a phase-coherent wire falls with its length: ξ, l, fluctuations; with a field, too.",
    presets={
        "quick": preset((0.5, 0.7), (1, 2, 4, 8), 2000, "ξ to 0.6 %, l to 1 %; half a minute"),
        "standard": preset((0.35, 0.5, 0.7), (1, 2, 4, 8, 16), 10_000, "ξ to 0.35 %; minutes"),
        "paper": preset((0.25, 0.35, 0.5, 0.7), (1, 2, 4, 8, 16), 100_000, "ξ to 0.1 %; a cluster"),
    },
    wire=wire,
    lengths=lengths,
    dimensions={"scaled": SCALED},
    quantities=QUANTITIES,
    measure=(measure, in_field, spread),
    expect=(expect, expect_in_field, expect_spread),
    panels=PANELS,
    planned_error=planned_error,
)
