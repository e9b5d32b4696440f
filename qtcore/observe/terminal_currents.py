"""Currents and waves inside one sample of a bar, driven from any of its leads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError, brief
from qtcore.model.terminals import Bar
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_energy
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.passage import refuse_leads_on_nothing
from qtcore.solve.pencil import Matrix
from qtcore.solve.terminal_ports import ports
from qtcore.solve.terminal_whole import whole_bar
from qtcore.solve.terminals import checked_bar
from qtcore.threads import one_thread


@dataclass(frozen=True, eq=False, repr=False)
class TerminalCurrents(ShownFields):
    """Particle currents on the bonds of a sample; times e²/h V a current.

    Attributes
    ----------
    start, end : (bond,) int arrays
        Components, slice * M + component of the slice, start < end.
    current : (bond,) float array
        From start to end.
    into : (component,) float array
        What flows into each component from the bonds of the sample: zero but where leads touch it.
    """

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    current: NDArray[np.float64]
    into: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TerminalStates(ShownFields):
    """Scattering states that the open modes of all leads of a bar send into one sample.

    Attributes
    ----------
    leads : tuple of str
        Names of the leads.
    channels : tuple of int
        Open modes of each.
    psi : (slice, M, channel) complex array
        A state of unit flux for each mode, lead by lead, in the gauge of `Wire.slices`.
    S : (channel, channel) complex array
        (outgoing, incoming) modes.
    H : sparse array
        The sample without its leads, units of t.
    """

    leads: tuple[str, ...]
    channels: tuple[int, ...]
    psi: Matrix
    S: Matrix
    H: Any

    def of(self, lead: str) -> Matrix:
        """Return the states that come from a lead, (slice, M, N)."""
        if lead not in self.leads:
            raise InputError(
                f"there is no lead {brief(lead)}; this bar has {', '.join(map(repr, self.leads))}"
            )
        number = self.leads.index(lead)
        first = sum(self.channels[:number])
        return self.psi[:, :, first : first + self.channels[number]]

    def density(self, lead: str) -> NDArray[np.float64]:
        """Return sum |psi|² / 2 pi of what comes from a lead, (slice, M), 1/t.

        Over all leads it adds up to the local density of states.
        """
        return np.asarray((np.abs(self.of(lead)) ** 2).sum(axis=2) / (2 * np.pi))

    def currents(self, lead: str) -> TerminalCurrents:
        """Return the currents on all bonds that a small voltage on a lead drives.

        I = 2 Im(psi_end^* H_end,start psi_start), summed over the modes of the lead.
        """
        states = self.of(lead)
        psi = states.reshape(-1, states.shape[2])
        bonds = sparse.triu(self.H, 1).tocoo()
        start, end = np.asarray(bonds.row, np.intp), np.asarray(bonds.col, np.intp)
        back = np.conj(bonds.data)
        current = 2 * (psi[end].conj() * back[:, None] * psi[start]).imag.sum(axis=1)
        into = np.zeros(len(psi))
        np.add.at(into, end, current)
        np.add.at(into, start, -current)
        return TerminalCurrents(start, end, current, into)


@one_thread
def terminal_states(
    bar: Bar, energy: float, length: int, realization: int, seed: int
) -> TerminalStates:
    """Return the scattering states of one sample of a bar, from all of its leads.

    Parameters
    ----------
    bar : Bar
        The bar.
    energy : float
        Units of t.
    length : int
        Slices.
    realization, seed : int
        Address of the sample, each >= 0.

    Raises
    ------
    InputError
        If an argument is wrong, a lead lies beyond the wire, no mode is open in a lead, or the memory
        does not suffice.
    QtcoreError
        If a state that no lead reaches lies at exactly this energy.
    """
    bar, energy = checked_bar(bar), checked_energy(energy)
    ensemble = Ensemble([length], [realization], seed)
    bar.check_length(ensemble.longest)
    refuse_leads_on_nothing(bar, ensemble.lengths)
    leads = ports(bar, energy)
    found = whole_bar(bar, leads, energy, ensemble.longest, ensemble.realizations[0], ensemble.seed)
    M = len(bar.wire.slices().h)
    channels = tuple(port.channels for port in leads)
    psi = found.psi.reshape(ensemble.longest, M, sum(channels))
    return TerminalStates(bar.names, channels, psi, found.S, found.H)
