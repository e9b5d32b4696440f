"""Localization length of a disordered wire.

Question. How fast does the conductance of a phase-coherent wire fall with its length, how does that
depend on width, disorder and magnetic field, and does one number, xi, say it all?

Model. Square-lattice strip with hard walls, box disorder of full width W, clean leads of the same
width, perpendicular field in wire and leads. g is per spin, <ln g> = -2 L / xi.

Theory. xi = (beta N + 2 - beta) l with N open channels and the mean free path l of the golden rule;
a field that breaks time-reversal symmetry (beta = 1 -> 2) raises xi by 2N / (N + 1); var(ln g) grows
twice as fast as |<ln g>|; for a single chain xi = 24 (4 - E²) / W² (Thouless).

E = 0.6 keeps widths 1, 2, 4, 8, 16 away from the band centre and from thresholds, where channels
become unequal, and from k_m + k_n = pi, where phases lock (width 4 at E = 0.5). The field puts more
than ten flux quanta through xi × width and tells a quarter of the collisions from their
time-reversed copies, with a cyclotron radius above half the width, short of edge states.

Tolerances are what the theory leaves out, computed and not chosen (`formula_error`): the next order
in W (half as much again for l, since its estimate is rough) and the inequality of the channels for
xi; 10 % of the field's effect, a step from N + 1 to 2N that may not be complete (so much is missing
at width 4); 2 % in the variance slope. In xi(field) / xi(0) the next order in W drops out, and of
the inequality the change by the field is left. Beyond them a result may lie three standard errors
off.
"""

from itertools import product

import numpy as np

import qtcore as qt
from qtcore.analysis.check import compared, points_where, pooled_ratio
from qtcore.analysis.localization import analyse_localization
from qtcore.analysis.statistics import refuse_too_few
from qtcore.figures import localization as panels
from qtcore.figures.style import lettered_panels
from qtcore.theory.quasi_1d import SINGLE_PARAMETER_SLOPE, field_ratio

INCOMPLETE = 0.1  # of the step of xi from N + 1 to 2N, where a field tells a quarter of collisions

SHORTEST, LONGEST = 1 / 6, 16  # of l, of xi: from nearly ballistic to where the variance is linear


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


def analyse(ds):
    """Fit l, xi and the variance of every point."""
    return analyse_localization(ds, wire)


def draw(ds, result):
    """Draw the decay with fits, collapse, xi / l against N, variance against mean."""
    del ds
    with lettered_panels(2, 2) as (figure, axes):
        panels.draw_decay(axes[0], result)
        panels.draw_collapse(axes[1], result)
        panels.draw_channels(axes[2], result)
        panels.draw_variance(axes[3], result)
        panels.draw_legend(figure, result)
    return figure


def check(result):
    """Hold the results against theory where it holds; strengths, which are independent, pooled."""
    rows, two = [], SINGLE_PARAMETER_SLOPE
    for width, energy in product(result.width.values, result.energy.values):
        where = f"width {width}" + (f", E = {energy:g}" if result.sizes["energy"] > 1 else "")
        rows += of_width(result.sel(energy=energy, width=width), where)
    for beta in (1, 2):
        slope, why = f"slope of var(ln g), β = {beta}", "one parameter; 2 % short at 16ξ"
        theory = two * (result.beta == beta)
        rows += pooled_ratio(result, "variance_slope", theory, slope, 0.02, why, two)
    if (points := int((result.collapsed == 0).sum())) > 1:
        name, why = f"spread² of ⟨ln g⟩ beyond 4ξ, {points} points", "DMPK, offsets 2/β (1 − 1/N)"
        theory, rest = result.collapse_squared_theory, result.collapse_squared_left_out
        rows.append(compared(result, "collapse_squared", name, theory, rest, why))
    unfitted = float(result.localization_fit.isin([1, 2]).sum())
    window = "window of the fit"
    suspects, worst = float(result.suspects.sum()), float(result.largest_certificate.max())
    return [
        *rows,
        qt.Check(
            "points without a fit of ξ", unfitted, 0, 0, source=window, left_out=left_out(result)
        ),
        qt.Check("samples without certificate", suspects, 0, 0, source="unitarity"),
        qt.Check("largest error bound of g", worst, 0, 0, 1e-6, source="unitarity"),
    ]


def left_out(result):
    """Say which points are compared with no theory of l and ξ or with no other point, and why."""
    reasons = (
        (result.anomalous == 1, "phases lock or disorder is strong: (β N + 2 − β) l does not hold"),
        (result.beta.isnull(), "in a field between those of β = 1 and of β = 2"),
        ((result.localization_fit == 3), "a chain encloses no flux: the same numbers again"),
        (result.collapsed == 3, "begin beyond 4 ξ: their ⟨ln g⟩ is compared with no other"),
        (result.collapsed == 4, "end before 8 ξ: their ⟨ln g⟩ is compared with no other"),
    )
    return "; ".join(filter(None, (points_where(*reason) for reason in reasons)))


def of_width(at, where):
    """Compare l, xi without and in the field, and its rise with theory, for a width and energy."""
    at = at.where(at.anomalous == 0)
    zero, broken, xi = at.where(at.flux == 0), at.where(at.beta == 2), "localization_length"
    path, formula = 1.5 * float(at.born_error.mean()), float(zero.formula_error.mean())
    in_field, doubling = float(broken.formula_error.mean()), field_ratio(float(at.channels.max()))
    step = INCOMPLETE * (1 - 1 / doubling)
    name, law = f"l / l₀, {where}", f"golden rule to {path:.1%}"
    rows = pooled_ratio(zero, "mean_free_path", zero.born_mean_free_path, name, path, law)
    name, law = f"ξ / ξ₀, {where}", "Thouless" if int(at.width) == 1 else "DMPK, (N + 1) l₀"
    law += f" to {formula:.1%}"
    rows += pooled_ratio(zero, xi, zero.theory_localization_length, name, formula, law)
    name, law = f"ξ / ξ₀ in the field, {where}", f"DMPK, 2N l₀ to {in_field + step:.1%}"
    theory = broken.theory_localization_length
    rows += pooled_ratio(broken, xi, theory, name, in_field + step, law)
    field = abs(in_field - formula) + step
    name, law = f"ξ(field) / ξ(0) over theory, {where}", f"DMPK, golden rule to {field:.1%}"
    theory = at.theory_field_ratio
    return rows + pooled_ratio(at, "field_ratio", theory, name, field, law)


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
    summary=(
        "How the conductance of a phase-coherent wire falls with its length, for several widths, "
        "strengths of disorder and with a field that breaks time-reversal symmetry: localization "
        "length, mean free path and fluctuations, beside the golden rule and the DMPK equation."
    ),
    presets={
        "quick": preset((0.5, 0.7), (1, 2, 4, 8), 2000, "ξ to 0.6 %, l to 1 %; half a minute"),
        "standard": preset(
            (0.35, 0.5, 0.7), (1, 2, 4, 8, 16), 10_000, "ξ to 0.35 %, as far as theory; minutes"
        ),
        "paper": preset((0.25, 0.35, 0.5, 0.7), (1, 2, 4, 8, 16), 100_000, "ξ to 0.1 %; a cluster"),
    },
    wire=wire,
    lengths=lengths,
    validate=lambda preset: refuse_too_few(preset.realizations),
    planned_error=planned_error,
    analyse=analyse,
    draw=draw,
    check=check,
)
