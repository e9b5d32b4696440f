"""How far the columns of the transfer solver may grow apart before they are made orthonormal again."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Tightness:
    """How far columns may grow apart before they are made orthonormal again.

    Attributes
    ----------
    growth : float
        Of the largest over the smallest column, at most; the relative error of g is about 1e-16
        times this.
    slow_growth : float
        The part of it that the slow columns may have among themselves.
    """

    growth: float
    slow_growth: float


def tightness_for(tolerance: float) -> Tightness:
    """Return how far columns may grow apart for certificates below an error of ln g.

    A certificate is 2^-48 of the growth, times the root of the number of looks, times what resonances
    add: 2^7 are left for these, so that few samples have to be solved again. A power of two, so
    that tolerances that are close have the same bits.
    """
    exponent = min(max(math.floor(math.log2(tolerance)) + 41, 8), 24)
    return Tightness(growth=2.0**exponent, slow_growth=2.0 ** (exponent / 2 - 2))


USUAL = Tightness(growth=2.0**16, slow_growth=2.0**6)
TIGHT = Tightness(growth=2.0**8, slow_growth=2.0**2)
TIGHTEST = Tightness(growth=2.0**5, slow_growth=1.0)
"""Where columns were kept as close as `TIGHT` already, and other rounding errors are wanted."""

IN_SECTIONS = Tightness(growth=2.0**8, slow_growth=1.0)
"""Where slices are passed in sections: one of them may take columns so far apart that there is a look
at most of them, and renewing the slow columns every time keeps certificates a hundred times smaller."""

_QUICKER = 4.0
"""By how much more columns may grow apart where the quickest ones are looked at more often."""


def for_quick_looks(tightness: Tightness, tolerance: float | None) -> Tightness:
    """Return how far columns may grow apart of which some are looked at more often than others."""
    # Slow columns share the room that others have to grow, and are renewed with these.
    loosened = tolerance is None and tightness.growth > TIGHT.growth
    growth = _QUICKER * tightness.growth if loosened else tightness.growth
    return Tightness(growth, min(tightness.slow_growth, TIGHT.slow_growth))
