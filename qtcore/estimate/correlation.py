"""How far fluctuations at two values of a parameter are correlated, from samples."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError, brief
from qtcore.estimate.estimate import Array, Estimate, stack
from qtcore.estimate.given import numbers, samples_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.moments import FEWEST_REALIZATIONS, variance


def distances(x: ArrayLike) -> Array:
    """Return the distances between points of a parameter, (distance,), increasing from 0.

    Distances that agree up to rounding, a millionth of the range, are one.
    """
    return _pairs(_places(x))[0]


def correlation(x: ArrayLike, g: Array) -> Estimate:
    """Return <dg(x) dg(x + d)> / <dg²> at the distances d between points, (distance, *shape).

    The average runs over realizations and over all pairs of points at the same distance: the
    fluctuations must be stationary over the range of x. The distances are those of `distances`.

    Parameters
    ----------
    x : (x,) float array
        Values of the parameter, increasing.
    g : (realization, x, *shape) float array
        Conductances of the same samples, such as those of several lengths.

    Raises
    ------
    Missing
        If fewer than eight realizations have all points, or g does not fluctuate.
    InputError
        If g has not one value for each point, or the points do not increase.
    """
    places = _places(x)
    g = samples_of(g, "conductances")
    if g.ndim < 2 or g.shape[1] != len(places):
        raise InputError(f"g is (realization, x, …) with {len(places)} points x, got {g.shape}")
    columns = g.reshape(*g.shape[:2], -1)
    found = stack([_of_one(places, columns[..., n]) for n in range(columns.shape[2])], axis=1)
    return found.reshape(len(found), *g.shape[2:])


def similarity(x: Array, y: Array) -> Estimate:
    """Return <dx dy> / <d²>, (*shape): how far two numbers of the same samples fluctuate together.

    <d²> is the mean of both variances.

    Parameters
    ----------
    x, y : (realization, *shape) float array
        The numbers.

    Raises
    ------
    Missing
        If fewer than eight realizations have both. Below 200 the error is NaN.
    InputError
        If both have not the same shape.
    """
    x, y = samples_of(x), samples_of(y)
    if x.shape != y.shape:
        raise InputError(f"numbers of the same samples have one shape, got {x.shape} and {y.shape}")
    # <dx dy> = (var(x + y) - var(x - y)) / 4, and <d²> = (var(x + y) + var(x - y)) / 4.
    added, taken = variance(x + y), variance(x - y)
    found: Estimate = (added - taken) / (added + taken)
    return found


def _places(x: ArrayLike) -> Array:
    """Return values of a parameter; raise InputError unless they are finite and increase."""
    places = numbers(x, "values of the parameter", ndim=1)
    if not (np.diff(places) > 0).all():
        raise InputError(
            f"values of the parameter of a correlation increase, got {brief(places.tolist())}"
        )
    return places


def _of_one(x: Array, g: Array) -> Estimate:
    """Return the correlation of one column, (distance,)."""
    present = np.isfinite(g).all(axis=1)
    count = int(present.sum())
    if count < FEWEST_REALIZATIONS:
        raise Missing(
            f"a correlation needs at least {FEWEST_REALIZATIONS} realizations with all of its points, "
            f"got {count} of {len(g)}; compute more realizations"
        )
    away = np.zeros_like(g)
    away[present] = g[present] - g[present].mean(axis=0)
    if not away.any():
        raise Missing("g is the same in all realizations: there is no correlation to speak of")
    first, second = np.triu_indices(len(x))
    steps, which = _pairs(x)
    at_distance = (which[:, None] == np.arange(len(steps))).astype(np.float64)
    products = (away[:, first] * away[:, second]) @ at_distance
    # Over the same points: their chance deviation from the ensemble's variance drops out.
    own = ((away[:, first] ** 2 + away[:, second] ** 2) / 2) @ at_distance
    scale = own.sum(axis=0)
    values = products.sum(axis=0) / scale
    # √(R / (R − 1)): fluctuations are measured around the mean of the same numbers.
    shares = (products - values * own) / scale * np.sqrt(count / (count - 1))
    return Estimate(values, shares, count)


def _pairs(x: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return the distances, and the place among them of every pair in the order of its triangle."""
    first, second = np.triu_indices(len(x))
    unit = 1e-6 * (x[-1] - x[0]) if len(x) > 1 else 1.0
    steps, which = np.unique(np.round((x[second] - x[first]) / unit), return_inverse=True)
    return np.asarray(steps * unit), which
