"""Places on the x axis of a panel: a faint line for each, and its name above the panel."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qtcore.figures.style import FAINT
from qtcore.figures.words import readable

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from qtcore.figures.panel import Panel


def put_marks(axes: "Axes", marks: Mapping[str, ArrayLike]) -> None:
    """Mark places on the x axis; a name in one row with its own places, rows above each other.

    Parameters
    ----------
    axes : Axes
        With its panel drawn, so that its limits are known; a place beyond them is left out.
    marks : mapping
        A name, and where it stands: a number or several, in units of x. Names go side by side in a row
        as long as no two of them are closer than a twelfth of the panel.
    """
    low, high = axes.get_xlim()
    # Not by places on the page, which axes have only once they are drawn.
    scale = axes.xaxis.get_transform().transform
    first, last = (float(scale([end])[0]) for end in (low, high))
    rows: list[list[float]] = []
    for name, places in marks.items():
        values = np.atleast_1d(np.asarray(places, dtype=np.float64))
        inside = np.unique(values[(values > low) & (values < high)])
        for x in inside:
            axes.axvline(x, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        for x in inside:
            at = (float(scale([x])[0]) - first) / (last - first)
            row = next((r for r, taken in enumerate(rows) if _free(at, taken)), len(rows))
            rows[row:] = rows[row:] or [[]]
            rows[row].append(at)
            axes.annotate(
                readable(name),
                (x, 1.0),
                xytext=(0, 2 + 9 * row),
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                fontsize=7,
                ha="center",
                va="bottom",
            )


def with_marks(
    panel: "Panel", marks: Mapping[str, str], choose: "Callable[[xr.Dataset], xr.Dataset]"
) -> "Callable[[Axes, xr.Dataset], Any]":
    """Return a panel of a part of the result, with places marked on its x axis.

    Parameters
    ----------
    panel : Panel
        What is drawn.
    marks : mapping
        A name, and the quantity that says where it stands.
    choose : function(result)
        Returns the part of a result that is drawn.
    """

    def draw(axes: "Axes", result: "xr.Dataset") -> None:
        own = choose(result)
        panel.draw(axes, own)
        put_marks(axes, {name: own[quantity].values for name, quantity in marks.items()})

    return draw


def _free(at: float, taken: list[float]) -> bool:
    return all(abs(at - other) > 1 / 12 for other in taken)
