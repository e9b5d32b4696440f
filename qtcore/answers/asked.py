"""What somebody asks of a store: some of it, some variables, samples, statistics or results."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from qtcore.answers.quantity import quantities, samples_of
from qtcore.answers.selection import FINISHED, Wanted, select_both
from qtcore.answers.statistics import statistics
from qtcore.answers.tabulated import askable, needs_analysis, tabulated
from qtcore.errors import InputError
from qtcore.results.declare import SUFFIXES

Names = str | Sequence[str]
"""One name, several, or a text with commas between them."""

_COMMA = re.compile(r",(?![^(]*\))")
"""A comma between names, not one within the brackets of `quantile(ln_g, 0.25)`."""


def asked(
    dataset: xr.Dataset,
    *,
    of: Names | None = None,
    stat: Names | None = None,
    selected: Mapping[str, Wanted] | None = None,
    result: xr.Dataset | None = None,
) -> xr.Dataset:
    """Return what is asked of a dataset, with every axis as a dimension.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or results made of it.
    of : str or sequence of str, optional
        Variables, `g` among them where `ln_g` is stored; all of them if left out. A quantity of results comes with its error and
        its theory. What `qtcore plot` knows by name may be asked for too: estimates (`localization_length`), results, and
        single statistics (`mean(ln_g)`).
    stat : str or sequence of str, optional
        Statistics over the finished realizations, as `qtcore.answers.statistics.statistics` names them.
        Each makes the variables `NAME_STAT` and `NAME_STAT_error` of every stored quantity that `of` names. The numbers
        themselves if left out.
    selected : mapping, optional
        As in `qtcore.answers.selection.select`.
    result : xarray.Dataset, optional
        Results of an analysis, whose names `of` may have too.

    Returns
    -------
    xarray.Dataset
        Lazy where the dataset is. An axis of which one value was selected is a dimension of size 1.

    Raises
    ------
    InputError
        If a name is unknown, or a selection matches nothing.
    """
    chosen, results = select_both(dataset, result, selected or {})
    variables = names_in(of)
    stored = [name for name in variables if name not in beyond_samples(variables, dataset)]
    found: dict[str, xr.DataArray] = {}
    if stat is None:
        if stored or not variables:
            found |= _numbers(chosen, stored)
    else:
        stats = names_in(stat)
        if not stats:
            raise InputError("a statistic is asked for by its name, such as mean; got none")
        for name in stored if variables else quantities(chosen):
            of_one = statistics(chosen, name, stats)
            found |= {f"{name}_{key}": array for key, array in of_one.data_vars.items()}
    for name in variables:
        if name not in stored:
            frame, _ = tabulated(chosen, results, [name])
            if not frame.data_vars:
                raise InputError(
                    f"{name} is an axis, whose values stand beside every variable; say what of it is asked for: "
                    f"{', '.join(askable(dataset, result))}"
                )
            found |= {str(key): array for key, array in frame.data_vars.items()}
    return _whole([dataset] if result is None else [dataset, result], found)


def beyond_samples(names: Sequence[str], dataset: xr.Dataset) -> list[str]:
    """Return those of some names that are no variable of a dataset and no quantity of its samples."""
    known = {*map(str, dataset.data_vars), *quantities(dataset)}
    return [name for name in names if name not in known]


def needs_results(of: Names | None, dataset: xr.Dataset) -> bool:
    """Whether one of these names may be a result, which only the analysis of a definition can give."""
    # A store that names no definition has no results; an unknown name is told with those of its samples.
    has_definition = bool(dataset.attrs.get("definition") or dataset.attrs.get("workflow"))
    return has_definition and needs_analysis(beyond_samples(names_in(of), dataset), dataset)


def names_in(given: Names | None) -> list[str]:
    """Return the names in a text with commas, or in a sequence of names."""
    parts = [given] if isinstance(given, str) else list(given or ())
    return [name.strip() for part in parts for name in _COMMA.split(part) if name.strip()]


def why_nothing(dataset: xr.Dataset) -> str:
    """Say why a part of a dataset holds no number."""
    told = [str(array.attrs.get("missing", "")) for array in dataset.data_vars.values()]
    if reasons := "; ".join(dict.fromkeys(filter(None, told))):
        return reasons
    if FINISHED in dataset.coords and not np.any(dataset[FINISHED].to_numpy()):
        return "no realization of what was asked for is finished"
    return (
        "nothing of what was asked for is computed. A point computes a window of the lengths, and one without "
        "randomness a single realization; select other lengths or realizations"
    )


def _numbers(dataset: xr.Dataset, names: list[str]) -> dict[str, xr.DataArray]:
    """Return variables as they are, with what belongs to each."""
    there = [str(name) for name in dataset.data_vars]
    found: dict[str, xr.DataArray] = {}
    for name in names or there:
        if name not in there:
            found[name] = samples_of(dataset, name)
        ends = ("", *SUFFIXES, "_theory_error")
        found |= {f"{name}{e}": dataset[f"{name}{e}"] for e in ends if f"{name}{e}" in there}
    return found


def _whole(sources: Sequence[xr.Dataset], variables: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Return variables with selected axes as dimensions, in the order that the datasets have them in."""
    by_size = [
        array for one in sources for array in sorted(one.data_vars.values(), key=lambda a: -a.ndim)
    ]
    order = list(dict.fromkeys(str(d) for array in by_size for d in array.dims))
    whole = {str(n): coord.dims for one in reversed(sources) for n, coord in one.coords.items()}
    found = xr.Dataset(variables, attrs=sources[0].attrs)
    alone = [d for d in order if d in found.coords and found[d].ndim == 0]
    # What goes along with a selected axis, such as the channels of a point, goes on doing so.
    along = {
        name: coord.variable.set_dims([*lost, *coord.dims])
        for name, coord in found.coords.items()
        if name not in alone and (lost := [d for d in alone if d in whole.get(str(name), ())])
    }
    found = found.expand_dims(alone).assign_coords(along)
    dims = sorted(map(str, found.dims), key=lambda d: order.index(d) if d in order else len(order))
    return found.transpose(*dims)
