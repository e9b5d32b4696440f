"""Covariances over realizations, with errors."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.combined import refuse_wrong_combination
from qtcore.answers.quantity import samples_of
from qtcore.answers.whole import whole_samples
from qtcore.errors import InputError
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE
from qtcore.store.layout import REALIZATION

Array = NDArray[np.float64]

OTHER = "other_"
"""Begins the name of the second of two dimensions that stand for the same one."""


def covariance(
    dataset: xr.Dataset, of: str, other: str | None = None, *, along: str | None = None
) -> xr.Dataset:
    """Return the covariance of two quantities, or of one quantity at different places along a dimension.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, or `g`.
    other : str, optional
        Another one; of both at the same place the covariance is returned.
    along : str, optional
        A dimension instead, such as `length`: the matrix of covariances between its values is returned, over
        `along` and `other_` + `along`. A realization that lacks one of the places that others have is left out.

    Returns
    -------
    xarray.Dataset
        `cov`, unbiased, `cov_error` with its standard error, and `count`, the realizations behind it. NaN where there are
        fewer than two; no error below 200. Lazy where the dataset is.

    Raises
    ------
    InputError
        If neither or both of `other` and `along` are given, or there is no such variable or dimension.

    Notes
    -----
    The error is sqrt((m₂₂ − m₁₁²) / (n − 1)), with m₁₁ = ⟨δx δy⟩ and m₂₂ = ⟨δx² δy²⟩ (Kendall and Stuart, The
    Advanced Theory of Statistics, vol. 1, sect. 13.1): for x = y that of the variance.
    """
    if (other is None) == (along is None):
        raise InputError(
            'a covariance is that of two quantities, cov("ln_g", "reflection"), or of one along a dimension, '
            'cov("ln_g", along="length"); give one of both'
        )
    refuse_wrong_combination(dataset)
    samples = samples_of(dataset, of)
    units, name = str(samples.attrs.get("units", "")), samples.attrs.get("long_name", of)
    if other is not None:
        second = samples_of(dataset, other)
        units = "·".join(filter(None, (units, str(second.attrs.get("units", "")))))
        long_name = f"covariance of {name} and {second.attrs.get('long_name', other)}"
        found = _of_two(samples, second)
        dims = [d for d in xr.broadcast(samples, second)[0].dims if d != REALIZATION]
    else:
        long_name = f"covariance of {name} along {along}"
        units = units and f"({units})²"
        found, dims = _along(samples, str(along))
    labels = {
        "cov": {"units": units, "long_name": long_name},
        "cov_error": {"units": units, "long_name": f"standard error: {long_name}"},
        "count": {"units": "", "long_name": f"finished realizations: {long_name}"},
    }
    result = xr.Dataset(
        {n: one.transpose(*dims) for n, one in zip(labels, found, strict=True)},
        attrs=dict(dataset.attrs),
    )
    for n, about in labels.items():
        result[n].attrs = dict(about)
    return result


def _of_two(first: xr.DataArray, second: xr.DataArray) -> Any:
    return xr.apply_ufunc(
        _products,
        whole_samples(first),
        whole_samples(second),
        input_core_dims=[[REALIZATION], [REALIZATION]],
        output_core_dims=[[], [], []],
        dask="parallelized",
        output_dtypes=[np.float64, np.float64, np.int64],
    )


def _along(samples: xr.DataArray, along: str) -> tuple[Any, list[Any]]:
    if along not in samples.dims or along == REALIZATION:
        raise InputError(
            f"{samples.name} has no dimension {along} of its own; it has "
            f"{', '.join(str(d) for d in samples.dims if d != REALIZATION) or 'none'}"
        )
    beside = f"{OTHER}{along}"
    found = xr.apply_ufunc(
        _matrix,
        whole_samples(samples, (along,)),
        input_core_dims=[[REALIZATION, along]],
        output_core_dims=[[along, beside], [along, beside], [along, beside]],
        dask="parallelized",
        output_dtypes=[np.float64, np.float64, np.int64],
        dask_gufunc_kwargs={"output_sizes": {beside: samples.sizes[along]}},
    )
    labels = samples[along].variable
    with_labels = [
        one.assign_coords({beside: (beside, labels.to_numpy(), labels.attrs)}) for one in found
    ]
    left = [d for d in samples.dims if d not in (REALIZATION, along)]
    return with_labels, [*left, along, beside]


def _products(x: Array, y: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return covariance, error and count along the last dimension."""
    both = np.isfinite(x) & np.isfinite(y)
    n = both.sum(axis=-1)
    number = np.maximum(n, 1)
    dx, dy = (
        np.where(both, a - _mean(np.where(both, a, 0.0), number)[..., None], 0.0) for a in (x, y)
    )
    products = dx * dy
    return _with_error(products.sum(axis=-1), (products**2).sum(axis=-1), n)


def _mean(values: Array, number: NDArray[np.int64]) -> Array:
    found: Array = values.sum(axis=-1) / number
    return found


def _matrix(x: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return covariances, errors and counts of (…, realization, place), each (…, place, place)."""
    known = np.isfinite(x)
    some = known.any(axis=-2, keepdims=True)
    whole = (known | ~some).all(axis=-1, keepdims=True) & some.any(axis=-1, keepdims=True)
    used = known & whole
    n = whole.sum(axis=-2, keepdims=True)
    filled = np.where(used, x, 0.0)
    away = np.where(used, filled - filled.sum(axis=-2, keepdims=True) / np.maximum(n, 1), 0.0)
    squares = away**2
    pairs = some & np.swapaxes(some, -1, -2)
    first = np.swapaxes(away, -1, -2) @ away
    second = np.swapaxes(squares, -1, -2) @ squares
    return _with_error(first, second, np.where(pairs, n, 0))


def _with_error(
    products: Array, squares: Array, n: NDArray[np.int64]
) -> tuple[Array, Array, NDArray[np.int64]]:
    number, free = np.maximum(n, 1), np.maximum(n - 1, 1)
    spread = np.maximum(squares / number - (products / number) ** 2, 0.0)
    error = np.where(n >= FEWEST_FOR_VARIANCE, np.sqrt(spread / free), np.nan)
    return np.where(n > 1, products / free, np.nan), error, n
