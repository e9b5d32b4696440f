"""Bars with any number of leads: which solver, which samples again, and how exact it all is.

A plain strip with leads across its edges is carried in lanes (`terminal_transfer`). All other bars,
and samples in which something is too small or in doubt, are eliminated slice by slice
(`terminal_green`), which takes any lead on any lattice and knows ln T at any depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError, brief
from qtcore.model.terminals import Bar
from qtcore.solve.energies import NoChannelError
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.meeting import NUDGE
from qtcore.solve.passage import refuse_leads_on_nothing
from qtcore.solve.pencil import Matrix
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING, THRESHOLD
from qtcore.solve.sample import addressed, sample_slices
from qtcore.solve.terminal_green import Known, amplitudes
from qtcore.solve.terminal_ports import Port, in_gauge_of, ports
from qtcore.solve.terminal_transfer import TerminalTransfer, is_carried
from qtcore.solve.tightness import TIGHT, Tightness
from qtcore.units import LANES

USUAL = Tightness(growth=2.0**12, slow_growth=2.0**4)
"""How far columns may grow apart at first: less far than in a wire of two leads, since errors of all
columns meet in the system of all leads. It costs next to nothing beside this system."""

DEEPEST = -1100.0
"""ln T below which amplitudes of the transfer solver come close to the smallest number there is."""

_OF_DEFECT = 4.0
"""Error that a defect of unitarity stands for, as in `certified`."""

_OF_VELOCITY = 4.0
"""Error that an error of a slowest wave's velocity stands for, as in `certified`."""

_OF_NUDGES = 1.5
"""Factor by which an error may exceed what two nudges change, as in `lead_errors`."""

_TOGETHER = 2**22
"""Numbers of S and of what is eliminated that are in memory at a time."""


class Terminals(NamedTuple):
    """What passes between the leads of an ensemble of bars of one length, and how exact it is.

    Attributes
    ----------
    ln_T : (realization, lead, lead) float array
        ln T[to, from].
    certificate : (realization, lead, lead) float array
        Estimate, on the safe side, of the relative error of T between two leads; of what comes back
        into a lead, of the error per channel.
    S : (realization, channel, channel) complex array or None
        If it was asked for.
    """

    ln_T: NDArray[np.float64]
    certificate: NDArray[np.float64]
    S: Matrix | None

    def badness(self, *, every: bool) -> NDArray[np.float64]:
        """Return the largest certificate that matters, (realization,).

        An error of T counts by what it is of the largest T from the same lead, or of the largest one
        into the same lead, if that is less. With `every` it counts as it is.
        """
        ln_T = self.ln_T
        apart = ~np.eye(ln_T.shape[1], dtype=np.bool_)
        if ln_T.shape[1] == 1:
            return np.asarray(self.certificate[:, 0, 0])
        away = np.where(apart, ln_T, -np.inf)
        least = np.minimum(away.max(axis=2)[:, :, None], away.max(axis=1)[:, None, :])
        passes = np.isfinite(ln_T)
        with np.errstate(invalid="ignore"):
            share = np.exp(np.minimum(np.where(passes, ln_T - least, -np.inf), 0.0))
        share = np.where(apart, passes if every else share, 1.0)
        found: NDArray[np.float64] = (self.certificate * share).max(axis=(1, 2))
        return np.nan_to_num(found, nan=NOTHING)

    def rows(self, rows: NDArray[np.intp]) -> "Terminals":
        """Return some realizations."""
        return Terminals(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Asked:
    """What is asked of a bar.

    Attributes
    ----------
    keeps_S : bool
        Whether S is wanted.
    every : bool
        Whether samples are solved again until every T is known, also one that is far smaller than
        others of the same leads.
    """

    keeps_S: bool = False
    every: bool = False


def checked_bar(bar: Any) -> Bar:
    """Return the bar, or raise InputError if it is none."""
    if not isinstance(bar, Bar):
        raise InputError(
            f"bar must be a qtcore.Bar such as HallBar(...), got {brief(bar)}; a Wire has "
            "scattering(...)"
        )
    return bar


def solved_bars(
    bar: Bar, energy: float, ensemble: Ensemble, leads: list[Port], asked: Asked | None = None
) -> list[Terminals]:
    """Solve an ensemble of bars at every length; all is checked but whether leads fit the lengths.

    Parameters
    ----------
    bar : Bar
        The bar.
    energy : float
        Units of t.
    ensemble : Ensemble
        Lengths, samples, seed and method; without absorption.
    leads : list of Port
        The leads of the bar at this energy, see `ports`.
    asked : Asked, optional
        What is wanted.

    Raises
    ------
    InputError
        If a lead lies beyond the wire or sees no sample, or the method does not fit.
    """
    for length in (ensemble.lengths[0], ensemble.longest):
        bar.check_length(length)
    refuse_leads_on_nothing(bar, ensemble.lengths)
    fast = _is_fast(bar, ensemble.method)
    found = _Found(bar, energy, ensemble, leads, asked or Asked())
    if fast:
        results = found.mended(found.transferred(USUAL, ensemble.groups))
    else:
        results = found.eliminated(ensemble.numbers)
    return [
        one._replace(certificate=np.minimum(one.certificate + error, NOTHING))
        for one, error in zip(results, found.of_leads(results), strict=True)
    ]


def _is_fast(bar: Bar, method: str) -> bool:
    if method == "recursive":
        return False
    if is_carried(bar):
        return True
    if method == "transfer":
        raise InputError(
            "the transfer solver carries bars that are plain strips Square(...) between ends like "
            "themselves, with SideLead(...) across their edges; use method='auto' or 'recursive'"
        )
    return False


def _judged(
    found: Known, channels: Sequence[int], *, is_exact: bool, lost: float = 0.0
) -> Terminals:
    """Return T with its certificate.

    Parameters
    ----------
    found : Known
        What a solver has found.
    channels : sequence of int
        Open modes of each lead.
    is_exact : bool
        Whether no T is too small for a number.
    lost : float
        Certificate of a T that is 0: more than nothing where it may have been too small for a number
        on the way.
    """
    ln_T, N = found.ln_T, np.asarray(channels)
    T = np.exp(ln_T)
    # All that comes in leaves again, and the other way round.
    sums = np.concatenate([T.sum(axis=1) / N, T.sum(axis=2) / N], axis=1)
    defect = np.abs(sums - 1).max(axis=1)
    apart = ~np.eye(ln_T.shape[1], dtype=np.bool_)
    # Where nothing passes at all, nothing of it is lost.
    depth = np.where(np.isfinite(ln_T) & apart, np.abs(ln_T), 0.0)
    certificate = np.maximum(
        _OF_DEFECT * defect[:, None, None],
        ROUNDING * found.amplification + CONDITION * (4 + depth),
    )
    certificate = np.nan_to_num(certificate, nan=NOTHING, posinf=NOTHING)
    if not is_exact:
        certificate[~(ln_T >= DEEPEST) & apart] = NOTHING
    certificate[np.isneginf(ln_T) & apart] += lost
    return Terminals(ln_T, certificate, found.S)


def _gathered(parts: Sequence[Terminals]) -> Terminals:
    """Return the realizations of several results in a row."""
    kept = [part.S for part in parts if part.S is not None]
    return Terminals(
        np.concatenate([part.ln_T for part in parts]),
        np.concatenate([part.certificate for part in parts]),
        np.concatenate(kept) if kept else None,
    )


class _Found:
    """A bar at an energy and the samples of it that are asked for."""

    def __init__(
        self, bar: Bar, energy: float, ensemble: Ensemble, leads: list[Port], asked: Asked
    ) -> None:
        self._bar, self._energy, self._ensemble = bar, energy, ensemble
        self._leads, self._asked = leads, asked
        self._channels = [port.channels for port in leads]

    def transferred(self, tightness: Tightness, groups: Sequence[int]) -> list[Terminals]:
        """Return results at every length of all samples that are asked for and lie in some groups."""
        ensemble = self._ensemble
        solver = TerminalTransfer(self._bar, self._energy, tightness, keeps_S=self._asked.keeps_S)
        numbers = np.asarray(ensemble.realizations)
        by_group = []
        for group in groups:
            rows = numbers[numbers // LANES == group] % LANES
            found = solver.solve(group, ensemble.lengths, ensemble.seed)
            judged = [_judged(one, self._channels, is_exact=False).rows(rows) for one in found]
            by_group.append(judged)
        # In the order in which they are asked for.
        order = np.argsort(
            np.argsort(numbers[np.isin(numbers // LANES, groups)] // LANES, kind="stable")
        )
        return [_gathered(parts).rows(order) for parts in zip(*by_group, strict=True)]

    def eliminated(
        self, numbers: NDArray[np.uint64], leads: Sequence[Port] | None = None
    ) -> list[Terminals]:
        """Return results of some samples at every length by elimination, slice by slice."""
        leads = self._leads if leads is None else leads
        slices = self._bar.wire.slices()
        kept = [len(port.sites[0]) for port in leads if port.end is None]
        size = 2 * len(slices.h) + sum(kept) + sum(port.channels for port in leads)
        step, channels = max(1, _TOGETHER // size**2), [port.channels for port in leads]
        lost, parts = NOTHING if slices.has_tiny_elements else 0.0, []
        for first in range(0, len(numbers), step):
            some = numbers[first : first + step]
            potential, hopping = addressed(self._bar.wire, some, self._ensemble.seed)
            lengths = self._ensemble.lengths
            sample = sample_slices(slices, lengths[-1], potential, hopping)
            turned = in_gauge_of(self._bar, leads, some, self._ensemble.seed)
            found = amplitudes(sample, turned, self._energy, lengths, slices.unit)
            known = [one.known(keeps_S=self._asked.keeps_S) for one in found]
            parts.append([_judged(one, channels, is_exact=True, lost=lost) for one in known])
        return [_gathered(one) for one in zip(*parts, strict=True)]

    def mended(self, found: list[Terminals]) -> list[Terminals]:
        """Solve samples in doubt again: more tightly, then by elimination."""
        numbers = np.asarray(self._ensemble.realizations)
        doubtful = self._doubtful(found)
        if doubtful.any():
            groups = sorted({int(n) // LANES for n in numbers[doubtful]})
            rows = np.flatnonzero(np.isin(numbers // LANES, groups))
            self._replace(found, rows, self.transferred(TIGHT, groups), doubtful)
            doubtful = self._doubtful(found)
        if doubtful.any() and self._ensemble.method == "auto":
            rows = np.flatnonzero(doubtful)
            other = self.eliminated(self._ensemble.numbers[rows])
            self._replace(found, rows, other, doubtful)
        return found

    def _doubtful(self, found: list[Terminals]) -> NDArray[np.bool_]:
        worst = np.max([one.badness(every=self._asked.every) for one in found], axis=0)
        return np.asarray(~(worst <= THRESHOLD))

    def _replace(
        self,
        found: list[Terminals],
        rows: NDArray[np.intp],
        other: Sequence[Terminals],
        doubtful: NDArray[np.bool_],
    ) -> None:
        """Put other results of some rows in the place of those in doubt where these are known better."""
        for one, new in zip(found, other, strict=True):
            before, after = (known.badness(every=self._asked.every) for known in (one, new))
            better = doubtful[rows] & (after < before[rows])
            for kept, mended in zip(one, new, strict=True):
                if kept is not None and mended is not None:
                    kept[rows[better]] = mended[better]

    def of_leads(self, found: list[Terminals]) -> list[NDArray[np.float64]]:
        """Return what rounding errors of the energy do through the leads' waves; see `lead_errors`."""
        modes = [port.contact.lead.modes for port in self._leads]
        if not any(one.delicate for one in modes):
            error = _OF_VELOCITY * max(one.velocity_error for one in modes)
            return [np.full(one.certificate.shape, error) for one in found]
        errors = [np.zeros_like(one.certificate) for one in found]
        for nudge in (-NUDGE, NUDGE):
            try:
                nudged = ports(self._bar, self._energy, nudge)
            except NoChannelError:
                # Below a threshold there may be no channel at all.
                continue
            except QtcoreError:
                # Rounding errors decide whether the waves can be told apart: no digit is known.
                errors = [np.maximum(error, 1.0) for error in errors]
                continue
            other = self.eliminated(self._ensemble.numbers, nudged)
            for k, (one, new) in enumerate(zip(found, other, strict=True)):
                errors[k] = np.maximum(errors[k], _OF_NUDGES * _changed(one.ln_T, new.ln_T))
        return errors


def _changed(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much ln T between two leads differs, (realization, lead, lead)."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(other - one)
    own = np.arange(one.shape[1])
    difference[:, own, own] = 0.0
    return np.nan_to_num(difference, nan=0.0)
