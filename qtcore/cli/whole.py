"""Tables whose cells are never cut in a pipe or a file."""

from rich.table import Table

from qtcore.cli.show import out


def print_whole(table: Table, name: int = 0) -> None:
    """Print a table; into a pipe or a file, everything whole, however wide it is.

    Parameters
    ----------
    table : Table
        Its first column holds names, if there are any.
    name : int
        Letters of the longest one; a terminal shows names whole, too.
    """
    first = table.columns[0]
    first.no_wrap, first.min_width = True, name
    whole = table.__rich_measure__(out, out.options.update_width(10**4))
    before = out.width
    out.width = max(before, whole.minimum) if out.is_terminal else whole.maximum
    out.print(table, crop=False)
    out.width = before
