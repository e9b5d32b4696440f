"""What goes on inside a Kwant system, site by site in its own order.

Every function takes a sample from `kwant_sample`. Orbitals follow each other as in Kwant: site by site
in the order of `system.sites`, `sample.site_of` says which site each belongs to.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError, brief
from qtcore.model.checks import whole_number
from qtcore.shown import ShownFields
from qtcore.solve.kwant_sample import KwantSample
from qtcore.solve.pencil import Matrix
from qtcore.threads import one_thread


@one_thread
def kwant_scattering_states(sample: KwantSample, lead: int) -> Matrix:
    """Return the scattering states that the open modes of a lead send in with unit flux.

    Of a sample with states that no lead reaches at exactly this energy: orthogonal to them, which is
    the limit from energies close by.

    Parameters
    ----------
    sample : KwantSample
        From `kwant_sample`.
    lead : int
        The lead that the waves come from.

    Returns
    -------
    (orbital, mode) complex array
    """
    return checked(sample).solution(sample.sources(_checked_lead(sample, lead)))


@one_thread
def kwant_local_density_of_states(sample: KwantSample) -> NDArray[np.float64]:
    """Return the sum of |psi|² / 2 pi over the scattering states of all leads, (orbital,).

    In the inverse unit of the system's energies; it is -(1/pi) Im G_ii.

    Raises
    ------
    UnreachableStateError
        If a state that no lead reaches lies at exactly this energy, where it is infinite.
    """
    checked(sample).refuse_bound_state()
    sources = [sample.sources(lead) for lead in range(len(sample.contacts))]
    psi = sample.solution(np.hstack(sources))
    return np.asarray((np.abs(psi) ** 2).sum(axis=1) / (2 * np.pi))


@one_thread
def kwant_green_columns(sample: KwantSample, orbitals: Any) -> Matrix:
    """Return columns of the retarded Green's function, (orbital, column).

    In the inverse unit of the system's energies.

    Parameters
    ----------
    sample : KwantSample
        From `kwant_sample`.
    orbitals : sequence of int
        Which columns.

    Raises
    ------
    UnreachableStateError
        If a state that no lead reaches lies at exactly this energy, and on one of the orbitals.
    """
    D = checked(sample).H.shape[0]
    try:
        numbers = [whole_number("orbital", one, 0) for one in orbitals]
    except TypeError:
        raise InputError(
            f"orbitals must be a sequence of numbers below {D}, got {brief(orbitals)}"
        ) from None
    if not numbers or max(numbers) >= D:
        raise InputError(
            f"orbitals must be numbers from 0 to {D - 1}, at least one of them, got {numbers}"
        )
    sources = np.zeros((D, len(numbers)), dtype=np.complex128)
    sources[numbers, np.arange(len(numbers))] = 1
    return sample.solution(sources)


@dataclass(frozen=True, eq=False, repr=False)
class KwantCurrents(ShownFields):
    """Particle currents between sites, summed over states; times e²/h V a current.

    Attributes
    ----------
    start, end : (bond,) int arrays
        Sites, start < end, in the order of the system.
    current : (bond,) float array
        From start to end.
    """

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    current: NDArray[np.float64]

    def into_sites(self, count: int) -> NDArray[np.float64]:
        """Return what flows into each of so many sites, (site,); 0 where no lead touches one."""
        total = np.zeros(count)
        np.add.at(total, self.end, self.current)
        np.subtract.at(total, self.start, self.current)
        return total


@one_thread
def kwant_bond_currents(sample: KwantSample, states: Matrix) -> KwantCurrents:
    """Return I = 2 Im(psi_end^+ H_end,start psi_start) of all bonds, summed over the states.

    Parameters
    ----------
    sample : KwantSample
        From `kwant_sample`.
    states : (orbital, state) complex array
        From `kwant_scattering_states`: those of a lead are what a bias on it drives.

    Raises
    ------
    InputError
        If there are not as many rows as the system has orbitals.
    """
    H = sparse.coo_array(checked(sample).H)
    psi = np.asarray(states)
    if psi.ndim != 2 or len(psi) != H.shape[0]:
        raise InputError(f"states must be (orbital, state), {H.shape[0]} rows, got {psi.shape}")
    row, column = H.coords
    site = sample.site_of
    ahead = site[column] < site[row]
    row, column, value = row[ahead], column[ahead], H.data[ahead]
    each = 2 * (psi[row].conj() * value[:, None] * psi[column]).imag.sum(axis=1)
    sites = sample.matrices.sites
    bonds, which = np.unique(site[column] * sites + site[row], return_inverse=True)
    start, end = np.divmod(bonds, sites)
    current = np.zeros(len(bonds))
    np.add.at(current, which, each)
    return KwantCurrents(start, end, current)


def checked(sample: Any) -> KwantSample:
    """Return the sample, or raise InputError if it is none."""
    if not isinstance(sample, KwantSample):
        raise InputError(
            f"sample must come from kwant_sample(system, energy), got {brief(sample)}; for a wire "
            "see observe.scattering_states and the functions beside it"
        )
    return sample


def _checked_lead(sample: KwantSample, lead: Any) -> int:
    number, count = whole_number("lead", lead, 0), len(sample.contacts)
    if number >= count:
        raise InputError(f"lead must be one of 0 to {count - 1}, got {number}")
    return number
