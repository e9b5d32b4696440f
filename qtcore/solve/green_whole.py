"""All blocks of the Green's function of a sample, from one elimination in each direction.

What is left of a slice and what is right of it give the block on the diagonal; a block beside it is its neighbour times the
response of one slice, so that rows of blocks follow each other by one product of matrices each.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.doubt import largest
from qtcore.solve.elimination import GROWTH, responses
from qtcore.solve.green import Blocks, green_columns
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread


@one_thread
def green_whole(system: Blocks) -> Matrix:
    """Return G, (realization, slice, M, slice, M), receiving first, in units of 1/t.

    Time grows as (slices)² M³, memory as (slices M)². For samples with absorption: without it single blocks may be
    infinite where G is not, and `green_columns` solves for the columns that are asked for.

    Parameters
    ----------
    system : Blocks
        From `sample_with_leads`, with absorption.
    """
    L, R, M, _ = system.diagonal.shape
    G = np.empty((R, L, M, L, M), dtype=np.complex128)
    shape = system.diagonal.shape[1:]
    ahead = [np.broadcast_to(v, shape) for v in system.ahead]
    back = [v.conj().swapaxes(1, 2) for v in ahead]
    to_left, to_right = np.zeros((2, L, R, M, M), dtype=np.complex128)
    right: Matrix = np.zeros((R, M, M), dtype=np.complex128)
    before = [right]
    growth: NDArray[np.float64] = np.zeros(R)
    for n in range(L - 1):
        to_left[n] = system.response(n, before[n], ahead[n])
        growth = np.maximum(growth, largest(to_left[n]))
        before.append(back[n] @ to_left[n])
    identity: Matrix = np.broadcast_to(np.eye(M, dtype=np.complex128), shape)
    for n in range(L - 1, -1, -1):
        if n in system.turned:
            G[:, n, :, n] = system.response(n, before[n] + right, identity)
        else:
            G[:, n, :, n] = responses(system.diagonal[n] - before[n] - right, identity, system.unit)
        if n:
            to_right[n] = system.response(n, right, back[n - 1])
            growth = np.maximum(growth, largest(to_right[n]))
            right = ahead[n - 1] @ to_right[n]
    for n in range(1, L):
        known = G[:, n - 1, :, :n].reshape(R, M, n * M)
        G[:, n, :, :n] = (to_right[n] @ known).reshape(R, M, n, M)
    for n in range(L - 2, -1, -1):
        known = G[:, n + 1, :, n + 1 :].reshape(R, M, -1)
        G[:, n, :, n + 1 :] = (to_left[n] @ known).reshape(R, M, L - n - 1, M)
    return _with_care(system, G, growth)


def _with_care(system: Blocks, G: Matrix, growth: NDArray[np.float64]) -> Matrix:
    """Replace samples a block of which comes close to singular by their columns, which are solved with care."""
    doubtful = np.flatnonzero(~(growth < GROWTH))
    if len(doubtful):
        for n in range(G.shape[1]):
            G[doubtful, :, :, n] = green_columns(system, n)[:, doubtful].swapaxes(0, 1)
    return G
