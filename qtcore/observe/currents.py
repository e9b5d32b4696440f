"""Currents on the bonds of a wire, carried by scattering states of unit flux."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.shown import ShownFields
from qtcore.solve.green import Blocks
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread


@dataclass(frozen=True, eq=False, repr=False)
class BondCurrents(ShownFields):
    """Particle currents from `start` to `end`, summed over states; times e²/h V a current.

    Attributes
    ----------
    within : (slice, realization, bond) float array
        On the bonds inside a slice.
    along : (slice - 1, realization, bond) float array
        On the bonds from a slice to the next.
    within_ends, along_ends : (2, bond) int arrays
        Components start (row 0) and end (row 1) of each bond; for `along` the end is on the
        next slice.
    """

    within: NDArray[np.float64]
    along: NDArray[np.float64]
    within_ends: NDArray[np.intp]
    along_ends: NDArray[np.intp]

    @property
    def through(self) -> NDArray[np.float64]:
        """Current from each slice to the next, (slice - 1, realization): conserved.

        Empty where the sample has a single slice; take `caroli` there.
        """
        total: NDArray[np.float64] = self.along.sum(axis=2)
        return total


@one_thread
def bond_currents(system: Blocks, states: Matrix) -> BondCurrents:
    """Return I = 2 Im(psi_end^* H_end,start psi_start), summed over the states.

    Parameters
    ----------
    system : Blocks
        The wire, from `sample_with_leads`.
    states : (slice, realization, M, K) complex array
        From `scattering_states`; its first N columns are what a bias on the left drives, and
        their current through any slice is g.
    """
    M = system.diagonal.shape[2]
    if states.ndim != 4 or states.shape[2] != M:
        raise InputError(f"states must be (slice, realization, {M}, state), got {states.shape}")
    # Bonds that any slice of any sample has.
    inside = np.stack(np.nonzero(np.triu(system.inside.any(axis=(0, 1)), 1)))
    ahead = np.stack(np.nonzero(system.ahead.any(axis=(0, 1))))

    def flow(start: Matrix, end: Matrix, ends: NDArray[np.intp], H: Matrix) -> NDArray[np.float64]:
        product = end[:, :, ends[1]].conj() * H[..., None] * start[:, :, ends[0]]
        current: NDArray[np.float64] = 2 * product.imag.sum(axis=3)
        return current

    return BondCurrents(
        within=flow(states, states, inside, system.inside[:, :, inside[1], inside[0]]),
        along=flow(states[:-1], states[1:], ahead, system.ahead[:, :, *ahead].conj()),
        within_ends=inside,
        along_ends=ahead,
    )
