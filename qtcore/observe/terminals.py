"""What passes between the leads of a bar: S, T, voltages, resistances, and currents inside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.terminals import Bar
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import checked_energy
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.lead_network import LeadNetwork
from qtcore.solve.pencil import Matrix
from qtcore.solve.problem import THRESHOLD
from qtcore.solve.terminal_ports import ports
from qtcore.solve.terminals import Asked, checked_bar, solved_bars
from qtcore.solve.words import network_card
from qtcore.threads import one_thread


@dataclass(frozen=True, eq=False, repr=False)
class TerminalScattering(Shown, LeadNetwork[str]):
    """Scattering of an ensemble of bars of one length between all of their leads.

    Attributes
    ----------
    leads : tuple of str
        Names of the leads, in the order of all arrays.
    channels : tuple of int
        Number N_i of open modes of each lead.
    ln_T : (realization, lead, lead) float array
        ln T[to, from], T_ij = sum over modes of |S|², exact at any depth, -inf where nothing passes.
        On the diagonal is what comes back.
    certificate : (realization, lead, lead) float array
        Estimate, on the safe side, of the error of ln T between two leads (the relative error of T);
        on the diagonal of that of T_ii / N_i.
    suspect : (realization,) bool array
        A certificate that matters stayed above 1e-6. What does not matter, unless `every` was asked
        for, is a T that is far smaller than others from or to the same leads.
    S : (realization, channel, channel) complex array or None
        Where it was asked for: (outgoing, incoming) modes of all leads one after the other. Elements
        below the smallest number are 0. Phases refer to the last slice of the left lead, and for all
        other leads to the sites of the sample that they touch.
    """

    leads: tuple[str, ...]
    channels: tuple[int, ...]
    ln_T: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    S: Matrix | None = None

    def _card(self) -> Card:
        """Return what it shows of itself."""
        return network_card(self.names, self.channels, self.ln_T, self.suspect)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the leads in the order of all arrays, as `Bar.names`."""
        return self.leads

    def block(self, to: str, source: str) -> Matrix:
        """Return the part of S from one lead to another, (realization, N_to, N_source).

        Raises
        ------
        InputError
            If S was not asked for, or a name is unknown.
        """
        if self.S is None:
            raise InputError("S was not kept; ask for it with amplitudes=True")
        ends = np.cumsum(self.channels)
        i, j = self.number(to), self.number(source)
        rows, columns = (slice(ends[k] - self.channels[k], ends[k]) for k in (i, j))
        return self.S[:, rows, columns]

    @property
    def conductance_matrix(self) -> NDArray[np.float64]:
        """G with I_i = sum_j G_ij V_j, (realization, lead, lead), e²/h: its rows sum to zero."""
        leads = np.arange(len(self.leads))
        G = -self.T
        G[:, leads, leads] = 0.0
        G[:, leads, leads] = -G.sum(axis=2)
        return G


@one_thread
def terminal_scattering(
    bar: Bar,
    energy: float,
    lengths: Sequence[int],
    realizations: Sequence[int],
    seed: int,
    method: str = "auto",
    *,
    amplitudes: bool = False,
    every: bool = False,
) -> list[TerminalScattering]:
    """Solve an ensemble of bars with any number of leads, one entry for each length.

    Parameters
    ----------
    bar : Bar
        The bar, such as `HallBar(...)`.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices. A longer bar is the shorter one continued, with the
        right lead further away; none may be shorter than what the other leads touch.
    realizations : sequence of int
        Numbers of the samples, each >= 0: the impurities are those of the bar's wire.
    seed : int
        Seed of the ensemble, >= 0.
    method : {"auto", "transfer", "recursive"}
        Which solver. "auto" carries plain strips with leads across their edges in lanes (transfer),
        and eliminates all others, and samples in doubt, slice by slice (recursive).
    amplitudes : bool
        Whether to keep S: (sum of channels)² complex numbers for each realization.
    every : bool
        Whether samples are solved again until every T is known, also one that is far smaller than
        others from or to the same leads.

    Raises
    ------
    InputError
        If an argument is wrong, a lead lies beyond the wire, or no mode is open in a lead.

    Notes
    -----
    Büttiker, PRL 57, 1761 (1986).
    """
    bar, energy = checked_bar(bar), checked_energy(energy)
    ensemble = Ensemble(lengths, realizations, seed, method)
    leads = ports(bar, energy)
    open_channels = tuple(port.channels for port in leads)
    found = solved_bars(bar, energy, ensemble, leads, Asked(keeps_S=amplitudes, every=every))
    return [
        TerminalScattering(
            bar.names,
            open_channels,
            one.ln_T,
            one.certificate,
            ~(one.badness(every=every) <= THRESHOLD),
            one.S,
        )
        for one in found
    ]
