"""Which lengths to compute: one ladder for all runs of a definition, a window of it for each point."""

from collections.abc import Sequence

import numpy as np

from qtcore.errors import InputError

LONGEST = 2.0**53
"""Slices that a float64 can count."""

ROUNDING = 1e-9
"""A bound that is this close to a rung, as a part of the step between two, is that rung."""


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


def ladder(
    shortest: float, longest: float, per_octave: int, through: float = 1.0
) -> tuple[int, ...]:
    """Return the lengths of a ladder that cover shortest..longest.

    The rungs are `through` × 2^(k/per_octave) for whole numbers k, rounded to whole lengths, whatever is
    covered. So two ladders through the same length have the same lengths where both have some.

    Parameters
    ----------
    shortest, longest : float
        Slices. The first rung is the last one that is not above `shortest`, the last rung the first one
        that is not below `longest`, both before they are rounded.
    per_octave : int
        Rungs for each factor of two; at the short end rounding leaves out what would repeat.
    through : float
        A rung (slices), which need not be whole.

    Raises
    ------
    InputError
        Unless 1 <= shortest <= longest, per_octave >= 1 and through > 0.
    """
    if not 1 <= shortest <= longest or per_octave < 1 or not 0 < through < LONGEST:
        raise InputError(
            "lengths must grow from shortest >= 1 to longest, with per_octave >= 1 and through > 0; got "
            f"shortest {shortest:g}, longest {longest:g}, per_octave {per_octave}, through {through:g}"
        )
    first = int(np.floor(np.log2(shortest / through) * per_octave + ROUNDING))
    last = int(np.ceil(np.log2(longest / through) * per_octave - ROUNDING))
    exact = through * 2.0 ** (np.arange(first, last + 1) / per_octave)
    return tuple(int(length) for length in np.unique(np.round(exact)) if length >= 1)


def window(lengths: tuple[int, ...], shortest: float, longest: float) -> tuple[int, int]:
    """Return [lo, hi) of the lengths that cover shortest..longest, one beyond either end."""
    lo = int(np.searchsorted(lengths, shortest, side="right")) - 1
    hi = int(np.searchsorted(lengths, longest, side="left")) + 1
    return max(lo, 0), min(hi, len(lengths))


def windows(
    bounds: Sequence[tuple[float, float]], per_octave: int, through: float = 1.0
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return one geometric grid for all points and the window [lo, hi) of it for each.

    The grid is a part of a ladder that does not depend on the points: `through` × 2^(k/per_octave), rounded.
    So runs of one definition with other points have the same lengths wherever their windows overlap, and
    can be compared there.

    Parameters
    ----------
    bounds : sequence of (float, float)
        Shortest and longest length of each point (slices).
    per_octave : int
        Lengths for each factor of two.
    through : float
        A length (slices) that the ladder goes through; it need not be whole.

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
    lengths = ladder(shortest, longest, per_octave, through)
    return lengths, tuple(window(lengths, *ends) for ends in bounds)
