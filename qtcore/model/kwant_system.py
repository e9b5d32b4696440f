"""A finalized Kwant system, as it is: slices that differ in size, between two leads.

Nothing of Kwant is imported: a finalized system hands out its matrices. Its orbitals are put into
shells around the interface of lead 0: neighbours of a shell lie in the next one, so that H is block
tridiagonal. The right interface counts as one clique, coupled within itself by lead 1, and ends up
in one or two consecutive shells, which form the last slice. What lies behind them is the tail, to
be folded onto the last slice.

Groth, Wimmer, Akhmerov and Waintal, New J. Phys. 16, 063065 (2014).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError

Matrix = NDArray[np.complexfloating]


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


@dataclass(frozen=True, eq=False)
class KwantSystem:
    """A finalized Kwant system with two leads.

    Energies have the unit of the system's own Hamiltonian, and g counts its orbitals as they are:
    with both spins in the system it is in e²/h, otherwise per spin.

    Parameters
    ----------
    system : kwant.builder.FiniteSystem
        What `Builder.finalized()` returns, with exactly two leads.
    params : mapping of str to value
        Arguments of the system's value functions, as in `kwant.smatrix(..., params=...)`.

    Raises
    ------
    InputError
        If it is no finalized system, has not two leads, or a parameter is missing.
    """

    system: Any
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        system = self.system
        if hasattr(system, "finalized"):
            raise InputError("the Kwant system is not finalized; pass builder.finalized()")
        if not all(hasattr(system, name) for name in ("hamiltonian_submatrix", "lead_interfaces")):
            raise InputError(f"system must be a finalized Kwant system with leads, got {system!r}")
        leads = system.leads
        if len(leads) != 2:
            raise InputError(
                f"the Kwant system must have exactly two leads, lead 0 and lead 1; got {len(leads)}"
            )
        for number, lead in enumerate(leads):
            if not hasattr(lead, "inter_cell_hopping"):
                raise InputError(
                    f"lead {number} of the Kwant system must be a periodic lead (made by "
                    f"attach_lead(builder)), got {lead!r}"
                )
        if not isinstance(self.params, Mapping):
            raise InputError(f"params must be a mapping of names to values, got {self.params!r}")
        needed = set().union(*(getattr(part, "parameters", ()) for part in (system, *leads)))
        missing = sorted(needed - set(self.params))
        if missing:
            raise InputError(
                f"the Kwant system needs the parameters {', '.join(sorted(needed))}; missing: "
                f"{', '.join(missing)}"
            )

    def slices(self) -> SystemSlices:
        """Return the system slice by slice.

        Raises
        ------
        InputError
            If the Hamiltonian is not finite or not Hermitian, or nothing connects the leads.
        """
        params = dict(self.params)
        H, norbs, _ = self.system.hamiltonian_submatrix(
            sparse=True, return_norb=True, params=params
        )
        H = sparse.csr_array(H).astype(np.complex128)
        _refuse_unless_hermitian(H)
        first = np.concatenate([[0], np.cumsum(norbs)])
        left, right = (
            np.concatenate([np.arange(first[site], first[site + 1]) for site in interface])
            for interface in self.system.lead_interfaces
        )
        shells, last = _shells(H, left, right)
        # The last slice holds the right interface whole.
        slices = [*shells[:last], np.concatenate(shells[last : last + 2])]
        tail = shells[last + 2 :]

        def block(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Matrix:
            return np.asarray(H[rows][:, columns].toarray())

        behind = [slices[-1], *tail]
        return SystemSlices(
            inside=[block(part, part) for part in slices],
            ahead=[block(*pair) for pair in pairwise(slices)],
            left=self._lead(0, left, slices[0]),
            right=self._lead(1, right, slices[-1]),
            tail_inside=[block(part, part) for part in tail],
            tail_ahead=[block(*pair) for pair in pairwise(behind)],
        )

    def _lead(
        self, number: int, interface: NDArray[np.intp], touched: NDArray[np.intp]
    ) -> SystemLead:
        lead, params = self.system.leads[number], dict(self.params)
        h = np.asarray(lead.cell_hamiltonian(params=params), dtype=np.complex128)
        # (orbital of the cell, orbital of the interface): the first ones of the next cell.
        hop = np.asarray(lead.inter_cell_hopping(params=params), dtype=np.complex128)
        v = np.zeros_like(h)
        v[:, : hop.shape[1]] = hop
        contact = np.zeros((len(h), len(touched)), dtype=np.complex128)
        place = {orbital: column for column, orbital in enumerate(touched)}
        contact[:, [place[orbital] for orbital in interface]] = hop
        return SystemLead(h, v, contact)


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
