"""How far <ln g> of different wires can fall on one curve of L / xi: the offsets of DMPK.

Scaled by its own xi, every curve is <ln g> = offset - 2 L / xi, all with one slope. What differs are
the offsets. In the DMPK equation they follow from N and beta. Its eigenvalues T_n = 1 / cosh² x_n are
the radial part of Brownian motion on a symmetric space (A. Hüffmann, J. Phys. A 23, 5733 (1990);
M. Caselle, PRL 74, 2776 (1995)). Far out this motion has a constant drift, and its place is displaced
by minus the gradient of the logarithm of Harish-Chandra's function c, which S. G. Gindikin and
F. I. Karpelevich (1962) give in closed form: for roots alpha of multiplicity m, the product of
Gamma(z) / Gamma(z + m/2) with z = <rho, alpha> / <alpha, alpha>. For x_1, in roots 2 x_1 (m = 1) and
x_k ± x_1 (m = beta), the sum telescopes, and

    offset = (2 / beta) (1 - 1 / N).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = TypeVar("Numbers", float, Array)

NOT_SETTLED = 0.1
"""Part of an offset that may be missing: from 4 xi on the slope is 1 % too small (see
`qtcore.estimate.localization_length`), which an offset of one and a half feels as so much."""


def offset(channels: Numbers, beta: Numbers) -> Numbers:
    """Return the offset of <ln g> = offset - 2 L / xi in long wires of N equal channels (DMPK)."""
    return 2 / beta * (1 - 1 / channels)


def spread_of_offsets(places: Array, offsets: Array, left_out: Array) -> tuple[float, float]:
    """Return how far straight lines of different offsets spread, and how far wrong that may be.

    Parameters
    ----------
    places : (length,) float array
        L / xi at which they are compared, from 4 on.
    offsets : (curve,) float array
        Two or more.
    left_out : (curve,) float array
        Part by which each offset may be wrong on its own, since channels are not equal.

    Returns
    -------
    squared, left_out : float
        Squared spread relative to the mean, averaged over the lengths; and the half width of what
        wrong offsets may move it by.
    """
    lines = offsets[:, None] - 2 * places
    away, middle = relative_spread(lines)
    expected = float((away**2).sum())
    settled = (1 - NOT_SETTLED) * offsets[:, None] - 2 * places
    together = expected - float((relative_spread(settled)[0] ** 2).sum())
    # Each by its own part, of either sign: to first order they add up as the root of squares.
    wrong = (left_out * offsets)[:, None] / middle / np.sqrt((len(lines) - 1) * len(places))
    apart = 2 * float(np.sqrt(((away * wrong).sum(axis=1) ** 2).sum()))
    return expected, together + apart + float((wrong**2).sum())


def relative_spread(curves: Array) -> tuple[Array, Array]:
    """Return what adds up, squared, to the squared spread of curves; and their mean.

    Parameters
    ----------
    curves : (curve, length) float array
        Two or more.

    Returns
    -------
    away : (curve, length) float array
        Deviation from the mean, over the mean and over the root of (curves - 1) × lengths.
    middle : (length,) float array
        The mean.
    """
    middle = curves.mean(axis=0)
    return (curves - middle) / middle / np.sqrt((len(curves) - 1) * curves.shape[1]), middle
