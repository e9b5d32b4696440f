"""The grid of a store as a page shows it: what each point shall have, and a part of all points."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from qtcore.answers.selection import Wanted, select
from qtcore.figures.words import case_texts
from qtcore.results.dataset import PARAMETERS
from qtcore.store.coordinate import coordinate
from qtcore.store.header import Header
from qtcore.store.stated import cases_stated, stated_by


def wanted_realizations(header: Header, opened: xr.Dataset) -> xr.DataArray:
    """Return the realizations that each point shall have, in the order of the opened dataset."""
    axes = [str(d) for d in opened["finished"].dims]
    stated = stated_by(header)
    # A store keeps values in the order in which they came, and a dataset sorts numbers.
    labels = {name: coordinate(header, name, stated)[1] for name in axes}
    counts = header.counts(opened["finished"].shape)
    order = [
        np.argsort(labels[name], kind="stable")
        if (np.diff(labels[name]) < 0).any()
        else np.arange(counts.shape[n])
        for n, name in enumerate(axes)
    ]
    return xr.DataArray(counts[np.ix_(*order)] if axes else counts, dims=axes)


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
