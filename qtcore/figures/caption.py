"""What a panel shows, in sentences: for a reader who sees the figure for the first time."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from qtcore.figures.keys import CROSSES, DOTTED, LEFT_OUT, THEORY
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.panel import Panel
from qtcore.figures.recorded import Drawn
from qtcore.figures.steps import Steps
from qtcore.figures.words import (
    QUANTITY,
    TIED,
    case_texts,
    choice_text,
    number_text,
    unit_of,
    value_texts,
)

if TYPE_CHECKING:
    import xarray as xr

_SET = re.compile(r"\$([_^])\{(?:\\mathrm\{)?([^{}]*)\}?\}\$")
_NAMED = re.compile(r"\{(\w+)\}")

LISTED = 8
"""More values than this are told by the first and the last one."""


def caption_of(drawn: Drawn, part: "xr.Dataset") -> str:
    """Return what a panel shows: axes, what is chosen, what points, bars, lines and bands mean.

    Parameters
    ----------
    drawn : Drawn
        The panel as it was drawn.
    part : xarray.Dataset
        The part of its result that it shows.
    """
    panel = drawn.panel
    sentences = [_against(panel, part), *_chosen(drawn, part)]
    if isinstance(panel, Line | Steps):
        sentences += [*_told_apart(drawn, part), *_marks(panel, part), *_theory(drawn, part)]
    if isinstance(panel, Line):
        sentences += _beside(panel, part)
    if isinstance(panel, Map):
        sentences += _of_map(panel, part)
    sentences += without_value(part, panel.quantities)
    guides = getattr(panel, "guides", {})
    if guides:
        told = ", ".join(f"{plain(label)} at {height:.4g}" for label, height in guides.items())
        sentences.append(f"Horizontal lines: {told}")
    return " ".join(f"{_begun(one)}." for one in map(plain, sentences) if one)


def _begun(sentence: str) -> str:
    """Return a sentence with a capital in front, unless a symbol such as ξ stands there."""
    first = sentence[:1]
    is_word = first.isascii() and sentence[1:2].isalpha()
    return f"{first.upper()}{sentence[1:]}" if is_word else sentence


def plain(text: str) -> str:
    """Return a text without the marks of mathtext."""
    text = _SET.sub(lambda found: f"{found[1]}{found[2]}", text)
    return " ".join(text.replace(r"\$", "$").replace(TIED, " ").split()).rstrip(".")


def _name(panel: Panel, part: "xr.Dataset", name: str) -> str:
    """Return words, symbol and unit: "localization length ξ (sites)"."""
    if name in panel.labels:
        return panel.labels[name]
    if name not in part:
        return name
    about = part[name].attrs
    words, symbol = str(about.get("long_name") or name), str(about.get("symbol") or "")
    shown = words if not symbol or symbol in words.split() else f"{words}, {symbol}"
    unit = unit_of(part, name)
    return f"{shown} ({unit})" if unit and f"({unit})" not in shown else shown


def _against(panel: Panel, part: "xr.Dataset") -> str:
    own = "; ".join(_name(panel, part, name) for name in panel.quantities)
    if isinstance(panel, Map):
        ends = f"{_name(panel, part, panel.x_of(part))} and {_name(panel, part, panel.up_of(part))}"
        return f"{own}, as colour, over {ends}"
    if "y" in panel.labels and "y" not in part:
        own = f"{panel.labels['y']}: {own}"
    x = panel.x_of(part)
    over = "; over theory" if isinstance(panel, Line) and panel.ratio else ""
    right = panel.labels["x"] if "x" in panel.labels and "x" not in part else _name(panel, part, x)
    logs = [axis for axis in ("x", "y") if getattr(panel, f"{axis}scale") == "log"]
    scale = f" (logarithmic: {' and '.join(logs)})" if logs else ""
    return f"{own}{over}, against {right}{scale}" if x else f"{own}{over}"


def _chosen(drawn: Drawn, part: "xr.Dataset") -> Iterator[str]:
    """Yield what of the result is shown."""
    panel, result = drawn.panel, drawn.result
    own = _NAMED.sub(lambda found: number_text(part, found[1], panel.labels), panel.note)
    if own:
        yield own
    single = [
        choice_text(result, part, name, panel.labels)
        for name in panel.at
        if result[name].size > 1 and part[name].size == 1
    ]
    single = [text for text in dict.fromkeys(single) if text not in own]
    if shown := [*single, *drawn.notes]:
        yield f"Shown: {', '.join(shown)}"


def _told_apart(drawn: Drawn, part: "xr.Dataset") -> Iterator[str]:
    panel = drawn.panel
    plan = panel.plan(part)
    kinds: dict[str, list[str]] = {}
    for kind, name in plan.codes.items():
        kinds.setdefault(name, []).append("filling" if kind == "fill" else kind)
    for name, own in kinds.items():
        seen = [plan.values[name][rank] for rank in plan.seen[name]]
        if len(seen) < 2:
            continue
        what = " and ".join(own).capitalize()
        if name == QUANTITY:
            yield f"{what} tell the quantities apart"
            continue
        texts = case_texts(part, name, seen, panel.labels) or value_texts(seen)
        listed = ", ".join(texts) if len(texts) <= LISTED else f"{texts[0]} to {texts[-1]}"
        how = ", dark to light" if "colour" in own else ""
        if "marker" in own and isinstance(panel, Line) and _has_lines(panel, drawn):
            how += "; lines are dashed as markers differ"
        yield f"{what}: {_name(panel, part, name)} = {listed}{how}"


def _has_lines(panel: Line, drawn: Drawn) -> bool:
    """Whether lines are drawn that belong to points: between them, fits, or theory."""
    return bool(panel.join or panel.lines or {THEORY, DOTTED} & {*drawn.sections})


def _marks(panel: "Line | Steps", part: "xr.Dataset") -> Iterator[str]:
    has = [n for n in panel.quantities if f"{n}_error" in part]
    there = [n for n in has if bool(np.isfinite(part[f"{n}_error"]).any())]
    if isinstance(panel, Steps):
        yield "Steps: the histogram" + (
            "; bars: its standard errors (68 %)" if there else ", without error bars"
        )
    elif there:
        yield "Points with bars: results ± one standard error (68 %)"
    else:
        yield "The results have no statistical error"
    if isinstance(panel, Line) and panel.join:
        yield "Lines between points guide the eye"


def _theory(drawn: Drawn, part: "xr.Dataset") -> Iterator[str]:
    panel = drawn.panel
    if {THEORY, DOTTED, CROSSES} & {*drawn.sections}:
        how = (
            "Dotted line"
            if DOTTED in drawn.sections
            else "Crosses"
            if CROSSES in drawn.sections
            else "Line"
        )
        sources = dict.fromkeys(
            str(part[name].attrs.get("source") or "") for name in panel.quantities
        )
        told = "; ".join(filter(None, sources))
        yield f"{how}: theory" + (f" ({told})" if told else "")
    if LEFT_OUT in drawn.sections:
        yield (
            "Shaded: how far off that theory may be by what it leaves out (a bound, no standard "
            "error), where results are compared with it"
        )


def _beside(panel: Line, part: "xr.Dataset") -> Iterator[str]:
    """Yield what else is drawn: fits, spreads, straight lines."""
    for name in dict.fromkeys(panel.lines):
        yield f"Full line: {_name(panel, part, name)}"
    for name in dict.fromkeys(panel.bands):
        yield f"Band around the points: ± {_name(panel, part, name)}"
    if panel.ratio:
        yield "The horizontal line at 1 is theory"
    if panel.slopes:
        yield f"Straight lines: {', '.join(panel.slopes)}"
    if panel.top:
        yield f"Upper axis: {_name(panel, part, panel.top)}"


def without_value(part: "xr.Dataset", names: Iterable[str]) -> Iterator[str]:
    """Yield why points of quantities are missing, where their estimator has told it."""
    for name in names:
        told = str(part[name].attrs.get("missing", "")) if name in part else ""
        if told and not bool(np.isfinite(part[name]).all()):
            yield f"Points without {part[name].attrs.get('long_name', name)}: {told}"


def _of_map(panel: Map, part: "xr.Dataset") -> Iterator[str]:
    if panel.lines:
        yield f"Dashed: {'; '.join(_name(panel, part, name) for name in panel.lines)}"
    quantity, error = panel.quantities[0], f"{panel.quantities[0]}_error"
    over = [str(part[name].dims[0]) for name in (panel.x_of(part), panel.up_of(part))]
    part, _ = panel.one_value(part, over)  # the cells that are drawn
    if error in part and bool(np.isfinite(part[error]).any()):
        least, most = float(part[error].min()), float(part[error].max())
        yield f"Standard errors of the map: {least:.2g} to {most:.2g}"
    if not bool(np.isfinite(part[quantity]).all()):
        yield "Cells without colour have no result"
