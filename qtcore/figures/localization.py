"""The panels of the localization figure, each drawn from an analysed dataset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from qtcore.analysis.collapse import COLLAPSE_FROM
from qtcore.analysis.localization_length import MEAN_FROM, VARIANCE_FROM
from qtcore.analysis.statistics import pooled
from qtcore.figures.style import FAINT, INK, ordered_colours
from qtcore.theory.quasi_1d import SINGLE_PARAMETER_SLOPE, localization_length

Array = NDArray[np.float64]

MARKERS = {1.0: "o", 2.0: "^"}
_CROSSOVER_MARKER = "x"

DASHES, DOTS = (0, (5, 2)), (0, (1.5, 1.5))

_KILO = 1000


@dataclass(frozen=True)
class Trace:
    """One point of the sweep and how it is drawn: colour = width, marker = beta, fill = W."""

    point: xr.Dataset
    colour: str
    marker: str
    filled: bool

    def __getitem__(self, name: str) -> float:
        """Return a number of the point by its name in the dataset."""
        return float(self.point[name])

    def curve(self, name: str) -> tuple[Array, Array, Array]:
        """Return lengths, values and errors where they were computed."""
        y, error = (np.asarray(self.point[n], dtype=float) for n in (name, f"{name}_error"))
        there = np.isfinite(y)
        return np.asarray(self.point["length"], dtype=float)[there], y[there], error[there]

    def draw(
        self,
        axes: Axes,
        x: Array,
        y: Array,
        *,
        yerr: Array,
        xerr: Array | None = None,
        size: float = 3.8,
    ) -> None:
        """Draw points with error bars."""
        axes.errorbar(
            x,
            y,
            yerr=yerr,
            xerr=xerr,
            linestyle="none",
            marker=self.marker,
            color=self.colour,
            markerfacecolor=self.colour if self.filled else "white",
            markersize=size,
            markeredgewidth=0.7,
            elinewidth=0.9,
            zorder=3,
        )


def traces(result: xr.Dataset) -> Iterator[Trace]:
    """Yield every point of the sweep, with its colour and marker."""
    colours = ordered_colours([float(width) for width in result["width"]])
    first = float(result["disorder"][0])
    stacked = result.stack(point=("disorder", "width", "flux", "energy"))
    for number in range(stacked.sizes["point"]):
        point = stacked.isel(point=number)
        yield Trace(
            point,
            colours[float(point["width"])],
            MARKERS.get(float(point["beta"]), _CROSSOVER_MARKER),
            float(point["disorder"]) == first,
        )


def draw_decay(axes: Axes, result: xr.Dataset) -> None:
    """Mean of ln g against length with the fits, for the first strength only."""
    for trace in traces(result):
        if not trace.filled:
            continue
        length, y, error = trace.curve("mean_ln_g")
        xi = trace["localization_length"]
        if np.isfinite(xi):
            ends = np.array([0.0, trace["localization_from"], length[-1]])
            line = trace["offset"] - 2 * ends / xi
            axes.plot(ends[1:] / _KILO, line[1:], color=trace.colour, linewidth=1.0)
            axes.plot(ends[:2] / _KILO, line[:2], color=trace.colour, linewidth=0.8, linestyle=DOTS)
        trace.draw(axes, length / _KILO, y, yerr=error)
    axes.set_xlabel("L   (10³ sites)")
    axes.set_ylabel("⟨ln g⟩")
    axes.set_xlim(left=0)
    strength = float(result["disorder"][0])
    energies = ", ".join(f"{float(energy):g}" for energy in result["energy"])
    _corner(axes, f"W = {strength:g},  E = {energies}\nlines: fits for L ≥ {MEAN_FROM:g} ξ")


def draw_collapse(axes: Axes, result: xr.Dataset) -> None:
    """Mean of ln g of all points against L / xi; the inset shows where wires are short."""
    inset = axes.inset_axes((0.5, 0.56, 0.5, 0.42))
    longest = 1.0
    for trace in traces(result):
        length, y, error = trace.curve("mean_ln_g")
        xi = trace["localization_length"]
        if np.isfinite(xi):
            trace.draw(axes, length / xi, y, yerr=error)
            near = length < xi
            trace.draw(inset, length[near] / xi, y[near], yerr=error[near], size=2.2)
            longest = max(longest, float(length[-1]) / xi)
    x = np.array([0.0, longest])
    axes.plot(x, -2 * x, color=INK, linewidth=0.9, linestyle=DASHES, zorder=4)
    x = np.geomspace(0.01, 1, 100)
    inset.plot(x, -2 * x, color=INK, linewidth=0.9, linestyle=DASHES, zorder=4)
    inset.set_xscale("log")
    inset.tick_params(labelsize=6.5, length=2, pad=2)
    axes.set(xlabel="L / ξ", ylabel="⟨ln g⟩")
    axes.set_xlim(left=0)
    spread = float(result["collapse_spread"])
    text = "dashed: −2L/ξ;  inset: L < ξ"
    if np.isfinite(spread):
        text += f"\nspread beyond {COLLAPSE_FROM:g} ξ: {spread:.1%}"
    axes.text(0.05, 0.06, text, transform=axes.transAxes, color=INK, linespacing=1.4)


def draw_channels(axes: Axes, result: xr.Dataset) -> None:
    """Localization length over the golden-rule mean free path against the number of channels."""
    strengths = [float(w) for w in result["disorder"]]
    most = 1.0
    for trace in traces(result):
        xi, error = trace["localization_length"], trace["localization_length_error"]
        path, channels = trace["born_mean_free_path"], trace["channels"]
        most = max(most, channels)
        if not np.isfinite(xi):
            continue
        # Strengths side by side, so that equal values do not hide each other.
        rank = strengths.index(trace["disorder"]) - (len(strengths) - 1) / 2
        x, y = np.array([channels + 0.14 * rank]), np.array([xi / path])
        trace.draw(axes, x, y, yerr=np.array([error / path]))
    N = np.array([1.0, most + 0.6])
    for beta, text in ((1.0, "N + 1  (β = 1)"), (2.0, "2N  (β = 2)")):
        y = localization_length(N, np.ones(2), np.full(2, beta))
        axes.plot(N, y, color=INK, linewidth=0.9, linestyle="-" if beta == 1 else DASHES)
        end = 0.62 * most
        at = localization_length(end, 1.0, beta)
        below = beta == 1
        axes.annotate(
            text,
            (end, at),
            xytext=(5, -8) if below else (-5, 6),
            textcoords="offset points",
            ha="left" if below else "right",
            va="top" if below else "bottom",
            color=INK,
        )
    axes.set_xlabel("open channels  N")
    axes.set_ylabel("ξ / l   (l of the golden rule)")
    axes.set_xlim(0.5, most + 0.7)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_variance(axes: Axes, result: xr.Dataset) -> None:
    """Variance of ln g against its mean, with the slope of single-parameter scaling."""
    largest = 1.0
    for trace in traces(result):
        _, mean, mean_error = trace.curve("mean_ln_g")
        _, variance, variance_error = trace.curve("var_ln_g")
        if len(mean):
            trace.draw(axes, np.abs(mean), variance, xerr=mean_error, yerr=variance_error)
            largest = max(largest, float(np.abs(mean).max()))
    x = np.array([0.0, largest])
    axes.plot(x, SINGLE_PARAMETER_SLOPE * x, color=INK, linewidth=0.9, linestyle=DASHES)
    text = f"dashed: slope 2;  for L ≥ {VARIANCE_FROM:g} ξ"
    for beta in sorted(MARKERS):
        # Apart, because zero field and field share their disorder.
        at = result.where(result["beta"] == beta)
        slope, error = pooled(np.ravel(at["variance_slope"]), np.ravel(at["variance_slope_error"]))
        if np.isfinite(slope):
            text += f"\nβ = {beta:g}: {slope:.2f} ± {error:.2f}"
    axes.text(0.05, 0.96, text, transform=axes.transAxes, color=INK, va="top", linespacing=1.4)
    axes.set(xlabel="|⟨ln g⟩|", ylabel="var(ln g)")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)


def draw_legend(figure: Figure, result: xr.Dataset) -> None:
    """Say above the panels what colour, marker and filling mean."""
    colours = ordered_colours([float(width) for width in result["width"]])
    handles = [_key("", INK, "width (sites)")]
    handles += [_key("s", colour, f"{width:g}") for width, colour in colours.items()]
    seen = {float(beta) for beta in np.unique(result["beta"]) if np.isfinite(beta)}
    words = {1.0: "β = 1", 2.0: "β = 2 (field)"}
    handles += [_key(MARKERS[beta], FAINT, words[beta]) for beta in sorted(seen)]
    strengths: Sequence[float] = [float(strength) for strength in result["disorder"]]
    if len(strengths) > 1:
        labels = (f"W = {strengths[0]:g}", "W = " + ", ".join(f"{w:g}" for w in strengths[1:]))
        handles += [
            _key("D", FAINT, label, face)
            for face, label in zip((FAINT, "white"), labels, strict=True)
        ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles), columnspacing=1.2
    )


def _corner(axes: Axes, text: str) -> None:
    axes.text(
        0.98,
        0.98,
        text,
        transform=axes.transAxes,
        ha="right",
        va="top",
        color=INK,
        linespacing=1.4,
    )


def _key(marker: str, colour: str, label: str, face: str | None = None) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        color=colour,
        markerfacecolor=colour if face is None else face,
        label=label,
    )
