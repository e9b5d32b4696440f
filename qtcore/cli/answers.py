"""`qtcore show` and `qtcore export`: statistics of a store as a table, and what it holds as a file."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.options import STATISTICS, AsJson, By, Of, OtherWorkflow, Select, StorePath, Trust
from qtcore.cli.signals import ctrl_c_while_working
from qtcore.cli.whole import print_whole
from qtcore.errors import InputError, command

if TYPE_CHECKING:
    from qtcore.answers.export.sheet import Column
    from qtcore.answers.table import AnswerTable

NOTHING = "–"
"""What stands in a cell without a number."""

MOST_ROWS = 60
"""So many rows of a long table are shown on a terminal; `--json`, a pipe and `qtcore export` have all."""


def show_table(
    store: StorePath,
    select: Select = None,
    of: Of = None,
    stat: Annotated[
        str,
        typer.Option("--stat", metavar="NAMES", help=f"Statistics, with commas: {STATISTICS}."),
    ] = "mean,var",
    by: By = None,
    workflow: OtherWorkflow = None,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Show statistics, estimates and results of a store as a table, with standard errors."""
    from qtcore.answers.answered import answer_table
    from qtcore.reports.conclusion import warn_if_incomplete
    from qtcore.store.locate import place_of

    ctrl_c_while_working()
    selected = parse_selection(select or [])
    place = place_of(store)
    found = answer_table(
        place, of=of, stat=stat, select=selected, by=by, workflow=workflow, trust=trust
    )
    if as_json:
        show.json_out(_as_json(found))
    elif len(found.frame):
        _print(found, store)
    if found.frame.empty:
        show.error(f"There is no row: {found.nothing}.")
    warn_if_incomplete(store)


def export(
    store: StorePath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FILE",
            help="File to write: .csv, .txt (for Origin), .parquet, .xlsx or .nc (NetCDF).",
        ),
    ],
    select: Select = None,
    of: Of = None,
    stat: Annotated[
        str | None,
        typer.Option(
            "--stat",
            metavar="NAMES",
            help=f"Statistics instead of samples, with commas: {STATISTICS}. Each gets a column with its "
            "standard error.",
        ),
    ] = None,
    by: By = None,
    analysis: Annotated[
        bool, typer.Option("--analysis", help="The results of the workflow instead of samples.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file of that name if there is one.")
    ] = False,
    workflow: OtherWorkflow = None,
    trust: Trust = False,
) -> None:
    """Write samples, statistics or results of a store to a file for another program."""
    from qtcore.answers import answered

    ctrl_c_while_working()
    written = answered.export(
        store,
        to,
        of=of,
        stat=stat,
        select=parse_selection(select or []),
        by=by,
        analysis=analysis,
        force=force,
        workflow=workflow,
        trust=trust,
    )
    show.files([written])


def parse_selection(words: list[str]) -> dict[str, str]:
    """Return what each name shall be, from words such as `width=16`.

    Raises
    ------
    InputError
        If a word has another form, or a name comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equal, value = word.partition("=")
        if not (name and equal and value):
            raise InputError(
                f"--select is given as NAME=VALUES, such as width=16 or length=100:, got {word!r}"
            )
        if name in found:
            raise InputError(
                f"--select names {name} twice; several values have commas, such as {name}=4,8"
            )
        found[name] = value
    return found


def _as_json(found: "AnswerTable") -> dict[str, Any]:
    """Return the table for programs: columns with units and meanings, and rows."""
    return {
        "columns": [
            {"name": c.name, "units": c.units, "long_name": c.long_name} for c in found.columns
        ],
        "rows": found.frame.to_dict(orient="records"),
    }


def _print(found: "AnswerTable", store: str) -> None:
    """Print the table; what is the same in all rows stands above it."""
    shown = _Shown(found)
    show.out.print(f"[bold]{escape(store)}[/bold]{escape(shown.same)}", highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in shown.titles:
        table.add_column(escape(title), justify="right", no_wrap=True)
    rows = len(found.frame)
    few = min(rows, MOST_ROWS) if show.out.is_terminal else rows
    for row in range(few):
        table.add_row(*map(escape, shown.row(row)))
    print_whole(table)
    if few < rows:
        whole = command("export", store, "--stat", "…", "--to", "table.csv")
        show.out.print(
            f"{rows - few:,} more rows: --select fewer, --json, or `{whole}`.", style="dim"
        )
    for note in shown.notes:
        show.out.print(note, style="dim")


BESIDE = {"_error": "", "_left_out": "_theory", "_compared": "_theory"}
"""Endings of columns that have no place of their own, and of those in whose cells they are told."""


class _Shown:
    """The cells of a table: errors stand behind their values, and columns of one value above it."""

    def __init__(self, found: "AnswerTable") -> None:
        self._cells = {column.name: found.frame[column.name].tolist() for column in found.columns}
        values = [column for column in found.columns if not self._is_beside(column)]
        alone = [column for column in values if self._is_same(column)]
        told = [f"{c.name} {_number(self._cells[c.name][0])} {c.units}".rstrip() for c in alone]
        self._columns = [column for column in values if column not in alone]
        self.same = f": {', '.join(told)}" if told else ""
        self.titles = [column.header for column in self._columns]

    @property
    def notes(self) -> list[str]:
        """What marks in the cells mean, as far as there are any."""
        found = []
        if any(self._beside(column, "_error") for column in self._columns):
            found.append("± is the standard error over realizations.")
        if any(self._beside(column, "_left_out") for column in self._columns):
            found.append("± behind theory is the band of what it leaves out.")
        compared = [self._beside(column, "_compared") or () for column in self._columns]
        if any(value == 0 for cells in compared for value in cells):
            found.append("Theory in brackets is not compared with: it does not hold there.")
        return found

    def row(self, number: int) -> list[str]:
        """Return the cells of a row."""
        return [self._cell(column, number) for column in self._columns]

    def _cell(self, column: "Column", number: int) -> str:
        from qtcore.estimate.estimate import with_error

        value = self._cells[column.name][number]
        text = _number(value)
        if (errors := self._beside(column, "_error")) and not math.isnan(errors[number]):
            text = with_error(float(value), float(errors[number]))
        if (bands := self._beside(column, "_left_out")) and not math.isnan(bands[number]):
            text = f"{value:.4g} ± {bands[number]:.2g}"
        compared = self._beside(column, "_compared")
        return f"({text})" if compared and compared[number] == 0 and text != NOTHING else text

    def _beside(self, column: "Column", ending: str) -> list[Any] | None:
        """Return the cells of the column with an ending that are told in those of a column."""
        own = BESIDE[ending]
        if own and not column.variable.endswith(own):
            return None
        stem = column.variable.removesuffix(own)
        return self._cells.get(f"{stem}{ending} {column.at}".strip())

    def _is_beside(self, column: "Column") -> bool:
        """Whether a column is told in the cells of another one."""
        for ending, own in BESIDE.items():
            stem = column.variable.removesuffix(ending)
            if stem != column.variable and f"{stem}{own} {column.at}".strip() in self._cells:
                return True
        return False

    def _is_same(self, column: "Column") -> bool:
        """Whether a column is of an axis, or goes along with one, and is the same in all rows."""
        cells = self._cells[column.name]
        of_statistic = column.at or any(self._beside(column, ending) for ending in BESIDE)
        return not of_statistic and len(set(cells)) == 1


def _number(value: Any) -> str:
    if isinstance(value, float):
        return NOTHING if math.isnan(value) else f"{value:.6g}"
    return str(value)
