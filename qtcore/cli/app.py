"""The commands."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from qtcore import api
from qtcore._version import __version__
from qtcore.cli import show
from qtcore.cluster.connect import with_workers, worker_count
from qtcore.cluster.profile import load_profile
from qtcore.errors import QtcoreError
from qtcore.sweep.drive import preview
from qtcore.workflow import Check, parse_settings

FINE, CHECKS_FAILED, BAD_INPUT, INCOMPLETE = 0, 1, 2, 3
"""Exit codes."""

app = typer.Typer(
    name="qtcore",
    help=(
        "Quantum transport through ensembles of disordered wires: sweeps over disorder, width, "
        "flux, energy and length on any Dask cluster, into one labelled dataset per run.\n\n"
        "Exit codes: 0 fine, 1 a check against theory failed, 2 bad input (nothing was written), "
        "3 the sweep is incomplete (the same command goes on)."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

WorkflowName = Annotated[
    str,
    typer.Argument(
        metavar="WORKFLOW",
        help="Name of a workflow (see `qtcore list`), or the path of a definition (.py).",
    ),
]
StorePath = Annotated[
    Path, typer.Argument(metavar="STORE", help="Folder of a store, such as results/name.zarr.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
OtherWorkflow = Annotated[
    str | None,
    typer.Option("--workflow", help="Definition (name or path) to use instead of the store's own."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        show.out.print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command("list")
def list_workflows(as_json: AsJson = False) -> None:
    """List the workflows that can be run by name, with their presets."""
    definitions = api.list_workflows()
    if as_json:
        show.json_out(show.definitions_as_json(definitions))
    else:
        show.definitions(definitions)


@app.command()
def run(
    workflow: WorkflowName,
    preset: Annotated[
        str | None,
        typer.Option(help="Size: quick, standard, paper, …; the workflow's first if left out."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUES",
            help=(
                "Sweep other values than the preset's, such as [bold]width=4,8,16[/bold]. Names: "
                "disorder (full width W of the box, t), width (sites across), flux (h/e), "
                "energy (t), lengths (sites). Repeatable."
            ),
        ),
    ] = None,
    realizations: Annotated[
        int | None,
        typer.Option(
            help=(
                "Disorder realizations per point. On a store that holds fewer, only the missing "
                "ones are computed."
            )
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help=f"Seed of the disorder ({api.DEFAULT_SEED} if left out): same seed, same bits."
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the dataset; results/WORKFLOW-PRESET.zarr if left out. A store "
            "that exists is continued."
        ),
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            help="Where to run: a profile by name or path (see cluster/), or tcp://host:port of "
            "a Dask scheduler."
        ),
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(help="Number of workers, instead of the profile's.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show tasks, core-hours, bytes and memory; compute nothing."
        ),
    ] = False,
) -> None:
    """Run a workflow: sweep, analysis, figure, checks against theory.

    What the store holds already is not computed again, so the same command continues a run that
    was stopped, and a larger --realizations extends a finished one.
    """
    asked = api.request(
        workflow,
        preset=preset,
        settings=parse_settings(settings or []),
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
    )
    profile = with_workers(load_profile(cluster), workers)
    if dry_run:
        plan = preview(asked.sweep, asked.store, worker_count(profile) or 1)
        show.plan(plan, asked, worker_count(profile))
        return
    show.heading(asked)
    try:
        outcome = api.compute(asked, cluster=cluster, workers=workers, console=show.err)
    except KeyboardInterrupt:
        show.error("Stopped before the first task; the same command starts again.")
        raise typer.Exit(INCOMPLETE) from None
    show.outcome(outcome)
    with show.err.status("Analysing …"):
        conclusion = api.conclude(asked.store, workflow=asked.workflow)
    show.checks(conclusion.checks)
    show.files([*conclusion.files, asked.store])
    _exit_by(conclusion.checks)


@app.command()
def status(store: StorePath, as_json: AsJson = False) -> None:
    """Show how far the run in a store is; needs no cluster and disturbs no run."""
    found = api.status(store)
    if as_json:
        show.json_out(show.status_as_json(found))
    else:
        show.status(found)


@app.command()
def figure(store: StorePath, workflow: OtherWorkflow = None) -> None:
    """Analyse a store and draw its figure beside it (PNG, PDF)."""
    show.files(api.figure(store, workflow=workflow))


@app.command()
def check(store: StorePath, workflow: OtherWorkflow = None, as_json: AsJson = False) -> None:
    """Analyse a store and compare with theory; exit code 1 if a check fails."""
    checks = api.check(store, workflow=workflow)
    if as_json:
        show.json_out(show.checks_as_json(checks))
    else:
        show.checks(checks)
    _exit_by(checks)


def _exit_by(checks: list[Check]) -> None:
    if not all(check.passed for check in checks):
        raise typer.Exit(CHECKS_FAILED)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.
    """
    try:
        app(arguments)
    except api.IncompleteSweepError as error:
        show.error(str(error))
        sys.exit(INCOMPLETE)
    except QtcoreError as error:
        show.error(str(error))
        sys.exit(BAD_INPUT)
