"""A slice cut across the wire into sections that are passed one after the other.

Columns can be renewed between two sections. That matters where a whole slice takes them too far apart:
two missing sites one behind the other stretch a wave by 2^40, and one section of each by 2^20 only;
ribbons with hopping to second neighbours stretch it by the product of what their sections do.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.pencil import Matrix

_NEGLIGIBLE = 1e-14
"""Elements below this part of the largest one couple nothing."""

_RANK = 1e-10
"""Singular values below this part of the largest one of v count as zero, as in `peeling`."""


def cut(h: Matrix, v: Matrix, rank: int) -> list[NDArray[np.intp]]:
    """Return the components of each section of a slice, from the slice before on.

    Components that the slice before touches come first, then their neighbours, and so on. As many
    waves must pass between two sections as between two slices: sections between which more of them
    do are one. A single section if no cut is left.

    Parameters
    ----------
    h, v : (M, M) complex arrays
        H inside the slice, and its coupling to the next one.
    rank : int
        Of v.
    """
    whole = [np.arange(len(h))]
    scale = max(float(np.abs(matrix).max(initial=0.0)) for matrix in (h, v))
    linked, through = (np.abs(matrix) > _NEGLIGIBLE * scale for matrix in (h, v))
    layers, left = [], np.array(~through.any(axis=0))
    layer = np.flatnonzero(~left)
    while len(layer):
        layers.append(layer)
        left[layer] = False
        layer = np.flatnonzero(linked[layer].any(axis=0) & left)
    senders = np.flatnonzero(through.any(axis=1))
    if left.any() or not np.isin(senders, layers[-1]).all():
        return whole
    found = [layers[0]]
    for layer in layers[1:]:
        size = np.linalg.svd(h[np.ix_(found[-1], layer)], compute_uv=False)
        if int((size > _RANK * scale).sum()) == rank:
            found.append(layer)
        else:
            found[-1] = np.sort(np.concatenate([found[-1], layer]))
    return found
