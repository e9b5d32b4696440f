"""The command that draws what is asked for of a store, as a Python call."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtcore.answers.plot import Asked
from qtcore.answers.plotted import paths_of, plotted
from qtcore.errors import InputError
from qtcore.reports.conclusion import warn_if_incomplete
from qtcore.store.locate import Location
from qtcore.workflow import Workflow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qtcore.figures.style import Style


def plot(
    store: Location,
    y: str = "",
    *,
    x: str = "",
    hue: str = "",
    facet: str = "",
    of: str = "",
    hist: str = "",
    bins: int | None = None,
    select: Mapping[str, Any] | None = None,
    xscale: str = "",
    yscale: str = "",
    style: "Style" = "page",
    to: str | Path | None = None,
    data: str | Path | None = None,
    force: bool = False,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> "Figure":
    """Draw a result or a statistic of a store over any axis, a histogram of its samples, or a map.

    Points have bars of one standard error, and theory is drawn where the definition has one.

    Parameters
    ----------
    store : str or Path
        The store.
    y, x : str
        What stands upwards and across: a result of the analysis (`localization_length`), a statistic of a stored
        quantity (`mean(ln_g)`, `var(ln_g)`, `quantile(ln_g, 0.25)`), or (x, and both of a map) an axis.
    hue, facet : str
        Axes whose values have a colour, and a panel, each.
    of : str
        What a map over x and y shows as colour.
    hist, bins : str, int
        A stored quantity whose histogram is drawn instead, and how many bins it has.
    select : mapping
        Values of axes: `{"width": 16, "energy": "0.1:0.6"}`, as in `qtcore.answers.selection.select`.
    xscale, yscale : str
        "linear" or "log"; by the range of the numbers if left out.
    style : {"page", "column", "two-columns", "slides"}
        What it is for.
    to, data : str or Path, optional
        Files for the picture (.png, .pdf or .svg) and for the numbers behind it (.csv; beside the picture if left
        out). Nothing is written without `to` and `data`.
    force : bool
        Whether files that exist are replaced.
    workflow, trust
        As in `figure`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If something is unknown (the message lists what there is), a selection matches nothing, or a file exists.
    IncompleteError
        If no realization is finished.
    """
    asked = Asked(
        y, x, hue, facet, of, hist, bins, select or {}, xscale=xscale, yscale=yscale, style=style
    )
    if to is None and data is not None:
        raise InputError("data goes with `to`, the file of the picture")
    files = None if to is None else paths_of(store, asked, to, data, force=force)
    found = plotted(store, asked, workflow=workflow, trust=trust)
    if files is not None:
        found.saved(*files)
    warn_if_incomplete(store)
    return found.drawing
