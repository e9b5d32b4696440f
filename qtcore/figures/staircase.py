"""The panels of the figure of a quantum point contact."""

import math
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtcore.analysis.staircase import without_series_resistance
from qtcore.figures.style import FAINT, INK, ordered_colours
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

DASHES = (0, (5, 2))

_MICRO = 1e6


def _fermi(result: xr.Dataset) -> xr.Dataset:
    return result.sel(energy=result["fermi"], method="nearest")


def _axes_of(axes: Axes, result: xr.Dataset) -> None:
    axes.set_xlabel("gate V₀  (t)")
    axes.set_xlim(float(result["gate"].max()), float(result["gate"].min()))
    axes.set_ylim(bottom=0)


def draw_steps(axes: Axes, result: xr.Dataset) -> None:
    """Clean staircase with Büttiker's formula, and siemens at the right."""
    at = _fermi(result)
    axes.plot(at["gate"], at["g"], "o", markersize=2.6, color=ordered_colours([0, 1])[0])
    axes.plot(at["gate"], at["saddle"], color=INK, linewidth=0.9)
    _axes_of(axes, result)
    axes.set_ylabel("g  (2e²/h)")
    axes.text(
        0.05,
        0.95,
        f"E = {float(result['fermi']):g}, clean\nline: Büttiker",
        transform=axes.transAxes,
        va="top",
        color=INK,
    )

    def to_siemens(g: Any) -> Any:
        return g * CONDUCTANCE_QUANTUM_SIEMENS * _MICRO

    def from_siemens(G: Any) -> Any:
        return G / (CONDUCTANCE_QUANTUM_SIEMENS * _MICRO)

    siemens = axes.secondary_yaxis("right", functions=(to_siemens, from_siemens))
    siemens.set_ylabel("G  (µS)")


def draw_map(figure: Figure, axes: Axes, result: xr.Dataset) -> None:
    """Map g(gate, energy); lines where a level of the saddle passes the energy."""
    mesh = axes.pcolormesh(
        result["gate"],
        result["energy"],
        result["g"].transpose("energy", "gate"),
        cmap="viridis",
        rasterized=True,
        shading="nearest",
    )
    for threshold in result["threshold"].to_numpy():
        axes.plot(
            result["gate"],
            result["fermi"] + result["gate"] - threshold,
            color="white",
            linewidth=0.7,
            linestyle=DASHES,
        )
    axes.set(
        xlabel="gate V₀  (t)",
        ylabel="energy  (t)",
        xlim=(float(result["gate"].max()), float(result["gate"].min())),
        ylim=(float(result["energy"].min()), float(result["energy"].max())),
    )
    figure.colorbar(mesh, ax=axes, label="g  (2e²/h)", pad=0.02)


def draw_disorder(axes: Axes, result: xr.Dataset) -> None:
    """Ensemble means with the spread between samples as bands."""
    at = _fermi(result)
    strengths = [float(W) for W in result["disorder"]]
    colours = ordered_colours(strengths)
    axes.plot(at["gate"], at["g"], color=colours[0.0], label="0")
    for W in strengths[1:]:
        here = at.sel(disorder=W)
        axes.fill_between(
            here["gate"],
            here["mean_g"] - here["spread"],
            here["mean_g"] + here["spread"],
            color=colours[W],
            alpha=0.25,
            linewidth=0,
        )
        axes.errorbar(
            here["gate"],
            here["mean_g"],
            yerr=here["mean_g_error"],
            color=colours[W],
            label=f"{W:g}",
        )
    halfway = result["plateau"] + result["loss_theory"]
    wide = result["threshold"].diff("n").mean()
    axes.plot(result["threshold"] + wide / 2, halfway, "kx", markersize=4, label="second order")
    _axes_of(axes, result)
    axes.set_ylabel("⟨g⟩ ± spread  (2e²/h)")
    axes.legend(title="W / t", title_fontsize=7.5, loc="upper left")


def draw_temperature(axes: Axes, result: xr.Dataset) -> None:
    """Clean staircase at some temperatures, all from the one stored g(E)."""
    temperatures = [float(T) for T in result["kT"]]
    colours = ordered_colours(temperatures)
    for T in temperatures:
        axes.plot(result["gate"], result["warm_g"].sel(kT=T), color=colours[T], label=f"{T:g}")
    _axes_of(axes, result)
    axes.set_ylabel("g  (2e²/h)")
    axes.legend(title="kT / level spacing", title_fontsize=7.5, loc="upper left")


def draw_bias(axes: Axes, result: xr.Dataset) -> None:
    """Differential conductance at some voltages: plateaus at half-integers."""
    voltages = [float(V) for V in result["bias"]]
    colours = ordered_colours(voltages)
    for V in voltages:
        axes.plot(result["gate"], result["dI_dV"].sel(bias=V), color=colours[V], label=f"{V:g}")
    for n in range(int(result["dI_dV"].max()) + 1):
        axes.axhline(n + 0.5, color=FAINT, linewidth=0.5, linestyle=DASHES)
    _axes_of(axes, result)
    axes.set_ylabel("dI/dV  (2e²/h)")
    axes.set_ylim(0, 1.5 * float(result["dI_dV"].max()))  # room for the legend
    axes.legend(title="eV / level spacing", title_fontsize=7.5, loc="upper left")


def draw_series(axes: Axes, result: xr.Dataset, ohms: float) -> None:
    """Staircase behind a resistance, and corrected by what the plateaus say."""
    at = _fermi(result)
    measured = at["measured_g"]
    ohms_found, error = float(result["series"]), float(result["series_error"])
    colours = ordered_colours([0, 1])
    axes.plot(at["gate"], measured, color=colours[1], label=f"behind {ohms:g} Ω")
    found, highest = "R$_s$ not found: see the log", measured
    if not math.isnan(ohms_found):
        highest = corrected = without_series_resistance(measured, ohms_found)
        axes.plot(at["gate"], corrected, color=colours[0], label="corrected")
        found = f"R$_s$ found: {ohms_found:.0f} ± {error:.0f} Ω"
    for n in range(1, int(highest.max()) + 1):
        axes.axhline(n, color=FAINT, linewidth=0.5, linestyle=DASHES)
    _axes_of(axes, result)
    axes.set_ylabel("g  (2e²/h)")
    axes.set_ylim(0, 1.4 * float(highest.max()))  # room for the legend
    axes.legend(loc="upper left", title=found, title_fontsize=7.5)
