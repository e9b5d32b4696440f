"""Filled levels as a function of H: a step that kernel polynomials can follow, and how sharp it is.

The projector onto the filled levels is a step of H at the Fermi energy. A step that falls within the gap
is as good, and a series of Chebyshev polynomials converges to a smooth one exponentially. The series
acts on a few vectors, so that its time grows with the size of the sample only as H itself does.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.special import erfc

from qtcore.errors import InputError
from qtcore.room import refuse_more_than_memory
from qtcore.solve.chebyshev import Interval, Recursion

_SHARP = 4.2
"""Widths of the error function from the Fermi energy to where a level counts as filled or empty to
erfc(4.2) / 2 = 1.4e-9."""

_MOST_TERMS = 10**6

_PER_TERM = 128
"""Bytes of the weights of one polynomial, while they are made."""


def filling(levels: NDArray[np.float64], energy: float, resolution: float) -> NDArray[np.float64]:
    """Return how far levels are filled, from 1 to 0, by a step that is smooth within the resolution.

    Parameters
    ----------
    levels : float array
        Units of t.
    energy, resolution : float
        Fermi energy, and the distance from it at which a level is filled or empty to 1.4e-9, units of t.
    """
    return np.asarray(erfc((levels - energy) * (_SHARP / resolution)) / 2)


def closeness(levels: NDArray[np.float64], energy: float, resolution: float) -> NDArray[np.float64]:
    """Return how close levels are to the Fermi energy: 1 there, 1/2 at the resolution, 0 at twice that."""
    above, below = (filling(levels, energy + side * resolution, resolution) for side in (1.0, -1.0))
    return above - below


def series_of_step(interval: Interval, energy: float, resolution: float) -> NDArray[np.float64]:
    """Return the weights of T_n(H) in `filling` and `closeness`, (2, n).

    Parameters
    ----------
    interval : Interval
        Where the spectrum lies.
    energy, resolution : float
        As in `filling`.

    Raises
    ------
    InputError
        If the resolution is so fine that the series has more than a million terms.
    """
    # Coefficients fall as exp(-(n w / 2)²) for a step of width w.
    needed = 2 * _SHARP**2 * interval.half / resolution
    if needed > _MOST_TERMS:
        finest = 2 * _SHARP**2 * interval.half / _MOST_TERMS
        raise InputError(
            f"a resolution of {resolution:g} t takes {needed:.3g} Chebyshev polynomials, at most "
            f"{_MOST_TERMS:,} are allowed; take a resolution of {finest:.2g} t or more"
        )
    terms = max(16, math.ceil(needed))
    refuse_more_than_memory(
        _PER_TERM * terms, f"{terms:,} Chebyshev polynomials", "take a coarser resolution"
    )
    theta = (np.arange(2 * terms) + 0.5) * (math.pi / (2 * terms))
    levels = interval.center + interval.half * np.cos(theta)
    values = np.stack([one(levels, energy, resolution) for one in (filling, closeness)])
    weights = np.asarray(dct(values, type=2)[:, :terms] / (2 * terms))
    weights[:, 0] /= 2
    return weights


class Filled:
    """The projector onto the filled levels of a closed sample, by polynomials of H.

    Parameters
    ----------
    recursion : Recursion
        The polynomials of H.
    energy, resolution : float
        As in `filling`.
    """

    def __init__(self, recursion: Recursion, energy: float, resolution: float) -> None:
        self._recursion = recursion
        self._weights = series_of_step(recursion.interval, energy, resolution)

    def __call__(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Return P vectors, (D, vector), at most LANES of them; real ones where H is real."""
        return self._applied(vectors, 1)[0]

    def with_closeness(self, vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Return P vectors, and how close to the Fermi energy their levels are, (vector,)."""
        found, near = self._applied(vectors, 2)
        return found, np.einsum("dv,dv->v", vectors.conj(), near).real

    def _applied(self, vectors: NDArray[Any], series: int) -> list[NDArray[Any]]:
        recursion = self._recursion
        sums = recursion.sums(recursion.start(vectors), self._weights[:series])
        return [recursion.complex_view(one)[:, : vectors.shape[1]] for one in sums]
