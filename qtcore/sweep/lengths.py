"""Which lengths to compute: one geometric grid for a sweep, a window of it for each point."""

from collections.abc import Sequence

import numpy as np

from qtcore.errors import InputError

LONGEST = 2.0**53
"""Slices that a float64 can count."""


class NoWindowError(InputError):
    """A point to which a definition gives no window of lengths.

    Parameters
    ----------
    message : str
        What came, and what is allowed.
    number : int
        Of the point.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message, number)
        self.message, self.number = message, number

    def __str__(self) -> str:
        return self.message


def geometric_lengths(shortest: float, longest: float, per_octave: int) -> tuple[int, ...]:
    """Return whole lengths from `shortest` to at least `longest`, `per_octave` to each doubling.

    Parameters
    ----------
    shortest, longest : float
        Sites; rounding at the short end leaves out what would repeat.
    per_octave : int
        Lengths for each factor of two.

    Raises
    ------
    InputError
        Unless 1 <= shortest < longest and per_octave >= 1.
    """
    if not 1 <= shortest < longest or per_octave < 1:
        raise InputError(
            "lengths must grow from shortest >= 1 to longest, with per_octave >= 1; got "
            f"shortest {shortest:g}, longest {longest:g}, per_octave {per_octave}"
        )
    steps = int(np.ceil(np.log2(longest / shortest) * per_octave))
    exact = shortest * 2 ** (np.arange(steps + 1) / per_octave)
    exact[-1] = max(exact[-1], longest)
    return tuple(int(length) for length in np.unique(np.round(exact)))


def window(lengths: tuple[int, ...], shortest: float, longest: float) -> tuple[int, int]:
    """Return [lo, hi) of the lengths that cover shortest..longest, one beyond either end."""
    lo = int(np.searchsorted(lengths, shortest, side="right")) - 1
    hi = int(np.searchsorted(lengths, longest, side="left")) + 1
    return max(lo, 0), min(hi, len(lengths))


def windows(
    bounds: Sequence[tuple[float, float]], per_octave: int
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return one geometric grid for all points and the window [lo, hi) of it for each.

    Parameters
    ----------
    bounds : sequence of (float, float)
        Shortest and longest length of each point (slices).
    per_octave : int
        Lengths for each factor of two.

    Raises
    ------
    NoWindowError
        If a point has no window: lengths grow from 1 on.
    """
    for number, (low, high) in enumerate(bounds):
        if not 1 <= low <= high < LONGEST:
            raise NoWindowError(
                f"lengths from {low:.4g} to {high:.4g} slices, and lengths grow from 1 to below {LONGEST:.0e}",
                number,
            )
    shortest, longest = (f(ends[i] for ends in bounds) for i, f in enumerate((min, max)))
    lengths = geometric_lengths(shortest, longest, per_octave)
    return lengths, tuple(window(lengths, *ends) for ends in bounds)
