"""One style for every figure: sizes of a printed journal page, colours that order and print."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from qtcore.errors import InputError, brief

TWO_COLUMNS = 7.0
"""Width of a two-column figure, inches."""

PAGE = {1: 3.5, 2: TWO_COLUMNS, 3: 8.8}
"""Width of a figure by its number of columns, where nothing is asked for, inches."""

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
    # TrueType: text stays text in the file, so that a journal can edit and search it.
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
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

Style = Literal["page", "column", "two-columns", "slides"]

STYLES: dict[str, str] = {
    "page": "as wide as its panels need, 3.5 to 8.8 inches",
    "column": "one column of a journal, 3.375 inches, one panel a row",
    "two-columns": "both columns of a journal, 7 inches, two panels a row (three alone in one row)",
    "slides": "16:9, with letters that are read from the last row",
}
"""What a figure is for, in words."""

ONE_COLUMN = 3.375
"""Width of one column of a journal, inches."""

SLIDES = {1: 5.0, 2: 6.6}
"""Width of a slide by its number of panels, inches; the fewer, the larger letters come out on a screen."""

MOST_ON_A_SLIDE = 8.0
"""Width of a slide of more panels."""


_STYLE: "ContextVar[Style]" = ContextVar("style", default="page")


@contextmanager
def styled(style: Style) -> Iterator[None]:
    """Let figures that are drawn inside the block be for something, where they do not say it themselves.

    Raises
    ------
    InputError
        If there is no such style.
    """
    refuse_style(style)
    token = _STYLE.set(style)
    try:
        yield
    finally:
        _STYLE.reset(token)


def refuse_style(style: Any) -> None:
    """Raise InputError, with the styles that there are, for one that is none."""
    if style not in STYLES:
        told = "; ".join(f"{name} ({words})" for name, words in STYLES.items())
        raise InputError(f"there is no style {brief(style)}; there are {told}")


def layout(count: int, style: Style | None = None) -> tuple[int, int, float, float]:
    """Return how so many panels stand in a style: rows, columns, and width and height in inches.

    Raises
    ------
    InputError
        If there is no such style.
    """
    style = _STYLE.get() if style is None else style
    refuse_style(style)
    if style == "column":
        return count, 1, ONE_COLUMN, 2.4 * count
    # Three stand in one row: of four places one would be empty.
    columns = {1: 1, 2: 2, 4: 2}.get(count, 3)
    if style == "two-columns" and count > 3:
        columns = 2
    rows = -(-count // columns)
    if style == "slides":
        width = SLIDES.get(count, MOST_ON_A_SLIDE)
        return rows, columns, width, width * 9 / 16
    width = TWO_COLUMNS if style == "two-columns" else PAGE[columns]
    return rows, columns, width, (2.4 if columns == 3 and style != "page" else ROW) * rows


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
