"""Currents of a quantity such as the spin on the bonds of a wire, and the torque on its sites.

The density q_i = psi_i^+ Q_i psi_i on site i changes by 2 Im psi_i^+ Q_i sum_j H_ij psi_j. What a
bond brings has two parts. The current

    I_ij = Im psi_i^+ (Q_i H_ij + H_ij Q_j) psi_j = -I_ji

leaves one end and arrives at the other one: it is j = Re psi^+ {Q, v} / 2 psi with the velocity of
the bond. The rest, psi_i^+ (Q_i H_ij - H_ij Q_j) psi_j, has the same imaginary part on both ends:
with psi_i^+ [Q_i, H_ii] psi_i it is the torque, what the bond does not conserve. In a stationary
state the currents into a site and the torque on it add up to zero.

Shi, Zhang, Xiao and Niu, PRL 96, 076604 (2006); Nikolic, Zarbo and Souma, PRB 73, 075303 (2006).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.conserved import on_sample
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_wire
from qtcore.solve.green import Blocks
from qtcore.solve.pencil import Matrix
from qtcore.solve.rotation import blocks_of_sites
from qtcore.threads import one_thread


@dataclass(frozen=True, eq=False, repr=False)
class ResolvedCurrents(ShownFields):
    """Currents of a quantity from site `start` to site `end`, summed over states.

    Attributes
    ----------
    within : (slice, realization, bond) float array
        On the bonds inside a slice, in units of the quantity times e²/h V a state of unit flux.
    along : (slice - 1, realization, bond) float array
        On the bonds from a slice to the next.
    torque : (slice, realization, site) float array
        What a site gains by itself: together with the currents that arrive it is zero. The bonds
        to the leads are not counted, which matters on the end slices only.
    within_ends, along_ends : (2, bond) int arrays
        Sites start (row 0) and end (row 1) of each bond; for `along` the end is on the next slice.
    """

    within: NDArray[np.float64]
    along: NDArray[np.float64]
    torque: NDArray[np.float64]
    within_ends: NDArray[np.intp]
    along_ends: NDArray[np.intp]

    @property
    def through(self) -> NDArray[np.float64]:
        """Current from each slice to the next, (slice - 1, realization).

        It is the same everywhere only if the sample conserves the quantity; else it grows from
        slice to slice by the sum of the torque.
        """
        total: NDArray[np.float64] = self.along.sum(axis=2)
        return total

    @property
    def arriving(self) -> NDArray[np.float64]:
        """What all bonds inside the sample bring to each site, (slice, realization, site)."""
        sites = self.torque.shape[2]
        total = _on_sites(self.within, self.within_ends[1], sites)
        total -= _on_sites(self.within, self.within_ends[0], sites)
        total[:-1] -= _on_sites(self.along, self.along_ends[0], sites)
        total[1:] += _on_sites(self.along, self.along_ends[1], sites)
        return total


@one_thread
def resolved_currents(
    wire: Wire, system: Blocks, states: Matrix, quantity: Any
) -> ResolvedCurrents:
    """Return the currents of a quantity that scattering states carry, and the torque on the sites.

    The quantity need not be conserved anywhere.

    Parameters
    ----------
    wire : Wire
        The wire that the sample was made of.
    system : Blocks
        The sample, from `sample_with_leads`.
    states : (slice, realization, M, K) complex array
        From `scattering_states`; its first N columns are what a bias on the left drives.
    quantity : str, SpinAlong, Conserved or array
        As in `qtcore.resolved_scattering`, on the sites of the sample: "spin_z" counts +1 and -1,
        which times hbar/2 is the spin. A matrix must not connect sites.

    Raises
    ------
    InputError
        If the quantity does not fit the wire, or the states do not fit the sample.
    """
    found = on_sample(quantity, checked_wire(wire))
    if found.blocks is None:
        raise InputError(
            f"currents of {found.label} have no meaning: its matrix connects sites; give one that acts "
            "on the orbitals of each site"
        )
    M = system.diagonal.shape[2]
    if states.ndim != 4 or states.shape[2] != M:
        raise InputError(f"states must be (slice, realization, {M}, state), got {states.shape}")
    if len(found.matrix) != M:
        raise InputError(
            f"a slice of the sample has {M} components, one of this wire {len(found.matrix)}; give the "
            "wire that the sample was made of"
        )
    # Rows of a site may have potentials of their own: then the sample counts each as a site.
    Q, k = found.blocks, found.blocks.shape[-1]
    psi = states.reshape(*states.shape[:2], len(Q), k, -1)
    inside, ahead = (_by_sites(H, k) for H in (system.inside, system.ahead))
    connected = inside.any(axis=(0, 1, 4, 5))
    start, end = np.nonzero(np.triu(connected | connected.T, 1))
    first, second = np.nonzero(ahead.any(axis=(0, 1, 4, 5)))
    ends = psi[:, :, start], psi[:, :, end]
    within, turned = _on_bonds(*ends, Q[start], Q[end], inside[:, :, end, start])
    back = ahead[:, :, first, second].conj().swapaxes(-1, -2)
    ends = psi[:-1, :, first], psi[1:, :, second]
    along, turned_ahead = _on_bonds(*ends, Q[first], Q[second], back)
    torque, sites = _own_torque(Q, system, psi), len(Q)
    torque += _on_sites(turned, start, sites) + _on_sites(turned, end, sites)
    torque[:-1] += _on_sites(turned_ahead, first, sites)
    torque[1:] += _on_sites(turned_ahead, second, sites)
    pairs = np.stack([start, end]), np.stack([first, second])
    return ResolvedCurrents(within, along, torque, *pairs)


def _by_sites(H: Matrix, k: int) -> Matrix:
    """Return the blocks between sites, (slice, realization, site, site', k, k)."""
    flat = H.reshape(-1, *H.shape[2:])
    sites = H.shape[2] // k
    if not len(flat):
        return np.zeros((*H.shape[:2], sites, sites, k, k), dtype=np.complex128)
    blocks = np.stack([blocks_of_sites(one, k) for one in flat])
    return blocks.reshape(*H.shape[:2], sites, sites, k, k)


def _on_bonds(
    start: Matrix, end: Matrix, Q_start: Matrix, Q_end: Matrix, H: Matrix
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the current and the torque on each end, (slice, realization, bond) each.

    Waves are (slice, realization, bond, k, state), H = <end|H|start> of each bond (..., k, k).
    """
    left, right = Q_end @ H, H @ Q_start

    def summed(A: Matrix) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (end.conj() * (A @ start)).imag.sum(axis=(3, 4))
        return found

    return summed(left + right), summed(left - right)


def _own_torque(Q: Matrix, system: Blocks, psi: Matrix) -> NDArray[np.float64]:
    """Return what the matrix of each site itself does, (slice, realization, site).

    What is a number times one does nothing, such as the energy and a scalar potential.
    """
    blocks = system.diagonal.copy()
    blocks[0] += system.leads.left.sigma
    blocks[-1] += system.leads.right.sigma
    site, k = np.arange(len(Q)), Q.shape[-1]
    H = -np.moveaxis(
        blocks.reshape(*blocks.shape[:2], len(Q), k, len(Q), k)[:, :, site, :, site], 0, 2
    )
    torque: NDArray[np.float64] = (psi.conj() * ((Q @ H - H @ Q) @ psi)).imag.sum(axis=(3, 4))
    return torque


def _on_sites(
    on_bonds: NDArray[np.float64], ends: NDArray[np.intp], sites: int
) -> NDArray[np.float64]:
    """Return what bonds bring to the sites at one of their ends, (slice, realization, site)."""
    return np.asarray(on_bonds @ (ends[:, None] == np.arange(sites)).astype(np.float64))
