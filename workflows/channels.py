"""Transmission eigenvalues of a disordered wire, from ballistic to localized.

Question. Do all N channels of a disordered wire conduct a little, or a few of them fully, and what
does the answer do to the noise of the current?

Model. Square-lattice strip of width M, hard walls, box disorder, clean leads of the same width, with
and without a perpendicular field in wire and leads. All T_n of every sample are stored.

Theory. Diffusive: T = 1/cosh² x with x uniform up to 1 + L/l (Dorokhov), so T is near 1 or near 0
and the Fano factor is F = 1/3; interference (beta = 1) takes 1/45 of noise and 1/3 of conductance.
Localized: the eigenvalues crystallize, <ln T_n> = -2 L (1 + beta (n - 1))/xi. Excess noise at zero
temperature ends at ħω = eV.

Wide wires are diffusive for 1 << L/l << N, narrow ones localize within reach. E = 0.6 keeps away from
thresholds and the band centre. The flux through a slice is the same at every width, and so is the
cyclotron radius, two widths: no edge states, and tens of flux quanta through xi M.
Noise at other voltages: `qtcore.theory.noise.noise_power(np.exp(ds.ln_T), bias, kT, frequency)`.
"""

from dataclasses import replace
from itertools import product

import numpy as np

import qtcore as qt
from qtcore.analysis.channels import analyse_channels
from qtcore.analysis.check import compared, some_left_out
from qtcore.analysis.statistics import refuse_too_few
from qtcore.figures import channels as panels
from qtcore.figures.style import lettered_panels
from qtcore.theory.eigenvalues import fano_spread

WIDE = 20  # widths from here on are for the diffusive regime, narrower ones for the localized one
CRYSTAL = 0.04  # part of the distances that unequal channels and finite length leave out

MOMENTS = {
    "fano": ("F", "de Jong & Beenakker"),
    "open_over_g": ("N(T>½)/g", "Dorokhov; Beenakker"),
    "second_moment": ("⟨T²⟩/⟨T⟩", "Dorokhov"),
    "third_moment": ("⟨T³⟩/⟨T⟩", "Dorokhov"),
}


def wire(point):
    """Return a strip with box disorder, the field in its leads too."""
    flux = point.flux / point.width
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def rates(point):
    """Return golden-rule rates without field, and the symmetry index, of a point."""
    lattice = qt.Square(int(point.width))
    born = qt.scattering_rates(lattice, float(point.energy), float(point.disorder))
    return born, 2.0 if float(point.flux) else 1.0


def lengths(points):
    """Give every point its window of one geometric grid: to 10 l, or to 6 xi."""
    bounds = []
    for point in points:
        born, beta = rates(point)
        path = born.mean_free_path
        xi = qt.localization_length(float(born.channels), path, beta)
        bounds.append((max(1.0, path / 8), 10 * path if point.width >= WIDE else 6 * xi))
    return qt.windows(bounds, 2)


def analyse(ds):
    """Find moments of the eigenvalues against length, and how they fall in long wires."""
    return analyse_channels(ds, rates)


def draw(ds, result):
    """Draw the bimodal density, the Fano factor, crystallization, and the excess noise."""
    with lettered_panels(2, 2) as (figure, axes):
        panels.draw_density(axes[0], ds, result)
        panels.draw_fano(axes[1], result)
        panels.draw_crystal(axes[2], result)
        panels.draw_noise(axes[3], ds, result)
    return figure


def check(result):
    """Hold moments against Dorokhov, and the distances of crystallized eigenvalues against DMPK."""
    sums = compared(result.max(), "mismatch", "|Σ T_n/g − 1| at most", 0, 1e-8, "two solutions")
    rows = [replace(sums, left_out=left_out(result))]
    for width, flux in product(result.width.values, result.flux.values):
        at = result.sel(width=width, flux=flux)
        of_regime = diffusive if width >= WIDE else localized
        rows += of_regime(at, f"M={width}, β={float(at.beta):g}")
    return rows


def left_out(result):
    """Say at how many lengths wide wires are compared with nothing, and why."""
    wide = result.sel(width=result.width[result.width >= WIDE])
    why = "shorter than 5 l the density, longer than 8 l the classical g does not hold"
    return some_left_out(in_window(wide), wide.fano.notnull(), "moments of T in wide wires", why)


def in_window(at):
    """Return where 5 <= L/l <= 8: long enough for the density, short enough for classical g."""
    s = at.length / at.mean_free_path
    return (s > 5) & (s < 8) & at.fano.notnull()


def diffusive(at, where):
    """Compare the moments at the lengths where theory holds."""
    rows = []
    for length in at.length.values[in_window(at)]:
        here = at.sel(length=length)
        # Of the next order in 1/g, and the ends of the density.
        rest = 0.1 / float(here.g) ** 2 + 0.01
        for variable, (name, source) in MOMENTS.items():
            if np.isfinite(expected := here[f"{variable}_theory"]):
                label = f"{name}, {where}, {length / float(at.mean_free_path):.1f} l"
                rows.append(compared(here, variable, label, expected, rest, source))
    return rows


def localized(at, where):
    """Compare the Lyapunov exponents' ratios, as far as rounding leaves them visible."""
    return [
        compared(here, "spacing", f"γ{n}/γ1, {where}", x, CRYSTAL * (x - 1), "DMPK")
        for n in (2, 3)
        if np.isfinite((here := at.sel(n=n)).spacing) and (x := float(here.spacing_theory))
    ]


def planned_error(sweep):
    """State the error of F at L = 5 l in the widest wire, from the universal fluctuations."""
    widest = max(sweep.all_points(), key=lambda point: point.width)
    g = rates(widest)[0].channels / 6
    error = fano_spread(g, 1.0) / np.sqrt(sweep.largest_count)
    return f"F to {error:.2g} at L = 5 l, width {widest.width}, β = 1; less by √2 in the field"


def preset(width, disorder, realizations, note):
    """Return a preset with and without field."""
    flux = qt.Axis((0.0, 0.12), units="h/e through a slice", long_name="magnetic flux")
    size = {"realizations": realizations, "note": note}
    return qt.Preset(width=width, flux=flux, disorder=disorder, energy=0.6, **size)


workflow = qt.Workflow(
    name="channels",
    title="Transmission eigenvalues and shot noise of a disordered wire",
    summary="From ballistic to localized: bimodal density, Fano factor, crystallization, noise.",
    presets={
        "quick": preset((8, 40), 1.0, 500, "F to 0.5 %, γ2/γ1 to 2 %; seconds on two cores"),
        "standard": preset((8, 40), 1.0, 10_000, "F to 0.1 %, γ2/γ1 to 0.5 %; minutes"),
        "paper": preset((8, 16, 40, 80), 0.7, 40_000, "F to 0.05 % in wider windows; a cluster"),
    },
    wire=wire,
    observables=("ln_g", "ln_T"),
    lengths=lengths,
    validate=lambda preset: refuse_too_few(preset.realizations),
    analyse=analyse,
    draw=draw,
    check=check,
    planned_error=planned_error,
)
