"""After how many slices a bar has forgotten the solutions that it started with.

Two starts in the same disorder come to span the same spaces. What is left between their spaces of
the k fastest solutions is d = min(1, exp(-X)), where X grows by gamma_k - gamma_{k+1} per slice on
average, and by 2 gamma_M for all M, beside which the decaying solutions come next. The growth of
the spaces, and so the exponents, differ by d at most, up to a factor.

X is a sum over slices, so that it is normal with a mean g n and a variance s² n, and
<d> ~ exp(-f n) with f = g - s²/2 where s² < g, and g²/(2 s²) otherwise, from the rare bars in which
X is still zero. In quasi-one-dimensional wires s² = 2 g for X of all M, so that f = g/4, and a start is
forgotten at the rate 1/(2 xi). Both g and s² are measured here.

The smallest exponent is the difference of two sums, of M and of M - 1 solutions: the slower of both
counts. Exponents that are equal are one level: solutions inside it never come to agree, and what
they exchange leaves their mean alone.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError

FOLDS = 6.0
"""e-folds that a start is forgotten by. What is left changes an exponent by at most about
2 exp(-FOLDS) / length: less than a tenth of the statistical error sqrt(gamma / (length bars)) of up to
400 bars for each localization length that one is long."""

_STRETCHES = 8
"""Parts that a stretch is cut into, whose scatter gives s²."""

_FIRST = 64
"""Slices that tell nothing yet; stretches double from there, and the last one ends at the limit."""

_ALWAYS = 1024
"""Slices that bars may take for it, however short they are."""

_SHOWN = 3.0
"""Standard errors above zero from which a distance between two exponents counts as one."""

Walk = Callable[[int, int], NDArray[np.float64]]
"""(first slice, end) -> ln |R_kk|, (bar, M)."""


def most(length: int) -> int:
    """Return how many slices `forget` takes at most, for bars that measure `length` slices."""
    return max(length, _ALWAYS)


def forget(walk: Walk, length: int) -> int:
    """Carry bars on until they have forgotten their start; return the number of slices.

    Parameters
    ----------
    walk : callable
        Carries all bars from slice `first` to slice `end`.
    length : int
        Slices that are measured behind it; `most(length)` are the limit.

    Raises
    ------
    QtcoreError
        If it takes more.
    """
    limit = most(length)
    n, end = _FIRST, 2 * _FIRST
    walk(0, n)
    while n < limit:
        cuts = np.linspace(n, end, _STRETCHES + 1).astype(int).tolist()
        grown = [walk(first, last) for first, last in pairwise(cuts)]
        rate = rate_of_forgetting(np.stack(grown, axis=1), (end - n) // _STRETCHES)
        if rate * end >= FOLDS:
            return end
        n, end = end, min(2 * end, limit)
    raise QtcoreError(
        f"these bars do not forget their start within {limit} slices; give a greater length, or "
        "skip=… in slices, which should be 12 to 24 localization lengths (depending on the symmetry "
        "class); bars without localization never forget it"
    )


def rate_of_forgetting(grown: NDArray[np.float64], slices: int) -> float:
    """Return the rate f per slice, or 0 if none is seen.

    Parameters
    ----------
    grown : (bar, stretch, M) float array
        ln |R_kk| over stretches, the smallest last.
    slices : int
        In a stretch.
    """
    last = grown[:, :, -1]
    slowest = _fall(2 * last, slices)
    for k in range(grown.shape[2] - 2, -1, -1):
        fall = _fall(grown[:, :, k] - last, slices)
        if fall > 0:
            return min(slowest, fall)
    return slowest


def _fall(X: NDArray[np.float64], slices: int) -> float:
    """Return the rate at which the mean of min(1, exp(-X)) falls, from what X grew by."""
    g, s2 = float(X.mean()) / slices, float(X.var(ddof=1)) / slices
    if not g > _SHOWN * math.sqrt(s2 / (slices * X.size)):
        return 0.0
    return g - s2 / 2 if s2 < g else g**2 / (2 * s2)
