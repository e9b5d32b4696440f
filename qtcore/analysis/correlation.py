"""How far fluctuations at two values of a parameter are correlated, from samples."""

import numpy as np

from qtcore.analysis.statistics import Array, Curve, complete
from qtcore.errors import InputError


def correlation(x: Array, g: Array) -> tuple[Array, Curve]:
    """Return the distances between points of a parameter, and <dg(x) dg(x + d)> / <dg²> there.

    The average runs over realizations and over all pairs of points at the same distance: the
    fluctuations must be stationary over the range of x.

    Parameters
    ----------
    x : (x,) float array
        Values of the parameter, increasing.
    g : (realization, x) float array
        Conductances of the same samples.

    Returns
    -------
    shifts : (shift,) float array
        Increasing from 0.
    curve : Curve
        The correlation there.

    Raises
    ------
    InputError
        If fewer than eight realizations are complete, or g does not fluctuate.
    """
    present = complete(g)
    away = np.zeros_like(g)
    away[present] = g[present] - g[present].mean(axis=0)
    if not away.any():
        raise InputError("g is the same in all realizations: there is no correlation to speak of")
    first, second = np.triu_indices(len(x))
    # Distances that agree up to rounding are one.
    unit = 1e-6 * (x[-1] - x[0]) if len(x) > 1 else 1.0
    steps, which = np.unique(np.round((x[second] - x[first]) / unit), return_inverse=True)
    at_shift = (which[:, None] == np.arange(len(steps))).astype(np.float64)
    products = (away[:, first] * away[:, second]) @ at_shift
    # Over the same points: their chance deviation from the ensemble's variance drops out.
    own = ((away[:, first] ** 2 + away[:, second] ** 2) / 2) @ at_shift
    scale = own.sum(axis=0)
    values = products.sum(axis=0) / scale
    shares = (products - values * own) / scale
    return steps * unit, Curve(values, shares)
