"""`qtcore report`: a run as one page to read, print and send."""

from typing import Annotated

import typer

from qtcore.cli import show
from qtcore.cli.options import Force, OtherWorkflow, StorePath, Trust
from qtcore.cli.signals import ctrl_c_while_working


def report(
    store: StorePath,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="The page (.html); NAME.report.html beside the store if left out.",
        ),
    ] = None,
    force: Force = False,
    workflow: OtherWorkflow = None,
    trust: Trust = False,
) -> None:
    """Write a run as one HTML page: figure, results, checks, provenance, failures, commands.

    It needs no network, and prints on A4. A definition of somebody else's is not executed for it.
    """
    from qtcore.reports.report import report as write

    ctrl_c_while_working()
    show.files([write(store, to, force=force, workflow=workflow, trust=trust)])
