"""A row for every worker, a bar for every task."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from qtcore.errors import counted
from qtcore.figures.style import FAINT, INK, TWO_COLUMNS, house_style

if TYPE_CHECKING:
    import xarray as xr


FIRST, AGAIN, TROUBLE = "#3b6ea8", "#e08a1e", "#c1272d"

HALF = 0.4
"""Half the height of a bar; rows are 1 apart."""

LABELLED = 40
"""More workers than this have no names at their rows."""

TALLEST = 8.0
"""Height of the figure, inches, however many workers there are."""

_UNITS = (("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))

Times = NDArray[np.float64]


def draw(dataset: "xr.Dataset") -> Figure:
    """Draw what every worker did when.

    Time in which no driver ran is left out; a dashed line is where a session began.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.sweep.timeline.timeline` returns it.
    """
    began, ended = running(dataset)
    unit, scale = _unit(float((ended - began).sum()))

    def at(times: Times) -> Times:
        """Return the time (in `unit`) that drivers had run until then."""
        inside = np.clip(times[:, None], began, ended) - began
        return np.asarray(inside.sum(axis=1) / scale)

    start, stop = at(dataset["start"].to_numpy()), at(dataset["stop"].to_numpy())
    names = _by_first_task(dataset["worker"].to_numpy(), start)
    row = {name: number for number, name in enumerate(names)}
    with house_style():
        figure = Figure(figsize=(TWO_COLUMNS, min(TALLEST, 1.2 + 0.16 * len(names))))
        axes = figure.add_subplot()
        rows = np.array([row[name] for name in dataset["worker"].to_numpy()])
        again = dataset["attempt"].to_numpy() > 1
        for chosen, colour in ((~again, FIRST), (again, AGAIN)):
            axes.add_collection(_bars(start[chosen], stop[chosen], rows[chosen], colour))
        _mark_trouble(axes, dataset, at(dataset["trouble_time"].to_numpy()), row)
        for time in at(dataset["session_start"].to_numpy()):
            axes.axvline(time, color=FAINT, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
        axes.set_xlabel(f"time that drivers ran  ({unit})")
        axes.set_xlim(0, float((ended - began).sum()) / scale)
        axes.set_ylim(len(names) - 0.4, -1.0)
        if len(names) <= LABELLED:
            # A name from a log is no formula.
            plain = [name.replace("$", r"\$") for name in names]
            axes.set_yticks(range(len(names)), plain, fontsize=6)
        else:
            axes.set_ylabel("worker")
        axes.set_title(_heading(dataset, stop - start, scale), loc="left", color=INK)
        figure.set_layout_engine("tight")
    return figure


def _bars(start: Times, stop: Times, rows: NDArray[np.int64], colour: str) -> PolyCollection:
    """Return one rectangle for each task; a single artist, since there may be a million."""
    low, high = rows - HALF, rows + HALF
    corners = [(start, low), (stop, low), (stop, high), (start, high)]
    vertices = np.moveaxis(np.array(corners), 2, 0)  # (task, corner, coordinate)
    # The thin white line tells neighbours apart.
    return PolyCollection(list(vertices), facecolor=colour, edgecolor="white", linewidth=0.2)


def running(dataset: "xr.Dataset") -> tuple[Times, Times]:
    """Return when drivers began and ceased to run; parts that ran at once count once."""
    spans = sorted(
        zip(dataset["session_start"].values, dataset["session_stop"].values, strict=True)
    )
    joined = [list(spans[0])]
    for start, stop in spans[1:]:
        if start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], stop)
        else:
            joined.append([start, stop])
    began, ended = np.array(joined, dtype=float).T
    return began, ended


def _unit(seconds: float) -> tuple[str, float]:
    return next((unit, scale) for unit, scale in _UNITS if seconds >= 3 * scale or scale == 1.0)


def _by_first_task(workers: NDArray[np.str_], start: Times) -> list[str]:
    order = np.argsort(start, kind="stable")
    return list(dict.fromkeys(str(name) for name in workers[order]))


def _mark_trouble(axes: Axes, dataset: "xr.Dataset", times: Times, row: dict[str, int]) -> None:
    """Put a cross where a task failed; above all rows if its worker has none."""
    rows = [row.get(str(name), -0.7) for name in dataset["trouble_worker"].to_numpy()]
    axes.plot(times, rows, "x", color=TROUBLE, markersize=4, clip_on=False)


def _heading(dataset: "xr.Dataset", busy: Times, scale: float) -> str:
    tasks, again = dataset.sizes["task"], int((dataset["attempt"] > 1).sum())
    words = [
        f"{counted(tasks, 'tasks')} on {counted(len(np.unique(dataset['worker'])), 'workers')}",
        counted(dataset.sizes["session"], "sessions"),
        f"{busy.sum() * scale:.4g} s of worker time",
    ]
    if again:
        words.append(f"{again} tried again (orange)")
    if dataset.sizes["trouble"]:
        words.append(f"{dataset.sizes['trouble']} failed attempts (crosses)")
    return ", ".join(words)
