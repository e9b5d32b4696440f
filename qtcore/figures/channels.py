"""The panels of the figure of transmission eigenvalues."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from qtcore.figures.style import FAINT, INK, ordered_colours
from qtcore.theory.eigenvalues import diffusive_fano, dorokhov_density, of_channels, x_of
from qtcore.theory.noise import excess_noise, partition

MARKERS = {1.0: "o", 2.0: "^"}
DASHES = (0, (5, 2))


def _diffusive(result: xr.Dataset, beta: float) -> xr.Dataset:
    """Return the widest wire's results for a symmetry index."""
    at = result.sel(width=result["width"].max())
    return at.isel(flux=int(np.argmin(np.abs(at["beta"].to_numpy() - beta))))


def _near(at: xr.Dataset, s: float) -> int:
    """Return the length closest to s mean free paths that was computed."""
    there = at["length"].where(at["fano"].notnull(), drop=True)
    return int(there[np.argmin(np.abs(there.to_numpy() / float(at["mean_free_path"]) - s))])


def draw_density(axes: Axes, ds: xr.Dataset, result: xr.Dataset) -> None:
    """Density of T with Dorokhov's law; the inset shows that x is uniform."""
    at = _diffusive(result, 2.0)
    length = _near(at, 6.0)
    # x is uniform up to N/g, which is 1 + L/l where the golden rule holds.
    s = float(at["channels"] / at["g"].sel(length=length))
    ln_T = ds["ln_T"].sel(width=at["width"], flux=at["flux"], length=length).to_numpy()
    # Those too small to be known are channels too, at T = 0.
    ln_T = of_channels(ln_T, int(at["channels"]))
    ln_T = ln_T[~np.isnan(ln_T)]
    edges = np.linspace(0, 1, 41)
    count, _ = np.histogram(np.exp(ln_T), edges)
    axes.stairs(count / len(ln_T) / np.diff(edges), edges, color=FAINT, fill=True, alpha=0.5)
    T = np.linspace(0.004, 0.996, 600)
    axes.plot(T, dorokhov_density(T, s), color=INK)
    axes.set(xlabel="T", ylabel="density per channel", xlim=(0, 1), ylim=(0, 1.4))
    axes.text(
        0.5,
        0.93,
        f"L = {length} = {length / float(at['mean_free_path']):.1f} l,  N = {int(at['channels'])},  β = 2\nline: Dorokhov",
        transform=axes.transAxes,
        ha="center",
        va="top",
        color=INK,
    )
    inset = axes.inset_axes((0.28, 0.36, 0.5, 0.34))
    x = x_of(ln_T) / s
    count, edges = np.histogram(x, np.linspace(0, 1.5, 31))
    inset.stairs(count / len(x) / np.diff(edges), edges, color=FAINT, fill=True, alpha=0.5)
    inset.plot([0, 1, 1], [1, 1, 0], color=INK)
    inset.set_xlabel("x ⟨g⟩ / N", fontsize=7, labelpad=1)
    inset.tick_params(labelsize=6.5, length=2, pad=2)


def draw_fano(axes: Axes, result: xr.Dataset) -> None:
    """Fano factor against length, with and without time-reversal symmetry."""
    for beta, style in ((1.0, "-"), (2.0, DASHES)):
        at = _diffusive(result, beta)
        if float(at["beta"]) != beta:
            continue
        s = at["length"] / at["mean_free_path"]
        colour = ordered_colours([1.0, 2.0])[beta]
        axes.errorbar(
            s,
            at["fano"],
            yerr=at["fano_error"],
            linestyle="none",
            color=colour,
            marker=MARKERS[beta],
            markersize=3.6,
            label=f"β = {beta:g}",
            zorder=3,
        )
        there = s.where(at["fano"].notnull(), drop=True).to_numpy()
        grid = np.geomspace(there.min(), there.max(), 200)
        axes.plot(
            grid, diffusive_fano(grid, float(at["channels"]), beta), color=colour, linestyle=style
        )
    axes.axhline(1 / 3, color=FAINT, linewidth=0.7)
    axes.text(0.03, 1 / 3 + 0.006, "1/3", color=FAINT, transform=axes.get_yaxis_transform())
    axes.set(xscale="log", xlabel="L / l", ylabel="Fano factor F", ylim=(0, None))
    axes.legend(loc="lower right", title="lines: theory", title_fontsize=7.5)


def draw_crystal(axes: Axes, result: xr.Dataset) -> None:
    """Mean of -ln T_n over 2 L / xi: the eigenvalues stand at equal distances."""
    narrow = result.sel(width=result["width"].min())
    colours = ordered_colours([float(n) for n in result["n"]])
    longest = 1.0
    for flux in result["flux"].values:
        at = narrow.sel(flux=flux)
        beta = float(at["beta"])
        x = at["length"].to_numpy() / float(at["localization_length"])
        for n in result["n"].values:
            y, error = (-at["mean_ln_T"].sel(n=n)).to_numpy(), at["mean_ln_T_error"].sel(n=n)
            axes.errorbar(
                x,
                y,
                yerr=error,
                linestyle="none",
                marker=MARKERS[beta],
                markersize=3.4,
                color=colours[float(n)],
                markerfacecolor="white" if beta == 2 else None,
                label=f"n = {n}" if beta == 1 else None,
            )
            seen = np.isfinite(y)
            if not seen.any():
                continue
            longest = max(longest, float(x[seen].max()))
            # The lines are the theory's slopes through the last point.
            slope, last = 2 * (1 + beta * (n - 1)), np.flatnonzero(seen)[-1]
            ends = np.array([x[last] / 3, x[last]])
            axes.plot(
                ends,
                y[last] + slope * (ends - x[last]),
                color=colours[float(n)],
                linestyle="-" if beta == 1 else DASHES,
                linewidth=0.9,
            )
    axes.set(xlabel="L / ξ", ylabel="−⟨ln T$_n$⟩", xlim=(0, longest * 1.05))
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])  # room for the legend
    axes.legend(
        loc="upper left",
        title=f"width {int(narrow['width'])};  full, ○: β = 1;  dashed, △: β = 2",
        title_fontsize=7.5,
    )


def draw_noise(axes: Axes, ds: xr.Dataset, result: xr.Dataset) -> None:
    """Excess noise of the stored samples against frequency, at some temperatures."""
    at = _diffusive(result, 2.0)
    length = _near(at, 6.0)
    T = np.exp(ds["ln_T"].sel(width=at["width"], flux=at["flux"], length=length).to_numpy())
    scale = float(2 * np.nanmean(partition(T)))
    frequency = np.linspace(0, 2, 81)
    temperatures = [0.0, 0.05, 0.15, 0.4]
    colours = ordered_colours(temperatures)
    for kT in temperatures:
        noise = [float(np.nanmean(excess_noise(T, 1.0, kT, f))) / scale for f in frequency]
        axes.plot(frequency, noise, color=colours[kT], label=f"{kT:g}")
    axes.axvline(1, color=FAINT, linewidth=0.7, linestyle=DASHES)
    axes.set(
        xlabel="ħω / eV", ylabel="excess noise  (2e³V/h ⟨ΣT(1−T)⟩)", xlim=(0, 2), ylim=(0, 1.05)
    )
    axes.legend(title="kT / eV", title_fontsize=7.5)
