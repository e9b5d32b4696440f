"""A map of the nanoworld: ballistic, Ohmic, localized, and Ohm's law again where phases are lost.

Question. Which of lambda_F, l, L_phi and xi does a wire of length L have to pass to be ballistic, Ohmic, localized?
Does it conduct by Ohm's law again where electrons forget their phase?

Model. Square-lattice strips with hard walls and box disorder of full width W between clean leads of the same width.
Coherent strips are solved at all lengths in one pass. In others each site has a floating voltage probe of strength
eta (Büttiker, PRB 33, 3020 (1986)), and each length is a Green's function of all sites. g = exp<ln g>, e²/h per spin.

Theory, without a fit. R = 1/g is that of the contact where L < l, and then what the Boltzmann equation of the modes
says, with golden-rule rates. Coherent: interference adds what it does in the DMPK equation, up to xi/4;
ln g = offset - 2 L/xi from 4 xi on, xi = (N + 1) l. With probes: they scatter too, and interference is left on loops
up to L_phi, to which electrons diffuse until a probe takes them (`dephased_strip`). Where L_phi << L,
d ln R / d ln L = 1, whether L exceeds xi or not: localization is gone.

Tolerances are what theory leaves out. One and a half times the next order in W, in the part of the scattering that
disorder makes. Interference: the last terms of the DMPK series and what unequal channels change in it; with
probes all of it once more, as the loops are those of equal channels, and what rates leave out of probes
(`rates_left_out`). With probes R and its slope are compared from 2 l on where interference takes up to a tenth.
"""

from typing import Any, NamedTuple

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.figures.marks import with_marks
from qtcore.figures.style import INK
from qtcore.figures.words import readable
from qtcore.theory.dephased_strip import dephased_strip
from qtcore.theory.typical import typical_resistance

SITES = 1600  # of a strip with probes, whose Green's function has the square of so many elements
LONGEST = 12.0  # L/xi of coherent strips
DIFFUSIVE, PROBED = 5.0, 7.9  # L/l of a diffusive strip, and of the longest with probes
OHMIC, COMPARED, DRAWN = 2.0, 0.1, 0.25  # L/l with probes, and what interference may take of it


class Strip(NamedTuple):
    """A case of the axis `sample`."""

    width: int  # sites
    disorder: float  # full width W of the box, t
    energy: float  # t
    probes: float  # strength eta on each site, t; 0 for a coherent strip


SAMPLES = (
    Strip(16, 0.7, 0.6, 0.0),
    *(Strip(5, 1.3, 0.6, eta) for eta in (0.0, 0.01, 0.05, 0.002, 0.2, 0.005, 0.02, 0.1)),
)
NEITHER = "between ξ/4 and 4 ξ there is no formula"
COHERENT = "L < 2 l, or interference takes more than a tenth: L_φ is not far below ξ"
SOURCE = "Boltzmann; DMPK; Büttiker 1986"
QUANTITIES = (
    qt.Quantity("g", ("length",), "e²/h per spin", "typical conductance", "g", SOURCE, "none"),
    qt.Quantity("resistivity", ("length",), "h/e² per spin", "resistance × width / length", "R M / L",
                SOURCE, "none"),
    qt.Quantity("over_ohm", ("length",), "", "resistance without the contact, over Ohm's", "R / R(Ohm)",
                SOURCE, "worst"),
    qt.Quantity("growth", ("length",), "", "d ln R / d ln L up to the next length", "d ln R/d ln L"),
    qt.Quantity("ohm", (), "", "d ln R / d ln L without contact, last octave", "d ln R/d ln L", "Ohm: 1"),
    qt.Quantity("xi", (), "sites", "localization length", "ξ", "DMPK, golden rule"),
    qt.Quantity("wavelength", (), "sites", "Fermi wavelength along the axis", "λ_F"),
    qt.Quantity("path", (), "sites", "mean free path of disorder", "l"),
    qt.Quantity("phase_length", (), "sites", "phase-coherence length", "L_φ"),
    qt.Quantity("golden_xi", (), "sites", "localization length of the golden rule", "ξ"),
)  # fmt: skip


def wire(point):
    """Return a strip with box disorder."""
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


def solve(point, realizations):
    """Return ln g at all lengths, (realization, length)."""
    where, more = (wire(point), point.energy), (realizations, point.seed)
    if not point.probes:
        return {"ln_g": qt.ln_conductance(*where, point.lengths, *more)}
    probed = qt.observe.dephased_ensemble
    g = [probed(*where, length, *more, point.probes) for length in point.lengths]
    return {"ln_g": np.log(np.stack(g, axis=1))}


def laws(point):
    """Return the classical transport of a strip with its probes, and what holds without them."""
    strip = dephased_strip(qt.Square(point.width), point.energy, point.disorder, point.probes)
    return strip, qt.weak_strip(wire(point), point.energy, point.disorder)


def span(point):
    """Return the shortest and the longest length of a strip, sites."""
    law = qt.weak_strip(wire(point), point.energy, point.disorder)
    path = law.mean_free_path
    if point.probes:
        return path / 4, min(PROBED * path, SITES / point.width)
    return max(2.0, path / 8), LONGEST * law.localization_length


def lengths(points):
    """Give coherent strips lengths from l/8 to 12 xi, those with probes from l/4 to 8 l."""
    return qt.windows([span(point) for point in points], per_octave=2, through=4)


def realizations(point, count):
    """Return `count` for coherent strips; phases that are lost leave little to fluctuate."""
    return min(count, point.probed) if point.probes else count


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    sites = np.array(point.lengths) * float(point.width)
    return 6e-5 * (sites**2).sum() if point.probes else 0.15 + 7e-6 * sites[-1]


def validate(preset):
    """Refuse probes that take nothing, and strips that are diffusive at no length."""
    made = [Strip(**case) for case in preset.axes["sample"].cases]
    strengths = [one.probes for one in made]
    if min(strengths) < 0 or not max(strengths) > 0:
        raise qt.InputError(
            "probes of zero strength take no phase: the map needs strips with probes > 0 (t) beside coherent ones "
            f'with 0, got {strengths}; add one, --set sample=\'[0, 1, {{"like": 1, "probes": 0.05}}]\''
        )
    for one in made:
        path, last = laws(one)[0].elastic_path, max(preset.lengths or [span(one)[1]])
        size = f"width {one.width}, W = {one.disorder:g} t, longest {last:.0f} sites"
        if last <= DIFFUSIVE * path:
            raise qt.InputError(
                f"no length is diffusive: l = {path:.0f} sites is not below a fifth of the longest ({size}); take "
                "stronger disorder, longer or narrower strips"
            )
        if one.probes and one.width * last > SITES:
            raise qt.InputError(f"strips with probes have up to {SITES} sites ({size}): take shorter lengths")  # fmt: skip


def slope_of(length, resistance):
    """Return d ln R / d ln L over the last octave of lengths."""
    half = int(np.abs(length / length[-1] - 0.5).argmin())
    return np.log(resistance[-1] / resistance[half]) / np.log(length[-1] / length[half])


def measure(at):
    """Find g, resistances and how they grow with length."""
    (strip, law), length = laws(at), np.asarray(at.length, dtype=float)
    g: Any = np.exp(estimate.mean(at.ln_g))
    inside = 1 / g - 1 / law.channels
    _, slope = estimate.logarithmic_slope(length, 1 / g)
    found: dict[str, Any] = {
        "g": g,
        "resistivity": at.width / length / g,
        "over_ohm": inside * strip.conductivity / length,
        "growth": [*slope, np.nan],
        "wavelength": 2 * np.pi / np.arccos(abs(at.energy) / 2 - 1),
        "path": strip.elastic_path,
        "golden_xi": law.localization_length,
    }
    if at.probes:
        return found | {"ohm": slope_of(length, inside), "phase_length": strip.phase_length}
    fit = estimate.attempt(estimate.fit_localization, at.ln_g, at.length)
    return found | {"xi": getattr(fit, "localization_length", fit)}


def expect(at):
    """Say the metal, the insulator, and Ohm's law of probes, each where it holds."""
    (strip, law), length = laws(at), np.asarray(at.length, dtype=float)
    if at.probes and strip.lost_part >= DRAWN:
        return {}
    contact, found = 1 / law.channels, {}
    if at.probes:
        R, least, most = (strip.resistance(length, loops) for loops in (1.0, 0.0, 2.0))
        rates = strip.rates_left_out(law.next_order) * (R - contact)
        rest = np.hypot(rates, np.maximum(most - R, R - least))
        works, why = strip.lost_part <= COMPARED, COHERENT
        holds = works & (length >= OHMIC * strip.elastic_path)
        off = max(abs(slope_of(length, one - contact) - 1) for one in (least, most))
        found["ohm"] = qt.Expected(1.0, off, works, why)
    else:
        R, rest, metal = typical_resistance(law, length)
        holds, why, xi = metal & (not law.why), law.why or NEITHER, law.localization_length
        found["xi"] = qt.Expected(xi, law.left_out * xi, not law.why, law.why)
    unit = strip.conductivity / length
    found["over_ohm"] = qt.Expected((R - contact) * unit, rest * unit, holds, why)
    return found | {"g": 1 / R, "resistivity": R * at.width / length}


MARKS = {"λ_F": "wavelength", "l": "path", "L_φ": "phase_length", "ξ": "golden_xi"}
ON: Any = {"xscale": "log", "yscale": "log", "colour": "probes", "labels": {
    "probes": "η  (t)", "length": "L  (sites)", "width": "M  (sites)"}}  # fmt: skip
G = qt.Line("g", "length", xlim=(2, None), ylim=(1e-6, None), **ON)
KINDS = (("below ½", "o", "white", -9, 0.5), ("½ to 3/2", "s", "0.6", 0.5, 1.5),
         ("above", "^", INK, 1.5, 9e9))  # fmt: skip


def strips(result, probed):
    """Return the strips as wide as those with probes, or the others (if there are any)."""
    chosen = result.width.isin(result.width[result.probes > 0]) == probed
    return result.isel(sample=np.flatnonzero(chosen if chosen.any() else ~chosen))


def plane(axes, result):
    """Draw d ln R / d ln L in the plane of L and L_phi, with the borders of theory."""
    own, top = strips(result, True), 30.0
    path, N = own.path[0].item(), own.golden_xi[0].item() / own.path[0].item()
    x = (own.length / own.path).transpose("sample", "length").values
    y = np.broadcast_to((own.phase_length / path).fillna(top).values[:, None], x.shape)
    growth = own.growth.transpose("sample", "length").values
    for name, marker, face, low, high in KINDS:
        here = (growth > low) & (growth <= high)
        axes.scatter(x[here], y[here], 14, face, marker=marker, edgecolors=INK, lw=0.6, label=name)
    for words, place in {"ballistic": (0.3, 4), "Ohm": (2.5, 4), "localized": (4 * N, 12)}.items():
        axes.text(*place, words, ha="center", va="center")
    axes.plot([N, N, 1e3], [2 * top, N, N], INK, [1, 1], [0.1, 2 * top], INK, linewidth=0.8)
    axes.legend(title="d ln R / d ln L", loc="lower right", ncols=3, handletextpad=0)
    axes.set(xscale="log", yscale="log", xlim=(0.1, 12 * N), ylim=(0.02, 2 * top), xlabel="L / l",
             ylabel=readable("L_φ / l  (no probes: above)"))  # fmt: skip


def preset(samples, realizations, probed, note):
    """Return a preset of the first cases."""
    cases = qt.Cases(SAMPLES[:samples], long_name="number of the strip")
    probed = qt.Constant(probed, least=2)
    return qt.Preset(sample=cases, probed=probed, realizations=realizations, note=note)


workflow = qt.Workflow(
    name="regimes",
    title="Ballistic, Ohmic, localized, and Ohm's law again",
    summary="g and resistance against length, from ballistic to localized, with and without dephasing.",
    presets={
        "quick": preset(4, 1000, 48, "ξ to 1 %, R with probes to 1 %; half a minute"),
        "standard": preset(9, 4000, 400, "ξ to 0.5 %, R with probes to 0.4 %; ten minutes"),
        "paper": preset(9, 40_000, 10_000, "ξ to 0.2 %, R with probes to 0.1 %; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("ln_g", dims=("length",), long_name="ln g, g in e²/h per spin"),),
    lengths=lengths, realizations=realizations, fewest=8,
    cost=cost, validate=validate, quantities=QUANTITIES, measure=measure, expect=expect,
    panels=(
        with_marks(G, MARKS, lambda result: strips(result, False)),
        with_marks(G, MARKS, lambda result: strips(result, True)),
        qt.Line("resistivity", "length", marker="width", ylim=(0.01, 30), **ON),
        plane,
    ),
)  # fmt: skip
