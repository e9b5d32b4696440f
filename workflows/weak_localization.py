"""Weak localization of wires and squares, and what ends it: flux, spin–orbit coupling, dephasing.

Question. Paths and their time-reversed copies interfere where they return. How much conductance
does that cost, and what do a magnetic field, the spin and a loss of phase make of it?

Model. Square-lattice rectangles with hard walls and box disorder between leads of their own width,
perpendicular field in all of it. Spin–orbit coupling is Ando's, with theta = pi/6, so that spins
forget themselves within l. Dephasing: a voltage probe on every site (Büttiker), self-energy
-i eta. Samples of one shape share their disorder across fields: <g(B) - g(0)> has a small error.

Theory. Wires: -1/3 (per spin), +1/6 with spin–orbit coupling; flux ends it as the cooperon of the
rectangle says, the closed formula of narrow wires being its limit. Squares: sigma falls by 1/pi per
ln L, rises by 1/(2 pi) with spin–orbit coupling, until the magnetic length. Probes set
L_phi = sqrt(D/2 eta), which a fit of the same cooperon must return; the formula of Hikami, Larkin
and Nagaoka, which knows no leads, is its limit for samples of many L_phi and L_phi >> l.

Energies keep the number of channels nearly the same in all fields. A field is left out where its
cyclotron radius is below the width or its flux below 0.1 h/e. Tolerances are what the theory leaves
out (`left_out`): the next order in 1/g, loops of a few collisions, triplets of the spin; for L_phi
one transport mean free path.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.pyplot import close, subplots

import qtcore as qt
from qtcore.analysis.check import Check
from qtcore.analysis.magnetoconductance import (
    Sample,
    analyse_magnetoconductance,
    change_error,
    checked_lengths,
    realizations_for,
)
from qtcore.figures import weak_localization as panels
from qtcore.figures.style import TWO_COLUMNS, house_style, panel_letters
from qtcore.observe.probes import dephased_ensemble

ANDO, FILM = np.pi / 6, {"disorder": 3.0, "energy": 1.0}

SAMPLES = (
    Sample(30, 90, disorder=2.0, energy=0.6),
    Sample(30, 90, disorder=2.0, energy=0.6, ando=ANDO),
    *(Sample(M, M, **FILM, ando=ando) for ando in (0.0, ANDO) for M in (12, 24, 48)),
    Sample(16, 16, disorder=4.0, energy=1.0, probes=0.02),
    *(Sample(96, 96, **FILM, ando=ando) for ando in (0.0, ANDO)),
    Sample(32, 32, disorder=4.0, energy=1.0, probes=0.05),
    Sample(80, 640, disorder=1.2, energy=1.0),
)
"""What the axis `sample` counts. New ones go to the end."""


def wire(sample, flux):
    """Return a sample in a field (h/e per plaquette)."""
    terms = (qt.Ando(sample.ando),) if sample.ando else ()
    return qt.Wire(qt.Square(sample.width), qt.Box(sample.disorder), flux=flux, terms=terms)


def solve(point, realizations):
    """Return g (e²/h, all spins) of a point's samples."""
    sample = SAMPLES[point.sample]
    where = (wire(sample, point.flux), sample.energy)
    if sample.probes:
        (length,) = point.lengths
        g = dephased_ensemble(*where, length, realizations, point.seed, sample.probes)
        return {"g": g[:, None]}
    return {"g": np.exp(qt.ln_conductance(*where, point.lengths, realizations, point.seed))}


def lengths(points):
    """Give every point the length of its sample, after a look at what is asked."""
    return checked_lengths(points, SAMPLES, points[0].error)


def cost(point):
    """Return what a realization costs."""
    return SAMPLES[point.sample].cost


def realizations(point, count):
    """Return what the asked error needs, none in a field that is of no use to the sample."""
    return min(count, realizations_for(SAMPLES[point.sample], point.flux, point.error))


def analyse(ds: xr.Dataset) -> xr.Dataset:
    """Return changes in the field, their theory, slopes with size, phase lengths."""
    return analyse_magnetoconductance(ds, SAMPLES, wire)


def draw(ds: xr.Dataset, result: xr.Dataset) -> Figure:
    """Draw wires and squares in a field, squares of many sizes, and dephasing."""
    del ds
    with house_style():
        figure, axes = subplots(2, 2, figsize=(TWO_COLUMNS, 5.6), layout="constrained")
        panels.draw_wires(axes[0, 0], result, SAMPLES)
        panels.draw_squares(axes[0, 1], result, SAMPLES)
        panels.draw_sizes(axes[1, 0], result, SAMPLES)
        panels.draw_dephasing(axes[1, 1], result, SAMPLES)
        panel_letters(figure, list(axes.flat))
    close(figure)
    return figure


def check(result: xr.Dataset) -> list[Check]:
    """Hold changes in the field, what wires lose, slopes with size and L_phi against theory."""
    rows = []
    for number in result["sample"].values:
        sample, at = SAMPLES[number], result.sel(sample=number)
        name = f"{sample.width} × {sample.length}" + (" spin–orbit" if sample.ando else "")
        if sample.probes:
            title, why = f"L_φ, {name}, η = {sample.probes}", "√(D/2η); Büttiker 1986"
            rows.append(_row(at, "phase_length", title, "probe_length", why))
            if sample.is_large_film:
                rows.append(_row(at, "film_phase_length", f"{title}, HLN", "probe_length", why))
            continue
        fields = at["flux"].values[at["change_theory"].notnull() & (at["flux"] > 0)]
        for flux in fields[-1:] if sample.is_film else fields:
            why = "cooperon of the rectangle"
            title = f"Δg, {name}, {flux * sample.width * sample.length:.2g} h/e"
            rows.append(_row(at.sel(flux=flux), "change", title, "change_theory", why))
        if not sample.is_film:
            why = "Mello and Stone 1991"
            rows.append(_row(at, "correction", f"δg, {name}", "correction_theory", why))
    for spins in (1, 2):
        at = result.sel(spins=spins)
        known = at["flux"].values[at["slope_theory"].notnull()]
        for flux in known[:: max(1, len(known) - 1)]:  # first and last
            title = f"dσ/d ln L{', spin–orbit' if spins == 2 else ''}, {flux:g} h/e per plaquette"
            why = "Hikami, Larkin and Nagaoka 1980"
            rows.append(_row(at.sel(flux=flux), "slope", title, "slope_theory", why))
    return rows


def _row(at: xr.Dataset, name: str, title: str, theory: str, why: str) -> Check:
    value, error, expected, left_out = (
        float(at[key]) for key in (name, f"{name}_error", theory, f"{name}_left_out")
    )
    return Check(title, value, error, expected, left_out, source=why)


def planned_error(sweep: qt.Sweep) -> str:
    """Say the largest error of a change in the field."""
    points = [(SAMPLES[point.sample], point.realizations) for point in sweep.all_points()]
    worst = max(change_error(sample, count) for sample, count in points if count)
    return f"⟨g(B) − g(0)⟩ to {worst:.2g} e²/h per spin or better (conductance fluctuations)"


def _preset(samples: int, error: float, flux: tuple[float, ...], note: str) -> qt.Preset:
    axis = qt.Axis(range(samples), whole=True, long_name="number in the list of samples")
    return qt.Preset(sample=axis, flux=flux, error=error, realizations=1_000_000, note=note)


FLUX = (0.0, 2e-4, 5e-4, 1e-3, 2.5e-3, 5.5e-3)

workflow = qt.Workflow(
    name="weak_localization",
    title="Weak localization and antilocalization in wires and squares",
    summary=(
        "Mean conductance against flux and size, with and without spin–orbit coupling and "
        "dephasing: −1/3 and +1/6 of wires, logarithms of squares, and the phase-coherence length."
    ),
    presets={
        "quick": _preset(9, 0.0125, FLUX, "Δg of 0.1 to 0.01, L_φ to 8 %; a minute on two cores"),
        "standard": _preset(12, 0.005, FLUX, "Δg to 0.005, squares to 96; minutes on two cores"),
        "paper": _preset(
            13, 0.002, (0.0, 2e-5, 5e-5, 1e-4, *FLUX[1:]), "Δg to 0.002, a long wire; a cluster"
        ),
    },
    solve=solve,
    variables=(qt.Variable("g", dims=("length",), units="e²/h", long_name="conductance"),),
    lengths=lengths,
    realizations=realizations,
    cost=cost,
    analyse=analyse,
    draw=draw,
    check=check,
    planned_error=planned_error,
)
