"""The numbers of a result in a table, for definitions that compare nothing with theory."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli.show import out
from qtcore.estimate.estimate import with_error

MOST = 24
"""Rows of the table; the rest is in the file."""


def numbers(result: xr.Dataset) -> None:
    """Print what was measured, with errors; of lengths the longest one of each point."""
    rows = list(_rows(result))
    if not rows:
        return
    table = Table("quantity", "at", "result", box=SIMPLE_HEAD)
    for row in rows[:MOST]:
        table.add_row(*map(escape, row))
    out.print(table)
    if len(rows) > MOST:
        out.print(f"{len(rows) - MOST:,} more numbers are in the analysis file.", style="dim")


def _rows(result: xr.Dataset) -> Iterator[tuple[str, str, str]]:
    """Yield quantity, place and value of each number that has an error."""
    for name in map(str, result.data_vars):
        if f"{name}_error" not in result:
            continue
        about = result[name].attrs
        unit = f" {about['units']}" if about.get("units") else ""
        errors = result[f"{name}_error"].to_numpy()
        for place in _places(result[name]):
            value, error = float(result[name].to_numpy()[place]), float(errors[place])
            words = [
                f"{d} {result[d].to_numpy()[n]:g}" if d in result.coords else f"{d} {n}"
                for d, n in zip(result[name].dims, place, strict=True)
                if result.sizes[d] > 1
            ]
            shown = with_error(value, error) if np.isfinite(error) else f"{value:.4g}"
            yield about.get("symbol", name), ", ".join(words), f"{shown}{unit}"


def _places(values: xr.DataArray) -> Iterator[tuple[int, ...]]:
    """Yield the places that have a number, along the lengths the last one of them."""
    finite = np.isfinite(values.to_numpy())
    if "length" in values.dims:
        axis = values.dims.index("length")
        last = finite.shape[axis] - 1 - np.flip(finite, axis).argmax(axis)
        is_last = np.expand_dims(last, axis) == np.arange(finite.shape[axis]).reshape(
            [-1 if n == axis else 1 for n in range(finite.ndim)]
        )
        finite &= is_last
    yield from (tuple(map(int, place)) for place in np.argwhere(finite))
