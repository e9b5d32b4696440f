"""Ensembles of Kwant systems with two leads: ln g, reflection, scattering matrices, with errors.

Samples are eliminated by a front, eight at a time (`front`). Those in doubt are solved again slice by
slice (`recursive`), which knows ln g at any depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import whole_number
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem, refuse_unless_two_leads, slices_of
from qtcore.shown import Card, Shown
from qtcore.solve.arguments import checked_energy, checked_realizations, checked_tolerance
from qtcore.solve.doubt import changes, weight_of_defect
from qtcore.solve.front import SHALLOW, lost
from qtcore.solve.irregular import slices_as_they_come
from qtcore.solve.kwant_corners import Amplitudes, amplitudes
from qtcore.solve.kwant_sample import sample_matrices
from qtcore.solve.lead_errors import Nudged, lead_errors
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING, THRESHOLD
from qtcore.solve.smatrix import SMatrices, ln_eigenvalues
from qtcore.solve.words import scattering_card
from qtcore.threads import one_thread

OF_DEFECT, OF_VELOCITY = 4.0, 4.0
"""Errors that a defect of unitarity and an error of the slowest wave's velocity stand for, as in
`certified`."""

CHANGES, OF_CHANGES = 2, 16.0
"""How often a sample is changed to see what that does, and the error that it stands for: rounding
errors of an elimination may by chance do less twice."""

_of_one: WeakKeyDictionary[KwantSystem, KwantEnsemble] = WeakKeyDictionary()
"""Single systems as ensembles: their elimination is planned once for all energies."""


@dataclass(frozen=True, repr=False)
class KwantScattering(Shown):
    """Conductance and reflection of an ensemble of Kwant systems with two leads.

    All is for waves from lead 0, and every array begins with (realization).

    Attributes
    ----------
    ln_g : (realization,) float array
        Natural logarithm of g = sum_n T_n from lead 0 to lead 1, exact at any depth.
    reflection : (realization,) float array
        Total reflection into lead 0. Its error is at most `channels` times the certificate.
    certificate : (realization,) float array
        Estimate, on the safe side, of the error of ln g: the largest of the defect of unitarity, of
        the rounding errors that the elimination has amplified, of what cancels, and of what
        rounding errors do to the energy close to a threshold.
    suspect : (realization,) bool array
        The certificate stayed above the tolerance, or else 1e-6, although the sample was solved
        again slice by slice.
    channels : int
        Open modes of lead 0.
    ln_T : (realization, channel) float array or None
        ln T_n, largest first, where they were asked for; as many as the lead with fewer modes has.
        NaN where a channel is too small to be known; see `smatrix.ln_eigenvalues`.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    suspect: NDArray[np.bool_]
    channels: int
    ln_T: NDArray[np.float64] | None = None

    def _card(self) -> Card:
        """Return what it shows of itself."""
        found = self.ln_g, self.reflection, self.certificate, self.suspect
        return scattering_card("a Kwant system", *found, self.channels)

    def arrays(self, *names: str) -> dict[str, NDArray[Any]]:
        """Return some of the arrays by name, all but ln_T unless named: what a sweep stores.

        Parameters
        ----------
        *names : str
            As in `scattering_variables`.
        """
        wanted = names or ("ln_g", "reflection", "certificate", "suspect")
        return {name: np.asarray(getattr(self, name)) for name in wanted}


class Asked(NamedTuple):
    """Which samples are solved at which energy; all of it is checked."""

    ensemble: KwantEnsemble
    energy: float
    numbers: tuple[int, ...]
    seed: int
    allowed: float


def asked(
    system: Any, energy: Any, realizations: Any, seed: Any, tolerance: Any, *, two_leads: bool
) -> Asked:
    """Return what is asked of an ensemble or of a single system, or raise InputError."""
    energy, error = checked_energy(energy), checked_tolerance(tolerance)
    numbers: tuple[int, ...] = (0,)
    if isinstance(system, KwantSystem):
        if realizations is not None or seed is not None:
            raise InputError(
                "realizations and seed are for a KwantEnsemble; a KwantSystem is one sample"
            )
        if system not in _of_one:
            _of_one[system] = KwantEnsemble(system.system, params=system.params)
        ensemble, seed = _of_one[system], 0
    elif isinstance(system, KwantEnsemble):
        if realizations is None or seed is None:
            raise InputError("a KwantEnsemble needs realizations= (such as range(100)) and seed=")
        ensemble, numbers = system, checked_realizations(realizations)
        seed = whole_number("seed", seed, 0)
    else:
        raise InputError(
            "system must be a KwantEnsemble(finalized system, disorder) or a KwantSystem(finalized "
            f"system, params), got {brief(system)}; for a wire use scattering(wire, ...)"
        )
    if two_leads:
        refuse_unless_two_leads(ensemble.system)
    return Asked(ensemble, energy, numbers, seed, THRESHOLD if error is None else error)


def from_lead_zero(
    problem: Asked, nudge: float = 0.0, shake: int = 0
) -> tuple[Amplitudes, KwantScattering]:
    """Return the amplitudes of waves from lead 0, and what they add up to, the front's own errors."""
    ensemble, energy, numbers, seed, allowed = problem
    found = amplitudes(ensemble, energy, numbers, seed, (0,), nudge, shake)
    N = int(found.channels[0])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        R, T = ((np.abs(part) ** 2).sum(axis=(1, 2)) for part in (found.S[:, :N], found.S[:, N:]))
        ln_g = np.log(T)
        rounding = ROUNDING * lost(found.growth, found.cancelled, found.parts[:, 1, 0], T)
        certificate = np.maximum(OF_DEFECT * np.abs(T + R - N) / N, rounding)
        certificate += CONDITION * (4 + np.where(T > 0, np.abs(ln_g), 0.0))
    certificate = np.nan_to_num(certificate, nan=NOTHING, posinf=NOTHING)
    return found, KwantScattering(ln_g, R, certificate, ~(certificate <= allowed), N)


def _measured(problem: Asked, solved: KwantScattering) -> None:
    """Replace bounds that are too large by what small changes of the samples do to ln g and R."""
    rows = np.flatnonzero(solved.suspect & (solved.ln_g > np.log(SHALLOW)))
    if not len(rows):
        return
    some = problem._replace(numbers=tuple(problem.numbers[row] for row in rows))
    N, ln_g, R = solved.channels, solved.ln_g[rows], solved.reflection[rows]
    error = OF_DEFECT * np.abs(np.exp(ln_g) + R - N) / N + CONDITION * (4 + np.abs(ln_g))
    for shake in range(1, CHANGES + 1):
        _, other = from_lead_zero(some, shake=shake)
        with np.errstate(invalid="ignore"):
            change = np.maximum(np.abs(other.ln_g - ln_g), np.abs(other.reflection - R) / N)
        error = np.maximum(error, OF_CHANGES * np.nan_to_num(change, nan=NOTHING, posinf=NOTHING))
    solved.certificate[rows] = np.minimum(solved.certificate[rows], error)
    solved.suspect[rows] = ~(solved.certificate[rows] <= problem.allowed)


@one_thread
def kwant_scattering(
    system: KwantEnsemble | KwantSystem,
    energy: float,
    realizations: Sequence[int] | None = None,
    seed: int | None = None,
    tolerance: float | None = None,
    *,
    eigenvalues: bool = False,
) -> KwantScattering:
    """Solve an ensemble of Kwant systems with two leads, for waves from lead 0.

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
        Error of ln g that is good enough, 1e-10 to 1e-3; samples with a larger certificate are
        solved again slice by slice, and suspect if that does not help. 1e-6 unless given.
    eigenvalues : bool
        Whether to return the transmission eigenvalues too.

    Raises
    ------
    InputError
        If an argument is wrong, the system has not two leads, nothing connects them, or no mode is
        open in one of them.
    """
    problem = asked(system, energy, realizations, seed, tolerance, two_leads=True)
    found, solved = from_lead_zero(problem)
    N = solved.channels
    refuse_without_channels(found.channels, problem.energy)
    ln_T = np.empty((len(problem.numbers), 0))
    if eigenvalues:
        t = np.where(np.isfinite(found.S), found.S, 0.0)[:, N:]
        with np.errstate(invalid="ignore"):
            amplified = np.minimum(np.sqrt(1 + np.nan_to_num(found.growth)), NOTHING)
        ln_T = ln_eigenvalues(t, np.zeros(len(t)), amplified)
    _measured(problem, solved)
    for row in np.flatnonzero(solved.suspect):
        S, error = again(problem, problem.numbers[row])
        if not error < solved.certificate[row]:
            continue
        solved.ln_g[row], solved.reflection[row] = S.ln_g[0], S.reflection[0]
        solved.certificate[row] = error
        if eigenvalues:
            ln_T[row] = S.ln_eigenvalues[0]
    certificate = solved.certificate + _of_leads(problem, found, solved)
    certificate = np.minimum(certificate, NOTHING)
    return KwantScattering(
        solved.ln_g,
        solved.reflection,
        certificate,
        ~(certificate <= problem.allowed),
        N,
        ln_T if eigenvalues else None,
    )


def refuse_without_channels(channels: NDArray[np.intp], energy: float) -> None:
    """Raise InputError if a lead has no open mode."""
    for number, count in enumerate(channels):
        if not count:
            raise InputError(
                f"no open channel at energy {energy:g} in lead {number} of the Kwant system; choose "
                "another energy (kwant_terminals takes leads without an open channel)"
            )


def _of_leads(
    problem: Asked, found: Amplitudes, solved: KwantScattering
) -> NDArray[np.float64] | float:
    """Return what rounding errors of the energy do through the leads' waves; see `lead_errors`."""
    if not found.delicate:
        return OF_VELOCITY * found.velocity_error

    def nudged(nudge: float) -> Nudged:
        _, other = from_lead_zero(problem, nudge)
        return Nudged(other.channels, other.ln_g[:, None], other.reflection[:, None])

    here = Nudged(solved.channels, solved.ln_g[:, None], solved.reflection[:, None])
    return lead_errors(here, nudged)[:, 0]


def again(problem: Asked, number: int) -> tuple[SMatrices, float]:
    """Return one sample solved slice by slice, and the error of its ln g; see `certified`."""
    ensemble, energy, _, seed, _ = problem
    parts = slices_of(sample_matrices(ensemble, number, seed))
    S = slices_as_they_come(parts, energy)
    error = changes([S], lambda _, shake: [slices_as_they_come(parts, energy, shake=shake)])[0, 0]
    ln_g, N = float(S.ln_g[0]), S.r_prime.shape[1]
    depth = abs(ln_g) if np.isfinite(ln_g) else 0.0
    rounding = ROUNDING * S.amplification[0] + CONDITION * (4 + depth)
    defect = abs(float(np.exp(ln_g)) + S.reflection[0] - N) / max(N, 1)
    defect *= float(weight_of_defect(S.doubt, N)[0])
    return S, min(float(np.hypot(np.hypot(defect, rounding), error)), NOTHING)


@one_thread
def kwant_scattering_matrices(
    ensemble: KwantEnsemble, energy: float, realizations: Sequence[int], seed: int
) -> SMatrices:
    """Return the full scattering matrices of an ensemble of Kwant systems with two leads.

    Lead 0 is left, lead 1 right, as in `kwant_scattering_matrix`. A single system goes there.

    Parameters
    ----------
    ensemble : KwantEnsemble
        The samples.
    energy : float
        In the unit of the system's own energies.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble, >= 0.

    Raises
    ------
    InputError
        If an argument is wrong, the system has not two leads, nothing connects them, or no mode is
        open in one of them.
    """
    if isinstance(ensemble, KwantSystem):
        raise InputError(
            "kwant_scattering_matrices takes a KwantEnsemble; a KwantSystem goes to "
            "kwant_scattering_matrix(system, energy)"
        )
    problem = asked(ensemble, energy, realizations, seed, None, two_leads=True)
    found = amplitudes(problem.ensemble, problem.energy, problem.numbers, problem.seed, (0, 1))
    N, S = int(found.channels[0]), found.S
    refuse_without_channels(found.channels, problem.energy)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        T = np.stack([(np.abs(t) ** 2).sum(axis=(1, 2)) for t in (S[:, N:, :N], S[:, :N, N:])])
        parts = np.stack([found.parts[:, 1, 0], found.parts[:, 0, 1]])
        amplification = lost(found.growth, found.cancelled, parts.T, T.T).max(axis=1)
    zeros = np.zeros(len(S))
    result = SMatrices(
        t=np.ascontiguousarray(S[:, :N, N:]),
        r=np.ascontiguousarray(S[:, N:, N:]),
        t_prime=np.ascontiguousarray(S[:, N:, :N]),
        r_prime=np.ascontiguousarray(S[:, :N, :N]),
        log_scale=zeros.copy(),
        log_scale_prime=zeros.copy(),
        amplification=amplification,
        doubt=zeros.copy(),
    )
    doubtful = ~(ROUNDING * amplification <= problem.allowed)
    for row in np.flatnonzero(doubtful):
        one, _ = again(problem, problem.numbers[row])
        for name in vars(result):
            getattr(result, name)[row] = getattr(one, name)[0]
    return result
