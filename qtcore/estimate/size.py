"""How large an effect is, by what theory says of it."""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_linear


def fit_size(
    numbers: Estimate, law: Array, rest: Array, where: ArrayLike = True
) -> tuple[Estimate, float]:
    """Return numbers over theory, as one factor, and what theory leaves open in it.

    Parameters
    ----------
    numbers : Estimate (n,)
        Measured, from the same realizations.
    law, rest : (n,) float arrays
        What theory says, and half widths of what it leaves out; same unit. The weights count both
        the errors and what is left out.
    where : (n,) bool array
        Which numbers count; all that are numbers if left out.

    Returns
    -------
    size : Estimate
        1 if theory is right.
    left_out : float
        Half width of the band around 1 if all that is left out has the sign of theory.

    Raises
    ------
    Missing
        If no number counts, or there are not twice as many realizations as numbers.
    """
    here = np.asarray(where, dtype=bool) & np.isfinite(numbers.values)
    numbers, law, rest = numbers[here], np.asarray(law)[here], np.asarray(rest)[here]
    weights = numbers.covariance + np.diag(rest**2)
    found = fit_linear(numbers, law[:, None], weights)
    return found.coefficients[0], abs(float(found.estimator[0] @ (np.sign(law) * rest)))
