"""Rows of the table of checks for results that are datasets."""

import numpy as np
import xarray as xr

from qtcore.analysis.statistics import pooled
from qtcore.errors import listed
from qtcore.results.check import WEAK as WEAK
from qtcore.results.check import Check as Check


def compared(
    at: xr.Dataset,
    variable: str,
    name: str,
    expected: float,
    tolerance: float = 0.0,
    source: str = "",
    unit: str = "",
) -> Check:
    """Return the check of one number of a result, with the error that stands beside it.

    Parameters
    ----------
    at : xarray.Dataset
        A result at one point.
    variable : str
        The number; its standard error is `VARIABLE_error`, and 0 if there is none.
    name, expected, tolerance, source, unit
        As in `Check`.
    """
    error = float(at[f"{variable}_error"]) if f"{variable}_error" in at else 0.0
    value = float(at[variable])
    return Check(name, value, error, float(expected), float(tolerance), source=source, unit=unit)


def points_where(mask: xr.DataArray, why: str) -> str:
    """Return the points that a comparison leaves out in words, with the reason.

    Parameters
    ----------
    mask : xarray.DataArray
        True at the points that are left out, over axes of a sweep.
    why : str
        The reason, for all of them.

    Returns
    -------
    str
        Nothing if no point is left out. An axis along which nothing changes is not named.
    """
    if not mask.any():
        return ""
    for name in mask.dims:
        if (mask == mask.isel({name: 0})).all():
            mask = mask.isel({name: 0}, drop=True)
    if not mask.ndim:
        return f"all points ({why})"
    named = [
        " and ".join(
            f"{name} {float(mask[name][i]):g}" for name, i in zip(mask.dims, place, strict=True)
        )
        for place in np.argwhere(mask.to_numpy())
    ]
    return f"{listed(named)} ({why})"


def some_left_out(compared: xr.DataArray, computed: xr.DataArray, what: str, why: str) -> str:
    """Return how many of many points a comparison leaves out, in words, with the reason.

    Parameters
    ----------
    compared, computed : xarray.DataArray
        True at the points that are compared, and at those that have a number at all.
    what : str
        What is compared.
    why : str
        The reason, for all that are left out.

    Returns
    -------
    str
        Nothing if no point is left out.
    """
    number = int((computed & ~compared).sum())
    return f"{what} at {number:,} of {int(computed.sum()):,} points ({why})" if number else ""


def pooled_ratio(
    result: xr.Dataset,
    variable: str,
    theory: xr.DataArray,
    name: str,
    left_out: float,
    source: str,
    unit: float = 1.0,
) -> list[Check]:
    """Return the check of a number over theory, the mean over all independent points.

    Parameters
    ----------
    result : xarray.Dataset
        Points with `variable` and its standard error `VARIABLE_error`.
    variable : str
        The number.
    theory : xarray.DataArray
        What it should be, > 0; a point where there is none (NaN, 0) does not count.
    name, source
        As in `Check`.
    left_out : float
        Half-width of the band, as a part of the expected value.
    unit : float
        Value and expected value are given in this times theory.

    Returns
    -------
    list of Check
        One, or none if no point has a theory.
    """
    expected = theory.where(theory > 0)
    if not expected.notnull().any():
        return []
    ratios, errors = (np.ravel(result[x] / expected) for x in (variable, f"{variable}_error"))
    value, error = pooled(ratios, errors)
    return [Check(name, unit * value, unit * error, unit, unit * left_out, source=source)]
