"""The typical resistance exp(-<ln g>) of a coherent strip, metal and insulator."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.theory.boltzmann import classical_conductance
from qtcore.theory.collapse import offset
from qtcore.theory.dmpk import conductance_moments
from qtcore.theory.weak_strip import WeakStrip

Array = NDArray[np.float64]

METAL = 0.25
"""L / xi up to which the series of the DMPK equation in 1/N holds."""

INSULATOR = 4.0
"""L / xi from which <ln g> is a straight line."""


class TypicalResistance(NamedTuple):
    """What `typical_resistance` returns; all (length,).

    Attributes
    ----------
    value : float array
        h/e² per spin; NaN between metal and insulator.
    left_out : float array
        Half width of what the metal leaves out, same unit.
    metal : bool array
        Where the value is that of the metal.
    """

    value: Array
    left_out: Array
    metal: NDArray[np.bool_]


def typical_resistance(law: WeakStrip, length: ArrayLike) -> TypicalResistance:
    """Return exp(-<ln g>) of strips of some lengths, without or with a field that breaks time reversal.

    Up to xi/4 the classical conductance of unequal channels and what interference adds to it in the
    DMPK equation, with <ln g> = ln <g> - var g / 2 <g>². From 4 xi on <ln g> = offset - 2 L / xi.

    Parameters
    ----------
    law : WeakStrip
        Of the golden rule, with beta = 1 or 2.
    length : (length,) float array
        Sites.
    """
    sites, xi, N = np.asarray(length, dtype=np.float64), law.localization_length, law.channels
    near = np.minimum(sites, METAL * xi)  # beyond, the series says nothing
    s = near / law.mean_free_path
    moments = conductance_moments(s, N, int(law.beta))
    added = moments.mean - N / (1 + s)
    g = classical_conductance(law.rates, near) + added
    R = np.exp(moments.variance / (2 * g**2)) / g
    of_g = law.inequality * np.abs(added) + moments.mean_left_out
    # The next order moves l, and with it all but the contact, by its size and half of that.
    of_l = 1.5 * law.next_order * np.abs(R - 1 / N)
    left_out = of_l + R / g * of_g + R * moments.variance_left_out / (2 * g**2)
    metal, deep = sites <= METAL * xi, sites >= INSULATOR * xi
    line = np.exp(np.where(deep, 2 * sites / xi - offset(N, law.beta), np.nan))
    return TypicalResistance(np.where(metal, R, line), left_out, metal)
