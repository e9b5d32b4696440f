"""Statistics of energy levels."""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

NEIGHBOURS = 2
"""Ratios so far apart in one spectrum count as correlated."""


def level_spacing_ratio(levels: NDArray[np.float64]) -> tuple[float, float]:
    """Return <r> of consecutive spacings, r = min / max, and its standard error.

    0.386 for uncorrelated levels; 0.531, 0.600, 0.674 for chaotic ones of the orthogonal, unitary
    and symplectic class. Needs no unfolding. Oganesyan and Huse, PRB 75, 155111 (2007); Atas et
    al., PRL 110, 084101 (2013).

    Parameters
    ----------
    levels : (..., level) float array
        Ascending, units of t: samples along the leading axes; Kramers pairs once only.

    Raises
    ------
    InputError
        If there are fewer than four levels, or they are not ascending.
    """
    values = np.asarray(levels, dtype=np.float64)
    if values.shape[-1] < 4:
        raise InputError(f"a spacing ratio needs at least 4 levels, got {values.shape[-1]}")
    spacings = np.diff(values, axis=-1)
    if not (spacings >= 0).all():
        raise InputError("levels must ascend along the last axis; sort them first")
    one, other = spacings[..., :-1], spacings[..., 1:]
    larger = np.maximum(one, other)
    if not (larger > 0).all():
        raise InputError("three levels coincide; take every degenerate level once")
    ratios = np.minimum(one, other) / larger
    away = ratios - ratios.mean()
    # Neighbouring ratios share a spacing and go together (correlation about 0.14), in chaotic spectra
    # the next ones as well: their products count in the variance of the mean.
    together = (away**2).sum() + sum(
        2 * (away[..., lag:] * away[..., :-lag]).sum() for lag in range(1, NEIGHBOURS + 1)
    )
    return float(ratios.mean()), math.sqrt(together / (ratios.size * (ratios.size - 1)))
