"""Least squares on a curve whose points are correlated, with a chi² that means something."""

from dataclasses import dataclass

import numpy as np

from qtcore.analysis.statistics import Array, Curve, Estimate
from qtcore.errors import InputError, counted, listed
from qtcore.estimate.fit_linear import estimator_of, realizations_needed, solve_covariance


@dataclass(frozen=True, repr=False)
class Fit:
    """Coefficients of a linear model.

    Attributes
    ----------
    coefficients : tuple of Estimate
        One for each column of the design.
    chi_squared : float
        Smallest residual in units of the full covariance between lengths, corrected for that the
        covariance itself was estimated (J. Hartlap, P. Simon, P. Schneider, A&A 464, 399 (2007)).
    degrees : int
        Degrees of freedom, lengths minus coefficients.
    """

    coefficients: tuple[Estimate, ...]
    chi_squared: float
    degrees: int

    @property
    def reduced(self) -> float:
        """chi² per degree of freedom; NaN if there is none."""
        return self.chi_squared / self.degrees if self.degrees else float("nan")

    def __str__(self) -> str:
        """Return the coefficients with their standard errors, and how well they fit."""
        coefficients = listed([str(one) for one in self.coefficients])
        freedom = counted(self.degrees, "degrees")
        return f"{coefficients}; χ² = {self.chi_squared:.3g} for {freedom} of freedom"

    def __repr__(self) -> str:
        """Return the same with the name of the class."""
        return f"Fit({self})"


def fit_linear(curve: Curve, design: Array, weight_covariance: Array | None = None) -> Fit:
    """Fit values = design @ coefficients by generalised least squares.

    Weights from the measured covariance follow its chance deviations, which makes the coefficients
    scatter more and their plain errors come out smaller, for nu = R - 1 and q = n - p by the factors
    (nu - 1) / (nu - q - 1) and (nu - q) / nu of a variance (C. R. Rao, Biometrika 54, 1 (1967)); the
    shares make up for both.

    Parameters
    ----------
    curve : Curve
        What to fit, at n lengths.
    design : (n, p) float array
        The model's columns.
    weight_covariance : (n, n) float array, optional
        Covariance that sets the weights; the measured one if left out. Give a model where the
        measured covariance fluctuates together with the values (variances, skewed means), which
        would bias the fit. Errors come from the measured spread in any case.

    Raises
    ------
    InputError
        If there are fewer lengths than coefficients, or not twice as many realizations as lengths.
    """
    n, p = design.shape
    count = int((curve.shares != 0).any(axis=1).sum())
    if n < p:
        raise InputError(f"a fit of {p} coefficients needs at least {p} lengths, got {n}")
    if count < realizations_needed(n):
        raise InputError(
            f"a fit over {n} lengths needs at least {realizations_needed(n)} realizations for "
            f"their covariance, got {count}"
        )
    measured = curve.covariance
    weights = measured if weight_covariance is None else weight_covariance
    estimator = estimator_of(design, weights)
    values, shares = estimator @ curve.values, curve.shares @ estimator.T
    if weight_covariance is None:
        nu, q = count - 1, n - p
        shares = shares * np.sqrt(nu * (nu - 1) / ((nu - q) * (nu - q - 1)))
    residual = curve.values - design @ (estimator_of(design, measured) @ curve.values)
    hartlap = (count - n - 2) / (count - 1)
    return Fit(
        tuple(Estimate(float(v), shares[:, i]) for i, v in enumerate(values)),
        hartlap * float(residual @ solve_covariance(measured, residual[:, None])[:, 0]),
        n - p,
    )
