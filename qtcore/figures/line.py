"""Points with errors over x, and theory as lines."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import brief
from qtcore.figures.accepted import as_row, is_count, is_number, is_text
from qtcore.figures.bars import (
    colour_bar,
    put_guides,
    put_slopes,
    refuse_guides,
    right_axis,
    upper_axis,
)
from qtcore.figures.curves import DRAWN, Arranged, Curve, arranged, is_labelled, numbers
from qtcore.figures.keys import CROSSES, DOTS, DOTTED, LEFT_OUT, THEORY, Entry, Look, Looks, Section
from qtcore.figures.panel import Panel
from qtcore.figures.style import INK
from qtcore.figures.through import runs, through
from qtcore.figures.ticks import ticks_at, whole_ticks
from qtcore.figures.words import QUANTITY, sign, value_text, value_texts

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


Array = NDArray[np.float64]

SIZES = ((30, 3.8), (120, 2.6), (10**9, 1.6))
"""Sizes of markers for curves of up to so many points."""

BARE = 40
"""Joined points of a curve that has more of them bear no markers."""

UNSEEN = 1e-4
"""A band narrower than this part of the height of the data is no band to a reader."""

FEW_TICKS = 6
"""A logarithmic axis has its ticks at the values if these are so few."""


@dataclass(frozen=True)
class Line(Panel):
    """Points with error bars over x; theory as a line through its values.

    Theory is known at the points of the sweep alone, and the line between them is an interpolation
    (`qtcore.figures.through`): give the sweep points where theory bends, or a `law`. What theory
    leaves out is a band where a check compares. `y` may be several quantities.

    Parameters
    ----------
    y, x, at, xscale, yscale, xlim, ylim, reverse, labels, note, legend, needs, inset, inset_at
        As for every panel.
    colour, marker, fill : str, optional
        Dimensions, or coordinates along one, by which curves differ. Lines are dashed as markers
        differ. What is not named is told apart by itself if that gives few curves; otherwise its
        middle value is drawn, and the panel says so.
    ratio : bool
        Draw everything over theory.
    line : str or tuple of str, optional
        A quantity that is drawn as a line, such as a fit, one for each `y`. Theory is dotted then.
    band : str or tuple of str, optional
        A quantity that is drawn as a band y ± band, one for each `y`: a spread, say.
    join : bool
        Join the points.
    theory : bool
        Draw theory, and what it leaves out.
    law : function(point, x), optional
        Theory between the points, where a smooth line through its values at the points would be wrong:
        returns y for an array x of the range of a curve, NaN where there is no theory (the line is
        broken there). `point` has the values of all dimensions that the curve does not run along, and
        of what tells curves apart; `point.quantity` is the name of the quantity. What theory leaves out is drawn at the points alone then.
    fine : int
        The number of points between the ends of a curve at which `law` is asked for.
    guides : mapping, optional
        Horizontal lines: {label: height}.
    slopes : mapping, optional
        Straight lines: {label: (offset, slope)}; y = offset + slope ln x if only x is logarithmic,
        y = offset x^slope if both axes are.
    top : str, optional
        A quantity that grows (or falls) with x, as an upper axis.
    right : mapping, optional
        Another unit of y as an axis at the right: {label: how many of it one unit of y is}.

    Raises
    ------
    InputError
        What no result can make right.
    """

    _: KW_ONLY
    colour: str = ""
    marker: str = ""
    fill: str = ""
    ratio: bool = False
    line: str | tuple[str, ...] = ""
    band: str | tuple[str, ...] = ""
    join: bool = False
    theory: bool = True
    law: Callable[[Any, Array], Array] | None = None
    fine: int = 81
    guides: Mapping[str, float] = field(default_factory=dict)
    slopes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    top: str = ""
    right: Mapping[str, float] = field(default_factory=dict)

    KINDS: ClassVar[tuple[str, ...]] = ("colour", "marker", "fill")

    def __post_init__(self) -> None:
        """Refuse what no result can make right."""
        super().__post_init__()
        if not all(map(is_text, (*self.lines, *self.bands, self.top))):
            given = brief((self.line, self.band, self.top))
            self.refuse(f"line, band and top are {given}; they must be names")
        for words, names in (("line", self.lines), ("band", self.bands)):
            if names and len(names) != len(self.quantities):
                self.refuse(
                    f"{words} is {brief(names)}; it needs one quantity for each of y, "
                    f"{len(self.quantities)} in all"
                )
        if len(self.right) > 1 or not all(is_number(one) and one for one in self.right.values()):
            self.refuse(
                f"right is {brief(self.right)}; it must be one label with a number other than 0"
            )
        if self.law is not None and (self.ratio or not callable(self.law)):
            self.refuse(
                f"law is {brief(self.law)}; it must be a function of a point and of x, without ratio"
            )
        if not is_count(self.fine) or self.fine < 2:
            self.refuse(f"fine is {brief(self.fine)}; it is a number of points, 2 or more")
        refuse_guides(self, self.guides, self.slopes)

    @property
    def lines(self) -> tuple[str, ...]:
        """The names of quantities that are drawn as lines."""
        return as_row(self.line)

    @property
    def bands(self) -> tuple[str, ...]:
        """The names of quantities that are drawn as bands around y."""
        return as_row(self.band)

    def uses(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names that each field of the panel asks for."""
        top = {"top": (self.top,)} if self.top else {}
        return {**super().uses(), "line": self.lines, "band": self.bands, **top}

    def _put(
        self, axes: "Axes", part: "xr.Dataset", small: bool
    ) -> tuple[tuple[Section, ...], tuple[str, ...]]:
        x = self.x_of(part)
        plan = self.plan(part)
        looks = Looks(plan)
        points = [self.shown(curve) for curve in plan.curves(apart=True)]
        several = plan.along in plan.codes.values()
        if not any(np.isfinite(_over(points, name)).any() for name in DRAWN):
            return (), plan.notes
        floor = _floor(points) if self._logs[1] else -np.inf
        for curve in points:
            self._put_points(axes, curve, looks.of(curve.ranks), floor, small)
        bare = self.join and max(np.isfinite(c.found["y"]).sum() for c in points) > BARE
        told = list(looks.sections(part, self.labels, "lines" if bare else "points"))
        labelled = bool(x) and is_labelled(part[x])
        for curve in plan.curves(apart=False):
            look = looks.of(curve.ranks, several)
            # Nothing lies between two labels.
            for piece in curve.single() if labelled else [curve]:
                told += self._put_lines(axes, _within(self.shown(piece), points), look, part)
            if self.law is not None and self.theory:
                told += self._put_law(axes, self.shown(curve), look, plan)
        if self.ratio:
            axes.axhline(1, color=INK, linewidth=0.8, zorder=1)
        put_guides(axes, self.guides, small)
        told.append(put_slopes(axes, self.slopes))
        self._put_ticks(axes, part, x, points)
        notes = plan.notes
        if not small and looks.is_long() and self.legend:
            colour_bar(axes, part, looks, self.labels)
        if not small and self.top:
            notes += upper_axis(axes, plan, part, self.top, self.labels)
        if not small:
            right_axis(axes, self.right)
        return tuple(dict.fromkeys(s for s in told if s.entries)), notes

    def plan(self, part: "xr.Dataset") -> Arranged:
        """Return how what the panel shows of a result falls into curves."""
        beside = {"line": self.lines, "band": self.bands}
        return arranged(part, self.quantities, self.x_of(part), self.coded, self.KINDS, beside)

    def shown(self, curve: Curve) -> Curve:
        """Return a curve as the axes can show it: over theory, and positive on logarithms."""
        found = dict(curve.found)
        if self.ratio:
            law = found.get("y_theory", np.full_like(found["y"], np.nan))
            with np.errstate(all="ignore"):
                over = np.where(law == 0, np.nan, law)
                for name in ("y", "y_theory", "line"):
                    if name in found:
                        found[name] = found[name] / over
                for name in ("y_error", "y_left_out", "band"):
                    if name in found:
                        found[name] = found[name] / np.abs(over)
        hidden = ~np.isfinite(found["x"])
        if self.xscale == "log":
            hidden |= ~(found["x"] > 0)
        for name in ("y", "y_theory", "line"):
            if name in found:
                below = (found[name] <= 0) if self.yscale == "log" else np.zeros_like(hidden)
                found[name] = np.where(hidden | below, np.nan, found[name])
        return replace(curve, found=found)

    def _put_points(
        self, axes: "Axes", curve: Curve, look: Look, floor: float, small: bool
    ) -> None:
        there = np.isfinite(curve.found["y"])
        if not there.any():
            return
        found = {name: array[there] for name, array in curve.found.items()}
        x, y = found["x"], found["y"]
        size = next(size for most, size in SIZES if len(x) <= most) * (0.65 if small else 1.0)
        xerr = _lengths(found.get("x_error"), x, x.min() / 2 if self.xscale == "log" else -np.inf)
        axes.errorbar(
            x,
            y,
            yerr=_lengths(found.get("y_error"), y, floor),
            xerr=xerr,
            linestyle=look.dashes if self.join else "none",
            linewidth=0.8,
            color=look.colour,
            marker="none" if self.join and len(x) > BARE else look.marker,
            markerfacecolor=look.face,
            markersize=size,
            markeredgewidth=0.7,
            elinewidth=0.8,
            zorder=3,
        )

    def _put_lines(
        self, axes: "Axes", curve: Curve, look: Look, part: "xr.Dataset"
    ) -> Iterable[Section]:
        """Draw theory with its band, and the quantity beside it; yield what they mean."""
        found = curve.found
        known, law = np.isfinite(found["y"]), found.get("y_theory")
        if "band" in found and self._put_band(axes, found["x"], found["y"], found["band"], look):
            yield Section("band", "", (Entry(self._band_text(part), alpha=0.25),))
        if self.lines and "line" in found:
            self._put_through(axes, found["x"], found["line"], known, look, round_tops=True)
            if np.isfinite(found["line"]).any():
                label = sign(part, self.lines[0], self.labels)
                one = len({*self.lines}) == 1
                yield Section("line", "", (Entry(label, line="-"),) if one else ())
        if law is None or not self.theory:
            return
        lone = self.law is None or known.sum() < 2
        if not self.ratio and lone and np.isfinite(law).any():
            own = replace(look, dashes=DOTS) if self.lines else look
            is_line = self._put_through(axes, found["x"], law, known, own)
            yield CROSSES if not is_line else DOTTED if self.lines else THEORY
        if "y_left_out" in found:
            half, compared = found["y_left_out"], found.get("y_compared", np.ones_like(law)) > 0
            half = np.where(compared, half, np.nan)
            if self._put_band(axes, found["x"], law, half, look, known):
                yield LEFT_OUT

    def _put_law(self, axes: "Axes", curve: Curve, look: Look, plan: Arranged) -> Iterable[Section]:
        """Draw theory on a fine grid over the range of a curve; yield what it means."""
        at = curve.found["x"][np.isfinite(curve.found["y"])]
        if len(at) < 2 or self.law is None:
            return
        x = (np.geomspace if self.xscale == "log" else np.linspace)(at.min(), at.max(), self.fine)
        coords = plan.arrays["y"].coords
        single = {str(n): c.item() for n, c in coords.items() if c.size == 1}
        told_apart = {name: plan.values[name][rank] for name, rank in curve.ranks.items()}
        told_apart["quantity"] = told_apart.pop(QUANTITY, self.quantities[0])
        y = np.asarray(self.law(SimpleNamespace(**{**single, **told_apart}), x), dtype=float)
        if self.yscale == "log":
            y = np.where(y > 0, y, np.nan)
        if np.isfinite(y).any():
            axes.plot(x, y, color=look.colour, linestyle=look.dashes, linewidth=1.0, zorder=2)
            yield THEORY

    def _put_through(
        self,
        axes: "Axes",
        x: Array,
        y: Array,
        known: NDArray[np.bool_],
        look: Look,
        *,
        round_tops: bool = False,
    ) -> bool:
        """Draw a line through values; return whether it is one, and not single values on a line."""
        is_line = False
        for part in runs(np.isfinite(y), known):
            if len(part) == 1 and self.join:
                axes.plot(x[part], y[part], marker="x", markersize=5, color=INK, zorder=4)
            elif len(part) == 1:
                # One value has no line; a dash is seen behind its point.
                axes.plot(x[part], y[part], marker="_", markersize=11, color=look.colour)
                is_line = True
            else:
                is_line = True
                xlog, ylog = self._logs
                fine = through(x[part], y[part], xlog=xlog, ylog=ylog, round_tops=round_tops)
                axes.plot(*fine, color=look.colour, linestyle=look.dashes, zorder=2)
        return is_line

    def _put_band(
        self,
        axes: "Axes",
        x: Array,
        middle: Array,
        half: Array,
        look: Look,
        known: NDArray[np.bool_] | None = None,
    ) -> bool:
        """Draw a band around a middle where it can be seen; return whether there is any."""
        xlog, ylog = self._logs
        height = np.abs(middle) if ylog else max(axes.dataLim.height, 0.0)
        held = np.isfinite(middle) & (half > UNSEEN * height)
        parts = runs(held, held if known is None else known)
        if self.law is not None and known is not None:
            parts = iter(np.flatnonzero(held)[:, None])
        for part in parts:
            at, low, high = x[part], (middle - half)[part], (middle + half)[part]
            low = np.maximum(low, middle[part] * 1e-2) if ylog else low
            if len(part) == 1:
                axes.vlines(at, low, high, color=look.colour, alpha=0.18, linewidth=7, zorder=1)
                continue
            fine, bottom = through(at, low, xlog=xlog, ylog=ylog)
            _, top = through(at, high, xlog=xlog, ylog=ylog)
            axes.fill_between(fine, bottom, top, color=look.colour, alpha=0.18, lw=0, zorder=1)
        return bool(held.any())

    def _band_text(self, part: "xr.Dataset") -> str:
        names = dict.fromkeys(sign(part, name, self.labels) for name in self.bands)
        return f"± {', '.join(names)}"

    @property
    def _logs(self) -> tuple[bool, bool]:
        return self.xscale == "log", self.yscale == "log"

    def _label(self, part: "xr.Dataset", axis: str, names: Any) -> str:
        if axis == "y" and self.ratio and "y" not in self.labels:
            return ", ".join(f"{sign(part, name, self.labels)} / theory" for name in names)
        return super()._label(part, axis, names)

    def _put_ticks(self, axes: "Axes", part: "xr.Dataset", x: str, points: list[Curve]) -> None:
        """Put ticks at the values where labels, whole numbers or few values call for it."""
        if not x or x not in part:
            return
        if is_labelled(part[x]):
            texts = [value_text(v) for v in part[x].to_numpy()]
            ticks_at(axes.xaxis, numbers(part[x]).to_numpy(), texts)
            return
        there = np.any([np.isfinite(_over(points, name)) for name in DRAWN], axis=0)
        seen = np.unique(_over(points, "x")[there])
        if len(seen) == 1:
            ticks_at(axes.xaxis, seen, value_texts(seen.tolist()))
        elif len(seen) and (seen == np.round(seen)).all() and np.ptp(seen) < 20:
            whole_ticks(axes.xaxis)
        apart = np.diff(np.log(seen)) if self.xscale == "log" and len(seen) > 1 else np.zeros(0)
        if 0 < len(apart) < FEW_TICKS and apart.min() > 0.12 * apart.sum():
            ticks_at(axes.xaxis, seen, value_texts(seen.tolist()))


def _over(curves: list[Curve], name: str) -> Array:
    """Return the numbers of all curves in a row."""
    rows = [c.found.get(name, np.full_like(c.found["x"], np.nan)) for c in curves]
    return np.concatenate(rows) if rows else np.zeros(0)


def _within(curve: Curve, points: list[Curve]) -> Curve:
    """Return a curve whose line beside the points ends where the points of all curves end."""
    x, found = _over(points, "x")[np.isfinite(_over(points, "y"))], curve.found
    if "line" not in found or not len(x):
        return curve
    inside = (found["x"] >= x.min()) & (found["x"] <= x.max())
    return replace(curve, found={**found, "line": np.where(inside, found["line"], np.nan)})


def _floor(curves: list[Curve]) -> float:
    """Return where error bars end that would go below zero on a logarithmic axis."""
    y = _over(curves, "y")
    return float(y[np.isfinite(y)].min()) / 2 if np.isfinite(y).any() else 0.0


def _lengths(error: Array | None, at: Array, floor: float) -> Array | None:
    """Return the lengths of error bars downwards and upwards, shape (2, points)."""
    if error is None:
        return None
    error = np.where(np.isfinite(error), np.abs(error), 0.0)
    return np.stack([np.minimum(error, np.maximum(at - floor, 0.0)), error])
