"""The numbers of a result that no check holds against theory, in a table."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli.show import out
from qtcore.estimate.estimate import with_error
from qtcore.results.declare import SUFFIXES

MOST = 24
"""Rows of the table; the rest is in the file."""

FEW = 6
"""Numbers of one quantity that stand beside a table of checks."""


def numbers(result: xr.Dataset, rows: Sequence[str] = ()) -> None:
    """Print what was measured, with errors; of lengths the longest one of each point.

    Parameters
    ----------
    result : xarray.Dataset
        Results of a definition.
    rows : sequence of str
        Keys of the rows of its table of checks. Quantities that have one are left out, and of
        others with many numbers only how many there are is told.
    """
    checked = {key.partition("[")[0] for key in rows}
    found = {name: list(_rows(result, name)) for name in _quantities(result) if name not in checked}
    shown: list[tuple[str, str, str]] = []
    rest: list[str] = []
    for name, own in found.items():
        count = int(np.isfinite(result[name].to_numpy()).sum())
        if not checked or (own and len(own) <= min(FEW, MOST - len(shown))):
            shown += own
        elif count:
            rest.append(f"{name} ({count:,})")
    more = len(shown) - MOST
    if shown:
        table = Table("quantity", "at", "result", box=SIMPLE_HEAD)
        for row in shown[:MOST]:
            table.add_row(*map(escape, row))
        out.print(table)
    if more > 0:
        out.print(f"{more:,} more numbers are in the analysis file.", style="dim")
    if rest:
        listed = escape(", ".join(rest))
        out.print(f"The analysis file has more numbers without a check: {listed}.", style="dim")


def _quantities(result: xr.Dataset) -> Iterator[str]:
    """Yield the names of what was measured, without errors and theories."""
    names = [str(name) for name in result.data_vars if result[name].dtype.kind in "fiub"]
    for name in names:
        parts = (name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix))
        if not any(part in names for part in parts):
            yield name


def _rows(result: xr.Dataset, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield quantity, place and value of each number of a quantity that has errors."""
    if f"{name}_error" not in result:
        return
    about = result[name].attrs
    unit = f" {about['units']}" if about.get("units") else ""
    errors = result[f"{name}_error"].to_numpy()
    for place in _places(result[name]):
        value, error = float(result[name].to_numpy()[place]), float(errors[place])
        words = [
            f"{d} {_shown(result[d].to_numpy()[n])}" if d in result.coords else f"{d} {n}"
            for d, n in zip(result[name].dims, place, strict=True)
            if result.sizes[d] > 1
        ]
        shown = with_error(value, error) if np.isfinite(error) else f"{value:.4g}"
        yield about.get("symbol", name), ", ".join(words), f"{shown}{unit}"


def _shown(value: Any) -> str:
    """Return a coordinate in short: a number, or a text such as the name of a lead."""
    return str(value) if isinstance(value, str) else f"{value:g}"


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
