"""Sites that are not there: vacancies and walls, whose on-site energy is far beyond every coupling.

They would widen the interval of a Chebyshev expansion a hundred thousand times. Here they lose
their bonds instead, and vectors vanish on them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FAR = 2.0**15
"""On-site energy beyond which a site counts as absent, in units of the largest sum of the couplings
of a site: below the 2^20 t of vacancies and walls. Levels elsewhere move by less than 1e-4 t."""


def absent_sites(
    onsite: NDArray[np.float64], reach: NDArray[np.float64]
) -> NDArray[np.bool_] | None:
    """Return which rows of H are absent, (D,), or None if none is.

    Parameters
    ----------
    onsite : (D,) float array
        Diagonal of H, units of t.
    reach : (D,) float array
        Sum of the absolute values of the other entries of each row, units of t.
    """
    found = np.abs(onsite) > FAR * max(float(reach.max(initial=0.0)), 1e-300)
    return found if found.any() and not found.all() else None


def without(H: Any, absent: NDArray[np.bool_]) -> Any:
    """Return H without the bonds of absent sites, whose energy is then the others' mean."""
    there = sparse.diags_array((~absent).astype(np.float64))
    diagonal = H.diagonal().real
    level = np.where(absent, diagonal[~absent].mean(), 0.0)
    return sparse.csr_array(there @ H @ there + sparse.diags_array(level))
