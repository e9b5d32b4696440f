"""Scattering matrices of ensembles with certificates: which solver, and which samples again.

The transfer solver carries all wires whose coupling between slices has an inverse, eight samples at
a time. Recursive Green's functions take the others, and samples in doubt.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.wire import Wire
from qtcore.solve.choice import obstacle
from qtcore.solve.contacts import Lead, SortOf, leads_of
from qtcore.solve.doubt import changes
from qtcore.solve.energies import NoChannelError
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.matrix_parts import PartedTransfer
from qtcore.solve.matrix_transfer import Solved
from qtcore.solve.meeting import NUDGE
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING, THRESHOLD
from qtcore.solve.recursive import scattering_matrices
from qtcore.solve.sample import addressed
from qtcore.solve.smatrix import SMatrices
from qtcore.solve.terminal_closing import sums
from qtcore.solve.tightness import Tightness
from qtcore.units import LANES

_USUAL = Tightness(growth=2.0**8, slow_growth=2.0**4)
_TIGHT = Tightness(growth=2.0**5, slow_growth=2.0)
"""Less far than between two leads elsewhere: a source that decays as the columns grow loses the square of
this in digits from look to look."""

_OF_DEFECT = 4.0
"""Error that a defect of unitarity stands for, as in `certified`."""

_OF_VELOCITY = 4.0
"""Error that an error of a slowest wave's velocity stands for, as in `certified`."""

_OF_NUDGES = 1.5
"""Factor by which an error may exceed what two nudges change, as in `lead_errors`."""


class Certified(NamedTuple):
    """Scattering matrices of an ensemble at one length, and how exact they are.

    Attributes
    ----------
    S : SMatrices
        In the modes of the leads.
    certificate : (realization,) float array
        Estimate, on the safe side, of the relative error of what is transmitted and of the error, per
        channel, of what is reflected.
    """

    S: SMatrices
    certificate: NDArray[np.float64]


def certified_matrices(
    wire: Wire, energy: float, ensemble: Ensemble, sort: SortOf | None = None
) -> list[Certified]:
    """Return the scattering matrices of samples of a wire at every length.

    Parameters
    ----------
    wire : Wire
        The wire; its leads may differ.
    energy : float
        Units of t.
    ensemble : Ensemble
        Lengths, samples and method; without absorption.
    sort : function, optional
        Which modes of the leads S refers to; see `attach`.

    Raises
    ------
    InputError
        If the disorder does not fit a wire of this length, no mode is open, or the transfer solver is
        asked for a wire that it cannot carry.
    """
    wire.check_length(ensemble.longest)
    left, right = leads_of(wire.slices(), energy)
    if sort is not None:
        left, right = sort(left), sort(right)
    solver = _Solver(wire, energy, ensemble, (left, right), sort)
    # What is too large for a number has a certificate that is none, and is solved again.
    with np.errstate(over="ignore", invalid="ignore"):
        found = solver.result()
        errors = solver.of_leads(found)
    return [
        Certified(one.S, np.minimum(one.certificate + error, NOTHING))
        for one, error in zip(found, errors, strict=True)
    ]


class _Solver:
    """A wire at an energy and the samples that are asked for."""

    def __init__(
        self,
        wire: Wire,
        energy: float,
        ensemble: Ensemble,
        leads: tuple[Lead, Lead],
        sort: SortOf | None,
    ) -> None:
        self._wire, self._energy, self._ensemble = wire, energy, ensemble
        self._leads, self._sort = leads, sort

    def result(self) -> list[Certified]:
        """Return the matrices of all samples, those in doubt by the second solver."""
        method, numbers = self._ensemble.method, np.asarray(self._ensemble.realizations)
        why = obstacle(self._wire)
        if method == "transfer" and why:
            raise InputError(
                f"{why}, so that the transfer solver does not give S here; use method='auto' or 'recursive'"
            )
        if why or method == "recursive":
            return self._recursive(np.arange(len(numbers)))
        found = self._transferred(_USUAL, self._ensemble.groups)
        doubtful = self._doubtful(found)
        if doubtful.any():
            groups = sorted({int(n) // LANES for n in numbers[doubtful]})
            rows = np.flatnonzero(np.isin(numbers // LANES, groups))
            _replace(found, rows, self._transferred(_TIGHT, groups), doubtful)
            doubtful = self._doubtful(found)
        if doubtful.any() and method == "auto":
            rows = np.flatnonzero(doubtful)
            _replace(found, rows, self._recursive(rows), doubtful)
        return found

    def _transferred(self, tightness: Tightness, groups: Sequence[int]) -> list[Certified]:
        """Return what the transfer solver finds of all samples that are asked for in some groups."""
        ensemble, channels = self._ensemble, [lead.modes.channels for lead in self._leads]
        solver = PartedTransfer(self._wire, self._leads, self._energy, tightness)
        numbers = np.asarray(ensemble.realizations)
        numbers = numbers[np.isin(numbers // LANES, groups)]
        place = {group: LANES * k for k, group in enumerate(groups)}
        rows = np.array([place[n // LANES] + n % LANES for n in numbers.tolist()])
        by_group = [
            [_judged(one, channels) for one in solver.solve(group, ensemble.lengths, ensemble.seed)]
            for group in groups
        ]
        return [_some(_gathered(parts), rows) for parts in zip(*by_group, strict=True)]

    def _recursive(self, rows: NDArray[np.intp]) -> list[Certified]:
        """Return what recursive Green's functions find of some samples, given by their rows."""
        found = self._solved(rows)
        changed = changes(found, lambda some, times: self._solved(rows[some], shake=times))
        return [Certified(S, _certificate(S) + changed[:, n]) for n, S in enumerate(found)]

    def _solved(
        self, rows: NDArray[np.intp], nudge: float = 0.0, shake: int = 0
    ) -> list[SMatrices]:
        wire, ensemble = self._wire, self._ensemble
        potential, hopping = addressed(wire, ensemble.numbers[rows], ensemble.seed)
        what = wire.slices(), self._energy, ensemble.lengths, potential, 0.0, hopping
        return scattering_matrices(*what, nudge, shake, self._sort)

    def _doubtful(self, found: Sequence[Certified]) -> NDArray[np.bool_]:
        worst = np.max([one.certificate for one in found], axis=0)
        return np.asarray(~(worst <= THRESHOLD))

    def of_leads(self, found: Sequence[Certified]) -> list[NDArray[np.float64]]:
        """Return what rounding errors of the energy do through the leads' waves; see `lead_errors`."""
        modes = [lead.modes for lead in self._leads]
        if not any(one.delicate for one in modes):
            error = _OF_VELOCITY * max(one.velocity_error for one in modes)
            return [np.full(one.certificate.shape, error) for one in found]
        errors = [np.zeros_like(one.certificate) for one in found]
        for nudge in (-NUDGE, NUDGE):
            try:
                other = self._solved(np.arange(len(self._ensemble.realizations)), nudge)
            except NoChannelError:
                # Below a threshold there may be no channel at all.
                continue
            except QtcoreError:
                # Rounding errors decide whether the waves can be told apart: no digit is known.
                return [np.ones_like(error) for error in errors]
            errors = [
                np.maximum(error, _OF_NUDGES * _changed(one.S, new))
                for error, one, new in zip(errors, found, other, strict=True)
            ]
        return errors


def _judged(found: Solved, channels: Sequence[int]) -> Certified:
    """Return S with its certificate, from what the transfer solver found."""
    S, N = found.S, channels[0]
    T = sums(sums(np.abs(S) ** 2, channels, 1), channels, 2)
    zeros = np.zeros(len(S))
    parts = SMatrices(
        *(S[:, :N, N:], S[:, N:, N:], S[:, N:, :N], S[:, :N, :N]),
        *(zeros, zeros.copy(), found.amplification.max(axis=(1, 2)), zeros.copy()),
    )
    # Of a block that nothing comes into or out of there is no error.
    there = np.array(channels)[:, None] * np.array(channels) > 0
    with np.errstate(divide="ignore"):
        depth = np.where((T > 0) & ~np.eye(2, dtype=np.bool_), np.abs(np.log(T)), 0.0)
    error = ROUNDING * found.amplification + CONDITION * (4 + depth)
    certificate = np.where(there, error, 0.0).max(axis=(1, 2))
    certificate = np.maximum(certificate, _OF_DEFECT * _defect(parts))
    return Certified(parts, np.minimum(np.nan_to_num(certificate, nan=NOTHING), NOTHING))


def _certificate(S: SMatrices) -> NDArray[np.float64]:
    """Return the certificate of what recursive Green's functions find, but for samples in doubt."""
    with np.errstate(invalid="ignore"):
        deep = [np.abs(one.ln_g) for one in (S, S.turned)]
    depth = np.max([np.where(np.isfinite(one), one, 0.0) for one in deep], axis=0)
    rounding = 2 * ROUNDING * np.maximum(S.amplification, 1.0) + CONDITION * (4 + depth)
    found = np.maximum(rounding, _OF_DEFECT * _defect(S))
    return np.asarray(np.minimum(np.nan_to_num(found, nan=NOTHING, posinf=NOTHING), NOTHING))


def _defect(S: SMatrices) -> NDArray[np.float64]:
    """Return by how much what leaves misses what came in, per channel, (realization,)."""
    found = np.zeros(len(S.r))
    for one in (S, S.turned):
        channels = one.r_prime.shape[2]
        if channels:
            found = np.maximum(found, np.abs((one.g + one.reflection) / channels - 1))
    return found


def _changed(S: SMatrices, other: SMatrices) -> NDArray[np.float64]:
    """Return by how much T, relative to itself, and R per channel differ, (realization,)."""
    worst = np.zeros(len(S.r))
    for one, new in ((S, other), (S.turned, other.turned)):
        channels = max(one.r_prime.shape[1], 1)
        # A channel that closes took nothing but its own reflection.
        closed = one.r_prime.shape[1] - new.r_prime.shape[1]
        with np.errstate(invalid="ignore"):
            passed = np.nan_to_num(np.abs(new.ln_g - one.ln_g), nan=0.0, posinf=0.0)
        reflected = np.abs(new.reflection + closed - one.reflection) / channels
        worst = np.maximum(worst, np.maximum(passed, reflected))
    return worst


def _mapped(found: SMatrices, change: Callable[[str], NDArray[np.generic]]) -> SMatrices:
    """Return matrices whose arrays are those that a function of their names returns."""
    return SMatrices(**{field.name: change(field.name) for field in fields(found)})  # type: ignore[arg-type]


def _some(found: Certified, rows: NDArray[np.intp]) -> Certified:
    S = _mapped(found.S, lambda name: getattr(found.S, name)[rows])
    return Certified(S, found.certificate[rows])


def _gathered(parts: Sequence[Certified]) -> Certified:
    """Return the realizations of several results in a row."""
    each = [part.S for part in parts]
    S = _mapped(each[0], lambda name: np.concatenate([getattr(one, name) for one in each]))
    return Certified(S, np.concatenate([part.certificate for part in parts]))


def _replace(
    found: Sequence[Certified],
    rows: NDArray[np.intp],
    other: Sequence[Certified],
    doubtful: NDArray[np.bool_],
) -> None:
    """Put other results of some rows in the place of those in doubt where these are known better."""
    for one, new in zip(found, other, strict=True):
        better = doubtful[rows] & (new.certificate < one.certificate[rows])
        for field in fields(one.S):
            getattr(one.S, field.name)[rows[better]] = getattr(new.S, field.name)[better]
        one.certificate[rows[better]] = new.certificate[better]
