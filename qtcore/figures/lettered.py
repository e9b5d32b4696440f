"""Figures with panels that have letters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import lcm
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from qtcore.figures.style import INK, ROW, TWO_COLUMNS, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qtcore.figures.drawing import Drawing


@contextmanager
def lettered_panels(
    rows: int,
    columns: int,
    width: float = TWO_COLUMNS,
    height: float | None = None,
    *,
    count: int | None = None,
) -> "Iterator[tuple[Drawing, list[Axes]]]":
    """Give a figure in the house style and its panels, row by row, with letters when all is drawn.

    One panel alone has no letter.

    Parameters
    ----------
    rows, columns : int
        How the panels stand.
    width, height : float, optional
        Of the figure, inches; the width of a page and 2.8 for each row if left out.
    count : int, optional
        So many panels, if they are fewer than places: rows with fewer panels have wider ones, and no place
        is empty.

    Yields
    ------
    figure, panels : Drawing, list of matplotlib.axes.Axes
    """
    from qtcore.figures.drawing import Drawing

    height = ROW * rows if height is None else height
    with house_style():
        # Not through pyplot, which would keep the figure for ever.
        figure = Drawing(figsize=(width, height), layout="constrained")
        in_rows = [len(row) for row in np.array_split(np.arange(count or rows * columns), rows)]
        across = lcm(*in_rows)
        grid = figure.add_gridspec(rows, across)
        panels = [
            figure.add_subplot(grid[row, place * across // there : (place + 1) * across // there])
            for row, there in enumerate(in_rows)
            for place in range(there)
        ]
        figure.lettered = panels
        yield figure, panels
        if len(panels) > 1:
            panel_letters(figure, panels)


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
