"""What stands on drawn axes, by kind."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from qtcore.figures.draw import draw


def only(panel: Any, result: xr.Dataset) -> Axes:
    """Return the axes of a figure of one panel."""
    return draw([panel], result).axes[0]


def points(axes: Axes) -> list[Line2D]:
    """Return the drawn points, one line of matplotlib for each curve."""
    return [line for line in axes.lines if line.get_marker() not in ("None", "none", "_", "x")]


def lines(axes: Axes) -> list[Line2D]:
    """Return what is drawn as lines."""
    none = ("None", "none")
    return [a for a in axes.lines if a.get_linestyle() not in none and a.get_marker() in none]


def bars(axes: Axes) -> list[np.ndarray]:
    """Return the ends of error bars, shape (points, 2 ends, 2 coordinates) for each curve."""
    found = [c for c in axes.collections if isinstance(c, LineCollection)]
    return [np.array(c.get_segments()) for c in found]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def note(axes: Axes) -> str:
    return axes.get_title(loc="left").replace("\N{NO-BREAK SPACE}", " ")


def colour(line: Line2D) -> str:
    return str(line.get_color())
