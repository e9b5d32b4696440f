"""The localization length and the variance slope, from how ln g falls in long wires.

Window for xi: from the first length L on that exceeds 4 xi of the fit from L on. Shorter wires still
feel the second transmission eigenvalue: in the DMPK equation the local slope of <ln g> is 2.3, 1.5,
1.1 and 0.8 % too small at L / xi = 2-3, 3-4, 4-5 and 5-6 (N = 3, beta = 1; composition of 24 000
random scatterers, +-0.6 %), so that a fit from 4 xi on is biased by less than 0.5 %. The variance
settles later, and its slope is fitted from 8 xi on.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from qtcore.analysis.regression import Fit, fit_linear
from qtcore.analysis.statistics import (
    Array,
    Curve,
    Estimate,
    are_enough,
    complete,
    inverse,
    mean,
    ratio,
    scaled,
    variance,
)
from qtcore.estimate.moments import FEWEST_FOR_VARIANCE

MEAN_FROM = 4.0
"""Shortest wire in the fit of <ln g>, over xi."""

VARIANCE_FROM = 8.0
"""Shortest wire in the fit of var(ln g), over xi."""

FEWEST_LENGTHS = 4
"""A slope and a chi² that can object need two lengths and two more."""


class Verdict(IntEnum):
    """Whether a fit was made, and if not, why not; as a text it is a sentence."""

    FITTED = 0
    TOO_FEW_LENGTHS = 1
    TOO_FEW_REALIZATIONS = 2
    SAME_AS_WITHOUT_FIELD = 3

    def __str__(self) -> str:
        """Return a sentence for people."""
        return _SENTENCES[self]

    def __format__(self, spec: str) -> str:
        """Return the sentence, or the number in a format that is asked for."""
        return str(self) if not spec else format(int(self), spec)


_SENTENCES = {
    Verdict.FITTED: "the localization length was fitted",
    Verdict.TOO_FEW_LENGTHS: (
        f"no fit: there are fewer than {FEWEST_LENGTHS} lengths beyond {MEAN_FROM:g} ξ; compute "
        "longer wires, or more lengths there"
    ),
    Verdict.TOO_FEW_REALIZATIONS: (
        "no fit: there are too few realizations for the covariance of the lengths; compute "
        "two for each length and two more, and never fewer than 8"
    ),
    Verdict.SAME_AS_WITHOUT_FIELD: (
        "no fit: a chain encloses no flux, so that its numbers are those without a field"
    ),
}


@dataclass(frozen=True, repr=False)
class Localization:
    """Result of the fit of <ln g> = offset - 2 L / xi.

    Attributes
    ----------
    localization_length, offset : Estimate
        xi in slices, and the offset.
    shortest : int
        Shortest wire in the window, slices.
    reduced_chi_squared : float
        chi² per degree of freedom.
    variance_slope : Estimate or None
        d var(ln g) / d |<ln g>|; None if fewer than three lengths are long enough, or
        there are fewer than 200 realizations.
    """

    localization_length: Estimate
    offset: Estimate
    shortest: int
    reduced_chi_squared: float
    variance_slope: Estimate | None

    def __str__(self) -> str:
        """Return the result in a line."""
        slope = "" if self.variance_slope is None else f", variance slope {self.variance_slope}"
        return (
            f"ξ = {self.localization_length} slices, fitted from L = {self.shortest} on, "
            f"χ² per degree of freedom {self.reduced_chi_squared:.2g}{slope}"
        )

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"Localization({self})"


def fit_localization(ln_g: Array, lengths: Array) -> Localization | Verdict:
    """Fit xi to the mean of ln g, with the full covariance between lengths.

    Parameters
    ----------
    ln_g : (realization, length) float array
        Rows with a NaN count as missing.
    lengths : (length,) float array
        Slices, increasing.

    Returns
    -------
    Localization or Verdict
        The fit, or why there is none: fewer than four lengths beyond 4 xi, or too few
        realizations for the covariance of the lengths. Ask by `isinstance`; printed, each is a
        sentence.
    """
    if not are_enough(ln_g, len(lengths)):
        return Verdict.TOO_FEW_REALIZATIONS
    measured = mean(ln_g)
    for first in range(len(lengths) - FEWEST_LENGTHS + 1):
        fit = _line(measured.between(slice(first, None)), lengths[first:])
        falling = scaled(fit.coefficients[1], -0.5)
        if falling.value * lengths[first] < MEAN_FROM:
            continue
        xi = inverse(falling)
        return Localization(
            xi,
            fit.coefficients[0],
            int(lengths[first]),
            fit.reduced,
            _variance_slope(ln_g, lengths, xi.value),
        )
    return Verdict.TOO_FEW_LENGTHS


def _line(curve: Curve, lengths: Array, weight_covariance: Array | None = None) -> Fit:
    design = np.stack([np.ones_like(lengths), lengths], axis=1)
    return fit_linear(curve, design, weight_covariance)


def _variance_slope(ln_g: Array, lengths: Array, xi: float) -> Estimate | None:
    """Fit var(ln g) and <ln g> over the same lengths and divide the slopes.

    Regressing one on the other directly would suffer from errors in both; against the length,
    which is exact, both are straight lines.
    """
    first = int(np.searchsorted(lengths, VARIANCE_FROM * xi))
    if len(lengths) - first < FEWEST_LENGTHS - 1 or complete(ln_g).sum() < FEWEST_FOR_VARIANCE:
        return None
    long = ln_g[:, first:]
    means, variances = mean(long), variance(long)
    # Nearly Gaussian, cov(var_i, var_j) = 2 cov_ij² / R, and cov_ij grows with what both wires have
    # in common. The measured covariance is small where the variances are small by chance: weights
    # from it would favour these. Only the weights rely on this.
    walk = np.minimum.outer(lengths[first:], lengths[first:]) ** 2
    falling = _line(means, lengths[first:]).coefficients[1]
    rising = _line(variances, lengths[first:], walk).coefficients[1]
    return ratio(rising, scaled(falling, -1.0))
