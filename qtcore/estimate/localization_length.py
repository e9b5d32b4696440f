"""The localization length and the variance slope, from how ln g falls in long wires.

Window for xi: from the first length L on that exceeds 4 xi of the fit from L on. Shorter wires still
feel the second transmission eigenvalue: in the DMPK equation the local slope of <ln g> is 2.3, 1.5,
1.1 and 0.8 % too small at L / xi = 2-3, 3-4, 4-5 and 5-6 (N = 3, beta = 1; composition of 24 000
random scatterers, +-0.6 %), so that a fit from 4 xi on is biased by less than 0.5 %. The variance
settles later, and its slope is fitted from 8 xi on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, brief, counted
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_line, realizations_needed
from qtcore.estimate.given import numbers, samples_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE, mean, variance

MEAN_FROM = 4.0
"""Shortest wire in the fit of <ln g>, over xi."""

VARIANCE_FROM = 8.0
"""Shortest wire in the fit of var(ln g), over xi."""

FEWEST_LENGTHS = 4
"""A slope and a chi² that can object need two lengths and two more."""


@dataclass(frozen=True, repr=False)
class Localization:
    """Result of the fit of <ln g> = offset - 2 L / xi.

    Attributes
    ----------
    localization_length, offset : Estimate
        xi in slices, and the offset; single numbers.
    shortest : int
        Shortest wire in the window, slices.
    reduced : float
        chi² per degree of freedom.
    """

    localization_length: Estimate
    offset: Estimate
    shortest: int
    reduced: float

    def line(self, lengths: ArrayLike) -> Array:
        """Return the fitted <ln g> at lengths in slices; NaN below the window."""
        at = np.asarray(lengths, dtype=np.float64)
        fitted = self.offset.values - 2 * at / self.localization_length.values
        return np.where(at >= self.shortest, fitted, np.nan)

    def __str__(self) -> str:
        """Return the result in a line."""
        return (
            f"ξ = {self.localization_length} slices, fitted from L = {self.shortest} on, "
            f"χ² per degree of freedom {self.reduced:.2g}"
        )

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"Localization({self})"


def fit_localization(ln_g: ArrayLike, lengths: ArrayLike) -> Localization:
    """Fit xi to the mean of ln g, with the full covariance between lengths.

    Parameters
    ----------
    ln_g : (realization, length) float array
        A length that no realization has does not count, nor one at which some are infinite; of the others a realization has
        all or counts as missing.
    lengths : (length,) array
        Slices, increasing.

    Raises
    ------
    Missing
        If there is no fit, with the reason: fewer than four lengths beyond 4 xi, fewer than eight
        realizations, or too few of them for the covariance of the lengths.
    InputError
        If the two arrays do not belong together, or lengths do not increase.
    """
    samples, places = computed(ln_g, lengths)
    means = mean(samples)
    count = int(means.counts.min(initial=np.inf)) if means.size else 0
    if means.size and count < realizations_needed(len(places)):
        raise Missing(
            f"the covariance of {len(places)} lengths needs at least "
            f"{realizations_needed(len(places))} realizations, got {count}; compute more"
        )
    for first in range(len(places) - FEWEST_LENGTHS + 1):
        fit = fit_line(places[first:], means[first:])
        falling = fit.coefficients[1] / -2
        if falling.values * places[first] >= MEAN_FROM:
            return Localization(1 / falling, fit.coefficients[0], int(places[first]), fit.reduced)
    raise Missing(
        f"there are fewer than {FEWEST_LENGTHS} lengths beyond {MEAN_FROM:g} ξ; compute longer "
        "wires, or more lengths there"
    )


def fit_variance_slope(ln_g: ArrayLike, lengths: ArrayLike, xi: float | Estimate) -> Estimate:
    """Fit var(ln g) and <ln g> over the same lengths and divide the slopes: d var / d |<ln g>|.

    Regressing one on the other directly would suffer from errors in both; against the length,
    which is exact, both are straight lines.

    Parameters
    ----------
    ln_g, lengths
        As in `fit_localization`.
    xi : float or Estimate
        Localization length in slices, > 0; lengths from 8 xi on count. NaN leaves none.

    Raises
    ------
    Missing
        If fewer than three lengths are long enough, or there are fewer than 200 realizations.
    InputError
        As in `fit_localization`, or if xi is not positive.
    """
    samples, places = computed(ln_g, lengths)
    whole = numbers(
        xi.values if isinstance(xi, Estimate) else xi, "a localization length", ndim=0, finite=False
    )
    if whole <= 0:
        raise InputError(f"a localization length is > 0, got {float(whole):g}")
    there = places >= VARIANCE_FROM * whole
    long, at = samples[:, there], places[there]
    if len(at) < FEWEST_LENGTHS - 1:
        raise Missing(
            f"there are fewer than {FEWEST_LENGTHS - 1} lengths beyond {VARIANCE_FROM:g} ξ"
        )
    means, variances = mean(long), variance(long)
    count = int(means.counts.min())
    if count < FEWEST_FOR_VARIANCE:
        raise Missing(
            f"a variance has no error below {FEWEST_FOR_VARIANCE} realizations, got {count}"
        )
    # Nearly Gaussian, cov(var_i, var_j) = 2 cov_ij² / R, and cov_ij grows with what both wires have
    # in common. The measured covariance is small where the variances are small by chance: weights
    # from it would favour these. Only the weights rely on this.
    walk = np.minimum.outer(at, at) ** 2
    falling = fit_line(at, means).coefficients[1]
    rising = fit_line(at, variances, walk).coefficients[1]
    found: Estimate = -rising / falling
    return found


def computed(samples: ArrayLike, lengths: ArrayLike) -> tuple[Array, Array]:
    """Return samples and lengths without the lengths that no realization has, or that are infinite in some.

    Raises
    ------
    Missing
        If no length is left.
    InputError
        If the two arrays do not belong together, or lengths do not increase.
    """
    rows = samples_of(samples)
    places = numbers(lengths, "lengths", ndim=1)
    if rows.ndim != 2 or rows.shape[1:] != places.shape:
        raise InputError(
            f"samples are (realization, length), here with {counted(places.size, 'lengths')}; got the shape "
            f"{rows.shape}"
        )
    if not (np.diff(places, prepend=0) > 0).all():
        raise InputError(f"lengths are positive and increase, got {brief(places.tolist())}")
    infinite = np.isinf(rows).any(axis=0)
    there = np.isfinite(rows).any(axis=0) & ~infinite
    if places.size and not there.any():
        raise Missing(
            "samples are infinite at every length, in one realization or more"
            if infinite.any()
            else "no realization is computed at any of the lengths"
        )
    return rows[:, there], places[there]
