"""What may be plotted by name: results of an analysis, and statistics such as mean(ln_g)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import xarray as xr

from qtcore.answers.estimators import (
    kurtosis_of,
    localization_length,
    skewness_of,
    variance_slope,
)
from qtcore.answers.named import unknown
from qtcore.answers.quantity import quantities
from qtcore.answers.statistics import NAMES, statistics
from qtcore.errors import InputError
from qtcore.figures.curves import SUFFIXES

_CALL = re.compile(r"\s*(?P<stat>[A-Za-z_]\w*)\s*\(\s*(?P<inside>[^()]*)\)\s*")

SIGNS = {"mean": "⟨{}⟩", "std": "σ({})", "median": "median({})"}
"""How a statistic is written at an axis, where not as NAME(quantity)."""


ESTIMATORS = {"localization_length": localization_length, "variance_slope": variance_slope}
"""What is estimated of the samples themselves where no analysis has it."""

SHAPES = {"skewness": skewness_of, "kurtosis": kurtosis_of}
"""Further statistics of a quantity, from `qtcore.estimate`."""

ALL = (*NAMES[:-1], "quantile(…, 0.25)", *SHAPES)
"""Statistics in words."""


class Statistic(NamedTuple):
    """A statistic of a stored quantity: mean(ln_g) or quantile(ln_g, 0.25)."""

    of: str
    name: str

    @property
    def variable(self) -> str:
        """The name of its variable and of the column that holds it: mean_ln_g."""
        return f"{re.sub(r'[^0-9A-Za-z]+', '_', self.name).strip('_')}_{self.of}"


def parsed(text: str) -> Statistic | None:
    """Return the statistic that a text asks for; None if it has no brackets and is a plain name.

    Raises
    ------
    InputError
        If it has brackets and is no statistic of a quantity.
    """
    if "(" not in text and ")" not in text:
        return None
    found = _CALL.fullmatch(text)
    words = [word.strip() for word in found["inside"].split(",")] if found else []
    if found and len(words) == 1 and words[0]:
        return Statistic(words[0], found["stat"])
    if found and len(words) == 2 and found["stat"] == "quantile":
        return Statistic(words[0], f"quantile({words[1]})")
    raise InputError(
        f"a statistic is written as mean(ln_g), var(ln_g) or quantile(ln_g, 0.25); got {text!r}"
    )


def needs_analysis(names: Sequence[str], dataset: xr.Dataset) -> bool:
    """Whether one of these names is neither a statistic nor an axis, so that only an analysis may know it."""
    return any(parsed(name) is None and name not in dataset.coords for name in names)


def tabulated(
    dataset: xr.Dataset, result: xr.Dataset | None, names: Sequence[str]
) -> tuple[xr.Dataset, list[str]]:
    """Return variables with errors, and what else is known of them, for what was asked by name.

    Parameters
    ----------
    dataset : xarray.Dataset
        Samples, as `qtcore.open` returns them, or a selection of them.
    result : xarray.Dataset, optional
        Results of an analysis; the same selection.
    names : sequence of str
        Results or coordinates by their name, statistics as in `parsed`.

    Returns
    -------
    frame : xarray.Dataset
        For each of them a variable (or coordinate), and `NAME_error`, `NAME_theory` and the like where they are
        known; loaded.
    variables : list of str
        The name of each of them in the frame.

    Raises
    ------
    InputError
        If there is no such result, quantity or statistic; the message lists those that there are.
    """
    parts, variables = [], []
    for name in names:
        asked = parsed(name)
        if asked is None:
            parts.append(_result(dataset, result, name))
            variables.append(name)
        else:
            parts.append(_statistic(dataset, asked))
            variables.append(asked.variable)
    frame = xr.merge(parts, join="outer", compat="override", combine_attrs="override")
    return frame.load(), variables


def _result(dataset: xr.Dataset, result: xr.Dataset | None, name: str) -> xr.Dataset:
    """Return a result with what belongs to it, or a coordinate."""
    if result is not None and name in result.data_vars:
        return result[[n for n in (name, *(f"{name}{s}" for s in SUFFIXES)) if n in result]]
    if name in ESTIMATORS:
        found = ESTIMATORS[name](dataset)
        return found[[n for n in (name, f"{name}_error") if n in found]]
    for source in (result, dataset):
        if source is not None and name in source.coords:
            return source[[name]]
    raise unknown_quantity(dataset, result, name)


def unknown_quantity(dataset: xr.Dataset, result: xr.Dataset | None, name: str) -> InputError:
    """Return the error about a name that is no result, with everything that could be asked for."""
    if name in quantities(dataset):
        return InputError(
            f"{name} is what each sample has; say which statistic of it, such as mean({name}) or "
            f"var({name}), or give --hist {name}. Statistics are {', '.join(ALL)}"
        )
    axes = [str(n) for n, coord in dataset.coords.items() if coord.ndim == 1]
    return unknown("result or axis", name, [*askable(dataset, result), *axes])


def askable(dataset: xr.Dataset, result: xr.Dataset | None) -> list[str]:
    """Return what may be asked for: results, estimates, and means as an example of statistics."""
    own = [] if result is None else [str(n) for n in result.data_vars]
    plain = [
        n for n in own if not any(n.endswith(s) and n.removesuffix(s) in own for s in SUFFIXES)
    ]
    estimated = [name for name in ESTIMATORS if name not in plain]
    return [*plain, *estimated, *(f"mean({name})" for name in quantities(dataset))]


def _statistic(dataset: xr.Dataset, asked: Statistic) -> xr.Dataset:
    _known_statistic(asked.name)
    if asked.name in SHAPES:
        found = SHAPES[asked.name](dataset, asked.of)
        found = found[[asked.name, f"{asked.name}_error"]]
    else:
        found = statistics(dataset, asked.of, [asked.name])
    own = str(dataset[asked.of].attrs.get("symbol", "")) if asked.of in dataset else ""
    inside = own or asked.of.replace("_", " ")
    symbol = SIGNS.get(asked.name, f"{asked.name}({{}})").format(inside)
    if asked.name.startswith("quantile"):
        symbol = f"{asked.name.removeprefix('quantile').strip('()')} quantile of {inside}"
    found = found.rename({asked.name: asked.variable})
    if f"{asked.name}_error" in found:
        found = found.rename({f"{asked.name}_error": f"{asked.variable}_error"})
    found[asked.variable].attrs["symbol"] = symbol
    return found


def _known_statistic(name: str) -> None:
    """Raise InputError, with the statistics that there are, for a name that is none."""
    if name not in (*NAMES, *SHAPES) and not name.startswith("quantile("):
        raise unknown("statistic", name, ALL)
