"""Lines through the values of a theory, smooth where that is honest."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FINE = 200
"""Points of a line between its first and its last value."""

FEWEST = 5
"""Fewer values are joined by straight lines."""


def through(
    x: Array, y: Array, *, xlog: bool = False, ylog: bool = False, round_tops: bool = False
) -> tuple[Array, Array]:
    """Return a line through points as the axes show them, without overshoot.

    Between values it is the monotone cubic of Fritsch and Carlson, SIAM J. Numer. Anal. 17, 238
    (1980), in the logarithm along a logarithmic axis. A few points, or points whose x turns back,
    are joined as they come.

    Parameters
    ----------
    x, y : arrays of shape (points,)
        Finite; positive along a logarithmic axis.
    xlog, ylog : bool
        Which axes are logarithmic.
    round_tops : bool
        Whether the line may go beyond the largest value, as a smooth density and a fit do between two
        points beside their maximum, where a monotone line is flat. It is then the modified spline of
        Akima, J. ACM 17, 589 (1970), which stays straight between equal values and swings nowhere.
    """
    from scipy.interpolate import Akima1DInterpolator, PchipInterpolator

    step = np.diff(x)
    if len(x) < FEWEST or not ((step > 0).all() or (step < 0).all()):
        return x, y
    u, v = (np.log(x) if xlog else x), (np.log(y) if ylog else y)
    if u[0] > u[-1]:
        u, v = u[::-1], v[::-1]
    if not (np.diff(u) > 0).all():
        return x, y
    fine = np.union1d(np.linspace(u[0], u[-1], FINE), u)
    with np.errstate(all="ignore"):
        spline = Akima1DInterpolator(u, v, method="makima") if round_tops else None
        line = (spline or PchipInterpolator(u, v))(fine)
    return (np.exp(fine) if xlog else fine), (np.exp(line) if ylog else line)


def runs(there: NDArray[np.bool_], broken: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield the places that one line joins.

    Parameters
    ----------
    there : bool array of shape (points,)
        Where the line has values.
    broken : bool array of shape (points,)
        Where it is known to have none. Any other place is left out without a gap: points of one
        curve lie on the lengths of all curves, and most of these are not its own.
    """
    part = np.cumsum(broken & ~there)
    for number in np.unique(part[there]):
        yield np.flatnonzero(there & (part == number))
