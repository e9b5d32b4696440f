"""How large an effect is, by what theory says of it."""

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError, counted
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_linear
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.missing import Missing


def fit_size(
    measured: Estimate, law: Array, rest: Array, where: ArrayLike = True
) -> tuple[Estimate, float]:
    """Return numbers over theory, as one factor, and what theory leaves open in it.

    Parameters
    ----------
    measured : Estimate (n,)
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
    InputError
        If the shapes do not belong together, or law or rest is no number where it counts.
    Missing
        If no number counts, or there are not twice as many realizations as numbers.
    """
    measured = estimate_of(measured, "the numbers of a size")
    said = numbers(law, "the law of a size", shape=measured.shape, finite=False)
    left_out = numbers(rest, "what theory leaves out of a size", shape=measured.shape, finite=False)
    here = np.broadcast_to(np.asarray(where, dtype=bool), measured.shape)
    here = here & np.isfinite(measured.values)
    if not (np.isfinite(said[here]) & np.isfinite(left_out[here])).all():
        raise InputError(
            "the law of a size, and what theory leaves out, must be finite where it counts; leave out the others with `where`"
        )
    if not (said[here] != 0).any():
        raise Missing(
            f"none of the {counted(measured.size, 'numbers')} of a size has a value and a law other than 0"
        )
    measured, said, left_out = measured[here], said[here], np.abs(left_out[here])
    weights = measured.covariance + np.diag(left_out**2)
    found = fit_linear(measured, said[:, None], weights)
    return found.coefficients[0], abs(float(found.estimator[0] @ (np.sign(said) * left_out)))
