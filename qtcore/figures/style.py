"""One style for every figure: sizes of a printed journal page, colours that order and print."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TWO_COLUMNS = 7.0
"""Width of a two-column figure, inches."""

INK, FAINT = "#1a1a1a", "#8a8a8a"

SETTINGS: Any = {
    "figure.dpi": 200,
    "savefig.dpi": 200,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": 8.5,
    "axes.titlesize": 8.5,
    "axes.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handletextpad": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 4.0,
    "errorbar.capsize": 0,
    # Text stays text in the PDF, so that a journal can edit and search it.
    "pdf.fonttype": 42,
}

# Ends short of viridis' yellow, which does not print on white.
_DARKEST, _LIGHTEST = 0.02, 0.82


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the style to every figure that is made inside the block."""
    import matplotlib as mpl

    with mpl.rc_context(SETTINGS):
        yield


ROW = 2.8
"""Height of a row of panels, inches, where nothing else is asked for."""


@contextmanager
def lettered_panels(
    rows: int, columns: int, width: float = TWO_COLUMNS, height: float | None = None
) -> "Iterator[tuple[Figure, list[Axes]]]":
    """Give a figure in the house style and its panels, row by row, with letters when all is drawn.

    Parameters
    ----------
    rows, columns : int
        How the panels stand.
    width, height : float, optional
        Of the figure, inches; the width of a page and 2.8 for each row if left out.
    """
    from matplotlib.figure import Figure

    height = ROW * rows if height is None else height
    with house_style():
        # Not through pyplot, which would keep the figure for ever.
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        yield figure, panels
        panel_letters(figure, panels)


def ordered_colours(values: Sequence[float]) -> dict[float, str]:
    """Return one colour for each value, dark to light in the order of the values."""
    import matplotlib as mpl

    ranked = sorted(set(values))
    steps = max(len(ranked) - 1, 1)
    palette = mpl.colormaps["viridis"]
    span = _LIGHTEST - _DARKEST
    return {
        value: mpl.colors.to_hex(palette(_DARKEST + span * rank / steps))
        for rank, value in enumerate(ranked)
    }


def panel_letters(figure: "Figure", axes: "Sequence[Axes]") -> None:
    """Put (a), (b), … at the upper left outside each panel."""
    for axis, letter in zip(axes, ascii_lowercase, strict=False):
        axis.annotate(
            f"({letter})",
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(-34, 5),
            textcoords="offset points",
            fontweight="bold",
            fontsize=9,
            color=INK,
        )
    figure.align_ylabels()
