"""What the commands print: tables for people, JSON for programs."""

import json
import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from qtcore.cli.pairs import same_disorder
from qtcore.errors import brief, counted
from qtcore.sweep.console import console_on
from qtcore.sweep.durations import duration

if TYPE_CHECKING:
    from qtcore.request import RunRequest
    from qtcore.store.place import Place
    from qtcore.sweep.plan import Plan
    from qtcore.sweep.precision import Precision
    from qtcore.sweep.run import Outcome
    from qtcore.sweep.spec import Sweep
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


def heading(run_request: "RunRequest", title: str, console: Console) -> None:
    """Say on a console what is about to run: all that the store will hold."""
    from qtcore.store.open_store import open_store
    from qtcore.sweep.extension import together

    sweep = together(run_request.sweep, open_store(run_request.store))
    lengths = (
        f"{counted(len(sweep.lengths), 'lengths')} up to {counted(sweep.lengths[-1], 'slices')}, "
        if sweep.lengths
        else ""
    )
    pairs = same_disorder(sweep)
    part = f", part {run_request.part.number} of {run_request.part.of}" if run_request.part else ""
    console.print(
        f"[bold]{escape(title)}[/bold]\n"
        f"{counted(sweep.points, 'points')} × {_realizations(sweep, 'realizations')}, "
        f"{lengths}seed {sweep.seed}{part} → {escape(str(run_request.store))}"
        + (f"\nsame disorder along: {escape(pairs)}" if pairs else ""),
        highlight=False,
    )


def _realizations(sweep: "Sweep", noun: str = "") -> str:
    """Say how many realizations points have, which may differ."""
    counts = sorted(set(sweep.counts.tolist()))
    first = {1: "", 2: f"{counts[0]:,} or "}.get(len(counts), f"{counts[0]:,} to ")
    return f"{first}{counted(counts[-1], noun) if noun else f'{counts[-1]:,}'}"


def plan(plan: "Plan", run_request: "RunRequest") -> None:
    """Print what a run would compute."""
    sweep, workers = plan.sweep, run_request.profile.cores
    count = workers or 1
    table = Table.grid(padding=(0, 2))
    where = counted(count, "workers") if workers else "one worker"
    sizes = " × ".join(f"{size} {name}" for size, name in zip(sweep.grid, sweep.names, strict=True))
    rows = {
        "workflow": f"{sweep.workflow} ({run_request.provenance.preset})",
        "points": f"{sweep.points} = {sizes}" if sizes else "1",
        "realizations": f"{_realizations(sweep)} per point, {_in_blocks(plan)}",
        "stored": ", ".join(variable.name for variable in sweep.outputs),
        "blocks": f"{plan.blocks_left} to compute, {plan.blocks - plan.blocks_left} in the store",
        "tasks": f"{len(plan.tasks)}, {_task_range(plan)}",
        "work": f"{plan.core_seconds / 3600:.3g} core-hours",
        "time": f"about {duration(plan.wall_seconds(count))} on {where} of an idle machine, start-up not counted",
        "store": f"at most {_bytes(plan.bytes_left)} more in {run_request.store}",
        "memory": f"about {_bytes(plan.worker_bytes)} per worker",
    }
    if pairs := same_disorder(sweep):
        rows["same disorder along"] = pairs
    if run_request.part:
        rows["part"] = (
            f"{run_request.part.number} of {run_request.part.of}; blocks to time are of this part"
        )
    if sweep.constants:
        rows["constants"] = ", ".join(f"{n} = {brief(v)}" for n, v in sweep.constants.items())
    if sweep.lengths:
        first = f"{len(sweep.lengths)}, {sweep.lengths[0]} to " if len(sweep.lengths) > 1 else ""
        rows["lengths"] = first + counted(sweep.lengths[-1], "slices")
    if run_request.precision is not None:
        rows["precision"] = (
            f"{run_request.precision.in_words} at every point, with at most {run_request.precision.most:,} "
            f"realizations; {_counted(plan, run_request)}{_absolute(run_request.precision)}"
        )
    if run_request.workflow is not None and run_request.workflow.planned_error is not None:
        from qtcore.workflow import called

        role, planned_error = "planned_error(sweep)", run_request.workflow.planned_error
        rows["standard error"] = str(called(run_request.workflow, role, planned_error, sweep))
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/bold]", escape(value))
    out.print(table)
    out.print("This was a rehearsal; nothing was written.", style="dim")


def _in_blocks(plan: "Plan") -> str:
    return f"in blocks of {plan.block}" if plan.block < plan.sweep.largest_count else "in one block"


def _counted(plan: "Plan", run_request: "RunRequest") -> str:
    """Say which rounds towards a precision goal a plan shows."""
    if not plan.tasks:
        return "every point has reached it or the cap"
    grown = plan.sweep.counts.sum() > run_request.sweep.counts.sum()
    return "as the stored data foresee it" if grown else "this is the first round"


def _absolute(goal: "Precision") -> str:
    """Say of a goal in a unit that it is one: a forgotten % is easily not seen."""
    if goal.relative:
        return ""
    percent = f"; for a percentage write --precision {goal.error:g}%" if goal.error < 100 else ""
    return f". This is an absolute error (value ± {goal.error:g}){percent}"


def _task_range(plan: "Plan") -> str:
    if not plan.tasks:
        return "nothing is left to do"
    return f"{duration(plan.tasks[-1].seconds)} to {duration(plan.tasks[0].seconds)} each"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def outcome(outcome: "Outcome", console: Console) -> None:
    """Say on a console what a session did."""
    if outcome.blocks_done:
        console.print(
            f"{counted(outcome.blocks_done, 'blocks')} computed in {duration(outcome.core_seconds)} of "
            "worker time"
        )
    else:
        console.print("The store is complete; nothing was left to compute.")


def notes(found: Sequence[str]) -> None:
    """Print what a reader of the checks should know besides, to standard error."""
    for note in found:
        err.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)


def files(paths: "Sequence[Path | Place | str]") -> None:
    """Print the paths of what was written."""
    for path in paths:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
