"""`qtcore query`: the runs of a folder as a table."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.options import AsJson, whole_number
from qtcore.cli.signals import ctrl_c_while_working
from qtcore.cli.whole import print_whole
from qtcore.errors import InputError, brief, counted, listed
from qtcore.sweep.own_preset import own_preset

if TYPE_CHECKING:
    from qtcore.store.catalog import Run


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
            help="Only runs with such a value of an axis, a length, a constant or a parameter of cases: "
            "[bold]width=8:64[/bold], [bold]width=8:[/bold], [bold]energy=0.5[/bold] or "
            "[bold]edge=zigzag[/bold]. Repeatable.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            parser=whole_number,
            help="Only runs with this seed of the disorder.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder, and find runs by workflow, parameters, seed or version."""
    from qtcore.store import catalog

    ctrl_c_while_working()
    wanted = dict(map(parse_wanted, where or []))
    found = catalog.query(folder, workflow=workflow, version=version, seed=seed, where=wanted)
    if as_json:
        show.json_out([asdict(run) for run in found])
    else:
        print_whole(_table(found), max((len(run.store) for run in found), default=0))
        # Below, since such a sentence would make a column of the table wider than a screen.
        show.notes([_told(run) for run in found if run.problem])
    if all(run.problem for run in found):
        asked = _Asked(workflow, version, seed, tuple(wanted))
        show.error(_why_none(catalog.query(folder), folder, asked))


def _told(run: "Run") -> str:
    return run.problem if run.store in run.problem else f"{run.store}: {run.problem}"


def parse_wanted(text: str) -> tuple[str, str]:
    """Return the name and what is wanted of it, of `NAME=LOW:HIGH`, `NAME=VALUE` or `NAME=TEXT`.

    Raises
    ------
    InputError
        If it has another form.
    """
    name, equal, value = text.partition("=")
    if equal and name.isidentifier() and value:
        from qtcore.store.wanted import wanted_of

        wanted_of(name, value)  # so that a wrong one is told before any store is read
        return name, value
    raise InputError(
        "--where is given as NAME=LOW:HIGH or NAME=VALUE, such as width=8:64, width=8: or edge=zigzag, "
        f"got {text!r}"
    )


class _Asked(NamedTuple):
    """What was asked for: workflow, version, seed, and names of parameters."""

    workflow: str | None
    version: str | None
    seed: int | None
    names: tuple[str, ...]


def _why_none(runs: "list[Run]", folder: str, asked: _Asked) -> str:
    """Say which runs there are where a question has found none; `runs` are all of the folder."""
    known = [run for run in runs if not run.problem]
    if not known:
        damaged = f" that can be read; {counted(len(runs), 'stores')} cannot be" if runs else ""
        return f"There are no runs in the folder {folder!r}{damaged}."
    lines = [f"{folder} holds {counted(len(known), 'runs')}, but none that was asked for."]
    workflows = sorted({run.workflow for run in known})
    if asked.workflow is not None and asked.workflow not in workflows:
        lines.append(
            f"No run is of the workflow {asked.workflow!r}; there are {listed(workflows)}."
        )
    if asked.version is not None:
        versions = sorted({run.version for run in known})
        lines.append(f"Versions that began them: {listed(versions)}.")
    if asked.seed is not None:
        seeds = sorted({seed for run in known for seed in run.seeds})
        lines.append(f"Seeds: {listed(seeds)}.")
    lines += [_values(known, name) for name in asked.names]
    return "\n".join(lines)


def _values(runs: "list[Run]", name: str) -> str:
    """Say which values of an axis, a dimension or a constant there are."""
    spans = [where[name] for run in runs for where in (run.axes, run.dimensions) if name in where]
    if spans:
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return f"Values of {name} lie between {low:g} and {high:g}."
    single = [run.constants[name] for run in runs if name in run.constants]
    single += [value for run in runs for value in run.cases.get(name, ())]
    return f"Values of {name}: {listed(list(dict.fromkeys(map(brief, single))))}."


def _parameters(run: "Run") -> str:
    """Return axes with their values, what cases stand for, further dimensions, and constants."""
    words = [*map(_span, run.axes.items())]
    words += [f"{name} {_different(values)}" for name, values in run.cases.items()]
    words += [*map(_span, run.dimensions.items())]
    return ", ".join([*words, *(f"{n} = {brief(v)}" for n, v in run.constants.items())])


def _span(named: tuple[str, tuple[float, float]]) -> str:
    name, (low, high) = named
    return f"{name} {low:g}" if low == high else f"{name} {low:g}…{high:g}"


def _different(values: list[Any]) -> str:
    """Return values of a parameter of cases: from the smallest to the largest, or texts."""
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return _span(("", (min(values), max(values)))).strip()
    return listed(values)


def _with_other_functions(runs: "list[Run]") -> bool:
    """Whether there are runs of one workflow whose numbers come from different functions."""
    found: dict[str, set[str]] = {}
    for run in runs:
        found.setdefault(run.workflow, set()).update(filter(None, (run.functions,)))
    return any(len(digests) > 1 for digests in found.values())


def _table(runs: "list[Run]") -> Table:
    """Return the runs as a table; a column of digests tells apart what only functions tell apart."""
    tells = _with_other_functions(runs)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("store", "workflow", "parameters", "realizations", "finished", "seed"):
        table.add_column(name, justify="right" if name in {"finished", "seed"} else "left")
    table.add_column("version")
    table.add_column("MB", justify="right")
    if tells:
        table.add_column("functions")
    for run in runs:
        fewer = f"{run.fewest} to " if run.fewest < run.realizations else ""
        if run.problem:
            table.add_row(escape(run.store), "[red]cannot be read")
            continue
        table.add_row(
            escape(run.store),
            escape(" ".join(filter(None, (run.workflow, own_preset(run.workflow, run.preset))))),
            escape(_parameters(run)),
            f"{run.points} × {fewer}{run.realizations}",
            f"{100 * run.finished:.0f} %",
            ", ".join(map(str, run.seeds)) or str(run.seed),
            run.version,
            f"{run.size / 1e6:.1f}",
            *((run.functions,) if tells else ()),
        )
    return table
