"""The table of checks on a terminal."""

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.errors import SHOWN, counted
from qtcore.results.check import WEAK, Check
from qtcore.results.check_rows import COLUMNS, row_of
from qtcore.results.check_words import deviation_text, interval_text, result_text

BRACKETS = "Brackets behind a result hold its 95 % interval, which need not lie evenly around it."
"""Explains `interval_text` below a table."""

COLOURS = {"✓": "green", "~": "yellow"}
"""Of the marks of checks that passed."""


def show_checks(found: list[Check]) -> None:
    """Print results beside theory."""
    table = Table(*COLUMNS, box=SIMPLE_HEAD)
    for check in found:
        mark, *cells = row_of(check)
        colour = COLOURS[mark] if check.passed else "red"
        table.add_row(f"[{colour}]{mark}[/{colour}]", *map(escape, cells))
    show.out.print(table)
    if any(check.tolerance or check.error for check in found):
        show.out.print(
            "± behind a result is its own standard error; ± behind theory is the band of what it leaves out. "
            f"A deviation is in standard errors (σ) of {_of_what(found)}; the percentage is the part that "
            "it uses of what is allowed, and a check fails above 100 %.",
            style="dim",
        )
    if any(interval_text(check.lower, check.upper) for check in found):
        show.out.print(BRACKETS, style="dim")
    for sentence in dict.fromkeys(check.left_out for check in found if check.left_out):
        show.out.print(f"Compared with no theory: {escape(sentence)}.", soft_wrap=True)
    weak = sum(check.is_weak for check in found)
    if weak:
        show.out.print(
            f"Weak (~): {weak} of {counted(len(found), 'checks')}. Such a check would pass with a result "
            f"that is off by more than {WEAK:.0%} of theory.",
            style="dim",
        )
    missing: dict[str, list[str]] = {}
    for check in (one for one in found if one.reason):
        missing.setdefault(check.reason, []).append(check.name)
    for reason, names in missing.items():
        show.error(f"{_first(names)}: there is no result, because {reason}.")
    total = counted(len(found), "checks")
    failed = [_failure(check) for check in found if not (check.passed or check.reason)]
    if failed:
        show.error(
            f"{len(failed)} of {total} failed: {_first(failed)}. A check passes within its band plus the "
            "stated number of standard errors."
        )
    if lost := sum(map(len, missing.values())):
        show.error(f"{lost} of {total} could not be made, which counts as failed.")


def _failure(check: Check) -> str:
    """Return which check has failed, and by how much."""
    unit = f" {check.unit}" if check.unit else ""
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    told = f"{result_text(check)}{unit} for {check.expected:.4g}{band}{unit}"
    return f"{check.name} ({', '.join(filter(None, (told, deviation_text(check))))})"


def _first(names: list[str]) -> str:
    """Return names in a row; of many the first few and how many more there are."""
    more = len(names) - SHOWN
    return "; ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _of_what(found: list[Check]) -> str:
    """Say of what standard errors are, which matters where theory takes numbers of the same samples."""
    if all(check.difference_error == check.error for check in found if not check.reason):
        return "the result"
    return "the difference to theory, which may take numbers of the same samples"
