"""Weak localization of wires and squares, and what ends it: flux, spin–orbit coupling, dephasing.

Question. Paths and their time-reversed copies interfere where they return. How much conductance
does that cost, and what do a magnetic field, the spin and a loss of phase make of it?

Model. Square-lattice rectangles with hard walls and box disorder between leads of their own width,
perpendicular field in all of it. Spin–orbit coupling: Ando's with theta = pi/6, so that spins
forget themselves within l, and Rashba's, which turns them by 1 in ten sites. Dephasing: a voltage
probe on every site (Büttiker), self-energy -i eta. Samples of one shape share their disorder across
fields: <g(B) - g(0)> has a small error.

Theory. The cooperon of the rectangle, singlet and triplets, without a free parameter
(`qtcore.theory.cooperon`). Its limits: -1/3 (per spin) in long wires, +1/6 with spin–orbit
coupling; in squares sigma falls by 1/pi per ln L, rises by 1/(2 pi) with spin–orbit coupling, until
the magnetic length. Probes set L_phi = sqrt(D/2 eta), which a fit of the same cooperon must return,
and one of Hikami, Larkin and Nagaoka, who know no leads, for samples of many L_phi.

Energies lie midway between thresholds of channels. A field is left out where its cyclotron radius
is below the width or its flux below 0.1 h/e. Theory is compared where the cooperon is the sum of
all crossed diagrams to 2 %: samples of 8 l and more, magnetic lengths above l; what lies outside is
drawn and not compared. Tolerances are what it leaves out even there: half of the next order in 1/g,
1/(k l), leads, walls, the last of the triplets (`qtcore.analysis.crossover`).
"""

from dataclasses import replace
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
import xarray as xr

import qtcore as qt
from qtcore.analysis import magnetoconductance, rectangles
from qtcore.analysis.check import compared, some_left_out
from qtcore.figures import weak_localization as panels
from qtcore.figures.style import lettered_panels


class Rectangle(NamedTuple):
    """A rectangle of square lattice with box disorder, between leads of its own width.

    Sizes in sites, full width W of the box and Fermi energy in units of t; angle of Ando's
    spin–orbit coupling (radians), strength of Rashba's (t), eta of a voltage probe on each site (t).
    """

    width: int
    length: int
    disorder: float
    energy: float
    ando: float = 0.0
    rashba: float = 0.0
    probes: float = 0.0


ANDO = np.pi / 6
RECTANGLES = (
    Rectangle(30, 90, disorder=2.0, energy=0.6),
    Rectangle(30, 90, disorder=2.0, energy=0.59, ando=ANDO),
    *(Rectangle(M, M, disorder=3.0, energy=1.0) for M in (12, 24, 48)),
    *(Rectangle(M, M, disorder=3.0, energy=1.22, ando=ANDO) for M in (12, 24, 48)),
    Rectangle(16, 16, disorder=3.0, energy=1.0, probes=0.05),
    Rectangle(40, 96, disorder=2.0, energy=0.98, rashba=0.05),
    Rectangle(96, 96, disorder=3.0, energy=1.0),
    Rectangle(32, 32, disorder=4.0, energy=1.0, probes=0.05),
    Rectangle(60, 180, disorder=1.5, energy=0.76),
    Rectangle(60, 180, disorder=1.5, energy=0.66, ando=ANDO),
    Rectangle(96, 96, disorder=3.0, energy=1.22, ando=ANDO),
    Rectangle(80, 640, disorder=1.2, energy=1.0),
)
"""What the axis `sample` counts. New ones go to the end."""

FINER = {0: 6, 1: 4, 3: 1.5, 4: 3, 8: 2.5, 9: 2.5}
"""How many times smaller than asked the error of a sample is, where a check would notice little."""

SAMPLES = tuple(rectangles.Sample(*made) for made in RECTANGLES)
"""The same as theory sees them."""

WEAKEST, FEWEST = 0.1, 64
"""Flux through a sample, h/e, below which nothing changes; realizations from which a covariance
between some ten fields can be inverted."""


def wire_of(made, flux):
    """Return a rectangle as a wire in a field (h/e per plaquette)."""
    ando = (qt.Ando(made.ando),) if made.ando else ()
    rashba = (qt.Rashba(made.rashba),) if made.rashba else ()
    terms = (*ando, *rashba)
    return qt.Wire(qt.Square(made.width), qt.Box(made.disorder), flux=flux, terms=terms)


def spins_of(made):
    """Return how often g counts an orbital channel."""
    return 2 if made.ando or made.rashba else 1


def solve(point, realizations):
    """Return g (e²/h, all spins) of a point's samples."""
    made = RECTANGLES[point.sample]
    where = (wire_of(made, point.flux), made.energy)
    if made.probes:
        (length,) = point.lengths
        g = qt.observe.dephased_ensemble(*where, length, realizations, point.seed, made.probes)
        return {"g": g[:, None]}
    return {"g": np.exp(qt.ln_conductance(*where, point.lengths, realizations, point.seed))}


def lengths(points):
    """Give every point the length of its sample."""
    of_points = [RECTANGLES[point.sample].length for point in points]
    found = sorted({*of_points})
    return found, [(found.index(length), found.index(length) + 1) for length in of_points]


def cost(point):
    """Return what a realization costs, in milliseconds of a core, to a factor of two."""
    made = RECTANGLES[point.sample]
    M, L = made.width, made.length
    if made.probes:
        return 5e-7 * (L * M) ** 3
    return (1.4e-6 if spins_of(made) == 1 else 25e-6) * L * M**2 * (1 + M / 40)


def realizations(point, count):
    """Return what the asked error needs, none in a field that is of no use to the sample."""
    return min(count, needed(point.sample, point.flux, point.error))


def needed(sample, flux, error):
    """Return how many realizations an error of <g(B) - g(0)> needs.

    None in a field that changes nothing, or bends electrons into edges.
    """
    made = RECTANGLES[sample]
    through = abs(flux) * made.width * made.length
    if (flux and through < WEAKEST) or qt.cyclotron_radius(flux, made.energy) < made.width:
        return 0
    finer = FINER.get(sample, 1)
    return max(FEWEST, ceil((change_error(sample, 1) * finer / error) ** 2))


def change_error(sample, realizations):
    """Return the standard error of <g(B) - g(0)> per spin that realizations reach at least.

    From universal conductance fluctuations, beta = 1 and 2, as if the two fields had nothing in
    common; in weak fields it is less. With probes the sample consists of (L / L_phi)² parts, and
    the fields have half of the fluctuations in common.
    """
    made = RECTANGLES[sample]
    fluctuation = 1.5 * qt.universal_variance(1, made.length / made.width)
    if made.probes:
        phase = sqrt(qt.diffusion_constant(made.energy, made.disorder) / (2 * made.probes))
        fluctuation *= 0.5 * min(1.0, phase / made.length) ** 2
    return sqrt(fluctuation / realizations) / spins_of(made)


def planned_error(sweep):
    """Say the largest error of a change in the field that points reach."""
    points = [point for point in sweep.all_points() if point.realizations]
    worst = max(change_error(point.sample, point.realizations) for point in points)
    return f"⟨g(B) − g(0)⟩ to {worst:.2g} e²/h per spin or better (conductance fluctuations)"


def analyse(ds):
    """Return changes in the field, their theory, slopes with size, phase lengths."""
    return magnetoconductance.analyse(ds, SAMPLES)


def draw(ds, result):
    """Draw wires and squares in a field, squares of many sizes, and dephasing."""
    del ds
    with lettered_panels(2, 2) as (figure, axes):
        panels.draw_wires(axes[0], result, SAMPLES)
        panels.draw_squares(axes[1], result, SAMPLES)
        panels.draw_sizes(axes[2], result, SAMPLES)
        panels.draw_dephasing(axes[3], result, SAMPLES)
    return figure


def check(result):
    """Hold changes in the field, what wires lose, slopes with size and L_phi against theory."""

    def row(at, variable, name, expected, source):
        return compared(at, variable, name, expected, at[f"{variable}_left_out"], source)

    rows, film = [], "Hikami, Larkin and Nagaoka 1980"
    for number in result["sample"].values:
        sample, at = SAMPLES[number], result.sel(sample=number)
        if sample.probes:
            name, L = f"L_φ, {sample.name}, η = {sample.probes}", at["probe_length"]
            rows.append(row(at, "phase_length", name, L, "√(D/2η); Büttiker 1986"))
        if sample.is_large_film:
            rows.append(row(at, "film_phase_length", f"{name}, HLN", L, film))
            rows.append(row(at, "film_amplitude", f"α, {sample.name}", sample.strength, film))
        for here in magnetoconductance.compared_fields(at, sample):
            flux = float(here["flux"]) * sample.width * sample.length
            name, why = f"Δg, {sample.name}, {flux:.2g} h/e", "cooperon of the rectangle"
            rows.append(row(here, "change", name, here["change_theory"], why))
        if sample.is_wire and np.isfinite(at["correction"]):
            long = at["correction_theory"]
            rows.append(row(at, "correction", f"δg, {sample.name}", long, "Mello and Stone 1991"))
    for here in magnetoconductance.compared_slopes(result):
        coupling = ", Ando" if here["spins"] == 2 else ""
        name = f"dσ/d ln L{coupling}, {float(here['flux']):g} h/e per plaquette"
        rows.append(row(here, "slope", name, here["slope_theory"], "cooperon of both squares"))
    return [replace(rows[0], left_out=_left_out(result)), *rows[1:]] if rows else rows


def _left_out(result):
    """Say at how many fields a change of g is compared with nothing, and why."""
    measured = (result["change"].notnull() & (result["flux"] > 0)).rename(None)
    held = xr.zeros_like(measured)
    for number in result["sample"].values:
        at = result.sel(sample=number)
        for here in magnetoconductance.compared_fields(at, SAMPLES[number]):
            held.loc[{"sample": number, "flux": float(here["flux"])}] = True
    why = "no theory holds there, phases are lost, or a stronger field of it is compared"
    return some_left_out(held, measured, "changes in the field", why)


def _preset(samples, error, flux, note):
    axis = qt.Axis(range(samples), whole=True, long_name="number in the list of samples")
    return qt.Preset(sample=axis, flux=flux, error=error, realizations=2_000_000, note=note)


FLUX = (0.0, 2e-4, 5e-4, 9e-4, 2.2e-3, 5.5e-3)

workflow = qt.Workflow(
    name="weak_localization",
    title="Weak localization and antilocalization in wires and squares",
    summary=(
        "Conductance against flux and size, with and without spin–orbit coupling and dephasing: "
        "−1/3 and +1/6 of wires, logarithms of squares, and the phase-coherence length."
    ),
    presets={
        "quick": _preset(10, 0.02, FLUX, "Δg of 0.1 to 0.02; a minute on two cores"),
        "standard": _preset(14, 0.01, (0.0, 6e-5, *FLUX[1:]), "Δg to 0.01; ten minutes"),
        "paper": _preset(16, 0.002, (0.0, 2e-5, 6e-5, *FLUX[1:]), "squares to 96; a cluster"),
    },
    solve=solve,
    variables=(qt.Variable("g", dims=("length",), units="e²/h", long_name="conductance"),),
    lengths=lengths,
    realizations=realizations,
    cost=cost,
    analyse=analyse,
    draw=draw,
    check=check,
    validate=lambda preset: rectangles.refuse_rectangles(preset, SAMPLES, needed),
    planned_error=planned_error,
)
