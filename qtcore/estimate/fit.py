"""Fits of a nonlinear model to many numbers, with the errors that the samples show."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, QtcoreError, brief, counted, kind_and_text, listed
from qtcore.estimate.estimate import GROUPS, Array, Estimate
from qtcore.estimate.fit_linear import Fit, covariance_of
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.goodness import quality_of
from qtcore.estimate.missing import Missing, refuse_missing

ALIKE = 1e-7
"""Derivatives by finite differences, each of length 1, that are alike to this are the same."""


def fit(
    model: Callable[[Array], ArrayLike],
    y: Estimate,
    start: Sequence[float],
    weight_covariance: Array | None = None,
    slope: Callable[[Array], Array] | None = None,
) -> Fit:
    """Fit y = model(parameters) by least squares, each number weighted by its own error.

    Without a covariance for the weights this is the fit for numbers that are many compared with the
    realizations, such as all points of a sweep at once: no measured covariance is inverted. It is not
    the fit of least variance, but its errors are right: they follow from the shares of the
    realizations, with all that numbers have in common. chi² is divided by what it should be for numbers with the measured covariance, so that it
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
    slope : callable(parameters (p,)) -> (n, p) array, optional
        Derivatives of the model; by finite differences unless given.

    Raises
    ------
    InputError
        If y is no Estimate, there are not more numbers than parameters, the start is not one finite number for each
        parameter, the model or its slope fails, has another number of values, or none at the start, or the
        covariance is singular or of another shape.
    Missing
        If a number has no value or no error, the search does not settle, or the numbers leave a
        parameter open.
    """
    from scipy.optimize import least_squares

    y = estimate_of(y, "the numbers of a fit")
    values, errors = y.values.ravel(), y.error.ravel()
    begin = _refused_start(start)
    refuse_missing(values, errors)
    if len(values) <= len(begin):
        raise InputError(
            f"a fit of {len(begin)} parameters needs more than {len(begin)} numbers, "
            f"got {len(values)}"
        )

    whiten = np.diag(1 / errors)
    if weight_covariance is not None:
        whiten = _whitening(covariance_of(weight_covariance, len(values)))

    modelled = _checked(model, begin, (len(values),), "model").ravel()
    if not np.isfinite(modelled).all():
        raise InputError(
            f"the model of a fit is no number at its start {_shown(begin)}: {brief(modelled)}; start "
            "where the model has a value"
        )

    def residuals(parameters: Array) -> Array:
        return np.asarray(whiten @ (_checked(model, parameters, values.shape, "model") - values))

    derivatives: Any = "2-point"
    if slope is not None:
        known = slope

        def derivatives(parameters: Array) -> Array:
            found = _checked(known, parameters, (len(values), len(begin)), "slope")
            return np.asarray(whiten @ found)

    try:
        # A step may go so far that the model or its squares are infinite; the search takes it back.
        with np.errstate(over="ignore", invalid="ignore"):
            found = least_squares(residuals, begin, derivatives, x_scale="jac")
    except QtcoreError:
        raise
    except ValueError as error:  # the model was no number where SciPy asked for its slope
        raise Missing(f"the fit did not settle: {error}") from error
    if not found.success:
        raise Missing(f"the fit did not settle: {found.message.rstrip('.')}")
    jacobian = np.asarray(found.jac, dtype=np.float64)
    size = np.linalg.norm(jacobian, axis=0)
    _refuse_undetermined(jacobian, size, found.x)
    # Columns of length 1, so that a parameter that moves the numbers little keeps its large error.
    estimator = np.linalg.pinv(jacobian / size) / size[:, None] @ whiten
    rest = whiten - jacobian @ estimator
    flat = y.reshape(len(values))
    # The parameters do not vanish with the numbers, so only their shares come from the product.
    shares = flat.shares @ estimator.T
    coefficients = Estimate(found.x, shares, float(y.counts.min()), folded=y.folded)
    # The errors are those of so many realizations; of `independent` numbers they are known.
    count = float(min(y.counts.min(), GROUPS if y.folded else np.inf))
    quality = quality_of(
        float(2 * found.cost),
        rest @ flat.covariance @ rest.T,
        len(values) - len(begin),
        count - 1 if count > 1 else np.inf,
        by_own_errors=weight_covariance is None,
    )
    return Fit(coefficients, quality.reduced, len(values) - len(begin), estimator, quality.excess)


def _whitening(covariance: Array) -> Array:
    """Return a matrix that makes numbers of this covariance independent, with variance 1."""
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))
    except np.linalg.LinAlgError:
        raise InputError(
            "the covariance that sets the weights of a fit is singular: some numbers carry the same "
            "samples; compute more realizations"
        ) from None


def _refused_start(start: Any) -> Array:
    """Return the start of a search; refuse what is none."""
    try:
        begin = np.asarray(start, dtype=np.float64)
    except (TypeError, ValueError):
        begin = np.full((), np.nan)
    if begin.ndim != 1 or not begin.size or not np.isfinite(begin).all():
        raise InputError(
            "the start of a fit is one finite number for each parameter of the model, such as "
            f"(100.0, 0.0), got {brief(start)}"
        )
    return begin


def _checked(
    model: Callable[[Array], ArrayLike], parameters: Array, shape: tuple[int, ...], what: str
) -> Array:
    """Return the numbers of a model, or its slope; refuse one that has others.

    Parameters
    ----------
    shape : tuple of int
        What it must return; one axis stands for any shape with so many numbers.
    what : str
        "model" or "slope", for the message.
    """
    try:
        made = model(parameters)
    except QtcoreError:
        raise
    except Exception as error:
        raise InputError(
            f"the {what} of a fit fails for {counted(len(parameters), 'parameters')} "
            f"{_shown(parameters)}, {kind_and_text(error)}; `start` has one number for each "
            "parameter that the model takes"
        ) from error
    if isinstance(made, Estimate):
        raise InputError(
            f"the {what} of a fit returned an Estimate; it is made of plain numbers, `.values` of one"
        )
    modelled = numbers(made, f"the numbers that the {what} of a fit returns", finite=False)
    if len(shape) == 1:
        if modelled.size != shape[0]:
            raise InputError(f"the {what} of a fit returns {shape[0]} numbers, got {modelled.size}")
        return modelled.ravel()
    if modelled.shape != shape:
        raise InputError(
            f"the {what} of a fit returns one number for each number of the fit and each parameter, the shape {shape}; "
            f"got {modelled.shape}"
        )
    return modelled


def _refuse_undetermined(slope: Array, size: Array, place: Array) -> None:
    """Raise Missing if the numbers leave a parameter, or a sum of some, open.

    Parameters
    ----------
    slope : (n, p) float array
        Derivatives of the model, by finite differences.
    size : (p,) float array
        The lengths of its columns.
    place : (p,) float array
        Where the search has ended.
    """
    if not np.isfinite(size).all():
        raise Missing(
            f"the fit did not settle: the model has no slope at {_shown(place)}, where the search ended"
        )
    if not size.all():
        which = listed([str(n) for n in np.flatnonzero(size == 0)])
        raise Missing(
            f"at {_shown(place)}, where the search for the best fit ended, the model does not change with its parameter {which} "
            "(counted from 0): the numbers do not determine it, the search began too far away, or the model does "
            f"not take as many as {counted(len(size), 'parameters')}"
        )
    if np.linalg.svd(slope / size, compute_uv=False)[-1] < ALIKE:
        raise Missing(
            "the numbers of a fit leave its parameters open: a change of one of them is made up for "
            "by the others; fit fewer parameters, or more different numbers"
        )


def _shown(parameters: Array) -> str:
    return f"({', '.join(f'{one:g}' for one in parameters)})"
