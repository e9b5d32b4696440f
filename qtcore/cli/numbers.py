"""The numbers of a result that no check holds against theory, in a table."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli.checks import BRACKETS
from qtcore.cli.show import out
from qtcore.estimate.estimate import with_error
from qtcore.results.check_words import interval_text
from qtcore.results.dataset import INTERVAL
from qtcore.results.quantities import place_in_words, quantities_in

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
    listed_alone = {name for names in _by_label(result).values() for name in names}
    left = [name for name in quantities_in(result) if name not in checked | listed_alone]
    found = {name: list(_rows(result, name)) for name in left}
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
        if any(INTERVAL in result[name].attrs for name in left):
            out.print(BRACKETS, style="dim")
    if more > 0:
        out.print(f"{more:,} more numbers are in the analysis file.", style="dim")
    if rest:
        listed = escape(", ".join(rest))
        out.print(f"The analysis file has more numbers without a check: {listed}.", style="dim")


def alternatives(result: xr.Dataset) -> None:
    """Print a table of what was tried, such as expansions: quantities over a dimension whose entries have names.

    Its columns are the quantities without errors that end in this dimension, its rows the entries that have
    a number.
    """
    for dims, names in _by_label(result).items():
        columns = [result[name].to_numpy() for name in names]
        signs = [str(result[name].attrs.get("symbol", name)) for name in names]
        title = str(result[dims[-1]].attrs.get("long_name", dims[-1]))
        several = any(result.sizes[d] > 1 for d in dims[:-1])
        table = Table(*map(escape, (*(["at"] if several else []), title, *signs)), box=SIMPLE_HEAD)
        places = np.argwhere(np.any([np.isfinite(column) for column in columns], axis=0))
        for place in map(tuple, places[:MOST]):
            label = str(result[dims[-1]].to_numpy()[place[-1]])
            where = [place_in_words(result, dims[:-1], place)] if several else []
            shown = [
                f"{column[place]:.3g}" if np.isfinite(column[place]) else "–" for column in columns
            ]
            table.add_row(*map(escape, (*where, label, *shown)))
        if table.row_count:
            out.print(table)
        if len(places) > MOST:
            out.print(f"{len(places) - MOST:,} more rows are in the analysis file.", style="dim")


def _by_label(result: xr.Dataset) -> dict[tuple[str, ...], list[str]]:
    """Return the quantities that `alternatives` shows, by their dimensions."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in quantities_in(result):
        dims = tuple(map(str, result[name].dims))
        has_labels = dims and dims[-1] in result.coords and result[dims[-1]].dtype.kind in "OUT"
        if has_labels and f"{name}_error" not in result:
            found.setdefault(dims, []).append(name)
    return found


def _rows(result: xr.Dataset, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield quantity, place and value of each number of a quantity that has errors."""
    if f"{name}_error" not in result:
        return
    about = result[name].attrs
    unit = f" {about['units']}" if about.get("units") else ""
    errors = result[f"{name}_error"].to_numpy()
    for place in _places(result[name]):
        value, error = float(result[name].to_numpy()[place]), float(errors[place])
        where = place_in_words(result, [str(d) for d in result[name].dims], place)
        shown = with_error(value, error) if np.isfinite(error) else f"{value:.4g}"
        if INTERVAL in about:
            shown += interval_text(*map(float, result[about[INTERVAL]].to_numpy()[place]))
        yield about.get("symbol", name), where, f"{shown}{unit}"


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
