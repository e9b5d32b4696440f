"""Checks as rows of words, and as a list that shows itself as a table."""

from html import escape

from qtcore.errors import counted
from qtcore.results.check import Check
from qtcore.results.check_words import deviation_text, interval_text, power_text, result_text

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
        power_text(check),
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
