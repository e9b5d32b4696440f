"""Functions of the C library, elementwise, with the same bits on every processor.

NumPy chooses its own vector code for these by the processor at hand, and their last bits differ:
two workers would make two different samples.
"""

import math

from qtcore.compiled import vectorize


@vectorize
def tangent(angle):  # type: ignore[no-untyped-def]
    """Return tan, angle in radians."""
    return math.tan(angle)


@vectorize
def bell(u):  # type: ignore[no-untyped-def]
    """Return exp(-u²)."""
    return math.exp(-u * u)


@vectorize
def phase_factor(turns):  # type: ignore[no-untyped-def]
    """Return exp(2 pi i turns)."""
    angle = 2 * math.pi * turns
    return complex(math.cos(angle), math.sin(angle))
