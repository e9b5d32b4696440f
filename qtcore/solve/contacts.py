"""What the leads do to the slices that they touch: self-energies, and waves of unit flux in and out.

A lead's waves psi_n, n <= -1, meet the sample's first slice through c = <-1|H|0>. Where the sample
continues the lead c is the lead's own coupling v. Any other c, such as that of a lead with more
sites than the sample, is a last slice of the lead that is eliminated: with the self-energy Sigma
and g = (E - h - Sigma)^-1 of that slice, Sigma' = c^+ g c, and amplitudes pass through g c alike.

Fisher and Lee, PRB 23, 6851 (1981).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from qtcore.errors import QtcoreError
from qtcore.model.slices import Slices
from qtcore.solve.asked import Side
from qtcore.solve.modes import Modes, general_modes
from qtcore.solve.pencil import Matrix


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


def lead_at(h: Matrix, v: Matrix, energy: float) -> Lead:
    """Return a lead with its modes; raises InputError if none is open (see `general_modes`)."""
    return Lead(h, v, energy, general_modes(h, v, energy))


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
    """

    lead: Lead
    side: Side
    sigma: Matrix
    source: Matrix
    read: Matrix
    direct: Matrix
    last: LastSlice | None = None

    @property
    def channels(self) -> int:
        """Number N of open modes."""
        return self.lead.modes.channels

    @property
    def gamma(self) -> Matrix:
        """Broadening i (Sigma - Sigma^+), (M, M), units of t."""
        return broadening(self.sigma)


class Leads(NamedTuple):
    """The contacts to both leads."""

    left: Contact
    right: Contact


def broadening(sigma: Matrix) -> Matrix:
    """Return Gamma = i (Sigma - Sigma^+)."""
    return 1j * (sigma - sigma.conj().T)


def continued(lead: Lead, side: Side) -> Contact:
    """Return the contact to a lead on one side of a sample that continues it."""
    modes, lead_v = lead.modes, lead.v
    N = modes.channels
    if side == "left":
        to_sample, sigma = lead_v, modes.self_energies(lead_v)[0]
        leaving, entering, entering_lead = modes.left_ahead, modes.right_ahead, modes.right
    else:
        to_sample, sigma = lead_v.conj().T, modes.self_energies(lead_v)[1]
        leaving, entering, entering_lead = modes.right, modes.left, modes.left_ahead
    read = leaving[:, :N].conj().T @ broadening(sigma)
    source = to_sample.conj().T @ entering_lead[:, :N] - sigma @ entering[:, :N]
    return Contact(lead, side, sigma, source, read, read @ entering[:, :N])


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
    try:
        green = np.linalg.inv(energy * np.eye(len(h)) - h - contact.sigma)
    except np.linalg.LinAlgError:
        raise QtcoreError(
            f"the end of a lead has a bound state at exactly the energy {energy!r}; shift the "
            "energy by 1e-6"
        ) from None
    into, back = coupling.conj().T @ green, green @ coupling
    return Contact(
        contact.lead,
        contact.side,
        sigma=coupling.conj().T @ back,
        source=into @ contact.source,
        read=contact.read @ back,
        direct=contact.direct - contact.read @ green @ contact.source,
        last=LastSlice(green, coupling),
    )


def padded(contact: Contact, extra: int) -> Contact:
    """Return the contact to a slice with further components behind, which the lead does not touch."""
    return replace(
        contact,
        sigma=np.pad(contact.sigma, (0, extra)),
        source=np.pad(contact.source, ((0, extra), (0, 0))),
        read=np.pad(contact.read, ((0, 0), (0, extra))),
    )


def attach(slices: Slices, energy: float) -> Leads:
    """Return what the leads of a wire do to it at an energy (units of t).

    Raises
    ------
    InputError
        If no mode is open.
    """
    lead = lead_at(slices.lead_h, slices.lead_v, energy)
    left, right = continued(lead, "left"), continued(lead, "right")
    if not slices.uniform:
        left = through_last_slice(left, slices.left_contact)
        right = through_last_slice(right, slices.right_contact.conj().T)
    return Leads(left, right)
