"""Numbers that are read off axes: of panels that draw with Matplotlib themselves."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Columns = dict[str, NDArray[Any]]


def read_off(axes: "Axes") -> tuple[Columns, dict[str, str]]:
    """Return what lines, points, steps and maps of axes stand at.

    Returns
    -------
    columns : dict of arrays of shape (rows,)
        "curve" has the label of a line, or its number; "x" and "y" are what it runs through.
        Maps have "x", "y" and "value" at the middle of each cell.
    words : dict of str
        What x and y are: the labels of the axes.
    """
    rows: list[Columns] = []
    for number, line in enumerate(axes.lines, 1):
        x, y = np.asarray(line.get_xydata(), dtype=float).reshape(-1, 2).T
        rows.append(_row(_label(line, number), x, y))
    others: list[Any] = [*axes.patches, *axes.collections]
    for number, artist in enumerate(others, len(axes.lines) + 1):
        if hasattr(artist, "get_data") and hasattr(artist, "_baseline"):
            steps = artist.get_data()
            middle = (steps.edges[1:] + steps.edges[:-1]) / 2
            rows.append(_row(_label(artist, number), middle, np.asarray(steps.values)))
        elif hasattr(artist, "get_coordinates"):
            corners = np.asarray(artist.get_coordinates())
            cells = (corners[:-1, :-1] + corners[1:, 1:]) / 2
            values = np.ma.filled(artist.get_array().astype(float), np.nan)
            row = _row(_label(artist, number), cells[..., 0].ravel(), cells[..., 1].ravel())
            rows.append(row | {"value": values.ravel()})
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {
        name: np.concatenate([row.get(name, np.full(row["x"].shape, np.nan)) for row in rows])
        for name in names
    }
    labels = {"x": axes.get_xlabel(), "y": axes.get_ylabel()}
    words = {"curve": "label of a line, or its number", "value": "colour"}
    return columns, {name: labels.get(name) or words.get(name, name) for name in columns}


def _row(label: str, x: NDArray[Any], y: NDArray[Any]) -> Columns:
    return {"curve": np.full(np.shape(x), label), "x": x, "y": y}


def _label(artist: Any, number: int) -> str:
    label = str(artist.get_label())
    return str(number) if label.startswith("_") or not label else label
