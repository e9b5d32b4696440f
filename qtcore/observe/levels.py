"""Statistics of energy levels."""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError


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
    # Neighbouring ratios share a spacing and are correlated (about -0.17): this errs on the safe side.
    return float(ratios.mean()), float(ratios.std(ddof=1) / math.sqrt(ratios.size))
