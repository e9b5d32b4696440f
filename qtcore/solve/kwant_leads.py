"""What the leads of a Kwant system do to the orbitals that they touch."""

from functools import lru_cache

import numpy as np

from qtcore.errors import InputError
from qtcore.model.kwant_system import Ending, Matrix
from qtcore.solve.contacts import Contact, Lead, continued, through_last_slice
from qtcore.solve.energies import NoChannelError
from qtcore.solve.lead_modes import modes_open_or_not


def attached(leads: tuple[Ending, ...], energy: float, nudge: float = 0.0) -> tuple[Contact, ...]:
    """Return the contacts to the leads of a system, each to the orbitals of its interface.

    A lead that has no open mode reflects everything; one of them must have some.

    Parameters
    ----------
    leads : tuple of Ending
        The leads.
    energy : float
        In the unit of the system's own energies.
    nudge : float
        By how many of its rounding errors the energy is moved; see `general_modes`.

    Raises
    ------
    InputError
        If a lead is none, with its number, or no mode is open in any of them.
    """
    found = []
    for number, lead in enumerate(leads):
        try:
            found.append(_contact(lead.h.tobytes(), lead.hop.tobytes(), len(lead.h), energy, nudge))
        except InputError as error:
            raise InputError(f"lead {number} of the Kwant system: {error}") from None
    if not any(contact.channels for contact in found):
        raise NoChannelError(
            "no open channel at energy {energy:g} in any lead of the Kwant system; choose another "
            "energy",
            energy=energy,
        )
    return tuple(found)


@lru_cache(maxsize=64)
def _contact(h_bytes: bytes, hop_bytes: bytes, size: int, energy: float, nudge: float) -> Contact:
    """Kept, since every block of a point asks for the same ones."""
    h = np.frombuffer(h_bytes, np.complex128).reshape(size, size)
    hop: Matrix = np.frombuffer(hop_bytes, np.complex128).reshape(size, -1)
    v = Ending(h, hop, np.arange(hop.shape[1])).v
    lead = Lead(h, v, energy, modes_open_or_not(h, v, energy, nudge))
    # Kwant's leads all count their cells towards the system, as a lead on the left does.
    return through_last_slice(continued(lead, "left", keeps_unknowns=True), hop)
