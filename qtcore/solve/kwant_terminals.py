"""Kwant systems with any number of leads: all of S, T between any two leads, with errors.

Samples in doubt are solved again as a whole, with pivoting (`kwant_sample`), and with small changes
of all elements; what those change is their error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import QtcoreError
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem, Matrix, SystemMatrices
from qtcore.shown import Card, Shown
from qtcore.solve.energies import NoChannelError
from qtcore.solve.front import SHALLOW, lost
from qtcore.solve.kwant_corners import CHANGE, Amplitudes, amplitudes
from qtcore.solve.kwant_leads import attached
from qtcore.solve.kwant_sample import KwantSample, sample_matrices
from qtcore.solve.kwant_scattering import (
    CHANGES,
    OF_CHANGES,
    OF_DEFECT,
    OF_VELOCITY,
    Asked,
    asked,
)
from qtcore.solve.lead_network import LeadNetwork
from qtcore.solve.meeting import NUDGE
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING
from qtcore.solve.words import network_card
from qtcore.threads import one_thread

_OF_NUDGES = 1.5
"""Factor by which an error may exceed what two nudges change, as in `lead_errors`."""


_OF_PIVOTING = 4.0
"""Error that a change stands for where a sample is solved with pivoting."""


@dataclass(frozen=True, eq=False, repr=False)
class KwantTerminals(Shown, LeadNetwork[int]):
    """Amplitudes between all leads of an ensemble of Kwant systems.

    Attributes
    ----------
    S : (realization, channel, channel) complex array
        (outgoing, incoming) modes of all leads, those of lead 0 first.
    ln_T : (realization, lead, lead) float array
        ln T[to, from], T the sum over the modes of both; -inf where nothing passes. On the
        diagonal stands the reflection.
    channels : (lead,) int array
        Open modes of each lead; a lead may have none.
    certificate : (realization,) float array
        Estimate, on the safe side, of the largest relative error of any T between two different
        leads, and of the error of any element of S: one number for all pairs of leads, where
        `TerminalScattering` has one for each, because samples are checked as a whole here.
    suspect : (realization,) bool array
        The certificate stayed above the tolerance, or else 1e-6, although the sample was solved
        again with pivoting.
    """

    S: Matrix
    ln_T: NDArray[np.float64]
    channels: NDArray[np.intp]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]

    @property
    def lead_of(self) -> NDArray[np.intp]:
        """Number of the lead that each channel belongs to, (channel,)."""
        return np.repeat(np.arange(len(self.channels)), self.channels)

    def _card(self) -> Card:
        """Return what it shows of itself."""
        return network_card(self.names, self.channels.tolist(), self.ln_T, self.suspect)

    @property
    def names(self) -> range:
        """Numbers of the leads, in Kwant's order."""
        return range(len(self.channels))

    @property
    def conductance_matrix(self) -> NDArray[np.float64]:
        """G in I = G V, N_i delta_ij - T_ij, (realization, lead, lead), in e²/h.

        Currents are counted into the sample. Büttiker, PRL 57, 1761 (1986).
        """
        G = -self.T
        leads = np.arange(len(self.channels))
        G[:, leads, leads] += self.channels
        return G

    def block(self, to: int, source: int) -> Matrix:
        """Return the amplitudes from one lead to another, (realization, mode, mode)."""
        lead = self.lead_of
        return self.S[:, lead == to][:, :, lead == source]


@one_thread
def kwant_terminals(
    system: KwantEnsemble | KwantSystem,
    energy: float,
    realizations: Sequence[int] | None = None,
    seed: int | None = None,
    tolerance: float | None = None,
) -> KwantTerminals:
    """Solve an ensemble of Kwant systems with any number of leads.

    Parameters
    ----------
    system : KwantEnsemble or KwantSystem
        The ensemble, or a single system, which counts as one realization.
    energy : float
        In the unit of the system's own energies.
    realizations : sequence of int
        Numbers of the samples of an ensemble, each >= 0.
    seed : int
        Seed of an ensemble, >= 0.
    tolerance : float, optional
        Relative error of T between leads that is good enough, 1e-10 to 1e-3; 1e-6 unless given.

    Raises
    ------
    InputError
        If an argument is wrong, or no mode is open in any lead.
    """
    problem = asked(system, energy, realizations, seed, tolerance, two_leads=False)
    found = _amplitudes(problem)
    ln_T = _ln_T(found.S, found.channels)
    certificate = _errors(found, ln_T)
    _measure(problem, found, ln_T, certificate)
    for row in np.flatnonzero(~(certificate <= problem.allowed)):
        S, error = _again(problem, problem.numbers[row], found.channels)
        if error < certificate[row]:
            found.S[row], certificate[row] = S, error
            ln_T[row] = _ln_T(S[None], found.channels)[0]
    certificate = np.minimum(certificate + _of_leads(problem, found, ln_T), NOTHING)
    suspect = ~(certificate <= problem.allowed)
    return KwantTerminals(found.S, ln_T, found.channels, certificate, suspect)


def _amplitudes(problem: Asked, nudge: float = 0.0, shake: int = 0) -> Amplitudes:
    leads = range(len(problem.ensemble.system.leads))
    ensemble, energy, numbers, seed, _ = problem
    return amplitudes(ensemble, energy, numbers, seed, leads, nudge, shake)


def _measure(
    problem: Asked,
    found: Amplitudes,
    ln_T: NDArray[np.float64],
    certificate: NDArray[np.float64],
) -> None:
    """Replace bounds that are too large by what small changes of the samples do."""
    apart = _apart(len(found.channels))
    known = ~(np.isfinite(ln_T) & (ln_T < np.log(SHALLOW)))[:, apart].any(axis=1)
    known &= np.isfinite(found.S).all(axis=(1, 2))
    rows = np.flatnonzero(~(certificate <= problem.allowed) & known)
    if not len(rows):
        return
    some = problem._replace(numbers=tuple(problem.numbers[row] for row in rows))
    here = ln_T[rows][:, apart]
    depth = np.where(np.isfinite(here), np.abs(here), 0.0).max(axis=1, initial=0.0)
    error = OF_DEFECT * _defect(found.S[rows]) + CONDITION * (4 + depth)
    for shake in range(1, CHANGES + 1):
        other = _amplitudes(some, shake=shake)
        change = _change(other.S, found.S[rows], found.channels)
        error = np.maximum(error, OF_CHANGES * change)
    certificate[rows] = np.minimum(certificate[rows], error)


def _change(other: Matrix, S: Matrix, channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return by how much ln T between leads, or an element of S, differs at most, (realization,)."""
    apart = _apart(len(channels))
    with np.errstate(invalid="ignore"):
        of_S = np.abs(other - S).max(axis=(1, 2))
        difference = np.abs(_ln_T(other, channels) - _ln_T(S, channels))[:, apart]
    # Where nothing passes at all, that is certain.
    both = np.nan_to_num(difference, nan=0.0, posinf=NOTHING).max(axis=1, initial=0.0)
    return np.asarray(np.maximum(both, np.nan_to_num(of_S, nan=NOTHING, posinf=NOTHING)))


def _ln_T(S: Matrix, channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return ln T[to, from], (realization, lead, lead)."""
    ends = np.cumsum(channels)
    runs = [slice(end - N, end) for end, N in zip(ends.tolist(), channels.tolist(), strict=True)]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        squares = np.abs(S) ** 2
        T = np.array([[squares[:, a, b].sum(axis=(1, 2)) for b in runs] for a in runs])
        return np.moveaxis(np.log(T), 2, 0)


def _apart(leads: int) -> NDArray[np.bool_]:
    """Return which pairs are of two different leads."""
    return ~np.eye(leads, dtype=np.bool_)


def _defect(S: Matrix) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", over="ignore"):
        excess = S.conj().swapaxes(1, 2) @ S - np.eye(S.shape[1])
        found: NDArray[np.float64] = np.abs(excess).max(axis=(1, 2))
    return found


def _errors(found: Amplitudes, ln_T: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the errors that the elimination knows of, (realization,)."""
    apart = _apart(len(found.channels))
    T, parts = np.exp(ln_T[:, apart]), found.parts[:, apart]
    # Between leads that nothing connects not even parts pass.
    passes = (parts > 0) | (T > 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        each = ROUNDING * lost(found.growth, found.cancelled, parts, T)
        each = each + CONDITION * (4 + np.where(T > 0, np.abs(ln_T[:, apart]), 0.0))
    own = ROUNDING * np.sqrt(1 + found.growth + found.cancelled) + 4 * CONDITION
    largest = np.maximum(np.where(passes, each, 0.0).max(axis=1, initial=0.0), own)
    certificate = np.maximum(OF_DEFECT * _defect(found.S), largest)
    return np.asarray(np.nan_to_num(certificate, nan=NOTHING, posinf=NOTHING))


def _again(problem: Asked, number: int, channels: NDArray[np.intp]) -> tuple[Matrix, float]:
    """Return S of one sample by a factorisation with pivoting, and its error."""
    matrices = sample_matrices(problem.ensemble, number, problem.seed)
    contacts = attached(matrices.leads, problem.energy)
    apart, every = _apart(len(contacts)), range(len(contacts))

    def solved(system: SystemMatrices) -> Matrix:
        return KwantSample(system, problem.energy, contacts).scattering_matrix(every)

    S = solved(matrices)
    ln_T = _ln_T(S[None], channels)[0]
    depth = np.where(np.isfinite(ln_T), np.abs(ln_T), 0.0)[apart].max(initial=0.0)
    error = OF_DEFECT * float(_defect(S[None])[0]) + CONDITION * (4 + float(depth))
    if (np.isfinite(ln_T) & (ln_T < np.log(SHALLOW)))[apart].any():
        return S, NOTHING
    for times in range(1, CHANGES + 1):
        try:
            other = solved(_shaken(matrices, problem.energy, times))
        except QtcoreError:
            return S, NOTHING
        change = float(_change(other[None], S[None], channels)[0])
        error = max(error, _OF_PIVOTING * change)
    return S, min(error, NOTHING)


def _shaken(matrices: SystemMatrices, energy: float, times: int) -> SystemMatrices:
    """Return a sample with random changes of all elements of E - H, some rounding errors each."""
    H: Any = sparse.csr_array(matrices.H)
    rng = np.random.default_rng(times)
    upper = sparse.triu(H, 1).tocsr()
    upper.data = upper.data * (CHANGE * rng.standard_normal(len(upper.data)))
    rows = np.abs(H).sum(axis=1) + abs(energy)
    own = sparse.diags_array(CHANGE * rows * rng.standard_normal(H.shape[0]))
    return matrices._replace(H=sparse.csr_array(H + upper + upper.conj().T + own))


def _of_leads(
    problem: Asked, found: Amplitudes, ln_T: NDArray[np.float64]
) -> NDArray[np.float64] | float:
    """Return what rounding errors of the energy do through the leads' waves; see `lead_errors`."""
    if not found.delicate:
        return OF_VELOCITY * found.velocity_error
    apart, error = _apart(len(found.channels)), np.zeros(len(found.S))
    for nudge in (-NUDGE, NUDGE):
        try:
            other = _amplitudes(problem, nudge)
        except NoChannelError:
            # Below a threshold there may be no channel at all.
            continue
        except QtcoreError:
            # Rounding errors decide whether the waves can be told apart: no digit is known.
            error = np.maximum(error, 1.0)
            continue
        with np.errstate(invalid="ignore"):
            change = np.abs(_ln_T(other.S, other.channels) - ln_T)[:, apart]
        error = np.maximum(error, np.nan_to_num(change, nan=0.0).max(axis=1, initial=0.0))
    return _OF_NUDGES * error
