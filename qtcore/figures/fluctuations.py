"""The panels of the figure of conductance fluctuations."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from qtcore.analysis.fluctuations import (
    energy_correlation,
    rectangle_field_correlation,
    universal_variance,
)
from qtcore.analysis.universal import main_wire
from qtcore.figures.style import FAINT, INK, ordered_colours

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = (0, (5, 2))
HERE, THERE = "#20639b", "#d1495b"


def _windowed(result: xr.Dataset) -> list[int]:
    """Return the lengths in the universal window, those of the correlations."""
    return [int(L) for L in result["length"][main_wire(result)["universal"] > 0]]


def draw_fingerprints(axes: Axes, result: xr.Dataset) -> None:
    """Conductance of three samples against both signs of the field, an impurity moved in each."""
    area = float(result["main_width"]) * float(result["fingerprint_length"])
    flux = result["small_flux"].to_numpy() * area
    for sample in range(3):
        g = result["fingerprint"].isel(sample=sample).to_numpy()
        shift = 1.6 * sample - g[0].mean()
        axes.axhline(1.6 * sample, color=FAINT, linewidth=0.5)
        axes.plot(flux, g[1] + shift, color=THERE, linestyle=DASHES, linewidth=0.9)
        axes.plot(flux, g[0] + shift, color=HERE)
        # The same curve read backwards.
        axes.plot(-flux[::2], g[0][::2] + shift, "o", color=HERE, markersize=2.4, mfc="white")
    axes.plot([], [], color=HERE, label="sample")
    axes.plot([], [], "o", color=HERE, markersize=2.4, mfc="white", label="same, B → −B")
    axes.plot([], [], color=THERE, linestyle=DASHES, label="one impurity moved")
    axes.set(xlabel="flux through the wire (h/e)", ylabel="g − ⟨g⟩, shifted (e²/h per spin)")
    axes.set_ylim(None, 6.4)
    axes.legend(loc="upper left")


def draw_variance(axes: Axes, result: xr.Dataset) -> None:
    """Variance of all wires against shape, with and without field, where L >= 10 l."""
    colours = ordered_colours([1.0, 2.0])
    aspect = np.geomspace(0.5, 6, 100)
    wires = [(w, d) for w in result["width"].to_numpy() for d in result["disorder"].to_numpy()]
    for beta in (1, 2):
        colour = colours[float(beta)]
        theory = [universal_variance(beta, float(a)) for a in aspect]
        axes.plot(aspect, theory, color=colour, linestyle="-" if beta == 1 else DASHES)
        axes.axhline(2 / 15 / beta, color=FAINT, linewidth=0.6, zorder=0)
        for marker, (width, disorder) in zip(MARKERS, wires, strict=False):
            at = result.sel(width=width, disorder=disorder, beta=beta)
            there = at["universal"] > 0
            axes.errorbar(
                ((at["length"] + at["outside"]) / width)[there],
                at["var_g"][there],
                yerr=at["var_g_error"][there],
                linestyle="none",
                marker=marker,
                color=colour,
                markerfacecolor="white" if beta == 2 else None,
                markersize=3.8,
                label=f"M = {width}, W = {disorder:g}" if beta == 1 else None,
            )
    axes.text(0.5, 2 / 15 - 0.014, "2/15", color=FAINT)
    axes.text(0.5, 1 / 15 - 0.014, "1/15", color=FAINT)
    axes.set(xscale="log", xlabel="(L + z) / M", ylabel="var g  (e²/h per spin)²", ylim=(0, 0.33))
    axes.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    axes.minorticks_off()
    axes.legend(title="full: B = 0;  open: β = 2", title_fontsize=7.5)


def draw_window(axes: Axes, result: xr.Dataset) -> None:
    """Variance over the universal one against length: the window, and how it ends."""
    colours = ordered_colours([1.0, 2.0])
    wires = [(w, d) for w in result["width"].to_numpy() for d in result["disorder"].to_numpy()]
    axes.axhline(1, color=INK, linewidth=0.8)
    for marker, (width, disorder) in zip(MARKERS, wires, strict=False):
        for beta in (1, 2):
            at = result.sel(width=width, disorder=disorder, beta=beta)
            axes.errorbar(
                at["length"] / at["mean_free_path"],
                at["var_g"] / at["var_g_theory"],
                yerr=at["var_g_error"] / at["var_g_theory"],
                marker=marker,
                color=colours[float(beta)],
                markerfacecolor="white" if beta == 2 else None,
                markersize=3.6,
                linewidth=0.5,
            )
    axes.axvline(10, color=FAINT, linewidth=0.7, linestyle=DASHES)
    axes.text(10.3, 0.52, "L = 10 l", color=FAINT)
    axes.set(xscale="log", xlabel="L / l", ylabel="var g / universal", ylim=(0.5, 1.9))
    axes.set_xticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axes.minorticks_off()
    for beta, word in ((1, "B = 0"), (2, "β = 2")):
        axes.plot([], [], color=colours[float(beta)], label=word)
    axes.legend(title="lines: to guide the eye", title_fontsize=7.5)


def draw_energy(axes: Axes, result: xr.Dataset) -> None:
    """Correlation in energy over the Thouless energy, and the diffuson of each shape."""
    lengths = _windowed(result)
    colours = ordered_colours([float(L) for L in lengths])
    for length in lengths:
        at = result.sel(length=length)
        axes.errorbar(
            at["energy_shift"] / float(at["thouless"]),
            at["energy_correlation"],
            yerr=at["energy_correlation_error"],
            linestyle="none",
            marker="o",
            markersize=2.6,
            elinewidth=0.6,
            color=colours[float(length)],
            label=f"{length}",
        )
        x = np.linspace(0, 40, 100)
        aspect = (length + float(at["main_outside"])) / float(at["main_width"])
        axes.plot(x, energy_correlation(x, aspect), color=colours[float(length)], linewidth=0.9)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set(xlabel="ΔE / E$_{Th}$", ylabel="⟨δg(E) δg(E+ΔE)⟩ / ⟨δg²⟩", xlim=(0, 40))
    if lengths:
        axes.legend(title="L", title_fontsize=7.5)


def draw_field(axes: Axes, result: xr.Dataset) -> None:
    """Correlation in field against flux through the wire, and the diffuson of each shape."""
    lengths = _windowed(result)
    colours = ordered_colours([float(L) for L in lengths])
    width = float(result["main_width"])
    for length in lengths:
        at = result.sel(length=length)
        flux = at["field_shift"].to_numpy() * width * length
        axes.errorbar(
            flux,
            at["field_correlation"],
            yerr=at["field_correlation_error"],
            linestyle="none",
            marker="o",
            markersize=2.6,
            elinewidth=0.6,
            color=colours[float(length)],
        )
        # Flux through the wire, as the diffuson feels it.
        felt = (length + float(at["main_outside"])) / length * float(at["flux_kept"]) ** 0.5
        x = np.linspace(0, 5, 21)
        aspect = (length + float(at["main_outside"])) / width
        theory = [rectangle_field_correlation(float(one) * felt, aspect) for one in x]
        axes.plot(x, theory, color=colours[float(length)], linewidth=0.9)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set(xlabel="ΔΦ through the wire (h/e)", xlim=(0, 5))
    axes.set_ylabel("⟨δg(B) δg(B+ΔB)⟩ / ⟨δg²⟩")


def draw_half_widths(axes: Axes, result: xr.Dataset) -> None:
    """Half widths against length: 7.73 ħD/(L + z)² over a decade, and flux quanta."""
    felt = result["length"] + float(result["main_outside"])
    axes.errorbar(
        felt,
        result["energy_half"],
        yerr=result["energy_half_error"],
        linestyle="none",
        marker="o",
        color=HERE,
        label="ΔE$_{1/2}$ (t)",
    )
    axes.plot(felt, result["energy_half_theory"], color=HERE, label="∝ ħD/(L+z)²")
    area = float(result["main_width"]) * result["length"]
    axes.errorbar(
        felt,
        result["field_half"] / area,
        yerr=result["field_half_error"] / area,
        linestyle="none",
        marker="s",
        color=THERE,
        label="ΔΦ$_{1/2}$ / LM (h/e)",
    )
    axes.plot(
        felt, result["field_half_theory"] / area, color=THERE, linestyle=DASHES, label="diffuson"
    )
    axes.set(xscale="log", yscale="log", xlabel="L + z (sites)", ylabel="half width")
    axes.set_xticks([30, 50, 100, 200], ["30", "50", "100", "200"])
    axes.minorticks_off()
    axes.legend()
