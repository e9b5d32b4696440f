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
    crate: Annotated[
        str | None,
        typer.Option(
            "--crate",
            metavar="FILE",
            help="Write the run as a Workflow Run RO-Crate (.zip), for an archive: definition, page, results, "
            "checks, figures and provenance.",
        ),
    ] = None,
    license_name: Annotated[
        str,
        typer.Option(
            "--license",
            metavar="NAME",
            help="Licence that the crate states: an SPDX identifier such as CC-BY-4.0, or a URL.",
        ),
    ] = "",
    with_samples: Annotated[
        bool, typer.Option("--with-samples", help="Put the store itself into the crate.")
    ] = False,
    force: Force = False,
    workflow: OtherWorkflow = None,
    trust: Trust = False,
) -> None:
    """Write a run as one HTML page, or as an RO-Crate: figure, results, checks, provenance, failures, commands.

    It needs no network, and prints on A4. A definition of somebody else's is not executed for it.
    """
    from qtcore.reports.report import written

    ctrl_c_while_working()
    show.files(
        written(
            store,
            to,
            crate=crate,
            license_name=license_name,
            with_samples=with_samples,
            force=force,
            workflow=workflow,
            trust=trust,
        )
    )
