"""A curve smoothed by fits of a cubic around each place, linear in its values.

The weights fall to nothing at a distance (W. S. Cleveland, J. Am. Stat. Assoc. 74, 829 (1979)).
"""

import numpy as np

from qtcore.estimate.estimate import Array

FEWEST_POINTS = 5
"""So many points have weight at least: one more than fix a cubic."""

DEGREE = 3

_MARGIN = 1.25


def smoother(x: Array, places: Array, reach: float) -> Array:
    """Return the matrix (place, x) that takes values at x to the local fit at each place.

    Parameters
    ----------
    x : (x,) float array
        Where values are known; at least five.
    places : (place,) float array
        Where the fit is wanted.
    reach : float
        Distance at which weights end; further where fewer than five points lie within.
    """
    away = x - places[:, None]
    fifth = np.sort(np.abs(away), axis=1)[:, FEWEST_POINTS - 1]
    away = away / np.maximum(reach, _MARGIN * fifth)[:, None]
    kernel = np.clip(1 - np.abs(away) ** 3, 0.0, None) ** 3
    design = away[..., None] ** np.arange(DEGREE + 1)
    weighted = (design * kernel[..., None]).swapaxes(1, 2)
    return np.asarray(np.linalg.solve(weighted @ design, weighted)[:, 0])
