"""Estimators of `qtcore.estimate` by name, for a whole dataset."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.pointwise import at_each_point
from qtcore.errors import InputError
from qtcore.estimate.cumulants import kurtosis, skewness
from qtcore.estimate.estimate import Estimate
from qtcore.estimate.localization_length import fit_localization, fit_variance_slope
from qtcore.estimate.mean_free_path import fit_mean_free_path
from qtcore.store.layout import LENGTH
from qtcore.theory.born import Rates

Array = NDArray[np.float64]

LOGARITHM, CONDUCTANCE = "ln_g", "g"


def localization_length(dataset: xr.Dataset) -> xr.Dataset:
    """Return the localization length of each point, from ⟨ln g⟩ of its long wires.

    Returns
    -------
    xarray.Dataset
        `localization_length` and its standard error, in the unit of `length`; `offset`, ⟨ln g⟩ of the line at length 0, with
        its error; `shortest`, the shortest wire of the fit; and `reduced`, χ² per degree of freedom. Found with
        `qtcore.estimate.fit_localization`. NaN where it refuses, with the reasons in the attribute `missing`.

    Raises
    ------
    InputError
        If the dataset has no `ln_g` at several lengths.
    """
    lengths = _lengths(dataset)

    def fitted(samples: Array) -> tuple[Any, ...]:
        fit = fit_localization(samples, lengths)
        return fit.localization_length, fit.offset, float(fit.shortest), fit.reduced

    names = ("localization_length", "offset", "shortest", "reduced")
    found = at_each_point(dataset, LOGARITHM, (LENGTH,), names, fitted)
    unit = dataset[LENGTH].attrs.get("units", "")
    _name(found, "localization_length", unit, "localization length")
    _name(found, "offset", "", "⟨ln g⟩ of the fitted line at length 0")
    _name(found, "shortest", unit, "shortest wire of the fit")
    _name(found, "reduced", "", "χ² per degree of freedom")
    return found


def variance_slope(dataset: xr.Dataset) -> xr.Dataset:
    """Return how fast var(ln g) grows with |⟨ln g⟩| at each point, 2 in quasi-one-dimensional wires of β = 1.

    Returns
    -------
    xarray.Dataset
        `variance_slope` and its standard error. Found with `qtcore.estimate.fit_variance_slope`. NaN where it refuses, with the
        reasons in the attribute `missing`.

    Raises
    ------
    InputError
        If the dataset has no `ln_g` at several lengths.
    """
    lengths = _lengths(dataset)

    def fitted(samples: Array) -> Estimate:
        xi = fit_localization(samples, lengths).localization_length
        return fit_variance_slope(samples, lengths, xi)

    found = at_each_point(dataset, LOGARITHM, (LENGTH,), ("variance_slope",), fitted)
    _name(found, "variance_slope", "", "slope of var(ln g) against −⟨ln g⟩")
    return found


def mean_free_path(dataset: xr.Dataset, rates: Rates, beta: float) -> xr.Dataset:
    """Return the mean free path of each point, from how ⟨g⟩ falls in its short wires.

    Parameters
    ----------
    dataset : xarray.Dataset
        Points of one wire; select them first where others are stored.
    rates : Rates
        Golden-rule rates of that wire, as `qtcore.scattering_rates` returns them.
    beta : float
        Symmetry index: 1, 2 or 4.

    Returns
    -------
    xarray.Dataset
        `mean_free_path` and its standard error, in the unit of `length`; `longest`, the longest wire of the fit; and `reduced`,
        χ² per degree of freedom. Found with `qtcore.estimate.fit_mean_free_path`. NaN where it refuses, with the reasons in
        the attribute `missing`.

    Raises
    ------
    InputError
        If the dataset has no `ln_g` at several lengths.
    """
    lengths = _lengths(dataset)

    def fitted(samples: Array) -> tuple[Any, ...]:
        fit = fit_mean_free_path(samples, lengths, rates, beta)
        return fit.mean_free_path, float(fit.longest), fit.reduced

    names = ("mean_free_path", "longest", "reduced")
    found = at_each_point(dataset, CONDUCTANCE, (LENGTH,), names, fitted)
    unit = dataset[LENGTH].attrs.get("units", "")
    _name(found, "mean_free_path", unit, "mean free path")
    _name(found, "longest", unit, "longest wire of the fit")
    _name(found, "reduced", "", "χ² per degree of freedom")
    return found


def skewness_of(dataset: xr.Dataset, of: str) -> xr.Dataset:
    """Return `skewness` of a quantity and its standard error, with `qtcore.estimate.skewness`."""
    return _shape(dataset, of, "skewness", skewness)


def kurtosis_of(dataset: xr.Dataset, of: str) -> xr.Dataset:
    """Return `kurtosis` of a quantity and its standard error, with `qtcore.estimate.kurtosis`."""
    return _shape(dataset, of, "kurtosis", kurtosis)


def _shape(
    dataset: xr.Dataset, of: str, name: str, estimator: Callable[[Array], Estimate]
) -> xr.Dataset:
    found = at_each_point(dataset, of, (), (name,), estimator)
    about = dataset[of].attrs.get("long_name", of) if of in dataset else of
    _name(found, name, "", f"{name} of {about}")
    return found


def _lengths(dataset: xr.Dataset) -> Array:
    if LENGTH not in dataset.dims:
        raise InputError(
            "this estimate needs several lengths, and the dataset has no dimension `length`"
        )
    return dataset[LENGTH].to_numpy().astype(np.float64)


def _name(found: xr.Dataset, name: str, units: str, long_name: str) -> None:
    found[name].attrs |= {"units": units, "long_name": long_name}
    if f"{name}_error" in found:
        about = {"units": units, "long_name": f"standard error: {long_name}"}
        found[f"{name}_error"].attrs |= about
