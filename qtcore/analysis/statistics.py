"""Means, variances and what is made of them, with errors that know about correlations.

Lengths of one realization are cut from the same wire, and points of a sweep may share their
disorder, so numbers are correlated across both. Every estimate therefore carries the share that
each realization has in its deviation (its influence function, over the number of realizations):
the error is the root of the sum of squares, and whatever is computed from several estimates adds
their shares realization by realization before squaring. To first order this is the bootstrap over
whole realizations with infinitely many resamples, without the resampling.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.errors import InputError, listed
from qtcore.estimate.estimate import with_error
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE, FEWEST_REALIZATIONS

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Estimate:
    """A number with its error.

    Attributes
    ----------
    value : float
        The estimate.
    shares : (realization,) float array
        First-order deviation of the value due to each realization; 0 where one is missing. They
        sum to 0.
    """

    value: float
    shares: Array

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(_bessel(self.shares[:, None]) * (self.shares**2).sum()))

    def __str__(self) -> str:
        """Return the value with its standard error, without the shares."""
        return with_error(self.value, self.error)

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"Estimate({self})"


def ratio(numerator: Estimate, denominator: Estimate) -> Estimate:
    """Return numerator / denominator, the shares paired by realization number.

    Raises
    ------
    InputError
        If the two count their realizations differently.
    """
    if numerator.shares.shape != denominator.shares.shape:
        raise InputError(
            f"a ratio pairs realizations: got {len(numerator.shares)} in the numerator and "
            f"{len(denominator.shares)} in the denominator"
        )
    value = numerator.value / denominator.value
    shares = (numerator.shares - value * denominator.shares) / denominator.value
    return Estimate(value, shares)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Return factor × estimate."""
    return Estimate(factor * estimate.value, factor * estimate.shares)


def inverse(estimate: Estimate) -> Estimate:
    """Return 1 / estimate."""
    return Estimate(1 / estimate.value, -estimate.shares / estimate.value**2)


@dataclass(frozen=True, repr=False)
class Curve:
    """Estimates at several lengths, from the same realizations.

    Attributes
    ----------
    values : (length,) float array
        The estimates.
    shares : (realization, length) float array
        As in `Estimate`, length by length.
    """

    values: Array
    shares: Array

    @property
    def covariance(self) -> Array:
        """Covariance (length, length) of the values."""
        covariance: Array = _bessel(self.shares) * (self.shares.T @ self.shares)
        return covariance

    @property
    def errors(self) -> Array:
        """Standard errors (length,)."""
        return np.asarray(np.sqrt(_bessel(self.shares) * (self.shares**2).sum(axis=0)))

    def __str__(self) -> str:
        """Return the values with their standard errors; of many the first few."""
        pairs = zip(self.values, self.errors, strict=True)
        return listed([with_error(float(value), float(error)) for value, error in pairs])

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"Curve({self})"

    def between(self, window: slice) -> "Curve":
        """Return the part at some of the lengths."""
        return Curve(self.values[window], self.shares[:, window])


def quotient(numerator: Curve, denominator: Curve) -> Curve:
    """Return numerator / denominator, length by length, the shares paired by realization."""
    values = numerator.values / denominator.values
    return Curve(values, (numerator.shares - values * denominator.shares) / denominator.values)


def mean_and_spread(
    samples: xr.DataArray,
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Return mean, its standard error and the standard deviation over `realization`.

    NaN where fewer than eight realizations have been computed, as for a point without randomness.
    """
    count = samples.notnull().sum("realization")
    enough = count >= FEWEST_REALIZATIONS
    # Sums leave out NaN without a warning where nothing has been computed.
    mean = samples.sum("realization") / count.clip(1)
    squares = ((samples - mean) ** 2).sum("realization")
    spread = (squares / (count - 1).clip(1)).where(enough) ** 0.5
    return mean.where(enough), spread / np.sqrt(count.clip(1)), spread


def pooled(values: Array, errors: Array) -> tuple[float, float]:
    """Return the mean of independent numbers, weighted by their inverse variance, and its error.

    Numbers that are NaN were not computed and are left out; (NaN, NaN) if none is left.
    """
    there = np.isfinite(values) & np.isfinite(errors)
    if not there.any():
        return float("nan"), float("nan")
    weights = 1 / errors[there] ** 2
    return float(weights @ values[there] / weights.sum()), float(weights.sum() ** -0.5)


def refuse_too_few(realizations: int | tuple[int, ...]) -> None:
    """Raise InputError unless points get enough realizations for a mean with an error."""
    most = int(np.max(realizations))
    if most < FEWEST_REALIZATIONS:
        raise InputError(
            f"errors need at least {FEWEST_REALIZATIONS} realizations, got {most}; ask for more: "
            f"--realizations {FEWEST_REALIZATIONS} or above"
        )


def complete(samples: Array) -> NDArray[np.bool_]:
    """Return which realizations (rows) have a value at every length: (realization,) bool.

    Raises
    ------
    InputError
        If fewer than eight have.
    """
    present = np.asarray(np.isfinite(samples).all(axis=1))
    if present.sum() < FEWEST_REALIZATIONS:
        raise InputError(
            f"errors need at least {FEWEST_REALIZATIONS} realizations with every length, got "
            f"{int(present.sum())} of {len(samples)}; compute more realizations"
        )
    return present


def mean(samples: Array) -> Curve:
    """Return the mean over realizations.

    Parameters
    ----------
    samples : (realization, length) float array
        A row with a NaN counts as missing.

    Raises
    ------
    InputError
        If fewer than eight realizations are complete.
    """
    present = complete(samples)
    values = samples[present].mean(axis=0)
    return Curve(values, _shares(samples, values, present))


def variance(samples: Array) -> Curve:
    """Return the unbiased variance over realizations; parameters as in `mean`.

    The error is NaN below 200 realizations.
    """
    present = complete(samples)
    squares = (samples - samples[present].mean(axis=0)) ** 2
    count = int(present.sum())
    shares = _shares(squares, squares[present].mean(axis=0), present)
    if count < FEWEST_FOR_VARIANCE:
        shares[present] = np.nan
    return Curve(squares[present].sum(axis=0) / (count - 1), shares)


def _shares(samples: Array, center: Array, present: NDArray[np.bool_]) -> Array:
    shares = np.zeros_like(samples)
    shares[present] = (samples[present] - center) / present.sum()
    return shares


def _bessel(shares: Array) -> float:
    """Return R / (R - 1), R the number of realizations that have a share."""
    count = int((shares != 0).any(axis=1).sum())
    return count / (count - 1) if count > 1 else np.nan
