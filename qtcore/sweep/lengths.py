"""Which lengths to compute: one geometric grid for a sweep, a window of it for each point."""

from collections.abc import Sequence

import numpy as np

from qtcore.errors import InputError


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
    InputError
        If a point's longest length is shorter than its shortest one.
    """
    for number, (low, high) in enumerate(bounds):
        if not low <= high:
            raise InputError(
                f"the window of lengths of point {number} (counted from 0) has no length: it begins at {low:g} "
                f"and ends at {high:g} sites. If its end is a number of localization lengths, these are below a "
                "site: take weaker disorder"
            )
    shortest, longest = (f(ends[i] for ends in bounds) for i, f in enumerate((min, max)))
    lengths = geometric_lengths(shortest, longest, per_octave)
    return lengths, tuple(window(lengths, *ends) for ends in bounds)
