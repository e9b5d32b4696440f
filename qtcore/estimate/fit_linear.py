"""Least squares on numbers that are correlated, with a chi² that means something."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, listed
from qtcore.estimate.estimate import GROUPS, Array, Estimate
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.goodness import excess_of, probability_of
from qtcore.estimate.missing import Missing, refuse_missing


def realizations_needed(numbers: int) -> int:
    """Return how many realizations a fit to so many numbers needs for their covariance."""
    return 2 * numbers + 2


@dataclass(frozen=True)
class Fit:
    """Coefficients of a model, and how well it fits.

    Attributes
    ----------
    coefficients : Estimate (p,)
        One for each parameter of the model.
    reduced : float
        chi² per degree of freedom, 1 for a good fit; NaN if there is no degree of freedom.
    degrees : int
        Degrees of freedom: numbers minus coefficients.
    estimator : (p, n) float array
        By how much each coefficient moves with each of the numbers: what a band of theory around
        the numbers leaves open in the coefficients.
    excess : Estimate
        How far chi² lies above what a right model gives, in standard deviations: a number with error
        1, of which 0 is expected whatever the degrees of freedom. NaN if there are none.
    """

    coefficients: Estimate
    reduced: float
    degrees: int
    estimator: Array
    excess: Estimate

    @property
    def probability(self) -> float:
        """How often chi² of a right model would be as large as this one or larger."""
        return probability_of(self.excess)


def fit_line(x: ArrayLike, y: Estimate, weight_covariance: Array | None = None) -> Fit:
    """Fit y = a + b x; the coefficients are (a, b). Parameters and errors as in `fit_linear`."""
    y = estimate_of(y, "the numbers of a fit")
    places = numbers(x, "the places of the numbers of a line", shape=y.shape)
    return fit_linear(y, np.stack([np.ones_like(places), places], axis=1), weight_covariance)


def fit_linear(y: Estimate, design: Array, weight_covariance: Array | None = None) -> Fit:
    """Fit y = design @ coefficients by generalised least squares.

    Weights from the measured covariance follow its chance deviations, which makes the coefficients
    scatter more and their plain errors come out smaller, for nu = R - 1 and q = n - p by the factors
    (nu - 1) / (nu - q - 1) and (nu - q) / nu of a variance (C. R. Rao, Biometrika 54, 1 (1967)); the
    shares make up for both. chi² is in units of the full covariance, corrected for that it was
    measured (J. Hartlap, P. Simon, P. Schneider, A&A 464, 399 (2007)).

    Parameters
    ----------
    y : Estimate (n,)
        What to fit, all of it from the same realizations.
    design : (n, p) float array
        The model's columns.
    weight_covariance : (n, n) float array, optional
        Covariance that sets the weights; the measured one if left out. Give a model where the
        measured covariance fluctuates together with the values (variances, skewed means), which
        would bias the fit. Errors come from the measured spread in any case.

    Raises
    ------
    Missing
        If there are fewer numbers than coefficients, columns of the design depend on each other, there are not twice as many realizations as numbers, or a
        number has no value or no error.
    InputError
        If y is no Estimate (n,), the shapes do not belong together, the design has an entry that is no finite number, or the covariance is
        singular.
    """
    y = estimate_of(y, "the numbers of a fit")
    columns = numbers(design, "the columns of the model", ndim=2)
    n, p = columns.shape
    if y.shape != (n,) or not p:
        raise InputError(
            f"a fit takes numbers (n,) and a model (n, p), with p from 1 on; got {y.shape} and {columns.shape}"
        )
    if n < p:
        raise Missing(f"a fit of {p} coefficients needs at least {p} numbers, got {n}")
    size = np.linalg.norm(columns, axis=0)
    if not size.all() or np.linalg.matrix_rank(columns / size) < p:
        raise Missing(
            f"a fit of {p} coefficients needs {p} columns of the model that do not depend on each other; got some that do, as "
            "those of a line through numbers at one place"
        )
    count = int(min(float(y.counts.min()), GROUPS if y.folded else np.inf, 2.0**62))
    if count < realizations_needed(n):
        raise Missing(
            f"a fit over {n} numbers needs at least {realizations_needed(n)} realizations for "
            f"their covariance, got {count}"
        )
    refuse_missing(y.values, y.error)
    measured = y.covariance
    weights = measured if weight_covariance is None else covariance_of(weight_covariance, n)
    estimator = estimator_of(columns, weights)
    coefficients = y.linear(estimator)
    if weight_covariance is None:
        nu, q = count - 1, n - p
        factor = np.sqrt(nu * (nu - 1) / ((nu - q) * (nu - q - 1)))
        coefficients = Estimate(
            coefficients.values,
            coefficients.shares * factor,
            coefficients.counts,
            folded=coefficients.folded,
        )
    residual = y.values - columns @ (estimator_of(columns, measured) @ y.values)
    hartlap = (count - n - 2) / (count - 1)
    squares = hartlap * float(residual @ solve_covariance(measured, residual[:, None])[:, 0])
    q = n - p
    reduced = squares / q if q else float("nan")
    # Hotelling's T² of q differences, in units of a covariance of count - 1 degrees of freedom.
    excess = excess_of(reduced * (count - q) / (count - n - 2), q, count - q)
    return Fit(coefficients, reduced, q, estimator, excess)


def covariance_of(given: ArrayLike, count: int) -> Array:
    """Return the covariance (n, n) that sets the weights of a fit; raise InputError if it is none."""
    covariance = numbers(
        given, "the covariances that set the weights of a fit", shape=(count, count)
    )
    if not (np.diag(covariance) > 0).all():
        raise InputError(
            "the covariances that set the weights of a fit have variances > 0 on their diagonal, got "
            f"{listed(np.diag(covariance).tolist())}"
        )
    return covariance


def estimator_of(design: Array, covariance: Array) -> Array:
    """Return the matrix (p, n) that takes values to least-squares coefficients."""
    weighted = solve_covariance(covariance, design)
    return np.asarray(np.linalg.solve(design.T @ weighted, weighted.T), dtype=np.float64)


def solve_covariance(covariance: Array, columns: Array) -> Array:
    """Return covariance⁻¹ @ columns, (n, k), or raise InputError if it is singular."""
    import scipy.linalg

    # Entries span many orders of magnitude between short and long wires: scale before factorising.
    scale = 1 / np.sqrt(np.diag(covariance))
    correlation = covariance * np.outer(scale, scale)
    try:
        factor = scipy.linalg.cho_factor(correlation)
    except np.linalg.LinAlgError:
        raise InputError(
            "the covariance of what is fitted is singular: some lengths or points carry the same "
            "numbers; compute more realizations or fewer lengths"
        ) from None
    return scale[:, None] * scipy.linalg.cho_solve(factor, scale[:, None] * columns)
