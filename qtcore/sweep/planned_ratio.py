"""How exactly a sweep over bars plans the ratio Λ of localization length and width."""

import math

import numpy as np

from qtcore.sweep.spec import Sweep


def planned_ratio(sweep: Sweep, spread: float, size: str = "width") -> str:
    """Return how exactly a sweep plans Λ, as the words of `planned_error`.

    The logarithm of a wave in a bar of the length L scatters by about sqrt(L/ξ), so that the error of
    ln Λ is sqrt(spread × M / slices of all pieces) at the transition.

    Parameters
    ----------
    sweep : Sweep
        With the constant `slices` of a piece, and pieces as realizations; the widest bar has most.
    spread : float
        Of the model: squared error of ln Λ times slices over M, as measured at the transition.
    size : str
        Axis of the sizes M.
    """
    (widest,) = (max(np.asarray(axis.values)) for axis in sweep.axes if axis.name == size)
    slices = float(np.asarray(sweep.constants["slices"])) * sweep.largest_count
    return f"Λ to {100 * math.sqrt(spread * float(widest) / slices):.2g} %"
