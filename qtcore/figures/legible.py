"""What keeps a reader from reading a figure: words on words, off the page, or on the data."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from qtcore.figures.map import Map
from qtcore.figures.style import house_style
from qtcore.figures.ticks import overlap, tick_labels
from qtcore.figures.words import readable, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from qtcore.figures.recorded import Drawn


SLACK = 1.5
"""Words may touch by so many points: boxes of letters are a little larger than the letters."""


def faults_of(figure: "Figure") -> list[str]:
    """Return, in sentences, what cannot be read in a figure as it is; nothing if all can.

    Found are words beyond the edge of the figure, words that stand on other words, legends and insets
    on points, axes without a name, and axes of panels that do not show the unit of what they show.

    Parameters
    ----------
    figure : Figure
        Of any kind; units are known of those that qtcore drew.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas
    try:
        FigureCanvasAgg(figure)
        # The settings at the time of drawing decide how many ticks there are.
        with house_style():
            figure.draw_without_rendering()
            found = [*_of_words(figure), *_on_points(figure), *_without_names(figure)]
    finally:
        figure.set_canvas(canvas)
    found += [fault for one in getattr(figure, "drawn", ()) for fault in _without_units(one)]
    return list(dict.fromkeys(found))


def _all_axes(figure: "Figure") -> Iterator["Axes"]:
    """Yield panels, bars of colours, insets, and axes at other sides."""
    for axes in figure.axes:
        yield axes
        yield from axes.child_axes  # type: ignore[misc]  # the base class of Axes, by its stubs


def _texts(figure: "Figure") -> Iterator["Text"]:
    for axes in _all_axes(figure):
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                yield from tick_labels(axis)
                yield axis.label
                yield axis.get_offset_text()
        yield from axes.texts
        yield from (axes.title, *_titles(axes))
        if legend := axes.get_legend():
            yield from (*legend.get_texts(), legend.get_title())
    for legend in figure.legends:
        yield from (*legend.get_texts(), legend.get_title())
    yield from figure.texts


def _titles(axes: "Axes") -> list["Text"]:
    from matplotlib.text import Text

    return [one for one in axes.get_children() if isinstance(one, Text) and one not in axes.texts]


def _of_words(figure: "Figure") -> Iterator[str]:
    point = figure.dpi / 72
    seen = {id(text): text for text in _texts(figure) if text.get_text().strip()}
    boxes = [(t.get_text(), t.get_window_extent()) for t in seen.values() if t.get_visible()]
    page = figure.bbox
    for words, box in boxes:
        out = max(page.x0 - box.x0, box.x1 - page.x1, page.y0 - box.y0, box.y1 - page.y1)
        if out > SLACK * point:
            yield f"{words!r} stands {out / point:.0f} points beyond the edge of the figure"
    for (words, box), (others, other) in combinations(boxes, 2):
        if overlap(box, other, SLACK * point):
            yield f"{words!r} and {others!r} stand on each other"


def _on_points(figure: "Figure") -> Iterator[str]:
    for axes in figure.axes:
        covers = [("an inset", inside.bbox) for inside in axes.child_axes if inside.has_data()]
        if legend := axes.get_legend():
            covers.append(("the legend", legend.get_window_extent()))
        for what, box in covers:
            hidden = 0
            for line in axes.lines:
                if line.get_marker() in ("None", "none", " ", "", None):
                    continue
                places = axes.transData.transform(np.asarray(line.get_xydata(), dtype=float))
                there = np.isfinite(places).all(axis=1)
                hidden += sum(box.contains(x, y) for x, y in places[there])
            if hidden:
                yield f"{what} of the panel {axes.get_ylabel()!r} hides {hidden} points"


def _without_names(figure: "Figure") -> Iterator[str]:
    for axes in _all_axes(figure):
        if not (axes.has_data() and axes.axison):
            continue
        for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            others = (axes.get_xlabel(), axes.get_ylabel())
            is_bar = axes.get_label() == "<colorbar>" and any(others)
            if tick_labels(axis) and not axis.get_label_text() and not is_bar:
                yield f"the {letter} axis of {others} has no name"


def _without_units(drawn: "Drawn") -> Iterator[str]:
    panel, result, axes = drawn.panel, drawn.result, drawn.axes
    shown = {axes.get_xlabel(): [panel.x or ""], axes.get_ylabel(): list(panel.quantities)}
    if isinstance(panel, Map):
        shown = {axes.get_xlabel(): [panel.x], axes.get_ylabel(): [panel.up]}
    for label, names in shown.items():
        over = names == list(panel.quantities) and getattr(panel, "ratio", False)
        label = " ".join(label.split())
        for name in names:
            unit = unit_of(result, name) if name in result and not over else ""
            if unit and axes.has_data() and " ".join(readable(unit).split()) not in label:
                yield f"the axis {label!r} does not show the unit of {name}, {unit}"
