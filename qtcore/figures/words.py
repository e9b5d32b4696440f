"""What stands on axes and in legends: symbols, units, values."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.estimate.estimate import with_error
from qtcore.results.cases import case_words
from qtcore.results.dataset import PARAMETERS

if TYPE_CHECKING:
    import xarray as xr


QUANTITY = "(quantity)"
"""Stands for the dimension along which the several quantities of one panel lie."""

LISTED = 6
"""So many numbers of one quantity are listed in the note of a panel."""

WHOLE = 10**6
"""Whole numbers below this are shown with all of their digits."""

TIED = "\N{NO-BREAK SPACE}"
"""Between a number, its error and its unit, which stay on one line."""

_OWN_UNIT = re.compile(r"(.*\S)\s+\(([^()]+)\)")
"""A label with its unit."""

_RAISED = re.compile(r"([_^])(\{[^{}]*\}|\([^()]*\)|[-+−]?\d+|[^\W\d_]+)")


@cache
def _parser() -> Any:
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("agg")


def readable(text: str) -> str:
    """Return a symbol as matplotlib sets it: what follows _ or ^ is lowered or raised.

    A text that is mathtext already stays as it is; one that matplotlib cannot set is shown raw.
    """
    shown = text if "$" in text else _RAISED.sub(_set, text)
    if "$" in shown:
        try:
            _parser().parse(shown)
        except ValueError:
            return text.replace("$", r"\$")
    return shown


def sign(result: "xr.Dataset", name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the symbol of a quantity, an axis or a coordinate, without its unit."""
    if labels and name in labels:
        return readable(labels[name])
    if name not in result:
        return _plain(name)
    about = result[name].attrs
    if symbol := about.get("symbol"):
        return readable(str(symbol))
    return _plain(str(about.get("long_name") or name))


def word(result: "xr.Dataset", name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the symbol and the unit, as an axis shows them; a label of the user's has its own."""
    shown = sign(result, name, labels)
    if (labels and name in labels) or name not in result:
        return shown
    return with_unit(shown, unit_of(result, name))


def with_unit(shown: str, unit: str) -> str:
    """Return words with a unit in brackets behind them, or without if there is no unit."""
    return f"{shown}  ({_plain(unit)})" if unit else shown


def unit_of(result: "xr.Dataset", name: str) -> str:
    """Return the unit of a variable; "" for a number without one."""
    unit = str(result[name].attrs.get("units") or "")
    return "" if unit == "1" else unit


def number_text(result: "xr.Dataset", name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the numbers of a quantity with their errors and unit; "not found" if there are none.

    Of several numbers the places follow: "93.1 ± 1.4; 97.8 ± 1.7 (at M = 1; 2)". Of more than
    `LISTED` the smallest and the largest are told, and how many there are.
    """
    values = result[name].to_numpy()
    errors = np.zeros_like(values, dtype=float)
    if f"{name}_error" in result:
        errors = result[f"{name}_error"].transpose(*result[name].dims).to_numpy()
    places = [tuple(map(int, place)) for place in np.argwhere(np.isfinite(values))]

    def shown(place: tuple[int, ...]) -> str:
        value, error = float(values[place]), float(errors[place])
        text = with_error(value, error) if error > 0 else value_text(value)
        return text.replace("-", "−").replace(" ", TIED)

    known = _plain(unit_of(result, name))
    unit = f"{TIED}{known}" if known else ""
    if not places:
        return "not found"
    if len(places) > LISTED:
        ends = sorted(places, key=lambda place: float(values[place]))
        return f"{shown(ends[0])} to {shown(ends[-1])}{unit} ({len(places)} numbers)"
    several = [d for d in map(str, result[name].dims) if result.sizes[d] > 1]
    where = "; ".join(
        ", ".join(
            # One axis is named once.
            (f"{sign(result, d, labels)} = " if len(several) > 1 or not number else "")
            + value_text(_value_at(result, d, n))
            for d, n in zip(map(str, result[name].dims), place, strict=True)
            if d in several
        )
        for number, place in enumerate(places)
    )
    return "; ".join(map(shown, places)) + unit + (f" (at {where})" if several else "")


def _value_at(result: "xr.Dataset", dim: str, number: int) -> Any:
    """Return a value of a dimension; its place, counted from 0, if it has no values."""
    return result[dim].to_numpy()[number] if dim in result.coords else number


def value_text(value: Any) -> str:
    """Return one value of an axis as a legend shows it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _plain(str(value))
    shown = f"{value:,d}" if isinstance(value, int) else f"{value:.6g}"
    return shown.replace("-", "−").replace(",", "")


def value_texts(values: Sequence[Any]) -> list[str]:
    """Return values of an axis with as few digits as tell them apart, at least four.

    Whole numbers, such as lengths, have all of their digits.
    """
    if any(isinstance(value, str) for value in values) or are_whole(values):
        return [value_text(value) for value in values]
    short = [value_text(float(f"{value:.4g}")) for value in values]
    return short if len({*short}) == len(values) else [value_text(value) for value in values]


def are_whole(values: Sequence[Any]) -> bool:
    """Whether all values are whole numbers that `value_text` shows with all digits."""
    return all(abs(value) < WHOLE and value == round(value) for value in values)


def case_texts(
    result: "xr.Dataset", name: str, values: Sequence[Any], labels: Mapping[str, str] | None = None
) -> list[str]:
    """Return what cases stand for, as far as they differ; nothing if an axis counts no cases.

    Parameters
    ----------
    result : xarray.Dataset
    name : str
        The axis that counts cases; its attribute `parameters` names what they stand for.
    values : sequence of int
        Numbers of the cases.
    labels : mapping, optional
        Other words for names.
    """
    named = str(result[name].attrs.get(PARAMETERS, "")) if name in result else ""
    if not named or name not in result.dims:
        return []
    chosen = result.sel({name: list(values)})
    rows = {p: chosen[p].to_numpy().tolist() for p in named.split(", ") if p in chosen.coords}
    texts = {p: dict(zip(row, value_texts(row), strict=True)) for p, row in rows.items()}
    cases = [{p: row[n] for p, row in rows.items()} for n in range(len(values))]
    told = case_words(cases, lambda p: sign(result, p, labels), lambda p, value: texts[p][value])
    return [words or value_text(value) for words, value in zip(told, values, strict=True)]


def choice_text(
    result: "xr.Dataset", part: "xr.Dataset", name: str, labels: Mapping[str, str] | None = None
) -> str:
    """Return the one value of a dimension that a panel shows: "M = 4", or what its case stands for.

    Parameters
    ----------
    result, part : xarray.Dataset
        All values, and the part with the one that is shown.
    name : str
        The dimension, or a coordinate along it.
    labels : mapping, optional
        Other words for names.
    """
    value = part[name].to_numpy().ravel()[0]
    if name in result.dims and (all_of_them := result[name].to_numpy()).size > 1:
        texts = case_texts(result, name, all_of_them.tolist(), labels)
        if texts:
            return texts[int(np.flatnonzero(all_of_them == value)[0])]
    return named_value(result, name, value_text(value), labels)


def named_value(
    result: "xr.Dataset", name: str, text: str, labels: Mapping[str, str] | None = None
) -> str:
    """Return a value with what it is a value of and its unit: "W = 0.5 t".

    A label of the user's has its own unit, in brackets at its end: "W  (t)".

    Parameters
    ----------
    result : xarray.Dataset
    name : str
        A dimension or a coordinate.
    text : str
        The value, as `value_texts` writes it.
    labels : mapping, optional
        Other words for names.
    """
    shown, unit = sign(result, name, labels), ""
    if labels and name in labels:
        if own := _OWN_UNIT.fullmatch(shown):
            shown, unit = own[1], own[2]
    elif name in result and result[name].dtype.kind in "fiu":
        unit = _plain(unit_of(result, name))
    return f"{shown} = {text}" + (f"{TIED}{unit}" if unit else "")


def _set(found: re.Match[str]) -> str:
    inside = found[2].strip("{}()")
    # Words stand upright in a formula, single letters lean.
    upright = len(inside) > 1 and inside.isalpha()
    set_in = rf"\mathrm{{{inside}}}" if upright else inside
    return f"${found[1]}{{{set_in}}}$"


def _plain(text: str) -> str:
    """Return words that must not be read as a formula."""
    return text.replace("$", r"\$")
