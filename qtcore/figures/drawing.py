"""A figure that knows what it was drawn from, and shows itself in a notebook."""

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from qtcore.figures.recorded import Drawn
from qtcore.figures.style import house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Drawing(Figure):
    """A Matplotlib figure with the panels that were drawn into it.

    Attributes
    ----------
    lettered : list of matplotlib.axes.Axes
        The panels from (a) on.
    drawn : list of Drawn
        What stands in them, insets included.
    bars : list of (axes, colour bar, meaning)
        Bars for colours that are too many for a legend, with the panel beside which each stands.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.lettered: list[Axes] = []
        self.drawn: list[Drawn] = []
        self.bars: list[Any] = []

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as `matplotlib.figure.Figure.savefig` does, in the style of the house: TrueType fonts in a PDF."""
        with house_style():
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows."""
        return content_of(self, "png")


def content_of(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file of a kind: "png", "pdf" or "svg"."""
    content = io.BytesIO()
    # Fonts are embedded by the settings at the time of saving.
    with house_style():
        figure.savefig(content, format=kind)
    return content.getvalue()


def showing(figure: Figure) -> Figure:
    """Return a figure that a notebook shows; one that a definition made itself becomes one."""
    if not hasattr(figure, "_repr_png_"):
        vars(figure)["_repr_png_"] = partial(content_of, figure, "png")
    return figure
