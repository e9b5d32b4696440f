"""How many levels of a closed sample lie below an energy, without finding any of them.

Sylvester's law of inertia: eliminating slice by slice leaves blocks whose negative eigenvalues are as many
as there are levels below the energy.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from qtcore.errors import InputError
from qtcore.threads import one_thread


@one_thread
def levels_below(H: Any, energy: float, width: int) -> int:
    """Return how many eigenvalues of H lie below an energy.

    It takes a length's number of inverses of `width` × `width` matrices, where all levels take the cube of all sites.

    Parameters
    ----------
    H : (n, n) sparse matrix
        Hermitian, of a closed sample that is no ring (`qt.closed_sample`): only neighbouring slices are
        coupled. Units of t.
    energy : float
        Units of t.
    width : int
        Numbers in a slice, n is a multiple of it: sites times orbitals.

    Raises
    ------
    InputError
        If n is no multiple of `width`, or slices beyond neighbours are coupled.
    """
    matrix = csr_array(H)
    n = matrix.shape[0]
    rows, columns = matrix.nonzero()
    if n % width or (np.abs(rows // width - columns // width) > 1).any():
        raise InputError(
            f"levels_below takes slices of which neighbours alone are coupled, got {n} numbers in slices "
            f"of {width}; a ring has all its eigenvalues from observe.eigenvalues"
        )
    count, last = 0, np.empty((0, 0))
    for first in range(0, n, width):
        here = slice(first, first + width)
        block = matrix[here, here].toarray() - energy * np.eye(width)
        if first:
            v = matrix[here, first - width : first].toarray()
            block = block - v @ np.linalg.solve(last, v.conj().T)
        levels = np.linalg.eigvalsh(block)
        count += int((levels < 0).sum())
        last = block
    return count
