"""Localization in chains: whether one number says all, and where it does not.

Question. How do the Lyapunov exponent gamma of a chain and the fluctuations of ln g depend on energy
and on the strength of the disorder, and is ln g normal?

Model. The chain, E = 2 cos k, with independent on-site energies: a box of full width W (sigma² = W²/12),
or Cauchy's law of half width D (Lloyd's model). gamma = 1/xi, <ln g> = -2 gamma L. Leads are shifted where
they would hardly conduct; that adds a constant to ln g, and slopes do not feel it.

Theory. Weak box: gamma = sigma² / (2 (4 - E²)) (Thouless), off the band centre and the edges. There
phases lock: gamma/sigma² is a function of E/sigma², and gamma sigma^(-2/3) one of (|E| - 2) sigma^(-4/3)
(Kappus and Wegner 1981; Derrida and Gardner 1984). var(ln g) grows as 2 |<ln g>| where one parameter
says all, 2 pi/3 times as fast as |<ln g>| at the band centre, and otherwise at the edge (Schomerus and
Titov, PRB 67, 100201 (2003)). Lloyd: cosh gamma = [sqrt((2 + E)² + D²) + sqrt((2 - E)² + D²)] / 4, at any
strength. Beside an edge the lattice counts, too: 4 - E² inside, arcosh(|E|/2) outside. Where one
parameter says all, cumulants of ln g beyond the second do not grow with L: those of one channel are
-12 zeta(3) and -14 pi⁴/15 (`one_channel`), so that at 24 xi the skewness is -0.016, the kurtosis -0.011.

Tolerances are what theory leaves out. gamma: the next order, 1 % at W = 0.5 and as W², which covers
E = 1 too; towards an edge 0.1 sigma^(2/3), less far from it. Lloyd: nothing. Slope of var(ln g): 1.5 %
that chains of 8 to 24 xi have not settled; at an edge three times what gamma leaves out, because ln of the
slope falls there by three times as much as ln gamma rises. Third and fourth cumulant: they may grow with L
at what gamma leaves out times the rate of the second.
"""

from typing import Any, NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.figures.draw import draw as draw_panels
from qtcore.theory import localized, one_channel

LONGEST = 24.0  # L/xi
LADDER = 1.1490652800266667  # a rung of the lengths, where those of all presets begin
LEADS, FASTEST = 0.5, 1.5  # energy over the centre of their band in shifted leads; else, up to (t)
CERTAIN = 4000  # realizations for the error of a kurtosis
BINS = qt.Bins(np.linspace(-4, 4, 33), symbol="z", long_name="(ln g + 2γL) / √(4γL)")


class Case(NamedTuple):
    """A chain; `region` says with which theory it is compared."""

    region: str  # "band", "centre", "edge" or "Lloyd"
    energy: float  # t
    box: float = 0.0  # full width W of the box, t
    cauchy: float = 0.0  # half width D of Cauchy's law, t


def anomalies(box, centre, edge):
    """Return chains at scaled energies: E/sigma², and (|E| - 2) sigma^(-4/3)."""
    variance = box**2 / 12
    near = (Case("centre", float(x * variance), box) for x in centre)
    return [*near, *(Case("edge", float(2 + x * variance ** (2 / 3)), box) for x in edge)]


def band(box, energies):
    """Return chains across the band."""
    return [Case("band", energy, box) for energy in energies]


CENTRE, EDGE = (0.0, 0.125, 0.25, 0.5, 1.0, 3.0), (-5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0)
ENERGIES = (0.3, 0.6, 0.9, 1.0, 1.2, 1.4)
CASES = (
    *band(0.5, ENERGIES),
    *band(1.0, ENERGIES[:4]),
    *anomalies(0.5, CENTRE, EDGE),
    *anomalies(0.8, CENTRE[:5:2], EDGE[1::2]),
    *(Case("Lloyd", energy, cauchy=D) for energy in (0.0, 1.0, 2.5) for D in (0.1, 0.5, 1.0, 5.0)),
    *band(0.35, ENERGIES),
    *anomalies(0.35, CENTRE, EDGE),
)
QUICK = len(CASES) - len(ENERGIES) - len(CENTRE) - len(EDGE)

OTHER = "compared in the band where one parameter says all, 24 ξ long"
NEEDS = "a chain has box > 0 in the regions band, centre and edge, cauchy > 0 in Lloyd"
FEW = f"a kurtosis needs {CERTAIN} realizations"
QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "Lyapunov exponent", "γ"),
    qt.Quantity("band_gamma", (), "1/sites", "Lyapunov exponent in the band", "γ", "Thouless", "worst"),
    qt.Quantity("lloyd", (), "1/sites", "Lyapunov exponent, Cauchy disorder", "γ", "Lloyd; Ishii 1973",
                "worst"),
    qt.Quantity("slope", (), "", "d var(ln g) / d |⟨ln g⟩| in the band", "slope of var(ln g)",
                "one parameter", "average", ("sample",)),
    qt.Quantity("scaled_energy", (), "", "E/σ², or (|E| − 2) σ^(−4/3)", "scaled energy"),
    qt.Quantity("centre_gamma", (), "", "γ over σ² near the band centre", "γ / σ²",
                "Kappus and Wegner 1981"),
    qt.Quantity("centre_slope", (), "", "d var(ln g) / d |⟨ln g⟩| near the band centre",
                "slope of var(ln g)", "Schomerus and Titov 2003"),
    qt.Quantity("edge_gamma", (), "", "γ σ^(−2/3) near a band edge", "γ σ^(−2/3)",
                "Derrida and Gardner 1984"),
    qt.Quantity("edge_slope", (), "", "d var(ln g) / d |⟨ln g⟩| near a band edge", "slope of var(ln g)",
                "Schomerus and Titov 2003"),
    qt.Quantity("skewness", (), "", "skewness of ln g at 24 ξ", "skewness", "one channel: −12 ζ(3)", "worst"),
    qt.Quantity("kurtosis", (), "", "excess kurtosis of ln g at 24 ξ", "kurtosis", "one channel: −14π⁴/15", "worst"),
    qt.Quantity("density", ("z",), "", "density of ln g at 24 ξ", "P(z)", "log-normal g", "none"),
)  # fmt: skip


def wire(point):
    """Return a chain whose leads conduct at this energy."""
    disorder = qt.Cauchy(point.cauchy) if point.cauchy else qt.Box(point.box)
    shift = point.energy - LEADS if abs(point.energy) > FASTEST else 0.0
    return qt.Wire(qt.Chain(), disorder, lead_shift=shift)


def theory(point):
    """Return gamma, the slope of var(ln g), and the part of gamma that is left out."""
    if point.region == "Lloyd":
        return qt.lloyd_exponent(point.energy, point.cauchy), np.nan, 0.0
    variance = point.box**2 / 12
    outside, rest = abs(point.energy) - 2, 0.04 * point.box**2
    scaled = outside * variance ** (-2 / 3)
    if abs(point.energy) >= 1:
        rest += 0.1 * variance ** (1 / 3) / max(1.0, -scaled)
    if outside <= 0:
        return *qt.weak_disorder_exponent(point.energy, variance), rest
    # Far outside gamma is arcosh(|E|/2), of which the edge takes the root of |E| - 2.
    gamma, ratio = qt.edge_anomaly(scaled)
    lattice = np.arccosh(1 + outside / 2) / np.sqrt(outside)
    return variance ** (1 / 3) * gamma * lattice, ratio, rest


def validate(preset):
    """Refuse chains whose region does not know their disorder."""
    for region, box, cauchy in zip(preset.region, preset.box, preset.cauchy, strict=True):
        known = ("Lloyd",) if cauchy > 0 else ("band", "centre", "edge")
        if region not in known or not max(box, cauchy) > 0 or min(box, cauchy) < 0:
            raise qt.InputError(f"{NEEDS}; got region {region!r}, box {box:g}, cauchy {cauchy:g}")


def lengths(points):
    """Give every chain its window of one grid, from 2 to 24 xi."""
    xi = [1 / theory(point)[0] for point in points]
    return qt.windows([(max(1.0, 2 * one), LONGEST * one) for one in xi], 4, through=LADDER)


def measure(at):
    """Fit gamma and the slope of var(ln g), and look at the distribution in the longest chains."""
    fit = estimate.fit_localization(at.ln_g, at.length)
    gamma, region, sigma = 1 / fit.localization_length, at.region, at.box / np.sqrt(12)
    slope = estimate.fit_variance_slope(at.ln_g, at.length, float(fit.localization_length))
    last = at.ln_g[:, -1]
    fall = 2 * theory(at)[0] * at.length[-1]
    found = {
        "gamma": gamma,
        "density": estimate.histogram((last + fall) / np.sqrt(2 * fall), BINS.edges),
        "skewness": estimate.skewness(last),
    }
    if at.realizations >= CERTAIN:
        found["kurtosis"] = estimate.kurtosis(last)
    if region == "centre":
        scaled = {"scaled_energy": at.energy / sigma**2}
        return found | scaled | {"centre_gamma": gamma / sigma**2, "centre_slope": slope}
    if region == "edge":
        scaled = {"scaled_energy": (abs(at.energy) - 2) / sigma ** (4 / 3)}
        return found | scaled | {"edge_gamma": gamma / sigma ** (2 / 3), "edge_slope": slope}
    if region == "Lloyd":
        return found | {"lloyd": gamma}
    return found | {"band_gamma": gamma, "slope": slope}


def expect(at):
    """Say the theory of the region."""
    gamma, ratio, rest = theory(at)
    region, sigma = at.region, at.box / np.sqrt(12)
    long, many = max(2 * gamma * at.length[-1], 2 * LONGEST), at.realizations >= CERTAIN
    one = region == "band" and abs(ratio - 2) < 0.02 and long == 2 * gamma * at.length[-1]
    _, second, third, fourth = one_channel.long_wire_cumulants(long)
    skewness, kurtosis = third / second**1.5, fourth / second**2
    of_skewness = rest / second**0.5 + 1.5 * rest * abs(skewness)
    of_kurtosis = rest / second + 2 * rest * abs(kurtosis)
    normal = {
        "density": localized.ln_g_density(BINS.centres, 0.0, 1.0),
        "skewness": qt.Expected(skewness, of_skewness, one, OTHER),
        "kurtosis": qt.Expected(kurtosis, of_kurtosis, one and many, FEW if one else OTHER),
    }
    if region == "Lloyd":
        return normal | {"lloyd": qt.Expected(gamma)}
    slope = qt.Expected(ratio, (0.015 + (3 * rest if region == "edge" else 0.0)) * ratio)
    unit = {"centre": sigma**2, "edge": sigma ** (2 / 3)}.get(region)
    if unit is None:
        return normal | {"slope": slope, "band_gamma": qt.Expected(gamma, rest * gamma)}
    scaled = qt.Expected(gamma / unit, rest * gamma / unit)
    return normal | {f"{region}_gamma": scaled, f"{region}_slope": slope}


def curve(region, index):
    """Return gamma (0) or the slope of var(ln g) (1) against the variable of a region."""

    def law(point, x):
        sigma = point.box / np.sqrt(12)
        energies = {"centre": x * sigma**2, "edge": 2 + x * sigma ** (4 / 3)}.get(region, x)
        found = np.array([theory(Case(region, float(one), point.box))[index] for one in energies])
        return found / {"centre": sigma**2, "edge": sigma ** (2 / 3)}.get(region, 1) ** (1 - index)

    return law


LABELS = {"box": "W  (t)", "cauchy": "D  (t)", "energy": "E  (t)"}
CENTRE_X, EDGE_X = {**LABELS, "x": "E / σ²"}, {**LABELS, "x": "(|E| − 2) / σ^(4/3)"}
SCALED: dict[str, Any] = {"x": "scaled_energy", "colour": "box", "fine": 41}
PANELS = {
    "band": qt.Line("band_gamma", "energy", colour="box", yscale="log", labels=LABELS,
                    law=curve("band", 0)),
    "centre": qt.Line("centre_gamma", **SCALED, labels=CENTRE_X, law=curve("centre", 0)),
    "edge": qt.Line("edge_gamma", **SCALED, labels=EDGE_X, law=curve("edge", 0),
                    inset_at=(0.16, 0.55, 0.42, 0.4),
                    inset=qt.Line("edge_slope", **SCALED, labels=EDGE_X, law=curve("edge", 1))),
    "centre slope": qt.Line("centre_slope", **SCALED, labels=CENTRE_X, law=curve("centre", 1),
                            guides={"2": 2.0, "2π/3": 2 * np.pi / 3}),
    "Lloyd": qt.Line("lloyd", "cauchy", colour="energy", xscale="log", yscale="log", labels=LABELS,
                     law=lambda at, D: np.array([qt.lloyd_exponent(at.energy, one) for one in D])),
    "band z": qt.Steps("density", at={"region": "band", "sample": "first"}, note="ln g at 24 ξ",
                       labels={**LABELS, "x": BINS.long_name}),
}  # fmt: skip


def draw(_, result):
    """Draw the panels of the regions that the sweep has."""
    there = {str(one) for one in result["region"].values.ravel()}
    return draw_panels([one for name, one in PANELS.items() if name.split()[0] in there], result)


def planned_error(sweep):
    """State the errors of gamma and of the slope of var(ln g)."""
    error = np.sqrt(1 / sweep.largest_count)
    return f"γ to {20 * error:.2g} %, slope of var(ln g) to {2.8 * error:.2g}"


def preset(cases, realizations, note):
    """Return a preset of the first cases."""
    sample = qt.Cases(CASES[:cases], long_name="number of the chain")
    return qt.Preset(sample=sample, realizations=realizations, note=note)


workflow = qt.Workflow(
    name="single_parameter",
    title="Localization in chains: one parameter, and where it fails",
    summary="γ, var(ln g) and the distribution of ln g beside Thouless, anomalies and Lloyd's model.",
    presets={
        "quick": preset(QUICK, 8000, "γ to 0.3 %, slope of var(ln g) to 2 %; half a minute"),
        "standard": preset(len(CASES), 100_000, "γ to 0.1 %, slope of var(ln g) to 0.5 %; minutes"),
        "paper": preset(len(CASES), 2_000_000, "slope of var(ln g) to 0.1 %; a cluster"),
    },
    wire=wire, lengths=lengths, validate=validate, fewest=1000, planned_error=planned_error,
    dimensions={"z": BINS}, quantities=QUANTITIES, measure=measure, expect=expect, draw=draw,
)  # fmt: skip
