"""What the commands print: tables for people, JSON for programs."""

import json
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from qtcore.errors import SHOWN, counted
from qtcore.sweep.console import console_on

if TYPE_CHECKING:
    from qtcore.results.check import Check
    from qtcore.store.place import Place
    from qtcore.workflow.listing import Definition

UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Categories of Unicode whose characters steer a terminal, or let a text read as another one."""


class _Console(Console):
    """A console on which a text from a store cannot steer the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text with its control characters written out."""
        return super().render_str(without_control(text), **options)


def without_control(text: str) -> str:
    """Return a text whose control and invisible characters are written out, but for new lines and tabs.

    Invisible are those that turn the direction of writing, or that have no width.
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in UNSEEN else ascii(c)[1:-1] for c in text
    )


out, err = console_on("stdout", _Console), console_on("stderr", _Console)


def error(message: str) -> None:
    """Print an error message, plain so that paths and tracebacks can be copied."""
    err.print(message, style="red", markup=False, highlight=False, soft_wrap=True)


def text(found: str) -> None:
    """Print a text letter by letter, apart from control characters, which are written out.

    Rich would put spaces in the place of tabs, and pictures in the place of words such as `:key:`.
    """
    out.file.write(without_control(found))
    out.file.flush()


def json_out(value: Any) -> None:
    """Print JSON to standard output; NaN and infinity become null."""
    written = json.dumps(_without_nan(value), indent=2, ensure_ascii=False, allow_nan=False)
    out.print(written, markup=False, highlight=False, soft_wrap=True)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def definitions(found: "list[Definition]") -> None:
    """Print the workflows that can be run by name."""
    if not found:
        out.print("No workflows here. Give `qtcore run` the path of a definition (.py).")
        return
    for definition in found:
        name = f"[bold]{escape(definition.name)}[/bold]"
        if definition.workflow is None:
            out.print(f"{name}  [red]cannot be loaded[/red]  {definition.path}")
            out.print(escape(definition.error), style="red", soft_wrap=True)
            continue
        workflow = definition.workflow
        out.print(f"{name}  {escape(workflow.title)}")
        out.print(f"  {escape(workflow.summary)}", style="dim")
        table = Table.grid(padding=(0, 2))
        for key, preset in workflow.presets.items():
            table.add_row(f"  --preset {key}", escape(preset.note))
        out.print(table)
        out.print(f"  [dim]{definition.path}[/dim]", soft_wrap=True)


def definition(found: "Definition") -> None:
    """Print one workflow with the axes and the values of its presets."""
    definitions([found])
    if found.workflow is None:
        return
    for key, preset in found.workflow.presets.items():
        table = Table("axis", "values", "", title=f"--preset {key}", box=SIMPLE_HEAD)
        table.title_justify = "left"
        for name, axis in preset.axes.items():
            values = ", ".join(f"{value:g}" for value in axis.values[:8])
            many = f", … ({len(axis.values)})" if len(axis.values) > 8 else ""
            table.add_row(name, escape(values + many), escape(axis.takes))
            for number, case in axis.by_number.items():
                words = ", ".join(f"{key} {value}" for key, value in case.items())
                table.add_row("", escape(f"{number}: {words}"), "")
        for name, value in preset.constants.items():
            table.add_row(name, escape(str(value)), f"constant {preset.limits_of(name)}".rstrip())
        if preset.lengths:
            table.add_row("lengths", ", ".join(map(str, preset.lengths)), "slices")
        table.add_row("realizations", str(preset.realizations), "per point")
        out.print(table)


def definitions_as_json(found: "list[Definition]") -> list[dict[str, Any]]:
    """Return the same for programs."""
    return [
        {
            "name": definition.name,
            "path": str(definition.path),
            "title": definition.workflow.title if definition.workflow else None,
            "summary": definition.workflow.summary if definition.workflow else None,
            "presets": {
                key: preset.as_json() for key, preset in (definition.workflow.presets.items())
            }
            if definition.workflow
            else {},
            "error": definition.error or None,
        }
        for definition in found
    ]


def progress(*, quiet: bool) -> Console:
    """Return the console for what is told while a command works: standard error, or none."""
    return console_on("stderr", _Console, quiet=True) if quiet else err


def checks(found: "list[Check]") -> None:
    """Print results beside theory."""
    from qtcore.results.check import WEAK

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
            escape(f"{_result(check)}{unit}" if not check.reason else "–"),
            escape(f"{check.expected:.4g}{band}{unit}" if not check.reason else "–"),
            _deviation(check),
            escape(_power(check)),
            escape(check.source),
        )
    out.print(table)
    if any(check.tolerance or check.error for check in found):
        out.print(
            "± behind a result is its own standard error; ± behind theory is the band of what it leaves out. "
            f"A deviation is in standard errors (σ) of {_of_what(found)}; the percentage is the part that "
            "it uses of what is allowed, and a check fails above 100 %.",
            style="dim",
        )
    for sentence in dict.fromkeys(check.left_out for check in found if check.left_out):
        out.print(f"Compared with no theory: {escape(sentence)}.", soft_wrap=True)
    weak = sum(check.is_weak for check in found)
    if weak:
        out.print(
            f"Weak (~): {weak} of {counted(len(found), 'checks')}. Such a check would pass with a result "
            f"that is off by more than {WEAK:.0%} of theory.",
            style="dim",
        )
    missing: dict[str, list[str]] = {}
    for check in (one for one in found if one.reason):
        missing.setdefault(check.reason, []).append(check.name)
    for reason, names in missing.items():
        error(f"{_first(names)}: there is no result, because {reason}.")
    total = counted(len(found), "checks")
    failed = [_failure(check) for check in found if not (check.passed or check.reason)]
    if failed:
        error(
            f"{len(failed)} of {total} failed: {_first(failed)}. A check passes within its band plus the "
            "stated number of standard errors."
        )
    if lost := sum(map(len, missing.values())):
        error(f"{lost} of {total} could not be made, which counts as failed.")


def _failure(check: "Check") -> str:
    """Return which check has failed, and by how much."""
    unit = f" {check.unit}" if check.unit else ""
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    told = f"{_result(check)}{unit} for {check.expected:.4g}{band}{unit}"
    return f"{check.name} ({', '.join(filter(None, (told, _deviation(check))))})"


def _first(names: list[str]) -> str:
    """Return names in a row; of many the first few and how many more there are."""
    more = len(names) - SHOWN
    return "; ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def notes(found: Sequence[str]) -> None:
    """Print what a reader of the checks should know besides, to standard error."""
    for note in found:
        err.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _of_what(found: list["Check"]) -> str:
    """Say of what standard errors are, which matters where theory takes numbers of the same samples."""
    if all(check.difference_error == check.error for check in found if not check.reason):
        return "the result"
    return "the difference to theory, which may take numbers of the same samples"


def _result(check: "Check") -> str:
    """Show a result with its error, that of rounding at least; a count, and what is exact, has none.

    Of a result below its error no digit is shown that is below that of the error.
    """
    from qtcore.estimate.estimate import with_error
    from qtcore.results.check import EPS

    if check.error == 0:
        return f"{check.value:.4g}"
    error = max(check.error, EPS * abs(check.value))
    if error > abs(check.value):
        return with_error(check.value, error)
    return f"{check.value:.4g} ± {error:.2g}"


def _deviation(check: "Check") -> str:
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


def _power(check: "Check") -> str:
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


def checks_as_json(found: "list[Check]") -> list[dict[str, Any]]:
    """Return the same for programs."""
    derived = ("deviation", "used", "notices", "notices_part", "is_weak", "passed")
    return [
        {**asdict(check), **{name: getattr(check, name) for name in derived}} for check in found
    ]


def files(paths: "Sequence[Path | Place | str]") -> None:
    """Print the paths of what was written."""
    for path in paths:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
