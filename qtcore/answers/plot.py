"""One picture of what was asked: curves, histograms or a map, in panels for the values of an axis."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from qtcore.answers.histograms import histograms
from qtcore.answers.named import unknown
from qtcore.answers.quantity import samples_of
from qtcore.answers.selection import FINISHED, Wanted, select_both
from qtcore.answers.signs import with_short_signs
from qtcore.answers.tabulated import tabulated
from qtcore.errors import InputError, brief, command, counted, listed
from qtcore.figures.accepted import is_text
from qtcore.figures.choice import chosen
from qtcore.figures.draw import draw, usual_scale
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.panel import SCALES, Panel
from qtcore.figures.steps import Steps
from qtcore.figures.style import Style, refuse_style
from qtcore.figures.words import TIED, choice_text, sign, unit_of, value_text
from qtcore.store.layout import LENGTH, REALIZATION

if TYPE_CHECKING:
    from qtcore.figures.drawing import Drawing

MOST_FACETS = 12
"""More panels than this nobody reads."""

REDUNDANT = 6
"""So few colours have markers of their own too, for a reader who sees no colours."""

ROOM = 0.05
"""Room above and below, as a part of the height."""

DECADES = 100.0
"""Positive results that span more than this factor stand on a logarithmic axis."""


@dataclass(frozen=True)
class Asked:
    """What a picture is asked to show.

    Parameters
    ----------
    y : str
        A result of the analysis, or a statistic such as "mean(ln_g)"; of a map the axis upwards.
    x : str
        An axis, a coordinate, a result or a statistic; the length, or else the longest axis, if left out.
    hue : str
        The axis that colours stand for.
    facet : str
        The axis whose values have a panel each.
    of : str
        What a map shows as colour, a result or a statistic.
    hist : str
        The stored quantity of a histogram.
    bins : int, optional
        Number of bins of a histogram.
    select : mapping
        Values of axes, as in `qtcore.answers.selection.select`.
    xscale, yscale : str
        "linear" or "log"; by the range of the numbers if left out.
    style : str
        What it is for (`qtcore.figures.style.STYLES`).

    Raises
    ------
    InputError
        If these do not go together.
    """

    y: str = ""
    x: str = ""
    hue: str = ""
    facet: str = ""
    of: str = ""
    hist: str = ""
    bins: int | None = None
    select: Mapping[str, Wanted] = field(default_factory=dict)
    xscale: str = ""
    yscale: str = ""
    style: Style = "page"

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        for name in ("y", "x", "hue", "facet", "of", "hist"):
            if not is_text(getattr(self, name)):
                raise InputError(f"{name} is a name, got {brief(getattr(self, name))}")
        refuse_style(self.style)
        for axis in ("xscale", "yscale"):
            if getattr(self, axis) not in ("", *SCALES):
                raise InputError(
                    f"{axis} is {brief(getattr(self, axis))}; allowed are {listed(SCALES)}"
                )
        if self.hist and (self.y or self.x or self.of):
            raise InputError(
                "a histogram goes with hue, facet and select; leave y, x and of out, or hist"
            )
        if self.bins is not None and not self.hist:
            raise InputError("bins belong to a histogram: say of what with hist")
        if self.of and not (self.x and self.y):
            raise InputError("a map needs two axes, x and y, and `of`, what its colour shows")
        if self.of and self.hue:
            raise InputError(
                "a map shows one quantity as its colour, so that nothing is left for hue; use facet"
            )
        if not (self.hist or self.of or self.y):
            raise InputError(
                "say what to plot: y (a result, or a statistic such as mean(ln_g)), hist (a stored "
                "quantity), or of with x and y (a map)"
            )
        used: dict[str, str] = {}
        for role in ("x", "y", "hue", "facet"):
            name = getattr(self, role)
            if name and name in used:
                raise InputError(
                    f"{used[name]} and {role} are both {name!r}; each axis has one role"
                )
            used[name] = role

    @property
    def names(self) -> list[str]:
        """What must be known by name before anything is drawn."""
        return [self.of, self.x, self.y] if self.of else [n for n in (self.y, self.x) if n]


def question(y: str = "", **rest: Any) -> Asked:
    """Return what is asked by keywords.

    Raises
    ------
    InputError
        If there is no such keyword, or they do not go together.
    """
    known = [one.name for one in fields(Asked) if one.name != "y"]
    for name in rest:
        if name not in known:
            raise unknown("argument", name, known)
    return Asked(y, **rest)


def plot(dataset: xr.Dataset, asked: Asked, result: xr.Dataset | None = None) -> "Drawing":
    """Return a picture of results or statistics over any axis, with error bars, and theory where there is one.

    Parameters
    ----------
    dataset : xarray.Dataset
        Samples, as `qtcore.open` returns them.
    asked : Asked
        What to show.
    result : xarray.Dataset, optional
        Results of an analysis, whose names may be asked for too.

    Returns
    -------
    Drawing
        A Matplotlib figure; `qtcore.figures.behind.behind` returns the numbers behind it.

    Raises
    ------
    InputError
        If something is unknown (the message lists what there is), a selection matches nothing, nothing is finished
        where it was asked for, or the facets are too many.
    """
    part, results = select_both(dataset, result, asked.select)
    if FINISHED in part.coords and not bool((part[FINISHED] > 0).any()):
        where = "of the points that were selected" if asked.select else "of this sweep"
        raise InputError(f"no realization {where} is finished, so that there is nothing to draw")
    if asked.hist:
        along = [n for n in (asked.hue, asked.facet) if n]
        for name in along:
            _refuse_unless_axis(part, samples_of(part, asked.hist), name)
        frame, names = histograms(part, asked.hist, along, bins=asked.bins), ["density", "bin"]
    else:
        frame, names = tabulated(part, results, asked.names)
        _refuse_empty(frame, names[0], asked)
        for role in ("hue", "facet"):
            if name := getattr(asked, role):
                _refuse_unless_axis(frame, frame[names[0]], name)
    frame = with_short_signs(frame)
    panel = _panel(frame, names, asked)
    panels = [_at(panel, frame, asked, one) for one in _facets(frame, names[0], asked)]
    if len(panels) > 1:
        panels = _same_limits(panels, frame)
    return draw(panels, frame, style=asked.style)


def _axes_of(frame: xr.Dataset, array: xr.DataArray) -> list[str]:
    """Return the names by which values of an array may be told apart: its dimensions and what lies along one."""
    dims = [str(d) for d in array.dims if d != REALIZATION]
    beside = [
        str(name)
        for name, coord in frame.coords.items()
        if coord.ndim == 1
        and str(coord.dims[0]) in dims
        and name not in (*dims, FINISHED)
        and not str(name).endswith(("_lower", "_upper"))
    ]
    return [*dims, *beside]


def _refuse_unless_axis(frame: xr.Dataset, array: xr.DataArray, name: str) -> None:
    known = _axes_of(frame, array)
    if name in known:
        return
    if name in frame.coords and frame[name].ndim == 0:
        raise InputError(
            f"{name} has one value here, {value_text(frame[name].item())}, so that nothing differs in it; "
            f"{array.name} differs in {listed(known) if known else 'nothing'}"
        )
    raise unknown(f"axis of {array.name}", name, known)


def _refuse_empty(frame: xr.Dataset, name: str, asked: Asked) -> None:
    """Raise InputError where there is not one number to draw, with the reason if one is known."""
    array = frame[name]
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} holds no numbers, but {array.dtype}")
    if bool(np.isfinite(array).any()):
        return
    reasons = str(array.attrs.get("missing", ""))
    where = " in what was selected" if asked.select else ""
    told = f": {reasons}" if reasons else "; too few realizations are finished, or none"
    raise InputError(f"{asked.of or asked.y} has no value{where}{told}")


def _panel(frame: xr.Dataset, names: list[str], asked: Asked) -> Panel:
    own = frame[names[0]]
    scales: Any = {"xscale": asked.xscale or "linear", "yscale": asked.yscale or "linear"}
    note = ",  ".join(filter(None, (*_selected_words(frame, asked), frame.attrs.get("shown", ""))))
    if asked.hist:
        return Steps("density", "bin", colour=asked.hue, note=note, **scales)
    for role, name in zip(("x", "y"), names[1:], strict=False):
        if name not in frame.data_vars:
            _refuse_unless_axis(frame, own, name)
        elif not {*frame[name].dims} <= {*own.dims}:
            raise InputError(
                f"{role} is {name}, which differs in {listed([str(d) for d in frame[name].dims])}; "
                f"{names[0]} does not differ in all of these"
            )
    if asked.of:
        return Map(names[0], names[1], up=names[2], note=note, **scales)
    x = names[1] if len(names) > 1 else _usual_x(frame, own, asked)
    if not asked.xscale:
        scales["xscale"] = usual_scale(frame, x)
    if not asked.yscale:
        scales["yscale"] = _scale_of_results(own)
    marker = asked.hue if asked.hue and _has_room_for_markers(frame, own, x, asked) else ""
    return Line(names[0], x, colour=asked.hue, marker=marker, note=note, **scales)


def _has_room_for_markers(frame: xr.Dataset, own: xr.DataArray, x: str, asked: Asked) -> bool:
    """Whether colours are few, and nothing else needs the markers: full and empty ones tell two values apart."""
    taken = {str(d) for n in (x, asked.hue, asked.facet) if n and n in frame for d in frame[n].dims}
    left = [own.sizes[d] for d in own.dims if d not in taken and own.sizes[d] > 1]
    return len(np.unique(frame[asked.hue])) <= REDUNDANT and left in ([], [2])


def _usual_x(frame: xr.Dataset, own: xr.DataArray, asked: Asked) -> str:
    """Return what runs along x where nothing was said: the length, or the longest axis left."""
    taken = {str(d) for n in (asked.hue, asked.facet) if n for d in frame[n].dims}
    free = [str(d) for d in own.dims if d not in taken]
    return max(free, key=lambda d: (d == LENGTH, own.sizes[d]), default="")


def _scale_of_results(own: xr.DataArray) -> str:
    values = own.to_numpy()
    values = values[np.isfinite(values)]
    return "log" if values.min() > 0 and values.max() > DECADES * values.min() else "linear"


def _selected_words(frame: xr.Dataset, asked: Asked) -> list[str]:
    """Return what was selected, as far as it is one value."""
    words = []
    for name in asked.select:
        if name in frame.coords and frame[name].ndim == 0:
            unit = unit_of(frame, name)
            value = value_text(frame[name].item())
            shown = f"{sign(frame, name)} = {value} {unit}".strip()
            words.append(shown.replace(" ", TIED))
    return words


def _facets(frame: xr.Dataset, own: str, asked: Asked) -> list[Any]:
    """Return the values that have a panel each; one None without facets."""
    if not asked.facet:
        return [None]
    along = frame[asked.facet]
    finite = frame[own].copy(data=np.isfinite(frame[own].to_numpy()))
    there = finite.any([d for d in finite.dims if d not in along.dims]).to_numpy()
    values = list(dict.fromkeys(np.atleast_1d(along.to_numpy())[there].tolist()))
    if len(values) > MOST_FACETS:
        raise InputError(
            f"{asked.facet} has {counted(len(values), 'values')}, and each would have a panel; at most "
            f"{MOST_FACETS} are drawn. Select some ({command('--select', f'{asked.facet}=…')}), or "
            f"let it be hue: {listed(values)}"
        )
    return values


def _at(panel: Panel, frame: xr.Dataset, asked: Asked, value: Any) -> Panel:
    """Return the panel of one facet, with its value in the note."""
    if value is None:
        return panel
    at = {asked.facet: value}
    part = chosen(frame, at, panel.quantities, panel.title)
    note = ",  ".join(filter(None, (choice_text(frame, part, asked.facet), panel.note)))
    return replace(panel, at=at, note=note)


def _same_limits(panels: list[Panel], frame: xr.Dataset) -> list[Panel]:
    """Give all panels the same y axis, so that they can be compared."""
    first = panels[0]
    if isinstance(first, Map):
        return panels
    own = first.quantities[0]
    error = frame[f"{own}_error"].fillna(0.0) if f"{own}_error" in frame else 0.0
    rows = [frame[own] - error, frame[own] + error]
    rows += [frame[n] for n in (f"{own}_theory",) if n in frame]
    values = np.concatenate([row.to_numpy().ravel() for row in rows])
    values = values[np.isfinite(values)]
    if first.yscale == "log":
        # Bars that reach below 0 end where the lowest result has its half.
        lowest = float(frame[own].where(frame[own] > 0).min())
        low, high = max(float(values[values > 0].min()), lowest / 2), float(values.max())
        room = (high / low) ** ROOM
        limits = (low / room, high * room)
    else:
        low, high = float(values.min()), float(values.max())
        room = ROOM * ((high - low) or abs(high) or 1.0)
        limits = (0.0 if isinstance(first, Steps) else low - room, high + room)
    return [replace(panel, ylim=limits) for panel in panels]
