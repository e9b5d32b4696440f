"""The command that draws the figure of a store, as a Python call: `qt.figure`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtcore.reports.conclusion import conclude
from qtcore.reports.files import USUAL
from qtcore.store.locate import Location
from qtcore.workflow import Workflow

if TYPE_CHECKING:  # takes seconds to import
    from matplotlib.figure import Figure

    from qtcore.figures.style import Style


def figure(
    store: Location,
    *,
    workflow: str | Path | Workflow | None = None,
    style: "Style" = "page",
    formats: Sequence[str] = USUAL,
    trust: bool = False,
) -> "Figure":
    """Analyse a store and draw its figure, write it beside the store, and return it.

    A notebook shows it. Beside the store lie then `NAME.png` and `NAME.pdf`, what the panels show in
    words (`NAME.caption.txt`), the numbers behind them (`NAME.panels`, a CSV table for each panel) and the
    analysis (`NAME.analysis.zarr`).

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.
    style : {"page", "column", "two-columns", "slides"}
        What it is for: a page of any width, one or both columns of a journal, a talk.
    formats : sequence of str
        Of "png", "pdf" and "svg".
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows
        it (see `qtcore.trust`).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no qtcore store, or no such style or format.
    IncompleteError
        If no realization is finished.
    """
    from qtcore.figures.drawing import showing

    found = conclude(store, workflow=workflow, trust=trust, style=style, formats=formats)
    assert found.drawing is not None  # `conclude` has raised what it failed with
    return showing(found.drawing)
