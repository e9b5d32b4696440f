"""The grid of a store as a page shows it: what each point shall have, and a part of all points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.selection import Wanted, select
from qtcore.figures.words import case_texts
from qtcore.results.dataset import PARAMETERS
from qtcore.store.coordinate import coordinate
from qtcore.store.header import Header
from qtcore.store.stated import cases_stated, stated_by


def wanted_realizations(header: Header, opened: xr.Dataset) -> xr.DataArray:
    """Return the realizations that each point shall have, in the order of the opened dataset."""
    return _in_order(header, opened, header.counts(opened["finished"].shape))


def places_in_store(header: Header, opened: xr.Dataset) -> xr.DataArray:
    """Return where the store keeps each point: its number there, in the order of the opened dataset."""
    grid = opened["finished"].shape
    return _in_order(header, opened, np.arange(np.prod(grid, dtype=np.int64)).reshape(grid))


def _in_order(header: Header, opened: xr.Dataset, of_points: NDArray[np.int64]) -> xr.DataArray:
    axes = [str(d) for d in opened["finished"].dims]
    stated = stated_by(header)
    # A store keeps values in the order in which they came, and a dataset sorts numbers.
    labels = {name: coordinate(header, name, stated)[1] for name in axes}
    order = [
        np.argsort(labels[name], kind="stable")
        if (np.diff(labels[name]) < 0).any()
        else np.arange(of_points.shape[n])
        for n, name in enumerate(axes)
    ]
    return xr.DataArray(of_points[np.ix_(*order)] if axes else of_points, dims=axes)


def part_of(dataset: xr.Dataset, wanted: Mapping[str, Wanted]) -> xr.Dataset:
    """Return a selection that keeps every dimension, with one value where one was chosen."""
    found = select(dataset, wanted)
    lost = [d for d in dataset.dims if d not in found.dims and d in found.coords]
    for dim in lost:
        has = [n for n in found.variables if dim in dataset[n].dims and n != dim]
        widened = {n: found[n].expand_dims(dim).transpose(*dataset[n].dims) for n in has}
        found = (
            found.drop_vars([dim, *has])
            .assign_coords({dim: [found[dim].item()]})
            .assign({n: v for n, v in widened.items() if n in dataset.data_vars})
            .assign_coords({n: v for n, v in widened.items() if n in dataset.coords})
        )
        found[dim].attrs.update(dataset[dim].attrs)
    return found


def named_cases(header: Header, dataset: xr.Dataset, dim: str) -> list[str]:
    """Return what the cases along a dimension are called; nothing if it counts no cases."""
    cases = cases_stated(header).get(dim)
    if not cases or dim not in dataset.coords:
        return []
    parameters = dict.fromkeys(name for case in cases.values() for name in case)
    numbers = dataset[dim].assign_attrs({PARAMETERS: ", ".join(parameters)})
    return case_texts(dataset.assign_coords({dim: numbers}), dim, numbers.to_numpy().tolist())


def case_parameters(header: Header, dataset: xr.Dataset, dim: str) -> dict[str, dict[str, Any]]:
    """Return the parameters that tell the cases along a dimension apart; none if it counts no cases.

    Each has its `values` case by case, and whether they are no numbers (`text`). A sweep states no units of them.
    """
    cases = cases_stated(header).get(dim)
    if not cases or dim not in dataset.coords:
        return {}
    rows = [cases[int(number)] for number in dataset[dim].to_numpy()]
    found = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if len({*map(str, values)}) > 1:
            numbers = all(type(value) in (int, float) for value in values)
            shown = values if numbers else [str(value) for value in values]
            found[name] = {"values": shown, "text": not numbers}
    return found
