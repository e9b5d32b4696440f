"""One Kwant system between its leads, solved as a whole: a sparse factorisation with pivoting.

The orbitals keep the order of the system. Fisher and Lee, PRB 23, 6851 (1981); Davis, Direct Methods
for Sparse Linear Systems (SIAM, 2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from qtcore.errors import InputError, brief, counted
from qtcore.model.checks import whole_number
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem, Matrix, SystemMatrices
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import checked_energy
from qtcore.solve.contacts import Contact
from qtcore.solve.elimination import size
from qtcore.solve.kwant_leads import attached
from qtcore.solve.whole import Solver, UnreachableStateError, without_unreachable
from qtcore.threads import one_thread

_CLOSE = 2.0**30
"""Response, in units of the inverse coupling, from which on a level counts as close."""

_INFINITE = 2.0**42
"""The same of a Green's function that has no correct digit: its level is there."""


@dataclass(frozen=True, eq=False, repr=False)
class KwantSample(Shown):
    """A Kwant system at an energy, to be asked what goes on inside; from `kwant_sample`.

    Attributes
    ----------
    matrices : SystemMatrices
        Hamiltonian, disorder included, and leads.
    energy : float
        In the unit of the system's own energies.
    contacts : tuple of Contact
        What the leads do to their interfaces.
    """

    matrices: SystemMatrices
    energy: float
    contacts: tuple[Contact, ...]

    def _card(self) -> Card:
        """Return what it shows of itself."""
        modes = ", ".join(f"lead {number} {N}" for number, N in enumerate(self.channels))
        return Card(
            f"Open Kwant system of {counted(self.matrices.sites, 'sites')}",
            [
                ("energy", f"{self.energy:g} (unit of the system)"),
                ("open modes", modes),
                ("orbitals", f"{self.H.shape[0]:,}"),
            ],
        )

    @property
    def H(self) -> Any:
        """The Hamiltonian, (orbital, orbital), sparse, in the unit of the system."""
        return self.matrices.H

    @property
    def site_of(self) -> NDArray[np.intp]:
        """The site of each orbital in the order of Kwant's `system.sites`, (orbital,)."""
        return self.matrices.site_of

    @property
    def channels(self) -> tuple[int, ...]:
        """Number of open modes of each lead."""
        return tuple(contact.channels for contact in self.contacts)

    @property
    def unit(self) -> float:
        """The largest coupling of the leads, in the unit of the system's energies."""
        return max(size(contact.lead.v) for contact in self.contacts)

    @cached_property
    def open_matrix(self) -> Any:
        """Z = E - H - Sigma, (orbital, orbital), sparse."""
        D = self.H.shape[0]
        Z = self.energy * sparse.eye_array(D, dtype=np.complex128, format="csr") - self.H
        for lead, contact in zip(self.matrices.leads, self.contacts, strict=True):
            a = lead.interface
            rows, columns = np.repeat(a, len(a)), np.tile(a, len(a))
            Z = Z - sparse.csr_array((contact.sigma.ravel(), (rows, columns)), shape=(D, D))
        return Z.tocsr()

    def sources(self, lead: int) -> Matrix:
        """Return what the incoming modes of a lead bring in, (orbital, mode)."""
        contact = self.contacts[lead]
        W = np.zeros((self.H.shape[0], contact.channels), dtype=np.complex128)
        # Two orbitals of an interface are never the same.
        W[self.matrices.leads[lead].interface] = contact.source
        return W

    @cached_property
    def _factored(self) -> tuple[Any, float]:
        """The factors of Z, and how large its response may be; None where Z is singular."""
        try:
            factors = splu(self.open_matrix.tocsc(), permc_spec="MMD_AT_PLUS_A")
        except RuntimeError:
            return None, np.inf
        probe = np.cos(np.arange(self.H.shape[0])).astype(np.complex128)
        return factors, float(np.abs(factors.solve(probe)).max())

    @property
    def nearest_level(self) -> float:
        """Distance of a level that has no width from the energy, infinite if none is close."""
        response = self._factored[1]
        return np.inf if response * self.unit < _INFINITE else 1 / response

    def solution(self, sources: Matrix) -> Matrix:
        """Return psi with Z psi = source, (orbital, column).

        Of a sample with states that no lead reaches at exactly this energy: orthogonal to them,
        which is the limit from energies close by.

        Raises
        ------
        UnreachableStateError
            If a source drives such a state.
        """
        factors, response = self._factored
        if response * self.unit < _CLOSE:
            return np.asarray(factors.solve(sources))
        Z = self.open_matrix
        one = sparse.eye_array(Z.shape[0], dtype=np.complex128, format="csr")

        def shifted(eta: float) -> Solver:
            solver: Solver = splu((Z + 1j * eta * one).tocsc(), permc_spec="MMD_AT_PLUS_A").solve
            return solver

        return without_unreachable(
            shifted,
            lambda psi: np.asarray(Z @ psi),
            lambda psi: np.asarray(abs(Z) @ np.abs(psi)),
            sources,
            self.unit,
        )

    def scattering_matrix(self, leads: Sequence[int]) -> Matrix:
        """Return the amplitudes of all outgoing modes for waves from some leads, (mode, mode).

        Leads follow each other in rows, and in columns as they are asked for.
        """
        psi = self.solution(np.hstack([self.sources(lead) for lead in leads]))
        rows = []
        for number, (end, contact) in enumerate(
            zip(self.matrices.leads, self.contacts, strict=True)
        ):
            found, at = contact.read @ psi[end.interface], 0
            for lead in leads:
                if lead == number:
                    found[:, at : at + contact.channels] -= contact.direct
                at += self.contacts[lead].channels
            rows.append(found)
        return np.vstack(rows)

    def refuse_bound_state(self) -> None:
        """Raise UnreachableStateError if a level without width lies at the energy."""
        within = self.nearest_level
        if np.isfinite(within):
            raise UnreachableStateError(within, self.unit)


@one_thread
def kwant_sample(
    system: KwantSystem | KwantEnsemble,
    energy: float,
    realization: int | None = None,
    seed: int | None = None,
) -> KwantSample:
    """Return a Kwant system between its leads, to be asked what goes on inside.

    Parameters
    ----------
    system : KwantSystem or KwantEnsemble
        A system, or an ensemble of which one sample is taken.
    energy : float
        In the unit of the system's own energies.
    realization, seed : int, optional
        Which sample of an ensemble, and the seed of that; for an ensemble only.

    Raises
    ------
    InputError
        If an argument is wrong, or no mode is open in any lead.
    """
    energy = checked_energy(energy)
    if isinstance(system, KwantEnsemble):
        if realization is None or seed is None:
            raise InputError("a sample of a KwantEnsemble needs realization= and seed=")
        number, seed = whole_number("realization", realization, 0), whole_number("seed", seed, 0)
        matrices = sample_matrices(system, number, seed)
    elif not isinstance(system, KwantSystem):
        raise InputError(
            f"system must be a KwantSystem or a KwantEnsemble, got {brief(system)}; for a wire use "
            "sample_with_leads(wire, ...)"
        )
    elif realization is not None or seed is not None:
        raise InputError(
            "realization and seed are for a KwantEnsemble; a KwantSystem is one sample"
        )
    else:
        matrices = system.matrices
    return KwantSample(matrices, energy, attached(matrices.leads, energy))


def sample_matrices(ensemble: KwantEnsemble, realization: int, seed: int) -> SystemMatrices:
    """Return one sample of an ensemble, its disorder included."""
    matrices = ensemble.sample(realization, seed).matrices
    H = matrices.H
    for part in ensemble.entries(matrices, [realization], seed):
        H = H + sparse.csr_array((part.values[:, 0], (part.rows, part.columns)), shape=H.shape)
    return matrices._replace(H=sparse.csr_array(H))
