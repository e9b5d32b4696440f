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

from itertools import product

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.pyplot import close, subplots

from qtcore.analysis.born import scattering_rates
from qtcore.analysis.lengths import geometric_lengths, window
from qtcore.analysis.localization import analyse_localization
from qtcore.analysis.statistics import pooled
from qtcore.analysis.theory import (
    SINGLE_PARAMETER_SLOPE,
    field_ratio,
    localization_length,
)
from qtcore.figures import localization as panels
from qtcore.figures.style import TWO_COLUMNS, house_style, panel_letters
from qtcore.model.lattice import Square
from qtcore.sweep.spec import Sweep
from qtcore.workflow import Check, Preset, Workflow

SHORTEST, LONGEST = 1 / 6, 16
"""First length over l, last length over xi: from nearly ballistic to where the variance is linear."""

PER_OCTAVE = 3


def sweep(preset: Preset, seed: int) -> Sweep:
    """Give every point its own window of one geometric grid, by the golden rule."""
    fields = preset.model_dump(exclude={"note", "lengths"})
    bounds = [
        _bounds(strength, width, flux, energy)
        for strength in preset.disorder
        for width in preset.width
        for flux in preset.flux
        for energy in preset.energy
    ]
    lengths = preset.lengths or geometric_lengths(
        min(shortest for shortest, _ in bounds), max(longest for _, longest in bounds), PER_OCTAVE
    )
    spans = None if preset.lengths else tuple(window(lengths, *ends) for ends in bounds)
    return Sweep(
        workflow="localization",
        **fields,
        flux_unit="strip",
        lengths=lengths,
        spans=spans,
        seed=seed,
    )


def _bounds(strength: float, width: int, flux: float, energy: float) -> tuple[float, float]:
    rates = scattering_rates(Square(width), energy, strength, flux / width**2)
    beta = 1.0 if flux == 0 or width == 1 else 2.0
    xi = localization_length(float(rates.channels), rates.mean_free_path, beta)
    return max(1.0, SHORTEST * rates.mean_free_path), LONGEST * xi


def draw(ds: xr.Dataset, result: xr.Dataset) -> Figure:
    """Four panels: decay with fits, collapse, xi / l against N, variance against mean."""
    del ds
    with house_style():
        figure, axes = subplots(2, 2, figsize=(TWO_COLUMNS, 5.6), layout="constrained")
        panels.draw_decay(axes[0, 0], result)
        panels.draw_collapse(axes[0, 1], result)
        panels.draw_channels(axes[1, 0], result)
        panels.draw_variance(axes[1, 1], result)
        panel_letters(figure, list(axes.flat))
        panels.draw_legend(figure, result)
    close(figure)  # pyplot forgets it, its owner keeps it
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


workflow = Workflow(
    name="localization",
    title="Localization length of a disordered wire",
    summary=(
        "How the conductance of a phase-coherent wire falls with its length, for several widths, "
        "strengths of disorder and with a field that breaks time-reversal symmetry: localization "
        "length, mean free path and fluctuations, beside the golden rule and the DMPK equation."
    ),
    presets={
        "quick": Preset(
            disorder=(0.5, 0.7),
            width=(1, 2, 4, 8),
            flux=(0.0, 0.45),
            energy=(0.6,),
            realizations=2000,
            note="ξ to 0.6 %, l to 1 %, variance slope to 1.5 %; half a minute on two cores",
        ),
        "standard": Preset(
            disorder=(0.35, 0.5, 0.7),
            width=(1, 2, 4, 8, 16),
            flux=(0.0, 0.45),
            energy=(0.6,),
            realizations=10_000,
            note="ξ to 0.35 %: what the theory leaves out shows; minutes on two cores",
        ),
        "paper": Preset(
            disorder=(0.25, 0.35, 0.5, 0.7),
            width=(1, 2, 4, 8, 16),
            flux=(0.0, 0.45),
            energy=(0.6,),
            realizations=100_000,
            note="ξ to 0.1 %; a few core-hours, for a cluster",
        ),
    },
    sweep=sweep,
    analyse=analyse_localization,
    draw=draw,
    check=check,
)
