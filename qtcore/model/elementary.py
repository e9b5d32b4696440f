"""Elementary functions, elementwise, with the same bits on every processor.

NumPy chooses its own vector code for these by the processor at hand, and their last bits differ:
two workers would make two different samples. The tangent and the bell are those of the C library;
the phase factor is made of sums and products here, since random bonds need very many of them.
"""

import math

import numpy as np

from qtcore.compiled import njit, vectorize


@vectorize
def tangent(angle):  # type: ignore[no-untyped-def]
    """Return tan, angle in radians."""
    return math.tan(angle)


@vectorize
def bell(u):  # type: ignore[no-untyped-def]
    """Return exp(-u²)."""
    return math.exp(-u * u)


_TERMS = 9
"""Terms of both series; at an eighth of a turn the next ones are below 1e-17."""

_SINE = tuple(
    (-1) ** n * (2 * math.pi) ** (2 * n + 1) / math.factorial(2 * n + 1) for n in range(_TERMS)
)
_COSINE = tuple((-1) ** n * (2 * math.pi) ** (2 * n) / math.factorial(2 * n) for n in range(_TERMS))
S0, S1, S2, S3, S4, S5, S6, S7, S8 = _SINE
C0, C1, C2, C3, C4, C5, C6, C7, C8 = _COSINE


@njit(nogil=True)
def cosine_and_sine(turns):  # type: ignore[no-untyped-def]
    """Return cos and sin of 2 pi turns, to about 3e-16, without a branch.

    Whole quarters of a turn are taken off, which is exact, and the series are summed as written:
    loops over many angles are compiled for the widest registers and have the same bits there.
    """
    quarters = np.floor(4.0 * turns + 0.5)
    f = turns - 0.25 * quarters
    z = f * f
    s = S8
    s = s * z + S7
    s = s * z + S6
    s = s * z + S5
    s = s * z + S4
    s = s * z + S3
    s = s * z + S2
    s = s * z + S1
    s = (s * z + S0) * f
    c = C8
    c = c * z + C7
    c = c * z + C6
    c = c * z + C5
    c = c * z + C4
    c = c * z + C3
    c = c * z + C2
    c = c * z + C1
    c = c * z + C0
    quadrant = quarters - 4.0 * np.floor(0.25 * quarters)
    is_odd = quadrant == 1.0 or quadrant == 3.0
    cosine, sine = (s, c) if is_odd else (c, s)
    cosine = -cosine if quadrant == 1.0 or quadrant == 2.0 else cosine
    sine = -sine if quadrant >= 2.0 else sine
    return cosine, sine


@vectorize
def phase_factor(turns):  # type: ignore[no-untyped-def]
    """Return exp(2 pi i turns)."""
    cosine, sine = cosine_and_sine(turns)
    return complex(cosine, sine)
