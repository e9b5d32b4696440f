"""Functions of estimates whose derivatives are not known in closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtcore.estimate.estimate import Array, Estimate, combined


def propagate(
    function: Callable[..., Any], *arguments: Estimate | ArrayLike, step: float = 1e-5
) -> Estimate | Array:
    """Return a function of numbers, with the error that follows from theirs.

    Parameters
    ----------
    function : callable(*arrays) -> array
        Element by element, as a theory is: each entry of the result depends on the same entry of the
        arguments only, after broadcasting.
    *arguments : Estimate or float array
        What it is evaluated at. Plain numbers have no error.
    step : float
        Relative change of an argument in the central difference that stands for the derivative;
        where an argument is 0, the change itself.

    Returns
    -------
    Estimate, or float array if no argument is an estimate
    """
    plain = [one.values if isinstance(one, Estimate) else one for one in arguments]
    values = np.asarray(function(*plain), dtype=np.float64)
    if not any(isinstance(one, Estimate) for one in arguments):
        return values
    slopes: list[Any] = []
    for n, argument in enumerate(arguments):
        if not isinstance(argument, Estimate):
            slopes.append(0.0)
            continue
        change = step * np.where(argument.values == 0, 1.0, np.abs(argument.values))
        up, down = list(plain), list(plain)
        up[n], down[n] = argument.values + change, argument.values - change
        rise = np.asarray(function(*up), dtype=np.float64) - np.asarray(function(*down))
        slopes.append(rise / (2 * change))
    return combined(values, arguments, slopes)
