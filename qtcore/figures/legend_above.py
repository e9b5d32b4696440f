"""The legend above a figure, in as many rows as it needs."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from qtcore.figures.keys import LEFT_OUT, THEORY, Section
from qtcore.figures.style import INK

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

_ENTRY, _LETTER = 24.0, 4.4
"""Widths in points, of a marker with its space and of a letter, in the row above a figure."""


def put_above(figure: "Figure", sections: Sequence[Section]) -> "Legend":
    """Put sections in one row, or each in a row of its own, above the figure; return the legend."""
    rows: list[list[Artist]] = []
    # Without a title last, so that no title seems to stand above them.
    for section in sorted(sections, key=lambda s: s.about in (THEORY.about, LEFT_OUT.about)):
        title: list[Artist] = [blank(section.title)] if section.title else []
        rows.append([*title, *(entry.handle() for entry in section.entries)])
    # Sections without a title go along with the one before.
    joined = [row for row in rows if row]
    width = whole = figure.get_figwidth() * 72
    while True:
        legend = _in_rows(figure, joined, width)
        width *= 0.85
        # Columns are as wide as their widest entry, which is known only now.
        wide = legend.get_window_extent(figure.canvas.get_renderer()).width * 72 / figure.dpi  # type: ignore[attr-defined]  # of Agg
        if wide <= whole or width < whole / 4:
            return legend
        legend.remove()


def _in_rows(figure: "Figure", joined: "Sequence[list[Artist]]", width: float) -> "Legend":
    """Put entries above the figure, in rows of about a width in points."""
    lines: list[list[Artist]] = []
    for row in joined:
        if lines and _width([*lines[-1], *row]) < width:
            lines[-1] = [*lines[-1], *row]
        else:
            lines.extend(_cut(row, width))
    columns = max(map(len, lines))
    padded = [[*line, *[blank("")] * (columns - len(line))] for line in lines]
    # Legends are filled column by column.
    handles = [line[column] for column in range(columns) for line in padded]
    return figure.legend(
        handles=handles, loc="outside upper center", ncols=columns, columnspacing=1.2
    )


def _cut(row: "list[Artist]", width: float) -> "Iterator[list[Artist]]":
    """Yield a row in parts that fit the figure."""
    line: list[Artist] = []
    for handle in row:
        if line and _width([*line, handle]) > width:
            yield line
            line = []
        line.append(handle)
    yield line


def _width(handles: "Sequence[Artist]") -> float:
    return sum(_ENTRY + _LETTER * len(str(handle.get_label())) for handle in handles)


def blank(label: str) -> "Line2D":
    """Return an entry that is only text; matplotlib leaves out those without any."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", color=INK, label=label or " ")
