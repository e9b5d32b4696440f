"""What the commands print: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from qtcore.shown import without_control, without_nan
from qtcore.sweep.console import SteadyStream, console_on

if TYPE_CHECKING:
    from qtcore.store.place import Place
    from qtcore.workflow.listing import Definition


class _Console(Console):
    """A console on which a text from a store cannot steer the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text with its control characters written out."""
        return super().render_str(without_control(text), **options)


out, err = console_on("stdout", _Console), console_on("stderr", _Console)


def lost() -> str:
    """Return why what was printed could not be written whole, such as a full disk; nothing if it was."""
    stream = _steady(out)
    stream.flush()
    return stream.lost


def lose(failed: OSError) -> None:
    """Take note that something else than this module could not print."""
    _steady(out).give_up(failed)


def drop_lost() -> None:
    """Drop what could not be written, on which Python would fail at exit."""
    _steady(out).drop()


def _steady(console: Console) -> SteadyStream:
    assert isinstance(console.file, SteadyStream)  # as `console_on` makes it
    return console.file


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
    written = json.dumps(without_nan(value), indent=2, ensure_ascii=False, allow_nan=False)
    out.print(written, markup=False, highlight=False, soft_wrap=True)


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


def notes(found: Sequence[str]) -> None:
    """Print what a reader of the checks should know besides, to standard error."""
    for note in found:
        err.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)


def files(paths: "Sequence[Path | Place | str]") -> None:
    """Print the paths of what was written."""
    for path in paths:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
