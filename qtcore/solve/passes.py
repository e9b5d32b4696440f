"""What passes over the slices of a family of wires are told, and what they find."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.modes import Modes


class Member(NamedTuple):
    """A wire of a family, the modes of its leads, and the energy (units of t).

    `mirrored` stands for the wire as it is read from right to left, and the modes alike. Only wires
    with absorption need it.
    """

    wire: Wire
    modes: Modes
    energy: float
    mirrored: bool = False


class Transferred(NamedTuple):
    """What a pass over the slices has found; rows are the realizations of all groups.

    Attributes
    ----------
    ln_g, reflection : (realization, length) float arrays
        ln g and the total reflection.
    amplification : (realization, length) float array
        The factors by which rounding errors were amplified, one for each renewal, added in
        quadrature as independent errors add.
    of_before : (realization, length) float array
        The factors that errors of long before may have grown by, see `renewal.follow_errors`. Mostly
        below `amplification`. Beside missing sites and other strong scatterers they are far too large.
    renewals : (group, 2) int array
        How often the fast and the slow columns were renewed.
    ln_T : (realization, length, channel) float array
        Logarithms of the transmission eigenvalues, largest first; without channels unless they were
        asked for.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    amplification: NDArray[np.float64]
    of_before: NDArray[np.float64]
    renewals: NDArray[np.int64]
    ln_T: NDArray[np.float64]
