"""What rounding errors of the energy do where the leads' waves feel it.

No check of a result sees that: a lead at a slightly different energy keeps its electrons, too. So
the leads' waves are made again for energies that differ by some rounding errors on both sides.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.energies import NoChannelError
from qtcore.solve.meeting import NUDGE

_ROOM = 1.5
"""Factor by which the error may exceed what two nudges change."""


class Nudged(NamedTuple):
    """Channels, ln g and reflection (realization, length) with leads at an energy."""

    channels: int
    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]


def lead_errors(here: Nudged, solve: Callable[[float], Nudged]) -> NDArray[np.float64]:
    """Return the error of ln g, and of the reflection per channel, whichever is larger.

    Parameters
    ----------
    here : Nudged
        What has been found.
    solve : function
        Finds it for leads that are nudged by so many rounding errors.

    Returns
    -------
    (realization, length) float array
    """
    error = np.zeros_like(here.ln_g)
    for nudge in (-NUDGE, NUDGE):
        try:
            other = solve(nudge)
        except NoChannelError:
            # Below a threshold there may be no channel at all.
            continue
        except QtcoreError:
            # Rounding errors decide whether the waves can be told apart: no digit is known.
            error = np.maximum(error, 1.0)
            continue
        # A channel that closes took nothing but its own reflection.
        closed = here.channels - other.channels
        with np.errstate(invalid="ignore"):
            conducts = np.nan_to_num(np.abs(other.ln_g - here.ln_g), nan=0.0)
        reflects = np.abs(other.reflection + closed - here.reflection) / here.channels
        error = np.maximum(error, np.maximum(conducts, reflects))
    return _ROOM * error
