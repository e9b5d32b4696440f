"""The panels of the figure of conductance fluctuations."""

from collections.abc import Iterator
from itertools import cycle, product

import xarray as xr
from matplotlib.axes import Axes

from qtcore.analysis.universal import main_wire
from qtcore.figures.style import FAINT, INK, ordered_colours

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = (0, (5, 2))
HERE, THERE = "#20639b", "#d1495b"


def _correlated(result: xr.Dataset) -> list[int]:
    """Return the lengths whose correlations are compared with theory."""
    return [int(L) for L in result["length"][result["correlated"] > 0]]


def _wires(result: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield each width and strength with a marker."""
    places = product(result["width"].to_numpy(), result["disorder"].to_numpy())
    for marker, (width, disorder) in zip(cycle(MARKERS), places, strict=False):
        yield marker, result.sel(width=width, disorder=disorder)


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
    axes.set_ylim(None, 5.8)
    axes.legend(loc="upper left")


def draw_variance(axes: Axes, result: xr.Dataset) -> None:
    """Variance of all wires against shape, with and without field; theory up to L = N l."""
    colours = ordered_colours([1.0, 2.0])
    for beta in (1, 2):
        axes.axhline(2 / 15 / beta, color=FAINT, linewidth=0.6, zorder=0)
    for marker, wire in _wires(result):
        for beta in (1, 2):
            at, colour = wire.sel(beta=beta), colours[float(beta)]
            aspect = (at["length"] + at["outside"]) / at["width"]
            conducting = at["length"] <= at["channels"] * at["mean_free_path"]
            axes.plot(
                aspect[conducting],
                at["var_g_theory"][conducting],
                color=colour,
                linewidth=0.8,
                linestyle="-" if beta == 1 else DASHES,
            )
            axes.errorbar(
                aspect,
                at["var_g"],
                yerr=at["var_g_error"],
                linestyle="none",
                marker=marker,
                color=colour,
                markerfacecolor="white" if beta == 2 else None,
                markersize=3.6,
                label=f"M = {int(at['width'])}, W = {float(at['disorder']):g}"
                if beta == 1
                else None,
            )
    for beta in (1, 2):
        label, beside = "2/15" if beta == 1 else "1/15", axes.get_yaxis_transform()
        axes.text(1.01, 2 / 15 / beta, label, color=FAINT, va="center", transform=beside)
    axes.set(xscale="log", xlabel="(L + z) / M", ylabel="var g  (e²/h per spin)²", ylim=(0, 0.5))
    axes.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    axes.minorticks_off()
    axes.legend(title="full: B = 0;  open: β = 2", title_fontsize=7.5)


def draw_window(axes: Axes, result: xr.Dataset) -> None:
    """Variance over its theory against length in mean free paths, up to L = N l."""
    colours = ordered_colours([1.0, 2.0])
    axes.axhline(1, color=INK, linewidth=0.8)
    for marker, wire in _wires(result):
        for beta in (1, 2):
            at = wire.sel(beta=beta)
            at = at.sel(length=at["length"] <= at["channels"] * at["mean_free_path"])
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
    at = main_wire(result)
    share, s = at["var_g_left_out"] / at["var_g_theory"], at["length"] / at["mean_free_path"]
    known = at["length"] <= at["channels"] * at["mean_free_path"]
    axes.fill_between(s[known], 1 - share[known], 1 + share[known], color=FAINT, alpha=0.3, lw=0)
    axes.set(xscale="log", xlabel="L / l", ylabel="var g / theory", ylim=(0.6, 2.2))
    axes.set_xticks([2, 5, 10, 20], ["2", "5", "10", "20"])
    axes.minorticks_off()
    for beta, word in ((1, "B = 0"), (2, "β = 2")):
        axes.plot([], [], color=colours[float(beta)], label=word)
    axes.fill_between([], [], [], color=FAINT, alpha=0.3, label="left out by theory")
    axes.legend(title="lines: to guide the eye", title_fontsize=7.5)


def draw_energy(axes: Axes, result: xr.Dataset) -> None:
    """Correlation in energy over the Thouless energy, and the diffuson of each shape."""
    for length, colour in ordered_colours([float(L) for L in _correlated(result)]).items():
        at = result.sel(length=int(length))
        _draw_correlation(axes, at, "energy", 1 / float(at["thouless"]), colour)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set(xlabel="ΔE / E$_{Th}$", ylabel="⟨δg(E) δg(E+ΔE)⟩ / ⟨δg²⟩", xlim=(0, 40))
    axes.legend(title="L", title_fontsize=7.5)


def draw_field(axes: Axes, result: xr.Dataset) -> None:
    """Correlation in field against flux through the wire, and the diffuson of each shape."""
    width = float(result["main_width"])
    for length, colour in ordered_colours([float(L) for L in _correlated(result)]).items():
        _draw_correlation(axes, result.sel(length=int(length)), "field", width * length, colour)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.set(xlabel="ΔΦ through the wire (h/e)", xlim=(0, 5))
    axes.set_ylabel("⟨δg(B) δg(B+ΔB)⟩ / ⟨δg²⟩")


def _draw_correlation(axes: Axes, at: xr.Dataset, name: str, unit: float, colour: str) -> None:
    """One length: points, and theory as a line; `unit` multiplies the shift."""
    shift = at[f"{name}_shift"] * unit
    axes.errorbar(
        shift,
        at[f"{name}_correlation"],
        yerr=at[f"{name}_correlation_error"],
        linestyle="none",
        marker="o",
        markersize=2.6,
        elinewidth=0.6,
        color=colour,
        label=f"{int(at['length'])}",
    )
    axes.plot(shift, at[f"{name}_correlation_theory"], color=colour, linewidth=0.9)


def draw_half_widths(axes: Axes, result: xr.Dataset) -> None:
    """Half widths against length: 7.73 ħD/(L + z)² over a decade, and flux quanta."""
    felt = result["length"] + float(main_wire(result)["outside"])
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


PANELS = (
    draw_fingerprints,
    draw_variance,
    draw_window,
    draw_energy,
    draw_field,
    draw_half_widths,
)
"""In the order of the figure, two rows of three."""
