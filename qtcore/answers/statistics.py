"""Statistics over the finished realizations, with errors: lazily, in one pass, in bounded memory."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.combined import refuse_wrong_combination
from qtcore.answers.moments import COUNT, INFINITE, LACKING, M2, M4, MEAN, joined, moments_of
from qtcore.answers.named import unknown
from qtcore.answers.order import quantile_of
from qtcore.answers.pieces import over_realizations
from qtcore.answers.quantity import samples_of
from qtcore.answers.whole import whole_samples
from qtcore.errors import InputError, brief
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE, FEWEST_REALIZATIONS
from qtcore.store.layout import LENGTH, REALIZATION

Array = NDArray[np.float64]

QUANTILE = re.compile(r"quantile\(\s*([0-9.eE+-]+)\s*\)")
"""A quantile by name, such as quantile(0.25) or quantile(.25)."""

OF_MOMENTS = ("count", "mean", "sem", "std", "var")
"""Statistics that are made of sums."""

NAMES = (*OF_MOMENTS, "median", "quantile(0.25)")
"""Names of statistics, for messages; of quantiles an example."""


class _Words(NamedTuple):
    """How the long name of a statistic begins, and to which power the unit of the samples comes."""

    begins: str
    power: int


WORDS = {
    "count": _Words("finished realizations of", 0),
    "mean": _Words("mean of", 1),
    "sem": _Words("standard error of the mean of", 1),
    "std": _Words("standard deviation of", 1),
    "var": _Words("variance of", 2),
    "median": _Words("median of", 1),
}


def statistics(dataset: xr.Dataset, of: str, stats: Sequence[str]) -> xr.Dataset:
    """Return statistics of a quantity over the finished realizations.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    of : str
        A variable, such as "ln_g"; or "g", the conductance, where `ln_g` is stored.
    stats : sequence of str
        Of "count", "mean", "sem" (standard error of the mean), "std", "var" (unbiased), "median" and
        "quantile(p)" with 0 < p < 1.

    Returns
    -------
    xarray.Dataset
        A variable for each statistic, by its name as it was given, and `NAME_error` with its standard error
        (`count` has none), over the dimensions without `realization`, with units and long names. Lazy
        where the dataset is: nothing is read before it is computed.

        NaN, and a count of 0, where no realization is finished. NaN as well where a realization has no value beside others
        that it has, such as a T_n that is too small to be known, and, but for quantiles, where one is infinite.
        Means and quantiles have no error below 8 realizations, variances and standard deviations below 200.

    Raises
    ------
    InputError
        If there is no such variable or statistic, the variable has complex values, or the dataset was put together of
        several runs in a way that does not tell them apart.

    Notes
    -----
    Errors. mean: s / sqrt(n). var: sqrt((m₄ − m₂²) / (n − 1)), with m₂ and m₄ the central moments, the leading order of the exact
    (μ₄ − σ⁴ (n − 3) / (n − 1)) / n (Kendall and Stuart, The Advanced Theory of Statistics, vol. 1, sect. 10.5);
    the same as `qtcore.estimate.variance`. std: that of the variance, divided by 2 s. Quantiles: order statistics
    (`qtcore.answers.order`).
    """
    asked = list(dict.fromkeys([stats] if isinstance(stats, str) else stats))
    parts = {name: _part(name) for name in asked}
    refuse_wrong_combination(dataset)
    samples = samples_of(dataset, of)
    dims = [d for d in map(str, samples.dims) if d != REALIZATION]
    about = {"units": "", "long_name": of, **samples.attrs}
    own = _own_dims(samples)
    needs_sums = own or any(part is None for part in parts.values())
    sums = _sums(samples, own) if needs_sums else {}
    found: dict[str, Any] = {}
    for name, part in parts.items():
        pair = _of_sums(sums, name) if part is None else _quantile(samples, sums, part)
        words = words_of(name, about)
        found[name] = (dims, pair[0].data, words)
        if name != "count":
            told = {**words, "long_name": f"standard error: {words['long_name']}"}
            found[f"{name}_error"] = (dims, pair[1].data, told)
    kept = {n: c for n, c in samples.coords.items() if REALIZATION not in c.dims}
    return xr.Dataset(found, kept, dict(dataset.attrs))


def _part(name: str) -> float | None:
    """Return the part of the values below a quantile, None for a statistic that is none.

    Raises
    ------
    InputError
        If there is no such statistic.
    """
    if name in OF_MOMENTS:
        return None
    if name == "median":
        return 0.5
    matched = QUANTILE.fullmatch(str(name).strip())
    if matched is None:
        raise unknown("statistic", name, NAMES)
    try:
        p = float(matched[1])
    except ValueError:
        p = math.nan
    if not 0 < p < 1:
        raise InputError(f"a quantile has 0 < p < 1, such as quantile(0.25); got {brief(name)}")
    return p


def words_of(name: str, about: Mapping[str, Any]) -> dict[str, str]:
    """Return unit and long name of a statistic.

    Parameters
    ----------
    name : str
        A statistic, as `statistics` takes it.
    about : mapping
        `units` and `long_name` of the samples.

    Raises
    ------
    InputError
        If there is no such statistic.
    """
    part = _part(name)
    words = WORDS.get(name) or _Words(f"{part:g} quantile of", 1)
    unit = str(about["units"])
    if words.power == 2 and unit:
        unit = f"{unit}²" if re.fullmatch(r"\w+", unit) else f"({unit})²"
    return {
        "units": unit if words.power else "",
        "long_name": f"{words.begins} {about['long_name']}",
    }


def _own_dims(samples: xr.DataArray) -> tuple[int, ...]:
    """Return where the dimensions stand that one sample has of itself, such as its channels."""
    axis = samples.get_axis_num(REALIZATION)
    return tuple(n for n, d in enumerate(samples.dims) if n > axis and d != LENGTH)


def _sums(samples: xr.DataArray, own: tuple[int, ...]) -> dict[int, xr.DataArray]:
    """Return the sums of `qtcore.answers.moments` over realizations, each without that dimension."""
    whole = over_realizations(samples, partial(moments_of, own=own), joined, INFINITE + 1, own)
    template = samples.isel({REALIZATION: 0}, drop=True)
    return {n: template.copy(data=whole[n]) for n in range(INFINITE + 1)}


def _of_sums(sums: dict[int, xr.DataArray], name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a statistic that is made of sums, and its error."""
    n = sums[COUNT]
    if name == "count":
        return n.astype(np.int64), n
    good = (sums[LACKING] == 0) & (sums[INFINITE] == 0)
    if name == "mean":
        return sums[MEAN].where(good & (n > 0)), _mean_error(n, sums[M2], good)
    var = sums[M2].where(good & (n > 1)) / (n - 1).clip(min=1)
    m2, m4 = sums[M2] / n.clip(min=1), sums[M4] / n.clip(min=1)
    of_var = ((m4 - m2**2).clip(min=0) / (n - 1).clip(min=1)) ** 0.5
    of_var = of_var.where(good & (n >= FEWEST_FOR_VARIANCE))
    if name == "var":
        return var, of_var
    std = var**0.5
    # Where nothing varies, nothing varies for sure.
    of_std = (of_var / (2 * std)).where(std > 0, of_var)
    if name == "std":
        return std, of_std
    root = n.clip(min=1) ** 0.5
    return _mean_error(n, sums[M2], good), of_std / root


def _mean_error(n: xr.DataArray, m2: xr.DataArray, good: xr.DataArray) -> xr.DataArray:
    error: xr.DataArray = (m2 / (n * (n - 1)).clip(min=1)) ** 0.5
    return error.where(good & (n >= FEWEST_REALIZATIONS))


def _quantile(
    samples: xr.DataArray, sums: dict[int, xr.DataArray], p: float
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a quantile over realizations, and its error."""
    found = xr.apply_ufunc(
        partial(quantile_of, p=p),
        whole_samples(samples),
        input_core_dims=[[REALIZATION]],
        output_core_dims=[[], []],
        dask="parallelized",
        output_dtypes=[np.float64, np.float64],
    )
    dims = [d for d in samples.dims if d != REALIZATION]
    value, error = (one.transpose(*dims) for one in found)
    if not sums:
        return value, error
    good = sums[LACKING] == 0
    return value.where(good), error.where(good)
