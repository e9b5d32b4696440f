"""Fits of a nonlinear model to many numbers, with the errors that the samples show."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import Fit
from qtcore.estimate.missing import Missing


def fit(
    model: Callable[[Array], ArrayLike],
    y: Estimate,
    start: Sequence[float],
    weight_covariance: Array | None = None,
) -> Fit:
    """Fit y = model(parameters) by least squares, each number weighted by its own error.

    Without a covariance for the weights this is the fit for numbers that are many compared with the realizations, such as all points of
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
    weight_covariance : (n, n) float array, optional
        Covariance that sets the weights, such as the measured one of few numbers and many
        realizations with what the model leaves out. Errors come from the measured spread in any case.

    Raises
    ------
    InputError
        If there are not more numbers than parameters, the model has another number of values, or
        the covariance is singular.
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

    whiten = np.diag(1 / errors) if weight_covariance is None else _whitening(weight_covariance)

    def residuals(parameters: Array) -> Array:
        modelled = np.asarray(model(parameters), dtype=np.float64).ravel()
        if modelled.shape != values.shape:
            raise InputError(
                f"the model of a fit returns {len(values)} numbers, got {len(modelled)}"
            )
        return np.asarray(whiten @ (modelled - values))

    found = least_squares(residuals, begin, x_scale="jac")
    if not found.success:
        raise Missing(f"the fit did not settle: {found.message}")
    slope = np.asarray(found.jac, dtype=np.float64)
    estimator = np.linalg.pinv(slope) @ whiten
    rest = whiten - slope @ estimator
    flat = y.reshape(len(values))
    expected = float(np.trace(rest @ flat.covariance @ rest.T))
    # The parameters do not vanish with the numbers, so only their shares come from the product.
    shares = flat.shares @ estimator.T
    coefficients = Estimate(found.x, shares, float(y.counts.min()), folded=y.folded)
    return Fit(coefficients, float(2 * found.cost) / expected, len(values) - len(begin), estimator)


def _whitening(covariance: Array) -> Array:
    """Return a matrix that makes numbers of this covariance independent, with variance 1."""
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))
    except np.linalg.LinAlgError:
        raise InputError(
            "the covariance that sets the weights of a fit is singular: some numbers carry the same "
            "samples; compute more realizations"
        ) from None
