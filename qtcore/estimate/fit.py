"""Fits of a nonlinear model to many numbers, with the errors that the samples show."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import Fit
from qtcore.estimate.missing import Missing


def fit(model: Callable[[Array], ArrayLike], y: Estimate, start: Sequence[float]) -> Fit:
    """Fit y = model(parameters) by least squares, each number weighted by its own error.

    This is the fit for numbers that are many compared with the realizations, such as all points of
    a sweep at once: no measured covariance is inverted. It is not the fit of least variance, but its
    errors are right: they follow from the shares of the realizations, with all that numbers have in
    common. chi² is divided by what it should be for numbers with the measured covariance, so that it
    is 1 for a good fit whatever their correlations.

    Parameters
    ----------
    model : callable(parameters (p,)) -> (n,) array
        What is held against the numbers.
    y : Estimate (n,) or of any shape with n entries
        What to fit; all entries finite and with an error.
    start : sequence of p floats
        Where the search begins.

    Raises
    ------
    InputError
        If there are not more numbers than parameters, or the model has another number of values.
    Missing
        If a number has no value or no error, or the search does not settle.
    """
    values, errors = y.values.ravel(), y.error.ravel()
    begin = np.asarray(start, dtype=np.float64)
    if not (np.isfinite(values).all() and (errors > 0).all()):
        lacking = int((~np.isfinite(values) | ~(errors > 0)).sum())
        raise Missing(f"{lacking} of the {len(values)} numbers of a fit have no value or no error")
    if len(values) <= len(begin):
        raise InputError(
            f"a fit of {len(begin)} parameters needs more than {len(begin)} numbers, "
            f"got {len(values)}"
        )

    def residuals(parameters: Array) -> Array:
        modelled = np.asarray(model(parameters), dtype=np.float64).ravel()
        if modelled.shape != values.shape:
            raise InputError(
                f"the model of a fit returns {len(values)} numbers, got {len(modelled)}"
            )
        return np.asarray((modelled - values) / errors)

    found = least_squares(residuals, begin, x_scale="jac")
    if not found.success:
        raise Missing(f"the fit did not settle: {found.message}")
    slope = np.asarray(found.jac, dtype=np.float64)
    estimator = np.linalg.pinv(slope) / errors
    rest = np.eye(len(values)) - (slope * errors[:, None]) @ estimator
    flat = y.reshape(len(values))
    expected = float(np.trace(rest @ flat.covariance @ rest.T / errors**2))
    # The parameters do not vanish with the numbers, so only their shares come from the product.
    shares = flat.shares @ estimator.T
    coefficients = Estimate(found.x, shares, float(y.counts.min()), folded=y.folded)
    return Fit(coefficients, float(2 * found.cost) / expected, len(values) - len(begin))
