"""`qtcore plot`: a picture of anything that a store holds, over any axis."""

from typing import Annotated, Any

import typer

from qtcore.cli import show
from qtcore.cli.answers import parse_selection
from qtcore.cli.codes import INCOMPLETE
from qtcore.cli.options import (
    FigureStyle,
    Force,
    OtherWorkflow,
    Select,
    StorePath,
    Trust,
    whole_number,
)
from qtcore.cli.signals import ctrl_c_while_working

Scale = Annotated[
    str,
    typer.Option(metavar="SCALE", help="linear or log; by the range of the numbers if left out."),
]


def plot(
    store: StorePath,
    y: Annotated[
        str,
        typer.Option(
            "--y",
            metavar="WHAT",
            help="A result of the analysis ([bold]localization_length[/bold]) or a statistic of what is stored: "
            "[bold]mean(ln_g)[/bold], [bold]var(ln_g)[/bold], [bold]quantile(ln_g,0.25)[/bold]. Of a map, the "
            "axis upwards.",
        ),
    ] = "",
    x: Annotated[
        str,
        typer.Option(
            "--x",
            metavar="AXIS",
            help="An axis, a result or a statistic; the length, or else the longest axis, if left out.",
        ),
    ] = "",
    hue: Annotated[
        str, typer.Option("--hue", metavar="AXIS", help="The axis that colours stand for.")
    ] = "",
    facet: Annotated[
        str,
        typer.Option("--facet", metavar="AXIS", help="The axis whose values have a panel each."),
    ] = "",
    of: Annotated[
        str,
        typer.Option(
            "--of", metavar="WHAT", help="Draw a map over --x and --y, with this as its colour."
        ),
    ] = "",
    hist: Annotated[
        str,
        typer.Option(
            "--hist", metavar="QUANTITY", help="Draw the histogram of the samples of this instead."
        ),
    ] = "",
    bins: Annotated[
        int | None,
        typer.Option("--bins", metavar="N", parser=whole_number, help="Bins of the histogram."),
    ] = None,
    select: Select = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="The picture: .png, .pdf or .svg. Beside the store if left out.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="The numbers behind it: .csv. Beside the picture if left out.",
        ),
    ] = None,
    force: Force = False,
    style: FigureStyle = "page",
    xscale: Scale = "",
    yscale: Scale = "",
    workflow: OtherWorkflow = None,
    trust: Trust = False,
) -> None:
    """Draw a result or a statistic over any axis, a histogram, or a map; with error bars, and theory.

    Exit code 3 if the store is incomplete.
    """
    from qtcore.answers.plot import Asked
    from qtcore.answers.plotted import paths_of, plotted
    from qtcore.reports.conclusion import incompleteness

    ctrl_c_while_working()
    words: dict[str, Any] = {"xscale": xscale, "yscale": yscale, "style": style}
    asked = Asked(y, x, hue, facet, of, hist, bins, parse_selection(select or []), **words)
    files = paths_of(store, asked, to, data, force=force)
    found = plotted(store, asked, workflow=workflow, trust=trust)
    show.files(found.saved(*files))
    if lack := incompleteness(store):
        show.error(lack)
        raise typer.Exit(INCOMPLETE)
