"""Finalized Kwant systems, as they are: sites between leads, or slices between two of them.

Nothing of Kwant is imported: a finalized system hands out its matrices. For `KwantSystem.slices` its
orbitals are put into shells around the interface of lead 0: neighbours of a shell lie in the next one, so that H is block
tridiagonal. The right interface counts as one clique, coupled within itself by lead 1, and ends up
in one or two consecutive shells, which form the last slice. What lies behind them is the tail, to
be folded onto the last slice.

Groth, Wimmer, Akhmerov and Waintal, New J. Phys. 16, 063065 (2014).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError, brief
from qtcore.shown import Card, Shown, plain

Matrix = NDArray[np.complexfloating]


class Ending(NamedTuple):
    """How a lead of a Kwant system ends there.

    Attributes
    ----------
    h : (M', M') complex array
        H inside a unit cell of the lead, units of the system's own energies.
    hop : (M', K) complex array
        Coupling from a unit cell to the next one towards the system, whose first K orbitals alone it
        reaches, and from the last cell to the K orbitals of the interface.
    interface : (K,) int array
        Those orbitals of the system.
    """

    h: Matrix
    hop: Matrix
    interface: NDArray[np.intp]

    @property
    def v(self) -> Matrix:
        """Coupling from a unit cell to the next one, (M', M')."""
        v = np.zeros_like(self.h)
        v[:, : self.hop.shape[1]] = self.hop
        return v


class SystemMatrices(NamedTuple):
    """All that a finalized Kwant system says, in the units of its own energies.

    Attributes
    ----------
    H : (D, D) sparse complex array
        The Hamiltonian, without its leads.
    first : (site + 1,) int array
        The first orbital of each site, in the order of the system's sites, and D.
    leads : tuple of Ending
        The leads, in their order.
    """

    H: Any
    first: NDArray[np.intp]
    leads: tuple[Ending, ...]

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.first) - 1

    @property
    def site_of(self) -> NDArray[np.intp]:
        """The site of each orbital, (D,)."""
        return np.repeat(np.arange(self.sites), np.diff(self.first))


class SystemLead(NamedTuple):
    """A lead of a Kwant system.

    Attributes
    ----------
    h : (M', M') complex array
        H inside a unit cell, units of the system's own energies.
    v : (M', M') complex array
        Coupling from a unit cell to the next one towards the system.
    contact : (M', M) complex array
        Coupling from the last unit cell to the slice of the system that it touches.
    """

    h: Matrix
    v: Matrix
    contact: Matrix


class SystemSlices(NamedTuple):
    """A Kwant system slice by slice, in the units of its own energies.

    Attributes
    ----------
    inside : list of (M_n, M_n) complex arrays
        H inside the slices, from lead 0 to lead 1.
    ahead : list of (M_n, M_n+1) complex arrays
        Coupling of each slice to the next.
    left, right : SystemLead
        Lead 0, which touches the first slice, and lead 1, which touches the last one.
    tail_inside : list of (M_n, M_n) complex arrays
        H inside the shells behind the last slice, the nearest one first.
    tail_ahead : list of complex arrays
        Coupling from the last slice to the first shell of the tail, and from each one to the next.
    """

    inside: list[Matrix]
    ahead: list[Matrix]
    left: SystemLead
    right: SystemLead
    tail_inside: list[Matrix]
    tail_ahead: list[Matrix]


@dataclass(frozen=True, eq=False, repr=False)
class KwantSystem(Shown):
    """A finalized Kwant system with its leads.

    Energies have the unit of the system's own Hamiltonian, and g counts its orbitals as they are:
    with both spins in the system it is in e²/h, otherwise per spin.

    Parameters
    ----------
    system : kwant.builder.FiniteSystem
        What `Builder.finalized()` returns, with at least one lead.
    params : mapping of str to value
        Arguments of the system's value functions, as in `kwant.smatrix(..., params=...)`.

    Raises
    ------
    InputError
        If it is no finalized system, has no lead, or a parameter is missing.
    """

    system: Any
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_unless_finalized(self.system)
        needed = needed_params(self.system)
        if not isinstance(self.params, Mapping):
            raise InputError(f"params must be a mapping of names to values, got {self.params!r}")
        missing = sorted(needed - set(self.params))
        if missing:
            raise InputError(
                f"the Kwant system needs the parameters {', '.join(sorted(needed))}; missing: "
                f"{', '.join(missing)}"
            )

    def _card(self) -> Card:
        """Return what it shows of itself."""
        return Card("Kwant system", system_in_words(self.system, self.params))

    @cached_property
    def matrices(self) -> SystemMatrices:
        """Hamiltonian and leads, asked for once.

        Raises
        ------
        InputError
            If the Hamiltonian is not finite or not Hermitian, or a lead touches no site.
        """
        system, params = self.system, dict(self.params)
        H, norbs, _ = system.hamiltonian_submatrix(sparse=True, return_norb=True, params=params)
        H = sparse.csr_array(H).astype(np.complex128)
        _refuse_unless_hermitian(H)
        first = np.concatenate([[0], np.cumsum(norbs)]).astype(np.intp)
        leads = []
        for number, (lead, sites) in enumerate(
            zip(system.leads, system.lead_interfaces, strict=True)
        ):
            if not len(sites):
                raise InputError(f"lead {number} of the Kwant system touches no site of it")
            interface = [np.arange(first[site], first[site + 1]) for site in sites]
            h = np.asarray(lead.cell_hamiltonian(params=params), dtype=np.complex128)
            hop = np.asarray(lead.inter_cell_hopping(params=params), dtype=np.complex128)
            leads.append(Ending(h, hop, np.concatenate(interface)))
        return SystemMatrices(H, first, tuple(leads))

    def slices(self) -> SystemSlices:
        """Return a system with two leads slice by slice; errors as in `slices_of`."""
        refuse_unless_two_leads(self.system)
        return slices_of(self.matrices)


def system_in_words(system: Any, params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and texts of what a finalized system has."""
    rows = [("leads", f"{len(system.leads)}, touching {_touched(system)} sites")]
    if hasattr(system, "sites"):
        rows.insert(0, ("sites", f"{len(system.sites):,}"))
    given = ", ".join(f"{name} = {plain(value)}" for name, value in params.items())
    return [*rows, ("parameters", given)]


def _touched(system: Any) -> str:
    return ", ".join(str(len(sites)) for sites in system.lead_interfaces)


def refuse_unless_finalized(system: Any) -> None:
    """Raise InputError unless this is a finalized Kwant system with periodic leads."""
    if hasattr(system, "finalized"):
        raise InputError("the Kwant system is not finalized; pass builder.finalized()")
    if not all(hasattr(system, name) for name in ("hamiltonian_submatrix", "lead_interfaces")):
        raise InputError(f"system must be a finalized Kwant system with leads, got {brief(system)}")
    if not len(system.leads):
        raise InputError(
            "the Kwant system has no lead; attach one with builder.attach_lead(lead) before "
            "builder.finalized()"
        )
    for number, lead in enumerate(system.leads):
        if not hasattr(lead, "inter_cell_hopping"):
            raise InputError(
                f"lead {number} of the Kwant system must be a periodic lead (made by "
                f"attach_lead(builder)), got {lead!r}"
            )


def refuse_unless_two_leads(system: Any) -> None:
    """Raise InputError unless a system has a lead 0 and a lead 1, and no other."""
    count = len(system.leads)
    if count != 2:
        raise InputError(
            f"the Kwant system must have exactly two leads, lead 0 and lead 1; got {count}; "
            "kwant_terminals takes any number of leads"
        )


def needed_params(system: Any) -> set[str]:
    """Return the names of the parameters that the value functions of a system and its leads take."""
    parts = (system, *system.leads)
    return set().union(*(getattr(part, "parameters", None) or () for part in parts))


def slices_of(matrices: SystemMatrices) -> SystemSlices:
    """Return a system with two leads slice by slice.

    Raises
    ------
    InputError
        If nothing connects the leads.
    """
    H, (left, right) = matrices.H, matrices.leads
    shells, last = _shells(H, left.interface, right.interface)
    # The last slice holds the right interface whole.
    slices = [*shells[:last], np.concatenate(shells[last : last + 2])]
    tail = shells[last + 2 :]

    def block(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Matrix:
        return np.asarray(H[rows][:, columns].toarray())

    behind = [slices[-1], *tail]
    return SystemSlices(
        inside=[block(part, part) for part in slices],
        ahead=[block(*pair) for pair in pairwise(slices)],
        left=_touching(left, slices[0]),
        right=_touching(right, slices[-1]),
        tail_inside=[block(part, part) for part in tail],
        tail_ahead=[block(*pair) for pair in pairwise(behind)],
    )


def _touching(lead: Ending, touched: NDArray[np.intp]) -> SystemLead:
    """Return a lead with its coupling to the whole slice that it touches."""
    contact = np.zeros((len(lead.h), len(touched)), dtype=np.complex128)
    place = {orbital: column for column, orbital in enumerate(touched)}
    contact[:, [place[orbital] for orbital in lead.interface]] = lead.hop
    return SystemLead(lead.h, lead.v, contact)


def _refuse_unless_hermitian(H: Any) -> None:
    if not np.isfinite(H.data).all():
        raise InputError("the Hamiltonian of the Kwant system must be finite, got NaN or infinity")
    skew = abs(H - H.conj().T)
    if skew.nnz and skew.max() > 1e-12 * float(abs(H).max()):
        raise InputError("the Hamiltonian of the Kwant system must be Hermitian")


def _shells(
    H: Any, left: NDArray[np.intp], right: NDArray[np.intp]
) -> tuple[list[NDArray[np.intp]], int]:
    """Return the shells around the left interface, and the first one that the right one meets.

    Orbitals that nothing connects to a lead are in none.
    """
    waiting = np.ones(H.shape[0], dtype=np.bool_)
    shells, shell, meeting = [], np.unique(left), None
    while len(shell):
        waiting[shell] = False
        shells.append(shell)
        near = np.zeros_like(waiting)
        near[H[shell].indices] = True
        if meeting is None and not waiting[right].all():
            meeting = len(shells) - 1
            near[right] = True
        shell = np.flatnonzero(near & waiting)
    if meeting is None:
        raise InputError("nothing in the Kwant system connects its two leads")
    return shells, meeting
