"""Moments <psi|T_n(H)|psi> of given states of a closed sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import LANES
from qtcore.solve.chebyshev import Recursion
from qtcore.solve.closed_ensemble import LaneSample


def moments_of_states(
    sample: LaneSample, recursion: Recursion, states: NDArray[Any], count: int
) -> NDArray[np.float64]:
    """Return <psi|T_n(H)|psi> for n < count, (count, state).

    Parameters
    ----------
    sample, recursion
        The sample, and its polynomials.
    states : (D, state) array
        Of any norm; what lies on absent sites is cut off.
    count : int
        At least 2.
    """
    # A real H keeps real and imaginary part of a state apart, as two vectors.
    split = sample.frame.planes == 1 and np.iscomplexobj(states)
    vectors = sample.cut(np.hstack([states.real, states.imag]) if split else states)
    moments = np.hstack(
        [
            recursion.moments(recursion.start(vectors[:, first : first + LANES]), count)
            for first in range(0, vectors.shape[1], LANES)
        ]
    )[:, : vectors.shape[1]]
    if split:
        moments = moments[:, : states.shape[1]] + moments[:, states.shape[1] :]
    return moments
