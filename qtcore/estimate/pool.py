"""One number from several that should agree."""

from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np

from qtcore.estimate.estimate import Estimate


def pool(numbers: Estimate, axis: SupportsIndex | Sequence[int] | None = None) -> Estimate:
    """Return the mean of numbers, weighted by their inverse variance.

    Parameters
    ----------
    numbers : Estimate
        An entry without value or error does not count.
    axis : int or sequence of int, optional
        Over which dimensions; all if left out. NaN where no entry counts.
    """
    errors = numbers.error
    with np.errstate(divide="ignore"):
        weights = np.where(np.isfinite(numbers.values) & (errors > 0), errors**-2.0, 0.0)
    axes = axis if axis is None or isinstance(axis, int) else tuple(np.atleast_1d(np.asarray(axis)))
    whole = weights.sum(axis=axes, keepdims=True)
    with np.errstate(invalid="ignore"):
        parts = weights / whole
    found = (numbers.where(weights > 0, 0.0) * parts).sum(axis)
    counts = np.where(weights > 0, numbers.counts, np.inf).min(axis=axes)
    return Estimate(found.values, found.shares, counts, folded=found.folded)
