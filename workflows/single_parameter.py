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
parameter says all, cumulants of ln g beyond the second do not grow with L, so that skewness and kurtosis
vanish as L^(-3/2) and L^(-2).

Tolerances are what theory leaves out. gamma: the next order, 1 % at W = 0.5 and as W², which covers
E = 1 too; towards an edge 0.1 sigma^(2/3), less far from it. Lloyd: nothing. Slope of var(ln g): 1.5 %
that chains of 8 to 24 xi have not settled; at an edge three times what gamma leaves out, because ln of the
slope falls there by three times as much as ln gamma rises. Skewness and kurtosis: constants of
order 6 over (4 L/xi)^(3/2) and of order 60 over (4 L/xi)², below 0.01 at 24 xi.
"""

from typing import NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.figures.draw import draw as draw_panels
from qtcore.theory import localized

LONGEST = 24.0  # L/xi
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
    near = [Case("centre", float(x * variance), box) for x in centre]
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

OTHER = "compared in the variable of its own region"
FEW = f"a kurtosis needs {CERTAIN} realizations"
QUANTITIES = (
    qt.Quantity("gamma", (), "1/sites", "Lyapunov exponent", "γ", "Thouless; next order", "worst"),
    qt.Quantity("lloyd", (), "1/sites", "Lyapunov exponent, Cauchy disorder", "γ", "Lloyd; Ishii 1973",
                "worst"),
    qt.Quantity("slope", (), "", "d var(ln g) / d |⟨ln g⟩| in the band", "slope of var(ln g)",
                "one parameter", "mean", ("sample",)),
    qt.Quantity("scaled_energy", (), "", "E/σ², or (|E| − 2) σ^(−4/3)", "scaled energy"),
    qt.Quantity("centre_gamma", (), "", "γ over σ² near the band centre", "γ / σ²",
                "Kappus and Wegner 1981"),
    qt.Quantity("centre_slope", (), "", "d var(ln g) / d |⟨ln g⟩| near the band centre",
                "slope of var(ln g)", "Schomerus and Titov 2003"),
    qt.Quantity("edge_gamma", (), "", "γ σ^(−2/3) near a band edge", "γ σ^(−2/3)",
                "Derrida and Gardner 1984"),
    qt.Quantity("edge_slope", (), "", "d var(ln g) / d |⟨ln g⟩| near a band edge", "slope of var(ln g)",
                "Schomerus and Titov 2003"),
    qt.Quantity("skewness", (), "", "skewness of ln g at 24 ξ", "skewness", "normal", "worst"),
    qt.Quantity("kurtosis", (), "", "excess kurtosis of ln g at 24 ξ", "kurtosis", "normal", "worst"),
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


def lengths(points):
    """Give every chain its window of one grid, from 2 to 24 xi."""
    xi = [1 / theory(point)[0] for point in points]
    return qt.windows([(max(1.0, 2 * one), LONGEST * one) for one in xi], per_octave=4)


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
        scaled = {"scaled_energy": (at.energy - 2) / sigma ** (4 / 3)}
        return found | scaled | {"edge_gamma": gamma / sigma ** (2 / 3), "edge_slope": slope}
    return found | ({"lloyd": gamma} if region == "Lloyd" else {"slope": slope})


def expect(at):
    """Say the theory of the region."""
    gamma, ratio, rest = theory(at)
    region, sigma = at.region, at.box / np.sqrt(12)
    normal = {
        "gamma": qt.Expected(gamma, rest * gamma, region == "band", OTHER),
        "density": localized.ln_g_density(BINS.centres, 0.0, 1.0),
        "skewness": qt.Expected(0.0, 0.01, region == "band", OTHER),
        "kurtosis": qt.Expected(
            0.0,
            0.01,
            region == "band" and at.realizations >= CERTAIN,
            OTHER if region != "band" else FEW,
        ),
    }
    if region == "Lloyd":
        return normal | {"lloyd": qt.Expected(gamma)}
    slope = qt.Expected(ratio, (0.015 + (3 * rest if region == "edge" else 0.0)) * ratio)
    unit = {"centre": sigma**2, "edge": sigma ** (2 / 3)}.get(region)
    if unit is None:
        return normal | {"slope": slope}
    scaled = qt.Expected(gamma / unit, rest * gamma / unit)
    return normal | {f"{region}_gamma": scaled, f"{region}_slope": slope}


LABELS = {"box": "W", "cauchy": "D  (t)", "energy": "E  (t)"}
PANELS = (
    qt.Line("gamma", "energy", at={"region": "band"}, colour="box", yscale="log", labels=LABELS),
    qt.Line("centre_gamma", "scaled_energy", at={"region": "centre"}, colour="box", labels=LABELS),
    qt.Line("edge_gamma", "scaled_energy", at={"region": "edge"}, colour="box", labels=LABELS,
            inset=qt.Line("edge_slope", "scaled_energy", at={"region": "edge"}, colour="box"),
            inset_at=(0.16, 0.55, 0.42, 0.4)),
    qt.Line("centre_slope", "scaled_energy", at={"region": "centre"}, colour="box",
            guides={"2": 2.0, "2π/3": 2 * np.pi / 3}, labels=LABELS),
    qt.Line("lloyd", "cauchy", at={"region": "Lloyd"}, colour="energy", xscale="log", yscale="log",
            labels=LABELS),
    qt.Steps("density", at={"region": "band", "sample": "first"}, note="ln g at 24 ξ",
             labels=LABELS),
)  # fmt: skip


def draw(_, result):
    """Draw the panels of the regions that the sweep has."""
    there = {str(one) for one in result["region"].values.ravel()}
    return draw_panels([panel for panel in PANELS if panel.at["region"] in there], result)


def planned_error(sweep):
    """State the errors of gamma and of the slope of var(ln g)."""
    R = sweep.largest_count
    return f"γ to {100 * np.sqrt(1 / (LONGEST * R)):.2g} %, slope of var(ln g) to {2 * np.sqrt(2 / R):.2g}"


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
    wire=wire,
    lengths=lengths,
    dimensions={"z": BINS},
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    draw=draw,
    fewest=1000,
    planned_error=planned_error,
)
