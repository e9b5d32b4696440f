"""`qtcore explore`: stores in a browser, or as one file to send."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from qtcore.cli import show
from qtcore.cli.answers import parse_selection
from qtcore.cli.options import Select, Trust
from qtcore.cli.signals import ctrl_c_while_working


def explore(
    place: Annotated[
        str, typer.Argument(help="A store, or a folder or URL with stores below it.")
    ] = "results",
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write the explorer with its numbers as one HTML file that needs no network, and end.",
        ),
    ] = None,
    select: Select = None,
    port: Annotated[
        int | None, typer.Option(help="Port of this machine; a free one if left out.")
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at. Others than 127.0.0.1 let in other machines that have the link; the "
            "connection is not encrypted."
        ),
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the link in a browser.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Let --html replace a file that exists.")
    ] = False,
    trust: Trust = False,
) -> None:
    """Look at runs in a browser: any quantity over any axes, with errors and theory.

    A run that goes on is shown as it grows. The link holds a token: nobody else on this machine can read
    along without it.
    """
    from qtcore.explorer.calls import write_html
    from qtcore.explorer.server import Explorer

    chosen = parse_selection(select or [])
    if html is not None:
        ctrl_c_while_working()
        show.files([write_html(place, html, select=chosen, force=force, trust=trust)])
        return
    with Explorer(place, select=chosen, host=host, port=port, trust=trust) as explorer:
        show.out.print(explorer.url, markup=False, highlight=False, soft_wrap=True)
        show.err.print("Ctrl-C ends the explorer.", style="dim")
        if browser:
            webbrowser.open(explorer.link_for_once())
        try:
            explorer.wait()
        except KeyboardInterrupt:
            return
