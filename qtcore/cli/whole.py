"""Tables whose cells are never cut in a pipe or a file."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table

from qtcore.cli.show import out, text

BETWEEN = "   "
"""Between two columns, as Rich has it in a table without lines between them."""


def print_whole(table: Table, name: int = 0) -> None:
    """Print a table; into a pipe or a file, everything whole, however wide it is.

    Parameters
    ----------
    table : Table
        Its first column holds names, if there are any. One with the box `SIMPLE_HEAD` has no padding at the edges.
    name : int
        Letters of the longest one; a terminal shows names whole, too.
    """
    if not out.is_terminal and table.box is SIMPLE_HEAD:
        text("".join(f"{line}\n" for line in _lines(table)))
        return
    first = table.columns[0]
    first.no_wrap, first.min_width = True, name
    whole = table.__rich_measure__(out, out.options.update_width(10**4))
    before = out.width
    out.width = max(before, whole.minimum) if out.is_terminal else whole.maximum
    out.print(table, crop=False)
    out.width = before


def _lines(table: Table) -> Iterator[str]:
    """Yield the lines that Rich prints of a table, for which it takes most of the time of a long one."""
    columns = []
    for column in table.columns:
        cells = [_plain(str(cell)) for cell in (column.header, *column.cells)]
        width = max(map(cell_len, cells))
        pads = [" " * (width - cell_len(cell)) for cell in cells]
        is_right = column.justify == "right"
        columns.append(
            [f"{p}{c}" if is_right else f"{c}{p}" for c, p in zip(cells, pads, strict=True)]
        )
    rows = [f" {BETWEEN.join(row)} " for row in zip(*columns, strict=True)]
    wide = cell_len(rows[0])
    yield from (" " * wide, rows[0], f" {'─' * (wide - 2)} ", *rows[1:], " " * wide)


def _plain(cell: str) -> str:
    """Return what Rich makes of a cell, without its style."""
    return out.render_str(cell).plain if "[" in cell or ":" in cell else cell
