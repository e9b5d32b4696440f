"""Histograms: densities over bins, with errors and theory."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.bars import colour_bar, put_guides, refuse_guides
from qtcore.figures.bins import edges_of
from qtcore.figures.curves import Arranged, Curve, arranged
from qtcore.figures.keys import THEORY, Look, Looks, Section
from qtcore.figures.panel import Panel
from qtcore.figures.style import FAINT, INK
from qtcore.figures.through import runs, through

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


Array = NDArray[np.float64]

FILLED = 4
"""More areas than this on each other cannot be told apart: their outlines are drawn alone."""


@dataclass(frozen=True)
class Steps(Panel):
    """A histogram: a density over bins of any width with its errors; theory as a line.

    Parameters
    ----------
    y, x, at, xscale, yscale, xlim, ylim, labels, note, legend, needs, inset, inset_at
        As for every panel; `x` is the binned dimension.
    colour : str, optional
        A dimension by which histograms differ.
    theory : bool
        Draw theory.
    guides : mapping, optional
        Horizontal lines: {label: height}.

    Raises
    ------
    InputError
        What no result can make right.
    """

    _: KW_ONLY
    colour: str = ""
    theory: bool = True
    guides: Mapping[str, float] = field(default_factory=dict)

    KINDS: ClassVar[tuple[str, ...]] = ("colour",)

    def __post_init__(self) -> None:
        """Refuse what no result can make right."""
        super().__post_init__()
        refuse_guides(self, self.guides)

    def _put(
        self, axes: "Axes", part: "xr.Dataset", small: bool
    ) -> tuple[tuple[Section, ...], tuple[str, ...]]:
        plan = self.plan(part)
        looks, told = Looks(plan), list[Section]()
        curves = list(plan.curves(apart=False))
        for curve in curves:
            look = looks.of(curve.ranks)
            alone = len(curves) == 1
            self._put_bins(axes, curve, look, small, len(curves))
            law = curve.found.get("y_theory")
            if law is not None and self.theory and np.isfinite(law).any():
                self._put_theory(axes, curve, INK if alone else look.colour)
                told.append(THEORY)
        if curves:
            put_guides(axes, self.guides, small)
            axes.autoscale(enable=True, axis="x", tight=True)
            below = any((curve.found["y"] < 0).any() for curve in curves)
            if self.yscale == "linear" and not below and axes.get_ylim()[1] > 0:
                axes.set_ylim(bottom=0)
        if curves and looks.is_long() and self.legend and not small:
            colour_bar(axes, part, looks, self.labels)
        sections = looks.sections(part, self.labels, "areas")
        return tuple(dict.fromkeys([*sections, *told])), plan.notes

    def plan(self, part: "xr.Dataset") -> Arranged:
        """Return how a result falls into histograms, the edges of their bins included."""
        import xarray as xr

        x = self.x_of(part)
        if not x or part[x].ndim != 1:
            self.refuse(f"x is {x!r}; a histogram lies over one binned dimension")
        dim = str(part[x].dims[0])
        edges = dict(zip(("lower", "upper"), edges_of(part, x, self.xscale == "log"), strict=True))
        plan = arranged(part, self.quantities, x, self.coded, self.KINDS)
        bins = {name: xr.DataArray(edge, dims=dim) for name, edge in edges.items()}
        codes = dict(plan.codes)
        if colour := codes.get("colour"):
            codes["marker"] = (
                colour  # outlines have dashes, as curves have: in grey a shade says little
            )
        return replace(plan, arrays={**plan.arrays, **bins}, codes=codes)

    def _put_bins(self, axes: "Axes", curve: Curve, look: Look, small: bool, count: int) -> None:
        alone = count == 1
        found = curve.found
        heights, edges = _joined(found["lower"], found["upper"], found["y"])
        if self.yscale == "log":
            heights = np.where(heights > 0, heights, np.nan)
        if not np.isfinite(heights).any():
            return
        if self.yscale == "log":
            # Room below the lowest bin, which is nothing but an edge otherwise.
            ends = (np.nanmin(heights) / 2, np.nanmax(heights) * 1.5)
            axes.update_datalim([(edges[0], end) for end in ends])
        colour = FAINT if alone else look.colour
        if count <= FILLED:
            axes.stairs(heights, edges, color=colour, fill=True, alpha=0.5 if alone else 0.2, lw=0)
        if not alone:
            axes.stairs(
                heights, edges, color=colour, linewidth=0.9, linestyle=look.dashes, baseline=None
            )
        error = found.get("y_error")
        if error is None or small:
            return
        there = np.isfinite(found["y"]) & np.isfinite(error)
        x, y, error = found["x"][there], found["y"][there], np.abs(error[there])
        if self.yscale == "log":
            x, y, error = x[y > 0], y[y > 0], error[y > 0]
        down = np.minimum(error, y / 2) if self.yscale == "log" else error
        axes.errorbar(
            x,
            y,
            yerr=np.stack([down, error]),
            linestyle="none",
            elinewidth=0.7,
            color=INK if alone else look.colour,
        )

    def _put_theory(self, axes: "Axes", curve: Curve, colour: Any) -> None:
        x, law = curve.found["x"], curve.found["y_theory"]
        there = np.isfinite(law) & np.isfinite(x)
        xlog, ylog = self.xscale == "log", self.yscale == "log"
        there &= (x > 0) | (not xlog)
        there &= (law > 0) | (not ylog)
        for part in runs(there, ~there):
            order = part[np.argsort(x[part])]
            fine = through(x[order], law[order], xlog=xlog, ylog=ylog, round_tops=True)
            axes.plot(*fine, color=colour, zorder=3)


def _joined(lower: Array, upper: Array, y: Array) -> tuple[Array, Array]:
    """Return heights and edges of bins in order; a gap between bins is a bin without a height."""
    order = np.argsort(lower)
    heights, edges = [], [float(lower[order[0]])]
    for n in order:
        if not np.isclose(lower[n], edges[-1], rtol=1e-9, atol=1e-9 * (upper[n] - lower[n])):
            heights.append(np.nan)
            edges.append(float(lower[n]))
        heights.append(float(y[n]))
        edges.append(float(upper[n]))
    return np.array(heights), np.array(edges)
