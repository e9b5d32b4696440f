"""The commands.

Each imports what it needs when it is called: what the others need takes seconds.
"""

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from qtcore._version import __version__
from qtcore.cli import completion, show
from qtcore.cli.answers import export, show_table
from qtcore.cli.catalog import query
from qtcore.cli.clusters import clusters
from qtcore.cli.codes import BAD_INPUT, FINE, INCOMPLETE, UNFORESEEN, exit_by
from qtcore.cli.compare import compare_stores
from qtcore.cli.doctor import doctor
from qtcore.cli.explore import explore
from qtcore.cli.flags import PlainFlags
from qtcore.cli.merge import merge_stores
from qtcore.cli.options import AsJson, FigureStyle, Formats, OtherWorkflow, StorePath, Trust
from qtcore.cli.plot import plot
from qtcore.cli.report import report
from qtcore.cli.running import extend, rerun, run
from qtcore.cli.signals import ctrl_c_while_working, ends_like_ctrl_c
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

DAMAGED = (DamagedStoreError, DamagedMetadataError)

ENDINGS: Any = (typer.Exit, typer.Abort, typer.BadParameter.__mro__[2])
"""What Typer itself raises and shows: an end with a code, and wrong usage."""

COMPUTING = (["run"], ["extend"], ["rerun"])
"""Commands whose results lie in a store, whatever becomes of what they print."""

LOST = (
    "What this command prints could not be written whole: {}. Make room there, or send it elsewhere, "
    "and give the same command again."
)

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
        except Exception as error:  # what nobody foresaw
            if _is_of_help(error):
                raise
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
        typer.Argument(
            metavar="[WORKFLOW]",
            help="Show the axes and presets of this one.",
            autocompletion=completion.workflows,
        ),
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


app.command()(run)
app.command()(extend)
app.command()(rerun)


@app.command()
def status(store: StorePath, as_json: AsJson = False) -> None:
    """Show how far the run in a store is; needs no cluster and disturbs no run.

    Exit code 3 if metadata or coordinates of the store are damaged or missing.
    """
    from qtcore.cli import standing
    from qtcore.sweep.status import read_status

    ctrl_c_while_working()
    found = read_status(store)
    if as_json:
        show.json_out(standing.status_as_json(found))
    else:
        standing.status(found)
        show.notes(found.problems)
    if found.damaged:
        raise typer.Exit(INCOMPLETE)


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
    from qtcore.reports.conclusion import conclude, incompleteness
    from qtcore.reports.files import USUAL

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
    from qtcore.cli.checks import show_checks
    from qtcore.reports.conclusion import incompleteness, judged
    from qtcore.results.check_words import checks_as_json

    ctrl_c_while_working()
    found = judged(store, workflow=workflow, trust=trust)
    if as_json:
        show.json_out(checks_as_json(found.checks))
    else:
        from qtcore.cli.numbers import alternatives

        alternatives(found.result)
        show_checks(found.checks)
    show.notes(found.notes)
    lack = incompleteness(store)
    if lack:
        show.error(lack)
    exit_by(found.checks)
    if lack:
        raise typer.Exit(INCOMPLETE)


app.command("plot")(plot)
app.command("query")(query)
app.command("show")(show_table)
app.command("export")(export)
app.command("compare")(compare_stores)
app.command("merge")(merge_stores)
app.command("verify-store")(verify_store)
app.command("compact")(compact_store)
app.command()(explore)
app.command()(report)
app.command()(clusters)
app.command()(doctor)


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
    code = _code_of(arguments)
    if reason := show.lost():
        words = sys.argv[1:] if arguments is None else arguments
        if code == FINE and words[:1] not in COMPUTING:
            code = INCOMPLETE
        show.error(LOST.format(reason))
        show.drop_lost()
    sys.exit(code)


def _code_of(arguments: list[str] | None) -> Any:
    """Execute a command, and return the code that it ends with."""
    try:
        with ends_like_ctrl_c():
            app(arguments, prog_name="qtcore")  # by which a shell asks for completions
    except SystemExit as ended:
        # Typer and Rich say 1, the code of a failed check, where their pipe is closed (`| head`).
        return FINE if isinstance(ended.__context__, BrokenPipeError) else ended.code
    except OSError as error:
        if not _is_of_help(error):
            raise
        show.lose(error)
    return FINE


def _is_of_help(error: Exception) -> bool:
    """Whether Typer could not print the help of a command."""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, OSError) and any(one.name == "rich_format_help" for one in frames)
