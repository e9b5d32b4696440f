"""Second neighbours: pairs of sites that a path of two bonds connects."""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.lattice.contract import Bonds, Lattice, plain_bonds


def second_neighbours(lattice: Lattice) -> tuple[Bonds, NDArray[np.float64]]:
    """Return the bonds between second neighbours of a planar lattice, and their turns.

    Returns
    -------
    Bonds
        Hopping 1, one orbital.
    (bond,) float array
        +1 if the path from `second` by way of the common neighbour to `first` turns left
        (counterclockwise), -1 if it turns right.

    Raises
    ------
    InputError
        If second neighbours lie more than one slice apart.
    """
    bonds = lattice.bonds()
    first = np.concatenate([bonds.first, bonds.second])
    second = np.concatenate([bonds.second, bonds.first])
    ahead = np.concatenate([bonds.ahead, -bonds.ahead])
    step = np.concatenate([bonds.displacement, -bonds.displacement])
    start, end = np.nonzero(second[:, None] == first[None, :])
    slices, across = ahead[start] + ahead[end], step[start] + step[end]
    i, k = first[start], second[end]
    back = np.linalg.norm(across, axis=1) < 1e-9
    if np.any(np.abs(slices[~back]) > 1):
        raise InputError("second neighbours must lie in the same or in neighbouring slices")
    kept = ~back & ((slices == 1) | ((slices == 0) & (i < k)))
    # The path from second to first runs against both steps, the later one first: the sign of the
    # cross product of (-step[end]) and (-step[start]).
    a, b = step[end][kept], step[start][kept]
    turn = np.sign(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    found = plain_bonds(i[kept], k[kept], slices[kept], across[kept])
    return found, turn
