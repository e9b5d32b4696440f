"""Parts of a wire that nothing couples: layers, chains, spins.

Waves of one part stay there, in rounded arithmetic too if they start there: every product with
another part is exactly zero. Mixed ones do not. What rounding errors bring from one part into the
other is 1e-16, which may be far more than what passes either.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Matrix = NDArray[np.complexfloating] | NDArray[np.float64]

WEAK = 1e-4
"""Coupling, relative to the largest element, below which parts count as hardly coupled."""


DROWNED = 1e-12
"""Coupling, relative to the largest element, that rounding errors may hide altogether."""


def parts(matrices: Sequence[Matrix], weak: float = 0.0) -> list[NDArray[np.intp]]:
    """Return the components (indices) of each part, in the order of their first ones.

    Parameters
    ----------
    matrices : sequence of (M, M) arrays
        What may couple them: a slice, and its couplings to others.
    weak : float
        Elements up to this part of the largest one of their matrix count as zero.
    """
    return _components(_coupled(matrices, weak))


def _coupled(matrices: Sequence[Matrix], weak: float) -> NDArray[np.bool_]:
    coupled = np.zeros(matrices[0].shape, dtype=bool)
    for matrix in matrices:
        sizes = np.abs(matrix)
        coupled |= sizes > weak * sizes.max(initial=0.0)
    return coupled


def _components(coupled: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    count, labels = connected_components(csr_array(coupled.astype(np.int8)), directed=False)
    return [np.flatnonzero(labels == k) for k in range(count)]


def hardly_coupled(sample: Sequence[Matrix], leads: Sequence[Matrix]) -> bool:
    """Return whether parts of a sample are coupled so weakly that rounding errors may count more.

    Or by the leads alone, whose waves then are in several parts at once.
    """
    return _is_coupled_below(sample, leads, WEAK)


def drowned(sample: Sequence[Matrix], leads: Sequence[Matrix]) -> bool:
    """Return whether parts of a sample are coupled, but less than rounding errors couple them."""
    return _is_coupled_below(sample, leads, DROWNED)


def _is_coupled_below(sample: Sequence[Matrix], leads: Sequence[Matrix], weak: float) -> bool:
    strongly, at_all = _coupled(sample, weak), _coupled([*sample, *leads], 0.0)
    if np.array_equal(strongly, at_all):
        return False
    return len(_components(strongly)) > len(_components(at_all))
