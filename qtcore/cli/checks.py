"""The table of checks, for people and for programs."""

import math
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.errors import SHOWN, counted
from qtcore.estimate.estimate import EPS, with_error
from qtcore.results.check import WEAK, Check

BRACKETS = "Brackets behind a result hold its 95 % interval, which need not lie evenly around it."
"""Explains `interval_text` below a table."""


def show_checks(found: list[Check]) -> None:
    """Print results beside theory."""
    columns = ("", "quantity", "result", "theory ± band", "deviation, used", "notices", "source")
    table = Table(*columns, box=SIMPLE_HEAD)
    for check in found:
        good = "[yellow]~[/yellow]" if check.is_weak else "[green]✓[/green]"
        bad = "[red]–[/red]" if check.reason else "[red]✗[/red]"
        mark = good if check.passed else bad
        band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
        unit = f" {check.unit}" if check.unit else ""
        table.add_row(
            mark,
            escape(check.name),
            escape(
                f"{_result(check)}{interval_text(check.lower, check.upper)}{unit}"
                if not check.reason
                else "–"
            ),
            escape(f"{check.expected:.4g}{band}{unit}" if not check.reason else "–"),
            _deviation(check),
            escape(_power(check)),
            escape(check.source),
        )
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


def checks_as_json(found: list[Check]) -> list[dict[str, Any]]:
    """Return the same for programs."""
    derived = ("deviation", "used", "notices", "notices_part", "is_weak", "passed")
    return [
        {**asdict(check), **{name: getattr(check, name) for name in derived}} for check in found
    ]


def interval_text(lower: float, upper: float) -> str:
    """Return the ends of a 95 % interval as they stand behind a result; "" if there is none."""
    if math.isnan(lower) or math.isnan(upper):
        return ""
    ends = (f"{end:.4g}" if math.isfinite(end) else "open" for end in (lower, upper))
    return f" [{' to '.join(ends)}]"


def _failure(check: Check) -> str:
    """Return which check has failed, and by how much."""
    unit = f" {check.unit}" if check.unit else ""
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    told = f"{_result(check)}{unit} for {check.expected:.4g}{band}{unit}"
    return f"{check.name} ({', '.join(filter(None, (told, _deviation(check))))})"


def _first(names: list[str]) -> str:
    """Return names in a row; of many the first few and how many more there are."""
    more = len(names) - SHOWN
    return "; ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _of_what(found: list[Check]) -> str:
    """Say of what standard errors are, which matters where theory takes numbers of the same samples."""
    if all(check.difference_error == check.error for check in found if not check.reason):
        return "the result"
    return "the difference to theory, which may take numbers of the same samples"


def _result(check: Check) -> str:
    """Show a result with its error, that of rounding at least; a count, and what is exact, has none.

    Of a result below its error no digit is shown that is below that of the error.
    """
    if check.error == 0:
        return f"{check.value:.4g}"
    error = max(check.error, EPS * abs(check.value))
    if error > abs(check.value):
        return with_error(check.value, error)
    return f"{check.value:.4g} ± {error:.2g}"


def _deviation(check: Check) -> str:
    """Show a deviation in standard errors, or as it is, and as a part of what is allowed."""
    if check.reason:
        return "not made"
    difference = check.value - check.expected
    if math.isnan(difference):
        return ""
    if difference == 0:
        return "none"
    shown = f"{check.deviation:+.1f} σ" if math.isfinite(check.deviation) else f"{difference:+.2g}"
    return f"{shown}, {check.used:.0%}" if math.isfinite(check.used) else shown


def _power(check: Check) -> str:
    """Say from which deviation on a check fails: as a part of theory, or in its unit beside 0."""
    if check.reason:
        return ""
    if check.notices == 0:
        return "any"
    if not check.expected:
        return f"{check.notices:.2g}" + (f" {check.unit}" if check.unit else "")
    if not math.isfinite(percent := 100 * check.notices_part):
        return "–"
    return f"{percent:.{0 if percent >= 10 else 1}f} %" + (" (weak)" if check.is_weak else "")
