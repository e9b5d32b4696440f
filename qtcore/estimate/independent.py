"""Numbers whose errors are known, and have nothing in common."""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, listed
from qtcore.estimate.estimate import Estimate
from qtcore.estimate.given import numbers


def independent(values: ArrayLike, errors: ArrayLike) -> Estimate:
    """Return numbers whose errors are known and have nothing in common.

    Each number has a row of shares of its own, as if each were one realization: combine them with
    each other and with exact numbers, not with numbers that come from realizations.

    Parameters
    ----------
    values : (*shape) float array
        The numbers; NaN where there is none.
    errors : (*shape) float array
        Standard errors, one for each number or one for all; NaN where it is not known.

    Raises
    ------
    InputError
        If values or errors are no real numbers, an error is negative or infinite, or the shapes do not belong together.
    """
    array = numbers(values, "numbers with known errors", finite=False)
    known = numbers(errors, "standard errors", finite=False)
    wrong = known[(known < 0) | np.isinf(known)]
    if wrong.size:
        raise InputError(
            f"standard errors are finite and not negative, got {listed(wrong.tolist())}; NaN stands for one that is not known"
        )
    try:
        each = np.broadcast_to(known, array.shape)
    except ValueError:
        raise InputError(
            f"standard errors are one for each number, here the shape {array.shape}, or one for all; got {known.shape}"
        ) from None
    return Estimate(array, np.diag(each.ravel()).reshape(array.size, *array.shape), 1.0)
