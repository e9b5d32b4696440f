"""From panels and a result to a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.figures.bars import share_bars
from qtcore.figures.choice import WORDS
from qtcore.figures.curves import SUFFIXES
from qtcore.figures.legends import Asked, placed_later, put_legends
from qtcore.figures.lettered import lettered_panels
from qtcore.figures.line import Line
from qtcore.figures.names import AnyPanel, refuse_unknown
from qtcore.figures.panel import Panel
from qtcore.figures.steps import Steps
from qtcore.figures.style import Style, layout

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from qtcore.figures.drawing import Drawing


MOST = 6
"""So many quantities are drawn when a definition says nothing of figures."""

MANY = 8
"""Of more values than this, the first, the middle and the last one are drawn by default."""

WIDE = 30.0
"""Lengths that span more than this factor stand on a logarithmic axis."""


def draw(
    panels: Sequence[AnyPanel], result: "xr.Dataset", *, style: Style | None = None
) -> "Drawing":
    """Draw panels in rows of two or three, with letters and legends.

    What colours and markers mean stands above the figure if several panels share it, and inside
    the panel, where no point is, if not.

    Parameters
    ----------
    panels : sequence of Panel or function(axes, result)
        Those whose `needs` the result does not meet are left out.
    result : xarray.Dataset
        For each quantity NAME a variable, and optionally NAME_error, NAME_theory, NAME_left_out
        (half width of the theory's band) and NAME_compared (1 where a check compares), with units,
        long_name and symbol as attributes; DIM_lower and DIM_upper of a binned dimension DIM.
    style : str
        What the figure is for (`qtcore.figures.style.STYLES`); that of `styled`, or "page", if left out.

    Returns
    -------
    Drawing
        A Matplotlib figure that knows what it was drawn from (`qtcore.figures.behind`).

    Raises
    ------
    InputError
        A panel that asks for something that the result does not have; an unknown style.
    """
    names = [str(name) for name in result.data_vars]
    dims = [str(name) for name in {**dict(result.sizes), **result.coords}]
    refuse_unknown(panels, names, dims)
    panels = [one for one in panels if not isinstance(one, Panel) or one.is_wanted(result)]
    count = max(len(panels), 1)
    with lettered_panels(*layout(count, style), count=count) as (figure, places):
        if not panels:
            _say_nothing(places[0])
        asked: list[Asked] = []
        for panel, axes in zip(panels, places, strict=False):
            with placed_later() as wanted:
                if isinstance(panel, Panel):
                    panel.draw(axes, result)
                else:
                    panel(axes, result)
            asked += wanted
        share_bars(figure)
        put_legends(figure, asked)
    return figure


def drawable(panels: Sequence[AnyPanel], result: "xr.Dataset") -> tuple[list[AnyPanel], list[str]]:
    """Return the panels whose values of `at` a result has, and a sentence about each of the others.

    Parameters
    ----------
    panels : sequence of Panel or function(axes, result)
    result : xarray.Dataset
        As for `draw`, or the coordinates of a sweep alone.
    """
    kept: list[AnyPanel] = []
    told: list[str] = []
    for panel in panels:
        lack = panel.lacks(result) if isinstance(panel, Panel) else ""
        if not lack:
            kept.append(panel)
        elif panel.is_wanted(result):  # type: ignore[union-attr]  # only a Panel lacks something
            told.append(f"The figure leaves out {lack}.")
    return kept, list(dict.fromkeys(told))


def default_panels(result: "xr.Dataset") -> tuple[Panel, ...]:
    """Return what is drawn when a definition names no panels.

    Up to six quantities that have an error or a theory (those with a theory first if there are
    more), each over its longest dimension (`length` if it has that), coloured by the next longest.

    Parameters
    ----------
    result : xarray.Dataset
        As for `draw`.
    """
    names = [
        str(name)
        for name in result.data_vars
        if f"{name}_error" in result or f"{name}_theory" in result
    ]
    names = [
        n for n in names if not any(n.removesuffix(s) in names for s in SUFFIXES if n.endswith(s))
    ]
    if len(names) > MOST:
        told = [name for name in names if f"{name}_theory" in result]
        kept = [*told, *(name for name in names if name not in told)][:MOST]
        names = [name for name in names if name in kept]
    return tuple(_default(result, name) for name in names)


def _default(result: "xr.Dataset", name: str) -> Panel:
    sizes = {str(d): result.sizes[d] for d in result[name].dims}
    order = sorted(sizes, key=lambda d: (d != "length" and f"{d}_lower" not in result, -sizes[d]))
    x = order[0] if order else ""
    rest = sorted((d for d in order[1:] if sizes[d] > 1), key=lambda d: -sizes[d])
    colour = rest[0] if rest else ""
    at = {colour: WORDS} if colour and sizes[colour] > MANY else {}
    if x and f"{x}_lower" in result and f"{x}_upper" in result:
        return Steps(name, x, colour=colour, at=at)
    return Line(name, x, colour=colour, at=at, xscale=usual_scale(result, x))


def usual_scale(result: "xr.Dataset", x: str) -> str:
    """Return "log" for positive numbers along x that span far more than one decade, else "linear"."""
    if not x or result[x].dtype.kind not in "fiu":
        return "linear"
    values = result[x].to_numpy().astype(float)
    values = values[np.isfinite(values)]
    wide = len(values) > 2 and values.min() > 0 and values.max() > WIDE * values.min()
    return "log" if wide else "linear"


def _say_nothing(axes: "Axes") -> Any:
    axes.set_axis_off()
    axes.text(0.5, 0.5, "nothing to draw", ha="center", va="center", transform=axes.transAxes)
