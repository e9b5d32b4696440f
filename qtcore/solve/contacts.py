"""What the leads do to the slices that they touch: self-energies, and waves of unit flux in and out.

A lead's waves psi_n, n <= -1, meet the sample's first slice through c = <-1|H|0>. Where the sample
continues the lead c is the lead's own coupling v. Any other c, such as that of a lead with more
sites than the sample, is a last slice of the lead that is eliminated: with the self-energy Sigma
and g = (E - h - Sigma)^-1 of that slice, Sigma' = c^+ g c, and amplitudes pass through g c alike.

Where a lead's end has a bound state at this energy (nearly), the self-energy has a pole: some waves
that leave vanish on the slice. Such a contact keeps the amplitudes of these waves as unknowns of
its own, behind the orbitals of the slice, and says of both what is needed without a division.

Fisher and Lee, PRB 23, 6851 (1981).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.solve.arguments import Side
from qtcore.solve.dual import dual, nearly_vanish
from qtcore.solve.energies import EnergyError
from qtcore.solve.lead_modes import general_modes, modes_open_or_not
from qtcore.solve.modes import Modes
from qtcore.solve.pencil import Matrix, factors

_SIDES: tuple[Side, Side] = ("left", "right")


class Lead(NamedTuple):
    """A lead at an energy.

    Attributes
    ----------
    h, v : (M', M') complex arrays
        H inside a slice and coupling to the next one to the right, units of t.
    energy : float
        Units of t.
    modes : Modes
        Its modes there.
    """

    h: Matrix
    v: Matrix
    energy: float
    modes: Modes


SortOf = Callable[[Lead], Lead]
"""Returns a lead with other modes of unit flux, such as those that `sectors` sorts."""


def lead_at(h: Matrix, v: Matrix, energy: float, nudge: float = 0.0) -> Lead:
    """Return a lead with its modes; raises InputError if none is open (see `general_modes`)."""
    return Lead(h, v, energy, general_modes(h, v, energy, nudge))


def leads_of(slices: Slices, energy: float, nudge: float = 0.0) -> tuple[Lead, Lead]:
    """Return the left and the right lead of a wire, one and the same unless it is a junction.

    Only one lead of a junction must have open modes: a superconductor has none below its gap.

    Raises
    ------
    InputError
        If no mode is open.
    """
    if slices.right_lead is None:
        lead = lead_at(slices.lead_h, slices.lead_v, energy, nudge)
        return lead, lead
    given = (slices.lead_h, slices.lead_v), slices.right_lead
    left, right = (Lead(h, v, energy, modes_open_or_not(h, v, energy, nudge)) for h, v in given)
    if left.modes.channels + right.modes.channels == 0:
        # It says why.
        lead_at(*given[0], energy, nudge)
    return left, right


class LastSlice(NamedTuple):
    """The slice of a lead next to a sample that does not continue it.

    Attributes
    ----------
    green : (M', M') complex array
        g of this slice with the rest of the lead, units of 1/t.
    coupling : (M', M) complex array
        c, from this slice to the sample's, units of t.
    """

    green: Matrix
    coupling: Matrix


class Turned(NamedTuple):
    """A self-energy with a pole close by, in amplitudes c of the waves that leave, psi = T c.

    Attributes
    ----------
    basis : (M, M) complex array
        T: the waves on the slice, some of which nearly vanish, then what the lead does not touch.
    sigma : (M, M) complex array
        Sigma T, which is found without a division, units of t.
    """

    basis: Matrix
    sigma: Matrix


@dataclass(frozen=True, eq=False)
class Contact:
    """What one lead does to the slice that it touches, in terms of its N open modes.

    Attributes
    ----------
    lead : Lead
        The lead.
    side : {"left", "right"}
        On which side of the sample it lies.
    sigma : (M, M) complex array
        Self-energy on the slice, units of t.
    source : (M, N) complex array
        What each incoming mode brings in (the right side of (E - H - Sigma) psi = source).
    read : (N, M) complex array
        Amplitudes of the outgoing modes in a wave on the slice.
    direct : (N, N) complex array
        To be taken off a reflection: the incoming modes themselves.
    last : LastSlice or None
        Set where the sample does not continue the lead.
    unknowns : int
        Amplitudes that the contact keeps behind the M orbitals of the slice: then there are so
        many more rows and columns in all arrays, and E - H is 0 there.
    turned : Turned or None
        Set where the self-energy has a pole close by, and the contact keeps no unknowns.
    """

    lead: Lead
    side: Side
    sigma: Matrix
    source: Matrix
    read: Matrix
    direct: Matrix
    last: LastSlice | None = None
    unknowns: int = 0
    turned: Turned | None = None

    @property
    def channels(self) -> int:
        """Number N of open modes."""
        return self.lead.modes.channels

    @property
    def gamma(self) -> Matrix:
        """Broadening i (Sigma - Sigma^+), (M, M), units of t.

        From what reads the outgoing modes off: at a threshold the difference is all rounding error,
        and close to a pole of Sigma it loses digits.
        """
        return self.read.conj().T @ self.read


class Leads(NamedTuple):
    """The contacts to both leads."""

    left: Contact
    right: Contact


def broadening(sigma: Matrix) -> Matrix:
    """Return Gamma = i (Sigma - Sigma^+)."""
    return 1j * (sigma - sigma.conj().T)


def continued(lead: Lead, side: Side, *, keeps_unknowns: bool = False) -> Contact:
    """Return the contact to a lead on one side of a sample that continues it.

    Parameters
    ----------
    lead : Lead
        The lead.
    side : {"left", "right"}
        On which side of the sample it lies.
    keeps_unknowns : bool
        Whether the contact may have unknowns of its own, where the self-energy has a pole.

    Raises
    ------
    QtcoreError
        If the end of the lead has a bound state at exactly this energy, and no unknowns.
    """
    modes, N = lead.modes, lead.modes.channels
    if side == "left":
        leaving, entering = (modes.left_ahead, modes.left), modes.right_ahead
    else:
        leaving, entering = (modes.right, modes.right_ahead), modes.left
    close = nearly_vanish(*leaving)
    if keeps_unknowns and close:
        return _with_unknowns(lead, side)
    sigma = modes.self_energies(lead.v)[0 if side == "left" else 1]
    # Open waves of unit flux that leave, Y, have Y^+ Gamma Y = 1, and closed ones no Gamma: the
    # dual basis reads them off, and Gamma = read^+ read. Incoming waves leave backwards in time,
    # so that they drive (Sigma^+ - Sigma) psi. Neither is a small difference at a threshold.
    read = dual(*leaving)[:N]
    # Orbitals without a bond to the lead have rounding errors here, which bypass vacancies.
    apart = _apart(lead, side)
    sigma[:, apart] = read[:, apart] = 0.0
    direct = read @ entering[:, :N]
    turned = _turned(lead, side) if close else None
    source = 1j * read.conj().T @ direct
    return Contact(lead, side, sigma, source, read, direct, turned=turned)


def _apart(lead: Lead, side: Side) -> NDArray[np.bool_]:
    """Return which orbitals of the slice have no bond to the lead."""
    return np.asarray(~lead.v.any(axis=1 if side == "right" else 0))


class _Leaving(NamedTuple):
    """Waves that leave: what couples them, what of a slice that carries, waves on both slices."""

    couples: Matrix
    carried: Matrix
    X: Matrix
    Y: Matrix
    size: NDArray[np.float64]


def _leaving(lead: Lead, side: Side) -> _Leaving:
    """Return waves X on the lead's last slice and Y on the sample's first one, of size one."""
    modes = lead.modes
    if side == "left":
        couples, out = lead.v.conj().T, (modes.left, modes.left_ahead)
    else:
        couples, out = lead.v, (modes.right_ahead, modes.right)
    carried = factors(couples)[0]
    carried[_apart(lead, side)] = 0.0
    size = np.sqrt(sum(np.linalg.norm(one, axis=0) ** 2 for one in out))
    X, Y = (one / size for one in out)
    return _Leaving(couples, carried / np.linalg.norm(carried, axis=0), X, Y, size)


def _turned(lead: Lead, side: Side) -> Turned:
    couples, carried, X, Y, _ = _leaving(lead, side)
    M, r = Y.shape
    rest = np.linalg.qr(carried, mode="complete")[0][:, r:]
    return Turned(np.hstack([Y, rest]), np.hstack([couples @ X, np.zeros((M, M - r))]))


def _with_unknowns(lead: Lead, side: Side) -> Contact:
    """Return a contact with the amplitudes c of the waves that leave as unknowns.

    With psi' on the lead's last slice and psi on the sample's, (E - H) psi - v psi' = 0 with
    psi' = X c and, of what v carries, psi = Y c; incoming waves add to both.
    """
    modes, N = lead.modes, lead.modes.channels
    couples, carried, X, Y, size = _leaving(lead, side)
    into = (modes.right, modes.right_ahead) if side == "left" else (modes.left_ahead, modes.left)
    M, r = Y.shape
    scale = float(np.linalg.norm(couples, 2))
    rows = scale * carried.conj().T
    sigma = np.block([[np.zeros((M, M)), couples @ X], [rows, -rows @ Y]])
    source = np.vstack([couples @ into[0][:, :N], -rows @ into[1][:, :N]])
    read = np.hstack([np.zeros((N, M)), np.eye(N, r) / size[:N, None]])
    direct = np.zeros((N, N), dtype=np.complex128)
    return Contact(lead, side, sigma, source, read, direct, unknowns=r)


def through_last_slice(contact: Contact, coupling: Matrix) -> Contact:
    """Return the contact to a slice that does not continue the lead.

    Parameters
    ----------
    contact : Contact
        To the lead's own slice.
    coupling : (M', M) complex array
        c, from that slice to the sample's, units of t.

    Raises
    ------
    QtcoreError
        If the lead's end has a bound state at exactly this energy.
    """
    h, energy = contact.lead.h, contact.lead.energy
    M = len(h)
    try:
        block = np.pad(energy * np.eye(M) - h, (0, contact.unknowns)) - contact.sigma
        green = np.linalg.inv(block)
    except np.linalg.LinAlgError:
        raise EnergyError(
            "the end of a lead has a bound state within rounding errors of the energy {energy!r}; "
            "shift the energy by {shift}",
            hopping=float(np.abs(contact.lead.v).max()),
            energy=energy,
        ) from None
    into, back = coupling.conj().T @ green[:M], green[:, :M] @ coupling
    return Contact(
        contact.lead,
        contact.side,
        sigma=coupling.conj().T @ back[:M],
        source=into @ contact.source,
        read=contact.read @ back,
        direct=contact.direct - contact.read @ green @ contact.source,
        last=LastSlice(green[:M, :M], coupling),
    )


def attach(
    slices: Slices,
    energy: float,
    nudge: float = 0.0,
    *,
    keeps_unknowns: bool = False,
    sort: SortOf | None = None,
) -> Leads:
    """Return what the leads of a wire do to it at an energy (units of t).

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads.
    energy : float
        Units of t.
    nudge : float
        See `general_modes`.
    keeps_unknowns : bool
        Whether contacts may have unknowns of their own, see `Contact`.
    sort : function, optional
        Returns a lead with its modes in another order, or others that carry unit flux as well.

    Raises
    ------
    InputError
        If no mode is open.
    QtcoreError
        If the end of a lead has a bound state at exactly this energy, and contacts no unknowns.
    """
    both = leads_of(slices, energy, nudge)
    if sort is not None:
        first = sort(both[0])
        both = first, first if both[1] is both[0] else sort(both[1])
    kept = keeps_unknowns or not slices.uniform
    left, right = (
        continued(lead, side, keeps_unknowns=kept) for lead, side in zip(both, _SIDES, strict=True)
    )
    if not slices.uniform:
        left = through_last_slice(left, slices.left_contact)
        right = through_last_slice(right, slices.right_contact.conj().T)
    return Leads(left, right)
