"""The panels of the figure of weak localization."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from qtcore.analysis.crossover import crossover
from qtcore.analysis.rectangles import Sample
from qtcore.analysis.weak_localization import (
    PER_LOGARITHM_OF_SIZE,
    hikami_larkin_nagaoka,
    wire_crossover,
)
from qtcore.figures.style import FAINT, ordered_colours

Array = NDArray[np.float64]

DASHES, DOTS = (0, (5, 2)), (0, (1, 1.5))
PLAIN, ANDO, RASHBA = ordered_colours([0.0, 1.0, 2.0])[0.0], "#c2491d", "#1d7fa6"
CHANGE = "⟨g(B) − g(0)⟩  (e²/h per spin)"


def _colour(sample: Sample) -> str:
    return RASHBA if sample.rashba else ANDO if sample.ando else PLAIN


def _kind(sample: Sample) -> str:
    return "Rashba" if sample.rashba else "Ando" if sample.ando else "plain"


def _chosen(
    result: xr.Dataset, samples: Sequence[Sample], *, film: bool, probes: bool = False
) -> list[tuple[Sample, xr.Dataset]]:
    """Return the samples of one kind with their results."""
    pairs = [(samples[n], result.sel(sample=n)) for n in result["sample"].to_numpy()]
    return [
        (sample, at)
        for sample, at in pairs
        if bool(sample.probes) == probes and (probes or sample.is_film == film)
    ]


def _measured(axes: Axes, at: xr.Dataset, per: float = 1.0, **style: Any) -> xr.Dataset:
    """Draw the changes against flux × per; return what was drawn."""
    at = at.isel(flux=np.flatnonzero((at["flux"] > 0) & at["change"].notnull()))
    error = at["change_error"]
    axes.errorbar(at["flux"] * per, at["change"], error, linestyle="none", zorder=3, **style)
    return at


def _fields(at: xr.Dataset) -> Array:
    flux = at["flux"].to_numpy()
    return np.geomspace(0.7 * flux.min(), 1.25 * flux.max(), 20)


def _crossover(sample: Sample, at: xr.Dataset, flux: Array, phase: float = np.inf) -> Array:
    return crossover(sample, flux, float(at["mean_free_path"]), phase, float(at["g"][-1]))


def _left_out(axes: Axes, at: xr.Dataset, per: float, colour: str) -> None:
    """Shade what theory leaves out, where it is compared with the sample."""
    at = at.isel(flux=np.flatnonzero((at["flux"] > 0) & at["change_theory"].notnull()))
    theory, band = at["change_theory"].to_numpy(), at["change_left_out"].to_numpy()
    through = at["flux"].to_numpy() * per
    axes.fill_between(through, theory - band, theory + band, color=colour, alpha=0.15, linewidth=0)


def _logarithmic(axes: Axes, label: str) -> None:
    axes.axhline(0, color=FAINT, linewidth=0.7)
    axes.set(xscale="log", xlabel=label, ylabel=CHANGE)
    axes.xaxis.set_minor_formatter(NullFormatter())


def _is_empty(axes: Axes, chosen: Sequence[Any]) -> bool:
    """Say in the panel that a sweep has no such samples."""
    if not chosen:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no such samples in this sweep", ha="center", color=FAINT)
    return not chosen


def draw_wires(axes: Axes, result: xr.Dataset, samples: Sequence[Sample]) -> None:
    """Change of g of wires against the flux through them, with both theories."""
    wires = _chosen(result, samples, film=False)
    if _is_empty(axes, wires):
        return
    drawn: list[str] = []
    for sample, whole in wires:
        area, colour = sample.length * sample.width, _colour(sample)
        label = f"{_kind(sample)}, {sample.width} × {sample.length}"
        marker = "os^"[drawn.count(colour) % 3]
        drawn.append(colour)
        at = _measured(axes, whole, area, marker=marker, color=colour, label=label)
        flux = _fields(at)
        axes.plot(flux * area, _crossover(sample, at, flux), color=colour)
        _left_out(axes, whole, area, colour)
        if sample.rashba:
            continue
        s = sample.length / float(at["mean_free_path"])
        narrow = sample.strength * (s / (1 + s)) ** 3 * (1 - wire_crossover(flux * area)) / 3
        axes.plot(flux * area, narrow, color=colour, linestyle=DASHES, linewidth=0.8)
    for height, text, place in ((1 / 3, "1/3", 0.99), (-1 / 6, "−1/6", 0.1)):
        axes.axhline(height, color=FAINT, linewidth=0.7, linestyle=DOTS)
        across = axes.get_yaxis_transform()
        axes.text(place, height, text, color=FAINT, transform=across, ha="right", va="bottom")
    _logarithmic(axes, "flux through the wire  (h/e)")
    axes.set(ylim=(-0.21, 0.58 + 0.065 * -(-len(wires) // 2)))
    title = (
        "full: cooperon of the rectangle,\nshaded: what it leaves out\ndashed: narrow wire, formula"
    )
    style: dict[str, Any] = {"ncols": 2, "columnspacing": 1.0, "alignment": "left"}
    axes.legend(loc="upper left", title=title, title_fontsize=7.5, **style)


def draw_squares(axes: Axes, result: xr.Dataset, samples: Sequence[Sample]) -> None:
    """Change of g of squares against the field."""
    films = _chosen(result, samples, film=True)
    if _is_empty(axes, films):
        return
    shades = ordered_colours([float(sample.width) for sample, _ in films])
    for sample, whole in films:
        colour, is_plain = shades[float(sample.width)], sample.spins == 1
        style: dict[str, Any] = {
            "color": colour,
            "markerfacecolor": colour if is_plain else "white",
        }
        known = axes.get_legend_handles_labels()[1]
        label = None if str(sample.width) in known else str(sample.width)
        at = _measured(axes, whole, marker="o", label=label, **style)
        flux = _fields(at)
        axes.plot(flux, _crossover(sample, at, flux), color=colour, linewidth=0.9)
        _left_out(axes, whole, 1.0, colour)
    _logarithmic(axes, "flux per plaquette  (h/e)")
    title = "side of the square\n(open: Ando)"
    axes.legend(loc="upper left", title=title, title_fontsize=7.5, alignment="left")


def draw_sizes(axes: Axes, result: xr.Dataset, samples: Sequence[Sample]) -> None:
    """Conductivity of squares against the logarithm of their size."""
    films = _chosen(result, samples, film=True)
    if _is_empty(axes, films):
        return
    # The strongest field that every square has.
    everywhere = np.logical_and.reduce([at["sigma"].notnull().to_numpy() for _, at in films])
    strongest = int(np.flatnonzero(everywhere)[-1])
    for spins in (1, 2):
        own = [(sample, at) for sample, at in films if sample.spins == spins]
        if not own:
            continue
        own.sort(key=lambda pair: pair[0].width)
        size = np.array([sample.width for sample, _ in own])
        for field in (0, strongest):
            sigma, error = (
                np.array([float(at[name].isel(flux=field)) for _, at in own])
                for name in ("sigma", "sigma_error")
            )
            colour = _colour(own[0][0])
            axes.errorbar(
                size,
                sigma,
                yerr=error,
                linestyle="none" if field == 0 else DOTS,
                linewidth=0.8,
                marker="o" if field == 0 else "^",
                markerfacecolor=colour if field == 0 else "white",
                color=colour,
                label=f"{_kind(own[0][0])}, {float(result['flux'][field]):g} h/e",
            )
            if field == 0:
                slope = PER_LOGARITHM_OF_SIZE * own[0][0].strength
                ends = size[[0, -1]] * np.array([0.9, 1.1])
                axes.plot(ends, sigma[-1] + slope * np.log(ends / size[-1]), color=colour)
    axes.set(xscale="log", xlabel="side of the square  (sites)", ylabel="σ  (e²/h per spin)")
    sizes = sorted({sample.width for sample, _ in films})
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.45 * (high - low), high)
    title = "lines: −1/π and +1/2π per ln L"
    axes.legend(
        loc="lower left",
        ncols=2,
        columnspacing=0.8,
        handlelength=1.5,
        title=title,
        title_fontsize=7.5,
        alignment="left",
    )


def draw_dephasing(axes: Axes, result: xr.Dataset, samples: Sequence[Sample]) -> None:
    """Change of g of squares with probes: the fitted L_phi, and what there is without probes."""
    chosen = _chosen(result, samples, film=True, probes=True)
    if _is_empty(axes, chosen):
        return
    shades = ordered_colours([float(sample.width) for sample, _ in chosen] + [np.inf])
    for sample, whole in chosen:
        colour = shades[float(sample.width)]
        at = _measured(axes, whole, marker="o", color=colour)
        flux, phase = _fields(at), float(at["phase_length"])
        size = f"side {sample.width}, η = {sample.probes:g}"
        error, expected = float(at["phase_length_error"]), float(at["probe_length"])
        text = f"{size}\nfit: L$_φ$ = {phase:.1f} ± {error:.1f}  (√(D/2η) = {expected:.1f})"
        axes.plot(flux, _crossover(sample, at, flux, phase), color=colour, label=text)
        film = sample.strength * hikami_larkin_nagaoka(flux, phase)
        axes.plot(flux, film * sample.width / sample.length, color=colour, linestyle=DOTS)
        axes.plot(flux, _crossover(sample, at, flux), color=colour, linestyle=DASHES, lw=0.8)
    _logarithmic(axes, "flux per plaquette  (h/e)")
    title = "dashed: no dephasing\ndotted: infinite film of the same L$_φ$ (HLN)"
    axes.legend(loc="upper left", title=title, title_fontsize=7.5, alignment="left")
