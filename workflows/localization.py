"""Localization length of a disordered wire.

Question. How fast does the conductance of a phase-coherent wire fall with its length, how does that
depend on width, disorder and magnetic field, and does one number, xi, say it all?

Model. Square-lattice strip with hard walls, box disorder of full width W, clean leads of the same
width, perpendicular field in wire and leads. g is per spin, <ln g> = -2 L / xi.

Theory. xi = (beta N + 2 - beta) l with N open channels and the mean free path l of the golden rule;
a field that breaks time-reversal symmetry (beta = 1 -> 2) raises xi by 2N / (N + 1); var(ln g) grows
twice as fast as |<ln g>|; for a single chain xi = 24 (4 - E²) / W² (Thouless).

Energy. E = 0.6 keeps all widths 1, 2, 4, 8, 16 away from the band centre and from thresholds, where
channels become unequal, and from k_m + k_n = pi, where phases lock. At width 4, for instance, E = 0.5
sits on such a resonance.

Field. 0.4 h/e through width × width sites: more than ten flux quanta through xi × width (about 75
to 105 at W = 0.5) and a quarter of the collisions told from their time-reversed copies, with a
cyclotron radius above half the width, short of edge states.

Tolerances are what the theory itself leaves out, computed and not chosen (`formula_error`): the next
order in W (half as much again for l, since its estimate is rough) and the inequality of the channels
for xi; 5 % of the field's effect; 2 % in the variance slope.
Beyond them a result may lie three standard errors off.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import qtcore as qt
from qtcore.analysis.born import scattering_rates
from qtcore.analysis.check import Check
from qtcore.analysis.lengths import windows
from qtcore.analysis.localization import analyse_localization
from qtcore.analysis.statistics import pooled
from qtcore.analysis.theory import SINGLE_PARAMETER_SLOPE, field_ratio, localization_length
from qtcore.figures import localization as panels
from qtcore.figures.style import lettered_panels

SHORTEST, LONGEST = 1 / 6, 16
"""First length over l, last length over xi: from nearly ballistic to where the variance is linear."""

PER_OCTAVE = 3


def wire(point: qt.Point) -> qt.Wire:
    """Return a strip with box disorder; the flux goes through width × width sites."""
    flux = point.flux / point.width**2
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=flux)


def lengths(points: Sequence[qt.Point]) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Give every point its own window of one geometric grid, by the golden rule."""
    return windows([_bounds(point) for point in points], PER_OCTAVE)


def _bounds(point: qt.Point) -> tuple[float, float]:
    flux = wire(point).flux
    rates = scattering_rates(qt.Square(point.width), point.energy, point.disorder, flux)
    beta = 1.0 if flux == 0 or point.width == 1 else 2.0
    xi = localization_length(float(rates.channels), rates.mean_free_path, beta)
    return max(1.0, SHORTEST * rates.mean_free_path), LONGEST * xi


def analyse(ds: xr.Dataset) -> xr.Dataset:
    """Fit l, xi and the variance of every point."""
    return analyse_localization(ds, wire)


def draw(ds: xr.Dataset, result: xr.Dataset) -> Figure:
    """Four panels: decay with fits, collapse, xi / l against N, variance against mean."""
    del ds
    with lettered_panels(2, 2) as (figure, axes):
        panels.draw_decay(axes[0], result)
        panels.draw_collapse(axes[1], result)
        panels.draw_channels(axes[2], result)
        panels.draw_variance(axes[3], result)
        panels.draw_legend(figure, result)
    return figure


def check(result: xr.Dataset) -> list[Check]:
    """Hold the results against theory where it holds; strengths, which are independent, pooled."""
    rows = []
    for width, energy in product(result["width"].values, result["energy"].values):
        where = f"width {width}" + (f", E = {energy:g}" if result.sizes["energy"] > 1 else "")
        rows += _of_width(result.sel(energy=energy, width=width), where)
    for beta in (1, 2):
        slope = result.assign(two=SINGLE_PARAMETER_SLOPE * (result["beta"] == beta))
        name, why = f"slope of var(ln g), β = {beta}", "one parameter; 2 % short at 16ξ"
        rows += _against(slope, "variance_slope", "two", name, 0.02, why, SINGLE_PARAMETER_SLOPE)
    if result["localization_length"].size > 1:
        spread, why = float(result["collapse_spread"]), "DMPK: offsets 0 to 1.6"
        rows.append(Check("spread of ⟨ln g⟩ beyond 4ξ", spread, 0, 0, 0.06, source=why))
    unfitted = float(result["localization_fit"].isin([1, 2]).sum())
    suspects, worst = float(result["suspects"].sum()), float(result["largest_certificate"].max())
    return [
        *rows,
        Check("points without a fit of ξ", unfitted, 0, 0, source="window of the fit"),
        Check("samples without certificate", suspects, 0, 0, source="unitarity"),
        Check("largest error bound of g", worst, 0, 0, 1e-6, source="unitarity"),
    ]


def _of_width(at: xr.Dataset, where: str) -> list[Check]:
    """Compare l, xi and its rise in the field with theory, for one width and energy."""
    at = at.where(at["anomalous"] == 0)
    zero = at.where(at["flux"] == 0)
    born, formula = float(at["born_error"].mean()), float(at["formula_error"].mean())
    # At this field up to 5 % of the step from N + 1 to 2N may be left to make.
    doubling = field_ratio(float(at["channels"].max()))
    field = formula + 0.05 * (1 - 1 / doubling)
    dmpk = "Thouless" if int(at["width"]) == 1 else "DMPK, (N + 1) l₀"
    path, xi = ("mean_free_path", "born_mean_free_path"), "localization_length"
    return [
        *_against(zero, *path, f"l / l₀, {where}", 1.5 * born, f"golden rule to {1.5 * born:.1%}"),
        *_against(
            zero, xi, f"theory_{xi}", f"ξ / ξ₀, {where}", formula, f"{dmpk} to {formula:.1%}"
        ),
        *_against(
            at,
            "field_ratio",
            "theory_field_ratio",
            f"ξ(field) / ξ(0), {where}",
            field,
            f"DMPK, 2N/(N + 1) to {field:.1%}",
            doubling,
        ),
    ]


def _against(
    at: xr.Dataset,
    name: str,
    theory: str,
    title: str,
    left_out: float,
    source: str,
    unit: float = 1,
) -> list[Check]:
    """Pool result over theory, times `unit`; no check where there is no theory."""
    expected = at[theory].where(at[theory] > 0)
    if not expected.notnull().any():
        return []
    ratio, error = pooled(np.ravel(at[name] / expected), np.ravel(at[f"{name}_error"] / expected))
    return [Check(title, unit * ratio, unit * error, unit, unit * left_out, source=source)]


def planned_error(sweep: qt.Sweep) -> str:
    """Say the error where the wire is long: var(ln g) = 2 |<ln g>| in the localized regime."""
    relative = np.sqrt(2 / (10 * sweep.largest_count))
    return f"⟨ln g⟩ to {100 * relative:.2g} % where ⟨ln g⟩ = −10 (√(2|⟨ln g⟩| / realizations))"


def _preset(
    disorder: Sequence[float], width: Sequence[int], realizations: int, note: str
) -> qt.Preset:
    flux = qt.Axis((0.0, 0.45), units="h/e through width × width sites", long_name="magnetic flux")
    return qt.Preset(
        disorder=disorder,
        width=width,
        flux=flux,
        energy=(0.6,),
        realizations=realizations,
        note=note,
    )


workflow = qt.Workflow(
    name="localization",
    title="Localization length of a disordered wire",
    summary=(
        "How the conductance of a phase-coherent wire falls with its length, for several widths, "
        "strengths of disorder and with a field that breaks time-reversal symmetry: localization "
        "length, mean free path and fluctuations, beside the golden rule and the DMPK equation."
    ),
    presets={
        "quick": _preset(
            (0.5, 0.7),
            (1, 2, 4, 8),
            2000,
            "ξ to 0.6 %, l to 1 %, variance slope to 1.5 %; half a minute on two cores",
        ),
        "standard": _preset(
            (0.35, 0.5, 0.7),
            (1, 2, 4, 8, 16),
            10_000,
            "ξ to 0.35 %: what the theory leaves out shows; minutes on two cores",
        ),
        "paper": _preset(
            (0.25, 0.35, 0.5, 0.7),
            (1, 2, 4, 8, 16),
            100_000,
            "ξ to 0.1 %; a few core-hours, for a cluster",
        ),
    },
    wire=wire,
    lengths=lengths,
    planned_error=planned_error,
    analyse=analyse,
    draw=draw,
    check=check,
)
