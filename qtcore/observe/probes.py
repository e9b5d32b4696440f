"""Uniform dephasing by voltage probes on every site.

A self-energy -i eta on a site is a reservoir of its own. Left floating, it takes in and gives back
the same current without phase memory. Büttiker, PRB 33, 3020 (1986); D'Amato and Pastawski,
PRB 41, 7411 (1990).
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.solve.green import Blocks, sample_with_leads
from qtcore.solve.green_whole import green_whole
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread

_TOGETHER = 2**22
"""Elements of Green's functions that are in memory at a time, at least one sample's."""

_PER_ELEMENT = 64
"""Bytes for each element of a Green's function: it, what it becomes, and the network of the probes."""


@one_thread
def dephased_ensemble(
    wire: Wire, energy: float, length: int, realizations: range, seed: int, eta: float
) -> NDArray[np.float64]:
    """Return g of some realizations of a wire with a floating probe on every site, (realization,).

    Parameters
    ----------
    wire : Wire
        The wire and its disorder.
    energy : float
        Units of t.
    length : int
        Slices.
    realizations : range
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    eta : float
        Absorption of every site, > 0, units of t.

    Raises
    ------
    InputError
        If the whole Green's function, (slices M)² numbers, does not fit into memory.
    """
    rows = length * len(wire.slices().h)
    refuse_more_than_memory(
        _PER_ELEMENT * rows**2,
        f"probes on all sites of {rows:,} rows",
        "take a shorter or narrower wire: the whole Green's function is needed",
    )
    found, together = [np.empty(0)], max(1, min(4, _TOGETHER // rows**2))
    for first in range(0, len(realizations), together):
        numbers = realizations[first : first + together]
        sample = sample_with_leads(wire, energy, length, numbers, seed, absorption=eta)
        found.append(dephased_conductance(sample))
    return np.concatenate(found)


@one_thread
def dephased_conductance(system: Blocks) -> NDArray[np.float64]:
    """Return g between the leads with a floating probe on every site, (realization,).

    The absorption eta of the sample is what the probes take in: each one's self-energy is
    -i eta, a phase-breaking rate of 2 eta, and the orbitals of a site share a probe. Needs the
    whole Green's function: time and memory grow with (slices * sites)².

    Parameters
    ----------
    system : Blocks
        From `sample_with_leads`, with absorption > 0.

    Raises
    ------
    InputError
        If there is no absorption, or the wire has pairing.
    """
    if system.has_holes:
        raise InputError(
            "a floating probe of a wire with pairing takes in electrons and holes, whose charges are "
            "opposite: no current is zero at its quasiparticles' balance; leave out the probes"
        )
    eta = system.absorption
    if not eta > 0:
        raise InputError(
            f"the probes' self-energy -i eta needs an absorption eta > 0 (units of t), got {eta!r}"
        )
    L, R, _, _ = system.diagonal.shape
    G = green_whole(system)
    P, orbitals = L * system.sites, system.orbitals
    by_site = (G.real**2 + G.imag**2).reshape(R, P, orbitals, P, orbitals)
    by_site = by_site.reshape(R, P, P) if orbitals == 1 else by_site.sum(axis=(2, 4))
    between = (2 * eta) ** 2 * by_site
    left, right = (contact.gamma for contact in system.leads)

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
    # The probe of a missing site exchanges nothing with anybody, at whatever voltage.
    alone = network[:, np.arange(P), np.arange(P)] == 0
    network[:, np.arange(P), np.arange(P)] += alone
    voltage = np.linalg.solve(network, from_left[:, :, None])[:, :, 0]
    return np.asarray(direct + (to_right * voltage).sum(axis=1))
