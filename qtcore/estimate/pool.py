"""One number from several that should agree."""

from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Estimate
from qtcore.estimate.given import estimate_of


def pool(numbers: Estimate, axis: SupportsIndex | Sequence[int] | None = None) -> Estimate:
    """Return the mean of numbers, weighted by their inverse variance.

    Parameters
    ----------
    numbers : Estimate
        An entry without value or error does not count.
    axis : int or sequence of int, optional
        Over which dimensions; all if left out. NaN where no entry counts.

    Raises
    ------
    InputError
        If the numbers are no Estimate, hold no number, or have no such axis.
    """
    numbers = estimate_of(numbers, "the numbers of a pool")
    axes = tuple(range(numbers.ndim) if axis is None else np.atleast_1d(np.asarray(axis)).tolist())
    if any(not -numbers.ndim <= one < numbers.ndim for one in axes):
        raise InputError(
            f"a pool of numbers of the shape {numbers.shape} has no axis {brief(axis)}; axes are counted from 0"
        )
    errors = numbers.error
    with np.errstate(divide="ignore"):
        weights = np.where(np.isfinite(numbers.values) & (errors > 0), errors**-2.0, 0.0)
    whole = weights.sum(axis=axes, keepdims=True)
    with np.errstate(invalid="ignore"):
        parts = weights / whole
    found = (numbers.where(weights > 0, 0.0) * parts).sum(axes)
    counts = np.where(weights > 0, numbers.counts, np.inf).min(axis=axes)
    return Estimate(found.values, found.shares, counts, folded=found.folded)
