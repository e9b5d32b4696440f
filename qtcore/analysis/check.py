"""A number that came out, beside what theory says."""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from qtcore.analysis.statistics import pooled
from qtcore.errors import listed

WEAK = 0.2
"""A check that lets pass a result this far from the expected one, as a part of it, is weak."""


@dataclass(frozen=True)
class Check:
    """A number that came out, beside what theory says.

    Attributes
    ----------
    name : str
        What was measured, in words or symbols.
    value, error : float
        The result and its standard error.
    expected : float
        What theory says.
    tolerance : float
        Half-width of a band around `expected` (same unit) for what the theory leaves out.
    sigmas : float
        How many standard errors the value may lie outside that band.
    unit, source : str
        Unit, and where the expected value comes from.
    left_out : str
        Which points are compared with nothing, and why; in words, for this row or for all.
    """

    name: str
    value: float
    error: float
    expected: float
    tolerance: float = 0.0
    sigmas: float = 3.0
    unit: str = ""
    source: str = ""
    left_out: str = ""

    @property
    def deviation(self) -> float:
        """How far the value lies from the expected one, in standard errors."""
        difference = self.value - self.expected
        if self.error > 0:
            return difference / self.error
        return 0.0 if difference == 0 else math.copysign(math.inf, difference)

    @property
    def notices(self) -> float:
        """How far from the expected value a result must lie for the check to fail, same unit.

        The half-width of the band and `sigmas` standard errors: what the check has the power to
        see. A result that is off by less passes, whatever the reason.
        """
        return self.tolerance + self.sigmas * self.error

    @property
    def notices_part(self) -> float:
        """`notices` as a part of the expected value; NaN if 0 is expected."""
        return self.notices / abs(self.expected) if self.expected else math.nan

    @property
    def is_weak(self) -> bool:
        """Whether a result may be off by more than `WEAK` of the expected one and still pass."""
        return self.notices_part > WEAK

    @property
    def passed(self) -> bool:
        """Whether the value lies in the band, or within `sigmas` standard errors of it."""
        return abs(self.value - self.expected) <= self.notices


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
