"""Ticks whose numbers are written out where that is shorter than powers of ten."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.figures.words import value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox


DECADES = 2.3
"""A logarithmic axis up to so long has its numbers written out."""

FEW_DECADES = 0.5
"""A logarithmic axis up to so long has ticks like a linear one: of whole steps there would be two."""

LONE_DECADE = 1.1
"""On a logarithmic axis up to so long 1, 2 and 5 of each decade would be two or three numbers."""

LONGEST = 32
"""So many letters of labels stand side by side below a panel."""

FULL = 0.9
"""A name longer than this part of the y axis stands in more lines: it would touch the letter of the panel."""

MOST_LINES = 3
"""Lines of a name, at most."""

APART = 3.0
"""So many points, a space, stand between two numbers below a panel."""

LONG_NUMBERS = 1e4
"""Numbers of so many digits touch each other if there are more than a few."""

_WRITTEN = (1e-3, 1e5)
"""Numbers between these are written out."""


def plain_ticks(axis: "Axis", *, sparse: bool = False) -> None:
    """Write the numbers of a short logarithmic axis out; let long numbers below a panel stand apart.

    They stand at 1, 2 and 5 of each decade, or only at 1 if they are to be `sparse`. Ticks that
    were put at values stay.
    """
    from matplotlib.axis import XAxis
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
    )

    if isinstance(axis.get_major_locator(), FixedLocator):
        return
    if axis.get_scale() != "log":
        if isinstance(axis, XAxis) and max(map(abs, axis.get_view_interval())) >= LONG_NUMBERS:
            axis.set_major_locator(MaxNLocator(4 if sparse else 5))
        return
    low, high = sorted(axis.get_view_interval())
    if low <= 0 or not np.isfinite(high):
        return
    decades = np.log10(high / low)
    if decades > DECADES or low < _WRITTEN[0] or high > _WRITTEN[1]:
        axis.set_minor_formatter(NullFormatter())
        return
    steps: tuple[float, ...]
    steps = (1.0, 2.0, 5.0) if decades > LONE_DECADE else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    if sparse and decades >= 1:
        steps = (1.0,)
    if decades < FEW_DECADES:
        axis.set_major_locator(MaxNLocator(5))
    else:
        axis.set_major_locator(LogLocator(subs=steps, numticks=20))
    axis.set_major_formatter(FuncFormatter(_written))
    axis.set_minor_locator(NullLocator())


def ticks_at(axis: "Axis", values: Any, texts: list[str]) -> None:
    """Put ticks at values and nowhere else; long labels slant."""
    from matplotlib.axis import XAxis
    from matplotlib.ticker import NullLocator

    axis.set_ticks(list(values), texts)
    if isinstance(axis, XAxis) and sum(map(len, texts)) > LONGEST:
        _slant(axis)
    axis.set_minor_locator(NullLocator())


def whole_ticks(axis: "Axis") -> None:
    """Put ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(integer=True))


def tick_labels(axis: "Axis") -> list["Text"]:
    """Return the numbers that an axis shows, in order."""
    low, high = sorted(axis.get_view_interval())
    edge = 1e-9 * (high - low)
    ticks = [t for t in axis.get_major_ticks() if low - edge <= t.get_loc() <= high + edge]
    shown = [t.label1 for t in ticks if t.label1.get_visible() and t.label1.get_text()]
    return shown if axis.get_visible() else []


def overlap(one: "Bbox", other: "Bbox", slack: float) -> bool:
    """Return whether two boxes overlap by more than a number of pixels in both directions."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    upwards = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across > slack and upwards > slack)


def spread_ticks(axis: "Axis") -> None:
    """Let numbers that stand on each other below a panel stand apart: fewer of them, or slanted.

    The figure must have been drawn, so that places are known.
    """
    from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

    many = len(tick_labels(axis))
    if isinstance(axis.get_major_locator(), FixedLocator):
        if _crowded(axis):
            _slant(axis)
        return
    if isinstance(axis.get_major_locator(), LogLocator):
        if _crowded(axis):
            axis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=20))
        if _crowded(axis):
            axis.set_major_locator(LogLocator(numticks=20))
        return
    while _crowded(axis) and many > 2:
        many -= 1
        axis.set_major_locator(MaxNLocator(many))


def _crowded(axis: "Axis") -> bool:
    """Return whether numbers have less than a space between them."""
    figure = axis.get_figure(root=True)
    gap = APART * figure.dpi / 72 if figure else 0.0
    boxes = [label.get_window_extent() for label in tick_labels(axis)]
    return any(
        overlap(one.padded(gap / 2, 0), other.padded(gap / 2, 0), 0.0)
        for one, other in pairwise(boxes)
    )


def _slant(axis: "Axis") -> None:
    for label in axis.get_ticklabels():
        label.set(rotation=25, ha="right", rotation_mode="anchor")


def fit_labels(axes: "Axes") -> bool:
    """Set the names of axes that are longer than their axis in two lines or three; return whether there are any.

    The figure must have been drawn, so that places are known.
    """
    any_fits = False
    whole = axes.get_window_extent()
    for axis, length in ((axes.xaxis, whole.width), (axes.yaxis, FULL * whole.height)):
        if "\n" in axis.get_label_text():
            continue
        for _ in range(MOST_LINES - 1):
            box = axis.label.get_window_extent()
            cut = _in_one_more_line(axis.get_label_text())
            if max(box.width, box.height) <= length or cut is None:
                break
            axis.set_label_text(cut)
            any_fits = True
    return any_fits


def _in_one_more_line(words: str) -> str | None:
    """Return words with their longest line cut in two; None if it has no space."""
    lines = words.split("\n")
    longest = max(range(len(lines)), key=lambda n: len(lines[n]))
    line = lines[longest]
    middle = len(line) / 2
    gaps = [n for n, letter in enumerate(line) if letter == " " and line[n + 1 : n + 2].strip()]
    # Better between two quantities than within one, better before a unit than within it.
    for fit in (
        [n for n in gaps if line[n - 1] == "," and n > middle / 2],
        [n for n in gaps if line[n + 1] == "("],
        gaps,
    ):
        if fit:
            at = min(fit, key=lambda n: abs(n - middle))
            lines[longest : longest + 1] = [line[:at].rstrip(), line[at + 1 :]]
            return "\n".join(lines)
    return None


def _written(value: float, _: Any = None) -> str:
    return value_text(float(f"{value:.6g}"))
