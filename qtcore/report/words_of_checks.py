"""Checks as a table of words, for a terminal and for a notebook."""

import math
from html import escape

from qtcore.errors import counted
from qtcore.estimate.estimate import EPS, with_error
from qtcore.results.check import Check

COLUMNS = ("", "quantity", "result", "theory ± band", "deviation, used", "notices", "source")
"""Heads of the columns; the first one holds the mark."""


def row_of(check: Check) -> tuple[str, ...]:
    """Return the cells of a check, one for each of `COLUMNS`."""
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    unit = f" {check.unit}" if check.unit else ""
    shown = f"{result_text(check)}{interval_text(check.lower, check.upper)}{unit}"
    good, bad = "~" if check.is_weak else "✓", "–" if check.reason else "✗"
    return (
        good if check.passed else bad,
        check.name,
        "–" if check.reason else shown,
        "–" if check.reason else f"{check.expected:.4g}{band}{unit}",
        deviation_text(check),
        _power(check),
        check.source,
    )


class Checks(list[Check]):
    """Checks that show themselves as a table; a list of them in all else."""

    @property
    def passed(self) -> bool:
        """Whether every one of them passed."""
        return all(check.passed for check in self)

    @property
    def words(self) -> str:
        """How many of them passed."""
        if not self:
            return "nothing to compare with"
        return f"{sum(check.passed for check in self)} of {counted(len(self), 'checks')} passed"

    def __repr__(self) -> str:
        rows = [COLUMNS[:-2], *(row_of(check)[:-2] for check in self)]
        wide = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        lines = [
            "  ".join(f"{cell:<{w}}" for cell, w in zip(row, wide, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, self.words] if self else [self.words])

    def _repr_html_(self) -> str:
        if not self:
            return f"<div>{escape(self.words)}</div>"
        head = "".join(f'<th style="text-align:left">{escape(one)}</th>' for one in COLUMNS)
        rows = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row_of(check))
            + "</tr>"
            for check in self
        )
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<div>{escape(self.words)}</div>"
        )


def interval_text(lower: float, upper: float) -> str:
    """Return the ends of a 95 % interval as they stand behind a result; "" if there is none."""
    if math.isnan(lower) or math.isnan(upper):
        return ""
    ends = (f"{end:.4g}" if math.isfinite(end) else "open" for end in (lower, upper))
    return f" [{' to '.join(ends)}]"


def result_text(check: Check) -> str:
    """Show a result with its error, that of rounding at least; a count, and what is exact, has none.

    Of a result below its error no digit is shown that is below that of the error.
    """
    if check.error == 0:
        return f"{check.value:.4g}"
    error = max(check.error, EPS * abs(check.value))
    if error > abs(check.value):
        return with_error(check.value, error)
    return f"{check.value:.4g} ± {error:.2g}"


def deviation_text(check: Check) -> str:
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
