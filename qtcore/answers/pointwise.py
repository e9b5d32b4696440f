"""Estimators that take the samples of one point, called at every point of a dataset."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.combined import refuse_wrong_combination
from qtcore.answers.quantity import samples_of
from qtcore.answers.whole import whole_samples
from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Estimate, as_estimate
from qtcore.estimate.missing import Missing
from qtcore.results.quantities import place_in_words
from qtcore.store.layout import REALIZATION

Array = NDArray[np.float64]

Estimator = Callable[[Array], Estimate | Sequence[Estimate | float]]
"""From samples (realization, *held) to one or several numbers, each with an error or without."""

NAMED = 4
"""Points that a reason names."""

MOST_REASONS = 6
"""Reasons that are told; many hold the numbers of their point."""


def at_each_point(
    dataset: xr.Dataset, of: str, held: Sequence[str], names: Sequence[str], estimator: Estimator
) -> xr.Dataset:
    """Return what an estimator makes of the finished realizations of each point.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, or `g`.
    held : sequence of str
        Dimensions that the estimator sees whole, such as `length`.
    names : sequence of str
        Names of the numbers that it returns.
    estimator : function
        Takes samples (realization, *held), of which every realization has a value; returns as many numbers as there are
        names. Where it raises `qtcore.estimate.Missing`, all of them are NaN.

    Returns
    -------
    xarray.Dataset
        For each name its values, and `NAME_error` for those with an error, over the dimensions that are left. The attribute
        `missing` of the first says why values are missing, and at which points. Computed, not lazy.

    Raises
    ------
    InputError
        If there is no such variable or dimension.
    """
    refuse_wrong_combination(dataset)
    samples = samples_of(dataset, of)
    for name in held:
        if name not in samples.dims:
            raise InputError(
                f"this estimate needs the samples of {of} at several values of {name}; the dataset has "
                f"{', '.join(map(str, samples.dims))}"
            )

    def of_block(block: Array) -> tuple[Any, ...]:
        return _of_block(block, len(held) + 1, len(names), estimator)

    found: tuple[xr.DataArray, ...] = xr.apply_ufunc(
        of_block,
        whole_samples(samples, held),
        input_core_dims=[[REALIZATION, *held]],
        output_core_dims=[["number"], ["number"], []],
        dask="parallelized",
        output_dtypes=[np.float64, np.float64, object],
        dask_gufunc_kwargs={"output_sizes": {"number": len(names)}},
    )
    together = xr.Dataset(dict(zip(("values", "errors", "reasons"), found, strict=True))).compute()
    result = xr.Dataset(coords=_coordinates(together), attrs=dict(dataset.attrs))
    for n, name in enumerate(names):
        result[name] = together["values"].isel(number=n).variable
        errors = together["errors"].isel(number=n)
        if not np.isinf(errors).any():
            result[f"{name}_error"] = errors.variable
    if told := _told(together["reasons"]):
        result[names[0]].attrs["missing"] = told
    return result


def _of_block(block: Array, core: int, numbers: int, estimator: Estimator) -> tuple[Any, ...]:
    """Return values and errors (*points, number) and reasons (*points) of some points.

    An error that is infinite stands for a number without one.
    """
    shape = block.shape[: block.ndim - core]
    values, errors = (np.full((*shape, numbers), np.nan) for _ in range(2))
    reasons = np.full(shape, "", dtype=object)
    for index in np.ndindex(shape):
        samples = block[index]
        there = ~np.isnan(samples).all(axis=tuple(range(1, core)))
        try:
            found = estimator(samples[there])
        except Missing as missing:
            reasons[index] = str(missing)
            continue
        each = [found] if isinstance(found, Estimate) else list(found)
        if len(each) != numbers:
            raise InputError(f"the estimator returns {len(each)} numbers, and {numbers} are named")
        for n, one in enumerate(each):
            number = as_estimate(one)
            if number.ndim:
                raise InputError(f"an estimator returns single numbers, got {brief(number)}")
            values[(*index, n)] = number.values
            errors[(*index, n)] = number.error if isinstance(one, Estimate) else np.inf
    return values, errors, reasons


def _coordinates(dataset: xr.Dataset) -> dict[Any, Any]:
    left = {d for d in dataset.dims if d != "number"}
    return {name: c.variable for name, c in dataset.coords.items() if left.issuperset(c.dims)}


def _told(reasons: xr.DataArray) -> str:
    """Return each reason with the number of points that it holds for, and the first of these points."""
    texts, dims = reasons.to_numpy(), [str(d) for d in reasons.dims]
    told = []
    for text in sorted({*texts[texts != ""].astype(str)}):
        places = np.argwhere(texts == text)
        listed = [place_in_words(reasons, dims, place) for place in places[:NAMED]]
        more = f"; {len(places) - NAMED:,} more" if len(places) > NAMED else ""
        where = f" ({'; '.join(listed)}{more})" if any(listed) else ""
        told.append(f"{len(places)} × {text}{where}")
    left = len(told) - MOST_REASONS
    return "; ".join([*told[:MOST_REASONS], *([f"{left:,} more reasons"] if left > 0 else [])])
