"""From ballistic to localized: one wire at every length.

Question. What do the conductance, its fluctuations, the noise and ln g of a wire do while it grows
from shorter than the mean free path l to longer than the localization length xi?

Model. Square-lattice strip with hard walls, box disorder of full width W, clean leads of the same
width, with and without a perpendicular field in wire and leads. g is per spin.

Theory, without a fit: l and the rates between modes are those of the golden rule.
- <g>: the Boltzmann equation of the modes, plus what interference adds in the DMPK equation of N
  equal channels, order by order in 1/N; the first one is (1 - 2/beta)/3 (s/(1 + s))³, s = L/l
  (Mello and Stone, PRB 44, 3559 (1991)).
- var g: the same equation; 2/(15 beta) where l << L << xi.
- F, the Fano factor: (1 - (1 + s)⁻³)/3 and what interference adds (de Jong and Beenakker 1992).
- <ln g>: ln <g> - var g / 2<g>² in a metal, offset - 2 L/xi in an insulator, where xi = (beta N + 2 -
  beta) l and the offset is (2/beta)(1 - 1/N); there var(ln g) grows twice as fast.

Where it is compared. Metal: 2 l < L < xi/4, where the series in 1/N ends before it grows; <g> from L = 0
on. Insulator: from 4 xi on. Theory is drawn where it is compared.

How long a mean can be had. In an insulator the few samples that conduct well make <g>, var g and F: a
share p = <T> of one channel of the length 2 L/xi (`one_channel`), 0.1 at 2 xi, 0.02 at 4 xi, 0.0015 at
8 xi. With fewer than 100 of them, R p < 100, the three are off by more than their errors (F tends to 1
instead of 3/4), and are not stated: 1000 samples end at 2 xi, 100 000 at 8 xi. <ln g> has no such limit.

Tolerances are what theory leaves out. The next order in W moves l by its size and half of that
(`weak_strip`), which moves each curve by its slope; unequal channels, a part `inequality` of what
interference adds, and of var g; the last terms of the series. Noise: the next order, 0.1/g², and 0.01
for the ends of the density (`channels`). In an insulator that of xi.
"""

from typing import Any

import numpy as np

import qtcore as qt
from qtcore import estimate
from qtcore.theory import boltzmann, collapse, dmpk, eigenvalues, one_channel

METAL, INSULATOR = (2.0, 0.25), 4.0  # L/l from, and L/xi to; L/xi from
LONGEST = 16.0  # L/xi
LADDER = 8.210986481303905  # a rung of the lengths, where those of standard and paper begin
STEP = 1e-3  # relative change of l for slopes of theory

DECISIVE = 100  # samples that conduct well, of which a mean of g is made

METAL_ONLY = "L < 2 l or L > ξ/4: no diffusive metal"
NEITHER = "2 l < L < ξ/4 is a metal, L > 4 ξ an insulator, and between there is no formula"
SHORT_ONLY = "L > ξ/4: the series in 1/N has ended"
RARE = f"fewer than {DECISIVE} of the samples conduct well, and only these make ⟨g⟩, var g and F"
QUANTITIES = (
    qt.Quantity("length_over_l", ("length",), "", "length over the mean free path", "L / l"),
    qt.Quantity("g", ("length",), "e²/h per spin", "mean conductance", "⟨g⟩",
                "Boltzmann equation with Born rates; DMPK", "worst"),
    qt.Quantity("classical", ("length",), "e²/h per spin", "without interference", "Boltzmann"),
    qt.Quantity("equal", ("length",), "e²/h per spin", "of N equal channels", "Mello–Stone"),
    qt.Quantity("correction", ("length",), "e²/h per spin", "what interference adds to g", "δg",
                "Mello and Stone 1991; DMPK", "none"),
    qt.Quantity("var_g", ("length",), "", "variance of g", "var g", "DMPK", "worst"),
    qt.Quantity("fano", ("length",), "", "Fano factor ⟨Σ T(1−T)⟩ / ⟨Σ T⟩", "F",
                "de Jong & Beenakker 1992", "worst"),
    qt.Quantity("ln_g", ("length",), "", "mean of ln g", "⟨ln g⟩", "DMPK", "worst"),
    qt.Quantity("localization_length", (), "sites", "localization length", "ξ", "DMPK, golden rule"),
    qt.Quantity("variance_slope", (), "", "d var(ln g) / d |⟨ln g⟩| from 8 ξ on", "slope of var(ln g)",
                "one parameter: 2; 2 % short at 16 ξ"),
)  # fmt: skip


def wire(point):
    """Return a strip with box disorder, the field in its leads too."""
    flux = point.flux / point.width
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def theory(point):
    """Return what the golden rule says of a point."""
    return qt.weak_strip(wire(point), point.energy, point.disorder)


def lengths(points):
    """Give every point its window of one geometric grid, from l/8 to 16 xi."""
    laws = [theory(point) for point in points]
    bounds = [(law.mean_free_path / 8, LONGEST * law.localization_length) for law in laws]
    return qt.windows([(max(1.0, low), high) for low, high in bounds], per_octave=3, through=LADDER)


def measure(at):
    """Find the moments of g, ln g and the eigenvalues against length."""
    law, length = theory(at), at.length
    T = np.exp(eigenvalues.of_channels(at.ln_T, int(law.channels)))
    first, second = (estimate.mean((T**k).sum(-1)) for k in (1, 2))
    fit = estimate.attempt(estimate.fit_localization, at.ln_g, length)
    xi = fit if isinstance(fit, qt.Missing) else fit.localization_length
    slope = law.localization_length if isinstance(xi, qt.Missing) else float(xi)
    classical = boltzmann.classical_conductance(law.rates, np.asarray(length, dtype=float))
    conduct = [one_channel.mean_transmission(2 * L / law.localization_length) for L in length]
    last = int((np.array(conduct) * at.realizations >= DECISIVE).sum())  # they fall with L

    def honest(values):
        return [*(values[n] for n in range(last)), *[qt.Missing(RARE)] * (len(length) - last)]

    return {
        "length_over_l": length / law.mean_free_path,
        "g": honest(first),
        "classical": classical,
        "equal": law.channels / (1 + length / law.mean_free_path),
        "correction": honest(first - classical),
        "var_g": honest(estimate.variance(np.exp(at.ln_g))),
        "fano": honest(1 - second / first),
        "ln_g": estimate.mean(at.ln_g),
        "localization_length": xi,
        "variance_slope": estimate.attempt(estimate.fit_variance_slope, at.ln_g, length, slope),
    }


def curves(law, length, path):
    """Return <g>, var g, F and <ln g> of a metal with a mean free path, and what series leave out."""
    s, N, beta = length / path, law.channels, law.beta
    moments = dmpk.conductance_moments(s, N, int(beta))
    g = boltzmann.classical_conductance(law.rates, length * (law.mean_free_path / path))
    g = g + moments.mean - N / (1 + s)
    fano, var_g = eigenvalues.diffusive_fano(s, N, beta), moments.variance
    ln_g = np.log(np.maximum(g, 1e-9)) - var_g / (2 * g**2)
    return np.array([g, var_g, fano, ln_g]), moments


def expect(at):
    """Say the metal and the insulator of the golden rule, each where it holds."""
    law, length = theory(at), np.asarray(at.length, dtype=float)
    path, xi, N = law.mean_free_path, law.localization_length, law.channels
    if law.why:
        told = {"localization_length": xi, "variance_slope": 2.0}
        return {name: qt.Expected(value, 0.0, False, law.why) for name, value in told.items()}
    in_reach = length <= METAL[1] * xi
    near = np.minimum(length, METAL[1] * xi)  # beyond, the series says nothing
    (g, var_g, fano, ln_g), moments = curves(law, near, path)
    slopes = (curves(law, near, path * (1 + STEP))[0] - [g, var_g, fano, ln_g]) / STEP
    of_g, of_var, of_fano, of_ln_g = 1.5 * law.next_order * np.abs(slopes)
    added = np.abs(moments.mean - N / (1 + near / path))
    of_g = of_g + law.inequality * added + moments.mean_left_out
    of_var = of_var + law.inequality * var_g + moments.variance_left_out
    classical = boltzmann.classical_conductance(law.rates, near)
    metal, deep = in_reach & (length > METAL[0] * path), length >= INSULATOR * xi
    line = collapse.offset(N, law.beta) - 2 * length / xi
    of_line = law.left_out * 2 * length / xi + collapse.NOT_SETTLED * 2 / law.beta
    of_ln_g = of_ln_g + of_g / g + of_var / (2 * g**2)

    def shown(value, where):
        return np.where(where, value, np.nan)

    line = np.where(deep, line, shown(ln_g, metal))
    return {
        "g": qt.Expected(shown(g, in_reach), of_g, in_reach, SHORT_ONLY),
        "correction": qt.Expected(shown(g - classical, metal), of_g, metal, METAL_ONLY),
        "var_g": qt.Expected(shown(var_g, metal), of_var, metal, METAL_ONLY),
        "fano": qt.Expected(shown(fano, metal), of_fano + 0.1 / g**2 + 0.01, metal, METAL_ONLY),
        "ln_g": qt.Expected(line, np.where(deep, of_line, of_ln_g), metal | deep, NEITHER),
        "localization_length": qt.Expected(xi, law.left_out * xi),
        "variance_slope": qt.Expected(2.0, 0.04),
    }


SCALED: dict[str, Any] = {
    "colour": "flux",
    "marker": "width",
    "xscale": "log",
    "labels": {"flux": "flux  (h/e through a slice)", "width": "M  (sites)"},
}
PANELS = (
    qt.Line("g", "length_over_l", line="classical", yscale="log", **SCALED),
    qt.Line("var_g", "length_over_l", ylim=(0, None),
            guides={"2/15": 2 / 15, "1/15": 1 / 15}, **SCALED),
    qt.Line("fano", "length_over_l", ylim=(0, None), guides={"1/3": 1 / 3}, **SCALED),
    qt.Line("ln_g", "length_over_l", **SCALED),
)  # fmt: skip


def planned_error(sweep):
    """State the error of <g> in a metal, from the universal fluctuations."""
    error = np.sqrt(2 / 15 / sweep.largest_count)
    return f"⟨g⟩ to {error:.2g} e²/h, var g to {100 * np.sqrt(2 / sweep.largest_count):.2g} %"


def preset(width, disorder, realizations, note):
    """Return a preset with and without field at E = 0.6."""
    flux = qt.Axis((0.0, 0.12), units="h/e through a slice", long_name="magnetic flux")
    size = {"realizations": realizations, "note": note}
    return qt.Preset(width=width, disorder=disorder, flux=flux, energy=(0.6,), **size)


workflow = qt.Workflow(
    name="quasi_1d",
    title="A wire from ballistic to localized",
    summary="⟨g⟩, var g, Fano factor and ⟨ln g⟩ against L/l, beside Boltzmann, Mello–Stone and DMPK.",
    presets={
        "quick": preset((16,), (0.7,), 1000, "g to 0.01 e²/h, var g to 5 %; half a minute"),
        "standard": preset((16, 32), (0.7,), 10_000, "g to 0.004 e²/h, var g to 1.4 %; minutes"),
        "paper": preset((8, 16, 32), (0.5, 0.7), 100_000, "var g to 0.5 %; a cluster"),
    },
    wire=wire,
    observables=("ln_g", "ln_T"),
    lengths=lengths,
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=PANELS,
    fewest=200,
    planned_error=planned_error,
)
