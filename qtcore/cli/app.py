"""The commands.

Each imports what it needs when it is called: what the others need takes seconds.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtcore._version import __version__
from qtcore.cli import show
from qtcore.cli.catalog import query
from qtcore.cli.clusters import clusters
from qtcore.cli.flags import PlainFlags
from qtcore.cli.options import (
    AsJson,
    Copy,
    DryRun,
    FigureStyle,
    Formats,
    Goal,
    OtherWorkflow,
    PartOfMany,
    Realizations,
    Seed,
    Settings,
    Size,
    StorePath,
    Target,
    Trust,
    Where,
    Workers,
    WorkflowName,
)
from qtcore.cli.plot import plot
from qtcore.cli.signals import BETWEEN, STOPPED, ctrl_c_while_working, ends_like_ctrl_c
from qtcore.cli.upkeep import compact_store, verify_store
from qtcore.errors import (
    CannotWriteError,
    DamagedMetadataError,
    DamagedStoreError,
    IncompleteError,
    QtcoreError,
    UnforeseenError,
)
from qtcore.sweep.console import steady_streams

if TYPE_CHECKING:
    from qtcore.report.conclusion import Conclusion
    from qtcore.request import RunOptions, RunRequest
    from qtcore.results.check import Check

FINE, CHECKS_FAILED, BAD_INPUT, INCOMPLETE, UNFORESEEN = 0, 1, 2, STOPPED, 4
"""Exit codes."""

DAMAGED = (DamagedStoreError, DamagedMetadataError)

ENDINGS: Any = (typer.Exit, typer.Abort, typer.BadParameter.__mro__[2])
"""What Typer itself raises and shows: an end with a code, and wrong usage."""

TOO_LARGE = (
    "This machine has not enough memory for what was asked. Samples that are finished are safe in "
    "their store; ask for narrower wires or fewer realizations, points or lengths, or use a machine "
    "with more memory."
)

FAULT = (
    "This is a fault in qtcore, and not in what you typed. Samples that are finished are safe in "
    "their store, and the same command goes on from there. Please report the lines above."
)


class _Commands(PlainFlags):
    """The commands; whatever they raise becomes one message and one of the exit codes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ENDINGS:
            raise
        except KeyboardInterrupt:
            show.error("Stopped; the same command goes on.")
            raise typer.Exit(INCOMPLETE) from None
        except (IncompleteError, CannotWriteError, *DAMAGED) as error:
            show.error(str(error))
            raise typer.Exit(INCOMPLETE) from None
        except UnforeseenError as error:
            show.error(f"{error}\nThe samples are safe in the store.")
            raise typer.Exit(UNFORESEEN) from None
        except QtcoreError as error:
            show.error(str(error))
            raise typer.Exit(BAD_INPUT) from None
        except MemoryError as problem:
            show.error("\n".join(filter(None, (TOO_LARGE, str(problem)))))
            raise typer.Exit(BAD_INPUT) from None
        except Exception:  # noqa: BLE001 - what nobody foresaw
            show.error(f"{traceback.format_exc()}\n{FAULT}")
            raise typer.Exit(UNFORESEEN) from None


app = typer.Typer(
    name="qtcore",
    cls=_Commands,
    help=(
        "Quantum transport through ensembles of disordered wires: sweeps over any parameters on "
        "any Dask cluster, into one labelled dataset per run.\n\n"
        "Exit codes: 0 fine, 1 a check against theory failed, 2 bad input (nothing was computed), "
        "3 the sweep is incomplete or its store damaged (the same command goes on), 4 an error that nobody foresaw, in "
        "qtcore or in the analysis of a definition (samples are safe)."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


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
def list_workflows(
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="[WORKFLOW]", help="Show the axes and presets of this one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the workflows that can be run by name; or the axes, units and presets of one."""
    from qtcore.workflow.listing import list_workflows as list_definitions

    ctrl_c_while_working()
    definitions = list_definitions(workflow)
    if as_json:
        show.json_out(show.definitions_as_json(definitions))
    elif workflow is None:
        show.definitions(definitions)
    else:
        show.definition(definitions[0])


@app.command()
def run(
    workflow: WorkflowName,
    preset: Size = None,
    settings: Settings = None,
    realizations: Realizations = None,
    seed: Seed = None,
    store: Target = None,
    cluster: Where = "local",
    workers: Workers = None,
    part: PartOfMany = None,
    precision: Goal = None,
    dry_run: DryRun = False,
) -> None:
    """Run a workflow: sweep, analysis, figure, checks against theory.

    What the store holds already is not computed again, so the same command continues a run that
    was stopped, and a larger --realizations extends a finished one.
    """
    from qtcore.request import RunOptions, choose_workflow, prepare_workers, resolve_run
    from qtcore.sweep.preset import parse_settings

    chosen = choose_workflow(workflow)
    options = RunOptions(
        chosen,
        preset=preset,
        settings=parse_settings(settings or [], chosen.workflow.preset(preset)),
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
        part=part,
        precision=precision,
    )
    with _memory_told(options):
        run_request = resolve_run(options)
        if not dry_run:
            prepare_workers(run_request)
        from qtcore import session

        ctrl_c_while_working()
        if dry_run:
            show.plan(session.plan_request(run_request), run_request)
            return
        show.heading(run_request, chosen.workflow.title)
        try:
            outcome = session.compute(run_request, console=show.err)
        except KeyboardInterrupt:
            show.error(BETWEEN)
            raise typer.Exit(INCOMPLETE) from None
    show.outcome(outcome)
    if part is not None:
        show.files([run_request.store])
        return
    from qtcore.cli.numbers import numbers

    conclusion = _concluded(run_request)
    numbers(conclusion.result, [check.key for check in conclusion.checks if check.key])
    show.checks(conclusion.checks)
    show.notes(conclusion.notes)
    try:
        files = conclusion.saved().files
    except CannotWriteError as error:  # the samples are there, and the same command ends it
        show.error(str(error))
        raise typer.Exit(INCOMPLETE) from None
    show.files([*files, run_request.store])
    _exit_by(conclusion.checks)


def _concluded(run_request: "RunRequest") -> "Conclusion":
    """Conclude a run; damaged blocks that are met are computed again, once."""
    from qtcore import session
    from qtcore.report.conclusion import concluded

    try:
        with show.err.status("Analysing …"):
            return concluded(run_request.store, workflow=run_request.workflow)
    except DamagedStoreError as damage:
        session.recompute_damaged(run_request, damage, console=show.err)
    with show.err.status("Analysing …"):
        return concluded(run_request.store, workflow=run_request.workflow)


@app.command()
def rerun(
    store: StorePath,
    target: Copy = None,
    cluster: Where = "local",
    workers: Workers = None,
    part: PartOfMany = None,
    trust: Trust = False,
) -> None:
    """Repeat the sweep of a store, or compute what it lacks, from the store alone."""
    from qtcore import api

    ctrl_c_while_working()
    api.rerun(store, target, cluster=cluster, workers=workers, part=part, trust=trust)
    show.files([target or store])


@app.command()
def status(store: StorePath, as_json: AsJson = False) -> None:
    """Show how far the run in a store is; needs no cluster and disturbs no run."""
    from qtcore.cli import standing
    from qtcore.sweep.status import read_status

    ctrl_c_while_working()
    found = read_status(store)
    if as_json:
        show.json_out(standing.status_as_json(found))
    else:
        standing.status(found)
        show.notes(found.problems)


@app.command()
def figure(
    store: StorePath,
    workflow: OtherWorkflow = None,
    style: FigureStyle = "page",
    formats: Formats = None,
    trust: Trust = False,
) -> None:
    """Analyse a store and draw its figure beside it, with captions and the numbers behind each panel.

    Exit code 3 if the store is incomplete.
    """
    from qtcore.report.conclusion import conclude, incompleteness
    from qtcore.report.files import USUAL

    ctrl_c_while_working()
    found = conclude(store, workflow=workflow, style=style, formats=formats or USUAL, trust=trust)
    show.files(found.files)  # what is incomplete was said
    if incompleteness(store):
        raise typer.Exit(INCOMPLETE)


@app.command()
def source(store: StorePath) -> None:
    """Print the definition of the last run into a store; nothing of it is executed."""
    from qtcore.store.header import read_header, source_in
    from qtcore.trust import earlier_definitions, edited_since

    ctrl_c_while_working()
    header = read_header(store)
    show.text(source_in(header))
    show.notes([*edited_since(header), *earlier_definitions(header)])


@app.command()
def timeline(store: StorePath) -> None:
    """Draw what every worker did when, from the event log, beside the store (PNG, PDF)."""
    from qtcore import api

    ctrl_c_while_working()
    show.files(api.timeline(store))


@app.command()
def check(
    store: StorePath,
    workflow: OtherWorkflow = None,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Analyse a store and compare with theory.

    Exit code 1 if a check fails, else 3 if the store is incomplete.
    """
    from qtcore.report.conclusion import incompleteness, judged

    ctrl_c_while_working()
    checks, notes = judged(store, workflow=workflow, trust=trust)
    if as_json:
        show.json_out(show.checks_as_json(checks))
    else:
        show.checks(checks)
    show.notes(notes)
    lack = incompleteness(store)
    if lack:
        show.error(lack)
    _exit_by(checks)
    if lack:
        raise typer.Exit(INCOMPLETE)


app.command("plot")(plot)
app.command("query")(query)
app.command("verify-store")(verify_store)
app.command("compact")(compact_store)
app.command()(clusters)


@contextmanager
def _memory_told(options: "RunOptions") -> Iterator[None]:
    """Name what is large in a request when memory is too small for it."""
    try:
        yield
    except MemoryError as error:
        import numpy as np

        preset = options.chosen.workflow.preset(options.preset)
        asked = preset.changed(options.settings, options.realizations)
        sizes = {name: axis.values for name, axis in asked.axes.items() if axis.whole}
        sizes |= {n: (v,) for n, v in asked.constants.items() if type(v) is int}
        sizes |= {"lengths": asked.lengths} if asked.lengths else {}
        largest = [f"{name} up to {max(values):,}" for name, values in sizes.items()]
        largest.append(f"{np.max(asked.realizations):,} realizations")
        told = filter(None, (str(error), f"Asked for: {', '.join(largest)}."))
        raise MemoryError("\n".join(told)) from None


def _exit_by(checks: "list[Check]") -> None:
    if not all(check.passed for check in checks):
        raise typer.Exit(CHECKS_FAILED)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.
    """
    steady_streams()
    try:
        Path.cwd()
    except OSError:
        show.error("The current folder does not exist any more: change into one that does.")
        sys.exit(BAD_INPUT)
    try:
        with ends_like_ctrl_c():
            app(arguments)
    except SystemExit as ended:
        # Typer and Rich say 1, the code of a failed check, where their pipe is closed (`| head`).
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(FINE)
        raise
    sys.exit(FINE)
