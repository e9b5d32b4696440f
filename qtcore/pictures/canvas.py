"""The page of a picture: its size, limits, scale, caption and colour bar."""

import base64
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from qtcore.figures.drawing import Drawing
from qtcore.figures.style import INK, TWO_COLUMNS, house_style
from qtcore.pictures.layout import Layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TALLEST, _LOWEST = 4.6, 1.3
"""Height of the drawing itself, inches."""

_THIN = 14.0
"""Length over width from which on a sample is drawn wider than it is."""

_MARGIN = 0.9
"""Width, inches, of what stands beside the drawing: labels, and a colour bar."""


class Picture(Drawing):
    """A Matplotlib figure that a notebook shows as wide as it is, and that saves its text as text."""

    def _repr_html_(self) -> str:
        return as_html(self)


def as_html(picture: Figure) -> str:
    """Return a picture as an inline PNG image of HTML."""
    content = io.BytesIO()
    with house_style():
        picture.savefig(content, format="png", dpi=160)
    code = base64.b64encode(content.getvalue()).decode("ascii")
    wide = round(96 * picture.get_figwidth())
    return f'<img src="data:image/png;base64,{code}" style="width:{wide}px;max-width:100%" alt="picture">'


class Page(NamedTuple):
    """Axes with the scale of a sample.

    Attributes
    ----------
    picture : Figure
        The figure.
    axes : Axes
        Its limits and aspect are set.
    points : float
        Distance of neighbours on paper, points.
    is_true : bool
        Whether lengths along and across have one scale.
    """

    picture: Figure
    axes: "Axes"
    points: float
    is_true: bool


@contextmanager
def page(layout: Layout, axes: "Axes | None", caption: str, *, bar: bool) -> Iterator[Page]:
    """Give axes for a sample, and label them in the end.

    Parameters
    ----------
    layout : Layout
        What is drawn.
    axes : Axes or None
        Somebody's own axes, or None for a figure of its own.
    caption : str
        One line above.
    bar : bool
        Whether a colour bar comes beside it.
    """
    everything = np.concatenate([layout.places, *(stub.places for stub in layout.stubs)])
    room = 0.7 * max(layout.neighbour, 0.5)
    low, high = everything.min(axis=0) - room, everything.max(axis=0) + room
    wide, high_ = (float(part) for part in high - low)
    is_true = wide / high_ <= _THIN
    with house_style():
        if axes is None:
            usable = TWO_COLUMNS - _MARGIN - (0.8 if bar else 0.0)
            tall = min(max(usable * high_ / wide, _LOWEST), _TALLEST) if is_true else _LOWEST
            # Tall samples get a narrow page, on which the caption still fits.
            page_width = max(min(usable, tall * wide / high_) if is_true else usable, 2.6)
            size = page_width + TWO_COLUMNS - usable, tall + 0.75
            figure: Figure = Picture(figsize=size, layout="constrained")
            axes = figure.add_subplot()
            scale = min(page_width / wide, tall / high_) if is_true else page_width / wide
        else:
            figure = axes.get_figure(root=True)  # type: ignore[assignment] # axes lie in a figure
            inches = axes.get_window_extent().width / figure.dpi
            scale = inches / wide
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.set_aspect("equal" if is_true else "auto")
        yield Page(figure, axes, 72 * scale * layout.neighbour, is_true)
        _label(axes, layout, caption, is_true=is_true)


def _label(axes: "Axes", layout: Layout, caption: str, *, is_true: bool) -> None:
    unit = "units of the system" if layout.unit != "t" else "lattice constants"
    axes.set_xlabel(f"x ({unit})")
    axes.set_ylabel(layout.across + ("" if is_true else ",\nstretched"))
    if not layout.flat:
        # Steps along z lead to the upper right, so that heights are no y.
        axes.set_ylabel("y, and z to the\nupper right")
    if np.ptp(layout.places[:, 1]) < 1:
        axes.set_yticks([])
        axes.set_ylabel("")
        axes.spines["left"].set_visible(False)
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_ticklocs().size:
            axis.set_major_locator(MaxNLocator(6, integer=True))
    for text, x, y in layout.marks:
        axes.plot([x], [y], marker="o", ms=7, mfc="white", mec=INK, mew=0.9, zorder=5)
        axes.plot([x], [y], marker="x", ms=4, color=INK, mew=0.9, zorder=6)
        axes.annotate(text, (x, y), xytext=(6, 3), textcoords="offset points", fontsize=7, zorder=6)
    axes.set_title(caption, loc="left", fontsize=7, color=INK)


def add_bar(where: Page, artist: Any, label: str) -> None:
    """Put a colour bar beside the axes."""
    found = where.picture.colorbar(artist, ax=where.axes, shrink=0.9, pad=0.02, aspect=18)
    found.set_label(label)
    found.outline.set_linewidth(0.5)
    found.ax.tick_params(width=0.5, length=2.5)


def size_of_sites(points: float, neighbour: float) -> float:
    """Return the width of a plain site in lattice constants: it never hides the bonds."""
    return neighbour * min(0.55, max(0.32, 3.2 / max(points, 1e-9)))


def is_fine(points: float) -> bool:
    """Return whether neighbours are so close on paper that bonds between them cannot be seen."""
    return points < 2.2 or not math.isfinite(points)
