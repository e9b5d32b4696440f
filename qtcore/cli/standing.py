"""What `qtcore status` prints: how far a run is, point by point, and what failed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.errors import REFUSED, counted, is_refusal, listed
from qtcore.sweep.durations import duration
from qtcore.sweep.own_preset import own_preset

if TYPE_CHECKING:
    from qtcore.sweep.status import Status

ROWS = 40
"""So many rows of a long table are shown; `--json` has all."""


def status(found: "Status") -> None:
    """Print how far a run is."""
    share = 100 * found.blocks_done / found.blocks if found.blocks else 0.0
    state = "complete" if found.complete else "running" if found.running else "incomplete"
    state += ", but damaged" if found.damaged else ""
    preset = own_preset(found.workflow, found.preset)
    show.out.print(
        f"[bold]{escape(found.workflow)}[/bold]{escape(f' ({preset})' if preset else '')}, {_seeds(found)}: "
        f"{state}, {found.blocks_done}/{found.blocks} blocks ({share:.3g} %), "
        f"{duration(found.core_seconds)} of worker time",
        highlight=False,
    )
    if found.precision:
        near = [point.standing for point in found.points if point.standing is not None]
        reached = sum(standing.reached for standing in near)
        show.out.print(
            f"goal: {found.precision}, reached by {reached} of {counted(len(near), 'points')}"
        )
    _points(found)
    _failures(found.failures)
    if not found.complete and not found.running:
        if found.seed is None:
            show.out.print(
                "Continue the runs that were put together, and merge them again.", style="dim"
            )
        elif any(is_refusal(failure["error"]) for failure in found.failures):
            show.out.print(f"{REFUSED}.", style="dim", soft_wrap=True)
        else:
            show.out.print("The same `qtcore run` command goes on from there.", style="dim")
        if found.parts_needed:
            show.out.print(
                f"It was made in parts. Still needed: --part {listed(found.parts_needed)}; or "
                "without --part, all that is missing.",
                style="dim",
                soft_wrap=True,
            )


def _seeds(found: "Status") -> str:
    words = "seed" if len(found.seeds) == 1 else "seeds"
    return f"{words} {listed(found.seeds)}"


def _failures(failures: Sequence[dict[str, Any]]) -> None:
    """Print what failed for good and how to see each of it alone."""
    if not failures:
        return
    title = f"{counted(len(failures), 'pieces')} failed for good"
    table = Table("at", "blocks", "error", "tries", "worker", title=title, box=SIMPLE_HEAD)
    table.title_justify = "left"
    for failure in failures[:ROWS]:
        last = failure["stop"] - 1
        blocks = str(last) if failure["first"] == last else f"{failure['first']} to {last}"
        words = (failure["parameters"], blocks, failure["error"], str(failure["attempts"]))
        table.add_row(*map(escape, words), escape(failure.get("worker", "")))
    show.out.print(table)
    _and_more(len(failures), "failures")
    show.out.print("To see each alone:")
    for failure in failures[:ROWS]:
        show.out.print(f"  {failure['reproduce']}", markup=False, soft_wrap=True, highlight=False)


def _points(found: "Status") -> None:
    """Print a run's points; with a precision goal, how far each of them is.

    Points without realizations are left out. Of many, those that are not finished come first.
    """
    points = [point for point in found.points if point.wanted]
    if len(points) > ROWS:
        points.sort(key=lambda point: point.finished >= point.wanted)
    columns = [*found.points[0].values, "finished", "of"]
    if found.precision:
        columns += ["value", "error", "needs"]
    table = Table(*columns, box=SIMPLE_HEAD)
    for point in points[:ROWS]:
        cells = [*(f"{value:g}" for value in point.values.values())]
        cells += [str(point.finished), str(point.wanted)]
        at = point.standing
        if found.precision and at is not None:
            cells += [f"{at.value:.4g}", f"{at.error:.2g}"]
            cells.append("reached" if at.reached else f"about {at.needed:,.0f}")
        table.add_row(*cells)
    show.out.print(table)
    _and_more(len(points), "points", "finished", sum(p.finished >= p.wanted for p in points))


def _and_more(count: int, of: str, which: str = "", are: int = 0) -> None:
    """Say what a table of `ROWS` rows has left out."""
    if count > ROWS:
        known = f", {are:,} of all {count:,} are {which}" if which else ""
        show.out.print(f"and {count - ROWS:,} more {of}{known}; --json has every one", style="dim")


def status_as_json(found: "Status") -> dict[str, Any]:
    """Return the same for programs."""
    return {**asdict(found), "complete": found.complete}
