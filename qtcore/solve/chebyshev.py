"""Chebyshev polynomials of H, of eight vectors at a time.

H is mapped onto (-1, 1), where T_{n+1}(H) = 2 H T_n(H) - T_{n-1}(H) is stable. One product with H
gives two moments, from <T_n|T_n> and <T_{n+1}|T_n>. If a part of the spectrum lies outside the
interval the polynomials grow without bound, which is noticed by their norms.
Weisse et al., Rev. Mod. Phys. 78, 275 (2006).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.lanes import LANES, aligned
from qtcore.model.checks import finite_number
from qtcore.solve.closed_frame import LANE_BYTES, Frame

MARGIN = 0.01
"""How much wider than the bound of the spectrum the interval of the expansion is."""

_GROWN = 1e-6
"""By how much the squared norm of T_n(H) x may exceed that of x, relative to it."""


class Interval(NamedTuple):
    """Where the spectrum lies: at center - half .. center + half, units of t."""

    center: float
    half: float

    @classmethod
    def around(cls, low: float, high: float) -> "Interval":
        """Return the interval from bounds of the spectrum, a little wider."""
        return cls((low + high) / 2, (high - low) / 2 * (1 + MARGIN) or 1.0)


def checked_bounds(bounds: Any) -> tuple[float, float] | None:
    """Return bounds of the spectrum as two floats, None as it is, or raise InputError."""
    if bounds is None:
        return None
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise InputError(
            f"bounds must be two energies (lowest, highest) in units of t, got {bounds!r}"
        ) from None
    low, high = (finite_number("bound of the spectrum", one, "units of t") for one in (low, high))
    if not low < high:
        raise InputError(f"bounds must be (lowest, highest) in units of t, got ({low:g}, {high:g})")
    return low, high


def safe_bounds(frame: Frame, onsite: NDArray[np.float64]) -> tuple[float, float]:
    """Return bounds of the spectrum by Gershgorin's circles: safe, and somewhat too wide.

    Parameters
    ----------
    frame : Frame
        H but for its diagonal.
    onsite : (D,) or (D, LANES) float array
        Its diagonal, units of t.
    """
    reach = frame.reach if onsite.ndim == 1 else frame.reach[:, None]
    return float((onsite - reach).min()), float((onsite + reach).max())


class Recursion:
    """The polynomials of one H, or of eight that differ in their diagonals.

    Parameters
    ----------
    frame : Frame
        H but for its diagonal.
    onsite : (D,) or (D, LANES) float array
        The diagonal, the same for all lanes or each lane's own, units of t.
    interval : Interval
        Where the spectrum lies.
    """

    def __init__(self, frame: Frame, onsite: NDArray[np.float64], interval: Interval) -> None:
        self._frame, self.interval = frame, interval
        self._shared = onsite.ndim == 1
        scale = 2 / interval.half
        self._onsite = np.ascontiguousarray((onsite - interval.center) * scale).ravel()
        self._sweep = frame.sweep(scale)

    def start(self, vectors: NDArray[Any]) -> NDArray[np.float64]:
        """Return vectors, (D, up to LANES), as an array for the recursion; the rest is zero."""
        x = aligned(self._frame.room)
        places = self.view(x)
        count = vectors.shape[1]
        if self._frame.planes == 1:
            places[:, :count] = vectors
        else:
            places[:, 0, :count], places[:, 1, :count] = vectors.real, vectors.imag
        return x

    def view(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return an array of the recursion as (D, LANES), or (D, 2, LANES) if it is complex."""
        D, planes = self._frame.size, self._frame.planes
        shape = (D, LANES) if planes == 1 else (D, 2, LANES)
        return x[: D * planes * LANES].reshape(shape)

    def complex_view(self, x: NDArray[np.float64]) -> NDArray[Any]:
        """Return a copy as numbers, (D, LANES), real if H is."""
        found = self.view(x)
        return found.copy() if self._frame.planes == 1 else found[:, 0] + 1j * found[:, 1]

    def moments(self, x: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """Return <x|T_n(H)|x> for n < count, (count, LANES).

        Parameters
        ----------
        x : array from `start`
            Is overwritten.
        count : int
            At least 2.

        Raises
        ------
        QtcoreError
            If a polynomial grows, because the spectrum reaches beyond the interval.
        """
        found = np.empty((count + count % 2, LANES))
        found[:2], now, old = self._first(x)
        n, none = 1, np.empty((0, 0))
        while 2 * n < count:
            steps = min(self._frame.steps, len(found) // 2 - n)
            squares, products = self._steps(now, old, steps, none, aligned(1))
            self._refuse_growth(squares, found[0])
            found[2 * n : 2 * (n + steps) : 2] = 2 * squares - found[0]
            found[2 * n + 1 : 2 * (n + steps) : 2] = 2 * products - found[1]
            n += steps
            if steps % 2:
                now, old = old, now
        return found[:count]

    def sums(self, x: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sum_n weights[a, n] T_n(H) x, (a, lane vectors of x).

        Parameters
        ----------
        x : array from `start`
            Is overwritten.
        weights : (a, n) float array
            With n >= 2.

        Raises
        ------
        QtcoreError
            If a polynomial grows, because the spectrum reaches beyond the interval.
        """
        targets, count = weights.shape
        lanes = self._frame.planes * self._frame.size
        into = aligned(targets * lanes)
        each = into.reshape(targets, lanes * LANES)
        each += weights[:, :1] * x[: lanes * LANES]
        (norms, _), now, old = self._first(x)
        each += weights[:, 1:2] * now[: lanes * LANES]
        n = 2
        while n < count:
            steps = min(self._frame.steps, count - n)
            squares, _ = self._steps(now, old, steps, weights[:, n : n + steps], into)
            self._refuse_growth(squares, norms)
            n += steps
            if steps % 2:
                now, old = old, now
        return each

    def polynomials(self, x: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """Yield T_n(H) x for n = 0, 1, ... as arrays of the recursion, valid until the next one."""
        yield x
        (norms, _), now, old = self._first(x)
        none = np.empty((0, 0))
        while True:
            yield now
            squares, _ = self._steps(now, old, 1, none, aligned(1))
            self._refuse_growth(squares, norms)
            now, old = old, now

    def _first(
        self, x: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return <x|x> and <x|H|x>, (2, LANES), then T_1 and T_0 = x."""
        after = aligned(self._frame.room)
        squares, products = self._steps(x, after, 1, np.empty((0, 0)), aligned(1))
        after *= 0.5
        return np.stack([squares[0], products[0] / 2]), after, x

    def _steps(
        self,
        now: NDArray[np.float64],
        old: NDArray[np.float64],
        steps: int,
        weights: NDArray[np.float64],
        into: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Do some steps; return their <T_n|T_n> and <T_{n+1}|T_n>, (steps, LANES) each."""
        sums = aligned(2 * steps)
        used = np.ascontiguousarray(weights) if len(weights) else np.zeros((1, steps))
        self._sweep(now, old, self._onsite, self._shared, steps, sums, used, into, len(weights))
        both = sums.reshape(steps, 2, LANES)
        return both[:, 0], both[:, 1]

    def _refuse_growth(self, squares: NDArray[np.float64], norms: NDArray[np.float64]) -> None:
        if not (squares <= (1 + _GROWN) * norms).all():
            center, half = self.interval
            raise QtcoreError(
                f"the spectrum reaches beyond the bounds {center - half:g} .. {center + half:g} t: the "
                "Chebyshev polynomials grow without limit; leave bounds away, then safe ones are found"
            )


def room_for(frame: Frame, arrays: int) -> int:
    """Return the bytes of some arrays of the recursion."""
    return arrays * frame.room * LANE_BYTES
