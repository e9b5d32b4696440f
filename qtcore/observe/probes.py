"""Uniform dephasing by voltage probes on every site.

A self-energy -i eta on a site is a reservoir of its own. Left floating, it takes in and gives back
the same current without phase memory. Büttiker, PRB 33, 3020 (1986); D'Amato and Pastawski,
PRB 41, 7411 (1990).
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.slices import Slices
from qtcore.solve.green import blocks, green_columns
from qtcore.solve.pencil import Matrix


def dephased_conductance(
    slices: Slices, energy: float, potential: NDArray[np.float64], eta: float
) -> NDArray[np.float64]:
    """Return g between the leads with a floating probe on every site, (realization,).

    Needs the whole Green's function: time and memory grow with (slices * sites)².

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads; the orbitals of a site share its probe.
    energy : float
        Units of t.
    potential : (slice, site, realization) float array
        Disorder and gates, units of t; as many slices as the sample has.
    eta : float
        Each probe's self-energy is -i eta, eta > 0, units of t: a phase-breaking rate of 2 eta.

    Raises
    ------
    InputError
        If eta is not positive, or the potential does not fit.
    """
    if not (np.isfinite(eta) and eta > 0):
        raise InputError(f"eta of the probes must be > 0 (units of t), got {eta!r}")
    system = blocks(slices, energy, potential, absorption=eta)
    L, R, _, _ = system.diagonal.shape
    G = np.stack([green_columns(system, n) for n in range(L)], axis=3)
    # (realization, slice, M, slice, M), receiving first.
    G = G.transpose(1, 0, 2, 3, 4)
    P, orbitals = L * slices.sites, slices.orbitals
    by_site = (np.abs(G) ** 2).reshape(R, P, orbitals, P, orbitals).sum(axis=(2, 4))
    between = (2 * eta) ** 2 * by_site
    left, right = system.leads.gamma_left, system.leads.gamma_right

    def exchanged(gamma: Matrix, end: int) -> tuple[NDArray[np.float64], ...]:
        """Transmission from a lead to each probe, and from each probe to the lead."""
        column, row = G[:, :, :, end], G[:, end]
        to = np.einsum("rnij,jk,rnik->rni", column, gamma, column.conj()).real
        back = np.einsum("rinj,ik,rknj->rnj", row.conj(), gamma, row).real
        return tuple(2 * eta * x.reshape(R, P, orbitals).sum(axis=2) for x in (to, back))

    from_left, to_left = exchanged(left, 0)
    _, to_right = exchanged(right, L - 1)
    direct = np.einsum("ij,rjk,kl,ril->r", right, G[:, -1, :, 0], left, G[:, -1, :, 0].conj()).real
    # No probe draws current: what leaves it at its voltage is what arrives from all the others.
    leaving = between.sum(axis=1) + to_left + to_right
    network = -between
    network[:, np.arange(P), np.arange(P)] += leaving
    voltage = np.linalg.solve(network, from_left[:, :, None])[:, :, 0]
    return np.asarray(direct + (to_right * voltage).sum(axis=1))
