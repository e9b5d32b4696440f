"""The numbers behind each panel of a figure, as columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.caption import caption_of
from qtcore.figures.choice import chosen
from qtcore.figures.curves import DRAWN, SUFFIXES, Arranged, is_labelled, numbers
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.panel import Panel
from qtcore.figures.read_off import read_off
from qtcore.figures.recorded import Drawn
from qtcore.figures.steps import Steps
from qtcore.figures.words import QUANTITY, unit_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Behind:
    """What stands behind one panel.

    Attributes
    ----------
    letter : str
        "a", "b", … as the figure has them; "a-inset" for what stands inside (a), "a-2" for further things.
    caption : str
        What is shown, and what points, bars, lines and bands mean.
    columns : mapping of str to sequence with one entry for each row
        Numbers and labels by name; NaN where there is nothing.
    words : mapping of str to str
        What a column is, with its unit.
    """

    letter: str
    caption: str
    columns: Mapping[str, Sequence[Any] | NDArray[Any]]
    words: Mapping[str, str]


def behind(figure: "Figure") -> list[Behind]:
    """Return what stands behind each panel of a figure.

    Panels that are functions, and figures that a definition draws by itself, are read off their axes where no
    panel of `qtcore.figures` was drawn.
    """
    drawn: Sequence[Drawn] = getattr(figure, "drawn", ())
    places = getattr(figure, "lettered", None) or [
        axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.has_data()
    ]
    found: list[Behind] = []
    for letter, axes in zip(_letters(len(places)), places, strict=True):
        own = [one for one in drawn if one.axes is axes]
        inside = [one for one in drawn if one.inside and one.axes in axes.child_axes]
        for number, one in enumerate(own, 1):
            found.append(_of_panel(letter if number == 1 else f"{letter}-{number}", one))
        if not own and axes.has_data():
            columns, words = read_off(axes)
            found.append(Behind(letter, _titled(axes), columns, words))
        found += [_of_panel(f"{letter}-inset", one) for one in inside]
    return found


def _letters(count: int) -> list[str]:
    return [
        ascii_lowercase[n] if n < len(ascii_lowercase) else f"panel{n + 1}" for n in range(count)
    ]


def _titled(axes: Any) -> str:
    named = " against ".join(filter(None, (axes.get_ylabel(), axes.get_xlabel())))
    return ". ".join(filter(None, (named, axes.get_title(loc="left")))) + "."


def _of_panel(letter: str, drawn: Drawn) -> Behind:
    panel, result = drawn.panel, drawn.result
    part = chosen(result, panel.at, panel.quantities, panel.title)
    columns, words = columns_of(panel, part)
    rows = len(next(iter(columns.values()), ()))
    chosen_ones = [n for n in panel.at if result[n].size > 1 and part[n].size == 1]
    fixed = {
        n: np.repeat(part[n].to_numpy().ravel(), rows) for n in chosen_ones if n not in columns
    }
    columns, words = fixed | columns, {n: meaning(part, n) for n in fixed} | words
    return Behind(letter, caption_of(drawn, part), columns, words)


def columns_of(panel: Panel, part: "xr.Dataset") -> tuple[Columns, dict[str, str]]:
    """Return the numbers of a panel as columns, and what each of them is.

    Parameters
    ----------
    panel : Line, Steps or Map
    part : xarray.Dataset
        The part of a result that the panel shows.
    """
    if isinstance(panel, Map):
        return _of_map(panel, part)
    if isinstance(panel, Line | Steps):
        return _of_curves(panel, part)
    return {}, {}


def _of_curves(panel: "Line | Steps", part: "xr.Dataset") -> tuple[Columns, dict[str, str]]:
    plan = _with_along(panel.plan(part), part, panel.x_of(part))
    several = len(panel.quantities) > 1
    rows: list[Columns] = []
    for curve in plan.curves(apart=True):
        found = panel.shown(curve).found if isinstance(panel, Line) else curve.found
        there = np.any([np.isfinite(found[name]) for name in DRAWN if name in found], axis=0)
        there &= np.isfinite(found["x"])
        told = {name: plan.values[name][rank] for name, rank in curve.ranks.items()}
        row: Columns = {n: np.full(there.sum(), v, dtype=_kind(v)) for n, v in told.items()}
        rows.append(row | {name: array[there] for name, array in found.items()})
    names = _names(panel, part)
    columns = (
        {names.get(key, key): np.concatenate([row[key] for row in rows]) for key in rows[0]}
        if rows
        else {}
    )
    x = panel.x_of(part)
    if x and is_labelled(part[x]) and x in columns:
        columns[x] = part[x].to_numpy().astype(str)[columns[x].astype(int) - 1]
    words = {name: _words(panel, part, name, several=several) for name in columns}
    return dict(
        sorted(columns.items(), key=lambda pair: pair[0] not in (QUANTITY, *plan.values))
    ), words


def _with_along(plan: Arranged, part: "xr.Dataset", x: str) -> Arranged:
    """Add the dimension along which curves run, where x is something else."""
    if plan.along in ("", x) or plan.along in plan.values or plan.along not in part.coords:
        return plan
    return replace(plan, arrays={**plan.arrays, plan.along: numbers(part[plan.along])})


def _kind(value: Any) -> Any:
    # NumPy's own kind of text would keep the first letter only.
    return object if isinstance(value, str) else None


def _names(panel: "Line | Steps", part: "xr.Dataset") -> dict[str, str]:
    """Return the names of columns by the names that curves have for them."""
    x = panel.x_of(part) or "x"
    names = {"x": x, "x_error": f"{x}_error", "lower": f"{x}_lower", "upper": f"{x}_upper"}
    own = panel.quantities[0] if len(panel.quantities) == 1 else "value"
    over = "_over_theory" if isinstance(panel, Line) and panel.ratio else ""
    names |= {f"y{suffix}": f"{own}{over}{suffix}" for suffix in ("", *SUFFIXES)}
    if isinstance(panel, Line):
        names["line"] = panel.lines[0] if len(panel.lines) == 1 else "line"
        names["band"] = panel.bands[0] if len(panel.bands) == 1 else "band"
    names[QUANTITY] = "quantity"
    return names


def _words(panel: Panel, part: "xr.Dataset", name: str, *, several: bool) -> str:
    """Return what a column is, with its unit."""
    if name == "quantity":
        return "; ".join(f"{one}: {meaning(part, one)}" for one in panel.quantities)
    over = re.sub("_over_theory", "", name)
    if over != name:
        return f"{meaning(part, over)}, over theory"
    return meaning(part, name) if name in part or not several else name


def meaning(part: "xr.Dataset", name: str) -> str:
    """Return what a variable is, with its unit in brackets."""
    if name not in part:
        return name
    words = str(part[name].attrs.get("long_name") or name)
    unit = unit_of(part, name)
    return f"{words} ({unit})" if unit and not words.endswith(f"({unit})") else words


def _of_map(panel: Map, part: "xr.Dataset") -> tuple[Columns, dict[str, str]]:
    x, up, own = panel.x_of(part), panel.up_of(part), panel.quantities[0]
    part, _ = panel.one_value(part, (str(part[x].dims[0]), str(part[up].dims[0])))
    names = [n for n in (own, *(f"{own}{suffix}" for suffix in SUFFIXES)) if n in part]
    frame = part[names].reset_coords(
        [n for n in part.coords if n not in (x, up, *part.dims)], drop=True
    )
    wide = {str(n): a for n, a in frame.broadcast_like(part[own]).items()}
    order = part[own].dims
    columns = {
        name: part[name].broadcast_like(part[own]).transpose(*order).to_numpy().ravel()
        for name in (x, up)
    }
    columns |= {name: array.transpose(*order).to_numpy().ravel() for name, array in wide.items()}
    return columns, {name: meaning(part, name) for name in columns}
