"""Which waves of a normal lead are electrons, which are holes, and which are each other's conjugates."""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.solve.modes import Modes
from qtcore.solve.pencil import Matrix

_PURE = 1e-9
"""Part of a mode that may lie on the other kind of orbitals before it counts as mixed."""

_REAL = 1e-6
"""Misfit of a mode and its conjugate at E = 0 above which particle-hole symmetry is lost."""


def mixes_kinds(h: Matrix, v: Matrix, k: int) -> bool:
    """Return whether a lead pairs electrons and holes; k orbitals on a site, electrons first."""
    for matrix in (h, v):
        blocks = matrix.reshape(-1, 2, k // 2, len(matrix) // k, 2, k // 2)
        if blocks[:, 0, :, :, 1].any() or blocks[:, 1, :, :, 0].any():
            return True
    return False


def kinds(modes: Modes, k: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of the open modes are holes: of those that move to the right, and to the left.

    Raises
    ------
    QtcoreError
        If a mode is both.
    """
    N = modes.channels
    found = []
    for waves in ((modes.right, modes.right_ahead), (modes.left, modes.left_ahead)):
        both = np.concatenate([one[:, :N] for one in waves])
        weight = (np.abs(both) ** 2).reshape(-1, 2, k // 2, N).sum(axis=(0, 2))
        share = weight[1] / weight.sum(axis=0)
        if (np.minimum(share, 1 - share) > _PURE).any():
            raise QtcoreError(
                "a mode of the leads is both electron and hole; this is a fault of qtcore"
            )
        found.append(np.asarray(share > 0.5))
    return found[0], found[1]


def conjugates(
    modes: Modes, right: NDArray[np.bool_], left: NDArray[np.bool_], k: int
) -> tuple[Matrix, Matrix]:
    """Return the holes' modes at E = 0 as conjugates of the electrons', (N, N) unitaries.

    Column n of the first one is the conjugate of the n-th mode of an electron that moves to the right,
    in terms of the modes of holes; the second one is for those that move to the left.

    Raises
    ------
    InputError
        If a channel opens at this energy.
    QtcoreError
        If rounding errors hide that modes are conjugates.
    """
    if 2 * int(right.sum()) != len(right):
        raise InputError(
            f"a band of the leads begins or ends at E = 0: in the limit from above {int((~right).sum())} "
            f"modes of electrons and {int(right.sum())} of holes are open, which is not particle-hole "
            "symmetric; take a slightly other chemical potential of the leads (lead_shift)"
        )
    found = []
    for waves, holes in (
        ((modes.right, modes.right_ahead), right),
        ((modes.left, modes.left_ahead), left),
    ):
        both = np.concatenate([one[:, : modes.channels] for one in waves])
        swapped = both.conj().reshape(-1, 2, k // 2, modes.channels)[:, ::-1]
        partners = swapped.reshape(both.shape)[:, ~holes]
        U, _, _, _ = np.linalg.lstsq(both[:, holes], partners, rcond=None)
        missed = np.abs(both[:, holes] @ U - partners).max(initial=0.0)
        if not missed < _REAL * np.abs(partners).max(initial=1.0):
            raise QtcoreError(
                "the modes of holes at E = 0 are not the conjugates of those of electrons within "
                "rounding errors, as close to a threshold; take a slightly other chemical potential"
            )
        V, _, W = np.linalg.svd(U)
        found.append(V @ W)
    return found[0], found[1]
