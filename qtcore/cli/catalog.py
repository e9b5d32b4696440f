"""`qtcore query`: the runs of a folder as a table."""

import re
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.options import AsJson
from qtcore.errors import InputError, counted, listed
from qtcore.store.catalog import Range, Run, catalog


def query(
    folder: Annotated[
        str, typer.Argument(help="Folder, or URL such as s3://bucket/results.")
    ] = "results",
    workflow: Annotated[str | None, typer.Option(help="Only runs of this workflow.")] = None,
    version: Annotated[
        str | None, typer.Option(help="Only runs that this version of qtcore began, such as 1.2.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="NAME=LOW:HIGH",
            help="Only runs with a value of an axis in this range, such as "
            "[bold]width=8:64[/bold] or [bold]energy=0.5[/bold]. Repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder, and find runs by workflow, parameters or version."""
    found = catalog(
        folder, workflow=workflow, version=version, within=dict(map(parse_range, where or []))
    )
    if as_json:
        show.json_out([asdict(run) for run in found])
    else:
        show.out.print(_table(found))
    if not found:
        show.error(_why_none(catalog(folder), folder, workflow, version, where or []))


def parse_range(text: str) -> tuple[str, Range]:
    """Return name, low and high of `NAME=LOW:HIGH` or `NAME=VALUE`.

    Raises
    ------
    InputError
        If it has another form.
    """
    number = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"
    match = re.fullmatch(rf"(\w+)=({number})(?::({number}))?", text)
    if match is None:
        raise InputError(
            f"--where is given as NAME=LOW:HIGH or NAME=VALUE, such as width=8:64, got {text!r}"
        )
    low = float(match[2])
    return match[1], (low, float(match[3]) if match[3] else low)


def _why_none(
    runs: list[Run], folder: str, workflow: str | None, version: str | None, where: list[str]
) -> str:
    """Say which runs there are where a question has found none; `runs` are all of the folder."""
    known = [run for run in runs if not run.problem]
    if not known:
        return f"No runs in {folder}."
    lines = [f"{folder} holds {counted(len(known), 'runs')}, but none that was asked for."]
    workflows = sorted({run.workflow for run in known})
    if workflow is not None and workflow not in workflows:
        lines.append(f"No run is of the workflow {workflow!r}; there are {listed(workflows)}.")
    versions = sorted({run.version for run in known})
    if version is not None:
        lines.append(f"Versions that began them: {listed(versions)}.")
    axes = dict.fromkeys(name for run in known for name in run.axes)
    for name, _ in map(parse_range, where):
        spans = [run.axes[name] for run in known if name in run.axes]
        if not spans:
            lines.append(f"No run has an axis {name!r}; there are {listed([*axes])}.")
            continue
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        lines.append(f"Values of {name} lie between {low:g} and {high:g}.")
    return "\n".join(lines)


def _table(runs: list[Run]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("store", "workflow", "parameters", "realizations", "finished", "seed"):
        table.add_column(name, justify="right" if name in {"finished", "seed"} else "left")
    table.add_column("version")
    table.add_column("MB", justify="right")
    for run in runs:
        if run.problem:
            table.add_row(escape(run.store), f"[red]{escape(run.problem)}")
            continue
        spans = (f"{n} {a:g}" if a == b else f"{n} {a:g}…{b:g}" for n, (a, b) in run.axes.items())
        table.add_row(
            escape(run.store),
            escape(" ".join(filter(None, (run.workflow, run.preset)))),
            ", ".join(spans),
            f"{run.points} × {run.realizations}",
            f"{100 * run.finished:.0f} %",
            str(run.seed),
            run.version,
            f"{run.size / 1e6:.1f}",
        )
    return table
