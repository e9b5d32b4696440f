"""What stands in a dataset of results: its quantities, and their places in words."""

from collections.abc import Iterator, Sequence
from typing import Any

import xarray as xr

from qtcore.results.dataset import INTERVAL
from qtcore.results.declare import SUFFIXES


def quantities_in(result: xr.Dataset) -> Iterator[str]:
    """Yield the names of what was measured, without errors, theories and ends of intervals."""
    ends = {one.attrs.get(INTERVAL) for one in result.data_vars.values()}
    names = [
        str(name)
        for name in result.data_vars
        if result[name].dtype.kind in "fiub" and name not in ends
    ]
    for name in names:
        parts = (name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix))
        if not any(part in names for part in parts):
            yield name


def place_in_words(
    result: xr.Dataset | xr.DataArray, dims: Sequence[str], place: Sequence[int]
) -> str:
    """Return a place in words, without dimensions of one entry."""
    return ", ".join(
        f"{d} {_shown(result[d].to_numpy()[n])}" if d in result.coords else f"{d} {n}"
        for d, n in zip(dims, place, strict=False)
        if result.sizes[d] > 1
    )


def _shown(value: Any) -> str:
    """Return a coordinate in short: a number, or a text such as the name of a lead."""
    return str(value) if isinstance(value, str) else f"{value:g}"
