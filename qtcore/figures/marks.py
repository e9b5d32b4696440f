"""Places on the x axis of a panel: a faint line for each, and its name above the panel."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qtcore.figures.keys import GUIDE
from qtcore.figures.style import FAINT
from qtcore.figures.words import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    rows: list[list[float]] = []
    for name, places in marks.items():
        values = np.atleast_1d(np.asarray(places, dtype=np.float64))
        inside = np.unique(values[(values > low) & (values < high)])
        for x in inside:
            axes.axvline(x, color=FAINT, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        for x in inside:
            at = axes.transAxes.inverted().transform(axes.transData.transform((x, low)))[0]
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
                gid=GUIDE,
            )


def _free(at: float, taken: list[float]) -> bool:
    return all(abs(at - other) > 1 / 12 for other in taken)
