"""Results as one labelled dataset, with the table of checks in its attributes."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.errors import InputError, brief, listed
from qtcore.results.check import Check
from qtcore.results.column import Column
from qtcore.results.declare import Bins, Declared, Quantity
from qtcore.results.dimensions import coordinates
from qtcore.results.rows import notes_of, rows_of
from qtcore.results.table import Table

if TYPE_CHECKING:
    import xarray as xr


CHECKS, NOTES = "checks", "notes"
"""Attributes of results that hold the table of checks and what a reader should know besides."""

INTERVAL = "interval"
"""Attribute of a quantity: the name of the quantity that holds the ends of its 95 % interval."""

PARAMETERS = "parameters"
"""Attribute of an axis that counts cases: the names of what cases stand for."""


def results_of(declared: Declared, ds: "xr.Dataset") -> "xr.Dataset":
    """Return what the stages of a definition make of a stored sweep.

    Parameters
    ----------
    declared : Declared
        Quantities and stages; `Workflow.declared` of a definition.
    ds : xarray.Dataset
        As `qtcore.open` returns it.

    Returns
    -------
    xarray.Dataset
        For each quantity `NAME`, and where they are known `NAME_error` (standard error),
        `NAME_theory`, `NAME_left_out` (half width of the band of theory) and `NAME_compared` (1
        where a check compares them); NaN where nothing was measured, everywhere if need be. Coordinates are the axes of
        the sweep, the parameters of its cases, the dimensions of the workflow and the constants. The attributes `checks` and
        `notes` hold the table of checks and remarks as JSON (`checks_in`, `notes_in`).

    Raises
    ------
    InputError
        If stages and declarations do not fit together, with the name.
    """
    table = Table(declared, ds)
    result = _variables(table)
    result = result.assign_coords(_coordinates(table, result))
    result.attrs = dict(ds.attrs)
    result.attrs[CHECKS] = json.dumps([_as_json(row) for row in rows_of(table)])
    result.attrs[NOTES] = json.dumps([*table.notes, *notes_of(table)])
    return result


def checks_in(result: "xr.Dataset") -> list[Check]:
    """Return the table of checks of results.

    Raises
    ------
    InputError
        If the dataset holds none.
    """
    if CHECKS not in result.attrs:
        raise InputError(
            "these results hold no table of checks: the definition must compare them itself "
            "(`check`), or declare quantities and what is expected of them"
        )
    return [Check(**_from_json(row)) for row in json.loads(result.attrs[CHECKS])]


def notes_in(result: "xr.Dataset") -> list[str]:
    """Return remarks on results, such as points that were left out."""
    return list(json.loads(result.attrs.get(NOTES, "[]")))


def _as_json(row: Check) -> dict[str, Any]:
    """Return a check as JSON values; NaN becomes null."""
    return {
        name: None if isinstance(one, float) and math.isnan(one) else one
        for name, one in asdict(row).items()
    }


def _from_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a check; null becomes NaN."""
    return {name: math.nan if one is None else one for name, one in row.items()}


def _variables(table: Table) -> "xr.Dataset":
    import xarray as xr

    result = xr.Dataset()
    for name, quantity in table.quantities.items():
        if name not in table.found:
            result[name] = _nothing(table, quantity)
            continue
        column = table.found[name]
        about = _about(quantity)
        result[name] = (column.dims, column.values, about)
        if quantity.interval in table.found:
            _refuse_unless_ends(column, table.found[quantity.interval], quantity)
            result[name].attrs[INTERVAL] = quantity.interval
        if reasons := _reasons(column):
            result[name].attrs["missing"] = reasons
        if column.has_error:
            errors = np.where(np.isfinite(column.values), column.estimate.error, np.nan)
            result[f"{name}_error"] = (column.dims, errors, _meaning(about, "standard error: "))
        if name in table.theory:
            _put_theory(result, table, name, about)
    return result


def _refuse_unless_ends(column: Column, ends: Column, quantity: Quantity) -> None:
    """Raise InputError if an interval does not have two ends for each number of its quantity."""
    if ends.values.shape != (*column.values.shape, 2):
        raise InputError(
            f"{quantity.interval}, the interval of {quantity.name}, was measured over {listed(ends.dims)} with "
            f"{brief(ends.values.shape)} entries; it needs the dimensions of {quantity.name}, "
            f"{listed(column.dims)}, from a stage that holds the same axes, and behind them one of two entries"
        )


def _nothing(table: Table, quantity: Quantity) -> "xr.Variable":
    """Return NaN everywhere, for what no stage returned: whoever draws it finds it."""
    import xarray as xr

    dims = (*(d for d in table.swept.axes if d not in quantity.dims), *quantity.dims)
    empty = np.full(tuple(map(table.size, dims)), np.nan)
    return xr.Variable(dims, empty, _about(quantity))


def _put_theory(result: "xr.Dataset", table: Table, name: str, about: Mapping[str, str]) -> None:
    dims = table.found[name].dims
    theory = table.theory[name]
    result[f"{name}_theory"] = (dims, theory.values, _meaning(about, "theory: "))
    if theory.has_error:
        errors = np.where(np.isfinite(theory.values), theory.estimate.error, np.nan)
        words = _meaning(about, "standard error of theory: ")
        result[f"{name}_theory_error"] = (dims, errors, words)
    left_out = table.left_out[name].values
    if np.nan_to_num(left_out).any():
        words = _meaning(about, "half width of what theory leaves out: ")
        result[f"{name}_left_out"] = (dims, left_out, words)
    compared = (table.compared[name].values > 0).astype(np.int8)
    words = {"units": "", "long_name": f"1 where {about['long_name']} is compared with theory"}
    result[f"{name}_compared"] = (dims, compared, words)


def _about(quantity: Quantity) -> dict[str, str]:
    return {
        "units": quantity.units,
        "long_name": quantity.long_name or quantity.name,
        "symbol": quantity.sign,
        "source": quantity.source,
    }


def _meaning(about: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {**about, "long_name": f"{prefix}{about['long_name']}"}


def _reasons(column: Column) -> str:
    """Say why entries are missing, and how many for each reason."""
    reasons, counts = np.unique(
        column.reasons[column.reasons != ""].astype(str), return_counts=True
    )
    return "; ".join(f"{n} × {why}" for why, n in zip(reasons, counts, strict=True))


def _coordinates(table: Table, result: "xr.Dataset") -> dict[str, Any]:
    ds = table.swept.ds
    found: dict[str, Any] = {}
    for d in map(str, result.dims):
        if d in table.own:
            found |= _own_coordinates(d, table.own[d])
        elif d in ds.coords:
            found[d] = ds[d].variable
    for axis in table.swept.axes:
        if axis in found and (names := table.swept.parameters_of(axis)):
            along = {n: ds[n].variable for n in names if n in ds.coords and n not in result}
            own = found[axis].copy()
            own.attrs = {**own.attrs, PARAMETERS: ", ".join(along)}
            found |= {axis: own, **along}
    for name, value in table.swept.constants.items():
        if isinstance(value, bool | int | float | str) and name not in result.variables:
            found.setdefault(name, ((), value))
    return found


def _own_coordinates(d: str, dimension: Any) -> dict[str, Any]:
    words = {
        name: text
        for name in ("units", "long_name", "symbol")
        if (text := getattr(dimension, name, ""))
    }
    found: dict[str, Any] = {d: (d, coordinates(dimension), words)}
    if isinstance(dimension, Bins):
        found[f"{d}_lower"] = (d, dimension.edges[:-1], {**words, "long_name": "lower edge"})
        found[f"{d}_upper"] = (d, dimension.edges[1:], {**words, "long_name": "upper edge"})
    return found
