"""Closed formulas of localization of equivalent channels: a chain, and quasi-one-dimensional wires.

Conventions as everywhere: <ln g> = -2 L / xi, g per spin, the mean free path l is the one of the
DMPK equation, <sum_n R_n> = N L / l for L << l, and the symmetry index is beta = 1 with and 2
without time-reversal symmetry.

Sources: D. J. Thouless, in Ill-Condensed Matter (1979) for the chain; O. N. Dorokhov, JETP Lett.
36, 318 (1982); P. A. Mello, P. Pereyra, N. Kumar, Ann. Phys. 181, 290 (1988); P. A. Mello and
A. D. Stone, PRB 44, 3559 (1991); C. W. J. Beenakker, RMP 69, 731 (1997).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief

Numbers = TypeVar("Numbers", float, NDArray[np.float64])

SINGLE_PARAMETER_SLOPE = 2.0
"""Slope of var(ln g) against |<ln g>| deep in the localized regime, off the anomalies."""


def thouless_localization_length(energy: float, strength: float) -> float:
    """Return the localization length of a chain with box disorder, in sites.

    xi = 24 (4 - E²) / W², the leading order in W. It does not hold at E = 0 (9 % off) and at the
    band edges, and needs W <~ 0.5 to be good to 1 %.

    Parameters
    ----------
    energy, strength : float
        Energy and full width W of the box, units of t.

    Raises
    ------
    InputError
        If the energy lies outside the band of the chain or the strength is not positive.
    """
    if not abs(energy) < 2:
        raise InputError(f"the chain conducts for -2 < E < 2, got the energy {energy:g}")
    if not strength > 0:
        raise InputError(f"disorder strength must be > 0 for a finite length, got {strength:g}")
    return 24 * (4 - energy**2) / strength**2


def localization_length(channels: Numbers, mean_free_path: Numbers, beta: Numbers) -> Numbers:
    """Return xi = (beta N + 2 - beta) l of N equivalent channels (DMPK), in units of l.

    With beta = 4 (spin-orbit coupling, time-reversal symmetry) N counts Kramers pairs, and a single pair
    has 2 l.

    Raises
    ------
    InputError
        If beta is not 1, 2 or 4 (NaN, between two classes, has no xi), or N or l is negative.
    """
    if not (np.isin(beta, (1, 2, 4)) | np.isnan(beta)).all():
        raise InputError(f"the symmetry index beta is 1, 2 or 4, got {brief(beta)}")
    for name, given in (("number of channels", channels), ("mean free path", mean_free_path)):
        if np.less(given, 0).any():
            raise InputError(f"a {name} is not negative, got {brief(given)}")
    return (beta * channels + 2 - beta) * mean_free_path


def field_ratio(channels: Numbers) -> Numbers:
    """Return xi(beta=2) / xi(beta=1) = 2 N / (N + 1) at equal mean free path.

    1 for a single channel, where the field has nothing to break, and 2 for many.
    """
    return 2 * channels / (channels + 1)


def weak_localization(length_over_l: Numbers, beta: float) -> Numbers:
    """Return the quantum correction to the classical <g>, in e²/h per spin.

    (1/3) (1 - 2/beta) (s / (1 + s))³ with s = L / l (Mello & Stone 1991): the first term of an
    expansion in L / xi. For one channel it makes <g> exact up to and including s³.
    """
    s = length_over_l
    return (1 - 2 / beta) / 3 * (s / (1 + s)) ** 3
