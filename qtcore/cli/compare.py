"""`qtcore compare`: whether two runs say the same."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.options import AsJson
from qtcore.cli.signals import ctrl_c_while_working
from qtcore.errors import SHOWN, counted
from qtcore.shown import without_control

if TYPE_CHECKING:
    from qtcore.answers.compare import Comparison, PointComparison

DIFFERENT = 1
"""Exit code after two runs were found to differ."""


def compare_stores(
    first: Annotated[str, typer.Argument(metavar="A", help="A store.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another store.")],
    level: Annotated[
        float,
        typer.Option(
            help="How often two runs that follow one law may be called different, over all points, "
            "lengths and results together."
        ),
    ] = 0.01,
    as_json: AsJson = False,
) -> None:
    """Compare two runs where they meet: bits, statistics, results, and what made them.

    Realizations of the same seed and number are compared one by one, others as samples of one law.
    Nothing that the stores hold is executed. Exit code 0 if the numbers are the same, bit by bit or
    statistically, and 1 if they differ by more than chance. Other versions or settings alone are
    shown and do not count.
    """
    from qtcore.answers.compare import compare

    ctrl_c_while_working()
    found = compare(first, second, level=level)
    if as_json:
        show.json_out(as_dict(found))
    else:
        _print(found)
    if not found.same:
        raise typer.Exit(DIFFERENT)


def as_dict(found: "Comparison") -> dict[str, Any]:
    """Return a comparison as JSON values, with its verdict."""
    return {
        "same": found.same,
        "verdict": found.verdict,
        **asdict(found),
    }


def _print(found: "Comparison") -> None:
    from qtcore.answers.compare import METHOD
    from qtcore.answers.results_beside import METHOD_OF_RESULTS

    if found.differences:
        table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
        for name in ("what differs", found.first, found.second):
            table.add_column(escape(name), overflow="fold")
        for one in found.differences:
            table.add_row(*(escape(without_control(t)) for t in (one.field, one.first, one.second)))
        show.out.print(table)
    else:
        show.out.print("Sweep, functions, versions and machine are the same.")
    if found.left_out:
        show.out.print(
            "Not compared: " + "; ".join(found.left_out) + ".", markup=False, highlight=False
        )
    if found.differing:
        show.out.print(_points(found))
    if found.results:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("result", "where", "first", "second", "p"):
            table.add_column(name)
        for result in found.results[:SHOWN]:
            table.add_row(
                escape(result.name),
                escape(_where(result.place)),
                f"{result.first:.6g} ± {result.first_error:.2g}",
                f"{result.second:.6g} ± {result.second_error:.2g}",
                f"{result.probability:.2g}",
            )
        show.out.print(table)
    lines = [_of_points(found)]
    if found.results_compared:
        lines.append(
            f"{counted(found.results_compared, 'results')} beside the stores compared, "
            f"{len(found.results) or 'none'} differ."
        )
    if not found.same_bits:
        lines.append(METHOD + (f" {METHOD_OF_RESULTS}" if found.results_compared else ""))
    lines.append(found.verdict)
    for line in lines:
        show.out.print(line, markup=False, highlight=False)


def _of_points(found: "Comparison") -> str:
    """Say how many points were compared, and how."""
    points = counted(found.compared, "common points")
    lacking = len(found.points) - found.compared
    rest = f" ({lacking} more have too few finished realizations)" if lacking else ""
    if found.paired:
        samples = sum(point.samples for point in found.points)
        equal = sum(point.equal for point in found.points)
        return (
            f"{points} compared{rest}, realization by realization: {equal:,} of {samples:,} numbers "
            "have the same bits."
        )
    return (
        f"{points} compared{rest}, {len(found.differing) or 'none'} differ. At level {found.level:g} a "
        f"point differs from {found.critical:.2f} standard errors on."
    )


def _points(found: "Comparison") -> Table:
    """Return the points that differ as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("point", "where", "what", "first", "second", "deviation", "p"):
        table.add_column(name, justify="right" if name in {"deviation", "p"} else "left")
    for point in found.differing[:SHOWN]:
        table.add_row(*_row(point))
    if len(found.differing) > SHOWN:
        table.add_row(f"… ({len(found.differing)} points)")
    return table


def _row(point: "PointComparison") -> list[str]:
    where = escape(_where(point.values)) or "the only point"
    if point.deviation is None:
        return [where, "", point.reason, "", "", f"{point.farthest:.2g}", ""]
    of = point.deviation
    return [
        where,
        escape(_where({"": point.variable, **point.place})),
        of.kind,
        f"{of.first:.6g}",
        f"{of.second:.6g}",
        f"{of.size:.1f} σ",
        f"{point.probability:.2g}",
    ]


def _where(labels: dict[str, Any]) -> str:
    """Return labels in words."""
    return ", ".join(
        f"{name} {value:g}".strip() if isinstance(value, int | float) else f"{name} {value}".strip()
        for name, value in labels.items()
    )
