"""`qtcore query`: the runs of a folder as a table."""

import re
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.options import AsJson
from qtcore.errors import InputError, brief, counted, listed
from qtcore.store.catalog import Run, Wanted, catalog


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
            help="Only runs with such a value of an axis, a length or a constant: "
            "[bold]width=8:64[/bold], [bold]energy=0.5[/bold] or [bold]edge=zigzag[/bold]. "
            "Repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder, and find runs by workflow, parameters or version."""
    found = catalog(
        folder, workflow=workflow, version=version, within=dict(map(parse_wanted, where or []))
    )
    if as_json:
        show.json_out([asdict(run) for run in found])
    else:
        show.out.print(_table(found))
    if not found:
        show.error(_why_none(catalog(folder), folder, workflow, version, where or []))


def parse_wanted(text: str) -> tuple[str, Wanted]:
    """Return the name, and low and high, of `NAME=LOW:HIGH` or `NAME=VALUE`; the text of `NAME=TEXT`.

    Raises
    ------
    InputError
        If it has another form.
    """
    name, _, value = text.partition("=")
    ends = value.split(":")
    numbers = [re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", end) for end in ends]
    if name.isidentifier() and all(numbers) and len(ends) <= 2:
        return name, (float(ends[0]), float(ends[-1]))
    if name.isidentifier() and value and len(ends) == 1 and not _is_number(value):
        return name, value
    raise InputError(
        "--where is given as NAME=LOW:HIGH or NAME=VALUE, such as width=8:64 or edge=zigzag, "
        f"got {text!r}"
    )


def _is_number(text: str) -> bool:
    """Whether Python takes a text for a number: one that is not finite, or written in its own way."""
    try:
        float(text)
    except ValueError:
        return False
    return True


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
    names = dict.fromkeys(
        name for run in known for name in (*run.axes, *run.dimensions, *run.constants)
    )
    for name, _ in map(parse_wanted, where):
        if name in names:
            lines.append(_values(known, name))
        else:
            kinds = "an axis, a length or a constant"
            lines.append(f"No run has {kinds} called {name!r}; there are {listed([*names])}.")
    return "\n".join(lines)


def _values(runs: list[Run], name: str) -> str:
    """Say which values of an axis, a dimension or a constant there are."""
    spans = [where[name] for run in runs for where in (run.axes, run.dimensions) if name in where]
    if spans:
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return f"Values of {name} lie between {low:g} and {high:g}."
    constants = (run.constants[name] for run in runs if name in run.constants)
    return f"Values of {name}: {listed(list(dict.fromkeys(map(brief, constants))))}."


def _parameters(run: Run) -> str:
    """Return axes with their values, lengths and further dimensions, and constants, in a line."""
    spans = [*run.axes.items(), *run.dimensions.items()]
    words = [f"{n} {a:g}" if a == b else f"{n} {a:g}…{b:g}" for n, (a, b) in spans]
    return ", ".join([*words, *(f"{n} = {brief(v)}" for n, v in run.constants.items())])


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
        table.add_row(
            escape(run.store),
            escape(" ".join(filter(None, (run.workflow, run.preset)))),
            escape(_parameters(run)),
            f"{run.points} × {run.realizations}",
            f"{100 * run.finished:.0f} %",
            str(run.seed),
            run.version,
            f"{run.size / 1e6:.1f}",
        )
    return table
